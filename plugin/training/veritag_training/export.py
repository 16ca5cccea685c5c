"""Trained networks to ONNX: of the operators that the plugin takes, batch normalisation folded, weights in few bits.

`features` takes crops [N, 3, S, S] to features [N, F]. `head` takes those to logits [N, 1], or the features of a
window [1, N, F] to its logit [1, 1]; `scope` takes them to logits [N, K] of what cannot be judged. Large weights are
stored as float16 and cast, or as int8 with a scale for each output and dequantised; both happen once, when the plugin
reads them. The others stay float32.
"""

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

from .nets import DifferenceHead, LSTMHead

OPSET = 17
IR_VERSION = 8
# Weights of at least so many values are stored in few bits.
LARGE = 20_000


class Graph:
    """Collects nodes and weights; every method adds one layer and returns the name of its output."""

    def __init__(self, storage):
        self.storage, self.nodes, self.weights = storage, [], []

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"{op.lower()}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, name, value):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name, value):
        value = value.detach().cpu().numpy().astype(np.float32)
        if value.size < LARGE or self.storage == "float32":
            return self.constant(name, value)
        if self.storage == "float16":
            return self.node("Cast", self.constant(name, value.astype(np.float16)), to=TensorProto.FLOAT)
        whole, scale = eight_bits(value)
        scale = self.constant(f"{name}.scale", scale.ravel())
        return self.node("DequantizeLinear", self.constant(name, whole), scale, axis=0)

    def kept(self, value):
        """What `weight` makes of a weight, as the plugin will read it."""
        if value.numel() < LARGE or self.storage == "float32":
            return value
        if self.storage == "float16":
            return value.half().float()
        whole, scale = eight_bits(value.detach().cpu().numpy())
        return torch.from_numpy(whole * scale).to(value)

    def conv(self, x, name, conv, norm):
        """A convolution, its padding, and the batch normalisation after it."""
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        left, right, top, bottom = getattr(getattr(conv, "static_padding", None), "padding", (0, 0, 0, 0))
        down, across = conv.padding
        weight = self.weight(f"{name}.weight", conv.weight * scale[:, None, None, None])
        bias = self.weight(f"{name}.bias", norm.bias - norm.running_mean * scale)
        return self.node("Conv", x, weight, bias, kernel_shape=list(conv.kernel_size), strides=list(conv.stride),
                         pads=[top + down, left + across, bottom + down, right + across], group=conv.groups)

    def linear(self, x, name, linear):
        weight, bias = self.weight(f"{name}.weight", linear.weight), self.weight(f"{name}.bias", linear.bias)
        return self.node("Gemm", x, weight, bias, transB=1)

    def model(self, name, source, source_shape, result, result_shape):
        self.nodes[-1].output[0] = result
        ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
                for n, s in ((source, source_shape), (result, result_shape))]
        graph = helper.make_graph(self.nodes, name, ends[:1], ends[1:], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                  producer_name="veritag")
        onnx.checker.check_model(model, full_check=True)
        return model


def eight_bits(value):
    """Whole numbers of at most 127, and what one of them stands for in each output."""
    scale = np.abs(value).max(tuple(range(1, value.ndim)), keepdims=True).clip(1e-12) / np.float32(127)
    return np.rint(value / scale).astype(np.int8), scale


def lite0(g, body):
    low, high = (g.constant(n, np.float32(v)) for n, v in (("relu6_low", 0), ("relu6_high", 6)))
    relu6 = lambda x: g.node("Clip", x, low, high)  # noqa: E731
    x = relu6(g.conv("crops", "stem", body._conv_stem, body._bn0))
    for i, block in enumerate(body._blocks):
        before = x
        if hasattr(block, "_expand_conv"):
            x = relu6(g.conv(x, f"block{i}.expand", block._expand_conv, block._bn0))
        x = relu6(g.conv(x, f"block{i}.depthwise", block._depthwise_conv, block._bn1))
        x = g.conv(x, f"block{i}.project", block._project_conv, block._bn2)
        args = block._block_args
        if args.id_skip and args.stride == 1 and args.input_filters == args.output_filters:
            x = g.node("Add", x, before)
    return relu6(g.conv(x, "last", body._conv_head, body._bn1))


def resnext50(g, body):
    x = g.node("Relu", g.conv("crops", "stem", body.conv1, body.bn1))
    x = g.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for i, layer in enumerate((body.layer1, body.layer2, body.layer3, body.layer4)):
        for j, block in enumerate(layer):
            name = f"layer{i}.{j}"
            y = g.node("Relu", g.conv(x, f"{name}.reduce", block.conv1, block.bn1))
            y = g.node("Relu", g.conv(y, f"{name}.group", block.conv2, block.bn2))
            y = g.conv(y, f"{name}.expand", block.conv3, block.bn3)
            x = g.conv(x, f"{name}.side", *block.downsample) if block.downsample is not None else x
            x = g.node("Relu", g.node("Add", y, x))
    return x


BODIES = {"Lite0": lite0, "ResNeXt50": resnext50}


class Layers(Graph):
    """Collects, in place of nodes, each convolution and the batch normalisation after it by their name."""

    def __init__(self):
        super().__init__("float32")
        self.found = {}

    def conv(self, x, name, conv, norm):
        self.found[name] = conv, norm
        return name


def layers(detector):
    """The convolutions of a detector's body, each with its normalisation, by the names that a bundle has for them."""
    g = Layers()
    BODIES[type(detector.body).__name__](g, detector.body.body)
    return g.found


def features(arch, detector, size, storage):
    g = Graph(storage)
    last = BODIES[type(detector.body).__name__](g, detector.body.body)
    g.node("Flatten", g.node("GlobalAveragePool", last), axis=1)
    return g.model("features", "crops", ["N", 3, size, size], "features", ["N", detector.body.width])


def linear_head(name, layer, storage):
    g = Graph(storage)
    g.linear("features", "linear", layer)
    return g.model(name, "features", ["N", layer.in_features], "logits", ["N", layer.out_features])


def sequence_head(head, storage):
    g = Graph(storage)
    found = READ[type(head)](g, head)
    whole = g.linear(g.node("ReduceMean", "features", axes=[1], keepdims=0), "frame", head.frame)
    g.node("Add", whole, g.linear(found, "order", head.order))
    return g.model("head", "features", [1, "N", head.frame.in_features], "logits", [1, 1])


def lstm(g, head):
    """Standardising is folded into the LSTM's weights; its gates go from PyTorch's order i, f, g, o to i, o, f, g."""
    lstm, order = head.lstm, lambda v: torch.cat([v.chunk(4)[i] for i in (0, 3, 1, 2)])
    inputs = lstm.weight_ih_l0 / head.spread
    bias = torch.cat([order(lstm.bias_ih_l0 - g.kept(inputs) @ head.middle), order(lstm.bias_hh_l0)])[None]
    first, second = g.constant("axis_0", np.array([0])), g.constant("axis_1", np.array([1]))
    w, r = (g.node("Unsqueeze", g.weight(f"lstm.{n}", order(v)), first)
            for n, v in (("input", inputs), ("recurrent", lstm.weight_hh_l0)))
    steps = g.node("Transpose", "features", perm=[1, 0, 2])
    states = g.node("LSTM", steps, w, r, g.weight("lstm.bias", bias), outputs=3, hidden_size=lstm.hidden_size)[0]
    return g.node("ReduceMean", g.node("Squeeze", states, second), axes=[0], keepdims=0)


def differences(g, head):
    """A convolution over differences is one over the frames themselves, with a tap more."""
    project = g.node("Transpose", g.weight("project.weight", head.project.weight / head.spread), perm=[1, 0])
    x, found = g.node("Transpose", g.node("MatMul", "features", project), perm=[0, 2, 1]), []
    for i, convolution in enumerate(head.convolutions):
        taps, edge = convolution.kernel_size[0], convolution.kernel_size[0] // 2 + 1
        edges = g.constant(f"edges{i}", np.array([0, 0, edge, 0, 0, edge]))
        weight = g.weight(f"convolution{i}.weight", F.pad(convolution.weight, (1, 0)) - F.pad(convolution.weight, (0, 1)))
        y = g.node("Relu", g.node("Conv", g.node("Pad", x, edges, mode="edge"), weight, kernel_shape=[taps + 1]))
        found += [g.node(reduce, y, axes=[2], keepdims=0) for reduce in ("ReduceMean", "ReduceMax")]
    return g.node("Concat", *found, axis=1)


READ = {LSTMHead: lstm, DifferenceHead: differences}


def parts(arch, detector, sequence, size, storage):
    """`features` and each head that there is, `sequence` being None before that head is trained."""
    found = {"features": features(arch, detector, size, storage), "frame": linear_head("head", detector.frame, storage)}
    return found | ({"sequence": sequence_head(sequence, storage)} if sequence is not None else {})


class Session:
    """A part, as ONNX Runtime computes it."""

    def __init__(self, model):
        how = onnxruntime.SessionOptions()
        how.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), how, ["CPUExecutionProvider"])
        self.source = self.session.get_inputs()[0].name

    def __call__(self, x):
        return self.session.run(None, {self.source: x})[0]

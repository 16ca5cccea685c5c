"""Turns a trained checkpoint of the lite0-frame network into the two ONNX parts of this bundle.

    python export.py --checkpoint lite0_frame.pt [--out .] [--weights float16|float32]

The checkpoint is a PyTorch state_dict: EfficientNet-Lite0 under `body.`, and one linear layer under `fc.`.
`features.onnx` takes crops [N, 3, 160, 160] to features [N, 1280]; `head.onnx` takes those to logits [N, 1].
Batch normalisation is folded into the convolutions. Large weights are stored as float16 and cast to float32 at
load, which nearly halves the files; the small ones, which move the logit most, stay float32. The script compares
the parts with PyTorch, stops if they differ, and prints what `model.toml` must say of them.

Needs: torch==2.15.0 efficientnet-lite-pytorch==0.1.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper

SIDE = 160
OPSET = 17
IR_VERSION = 8
SELF_TEST_FRAMES = 2
# Weights of at least so many values are stored in the asked type, all others as float32.
LARGE = 20_000
# Largest difference of a logit from PyTorch's, by type of the stored weights.
TOLERANCE = {"float32": 1e-4, "float16": 0.02}


class Lite0(torch.nn.Module):
    """EfficientNet-Lite0, average pool, one logit: the log-odds of fake."""

    def __init__(self):
        super().__init__()
        self.body = EfficientNet.from_name("efficientnet-lite0")
        self.body._fc = torch.nn.Identity()
        self.fc = torch.nn.Linear(1280, 1)

    def forward(self, crops):
        return self.fc(self.body.extract_features(crops).mean((2, 3)))


class Graph:
    """Collects nodes and weights; every method adds one layer and returns the name of its output."""

    def __init__(self, dtype):
        self.dtype, self.nodes, self.weights = dtype, [], []

    def node(self, op, *inputs, **attributes):
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name, value):
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name, value):
        dtype = self.dtype if value.numel() >= LARGE else np.float32
        stored = self.constant(name, value.detach().numpy().astype(dtype))
        return stored if dtype == np.float32 else self.node("Cast", stored, to=TensorProto.FLOAT)

    def conv(self, x, name, conv, norm, side):
        """Convolution with TensorFlow's "same" padding and the batch normalisation after it; also the new side."""
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        kernel, stride = conv.kernel_size[0], conv.stride[0]
        out = -(-side // stride)
        pad = max((out - 1) * stride + kernel - side, 0)
        before, after = pad // 2, pad - pad // 2
        weight = self.weight(f"{name}.weight", conv.weight * scale[:, None, None, None])
        bias = self.weight(f"{name}.bias", norm.bias - norm.running_mean * scale)
        y = self.node("Conv", x, weight, bias, kernel_shape=[kernel] * 2, strides=[stride] * 2,
                      pads=[before, before, after, after], group=conv.groups)
        return y, out

    def model(self, name, source, source_shape, result, result_shape):
        self.nodes[-1].output[0] = result
        tensor = lambda n, shape: helper.make_tensor_value_info(n, TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, name, [tensor(source, source_shape)], [tensor(result, result_shape)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="veritag")
        onnx.checker.check_model(model, full_check=True)
        return model


def features(body, dtype):
    g = Graph(dtype)
    low, high = (g.constant(n, np.float32(v)) for n, v in (("relu6_low", 0), ("relu6_high", 6)))
    relu6 = lambda x: g.node("Clip", x, low, high)
    x, side = g.conv("crops", "stem", body._conv_stem, body._bn0, SIDE)
    x = relu6(x)
    for i, block in enumerate(body._blocks):
        before, side_before = x, side
        if hasattr(block, "_expand_conv"):
            x, side = g.conv(x, f"block{i}.expand", block._expand_conv, block._bn0, side)
            x = relu6(x)
        x, side = g.conv(x, f"block{i}.depthwise", block._depthwise_conv, block._bn1, side)
        x, side = g.conv(relu6(x), f"block{i}.project", block._project_conv, block._bn2, side)
        args = block._block_args
        if args.id_skip and side == side_before and args.input_filters == args.output_filters:
            x = g.node("Add", x, before)
    x, side = g.conv(x, "last", body._conv_head, body._bn1, side)
    g.node("Flatten", g.node("GlobalAveragePool", relu6(x)), axis=1)
    return g.model("features", "crops", ["N", 3, SIDE, SIDE], "features", ["N", 1280])


def head(fc, dtype):
    g = Graph(dtype)
    g.node("Gemm", "features", g.weight("weight", fc.weight), g.weight("bias", fc.bias), transB=1)
    return g.model("head", "features", ["N", 1280], "logits", ["N", 1])


def self_test_crops(frames):
    """The crops of `SelfTest` in the plugin's ABI."""
    values = (np.arange(frames * 3 * SIDE * SIDE, dtype=np.uint64) * 2654435761) % 2**32
    return (values.astype(np.float32) / np.float32(2**30) - np.float32(2)).reshape(frames, 3, SIDE, SIDE)


def run(models, x):
    for model in models:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        x = session.run(None, {session.get_inputs()[0].name: x})[0]
    return x


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--checkpoint", type=Path, required=True)
    args.add_argument("--out", type=Path, default=Path(__file__).parent)
    args.add_argument("--weights", choices=TOLERANCE, default="float16", help="type of the large weights")
    args = args.parse_args()

    net = Lite0()
    net.load_state_dict(torch.load(args.checkpoint, map_location="cpu", weights_only=True))
    net.eval()
    parts = {"features": features(net.body, np.dtype(args.weights)), "head": head(net.fc, np.dtype(args.weights))}

    crops = np.random.default_rng(0).normal(size=(8, 3, SIDE, SIDE)).astype(np.float32)
    with torch.no_grad():
        difference = np.abs(run(parts.values(), crops) - net(torch.from_numpy(crops)).numpy()).max()
    if difference > TOLERANCE[args.weights]:
        raise SystemExit(f"the parts differ from PyTorch by {difference:.2g}: not written")
    print(f"largest difference of a logit from PyTorch: {difference:.2g}")

    for name, model in parts.items():
        data = model.SerializeToString()
        (args.out / f"{name}.onnx").write_bytes(data)
        print(f'{name}: {len(data)} bytes, sha256 = "{hashlib.sha256(data).hexdigest()}"')
    print(f"self_test: frames = {SELF_TEST_FRAMES}, logit = {run(parts.values(), self_test_crops(SELF_TEST_FRAMES)).mean():.6f}")


if __name__ == "__main__":
    main()

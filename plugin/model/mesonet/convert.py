"""convert.py ONNX OUT: a bundle of MesoNet's Meso4, to measure others against.

ONNX is the published Keras model (https://github.com/DariusAf/MesoNet, weights of its Deepfakes set) as tf2onnx writes
it: pictures [N, 256, 256, 3] of 0 to 1 to P(real) [N, 1]. It is cut in two behind its last hidden layer; colours come
first and the log-odds of fake come out. Needs the packages of ../train/requirements.txt.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
SIZE, FRAMES = 256, 2


def model(nodes, weights, source, result):
    """A graph of some nodes, from what `source` names to what `result` does: pairs of a name and a shape."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (source, result)]
    named = {name for node in nodes for name in node.input}
    graph = helper.make_graph(nodes, "meso4", ends[:1], ends[1:], [w for w in weights if w.name in named])
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(whole, full_check=True)
    return whole


def features(graph):
    """All up to the last hidden layer, without the transposition of its input."""
    first, *nodes = graph.node
    end = next(i for i, node in enumerate(nodes) if node.op_type == "LeakyRelu")
    nodes[0].input[0], nodes[end].output[0] = "crops", "features"
    return model(nodes[: end + 1], graph.initializer, ("crops", ["N", 3, SIZE, SIZE]), ("features", ["N", 16]))


def head(graph):
    """The last layer, turned about, since it gives the log-odds of real."""
    product, total, _ = list(graph.node)[-3:]
    value = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    weights = [numpy_helper.from_array(np.ascontiguousarray(-value[node.input[1]]), name)
               for node, name in ((product, "weight"), (total, "bias"))]
    node = helper.make_node("Gemm", ["features", "weight", "bias"], ["logits"])
    return model([node], weights, ("features", ["N", 16]), ("logits", ["N", 1]))


def run(part, x):
    session = onnxruntime.InferenceSession(part.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def self_test(parts):
    """The log-odds for the crops of `SelfTest` in the plugin's ABI."""
    values = (np.arange(FRAMES * 3 * SIZE**2, dtype=np.uint64) * 2654435761) % 2**32
    crops = (values.astype(np.float32) / np.float32(2**30) - np.float32(2)).reshape(-1, 3, SIZE, SIZE)
    return float(run(parts["head"], run(parts["features"], crops)).mean())


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    graph, out = onnx.load(sys.argv[1]).graph, Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    parts = {"features": features(graph), "head": head(graph)}
    text = (HERE / "model.toml.in").read_text().replace("$logit", f"{self_test(parts):.6f}")
    shutil.copyfile(HERE.parent / "centerface" / "centerface.onnx", out / "faces.onnx")
    for name, part in parts.items():
        (out / f"{name}.onnx").write_bytes(part.SerializeToString())
    for name in ("faces", "features", "head"):
        text = text.replace(f"${name}", hashlib.sha256((out / f"{name}.onnx").read_bytes()).hexdigest())
    (out / "model.toml").write_text(text)
    print(f"{out}: try `veritag model verify {out}`")


if __name__ == "__main__":
    main()

"""Batch curves of one network: `veritag runner`, ONNX Runtime with IO binding, PyTorch eager and compiled, on one device.

    gpu.py RUNNER PROVIDER --model DIR --batches 1 2 4 --repeats 20 [--peak-tflops 60]

Writes target/bench-gpu.json and target/bench-gpu.png, and prints a table: crops a second, the higher the better.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import onnxruntime

# Of a crop: 1.11 thousand million multiply-adds of ResNeXt50 at 112², counted twice; others are not compared to a peak.
GFLOP = {"resnext50-lstm": 2.22}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("runner")
parser.add_argument("provider")
parser.add_argument("--model", required=True)
parser.add_argument("--batches", type=int, nargs="+", required=True)
parser.add_argument("--repeats", type=int, default=20)
parser.add_argument("--peak-tflops", type=float, default=0)
args = parser.parse_args()
side = int(re.search(r"^size = (\d+)", Path(args.model, "model.toml").read_text(), re.M)[1])
name = Path(args.model).name
device = "cpu" if args.provider == "cpu" else "cuda"
crops = np.random.default_rng(0).integers(0, 256, (max(args.batches), 3, side, side), np.uint8)


def rate(batch, run):
    """Crops a second, by the median run after three that warm up."""
    times = []
    for nth in range(args.repeats + 3):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return batch / statistics.median(times[3:])


def ours():
    command = [args.runner, "--provider", args.provider, "--model", args.model, "--listen", "127.0.0.1:0", "--max-batch", str(len(crops)), "--max-delay", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address, model = re.search(r"http://(\S+)/v2/models/(\S+)", server.stdout.readline()).groups()
        import tritonclient.http as client

        http = client.InferenceServerClient(address)

        def ask(batch):
            tensor = client.InferInput("crops", [batch, 3, side, side], "UINT8")
            tensor.set_data_from_numpy(crops[:batch])
            return http.infer(model, [tensor]).as_numpy("features")

        return {batch: rate(batch, lambda: ask(batch)) for batch in args.batches}
    finally:
        server.terminate()
        server.wait()


def onnx_runtime():
    provider = {"cpu": "CPUExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}.get(args.provider, "CUDAExecutionProvider")
    options = onnxruntime.SessionOptions()
    session = onnxruntime.InferenceSession(str(Path(args.model, "features.onnx")), options, providers=[provider])
    assert session.get_providers()[0] == provider, session.get_providers()
    source, target = session.get_inputs()[0].name, session.get_outputs()[0].name

    def curve(batch):
        binding = session.io_binding()
        value = onnxruntime.OrtValue.ortvalue_from_numpy(crops[:batch].astype(np.float32) / 255, device, 0)
        binding.bind_ortvalue_input(source, value)
        binding.bind_output(target, device, 0)

        def run():
            session.run_with_iobinding(binding)
            binding.synchronize_outputs()

        return rate(batch, run)

    return {batch: curve(batch) for batch in args.batches}


def pytorch(compiled):
    """The same architecture with random weights, which take as long: it is there for ResNeXt50 alone."""
    import torch
    import torchvision

    network = torchvision.models.resnext50_32x4d()
    network.fc = torch.nn.Identity()
    network = network.eval().to(device)
    call = torch.compile(network, mode="max-autotune") if compiled else network

    def run(batch):
        call(batch)
        if device == "cuda":
            torch.cuda.synchronize()

    with torch.inference_mode():
        tensors = {batch: torch.from_numpy(crops[:batch]).to(device).float() / 255 for batch in args.batches}
        return {batch: rate(batch, lambda: run(tensor)) for batch, tensor in tensors.items()}


curves = {"veritag runner": ours(), "ONNX Runtime, IO binding": onnx_runtime()}
if name.startswith("resnext50") and not os.environ.get("WITHOUT_TORCH"):
    curves |= {"PyTorch eager": pytorch(False), "torch.compile": pytorch(True)}
Path("target/bench-gpu.json").write_text(json.dumps({"provider": args.provider, "model": name, "crops_a_second": curves}, indent=1))
print(f"{name} on {args.provider}: crops a second by batch")
print(f"{'':<26}" + "".join(f"{batch:>10}" for batch in args.batches))
for label, curve in curves.items():
    print(f"{label:<26}" + "".join(f"{curve[batch]:>10.1f}" for batch in args.batches))
best = max(curves["veritag runner"].values())
if args.peak_tflops and name in GFLOP:
    print(f"share of the roofline: {best * GFLOP[name] / 1e3 / args.peak_tflops:.1%} of {args.peak_tflops} TFLOP/s")
print(f"the runner against IO binding: {max(curves['ONNX Runtime, IO binding'].values()) / best:.2f} times as long at its best batch")

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

for label, curve in curves.items():
    plt.plot(curve.keys(), curve.values(), marker="o", label=label)
plt.xscale("log", base=2)
plt.xlabel("crops in a batch")
plt.ylabel("crops a second")
plt.title(f"{name} on {args.provider}")
plt.legend()
plt.savefig("target/bench-gpu.png", dpi=120)

"""Times whole commands and prints every figure with its ratio: compare.py VERITAG BUNDLE CLIP REPEATS LARGE SMALL."""
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

program, bundle, clip, repeats = sys.argv[1:4] + [int(sys.argv[4])]
stills = sys.argv[5:7]
here = Path(__file__).parent


def timed(command):
    """Median wall time in seconds and peak memory in MiB of a command, after one run that warms caches."""
    times, peak = [], 0
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, command
        times.append(time.perf_counter() - begun)
        peak = max(peak, usage.ru_maxrss)
    return statistics.median(times[1:]), peak / 1024


def row(name, ours, theirs, unit):
    print(f"{name:<58} {ours:9.2f} {theirs:9.2f} {unit}   ratio {ours / theirs:5.2f}")


infer, ort = (json.loads(Path(f"target/bench-{name}.json").read_text()) for name in ("infer", "ort"))
ort_ms = min(ort["one_at_a_time"]["median_ms"], ort["batch"]["median_ms"])
print(f"{'':<58} {'veritag':>9} {'peer':>9}")
row("infer, 20 frames: sandbox / ONNX Runtime, 1 thread", infer["sandbox_ms"], ort_ms, "ms")
row("infer, 20 frames: sandbox / tract's kernels there", infer["sandbox_ms"], infer["tract_kernels_ms"], "ms")
row("infer, 20 frames: sandbox / native tract", infer["sandbox_ms"], infer["native_tract_ms"], "ms")
for name in ("compile_ms", "compile_cached_ms", "load_ms", "first_frame_ms"):
    print(f"cold start, ResNeXt50 bundle: {name:<28} {infer[name]:9.0f}")
print(f"module: {infer['module_bytes'] / 1e6:.2f} MB")

python, cores = sys.executable, str(os.cpu_count())
for name, model, flags in (("ResNeXt50 + LSTM", bundle, []), ("EfficientNet-Lite0", "lite0-frame", ["--lite0"])):
    ours, our_peak = timed([program, "scan", "--json", "--windows", "3", "--model", model, clip])
    theirs, their_peak = timed([python, here / "peer_scan.py", clip, "--threads", cores, *flags])
    row(f"scan of 3 windows, {name}: veritag / PyTorch + OpenCV", ours, theirs, "s")
    row(f"  peak memory", our_peak, their_peak, "MiB")

(large, large_peak), (small, small_peak) = (timed([program, "scan", "--json", still]) for still in stills)
print(f"{'':<58} {'12 MP':>9} {'1080p':>9}")
row("scan of a still with one face, start-up included", large, small, "s")
row("  peak memory", large_peak, small_peak, "MiB")

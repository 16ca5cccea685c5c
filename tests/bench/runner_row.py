"""Prints what a runner makes of 20 crops beside the sandbox and ONNX Runtime in Python: runner_row.py OURS.json ORT.json."""
import json
import sys
from pathlib import Path

ours, ort = (json.loads(Path(path).read_text()) for path in sys.argv[1:3])
plain = min(ort["one_at_a_time"]["median_ms"], ort["batch"]["median_ms"])
print(f"20 crops, {ours['bundle']}, {ours['threads']} thread(s): ONNX Runtime in Python {plain:.0f} ms, {1000 / plain:.2f} windows a second")
for name, key, each in (("sandbox", "sandbox_ms", "sandbox_ms"), ("veritag runner, HTTP", "http_ms", "http_each_ms"), ("veritag runner, gRPC", "grpc_ms", "grpc_each_ms")):
    print(f"    {name:<22} {ours[each]:8.1f} ms {1000 / ours[each]:8.2f} windows a second   ratio {ours[each] / plain:5.2f}   alone {ours[key]:8.1f} ms, {ours[key] - plain:6.1f} ms later")
print(f"    on the wire            {ours['wire_bytes'] / 1e6:8.2f} MB a window")

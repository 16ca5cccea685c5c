"""Times ONNX Runtime on the features part of a bundle: 20 crops one at a time, and as one batch of 20.

    python peer_infer.py features.onnx [--repeats 5] [--threads 1] [--no-spinning]

Prints one JSON line with the medians in milliseconds. Needs: onnxruntime==1.32.0 numpy==2.4.6
"""
import argparse
import json
import statistics
import time

import numpy as np
import onnxruntime

CROPS = 20


def milliseconds(run, repeats):
    run()  # warm up: the first run allocates
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1e3)
    return {"median_ms": round(statistics.median(times), 2), "min_ms": round(min(times), 2)}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("features")
    args.add_argument("--repeats", type=int, default=5)
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--no-spinning", action="store_true", help="leave the cores to others between runs")
    args = args.parse_args()

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = args.threads
    if args.no_spinning:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(args.features, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    crops = np.random.default_rng(0).normal(size=(CROPS, *source.shape[1:])).astype(np.float32)
    run = lambda batch: session.run(None, {source.name: batch})
    print(json.dumps({
        "onnxruntime": onnxruntime.__version__,
        "input": [CROPS, *source.shape[1:]],
        "threads": args.threads,
        "repeats": args.repeats,
        "one_at_a_time": milliseconds(lambda: [run(crops[i : i + 1]) for i in range(CROPS)], args.repeats),
        "batch": milliseconds(lambda: run(crops), args.repeats),
    }))


if __name__ == "__main__":
    main()

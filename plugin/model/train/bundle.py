"""Writes a bundle: the parts, checked against the trained networks, and `model.toml`, calibrated on validation."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from string import Template

import numpy as np
import torch

from . import export
from .calibrate import calibrate
from .nets import normalise
from .score import auc, interval, labels, mean_logits, report, score, torch_parts
from .stages import load_detector, load_sequence

HERE = Path(__file__).parent
STORAGE = {"lite0": "float16", "resnext50": "int8"}
ARCHITECTURE = {"lite0": "efficientnet-lite0", "resnext50": "resnext50-32x4d"}
MODE = {"frame": "frame-mean", "sequence": "sequence"}
SELF_TEST_FRAMES = 2
# Largest difference of a feature or a logit from PyTorch's when the weights are stored in full.
TOLERANCE = 2e-3


def write(work, arch, head, storage, name, version, others=()):
    """Writes the bundle of `arch`. Its head is the better one on validation unless one is asked for.

    `others` are files `validation.jsonl` of runs that held out other people: calibration and threshold then rest on
    the scores of all of them.
    """
    detector, storage = load_detector(work, arch), storage or STORAGE[arch]
    sequence, tracks = load_sequence(work, arch, detector), work.roles["validation"]
    before = score(tracks, work.packs, *torch_parts(detector, sequence))
    report(before, f"{arch} as trained")
    lines = "".join(json.dumps(record) + "\n" for record in before)
    (work.out / arch / "validation.jsonl").write_text(lines)
    head = head or better(before)
    detector, sequence = detector.cpu().eval(), sequence and sequence.cpu().eval()

    sequence = sequence if head == "sequence" else None
    crops = work.packs.crops(np.arange(min(4, tracks[0].rows)) + tracks[0].row).cpu()
    in_full = export.parts(arch, detector, sequence, work.packs.size, "float32")
    compare(*map(export.Session, in_full), detector, sequence, crops)
    parts = export.parts(arch, detector, sequence, work.packs.size, storage)
    run, decide = map(export.Session, parts)
    features = lambda crops: run(normalise(crops).contiguous().cpu().numpy())  # noqa: E731
    logit = lambda values: decide(values if head == "frame" else values[None]).mean()  # noqa: E731
    after = score(tracks, work.packs, features, {head: logit})
    report(after, f"{arch} as stored ({storage})")

    records = after + [json.loads(line) for path in others for line in Path(path).read_text().splitlines()]
    chosen = calibrate(records, head)
    for what, value in chosen["said"].items():
        print(f"{arch}, {what}: {value:.3f}")
    folder = work.out / "bundles" / (name or f"{arch}-{'lstm' if head == 'sequence' else 'frame'}")
    folder.mkdir(parents=True, exist_ok=True)
    hashes = {f"{part.graph.name}_sha256": place(folder / f"{part.graph.name}.onnx", part) for part in parts}
    values = {
        "name": json.dumps(folder.name), "version": json.dumps(version), "mode": json.dumps(MODE[head]),
        "architecture": json.dumps(ARCHITECTURE[arch] + ("-lstm" if head == "sequence" else "")),
        "weights_licence": " Its training began with ImageNet weights under Apache-2.0." if arch == "lite0" else "",
        "training_data": json.dumps(describe(work)), "fitted_on": json.dumps(fitted_on(records)),
        "size": work.packs.size, "margin": work.packs.margin, "window": work.packs.window,
        "scale": f"{chosen['scale']:.4f}", "offset": f"{chosen['offset']:.4f}",
        "threshold": f"{chosen['threshold']:.3f}",
        "low": f"{chosen['band'][0]:.3f}", "high": f"{chosen['band'][1]:.3f}",
        "faces_sha256": faces(folder.parent), "self_test_frames": SELF_TEST_FRAMES,
        "self_test_logit": f"{logit(run(self_test_crops(work.packs.size))):.6f}", **hashes}
    text = Template((HERE / "model.toml.in").read_text()).substitute(values)
    (folder / "model.toml").write_text(text + metrics(before, after, head, chosen["said"]))
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{folder}: {size / 1e6:.1f} MB, head {head}, threshold {chosen['threshold']:.3f}, band {chosen['band']}")
    return folder


def better(records):
    """The LSTM if it tells real from fake better than the frames' mean does, on validation."""
    fake, heads = labels(records), records[0]["windows"]
    figure = {head: auc(fake, mean_logits(records, head)) for head in heads}
    return "sequence" if figure.get("sequence", -1) > figure["frame"] else "frame"


@torch.no_grad()
def compare(features, decide, detector, sequence, crops):
    """Stops if the parts, their weights in full, say anything but what PyTorch says."""
    x = normalise(crops).contiguous()
    seen, logits = detector(x)
    expected = logits[:, None] if sequence is None else sequence(seen[None])[:, None]
    values = features(x.numpy())
    logit = np.abs(decide(values if sequence is None else values[None]) - expected.numpy()).max()
    feature = np.abs(values - seen.numpy()).max()
    if not (logit <= TOLERANCE and feature <= TOLERANCE):
        raise SystemExit(f"the parts differ from PyTorch by {feature:.2g} (features), {logit:.2g} (logits)")
    print(f"largest difference between the parts and PyTorch: {feature:.2g} in features, {logit:.2g} in logits")


def place(path, model):
    data = model.SerializeToString()
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def faces(folder):
    """The sha256 of the face finder, which bundles share and look for beside them."""
    source, target = HERE.parent / "centerface" / "centerface.onnx", folder / "centerface" / "centerface.onnx"
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def self_test_crops(size):
    """The crops of `SelfTest` in the plugin's ABI."""
    values = (np.arange(SELF_TEST_FRAMES * 3 * size * size, dtype=np.uint64) * 2654435761) % 2**32
    return (values.astype(np.float32) / np.float32(2**30) - np.float32(2)).reshape(-1, 3, size, size)


def describe(work):
    """What was learnt from, in a sentence or two."""
    learnt = work.roles["train"] + work.roles["sequence"]
    assets = {track.asset["path"]: track.asset for track in learnt}.values()
    counts = Counter((a["label"], a["kind"], a["source"], a["generator"]) for a in assets)
    parts = [f"{count} {label} {kind}s of {source}" + (f" ({generator})" if label == "fake" else "")
             for (label, kind, source, generator), count in sorted(counts.items())]
    share = round(100 * work.options.blends)
    return (f"{'; '.join(parts)}. About {share} % of the fakes in training were made from the real ones by "
            "self-blending (Shiohara and Yamasaki, 2022); sources without real faces were left out.")


def fitted_on(records):
    fake, people = labels(records), len({record["group"] for record in records})
    return (f"Window logits of {(~fake).sum()} real and {fake.sum()} fake assets of {people} groups of people who were "
            "held out of the training, both classes weighted alike.")


def metrics(before, after, head, said):
    """[[metric]] tables: these rank the bundle, and set its expectations; a test set must confirm them."""
    fake = labels(after)
    rows = [("AUC", auc(fake, mean_logits(after, head)), interval(after, head))]
    rows += [(f"AUC of the {MODE[name]} before weights were stored in few bits", auc(fake, mean_logits(before, name)),
              interval(before, name)) for name in before[0]["windows"]]
    rows += [(name, value, None) for name, value in said.items()]
    text, people = "", "validation: held-out people, whom calibration, threshold and head were chosen on"
    for name, value, ends in rows:
        text += f'\n[[metric]]\nset = "{people}"\n'
        text += f"assets = {len(fake)}\nfake = {int(fake.sum())}\nname = {json.dumps(name)}\nvalue = {value:.3f}\n"
        text += f"interval = [{ends[0]:.3f}, {ends[1]:.3f}]\n" if ends else ""
    return text

"""Writes a bundle: the parts, checked against the trained networks, and `model.toml`."""

import hashlib
import json
import shutil
import tomllib
from pathlib import Path
from string import Template

import numpy as np

from . import breakdown, card, export, pixels, record, scope
from .calibrate import calibrate, labels
from .nets import normalise
from .score import auc, calibrated, report, torch_parts
from .weights import TAUGHT, known, load_detector, load_sequence

HERE = Path(__file__).parent
STORAGE = {"lite0": "float16", "resnext50": "int8"}
# What a bundle may take, in bytes, and what its storage may cost of the AUC.
LARGEST, LOST = 30_000_000, 0.005
SELF_TEST_FRAMES = 2
# What happens to crops on their way, to see what that costs.
WEAR = {"after JPEG at quality 40": lambda crops: pixels.rough(crops, 40, 1.0),
        "at half the size and JPEG at quality 70": lambda crops: pixels.rough(crops, 70, 0.5)}
# Largest difference of a feature or a logit from PyTorch's when the weights are stored in full.
TOLERANCE = 2e-3


def write(work, arch, head, storage, name, version, others=()):
    """Writes the bundle of `arch`. Its head is the better one on validation unless one is asked for.

    `others` are files `validation.jsonl` of runs that held out other people: calibration and threshold then rest on
    the scores of all of them.
    """
    parts, before, after, refused, worn, away = store(work, arch, storage or STORAGE[arch])
    head = head or better(after)
    if head not in parts:
        raise SystemExit(f"{arch} has no head for the order of frames: train `sequence` first")
    records = after + [record for path in others for record in other_scores(path, head)]
    chosen = calibrate(records, head)
    folder = work.out / "bundles" / (name or f"{arch}-{work.options.order if head == 'sequence' else 'frame'}")
    folder.mkdir(parents=True, exist_ok=True)
    values = {"name": json.dumps(folder.name), "version": json.dumps(version)}
    values |= card.fields(work, arch, head, records, chosen, refused)
    seen, taught = history(work, arch)
    values["training_data"] = json.dumps(card.describe(work, head) + card.learnt_from(work, seen))
    (folder / TAUGHT).write_text("\n".join([f"crops seen: {seen}", *taught]) + "\n")
    values |= place_parts(folder, parts, head, work.packs.side)
    text = Template((HERE / "model.toml.in").read_text()).substitute(values)
    place_card(folder / "model.toml", text, card.metrics(work, before, after, records, head, chosen, refused, worn))
    size = sum(file.stat().st_size for file in folder.iterdir())
    for what, value in chosen["said"].items():
        print(f"{arch}, {what}: {value:.3f}")
    print(*breakdown.table([*after, *away], head, chosen), sep="\n")
    warn(size, auc(labels(before), calibrated(before, head)) - auc(labels(after), calibrated(after, head)))
    print(f"{folder}: {size / 1e6:.1f} MB, head {head}, threshold {chosen['threshold']:.3f}, "
          f"bands {chosen['bands']}")
    return folder


def warn(size, lost):
    if size > LARGEST:
        print(f"mind: more than {LARGEST / 1e6:.0f} MB; --storage int8 takes least")
    if lost > LOST:
        print(f"mind: weights in few bits cost {lost:.3f} of the AUC; --storage float16 or float32 costs less")


def place_card(path, text, rows):
    """Writes model.toml; figures of other sets that are there already stay, if nothing but figures has changed."""
    old = path.read_text() if path.exists() else ""
    if old.partition(record.MARK)[0] == text.rstrip() + "\n":
        rows = record.others(tomllib.loads(old), rows) + rows
    record.write(path, text.rstrip() + "\n", rows)


def store(work, arch, storage):
    """The parts, their weights in few bits; the scores of the networks as trained and as stored; what is refused.

    Then those after wear and of collections kept away by name, and the latter by themselves.
    """
    tracks, size = work.roles["validation"], work.packs.side
    detector = load_detector(work, arch)
    sequence = load_sequence(work, arch, detector)
    parts = export.parts(arch, detector, sequence, size, storage)
    stored = onnx_parts(parts)
    layer, refused = scope.learn(work, stored[0])
    parts["scope"] = export.linear_head("scope", layer, storage)
    before = work.score("validation", *torch_parts(detector, sequence), in_scope=judges(parts["scope"]))
    report(before, f"{arch} as trained")
    networks = detector.cpu(), sequence and sequence.cpu()
    crops = work.packs.served(work.packs.crops(np.arange(min(4, tracks[0].rows)) + tracks[0].row)).cpu()
    compare(onnx_parts(export.parts(arch, *networks, size, "float32")), torch_parts(*networks), crops)
    after = work.score("validation", *stored, in_scope=judges(parts["scope"]))
    report(after, f"{arch} as stored ({storage})")
    (work.out / arch).mkdir(parents=True, exist_ok=True)
    (work.out / arch / "validation.jsonl").write_text("".join(json.dumps(record) + "\n" for record in after))
    again = lambda role, **how: work.score(role, *stored, in_scope=judges(parts["scope"]), **how)  # noqa: E731
    worn = {f"validation, {name}": again("validation", change=change) for name, change in WEAR.items()}
    if away := again("away") if work.roles["away"] else []:
        worn[f"{', '.join(work.options.away)}: kept out as a whole; fakes are its people with faces of others"] = away
    return parts, before, after, refused, worn, away


def history(work, arch):
    """How many crops a detector has seen, and the marks of those who have taught it."""
    path = work.out / arch / "frame.pt"
    state = known(path if path.exists() else work.options.start)
    return state["seen"], sorted(state["taught"])


def better(records):
    """`sequence` if its scores tell real from fake better than the frames' mean does, on validation."""
    figure = {head: auc(labels(records), calibrated(records, head)) for head in records[0]["windows"]}
    return "sequence" if figure.get("sequence", -1) > figure["frame"] else "frame"


def other_scores(path, head):
    records = [json.loads(line) for line in Path(path).read_text().splitlines()]
    if any(head not in record["windows"] for record in records):
        raise SystemExit(f"{path} has no scores of the head `{head}`: train that there too, or choose another --head")
    return records


def onnx_parts(parts):
    """`features` and the heads as ONNX Runtime computes them, for `score`."""
    run = {name: export.Session(part) for name, part in parts.items()}
    features = lambda crops: run["features"](normalise(crops).contiguous().cpu().numpy())  # noqa: E731
    heads = {"frame": lambda values: run["frame"](values).mean(),
             "sequence": lambda values: run["sequence"](values[None])[0, 0]}
    return features, {name: head for name, head in heads.items() if name in run}


def judges(part):
    """Whether faces of such features are judged, as `out_of_scope` in the plugin decides by the part `scope`."""
    limit = export.Session(part)
    return lambda values: not (limit(values).sum(0) > 0).any()


def compare(parts, networks, crops):
    """Stops if the parts, their weights in full, say anything but what PyTorch says."""
    (features, heads), (expected, expected_heads) = parts, networks
    values, seen = features(crops), expected(crops)
    off = {"features": float(np.abs(values - seen).max())}
    off |= {name: abs(float(head(values)) - float(expected_heads[name](seen))) for name, head in heads.items()}
    said = ", ".join(f"{value:.2g} ({name})" for name, value in off.items())
    if not all(value <= TOLERANCE for value in off.values()):
        raise SystemExit(f"the parts differ from PyTorch by {said}")
    print(f"largest difference between the parts and PyTorch: {said}")


def place_parts(folder, parts, head, size):
    """Places the parts; gives what model.toml says of them."""
    features, (_, heads) = export.Session(parts["features"]), onnx_parts(parts)
    return {
        "faces_sha256": faces(folder.parent), "features_sha256": place(folder / "features.onnx", parts["features"]),
        "head_sha256": place(folder / "head.onnx", parts[head]),
        "scope_sha256": place(folder / "scope.onnx", parts["scope"]), "self_test_frames": SELF_TEST_FRAMES,
        "self_test_logit": f"{float(heads[head](features(self_test_crops(size)))):.6f}"}


def place(path, model):
    data = model.SerializeToString()
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def faces(folder):
    """The sha256 of the face finder, which bundles share and look for beside them."""
    source, target = HERE.parents[1] / "model" / "centerface" / "centerface.onnx", folder / "centerface" / "centerface.onnx"
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def self_test_crops(size):
    """The crops of `SelfTest` in the plugin's ABI."""
    values = (np.arange(SELF_TEST_FRAMES * 3 * size * size, dtype=np.uint64) * 2654435761) % 2**32
    return (values.astype(np.float32) / np.float32(2**30) - np.float32(2)).reshape(-1, 3, size, size)

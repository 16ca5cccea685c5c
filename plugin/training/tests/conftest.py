"""Made-up crops, and a short run on them, for tests that need no data and no GPU."""

import hashlib
import json
import math
from argparse import Namespace

import numpy as np
import pytest
import torch
from veritag_training import bundle, pixels, scope, stages, weights
from veritag_training.packs import Packs
from veritag_training.split import roles

SIZE, WINDOW = 64, 20
LANDMARKS = (40, 55), (70, 55), (55, 75), (42, 95), (68, 95)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack")
    make_pack(folder)
    return Packs([folder], torch.device("cpu"))


@pytest.fixture(scope="session")
def work_in(packs):
    """The work of a run in a folder, with any option changed."""
    def work_in(out, deadline=math.inf, **changed):
        o = Namespace(steps=4, rate=1e-3, distil_steps=0, distil_rate=0, sequence_steps=1, sequence_rate=1e-3,
                      windows=4, frames=1, blends=0.5, clip_blends=None, seed=3, fold=0, folds=5, validation=[],
                      without=[], start=None, way=0.5, teacher=None, arch="lite0", missing="Children.", clips=None, wear=1.0, away=[], compile=False, size=None, order="lstm")
        vars(o).update(changed)
        return stages.Work(packs, roles(packs.tracks, o.fold, o.folds, o.seed), out, o, deadline)
    return work_in


@pytest.fixture(scope="session")
def run(tmp_path_factory, work_in):
    """The folder of a run of four steps, trained to the end."""
    folder = tmp_path_factory.mktemp("run")
    stages.frame(work_in(folder), "lite0")
    return folder


def make_pack(folder):
    """Ten pairs of people, each real and fake, and some photographs, as smooth noise that moves; a fake of nobody."""
    random, tracks, crops = np.random.default_rng(0), [], []
    clips = [("video", "clips", "real", f"{i:03}") for i in range(20)]
    clips += [("video", "clips", "fake", f"{i:03}_{i + 1:03}") for i in range(0, 20, 2)]
    clips += [("image", "photos", label, f"{label}_{i}") for label in ("real", "fake") for i in range(8)]
    clips += [("image", "scraped", "fake", "")]
    for kind, source, label, identity in clips:
        count = WINDOW if kind == "video" else 1
        base = torch.from_numpy(random.random((1, 3, 8, 8), np.float32))
        picture = pixels.resize(base, SIZE)[0].permute(1, 2, 0).numpy()
        tracks.append({
            "asset": {"path": f"{label}/{identity}", "label": label, "kind": kind, "source": source,
                      "identity": identity, "generator": "none" if label == "real" else "some", "split": "train"},
            "quality": {"face_px": 90.0, "sharpness": 90.0, "brightness": 90.0},
            "window": {"start_us": 0}, "face": 0, "part": "part-0000.safetensors", "row": len(crops), "rows": count,
            "frames": [{"bbox": [10 + t, 20, 90, 100], "landmarks": [[t + x, y] for x, y in LANDMARKS]}
                       for t in range(count)]})
        crops += [np.roll(picture * 255, t, 1).astype(np.uint8) for t in range(count)]
    crops = np.stack(crops)
    header = {"crops": {"dtype": "U8", "shape": list(crops.shape), "data_offsets": [0, crops.nbytes]}}
    header = json.dumps(header).encode()
    data = len(header).to_bytes(8, "little") + header + crops.tobytes()
    (folder / "part-0000.safetensors").write_bytes(data)
    part = {"file": "part-0000.safetensors", "sha256": hashlib.sha256(data).hexdigest(), "rows": len(crops)}
    head = {"schema": "veritag.crops/1", "size": SIZE, "margin": 1.33, "window": WINDOW, "parts": [part]}
    (folder / "crops.json").write_text(json.dumps(head))
    (folder / "tracks.jsonl").write_text("".join(json.dumps(track) + "\n" for track in tracks))


@pytest.fixture(scope="session")
def made(run, work_in):
    """The bundle of that run, its LSTM trained too."""
    work = work_in(run)
    stages.sequence(work, "lite0", weights.load_detector(work, "lite0"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scope, "BATCHES", 2)
        return bundle.write(work, "lite0", "frame", "int8", None, "1.2.3")

"""python -m train.check: proves on made-up crops, on the CPU, what the training rests on. About a minute."""

import hashlib
import json
import math
import tempfile
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import torch

from . import blend, export, loop, pixels, stages
from .calibrate import calibrate
from .draw import Draw
from .nets import Detector, SequenceHead, normalise
from .packs import Packs
from .sample import Sampler
from .split import groups, roles

SIZE, WINDOW = 64, 20
LANDMARKS = (40, 55), (70, 55), (55, 75), (42, 95), (68, 95)


def make_pack(folder):
    """Ten pairs of people, each real and fake, and some photographs, as smooth noise that moves."""
    random, tracks, crops = np.random.default_rng(0), [], []
    clips = [("video", "clips", "real", f"{i:03}") for i in range(20)]
    clips += [("video", "clips", "fake", f"{i:03}_{i + 1:03}") for i in range(0, 20, 2)]
    clips += [("image", "photos", label, f"{label}_{i}") for label in ("real", "fake") for i in range(8)]
    for kind, source, label, identity in clips:
        count = WINDOW if kind == "video" else 1
        base = torch.from_numpy(random.random((1, 3, 8, 8), np.float32))
        picture = pixels.resize(base, SIZE)[0].permute(1, 2, 0).numpy()
        tracks.append({
            "asset": {"path": f"{label}/{identity}", "label": label, "kind": kind, "source": source,
                      "identity": identity, "generator": "none" if label == "real" else "some", "split": "train"},
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


def check_roles(packs):
    found = roles(packs.tracks, 0, 5, 1)
    group = dict(zip(map(id, packs.tracks), groups(packs.tracks)))
    people = [{group[id(track)] for track in tracks} for tracks in found.values()]
    assert sum(map(len, people)) == len(set.union(*people)) and all(people), "a person has two roles"
    assert sum(map(len, found.values())) == len(packs.tracks)


def check_balance(packs):
    sampler, random, seen = Sampler(packs.tracks, 0.5), np.random.default_rng(0), {}
    source = {row: track.asset["source"] for track in packs.tracks for row in range(track.row, track.row + track.rows)}
    batch = sampler.batch(random, 4000, 1)
    for row, fake in zip(batch.rows[:, 0], batch.fake):
        seen[source[row], fake] = seen.get((source[row], fake), 0) + 1
    for name in ("clips", "photos"):
        assert abs(seen[name, True] / seen[name, False] - 1) < 0.1, f"{name} speaks for a label: {seen}"


def check_blend(packs):
    batch = Sampler(packs.tracks, 1.0).batch(np.random.default_rng(0), 16, WINDOW)
    landmarks, wanted = torch.from_numpy(batch.landmarks), torch.from_numpy(batch.blend)
    make = lambda: Draw(7, packs.device, 16, WINDOW)  # noqa: E731
    masks = blend.region(landmarks, SIZE, make())
    over_time = (masks[:, 1:] - masks[:, :-1]).abs().mean()
    between = (masks[1:] - masks[:-1]).abs().mean()
    assert 0 < over_time < between / 3, f"masks do not cohere: {over_time:.4f} over time, {between:.4f} between windows"
    assert masks.amin() >= 0 and masks.amax() <= 1 and masks.mean() < 0.5
    x = packs.crops(batch.rows).float() / 255
    first, again = (blend.blend(x, landmarks, wanted, make()) for _ in range(2))
    assert torch.equal(first, again), "the same draw gives another blend"
    plain = blend.blend(x, landmarks, torch.zeros_like(wanted), make())
    assert torch.equal(first[~wanted], plain[~wanted]), "a genuine window is touched by others being blended"
    assert (first[wanted] != plain[wanted]).flatten(1).any(1).all(), "a window is not blended"


def check_jpeg():
    x = pixels.resize(torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0)), 72)
    loss = [(pixels.jpeg(x, torch.tensor([q])) - x).abs().mean().item() for q in (98.0, 60.0, 20.0)]
    assert loss[0] < 0.02 and loss == sorted(loss), f"losses of JPEG: {loss}"


def check_resume(packs, folder):
    """Training in one go and in two gives the same weights, to the bit."""
    o = Namespace(steps=4, rate=1e-3, distil_steps=0, distil_rate=0, sequence_steps=0, sequence_rate=0, windows=4,
                  frames=1, blends=0.5, seed=3, fold=0, folds=5, validation=[], without=[])
    by_role = roles(packs.tracks, 0, 5, 1)

    def run(out, deadline=math.inf):
        return stages.frame(stages.Work(packs, by_role, out, o, deadline), "lite0")

    whole = run(folder / "whole").state_dict()
    views, count = stages.Work.views, []
    stages.Work.views = lambda *args: count.append(1) or views(*args)
    clock = time.monotonic
    loop.time.monotonic = lambda: math.inf if len(count) == 2 else 0.0
    assert run(folder / "halves", deadline=1.0) is None
    loop.time.monotonic, stages.Work.views = clock, views
    halves = run(folder / "halves").state_dict()
    assert all(torch.equal(whole[key], halves[key]) for key in whole), "a run that was stopped ends elsewhere"


def check_export():
    crops = torch.randint(0, 256, (5, 3, SIZE, SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    x = normalise(crops).contiguous()
    for arch in ("lite0", "resnext50"):
        torch.manual_seed(0)
        detector = Detector(arch, SIZE)
        torch.nn.init.normal_(detector.frame.weight, std=0.1)
        detector.train()(x)
        detector.eval()
        head = SequenceHead(detector.frame).eval()
        torch.nn.init.normal_(head.order.weight)
        with torch.no_grad():
            features, logits = detector(x)
            head.middle.copy_(features.mean(0))
            head.spread.copy_(features.std(0) + 0.1)
            order = head(features[None])
        for storage, near in (("float32", 1e-4), ("float16", 0.05), ("int8", 0.3)):
            for sequence, expected in ((None, logits), (head, order)):
                first, second = map(export.Session, export.parts(arch, detector, sequence, SIZE, storage))
                seen = first(x.numpy())
                got = second(seen if sequence is None else seen[None])[:, 0]
                off = np.abs(got - expected.detach().numpy()).max() / max(1.0, expected.abs().max().item())
                assert off < near, f"{arch} {storage}: logits differ by {off:.3g}"


def check_calibration():
    random = np.random.default_rng(0)
    records = [{"label": label, "group": i, "windows": {"frame": list(random.normal(mean, 1, 4))}}
               for label, mean in (("real", -1), ("fake", 3)) for i in range(300)]
    found = calibrate(records, "frame")
    low, high = found["band"]
    assert 0 <= low <= found["threshold"] <= high <= 1
    assert found["said"]["share called fake, of the real ones"] <= 0.01


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        make_pack(folder)
        packs = Packs([folder], torch.device("cpu"))
        for name, check in {"roles": lambda: check_roles(packs), "balance": lambda: check_balance(packs),
                            "blend": lambda: check_blend(packs), "jpeg": check_jpeg, "calibration": check_calibration,
                            "export": check_export, "resume": lambda: check_resume(packs, folder)}.items():
            start = time.monotonic()
            check()
            print(f"{name}: as it should be ({time.monotonic() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()

"""python -m train.check: proves on made-up crops, on the CPU, what the training rests on. About half a minute."""

import contextlib
import hashlib
import io
import json
import math
import shutil
import tempfile
import time
import tomllib
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch

from . import blend, bundle, export, loop, pixels, record, reencode, scope, stages, weights
from .__main__ import keep
from .calibrate import asset_scores, calibrate, platt
from .draw import Draw
from .nets import Detector, SequenceHead, normalise
from .packs import Packs
from .sample import Sampler
from .score import QUALITY, judged, score
from .split import groups, listing, roles

SIZE, WINDOW = 64, 20
LANDMARKS = (40, 55), (70, 55), (55, 75), (42, 95), (68, 95)


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


def check_roles(packs):
    found = roles(packs.tracks, 0, 5, 1)
    group = dict(zip(map(id, packs.tracks), groups(packs.tracks)))
    people = [{group[id(track)] for track in tracks} for tracks in found.values()]
    assert sum(map(len, people)) == len(set.union(*people)) and all(people), "a person has two roles"
    assert sum(map(len, found.values())) == len(packs.tracks)


def check_people(packs):
    """Who is one person, as the tests of host/src/evaluate/identity.rs have it."""
    def grouped(*shown):
        clip = packs.tracks[0]
        tracks = [replace(clip, asset=clip.asset | {"source": source, "identity": identity, "path": f"{nth}.mp4"})
                  for nth, (source, identity) in enumerate(shown)]
        found = groups(tracks)
        return [list(dict.fromkeys(found)).index(name) for name in found]

    assert grouped(*[("FF++c23", name) for name in ("033", "097", "035", "033_097")]) == [0, 0, 1, 0]
    assert grouped(*[("FF++c23", name) for name in ("1_2", "3_4", "2_3", "5")]) == [0, 0, 0, 1]
    assert grouped(("FF++c23", "033"), ("Celeb", "033"), ("FF++c23(polimi)", "033")) == [0, 1, 0]
    names = "real_00001", "real_00002", "easy_1_1111", "easy_2_1111"
    assert grouped(*[("x", name) for name in names]) == [0, 1, 2, 3]
    assert grouped(("x", ""), ("x", "")) == [0, 1]
    assert grouped(("x", "id0"), ("x", "id16"), ("x", "id0_id16"), ("x", "id1")) == [0, 0, 0, 1]


def refused(words, call, *args):
    """That the call stops and says these words."""
    try:
        call(*args)
    except SystemExit as stop:
        assert words in str(stop), f"it says: {stop}"
    else:
        raise AssertionError(f"not refused, though {words}")


def check_refusals(packs, folder):
    first, second = (listing(roles(packs.tracks, fold, 5, 1)) for fold in (0, 1))
    keep(folder / "roles.json", first)
    keep(folder / "roles.json", first)
    refused("other roles", keep, folder / "roles.json", second)
    refused("at least 2 folds", roles, packs.tracks, 5, 5, 1)
    refused("is called 999", roles, packs.tracks, 0, 5, 1, ["003", "999"])


def check_score(packs):
    """Assets of one path in two packs stay two; scores are those of decide.rs."""
    clip = packs.tracks[0]
    tracks = [replace(clip, start_us=start, row=row) for start, row in ((0, 1), (0, 0), (1, 2))]
    tracks += [replace(clip, pack=1, row=3)]
    for limit, value in QUALITY.items():
        name, below = limit.split("_", 1)[1], limit.startswith("min")
        at, beyond = (replace(clip, quality=clip.quality | {name: value + off}) for off in (0, -1 if below else 1))
        assert judged(at) and not judged(beyond), f"{limit} is not kept"
        tracks.append(replace(beyond, start_us=2))
    tracks = [replace(track, rows=1) for track in tracks]
    logits = {crop.numpy().tobytes(): row for row, crop in enumerate(packs.crops(np.arange(20)))}
    features = lambda crops: np.array([[logits[crop.numpy().tobytes()]] for crop in crops])  # noqa: E731
    records = score(tracks, packs, features, {"frame": lambda values: values.mean()})
    assert [record["windows"]["frame"] for record in records] == [[1, 2], [3]], records
    form = lambda logit: 1 / (1 + math.exp(-(0.5 * logit - 1)))  # noqa: E731
    assert np.allclose(asset_scores(records, "frame", 0.5, -1), [(form(1) + form(2)) / 2, form(3)])


def check_copies(folder):
    manifest, paths = folder / "manifest.csv", ("/far/x.mp4", "x.mp4", "x.webm")
    write = lambda paths: manifest.write_text(  # noqa: E731
        "path,kind,split\n" + "".join(f"{path},video,train\n" for path in paths))
    write(paths)
    columns, copies = reencode.plan(manifest, 2, 1)
    assert columns == ["path", "kind", "split", "encoding"]
    targets = [folder / "copies" / row["path"] for _, row in copies]
    assert len({*targets}) == 6 and all(target.is_relative_to(folder / "copies") for target in targets)
    targets[0].parent.mkdir(parents=True)
    targets[0].touch()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        made = reencode.encode_all("false", folder, folder / "copies", copies, 1)
    assert said.getvalue().count("left out") == 5
    assert made == [copies[0][1]], "a broken video takes others with it"
    write(("../x.mp4",))
    assert ".." not in Path(reencode.plan(manifest, 1, 1)[1][0][1]["path"]).parts


def check_balance(packs):
    sampler, random, seen = Sampler(packs.tracks, 0.5), np.random.default_rng(0), {}
    source = {row: track.asset["source"] for track in packs.tracks for row in range(track.row, track.row + track.rows)}
    batch = sampler.batch(random, 4000, 1)
    who = {row: track.asset["identity"] for track in packs.tracks for row in range(track.row, track.row + track.rows)}
    for real, fake, blended in zip(batch.rows[::2, 0], batch.rows[1::2, 0], batch.blend[1::2]):
        assert not blended or real == fake, "a blend shows other frames than the face beside it"
        assert source[fake] != "clips" or blended or who[fake].startswith(who[real]), "another's footage beside a fake"
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


def work_in(packs, out, deadline=math.inf, **changed):
    o = Namespace(steps=4, rate=1e-3, distil_steps=0, distil_rate=0, sequence_steps=1, sequence_rate=1e-3, windows=4,
                  frames=1, blends=0.5, seed=3, fold=0, folds=5, validation=[], without=[], start=None,
                  teacher=None, arch="lite0")
    vars(o).update(changed)
    return stages.Work(packs, roles(packs.tracks, o.fold, o.folds, o.seed), out, o, deadline)


def check_resume(packs, folder):
    """Training in one go and in two gives the same weights, to the bit."""
    run = lambda work: stages.frame(work, "lite0")  # noqa: E731
    whole = run(work_in(packs, folder / "whole")).state_dict()
    views, count = stages.Work.views, []
    stages.Work.views = lambda *args: count.append(1) or views(*args)
    clock = time.monotonic
    loop.time.monotonic = lambda: math.inf if len(count) == 2 else 0.0
    half = work_in(packs, folder / "halves", deadline=1.0)
    assert run(half) is None
    loop.time.monotonic, stages.Work.views = clock, views
    refused("at step 2 of 4", weights.load_detector, half, "lite0")
    halves = run(work_in(packs, folder / "halves")).state_dict()
    assert all(torch.equal(whole[key], halves[key]) for key in whole), "a run that was stopped ends elsewhere"


def check_bundle(packs, folder):
    """What `check_resume` has trained, with an LSTM, becomes a bundle; nobody else's checkpoint does."""
    work = work_in(packs, folder / "whole")
    detector = weights.load_detector(work, "lite0")
    stages.sequence(work, "lite0", detector)
    for changed in {"fold": 1}, {"folds": 4}, {"seed": 4}, {"without": ["some"]}, {"validation": ["003"]}:
        refused("was begun with", weights.load_detector, work_in(packs, folder / "whole", **changed), "lite0")
    fewer = Namespace(tracks=packs.tracks[1:], **{k: v for k, v in vars(packs).items() if k != "tracks"})
    refused("roles = ", weights.load_detector, work_in(fewer, folder / "whole"), "lite0")
    scope.BATCHES = 2
    made = bundle.write(work, "lite0", "frame", "int8", None, "1.2.3")
    text = tomllib.loads((made / "model.toml").read_text())
    assert text["quality"] == QUALITY and text["model"]["version"] == "1.2.3"
    taught = {track.key for track in work.roles["train"] if track.fake and track.asset["source"] == "clips"}
    assert f"{len(taught)} fake videos of clips (some)" in text["model"]["training_data"], "it learnt from others"
    assert "scraped" not in text["model"]["training_data"], "what was left out is said to have taught"
    train = work.roles["train"]
    copies = [replace(track, pack=1, asset=track.asset | {"encoding": "some"}) for track in train]
    twice = stages.Work(packs, work.roles | {"train": train + copies}, work.out, work.options, 0)
    said = bundle.describe(twice, "frame")
    assert f"{len(taught)} fake videos of clips" in said and "re-encoded copies" in said, "copies count as videos"
    lines = [json.loads(line) for line in (folder / "whole/lite0/validation.jsonl").read_text().splitlines()]
    parts = {"features": onnx.load(made / "features.onnx"), "frame": onnx.load(made / "head.onnx")}
    stored = score(work.roles["validation"], packs, *bundle.onnx_parts(parts),
                   bundle.judges(onnx.load(made / "scope.onnx")))
    assert [line["windows"]["frame"] for line in lines] == [record["windows"]["frame"] for record in stored]
    loop.lighten(folder / "whole" / "lite0")
    light = folder / "light" / "lite0"
    light.mkdir(parents=True)
    for name in ("frame", "sequence"):
        shutil.copy(folder / "whole" / "lite0" / f"{name}.light.pt", light / f"{name}.pt")
    work = work_in(packs, folder / "light")
    detector = weights.load_detector(work, "lite0")
    assert weights.load_sequence(work, "lite0", detector) is not None
    with torch.no_grad():
        detector.frame.bias += 1
    refused("detector = ", weights.load_sequence, work, "lite0", detector)


def check_onward(packs, folder):
    """A run may begin from another, or learn from it, but never from one that knows people or fakes held out here."""
    onward = {"start": folder / "whole/lite0/frame.pt"}
    stages.frame(work_in(packs, folder / "onward", **onward), "lite0")
    for changed in {"fold": 1}, {"without": ["some"]}:
        refused("held out here", stages.frame, work_in(packs, folder / "other", **onward, **changed), "lite0")
        refused("held out here", weights.load_teacher,
                work_in(packs, folder / "other", teacher=onward["start"], **changed))
    taught = work_in(packs, folder / "taught", teacher=onward["start"], distil_steps=1)
    assert stages.distil(taught, "resnext50") is not None
    other = work_in(packs, folder / "taught", arch="resnext50", **onward)
    refused("is no CNN of resnext50", weights.begin, None, other, "resnext50")


def check_record(folder):
    """Figures go to the front, once, and only those of this very bundle."""
    made = folder / "whole/bundles/lite0-frame"
    card = tomllib.loads((made / "model.toml").read_text())
    parts = {part["name"]: part["sha256"] for part in card["part"]}
    bundle = {"parts": parts, "threshold": card["output"]["threshold"], "band": card["output"]["band"],
              "measured": {"real": {"real": 3}, "fake": {"fake": 4, "not_assessed": 1},
                           "figures": {key: {"value": 0.5, "interval": [0.25, 0.75]} for key in record.SHOWN}}}
    document = {"bundles": [bundle], "splits": ["test"]}
    rows = record.tables(record.measured(document, card), 'a "set", 🎬')
    assert (rows[0]["assets"], rows[0]["fake"]) == (8, 5)
    for _ in range(2):
        text = (made / "model.toml").read_text()
        record.write(made / "model.toml", text, rows + record.others(tomllib.loads(text), rows))
    now = tomllib.loads((made / "model.toml").read_text())
    assert now["metric"] == rows + card["metric"] and now["part"] == card["part"]
    for changed in {"threshold": 0.123}, {"parts": parts | {"head": "0"}}:
        refused("not of this bundle", record.measured, document | {"bundles": [bundle | changed]}, card)
    refused("training assets", record.measured, document | {"splits": ["test", "train"]}, card)


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
            run = {name: export.Session(part) for name, part in
                   export.parts(arch, detector, head, SIZE, storage).items()}
            seen = run["features"](x.numpy())
            for got, expected in ((run["frame"](seen), logits), (run["sequence"](seen[None]), order)):
                off = np.abs(got[:, 0] - expected.detach().numpy()).max() / max(1.0, expected.abs().max().item())
                assert off < near, f"{arch} {storage}: logits differ by {off:.3g}"


def check_normalise():
    """Stored values become the very bits that the plugin makes of them: tests/tests/crops.rs holds it to this file."""
    values = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    expected = np.fromfile(Path(__file__).with_name("normalised.f32"), "<f4")
    for got in (normalise(values), normalise(values.float() / 255)):
        assert np.array_equal(got.contiguous().numpy().ravel(), expected), "normalised values differ from the plugin's"


def check_folding():
    """Features that are far from zero for their spread do not upset the LSTM when its weights are few bits."""
    torch.manual_seed(0)
    head = SequenceHead(torch.nn.Linear(1280, 1)).eval()
    torch.nn.init.normal_(head.order.weight)
    head.middle.fill_(50)
    features = 50 + torch.randn(1, 5, 1280)
    with torch.no_grad():
        expected = head(features) - head.frame(features.mean(1))[:, 0]
        head.frame.weight.zero_(), head.frame.bias.zero_()
    for storage in ("float16", "int8"):
        got = export.Session(export.sequence_head(head, storage))(features.numpy())[0, 0]
        assert abs(got - expected.item()) < 0.05, f"{storage}: off by {abs(got - expected.item()):.3g}"


def check_calibration():
    random = np.random.default_rng(0)
    records = [{"label": label, "group": i, "windows": {"frame": list(random.normal(mean, 1, 4))}}
               for label, mean in (("real", -1), ("fake", 3)) for i in range(300)]
    found = calibrate(records, "frame")
    low, high = found["band"]
    assert 0 <= low <= found["threshold"] <= high <= 1
    assert found["said"]["share called fake, of the real ones"] <= 0.01
    often = [record | {"windows": {"frame": record["windows"]["frame"] * (1 + 9 * (i % 2))}}
             for i, record in enumerate(records)]
    assert np.allclose(platt(records, "frame"), platt(often, "frame")), "long videos weigh more"


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        make_pack(folder)
        packs = Packs([folder], torch.device("cpu"))
        checks = {
            "roles": lambda: check_roles(packs), "people": lambda: check_people(packs),
            "refusals": lambda: check_refusals(packs, folder), "balance": lambda: check_balance(packs),
            "blend": lambda: check_blend(packs), "jpeg": check_jpeg, "score": lambda: check_score(packs),
            "normalise": check_normalise, "calibration": check_calibration,
            "copies": lambda: check_copies(folder), "export": check_export,
            "folding": check_folding, "resume": lambda: check_resume(packs, folder),
            "bundle": lambda: check_bundle(packs, folder), "onward": lambda: check_onward(packs, folder),
            "record": lambda: check_record(folder)}
        for name, check in checks.items():
            start = time.monotonic()
            check()
            print(f"{name}: as it should be ({time.monotonic() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()

"""Scores of assets, calibration, and the figures in a bundle's model.toml."""

import math
import shutil
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from veritag_training import record
from veritag_training.calibrate import asset_scores, calibrate, edge, most, platt, readings
from veritag_training.score import QUALITY, judged, score, turn


def test_score(packs):
    """Assets of one path in two packs stay two; scores are those of decide.rs."""
    clip = packs.tracks[0]
    tracks = [replace(clip, start_us=start, row=row) for start, row in ((0, 1), (0, 0), (1, 2))]
    tracks += [replace(clip, pack=1, row=3)]
    for limit, value in ((limit, value) for limit, value in QUALITY.items() if limit != "max_turn"):
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
    assert np.allclose(asset_scores(records, "frame", {"video": (0.5, -1)}), [form(1.5), form(3)])


def test_faces_turned_away_are_not_judged(packs):
    """Whichever way the face is tilted."""
    def facing(nose):
        face = np.array([[-0.2, 0], [0.2, 0], [nose, 0.2], [0, 0], [0, 0]], np.float32)
        return [replace(packs.tracks[0], landmarks=(face @ tilt)[None]) for tilt in (np.eye(2), [[0, 1], [-1, 0]])]
    assert np.allclose([turn(track.landmarks) for track in facing(0.1)], 0.25)
    assert all(map(judged, facing(0.2))) and not any(map(judged, facing(0.3)))


def test_calibration():
    random = np.random.default_rng(0)
    records = [{"label": label, "kind": "video", "group": i, "windows": {"frame": list(random.normal(mean, 1, 4))}}
               for label, mean in (("real", -1), ("fake", 3)) for i in range(300)]
    found = calibrate(records, "frame")
    low, high = found["bands"]["video"]
    assert 0 <= low <= found["threshold"] <= high <= 1
    assert found["said"]["genuine called fake, clips"] <= 0.01
    wrong = [record | {"windows": {"frame": [-x for x in record["windows"]["frame"]]}} for record in records]
    scale, offset = platt(wrong, "frame")
    assert scale == 0.05 and abs(np.mean(asset_scores(wrong, "frame", {"video": (scale, offset)})) - 0.5) < 0.01
    often = [record | {"windows": {"frame": record["windows"]["frame"] * (1 + 9 * (i % 2))}}
             for i, record in enumerate(records)]
    assert np.allclose(platt(records, "frame"), platt(often, "frame")), "long videos weigh more"


def test_stills_and_clips_are_read_apart():
    random = np.random.default_rng(0)
    records = [{"label": label, "kind": kind, "group": i, "windows": {"frame": [random.normal(mean + shift, 1)]}}
               for kind, shift in (("video", 0), ("image", 5)) for label, mean in (("real", -2), ("fake", 2))
               for i in range(300)]
    reading = readings(records, "frame")
    assert abs(reading["image"][1] / reading["image"][0] + 5) < 0.3 and abs(reading["video"][1]) < 0.6
    odd = [record | {"windows": {"frame": [1.5]}} for record in records
           if (record["kind"], record["label"]) == ("video", "real")][:20]
    found = calibrate(records + odd, "frame")
    assert found["said"]["fakes called fake, stills"] > 0.5
    assert found["bands"]["video"][1] > found["bands"]["image"][1] + 0.05, "stills wait for the edge of clips"
    assert all(low <= found["threshold"] <= high for low, high in found["bands"].values())
    few = [record for record in records if record["kind"] == "video"] + records[-3:]
    assert np.allclose(*readings(few, "frame").values(), atol=0.05), "three stills have a reading of their own"


def test_of_few_genuine_ones_the_edge_lies_beyond_the_highest():
    scores = 1 / (1 + np.exp(-np.random.default_rng(0).normal(-2, 1, 20)))
    assert edge(scores) > scores.max()


def test_record(made, tmp_path):
    """Figures go to the front, once, and only those of this very bundle."""
    made = shutil.copytree(made, tmp_path / "bundle")
    card = tomllib.loads((made / "model.toml").read_text())
    parts = {part["name"]: part["sha256"] for part in card["part"]}
    shown = {"parts": parts, **{key: card["output"].get(key) for key in ("threshold", "band", "still_band")},
              "measured": {"groups": 4, "real": {"real": 3}, "fake": {"fake": 4, "not_assessed": 1},
                           "figures": {key: {"value": 0.5, "interval": [0.25, 0.75]} for key in record.SHOWN}}}
    document = {"bundles": [shown], "splits": ["test"]}
    rows = record.tables(record.measured(document, card), 'a "set", 🎬')
    assert (rows[0]["assets"], rows[0]["fake"]) == (8, 5)
    for _ in range(2):
        text = (made / "model.toml").read_text()
        record.write(made / "model.toml", text, rows + record.others(tomllib.loads(text), rows))
    now = tomllib.loads((made / "model.toml").read_text())
    assert now["metric"] == rows + card["metric"] and now["part"] == card["part"]
    for changed in {"threshold": 0.123}, {"still_band": [0.1, 0.2]}, {"parts": parts | {"head": "0"}}:
        with pytest.raises(SystemExit, match="not of this bundle"):
            record.measured(document | {"bundles": [shown | changed]}, card)
    with pytest.raises(SystemExit, match="training assets"):
        record.measured(document | {"splits": ["test", "train"]}, card)


def test_a_few_assets_allow_for_many_false_flags():
    assert abs(most(0, 7) - 0.4096) < 1e-4 and abs(most(1, 10) - 0.4450) < 1e-4
    assert 0.010 < most(200, 20000) < 0.012 and most(3, 3) == 1

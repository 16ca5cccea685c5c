"""A finished run becomes a bundle that says what has taught it, and is scored as it is stored."""

import json
import tomllib
from dataclasses import replace

import onnx
import pytest
from veritag_training import bundle, card, scope, stages, weights
from veritag_training.score import QUALITY, torch_parts


@pytest.fixture
def work(run, work_in):
    return work_in(run)


@pytest.fixture
def taught(work):
    return {track.key for track in work.roles["train"] if track.fake and track.asset["source"] == "clips"}


def test_it_says_what_has_taught_it(made, taught):
    text = tomllib.loads((made / "model.toml").read_text())
    assert text["quality"] == QUALITY and text["model"]["version"] == "1.2.3"
    assert f"{len(taught)} fake videos of clips (some)" in text["model"]["training_data"], "it learnt from others"
    assert text["model"]["missing"] == "Children."
    assert "scraped" not in text["model"]["training_data"], "what was left out is said to have taught"


def test_copies_are_no_more_videos(work, taught, packs):
    train = work.roles["train"]
    copies = [replace(track, pack=1, asset=track.asset | {"encoding": "some"}) for track in train]
    twice = stages.Work(packs, work.roles | {"train": train + copies}, work.out, work.options, 0)
    said = card.describe(twice, "frame")
    assert f"{len(taught)} fake videos of clips" in said and "re-encoded copies" in said


def test_its_validation_is_of_the_stored_model(made, run, work):
    lines = [json.loads(line) for line in (run / "lite0" / "validation.jsonl").read_text().splitlines()]
    parts = {"features": onnx.load(made / "features.onnx"), "frame": onnx.load(made / "head.onnx")}
    stored = work.score("validation", *bundle.onnx_parts(parts), in_scope=bundle.judges(onnx.load(made / "scope.onnx")))
    assert [line["windows"]["frame"] for line in lines] == [record["windows"]["frame"] for record in stored]


def test_training_goes_on_from_it(made, run, work_in, tmp_path):
    """What was folded for storage is put back: the network that begins says what the bundle says."""
    onward = work_in(tmp_path, start=made)
    detector = onward.detector("lite0")
    _, taught, seen = weights.begin(detector, onward, "lite0")
    assert seen == 16 and taught == {*(made / weights.TAUGHT).read_text().split("\n")[1:-1]}
    crops = onward.sample()
    (features, heads), (mine, own) = (bundle.onnx_parts({"features": onnx.load(made / "features.onnx"),
                                      "frame": onnx.load(made / "head.onnx")}), torch_parts(detector.eval(), None))
    assert abs(features(crops) - mine(crops)).max() < 2e-2
    with pytest.raises(SystemExit, match="held out here"):
        weights.begin(detector, work_in(tmp_path, start=made, fold=1), "lite0")


def test_it_is_written_anew_without_training(made, work_in, tmp_path, monkeypatch):
    monkeypatch.setattr(scope, "BATCHES", 2)
    again = bundle.write(work_in(tmp_path, start=made), "lite0", "frame", "float32", None, "2.0.0")
    assert (again / weights.TAUGHT).read_text() == (made / weights.TAUGHT).read_text()
    assert tomllib.loads((again / "model.toml").read_text())["model"]["version"] == "2.0.0"

"""Runs that stop, go on, begin from others and teach them."""

import math
import shutil
import time

import numpy as np
import pytest
import torch
from veritag_training import loop, pixels, stages, weights
from veritag_training.score import torch_parts
from veritag_training.views import Views


def test_a_run_in_two_goes_gives_the_same_bits(run, work_in, tmp_path, monkeypatch):
    whole = weights.load_detector(work_in(run), "lite0").state_dict()
    show, count, clock = Views.__getitem__, [], time.monotonic
    monkeypatch.setattr(Views, "__getitem__", lambda *args: count.append(1) or show(*args))
    monkeypatch.setattr(loop.time, "monotonic", lambda: math.inf if len(count) == 2 else 0.0)
    half = work_in(tmp_path, deadline=1.0)
    assert stages.frame(half, "lite0") is None
    monkeypatch.setattr(loop.time, "monotonic", clock)
    with pytest.raises(SystemExit, match="at step 2 of 4"):
        weights.load_detector(half, "lite0")
    halves = stages.frame(work_in(tmp_path), "lite0").state_dict()
    assert all(torch.equal(whole[key], halves[key]) for key in whole), "a run that was stopped ends elsewhere"


@pytest.mark.parametrize("changed", [{"fold": 1}, {"folds": 4}, {"seed": 4}, {"without": ["some"]},
                                     {"validation": ["003"]}])
def test_a_checkpoint_is_of_its_options(run, work_in, changed):
    with pytest.raises(SystemExit, match="was begun with"):
        weights.load_detector(work_in(run, **changed), "lite0")


def test_a_checkpoint_is_of_its_people(run, work_in):
    work = work_in(run)
    work.roles = {role: tracks[1:] for role, tracks in work.roles.items()}
    with pytest.raises(SystemExit, match="roles = "):
        weights.load_detector(work, "lite0")


def test_light_copies_go_on_and_an_lstm_is_of_its_detector(run, work_in, tmp_path):
    work = work_in(run)
    stages.sequence(work, "lite0", weights.load_detector(work, "lite0"))
    loop.lighten(run / "lite0")
    (tmp_path / "lite0").mkdir()
    for name in ("frame", "sequence"):
        shutil.copy(run / "lite0" / f"{name}.light.pt", tmp_path / "lite0" / f"{name}.pt")
    light = work_in(tmp_path)
    detector = weights.load_detector(light, "lite0")
    assert weights.load_sequence(light, "lite0", detector) is not None
    with torch.no_grad():
        detector.frame.bias += 1
    with pytest.raises(SystemExit, match="detector = "):
        weights.load_sequence(light, "lite0", detector)


@pytest.mark.parametrize(("changed", "said"), [({"fold": 1}, "held out here"), ({"without": ["some"]}, "left out here")])
def test_who_is_held_out_has_not_taught(run, work_in, tmp_path, changed, said):
    known = run / "lite0" / "frame.pt"
    with pytest.raises(SystemExit, match=said):
        stages.frame(work_in(tmp_path, start=known, **changed), "lite0")
    with pytest.raises(SystemExit, match=said):
        weights.load_teacher(work_in(tmp_path, teacher=known, **changed))


def test_runs_begin_from_others_and_teach_them(run, work_in, tmp_path):
    known = run / "lite0" / "frame.pt"
    assert stages.frame(work_in(tmp_path, start=known), "lite0") is not None
    with pytest.raises(SystemExit, match="is no CNN of resnext50"):
        weights.begin(None, work_in(tmp_path, arch="resnext50", start=known), "resnext50")


def test_what_is_learnt_is_not_read_again(run, work_in, tmp_path, monkeypatch):
    work = work_in(tmp_path, start=run / "lite0" / "frame.pt")
    detector = weights.load_detector(work, "lite0")
    learnt = stages.sequence(work, "lite0", detector).state_dict()
    monkeypatch.setattr(Views, "__getitem__", lambda *_: pytest.fail("read again"))
    for key, value in stages.sequence(work, "lite0", detector).state_dict().items():
        torch.testing.assert_close(value, learnt[key], rtol=0, atol=0)


def test_a_bundle_is_the_same_teacher_whatever_it_is_unfolded_by(made, work_in, tmp_path):
    work = work_in(tmp_path, teacher=made)
    one, name, *_ = weights.load_teacher(work)
    work.sample = lambda: work.packs.crops(np.arange(5))
    other, again, *_ = weights.load_teacher(work)
    assert name == again
    assert loop.fingerprint(one) != loop.fingerprint(other)


def test_a_student_may_see_smaller_crops_than_its_teacher(run, work_in, tmp_path, packs):
    work = work_in(tmp_path, teacher=run / "lite0" / "frame.pt", distil_steps=1, size=packs.side // 2)
    assert stages.distil(work, "resnext50") is not None
    features, heads = torch_parts(weights.load_detector(work, "resnext50"), None, work.side)
    crops = packs.crops(np.arange(3))
    smaller = (pixels.resize(crops.float() / 255, packs.side // 2) * 255).round().byte()
    np.testing.assert_allclose(features(crops), features(smaller), atol=0.05)


def test_a_run_that_went_on_is_averaged_with_its_start_once(run, work_in, tmp_path):
    known, work = run / "lite0" / "frame.pt", work_in(tmp_path, start=run / "lite0" / "frame.pt", way=0.25)
    learnt = stages.frame(work, "lite0").state_dict()
    stages.average(work, "lite0")
    averages = (torch.load(path, weights_only=True)["average"] for path in (known, tmp_path / "lite0" / "frame.pt"))
    first, found = map(weights.inner, averages)
    for key in ("frame.weight", "body.body._conv_stem.weight"):
        torch.testing.assert_close(found[key], learnt[key] / 4 + first[key] * 3 / 4)
    for again in (work, work_in(run)):
        with pytest.raises(SystemExit, match="and once"):
            stages.average(again, "lite0")

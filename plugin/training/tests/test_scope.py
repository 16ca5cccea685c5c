"""What cannot be judged, and what is no reason since it finds too little."""

import numpy as np
import pytest
import torch
from veritag_training import scope


def learn(work, monkeypatch, bias):
    """What is learnt if every face has the log-odds `bias` of each reason."""
    monkeypatch.setattr(scope, "BATCHES", 2)
    monkeypatch.setattr(scope, "row", lambda taught, kept, reason: (torch.zeros(3), torch.tensor(bias[reason])))
    return scope.learn(work, lambda crops: np.zeros((len(crops), 3), np.float32))


def test_a_reason_that_finds_too_little_is_none(run, work_in, monkeypatch):
    layer, found = learn(work_in(run), monkeypatch, {"covered": -1.0, "too_compressed": 2.0})
    assert found == {"too_compressed": 1.0, "ordinary": 1.0}
    assert layer.weight.shape == (1, 3) and layer.bias.tolist() == [2.0]
    with pytest.raises(SystemExit, match="train it for longer"):
        learn(work_in(run), monkeypatch, {"covered": -1.0, "too_compressed": -1.0})


def test_limits_rest_on_nobody_who_taught(packs, run, work_in):
    work = work_in(run)
    learnt, kept = ({track.key for track in scope.ordinary(work, learning)} for learning in (True, False))
    assert learnt and kept and not learnt & kept
    assert {track.key for track in work.roles["validation"]} & kept
    watched = scope.Watched(work.views("frame", {"start": "", "windows": 4, "frames": 1}), work, 4)
    assert not {track.key for track in watched.sampler.tracks} & kept


def test_a_detector_meets_every_reason_beside_what_it_judges(run, work_in):
    work = work_in(run)
    settings = work.settings("lite0", "frame") | {"start": "none"}
    views, watched = work.views("frame", settings), scope.Watched(work.views("frame", settings), work, 4)
    for step in range(2):
        x, fake, refused, reason = watched[step]
        assert torch.equal(x, views[step][0]) and torch.equal(fake, views[step][1])
        assert (refused.shape, reason) == ((2, *x.shape[2:]), step)

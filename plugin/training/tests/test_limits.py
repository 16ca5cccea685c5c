"""What quality limits rest on."""

import pytest
import torch
from veritag_training import limits
from veritag_training.score import torch_parts


def test_sharpness_is_the_plugins():
    """A board of single pixels and a ramp, as in quality.rs, and one bright pixel, by hand."""
    board = ((torch.arange(16)[:, None] + torch.arange(16)) % 2 * 255).byte().expand(1, 3, 16, 16)
    ramp = torch.arange(16).byte().expand(1, 3, 16, 16)
    dot = torch.zeros(1, 3, 5, 5, dtype=torch.uint8)
    dot[..., 2, 2] = 100
    assert limits.sharpness(board) > 100_000 and limits.sharpness(ramp) < 1e-3
    assert limits.sharpness(dot).item() == pytest.approx((400**2 + 4 * 100**2) / 9)


def test_worn_stills_are_less_sharp_and_all_counted(run, work_in):
    work = work_in(run)
    work.roles["validation"] = work.roles["train"]
    features, heads = torch_parts(work.detector("lite0"), None)
    head, _, *lines = limits.table(work, features, heads["frame"])
    genuine, fake = (sum(int(line.split("|")[column]) for line in lines) for column in (2, 3))
    assert genuine == fake == 8 * len(limits.SHARES) * len(limits.QUALITIES), "photographs of eight people"

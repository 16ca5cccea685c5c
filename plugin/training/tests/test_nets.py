"""What a student is taught."""

import torch
from veritag_training.nets import direction


def test_a_hint_is_the_direction_at_each_place():
    wanted = 5 + 3 * torch.randn(2, 8, 10, 10, generator=torch.Generator().manual_seed(0))
    found = (wanted - wanted.mean((0, 2, 3), keepdim=True)) / wanted.std((0, 2, 3), keepdim=True)
    assert direction(found, wanted) < 1e-4, "scale and middle of a channel matter"
    assert abs(direction(-found, wanted) - 2) < 1e-4
    assert direction(found.roll(1, 3), wanted) > 0.8, "another place will do"
    assert direction(found[..., ::2, ::2], wanted) < 1, "maps of another size are not compared"

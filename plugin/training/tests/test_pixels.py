"""Self-blended fakes, wear, and the bits that crops become."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import veritag_training
from veritag_training import blend, pixels
from veritag_training.draw import Draw
from veritag_training.nets import normalise
from veritag_training.sample import Sampler


def test_blend(packs):
    batch = Sampler(packs.tracks, 1.0).batch(np.random.default_rng(0), 16, packs.window)
    landmarks, wanted = torch.from_numpy(batch.landmarks), torch.from_numpy(batch.blend)
    make = lambda: Draw(7, packs.device, 16, packs.window, alike=2)  # noqa: E731
    masks = blend.region(landmarks, packs.size, make(), torch.arange(16))
    over_time = (masks[:, 1:] - masks[:, :-1]).abs().mean()
    between = (masks[1:] - masks[:-1]).abs().mean()
    assert 0 < over_time < between / 3, f"masks do not cohere: {over_time:.4f} over time, {between:.4f} between windows"
    assert masks.amin() >= 0 and masks.amax() <= 1 and masks.mean() < 0.5
    assert masks.flatten(1).amax(1).min() > 0.1, "a mask is empty: a fake without a blend"
    x = packs.crops(batch.rows).float() / 255
    first, again = (blend.blend(x, landmarks, wanted, make()) for _ in range(2))
    assert torch.equal(first, again), "the same draw gives another blend"
    plain = blend.blend(x, landmarks, torch.zeros_like(wanted), make())
    assert torch.equal(first[~wanted], plain[~wanted]), "a genuine window is touched by others being blended"
    assert (first[wanted] != plain[wanted]).flatten(1).any(1).all(), "a window is not blended"


def test_views(packs):
    """Enlarged about the middle, and moved in units of the face."""
    crops = packs.crops(np.arange(2))
    assert torch.equal(packs.served(crops), crops)
    aside = packs.view(crops, 1.0, 4 * packs.cut / packs.size, 0.0)
    assert torch.equal(aside[..., :-4], crops[..., 4:])
    half = F.interpolate(pixels.middle(crops, packs.size // 2).float(), packs.size, mode="bilinear")
    assert (packs.view(crops, 0.5, 0.0, 0.0) - half)[..., 1:-1, 1:-1].abs().max() < 1


def test_jpeg():
    x = pixels.resize(torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0)), 72)
    loss = [(pixels.jpeg(x, torch.tensor([q])) - x).abs().mean().item() for q in (98.0, 60.0, 20.0)]
    assert loss[0] < 0.02 and loss == sorted(loss), f"losses of JPEG: {loss}"


def test_normalise():
    """Stored values become the very bits that the plugin makes of them: tests/tests/crops.rs holds it to this file."""
    values = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    expected = np.fromfile(Path(veritag_training.__file__).with_name("normalised.f32"), "<f4")
    for got in (normalise(values), normalise(values.float() / 255)):
        assert np.array_equal(got.contiguous().numpy().ravel(), expected), "normalised values differ from the plugin's"


def test_every_other_crop_is_mirrored_and_the_middle_one_is_not():
    """As `Input::mirrored` has it, in the plugin's ABI."""
    for count, turned in ((9, [1, 3, 5, 7]), (5, [1, 3]), (3, [0, 2]), (1, [])):
        crops = torch.rand(2, count, 3, 4, 4)
        expected = crops.clone()
        expected[:, turned] = crops[:, turned].flip(-1)
        assert torch.equal(pixels.mirrored(crops), expected)

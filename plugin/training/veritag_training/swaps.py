"""Faces of one person laid over another's: a kind of fake that training never shows, to validate and calibrate on.

The face is that of another held-out person of the same collection who looks the same way. Half are laid in by solving
Poisson's equation within the mask (Perez et al., "Poisson Image Editing", 2003), half by matching colours and mixing.
"""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from . import hulls, pixels
from .blend import fit, region
from .draw import Draw
from .split import collection, persons

KINDS = "swap, by Poisson", "swap, mixed"
# Among so many others is looked for the one who looks the same way.
OTHERS = 40
ROUNDS = 120


def swapped(tracks, packs, seed=0):
    """Each of `tracks`, which are real, as a fake, with its loose crops, uint8 [rows, 3, size, size]."""
    random = np.random.default_rng(seed)
    for number, track in enumerate(tracks):
        others = [other for other in tracks if other.asset["kind"] == track.asset["kind"]
                  and collection(other.asset) == collection(track.asset) and persons(other) != persons(track)]
        if others:
            some = [others[i] for i in random.permutation(len(others))[:OTHERS]]
            kind = number % len(KINDS)
            alike = min(some, key=lambda other: unlike(track, other))
            asset = track.asset | {"label": "fake", "generator": KINDS[kind]}
            yield replace(track, asset=asset), swap(track, alike, packs, kind, seed + number)


def unlike(one, other):
    """How differently two people look: the distance of their landmarks laid onto each other, as shapes."""
    shapes = [np.ascontiguousarray(each.landmarks[0], np.float64).view(complex)[:, 0] for each in (one, other)]
    a, b = (shape - shape.mean() for shape in shapes)
    return np.abs(a - b * (np.vdot(b, a) / np.vdot(b, b))).sum() / np.abs(a).sum()


def swap(track, other, packs, kind, seed):
    """uint8 [rows, 3, size, size]: the footage of `track` with the face of `other`."""
    rows, draw = np.arange(track.rows), Draw(seed, packs.device, 1, track.rows)
    theirs = np.minimum(rows, other.rows - 1)
    under, over = (packs.crops(row + shown).float()[None] / 255 for row, shown in ((track.row, rows), (other.row, theirs)))
    here, there = (torch.from_numpy(v)[None].to(packs.device) for v in (track.landmarks, other.landmarks[theirs]))
    over = pixels.warp(over[0], fit(here, there, over.shape[-1])[0])
    mask = region(here, over.shape[-1], draw, torch.tensor([0], device=packs.device), hulls.WHOLE)[0]
    result = poisson(over, under[0], mask) if kind == 0 else mixed(over, under[0], mask)
    return (result * 255).round().clamp(0, 255).byte()


def mixed(over, under, mask):
    """`over` on `under` [N, 3, S, S] through `mask` [N, 1, S, S], its colours brought to those that it hides."""
    weight = mask / mask.sum((2, 3), keepdim=True).clamp(min=1e-6)
    middles = [(weight * each).sum((2, 3), keepdim=True) for each in (over, under)]
    spreads = [(weight * (each - middle) ** 2).sum((2, 3), keepdim=True).sqrt()
               for each, middle in zip((over, under), middles)]
    like = (over - middles[0]) * (spreads[1] / spreads[0].clamp(min=0.02)) + middles[1]
    return (under + mask * (like - under)).clamp(0, 1)


def poisson(over, under, mask):
    """`over` on `under` [N, 3, S, S] within `mask` [N, 1, S, S] above a half, such that its edges keep their colours.

    Conjugate gradients on the differences to `over`, which are smooth.
    """
    inside = F.pad((mask > 0.5).float()[..., 2:-2, 2:-2], [2] * 4)
    kernel = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]], device=over.device).expand(3, 1, 3, 3)
    bend = lambda x: inside * F.conv2d(x, kernel, padding=1, groups=3)  # noqa: E731
    dot = lambda a, b: (a * b).sum((2, 3), keepdim=True)  # noqa: E731
    x = inside * (under - over)
    rest = -bend((under - over) * (1 - inside) + x)
    way, size = rest.clone(), dot(rest, rest)
    for _ in range(ROUNDS):
        bent = bend(way)
        step = size / dot(way, bent).clamp(min=1e-12)
        x, rest = x + step * way, rest - step * bent
        old, size = size, dot(rest, rest)
        way = rest + size / old.clamp(min=1e-12) * way
    return (under + inside * (over + x - under)).clamp(0, 1)

"""Self-blended sequences (after Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022).

A real face is laid over itself, one of the two slightly altered, through a deformed soft mask. Over a window the
alteration, the misfit and the mask drift and may flicker, as those of a face swap do, and the face laid over may be
that of a few frames before or after, as in a re-enactment. What is not to be blended is altered just as often, so
that the seam alone tells the two apart.
"""

import math

import torch

from . import pixels

# Share, and middle, half width, reach up and reach down from the eyes' middle in units of the way to the mouth.
REGIONS = torch.tensor([
    [0.45, 0.55, 1.00, 1.15, 1.10],  # the face from brow to chin
    [0.20, 0.45, 0.80, 0.75, 0.85],  # eyes, nose and mouth
    [0.25, 1.00, 0.80, 0.50, 0.65],  # mouth and chin
    [0.10, 0.05, 0.95, 0.45, 0.35]])  # eyes
WAVES = 4
LAG = 4


def blend(x, landmarks, wanted, draw):
    """Crops [B, T, 3, S, S], half of the windows altered, those `wanted` [B] self-blended.

    `landmarks` [B, T, 5, 2] are relative to the crop.
    """
    changed = alter(x, draw)
    lay_changed = draw.chance(0.5)[:, None, None, None, None]
    over, under = torch.where(lay_changed, changed, x), torch.where(lay_changed, x, changed)
    result, (some,) = under.clone(), torch.where(wanted)
    mask = region(landmarks, x.shape[-1], draw)[some]
    moved = misfit(over, landmarks, draw, some)
    result[some] += mask * (moved - under[some])
    return result


def alter(x, draw):
    """The crops with more or less other colours, and in half of the windows blurred or sharpened."""
    d = draw.drift
    tint = torch.stack([d(-0.06, 0.06) for _ in range(3)], -1)
    numbers = d(-0.15, 0.15), d(0.75, 1.25), d(0.85, 1.15), d(-0.08, 0.08), tint
    strength = draw.uniform(0.25, 1, 1)
    neutral = 0, 1, 1, 0, 0
    numbers = [n + strength.view(-1, *[1] * (v.dim() - 1)) * (v - n) for v, n in zip(numbers, neutral)]
    amount, sigma = d(-1, 0.8) * draw.chance(0.5)[:, None], d(0.6, 2.0)
    flat = pixels.colour(x.flatten(0, 1), *(v.flatten(0, 1) for v in numbers))
    return pixels.unsharp(flat, amount.flatten().clamp(-1, 1), sigma.flatten()).view_as(x)


def region(landmarks, side, draw):
    """Masks [B, T, 1, S, S] of 0 to 1: a part of the face with a wavy outline, a soft edge and some strength."""
    eyes, mouth = landmarks[..., :2, :].mean(-2), landmarks[..., 3:, :].mean(-2)
    down = mouth - eyes
    width = (landmarks[..., 1, :] - landmarks[..., 0, :]).norm(dim=-1)
    unit = torch.maximum(down.norm(dim=-1), 0.8 * width).clamp(min=0.05)[..., None, None]
    down = down / down.norm(dim=-1, keepdim=True).clamp(min=1e-4)
    away = pixels.positions(side, landmarks.device) - eyes[..., None, None, :]
    along = lambda axis: (away * axis[..., None, None, :]).sum(-1) / unit  # noqa: E731
    u, v = along(torch.stack([down[..., 1], -down[..., 0]], -1)), along(down)

    pick = torch.multinomial(REGIONS[:, 0], draw.windows, replacement=True, generator=draw.random)
    middle, wide, up, low = (n[:, None, None, None] for n in REGIONS[pick, 1:].to(landmarks.device).unbind(1))
    size = lambda: draw.drift(0.85, 1.15, wander=0.05)[..., None, None]  # noqa: E731
    v = (v - middle) / torch.where(v > middle, low * size(), up * size())
    u = u / (wide * size())
    angle, power = torch.atan2(v, u), draw.uniform(2, 3, 1, 1, 1)
    distance = (u.abs() ** power + v.abs() ** power + 1e-6) ** (1 / power)
    edge = torch.ones_like(distance)
    for wave in range(2, 2 + WAVES):
        phase = draw.drift(0, 2 * math.pi, wander=0.02, flicker=0.005)[..., None, None]
        edge += draw.drift(-0.12, 0.12)[..., None, None] / math.sqrt(wave) * torch.cos(wave * angle + phase)
    soft = 0.04 * 12 ** draw.uniform(0, 1, 1, 1, 1)
    inside = ((edge - distance) / soft + 0.5).clamp(0, 1)
    strength = draw.choice([0.3, 0.5, 0.75, 1.0, 1.0, 1.0])[:, None] * draw.drift(0.95, 1.05)
    return (inside**2 * (3 - 2 * inside) * strength[..., None, None].clamp(0, 1))[:, :, None]


def misfit(x, landmarks, draw, some):
    """The windows `some` of the crops, slightly scaled, turned and shifted against where they belong.

    In a third of all windows each is that of a frame up to `LAG` away, laid onto the landmarks of its own. As complex
    numbers: position p shows what lies at turn · (p − middle) + there, where turn takes one set of landmarks to the
    other, and a bit beyond.
    """
    lag = draw.choice([*range(-LAG, LAG + 1)]) * draw.chance(0.35)
    shift = torch.complex(draw.drift(-0.03, 0.03), draw.drift(-0.03, 0.03))[some]
    bit = torch.polar(draw.drift(0.96, 1.04), draw.drift(-0.03, 0.03))[some]
    frames = torch.arange(x.shape[1], device=x.device)
    other = (frames + lag[some, None]).clamp(0, x.shape[1] - 1)
    here = torch.view_as_complex(landmarks[some].contiguous())
    there = here.gather(1, other[..., None].expand_as(here))
    middle, to = here.mean(-1), there.mean(-1)
    a, b = here - middle[..., None], there - to[..., None]
    turn = (a.conj() * b).sum(-1) / (a.abs() ** 2).sum(-1).clamp(min=1e-6) * bit
    p = torch.view_as_complex(pixels.positions(x.shape[-1], x.device))
    grid = turn[..., None, None] * (p - middle[..., None, None]) + (to + shift)[..., None, None]
    picked = x[some[:, None], other]
    return pixels.warp(picked.flatten(0, 1), torch.view_as_real(grid).flatten(0, 1)).view_as(picked)

"""Self-blended sequences (after Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022).

A real face is laid over itself, one of the two slightly altered, through a deformed soft mask. Over a window the
alteration, the misfit and the mask drift and may flicker, as those of a face swap do, and the face laid over may be
that of a few frames before or after, as in a re-enactment. What is not to be blended is altered just as often, so
that the seam alone tells the two apart.
"""

import math

import torch
import torch.nn.functional as F

from . import hulls, pixels

# Share, and middle, half width, reach up and reach down from the eyes' middle in units of the way to the mouth.
OVALS = torch.tensor([
    [0.45, 0.55, 1.00, 1.15, 1.10],  # the face from brow to chin
    [0.20, 0.45, 0.80, 0.75, 0.85],  # eyes, nose and mouth
    [0.25, 1.00, 0.80, 0.50, 0.65],  # mouth and chin
    [0.10, 0.05, 0.95, 0.45, 0.35]])  # eyes
WAVES = 4
LAG = 4
# Share of masks that are parts of a mean face; the others are ovals with a wavy outline.
HULLS = 0.7
# Share of faces that are laid on level by level of a Laplacian pyramid (Burt and Adelson, 1983), which hides colours'
# seams as solving Poisson's equation does, in place of being mixed pixel by pixel.
PYRAMIDS, LEVELS = 0.25, 4
# Share of real faces that are moved as a whole, as a face laid over is: moving leaves traces of its own.
MOVED = 0.3
# Share of windows that are smoothed as beautifying filters do, real and fake alike.
BEAUTIFIED = 0.1


def blend(x, landmarks, wanted, draw):
    """Crops [B, T, 3, S, S], half of the windows altered, those `wanted` [B] self-blended.

    `landmarks` [B, T, 5, 2] are relative to the crop.
    """
    x = beautify(x, draw)
    changed = alter(x, draw)
    lay_changed = draw.chance(0.5)[:, None, None, None, None]
    over, under = torch.where(lay_changed, changed, x), torch.where(lay_changed, x, changed)
    moving = wanted | draw.chance(MOVED)
    (some,) = torch.where(moving)
    moved = misfit(torch.where(wanted[:, None, None, None, None], over, under), landmarks, draw, some)
    fake = wanted[some]
    result = under.clone()
    result[some[~fake]] = moved[~fake]
    (some,) = torch.where(wanted)
    result[some] = lay(moved[fake], under[some], region(landmarks, x.shape[-1], draw, some), draw.chance(PYRAMIDS)[some])
    return result


def lay(over, under, mask, by_levels):
    """`over` on `under` [N, T, 3, S, S] through `mask` [N, T, 1, S, S]; those `by_levels` [N] in a pyramid."""
    result = under + mask * (over - under)
    if by_levels.any():
        some = (each[by_levels].flatten(0, 1) for each in (over, under, mask))
        result[by_levels] = pyramid(*some).view_as(result[by_levels])
    return result


def pyramid(over, under, mask):
    """Mixes images [N, 3, S, S] by `mask` [N, 1, S, S] apart in every band of sizes."""
    if not over.shape[-1] % 2 and over.shape[-1] > under.shape[-1] >> LEVELS and over.shape[-1] > 12:
        small = [F.avg_pool2d(each, 2) for each in (over, under, mask)]
        fine = [each - pixels.double(less) for each, less in zip((over, under), small)]
        return (pixels.double(pyramid(*small)) + fine[1] + mask * (fine[0] - fine[1])).clamp(0, 1)
    return under + mask * (over - under)


def beautify(x, draw):
    """Some windows with skin smoothed and edges kept (He et al., "Guided Image Filtering", 2013)."""
    (some,) = torch.where(draw.chance(BEAUTIFIED))
    amount = draw.uniform(0.3, 1.0, 1, 1, 1, 1)[some]
    if len(some):
        x = x.clone()
        smooth = pixels.guided(x[some].flatten(0, 1), 4, 0.006).view_as(x[some])
        x[some] += amount * (smooth - x[some])
    return x


def alter(x, draw):
    """The crops with more or less other colours, and in most windows blurred, sharpened or made of fewer pixels."""
    d = draw.drift
    tint = torch.stack([d(-0.06, 0.06) for _ in range(3)], -1)
    numbers = d(-0.15, 0.15), d(0.75, 1.25), d(0.85, 1.15), d(-0.08, 0.08), tint
    strength = draw.uniform(0.25, 1, 1)
    neutral = 0, 1, 1, 0, 0
    numbers = [n + strength.view(-1, *[1] * (v.dim() - 1)) * (v - n) for v, n in zip(numbers, neutral)]
    amount, sigma = d(-1, 0.8) * draw.chance(0.6)[:, None], d(0.6, 2.0)
    flat = pixels.colour(x.flatten(0, 1), *(v.flatten(0, 1) for v in numbers))
    sharpened = pixels.unsharp(flat, amount.flatten().clamp(-1, 1), sigma.flatten()).view_as(x)
    return coarse(sharpened, draw)


def coarse(x, draw):
    """A third of the windows through fewer pixels."""
    share = torch.where(draw.chance(0.33), draw.choice([0.35, 0.5, 0.7]), 1.0)
    result = x.clone()
    for each in share[share < 1].unique().tolist():
        some = share == each
        small = pixels.resize(x[some].flatten(0, 1), round(x.shape[-1] * each))
        result[some] = pixels.resize(small, x.shape[-1]).view_as(x[some])
    return result


def region(landmarks, side, draw, some, parts=None):
    """Masks [N, T, 1, S, S] of 0 to 1 for the windows `some` [N]: a part of the face, a soft edge and some strength.

    With shares of `parts`, as `hulls` has them, of those alone, in full.
    """
    eyes, mouth = (landmarks[some][..., two, :].mean(-2) for two in (slice(0, 2), slice(3, 5)))
    down = mouth - eyes
    width = (landmarks[some][..., 1, :] - landmarks[some][..., 0, :]).norm(dim=-1)
    unit = torch.maximum(down.norm(dim=-1), 0.8 * width).clamp(min=0.05)[..., None, None]
    down = down / down.norm(dim=-1, keepdim=True).clamp(min=1e-4)
    away = pixels.positions(side, landmarks.device) - eyes[..., None, None, :]
    along = lambda axis: (away * axis[..., None, None, :]).sum(-1) / unit  # noqa: E731
    u, v = along(torch.stack([down[..., 1], -down[..., 0]], -1)), along(down)
    soft = (0.04 * 12 ** draw.uniform(0, 1, 1, 1, 1))[some]
    if parts is not None:
        return (hulls.depth(u, v, draw, some, parts) / soft + 0.5).clamp(0, 1)[:, :, None]
    hull, deep = draw.chance(HULLS)[some], torch.empty_like(u)
    deep[hull] = 0.9 * hulls.depth(u[hull], v[hull], draw, some[hull])
    deep[~hull] = oval(u[~hull], v[~hull], draw, some[~hull])
    within = (deep / soft + 0.5).clamp(0, 1)
    strength = (draw.choice([0.25, 0.5, 0.75, 1.0, 1.0, 1.0])[:, None] * draw.drift(0.95, 1.05))[some]
    return (within**2 * (3 - 2 * within) * strength[..., None, None].clamp(0, 1))[:, :, None]


def oval(u, v, draw, some):
    """How far positions (u, v) [N, T, S, S] lie within a superellipse with a wavy outline; above 0 inside."""
    pick = draw.pick(OVALS[:, 0]).cpu()
    middle, wide, up, low = (n[some.cpu(), None, None, None] for n in OVALS[pick, 1:].unbind(1))
    middle, wide, up, low = (n.to(u) for n in (middle, wide, up, low))
    size = lambda: draw.drift(0.85, 1.15, wander=0.05)[some, :, None, None]  # noqa: E731
    v = (v - middle) / torch.where(v > middle, low * size(), up * size())
    u = u / (wide * size())
    angle, power = torch.atan2(v, u), draw.uniform(2, 3, 1, 1, 1)[some]
    distance = (u.abs() ** power + v.abs() ** power + 1e-6) ** (1 / power)
    edge = torch.ones_like(distance)
    for wave in range(2, 2 + WAVES):
        phase = draw.drift(0, 2 * math.pi, wander=0.02, flicker=0.005)[some, :, None, None]
        edge += draw.drift(-0.12, 0.12)[some, :, None, None] / math.sqrt(wave) * torch.cos(wave * angle + phase)
    return edge - distance


def misfit(x, landmarks, draw, some):
    """The windows `some` of the crops, slightly scaled, turned and shifted against where they belong.

    In a third of all windows each is that of a frame up to `LAG` away, laid onto the landmarks of its own.
    """
    lag = draw.choice([*range(-LAG, LAG + 1)]) * draw.chance(0.35)
    shift = torch.complex(draw.drift(-0.03, 0.03), draw.drift(-0.03, 0.03))[some]
    bit = torch.polar(draw.drift(0.96, 1.04), draw.drift(-0.03, 0.03))[some]
    frames = torch.arange(x.shape[1], device=x.device)
    other = (frames + lag[some, None]).clamp(0, x.shape[1] - 1)
    here = landmarks[some]
    there = here.gather(1, other[..., None, None].expand_as(here))
    picked = x[some[:, None], other]
    return pixels.warp(picked.flatten(0, 1), fit(here, there, x.shape[-1], bit, shift).flatten(0, 1)).view_as(picked)


def fit(here, there, side, bit=1, shift=0):
    """Where each position lies [N, T, side, side, 2] when the face with landmarks `there` is laid onto those `here`.

    Landmarks are [N, T, 5, 2]; `bit` and `shift`, complex, turn, scale and move beyond that.
    """
    here, there = (torch.view_as_complex(each.contiguous()) for each in (here, there))
    middle, to = here.mean(-1), there.mean(-1)
    a, b = here - middle[..., None], there - to[..., None]
    turn = (a.conj() * b).sum(-1) / (a.abs() ** 2).sum(-1).clamp(min=1e-6) * bit
    p = torch.view_as_complex(pixels.positions(side, here.device))
    return torch.view_as_real(turn[..., None, None] * (p - middle[..., None, None]) + (to + shift)[..., None, None])

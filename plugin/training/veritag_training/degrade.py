"""What happens to footage on its way, to real and fake alike: other framing, light, size, noise, compression.

A window is degraded as one: its numbers are fixed or jitter a little, its size never changes. `wear` of 0 to 1 is the
share of blur, noise, shrinking and compression: a training begins with little of it, since a seam is learnt sooner
where it shows.
"""

import torch

from . import pixels

# Sizes that crops are brought to before compression, as shares of their own.
SIZES = [1.0, 1.0, 1.0, 1.0, 0.85, 0.7, 0.6, 0.5, 0.4]


def degrade(x, draw, side, wear=1.0):
    """Crops [B, T, 3, S, S] of 0 to 1 to crops of their middle, `side` wide, in steps of 1/255."""
    x = frame(x, draw, side)
    x = light(x, draw)
    x = apply(x, draw.chance(0.2 * wear), pixels.unsharp, draw.drift(-1, -1), draw.drift(0.4, 1.6))
    grain = draw.noise(x) * draw.drift(0.004, 0.03)[..., None, None, None]
    x = (x + grain * draw.chance(0.3 * wear).view(-1, 1, 1, 1, 1)).clamp(0, 1)
    return (compress(x, draw, wear) * 255).round() / 255


def apply(x, wanted, change, *numbers):
    """`change` on the windows `wanted` [B], with numbers [B, T] for each of their frames."""
    if wanted.any():
        some = x[wanted]
        x = x.clone()
        x[wanted] = change(some.flatten(0, 1), *(n[wanted].flatten(0, 1) for n in numbers)).view_as(some)
    return x


def frame(x, draw, side):
    """Mirrored, and cut a bit larger, smaller, aside or aslant: face boxes are not exact."""
    zoom = torch.polar(draw.drift(0.85, 1.12, flicker=0.02), draw.drift(-0.08, 0.08, flicker=0.01))
    shift = torch.complex(draw.drift(-0.06, 0.06), draw.drift(-0.06, 0.06))
    p = torch.view_as_complex(pixels.positions(side, x.device)) * (side / x.shape[-1])
    grid = torch.view_as_real(zoom[..., None, None] * p + shift[..., None, None])
    grid[..., 0] *= torch.where(draw.chance(0.5), -1, 1).view(-1, 1, 1, 1)
    moved = pixels.warp(x.flatten(0, 1), grid.flatten(0, 1)).unflatten(0, x.shape[:2])
    as_it_is = draw.chance(0.2).view(-1, 1, 1, 1, 1)
    return torch.where(as_it_is, pixels.middle(x, side), moved)


def light(x, draw):
    d = draw.drift
    grey = draw.chance(0.03)[:, None]
    numbers = d(-0.06, 0.06), d(0.7, 1.3) * ~grey, d(0.8, 1.2), d(-0.1, 0.1)
    tint = torch.stack([d(-0.04, 0.04) for _ in range(3)], -1)
    return apply(x, draw.chance(0.6), pixels.colour, *numbers, tint)


def compress(x, draw, wear):
    """Shrunk, through JPEG, and back to size. Windows of one size go together."""
    shares = torch.where(draw.chance(wear), draw.choice(SIZES), 1.0)
    lossy = draw.chance(0.7 * wear)
    quality = draw.drift(25, 97, wander=0.02)
    result = torch.empty_like(x)
    for share in shares.unique().tolist():
        some = shares == share
        small = pixels.resize(x[some].flatten(0, 1), round(x.shape[-1] * share)).unflatten(0, (-1, x.shape[1]))
        small = apply(small, lossy[some], pixels.jpeg, quality[some])
        result[some] = pixels.resize(small.flatten(0, 1), x.shape[-1]).unflatten(0, (-1, x.shape[1]))
    return result

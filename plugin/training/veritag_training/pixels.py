"""Operations on images x [N, 3, S, S] of 0 to 1, each image with its own numbers [N]."""

import math

import torch
import torch.nn.functional as F

RADIUS = 6
LUMA = torch.tensor([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]])
CHROMA = torch.tensor([
    [17, 18, 24, 47, 99, 99, 99, 99], [18, 21, 26, 66, 99, 99, 99, 99], [24, 26, 56, 99, 99, 99, 99, 99],
    [47, 66, 99, 99, 99, 99, 99, 99], *[[99] * 8] * 4])
TO_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
DCT = torch.tensor([[math.cos((2 * x + 1) * u * math.pi / 16) * math.sqrt((1 if u == 0 else 2) / 8)
                     for x in range(8)] for u in range(8)])


def colour(x, hue, saturation, contrast, brightness, tint):
    """Turns and stretches colours about grey, then grey about its middle; `tint` [N, 3] is added."""
    grey = torch.full((3, 3), 1 / 3, device=x.device)
    turn = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=x.device) / math.sqrt(3)
    one = torch.eye(3, device=x.device) - grey
    cos, sin, saturation = (v[:, None, None] for v in (hue.cos(), hue.sin(), saturation))
    matrix = contrast[:, None, None] * (grey + saturation * (cos * one + sin * turn))
    offset = (0.5 * (1 - contrast) + brightness)[:, None] + tint
    return (torch.einsum("nij,njhw->nihw", matrix, x) + offset[..., None, None]).clamp(0, 1)


def unsharp(x, amount, sigma):
    """Adds `amount` of what a Gaussian of `sigma` takes away: -1 blurs, above 0 sharpens."""
    taps = torch.arange(-RADIUS, RADIUS + 1, device=x.device)
    kernel = torch.exp(-0.5 * (taps / sigma.clamp(min=0.1)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(3, 0)[:, None]
    planes = F.pad(x.flatten(0, 1)[None], [RADIUS] * 4, mode="reflect")
    planes = F.conv2d(planes, kernel[..., None, :], groups=len(kernel))
    blurred = F.conv2d(planes, kernel[..., None], groups=len(kernel)).view_as(x)
    return (x + amount[:, None, None, None] * (x - blurred)).clamp(0, 1)


def jpeg(x, quality):
    """Through the lossy half of baseline JPEG with halved chroma, at `quality` [N] of 1 to 100."""
    side = x.shape[-1]
    more = -side % 16
    ycc = torch.einsum("ij,njhw->nihw", TO_YCC.to(x), F.pad(x, [0, more, 0, more], mode="replicate") * 255)
    quality = quality.clamp(1, 100)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[:, None, None]
    luma, chroma = ((table.to(x) * scale).round().clamp(1, 255) for table in (LUMA, CHROMA))
    y = quantise(ycc[:, :1] - 128, luma) + 128
    cc = F.interpolate(quantise(F.avg_pool2d(ycc[:, 1:], 2), chroma), scale_factor=2, mode="bilinear")
    back = torch.einsum("ij,njhw->nihw", torch.linalg.inv(TO_YCC).to(x), torch.cat([y, cc], 1))
    return (back[..., :side, :side] / 255).clamp(0, 1)


def quantise(planes, table):
    """Planes [N, C, H, W] in blocks of 8 through a discrete cosine transform rounded to `table` [N, 8, 8]."""
    dct, table = DCT.to(planes), table[:, None, None, None]
    blocks = planes.unfold(2, 8, 8).unfold(3, 8, 8)
    blocks = dct.T @ (((dct @ blocks @ dct.T) / table).round() * table) @ dct
    return blocks.transpose(3, 4).reshape(planes.shape)


def rough(crops, quality, share):
    """uint8 crops [N, 3, S, S] through JPEG at `quality` and at a `share` of their size, and back."""
    small = resize(crops.float() / 255, round(crops.shape[-1] * share))
    worn = resize(jpeg(small, torch.full((len(crops),), float(quality), device=crops.device)), crops.shape[-1])
    return (worn * 255).round().byte()


def resize(x, side):
    if side == x.shape[-1]:
        return x
    shrink = side < x.shape[-1]
    return F.interpolate(x, (side, side), mode="bilinear" if shrink else "bicubic", antialias=shrink).clamp(0, 1)


def warp(x, grid):
    """x where `grid` [N, S, S, 2] points to, the crop being -1 to 1 in both directions."""
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def mirrored(crops):
    """Crops [..., N, 3, S, S] of one face, every other one mirrored but the middle one not: `input.mirror` of model.toml."""
    count = crops.shape[-4]
    other = (torch.arange(count, device=crops.device) + count // 2) % 2 == 1
    return torch.where(other[:, None, None, None], crops.flip(-1), crops)


def middle(x, side):
    """The middle of crops [..., S, S], `side` wide."""
    start = (x.shape[-1] - side) // 2
    return x[..., start : start + side, start : start + side]


def positions(side, device):
    """[side, side, 2]: where each pixel lies, x before y."""
    line = (torch.arange(side, device=device) + 0.5) * 2 / side - 1
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)


def double(x):
    """Twice as wide and high, smoothly."""
    return F.interpolate(x, scale_factor=2, mode="bilinear")


def guided(x, radius, flat):
    """Smooths what varies by less than the variance `flat` within `radius`, and keeps edges (guided filter)."""
    wide = 2 * radius + 1

    def line(y):  # from running sums
        sums = F.pad(y, [radius + 1, radius, 0, 0], mode="reflect").cumsum(-1)
        return (sums[..., wide:] - sums[..., :-wide]) / wide

    box = lambda y: line(line(y).mT).mT  # noqa: E731
    middle = box(x)
    spread = box(x * x) - middle**2
    share = spread / (spread + flat)
    return (box(share) * x + box(middle - share * middle)).clamp(0, 1)

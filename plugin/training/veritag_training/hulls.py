"""Masks for blending: convex parts of a mean face, laid onto five landmarks and drawn as soft, bent shapes.

Lengths are in units of the way from the middle of the eyes (the origin) to the middle of the mouth; y points down the
face. The outline is that of the usual 68 points (Sagonas et al., 300 Faces in-the-Wild, 2013) and of a forehead.
"""

import math

import torch
import torch.nn.functional as F

JAW = [(1.16, 0.05), (1.12, 0.45), (1.02, 0.88), (0.84, 1.24), (0.54, 1.52), (0.0, 1.68)]
BROWS = [(0.9, -0.22), (0.62, -0.36), (0.2, -0.3)]
FOREHEAD = [(1.06, -0.45), (0.7, -0.9), (0.0, -1.05)]
# Share, and the right half of a convex outline; the left half mirrors it.
PARTS = [
    (0.25, [*BROWS, *JAW]),
    (0.15, [*FOREHEAD, *JAW]),
    (0.20, [(0.2, -0.36), (0.84, -0.3), (0.88, 0.05), (0.74, 0.9), (0.45, 1.38), (0.0, 1.45)]),
    (0.10, [(0.3, 0.0), (0.95, 0.08), *JAW[1:]]),
    (0.12, [(0.25, 0.42), (0.95, 0.55), *JAW[2:]]),
    (0.08, [(0.15, 0.6), (0.55, 0.75), (0.62, 1.0), (0.4, 1.28), (0.0, 1.34)]),
    (0.06, [(0.2, -0.36), (0.84, -0.3), (0.86, 0.12), (0.5, 0.3), (0.0, 0.34)]),
    (0.04, [(0.1, -0.15), (0.34, 0.5), (0.3, 0.76), (0.0, 0.82)])]
# Corners wander by so much, a further cut takes a part away from so many, and the plane bends, in cells, by so much.
WANDER, CUT, CELLS, BEND = 0.07, 0.25, 7, 0.10


def outline(half):
    """All corners of a part in order of their angle about its middle."""
    middle = sum(y for _, y in half) / len(half)
    both = {*half, *((-x, y) for x, y in half)}
    return sorted(both, key=lambda corner: math.atan2(corner[1] - middle, corner[0]))


OUTLINES = [outline(half) for _, half in PARTS]
# [parts, corners]: the corners of each part, the last of those with fewer again and again.
CORNERS = torch.tensor([[min(i, len(each) - 1) for i in range(max(map(len, OUTLINES)))] for each in OUTLINES])
PLACES = torch.tensor([[each[i] for i in corners] for each, corners in zip(OUTLINES, CORNERS)])  # [parts, corners, 2]
SHARES = torch.tensor([share for share, _ in PARTS])
# The face from brow to chin alone.
WHOLE = torch.tensor([1.0, *[0.0] * (len(PARTS) - 1)])


def depth(u, v, draw, some, shares=SHARES):
    """How far positions (u, v) [N, T, S, S] about the faces of the windows `some` [N] lie within a part of each.

    Above 0 inside, in the units of `u` and `v`.
    """
    part = draw.pick(shares)[some].cpu()
    wander = draw.normal(WANDER, *PLACES.shape[1:])[some]
    corners = PLACES[part].to(u) + wander.gather(1, CORNERS[part].to(u.device)[..., None].expand_as(wander))
    bend = F.interpolate(draw.normal(BEND, 2, CELLS, CELLS)[some], u.shape[-2:], mode="bicubic", align_corners=True)
    u, v = u + bend[:, :1], v + bend[:, 1:]
    angle, offset = draw.uniform(0, 2 * math.pi, 1, 1, 1)[some], draw.uniform(0, 0.5, 1, 1, 1)[some]
    x, y = corners.mean(1)[..., None, None, None].unbind(1)
    beyond = offset - ((u - x) * angle.cos() + (v - y) * angle.sin())
    found = torch.where(draw.chance(CUT)[some, None, None, None], beyond, torch.full_like(u, 9))
    for a, b in zip(corners.unbind(1), corners.roll(-1, 1).unbind(1)):
        (x, y), way = (n[:, None, None, None] for n in a.unbind(1)), b - a
        length = way.norm(dim=1)
        dx, dy = (n[:, None, None, None] for n in (way / length.clamp(min=1e-6)[:, None]).unbind(1))
        edge = dx * (v - y) - dy * (u - x)
        found = torch.where((length > 1e-6)[:, None, None, None], torch.minimum(found, edge), found)
    return found

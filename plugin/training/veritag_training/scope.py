"""What a detector cannot judge and is to know: covered faces, drawn ones, and those that compression has washed out.

A linear reading of the trained detector's features tells each from ordinary faces, real and fake, as they are met.
"""

import hashlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import pixels, team
from .blend import blend
from .degrade import degrade
from .draw import Draw
from .sample import Sampler
from .score import judged
from .split import groups

REASONS = ["covered", "too_compressed", "drawn"]
# Of ordinary faces at most this share may be refused for each reason.
REFUSED = 0.005
# Of those that should be refused this share may be missed before a limit gives way.
MISSED = 0.1
# A reason that finds fewer of those that should be refused is none.
FOUND = 0.4
WINDOWS, BATCHES = 32, 80
# While the detector learns, beside so many windows stands one that cannot be judged, at least two in each step.
BESIDE = 8
# Share of the usual wear that ordinary and other faces have seen.
WEAR = 0.6
PENALTY = 1e-3


def cover(x, landmarks, draw):
    """Crops [B, T, 3, S, S] with a mask over nose, mouth and chin: one colour, some shading, folds and a soft edge."""
    eyes, nose, mouth = landmarks[..., :2, :].mean(-2), landmarks[..., 2, :], landmarks[..., 3:, :].mean(-2)
    down = mouth - eyes
    unit = down.norm(dim=-1).clamp(min=0.05)[..., None, None]
    down = down / unit[..., 0]
    away = pixels.positions(x.shape[-1], x.device) - nose[..., None, None, :]
    u = (away * torch.stack([down[..., 1], -down[..., 0]], -1)[..., None, None, :]).sum(-1) / unit
    v = (away * down[..., None, None, :]).sum(-1) / unit
    top, bottom, wide = draw.drift(-0.5, 0.0), draw.drift(0.9, 1.5), draw.drift(0.75, 1.1)
    top, bottom, wide = (n[..., None, None] for n in (top, bottom, wide))
    bow = draw.drift(0.1, 0.5)[..., None, None] * u**2
    edge = torch.minimum(torch.minimum(v - top - bow, bottom - bow - v), wide - u.abs())
    inside = (edge / 0.06 + 0.5).clamp(0, 1)[:, :, None]
    grey, tint = draw.uniform(0.03, 0.95, 1), draw.uniform(-0.25, 0.25, 3) * draw.chance(0.6)[:, None]
    folds = torch.sin(draw.uniform(4, 14, 1, 1, 1) * v + draw.uniform(0, 6, 1, 1, 1))
    folds = 0.05 * folds * draw.chance(0.6)[:, None, None, None]
    shade = (1 - draw.uniform(0, 0.5, 1, 1, 1) * u**2 + folds)[:, :, None]
    light = x.mean((2, 3, 4), keepdim=True) / 0.45
    cloth = (grey + tint).clamp(0, 1)[:, None, :, None, None] * shade * light
    return x + inside * (cloth.clamp(0, 1) - x)


def wash_out(x, draw):
    """Crops as they come out of compression that leaves little more than patches of colour."""
    share, quality = draw.choice([0.12, 0.16, 0.2, 0.25, 1.0, 1.0])[:, None], draw.uniform(10, 40, 1)
    quality = torch.where(share == 1, draw.uniform(1, 6, 1), quality).expand(-1, x.shape[1])
    result = torch.empty_like(x)
    for each in share.unique().tolist():
        some = share[:, 0] == each
        small = pixels.resize(x[some].flatten(0, 1), round(x.shape[-1] * each))
        result[some] = pixels.resize(pixels.jpeg(small, quality[some].flatten()), x.shape[-1]).view_as(x[some])
    return result


class Watched:
    """The `views` of each step, and some crops [N, 3, S, S] for one reason of those that cannot be judged, with its number.

    They come from those whom the limits do not rest on.
    """

    def __init__(self, views, work, windows):
        self.views, self.work, self.reasons = views, work, reasons(work)
        self.windows = 2 * max(windows // team.size() // (2 * BESIDE), 1)
        self.sampler, self.pictures = sources(work, True)

    def __getitem__(self, step):
        number = (step * team.size() + team.rank()) % len(self.reasons)
        refused = faces(self.work, self.sampler, self.pictures, self.reasons[number], [step, team.rank(), 0], self.windows)
        return *self.views[step], refused.flatten(0, 1), number


def reasons(work):
    """Those that can be learnt: without packs of drawn faces it does not know those."""
    return REASONS if work.drawn else REASONS[:-1]


def learn(work, features):
    """A linear layer: features [N, F] to the log-odds [N, K] of the reasons that it knows, above 0 where to refuse.

    `features` takes crops of 0 to 1 to an array [N, F]. Also gives those reasons, each with the share that it finds of
    the faces by which limits were set, and under `ordinary` what share of those that should be judged is refused.
    """
    taught, kept = (samples(work, features, learning) for learning in (True, False))
    rows, found = {}, {}
    for reason in reasons(work):
        rows[reason] = weight, bias = row(taught, kept, reason)
        found[reason] = float((kept[reason] @ weight + bias > 0).float().mean())
    print("refused:", ", ".join(f"{share:.3f} of {name} faces" for name, share in found.items()))
    found = {reason: share for reason, share in found.items() if share >= FOUND}
    if not found:
        raise SystemExit("the detector's features do not tell even covered faces from others: train it for longer")
    weights, biases = (torch.stack(values) for values in zip(*(rows[reason] for reason in found)))
    layer = nn.Linear(*weights.T.shape).requires_grad_(False)
    layer.weight.copy_(weights), layer.bias.copy_(biases)
    found["ordinary"] = float((layer(kept[None]) > 0).any(1).float().mean())
    print(f"kept: {', '.join(list(found)[:-1])}; any of these refuses {found['ordinary']:.3f} of ordinary faces")
    return layer, found


def row(taught, kept, reason):
    """What tells faces to be refused from ordinary ones [F], and from where to refuse."""
    middle, spread = taught[None].mean(0), taught[None].std(0).clamp(min=1e-3)
    weight = separate((taught[reason] - middle) / spread, (taught[None] - middle) / spread) / spread
    return weight, -limit(kept[None] @ weight, kept[reason] @ weight)


def limit(ordinary, refused):
    """From where to refuse, by the log-odds of ordinary faces and of those that should be.

    Midway between where all but `REFUSED` of the ones end and where all but `MISSED` of the others begin, since faces
    from elsewhere are less alike than these; never below the former.
    """
    end = torch.quantile(ordinary, 1 - REFUSED, interpolation="higher")
    return torch.maximum(end, (end + torch.quantile(refused, MISSED)) / 2)


def samples(work, features, learning):
    """Features [N, F] of faces of each reason, and of ordinary ones under None.

    Collections come as often as each other. Limits are set, and measured, on clips of people held out, and
    on photographs that have taught the detector, but not this.
    """
    sampler, pictures = sources(work, learning)
    found = {}
    for kind in [None, *reasons(work)]:
        draws = (faces(work, sampler, pictures, kind, [learning, step]) for step in range(BATCHES))
        found[kind] = torch.from_numpy(np.concatenate([features(x.flatten(0, 1)) for x in draws]))
    return found


def sources(work, learning):
    """What draws ordinary faces, and the tracks of drawn ones, None without packs of them."""
    return Sampler(ordinary(work, learning), work.blends, power=0), work.drawn and half(work.drawn.tracks, learning)


def ordinary(work, learning):
    """The tracks to learn ordinary faces from, or those to set limits by."""
    photographs = [track for track in work.roles["train"] if track.asset["kind"] == "image"]
    clips = [track for track in work.roles["train"] if track.asset["kind"] == "video"]
    others = clips if learning else work.roles["validation"]
    return [track for track in others if judged(track)] + half(photographs, learning)


def measured_on(work, reason):
    """The tracks by whose faces the limit of a reason was set; for `ordinary`, by which all were."""
    return half(work.drawn.tracks, False) if reason == "drawn" else ordinary(work, False)


def half(tracks, first):
    """Half of the people whose faces would be judged, told apart by the hash of their names, or the other half."""
    odd = lambda name: hashlib.sha256(name.encode()).digest()[0] % 2  # noqa: E731
    return [track for track, name in zip(tracks, groups(tracks)) if judged(track) and odd(name) == first]


def check_drawn(drawn, packs):
    """Stops if the packs `drawn` are of other crops than `packs`, or too few."""
    if (drawn.side, drawn.margin) != (packs.side, packs.margin):
        raise SystemExit(f"--drawn: its crops are {drawn.side} pixels wide with margin {drawn.margin}; those of --data "
                         f"{packs.side} with {packs.margin}")
    if not all(half(drawn.tracks, learning) for learning in (True, False)):
        raise SystemExit("--drawn: too few faces of the split `train` that are large and sharp enough to be judged")


def faces(work, sampler, pictures, kind, seed, windows=WINDOWS):
    """Crops [windows, 1, 3, S, S] of one kind."""
    random = np.random.default_rng([work.options.seed, *seed, *str(kind).encode()])
    draw, side = Draw(int(random.integers(2**62)), work.device, windows, 1), work.packs.side
    if kind == "drawn":
        rows = np.array([[pictures[n].row] for n in random.integers(len(pictures), size=windows)])
        return degrade(work.drawn.crops(rows).float() / 255, draw, side, WEAR)
    batch = sampler.batch(random, windows, 1)
    x = work.packs.crops(batch.rows).float() / 255
    landmarks, wanted = (torch.from_numpy(v).to(work.device) for v in (batch.landmarks, batch.blend))
    if kind == "too_compressed":
        return wash_out(pixels.middle(x, side), draw)
    x = cover(x, landmarks, draw) if kind == "covered" else blend(x, landmarks, wanted, draw)
    return degrade(x, draw, side, WEAR)


def separate(some, others):
    """Weights [F] of the logistic regression that tells rows `some` from `others`, with an L2 penalty."""
    x, y = torch.cat([some, others]), torch.cat([torch.ones(len(some)), torch.zeros(len(others))])
    weights = torch.zeros(x.shape[1] + 1, requires_grad=True)
    solver = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        solver.zero_grad()
        value = F.binary_cross_entropy_with_logits(x @ weights[1:] + weights[0], y) + PENALTY * (weights[1:] ** 2).sum()
        value.backward()
        return value

    solver.step(loss)
    return weights.detach()[1:]

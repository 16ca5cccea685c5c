"""Faces that are generated as a whole: a second reading of the detector's features, beside the one for swapped faces.

A linear layer learns them from genuine faces, while the detector stays as it is: a whole network that learns them knows
the generators that it has met by heart, and finds others less. The head's answer is the mixture of both readings.
"""

import numpy as np
import torch
from torch import nn

from . import scope
from .degrade import degrade
from .draw import Draw
from .sample import Sampler
from .score import judged

KINDS = ["swapped", "generated"]
# The share that generated faces are taken to have among fakes: with more, genuine photographs of the same finish are
# called real less often.
SHARE = 0.05
WINDOWS, BATCHES = 32, 200
PENALTY = 0.1


def learn(work, features, frame):
    """A linear layer: features [N, F] to log-odds [N, 2] of each of `KINDS` against genuine faces; None without packs.

    The former is the layer `frame`, whose odds those of the latter are to be added to. `features` takes crops of 0 to 1
    to an array [N, F].
    """
    if not work.generated:
        return None
    read = lambda draw: torch.from_numpy(np.concatenate([features(draw(step).flatten(0, 1)) for step in range(BATCHES)]))  # noqa: E731
    genuine, generated = read(met(work)), read(made(work))
    weight, bias = scope.separate(generated, genuine, PENALTY)
    layer = nn.Linear(len(weight), 2).requires_grad_(False)
    layer.weight.copy_(torch.stack([frame.weight[0].cpu(), weight]))
    layer.bias.copy_(torch.stack([frame.bias[0].cpu(), bias + np.log(SHARE / (1 - SHARE))]))
    found = (layer(generated).argmax(1) == 1).float().mean()
    print(f"generated faces: {found:.3f} of those that taught this look more generated than swapped")
    return layer


def mixed(layer):
    """A head: features [N, F] to the mean over them of the log of both odds together, as `export.mixed_head` has it."""
    return lambda values: torch.logsumexp(layer(torch.from_numpy(values)), 1).mean()


def met(work):
    """Draws crops of genuine faces, half of them photographs where there are clips too; collections by the root of their people."""
    tracks = [track for track in work.roles["train"] if judged(track) and not track.fake]
    sampler = Sampler(tracks, 1.0, 0.5)
    return lambda step: worn(work, work.packs, lambda random: sampler.batch(random, 2 * WINDOWS, 1).rows[::2], "genuine", step)


def made(work):
    """Draws crops of generated faces, as many of each generator."""
    by = {}
    for track in work.generated.tracks:
        if judged(track):
            by.setdefault(track.asset["generator"], []).append(track.row)
    rows = [by[name] for name in sorted(by)]
    chosen = lambda random: np.array([[random.choice(rows[n % len(rows)])] for n in range(WINDOWS)])  # noqa: E731
    return lambda step: worn(work, work.generated, chosen, "generated", step)


def worn(work, packs, chosen, kind, step):
    """Crops [WINDOWS, 1, 3, S, S] of what `chosen` draws."""
    random = np.random.default_rng([work.options.seed, *kind.encode(), step])
    rows = chosen(random)
    draw = Draw(int(random.integers(2**62)), work.device, len(rows), 1)
    return degrade(packs.crops(rows).float() / 255, draw, packs.side, scope.WEAR)

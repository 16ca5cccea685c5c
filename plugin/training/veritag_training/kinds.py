"""What a fake face looks most like: swapped into genuine footage, or generated as a whole.

A linear reading of the trained detector's features tells the two apart, as they are met. It changes no score.
"""

import numpy as np
import torch
from torch import nn

from . import scope
from .degrade import degrade
from .draw import Draw
from .sample import Sampler

KINDS = ["swapped", "generated"]
MEASURED = "single fake faces that taught the detector, but not this"


def learn(work, features):
    """A linear layer: features [N, F] to logits [N, 2] of `KINDS`, and what share of each it tells right.

    `features` takes crops of 0 to 1 to an array [N, F]. The shares are of fakes that taught the detector, but not this.
    None and none where no generators of whole faces are named.
    """
    if not work.options.generated:
        return None, {}
    (swapped, generated), kept = (samples(work, features, learning) for learning in (True, False))
    both = torch.cat([swapped, generated])
    middle, spread = both.mean(0), both.std(0).clamp(min=1e-3)
    weight = scope.separate((generated - middle) / spread, (swapped - middle) / spread) / spread
    bias = -((swapped @ weight).median() + (generated @ weight).median()) / 2
    layer = nn.Linear(len(weight), 2).requires_grad_(False)
    layer.weight.copy_(torch.stack([-weight, weight])), layer.bias.copy_(torch.stack([-bias, bias]))
    found = {kind: float((layer(some).argmax(1) == nth).float().mean()) for nth, (kind, some) in enumerate(zip(KINDS, kept))}
    print("told right:", ", ".join(f"{share:.3f} of {kind} faces" for kind, share in found.items()))
    return layer, found


def samples(work, features, learning):
    """Features [N, F] of swapped faces and of generated ones, of one half of the people or of the other."""
    generated, others = sources(work, learning)
    sampler, shown = Sampler(others, work.blends, power=0), []
    for kind in KINDS:
        draws = (faces(work, sampler, generated, kind, [learning, step]) for step in range(scope.BATCHES))
        shown.append(torch.from_numpy(np.concatenate([features(x.flatten(0, 1)) for x in draws])))
    return shown


def sources(work, learning):
    """The tracks of generated faces, and all others, of one half of the people or of the other."""
    tracks = scope.half(work.roles["train"], learning)
    made = [track.asset["generator"] in work.options.generated for track in tracks]
    generated = [track for track, whole in zip(tracks, made) if whole]
    if not generated:
        raise SystemExit(f"--generated: no faces by {', '.join(work.options.generated)} teach; see --teach")
    return generated, [track for track, whole in zip(tracks, made) if not whole]


def faces(work, sampler, generated, kind, seed):
    """Crops [N, 1, 3, S, S] of fakes of one kind."""
    if kind == "swapped":
        return scope.faces(work, sampler, None, None, seed)[1::2]
    random = np.random.default_rng([work.options.seed, *seed, *kind.encode()])
    rows = np.array([[generated[n].row] for n in random.integers(len(generated), size=scope.WINDOWS // 2)])
    draw = Draw(int(random.integers(2**62)), work.device, len(rows), 1)
    return degrade(work.packs.crops(rows).float() / 255, draw, work.packs.side, scope.WEAR)

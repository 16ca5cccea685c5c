"""What a model sees in each step of a training."""

from functools import cached_property

import numpy as np
import torch

from . import team
from .blend import blend
from .degrade import degrade
from .draw import Draw
from .pixels import mirrored


class Views:
    """Augmented crops [B, T, 3, S, S] and labels [B] of each step: functions of the seed, the stage and the step.

    `wear` gives that of a step. Windows come in pairs, a real one and a fake one, that have met with the same. Each of
    the processes that train together draws its share of the windows, unless it is to see what it would see `alone`.
    """

    def __init__(self, packs, seed, stage, sampler, windows, frames, wear=lambda step: 1.0, alone=False):
        self.packs, self.seed, self.stage, self.wear = packs, seed, stage, wear
        self.rank, size = (0, 1) if alone else (team.rank(), team.size())
        self.choices = sampler, windows // size, frames

    def chosen(self, step, random):
        """The sampler, and how many windows and frames it is to draw."""
        return self.choices

    def __getitem__(self, step):
        random = np.random.default_rng([self.seed, *self.stage.encode(), step, self.rank])
        sampler, windows, frames = self.chosen(step, random)
        batch, device = sampler.batch(random, windows, frames), self.packs.device
        draw = Draw(int(random.integers(2**62)), device, windows, frames, alike=2)
        x = self.packs.crops(batch.rows).float() / 255
        landmarks, wanted = (torch.from_numpy(v).to(device) for v in (batch.landmarks, batch.blend))
        x = degrade(blend(x, landmarks, wanted, draw), draw, self.packs.side, self.wear(step))
        return x, torch.from_numpy(batch.fake).float().to(device)


class Windows(Views):
    """Whole windows of each of the `samplers` in turn, mirrored as they are when it serves."""

    def __init__(self, packs, seed, samplers, windows):
        super().__init__(packs, seed, "sequence", None, windows, packs.window)
        self.samplers = samplers

    def chosen(self, step, random):
        _, *how = self.choices
        return self.samplers[step % len(self.samplers)], *how

    def __getitem__(self, step):
        x, fake = super().__getitem__(step)
        return mirrored(x), fake


class Bank:
    """What a network has read of windows, [W, T, F], and their labels; each step of a training sees `some` of them.

    Reading takes most of the time, so each window is read once, when the first is wanted.
    """

    def __init__(self, read, views, count, some, seed):
        self.read, self.views, self.count, self.some, self.seed = read, views, count, some, seed

    @cached_property
    def all(self):
        """Features [W, T, F] and labels [W]."""
        batches = [(self.read(x), fake) for x, fake in (self.views[step] for step in range(self.count))]
        return tuple(map(torch.cat, zip(*batches)))

    def __getitem__(self, step):
        features, fake = self.all
        which = np.random.default_rng([self.seed, *b"bank", step]).integers(len(fake), size=self.some)
        return features[which], fake[which]

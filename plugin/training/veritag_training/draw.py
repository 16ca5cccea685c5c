"""Random numbers for whole batches of windows: those of a window drift over its frames and may flicker."""

import torch
import torch.nn.functional as F

KNOTS = 4


class Draw:
    """Draws on the CPU, so that every device sees the same numbers, and hands them to `device`."""

    def __init__(self, seed, device, windows, frames):
        self.random, self.device = torch.Generator().manual_seed(seed), device
        self.windows, self.frames = windows, frames
        self.pixels = torch.Generator(device).manual_seed(seed)

    def uniform(self, low, high, *shape):
        """[windows, *shape]"""
        return (low + (high - low) * torch.rand(self.windows, *shape, generator=self.random)).to(self.device)

    def chance(self, share):
        """bool [windows]"""
        return (torch.rand(self.windows, generator=self.random) < share).to(self.device)

    def choice(self, values):
        """[windows]"""
        index = torch.randint(len(values), (self.windows,), generator=self.random)
        return torch.tensor(values)[index].to(self.device)

    def drift(self, low, high, wander=0.1, flicker=0.03):
        """[windows, frames]: a uniform start, a smooth walk, and in half of the windows a value of its own a frame.

        `wander` and `flicker` are standard deviations in shares of the range; the result may leave it a little.
        """
        knots = torch.randn(self.windows, 1, KNOTS, generator=self.random)
        walk = F.interpolate(knots, self.frames, mode="linear", align_corners=True)[:, 0]
        flick = torch.randn(self.windows, self.frames, generator=self.random)
        flick *= torch.rand(self.windows, 1, generator=self.random) < 0.5
        return self.uniform(low, high, 1) + ((high - low) * (wander * walk + flicker * flick)).to(self.device)

    def noise(self, like):
        return torch.randn(like.shape, generator=self.pixels, device=self.device)

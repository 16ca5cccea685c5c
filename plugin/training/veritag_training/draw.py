"""Random numbers for whole batches of windows: those of a window drift over its frames and may flicker."""

import torch
import torch.nn.functional as F

KNOTS = 4


class Draw:
    """Draws on the CPU, so that every device sees the same numbers, and hands them to `device`.

    Of `alike` windows in a row each gets the same numbers, but for `noise`: a fake and the real one beside it differ
    in nothing but what makes it a fake.
    """

    def __init__(self, seed, device, windows, frames, alike=1):
        self.random, self.device = torch.Generator().manual_seed(seed), device
        self.windows, self.frames, self.alike = windows, frames, alike
        self.pixels = torch.Generator(device).manual_seed(seed)

    def each(self, values):
        """Values [windows / alike, ...] for every window."""
        return values.repeat_interleave(self.alike, 0).to(self.device)

    @property
    def draws(self):
        return self.windows // self.alike

    def uniform(self, low, high, *shape):
        """[windows, *shape]"""
        return self.each(low + (high - low) * torch.rand(self.draws, *shape, generator=self.random))

    def normal(self, spread, *shape):
        """[windows, *shape], about 0"""
        return self.each(spread * torch.randn(self.draws, *shape, generator=self.random))

    def chance(self, share):
        """bool [windows]"""
        return self.each(torch.rand(self.draws, generator=self.random) < share)

    def choice(self, values):
        """[windows]"""
        return self.each(torch.tensor(values)[torch.randint(len(values), (self.draws,), generator=self.random)])

    def pick(self, shares):
        """[windows]: numbers of `shares`, each as often as it says."""
        return self.each(torch.multinomial(shares, self.draws, replacement=True, generator=self.random))

    def drift(self, low, high, wander=0.1, flicker=0.03):
        """[windows, frames]: a uniform start, a smooth walk, and in half of the windows a value of its own a frame.

        `wander` and `flicker` are standard deviations in shares of the range; the result may leave it a little.
        """
        start = self.uniform(low, high, 1)
        if self.frames == 1:
            return start
        knots = torch.randn(self.draws, 1, KNOTS, generator=self.random)
        walk = F.interpolate(knots, self.frames, mode="linear", align_corners=True)[:, 0]
        flick = torch.randn(self.draws, self.frames, generator=self.random)
        flick *= torch.rand(self.draws, 1, generator=self.random) < 0.5
        return start + self.each((high - low) * (wander * walk + flicker * flick))

    def noise(self, like):
        return torch.randn(like.shape, generator=self.pixels, device=self.device)

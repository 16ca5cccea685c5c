"""Which windows a batch is made of: a function of the seed and the step alone, so that a run can go on anywhere."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Batch:
    rows: np.ndarray  # [windows, frames], of the packs' crops
    landmarks: np.ndarray  # [windows, frames, 5, 2]
    fake: np.ndarray  # [windows], the label
    blend: np.ndarray  # [windows], fakes yet to be made from the real face that `rows` shows


class Sampler:
    """Pairs of a real window and a fake one of the same source, so that no source speaks for a label.

    A source comes with the square root of its real crops; within it one draws the generator, then the person,
    then the window. `blends` of the fakes are self-blended, all of them where a source has no fakes of its own, and
    each shows the very frames of the real window before it, so that only the seam tells the two apart. Sources
    without real faces are left out.
    """

    def __init__(self, tracks, blends):
        self.blends, self.real, self.fake = blends, {}, {}
        for track in tracks:
            asset = track.asset
            kind = self.fake if track.fake else self.real
            people = kind.setdefault(asset["source"], {}).setdefault(asset["generator"], {})
            people.setdefault(asset["identity"] or track.key, []).append(track)
        self.sources = sorted(self.real)
        weights = np.sqrt([sum(track.rows for track in every(self.real[name])) for name in self.sources])
        self.weights = weights / weights.sum()
        self.left_out = sorted(set(self.fake) - set(self.real))
        self.tracks = [track for track in tracks if track.asset["source"] in self.real]

    def batch(self, random, windows, frames):
        """Windows in pairs: an even number of them."""
        shown, blend = [], []
        for _ in range(windows // 2):
            source = random.choice(self.sources, p=self.weights)
            blended = source not in self.fake or random.random() < self.blends
            real = take(random, self.real[source], frames)
            shown += [real, real if blended else take(random, self.fake[source], frames)]
            blend += [False, blended]
        rows, landmarks = map(np.array, zip(*shown))
        return Batch(rows, landmarks, np.arange(len(rows)) % 2 == 1, np.array(blend))


def every(generators):
    return [track for people in generators.values() for tracks in people.values() for track in tracks]


def take(random, nested, frames):
    """Rows and landmarks of consecutive frames from a random start; a track that ends too early stays at its last."""
    while isinstance(nested, dict):
        nested = nested[list(nested)[random.integers(len(nested))]]
    track = nested[random.integers(len(nested))]
    shown = np.minimum(random.integers(max(track.rows - frames, 0) + 1) + np.arange(frames), track.rows - 1)
    return track.row + shown, track.landmarks[shown]

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
    """Half real, half fake; every source is the same share of both, so that no source speaks for a label.

    A source comes with the square root of its real crops; within it one draws the generator, then the person,
    then the window. `blends` of the fakes are self-blended, all of them where a source has no fakes of its own.
    Sources without real faces are left out.
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
        """Consecutive frames from a random start; a track that ends too early stays at its last frame."""
        rows, landmarks, fake, blend = [], [], [], []
        for index in range(windows):
            source = random.choice(self.sources, p=self.weights)
            is_fake = index % 2 == 1
            blended = is_fake and (source not in self.fake or random.random() < self.blends)
            track = pick(random, (self.fake if is_fake and not blended else self.real)[source])
            start = random.integers(max(track.rows - frames, 0) + 1)
            shown = np.minimum(start + np.arange(frames), track.rows - 1)
            rows.append(track.row + shown)
            landmarks.append(track.landmarks[shown])
            fake.append(is_fake)
            blend.append(blended)
        return Batch(*map(np.array, (rows, landmarks, fake, blend)))


def every(generators):
    return [track for people in generators.values() for tracks in people.values() for track in tracks]


def pick(random, nested):
    while isinstance(nested, dict):
        nested = nested[list(nested)[random.integers(len(nested))]]
    return nested[random.integers(len(nested))]

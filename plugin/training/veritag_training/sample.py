"""Which windows a batch is made of: a function of the seed and the step alone, so that a run can go on anywhere."""

from dataclasses import dataclass

import numpy as np

from .split import collection, persons


@dataclass(frozen=True)
class Batch:
    rows: np.ndarray  # [windows, frames], of the packs' crops
    landmarks: np.ndarray  # [windows, frames, 5, 2]
    fake: np.ndarray  # [windows], the label
    blend: np.ndarray  # [windows], fakes yet to be made from the real face that `rows` shows


class Sampler:
    """Pairs of a real window and a fake one of the same collection, so that no collection speaks for a label.

    Clips are `clips` of them, photographs the rest, where there are both. Of either, a collection comes with the
    square root of its real people: much footage of a few would be learnt by heart; with another `power` of them, if
    one is named. Within it one draws the generator, then the person, then the window.
    `blends` of the fakes, in all or by kind of asset, are self-blended, all of them where it has no fakes of its own,
    and each shows the very frames of the real window beside it, so that only the seam tells the two apart. Beside
    another fake stands the person into whose footage it was put, if there is any.
    Collections without real faces are left out.
    """

    def __init__(self, tracks, blends, clips=None, power=0.5):
        self.blends = blends if isinstance(blends, dict) else {"image": blends, "video": blends}
        self.real, self.fake, self.footage, people = {}, {}, {}, {}
        for track in tracks:
            asset = track.asset
            source, kind = (asset["kind"], collection(asset)), self.fake if track.fake else self.real
            shown = kind.setdefault(source, {}).setdefault(asset["generator"], {})
            shown.setdefault(asset["identity"] or track.key, []).append(track)
            if not track.fake:
                people.setdefault(source, set()).update(persons(track))
                self.footage.setdefault((asset["kind"], persons(track)[0]), []).append(track)
        self.sources = sorted(self.real)
        self.weights = shares({source: len(people[source]) ** power for source in self.sources}, clips)
        self.left_out = sorted({name for _, name in set(self.fake) - set(self.real)})
        self.tracks = [track for track in tracks if (track.asset["kind"], collection(track.asset)) in self.real]

    def batch(self, random, windows, frames):
        """Windows in pairs: an even number of them."""
        shown, blend = [], []
        for _ in range(windows // 2):
            real, fake = self.pair(random)
            first = take(random, real, frames)
            shown += [first, take(random, fake, frames) if fake else first]
            blend += [False, fake is None]
        rows, landmarks = map(np.array, zip(*shown))
        return Batch(rows, landmarks, np.arange(len(rows)) % 2 == 1, np.array(blend))

    def pair(self, random):
        """A real track and a fake one, None where the real one is to be blended."""
        source = self.sources[random.choice(len(self.sources), p=self.weights)]
        if source not in self.fake or random.random() < self.blends[source[0]]:
            return pick(random, self.real[source]), None
        fake = pick(random, self.fake[source])
        return pick(random, self.footage.get((source[0], persons(fake)[0]), self.real[source])), fake


def shares(weights, clips):
    """Chances of the sources of `weights`, (kind, collection) each; clips together `clips` where there are both."""
    kinds = {kind: sum(weight for (other, _), weight in weights.items() if other == kind) for kind, _ in weights}
    part = {"video": clips, "image": 1 - clips} if clips is not None and len(kinds) == 2 else {}
    found = np.array([weight * part.get(kind, 1) / (kinds[kind] if part else 1) for (kind, _), weight in weights.items()])
    return found / found.sum()


def pick(random, nested):
    while isinstance(nested, dict):
        nested = nested[list(nested)[random.integers(len(nested))]]
    return nested[random.integers(len(nested))]


def take(random, track, frames):
    """Rows and landmarks of consecutive frames from a random start; a track that ends too early stays at its last."""
    shown = np.minimum(random.integers(max(track.rows - frames, 0) + 1) + np.arange(frames), track.rows - 1)
    return track.row + shown, track.landmarks[shown]

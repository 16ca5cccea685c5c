"""From logits to scores that mean something, and the scores from which to speak: chosen on validation alone."""

import math

import numpy as np

from .score import labels, mean_logits

# Of genuine assets at most this share may be flagged, of fakes at most this share may be passed as real.
FALSE_FLAGS, FALSE_PASSES = 0.01, 0.05
STEP = 1000


def platt(logits, fake, steps=100):
    """Scale and offset (Platt, 1999), both classes weighted alike, with his targets, which temper few data."""
    counts = np.where(fake, fake.sum(), (~fake).sum())
    target = np.where(fake, (counts + 1) / (counts + 2), 1 / (counts + 2))
    x, w = np.stack([logits, np.ones_like(logits)], 1), np.array([1.0, 0.0])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ ((p - target) / counts)
        curve = (x * (p * (1 - p) / counts)[:, None]).T @ x + 1e-6 * np.eye(2)
        change = np.linalg.solve(curve, gradient)
        w -= change / max(1.0, np.abs(change).max())
    return float(np.clip(w[0], 0.05, 10)), float(w[1])


def window_scores(records, head, scale, offset):
    return [1 / (1 + np.exp(-(scale * np.array(record["windows"][head]) + offset))) for record in records]


def above(values, share):
    """The lowest thousandth that at most `share` of the values reach."""
    ordered = np.sort(values)[::-1]
    return min(math.floor(ordered[int(share * len(ordered))] * STEP + 1) / STEP, 1.0)


def calibrate(records, head):
    """What [output] of model.toml says, and what that means on these records.

    The threshold lies above all but `FALSE_FLAGS` of the genuine assets. `unsure` reaches up to where all but as
    many of their single windows lie below, and down to where all but `FALSE_PASSES` of the fakes lie above.
    """
    fake = labels(records)
    scale, offset = platt(mean_logits(records, head), fake)
    windows = window_scores(records, head, scale, offset)
    scores = np.array([each.mean() for each in windows])
    threshold = above(scores[~fake], FALSE_FLAGS)
    genuine = np.concatenate([each for each, is_fake in zip(windows, fake) if not is_fake])
    high = max(threshold, above(genuine, FALSE_FLAGS))
    low = min(threshold, max(round(1 - above(1 - scores[fake], FALSE_PASSES), 3), 0.0))
    said = {
        "share called fake, of the real ones": (scores[~fake] >= high).mean(),
        "share called fake, of the fake ones": (scores[fake] >= high).mean(),
        "share called real, of the fake ones": (scores[fake] <= low).mean(),
        "share left unsure": ((scores > low) & (scores < high)).mean(),
    }
    return {"scale": scale, "offset": offset, "threshold": threshold, "band": [low, high],
            "said": {name: float(value) for name, value in said.items()}}

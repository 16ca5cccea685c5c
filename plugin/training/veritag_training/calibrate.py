"""From logits to scores that mean something, and the scores from which to speak: chosen on validation alone."""

import math

import numpy as np

# Of genuine assets at most this share may be flagged, of fakes at most this share may be passed as real.
FALSE_FLAGS, FALSE_PASSES = 0.01, 0.05
STEP = 1000
SCALES = 0.05, 10.0


def labels(records):
    return np.array([record["label"] == "fake" for record in records])


def platt(records, head, steps=100):
    """Scale and offset (Platt, 1999) of the windows' logits, with his targets, which temper few data.

    Both classes are weighted alike, in each all assets, in each of those all windows.
    """
    fake, windows = labels(records), [record["windows"][head] for record in records]
    many, counts = np.array([len(each) for each in windows]), np.where(fake, fake.sum(), (~fake).sum())
    target = np.repeat(np.where(fake, counts + 1, 1) / (counts + 2), many)
    weight, logits = np.repeat(1 / counts / many, many), np.concatenate(windows)
    one = np.ones_like(logits)
    scale, offset = logistic(np.stack([logits, one], 1), target, weight, np.array([1.0, 0.0]), 0.0, steps)
    if not SCALES[0] <= scale <= SCALES[1]:
        scale = np.clip(scale, *SCALES)
        (offset,) = logistic(one[:, None], target, weight, np.zeros(1), scale * logits, steps)
    return float(scale), float(offset)


def logistic(x, target, weight, start, known, steps):
    """Weights of a logistic regression on x [N, K] beside the `known` log-odds, by Newton's method in short steps."""
    w = start
    for _ in range(steps):
        p = sigmoid(x @ w + known)
        curve = (x * (p * (1 - p) * weight)[:, None]).T @ x + 1e-6 * np.eye(len(w))
        change = np.linalg.solve(curve, x.T @ ((p - target) * weight))
        w = w - change / max(1.0, np.abs(change).max())
    return w


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def window_scores(records, head, scale, offset):
    return [sigmoid(scale * np.array(record["windows"][head]) + offset) for record in records]


def asset_scores(records, head, scale, offset):
    """As decide.rs in the plugin forms them: the mean over the windows of each."""
    return np.array([each.mean() for each in window_scores(records, head, scale, offset)])


def above(values, share):
    """The lowest thousandth that at most `share` of the values reach."""
    ordered = np.sort(values)[::-1]
    return min(math.floor(ordered[int(share * len(ordered))] * STEP + 1) / STEP, 1.0)


def most(found, of):
    """The largest share of which so few would be `found` one time in forty (Clopper and Pearson, 1934)."""
    low, high = found / of, 1.0
    if found == of:
        return 1.0
    for _ in range(50):
        share = (low + high) / 2
        chance = sum(math.exp(log_binomial(k, of, share)) for k in range(found + 1))
        low, high = (share, high) if chance > 0.025 else (low, share)
    return high


def log_binomial(k, of, share):
    ways = math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
    return ways + k * math.log(share) + (of - k) * math.log1p(-share)


def calibrate(records, head):
    """What [output] of model.toml says, and what that means on these records.

    The threshold lies above all but `FALSE_FLAGS` of the genuine assets. `unsure` reaches up to where all but as
    many of their single windows lie below, and down to where all but `FALSE_PASSES` of the fakes lie above.
    """
    fake = labels(records)
    scale, offset = platt(records, head)
    windows, scores = (form(records, head, scale, offset) for form in (window_scores, asset_scores))
    threshold = above(scores[~fake], FALSE_FLAGS)
    genuine = np.concatenate([each for each, is_fake in zip(windows, fake) if not is_fake])
    high = max(threshold, above(genuine, FALSE_FLAGS))
    low = min(threshold, max(round(1 - above(1 - scores[fake], FALSE_PASSES), 3), 0.0))
    said = {
        "share at the threshold, of the real ones": (scores[~fake] >= threshold).mean(),
        "share called fake, of the real ones": (scores[~fake] >= high).mean(),
        "share called fake, of the fake ones": (scores[fake] >= high).mean(),
        "share called real, of the fake ones": (scores[fake] <= low).mean(),
        "share left unsure": ((scores > low) & (scores < high)).mean(),
    }
    return {"scale": scale, "offset": offset, "threshold": threshold, "band": [low, high],
            "said": {name: float(value) for name, value in said.items()}}

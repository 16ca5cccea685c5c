"""From logits to scores that mean something, and the scores from which to speak: chosen on validation alone."""

import math

import numpy as np

# Of genuine assets at most this share may be flagged, of fakes at most this share may be passed as real.
FALSE_FLAGS, FALSE_PASSES = 0.01, 0.1
STEP = 1000
# Fewest assets of either label that a kind of asset is read by; from so many genuine ones on their scores are counted.
FEWEST, ENOUGH = 8, 200
# Of a normal distribution `FALSE_FLAGS` lie beyond so many deviations.
NORMAL = 2.33
PLURAL = {"video": "clips", "image": "stills"}
SCALES = 0.05, 10.0


def labels(records):
    return np.array([record["label"] == "fake" for record in records], bool)


def asset_logits(records, head):
    """The mean over the windows of each asset, as decide.rs in the plugin forms it."""
    return np.array([np.mean(record["windows"][head]) for record in records])


def platt(records, head, steps=100):
    """Scale and offset (Platt, 1999) of the assets' logits, with his targets, which temper few data.

    Both classes are weighted alike, in each all assets.
    """
    fake, logits = labels(records), asset_logits(records, head)
    counts = np.where(fake, fake.sum(), (~fake).sum())
    target, weight, one = np.where(fake, counts + 1, 1) / (counts + 2), 1 / counts, np.ones_like(logits)
    scale, offset = logistic(np.stack([logits, one], 1), target, weight, np.array([1.0, 0.0]), 0.0, steps)
    if not SCALES[0] <= scale <= SCALES[1]:
        scale = np.clip(scale, *SCALES)
        (offset,) = logistic(one[:, None], target, weight, np.zeros(1), scale * logits, steps)
    return float(scale), float(offset)


def readings(records, head):
    """Scale and offset for each kind of asset, clips and stills: a still has no second frame."""
    return {kind: platt(some, head) for kind, some in by_kind(records).items()}


def by_kind(records):
    """The records of each kind of asset; all of them for a kind of which there are too few of either label."""
    found = {}
    for kind in sorted({record["kind"] for record in records}):
        some = [record for record in records if record["kind"] == kind]
        enough = min(labels(some).sum(), (~labels(some)).sum()) >= FEWEST
        found[kind] = some if enough else records
    return found


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


def asset_scores(records, head, reading):
    """As decide.rs in the plugin forms them, by the `readings` of each kind."""
    numbers = np.array([reading[record["kind"]] for record in records])
    return sigmoid(numbers[:, 0] * asset_logits(records, head) + numbers[:, 1])


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

    The threshold is where most are told apart. Of each kind of asset, `fake` begins above it where all but
    `FALSE_FLAGS` of the genuine ones lie below, and `real` ends below it where all but `FALSE_PASSES` of the fakes lie
    above.
    """
    reading = readings(records, head)
    parts = {}
    for kind, some in by_kind(records).items():
        scores, fake = asset_scores(some, head, reading), labels(some)
        parts[kind] = scores[~fake], scores[fake]
    threshold = best(parts.values())
    bands = {kind: band(*part, threshold) for kind, part in parts.items()}
    chosen = {"reading": reading, "threshold": threshold, "bands": bands}
    said = {f"{name}, {PLURAL[kind]}": share for kind in bands for name, share in
            verdicts([record for record in records if record["kind"] == kind], head, chosen).items()}
    return chosen | {"said": said}


def band(real, fakes, threshold):
    """The scores between whose ends an asset is `unsure`; the threshold lies within."""
    low = round(1 - above(1 - fakes, FALSE_PASSES), 3)
    return [max(min(low, threshold), 0.0), max(edge(real), threshold)]


def edge(real):
    """Above all but `FALSE_FLAGS` of genuine scores; where they are few, as if their log-odds were normal."""
    found = above(real, FALSE_FLAGS)
    if len(real) >= ENOUGH:
        return found
    odds = np.log(real.clip(1e-6, 1 - 1e-6)) - np.log1p(-real.clip(1e-6, 1 - 1e-6))
    beyond = sigmoid(odds.mean() + NORMAL * odds.std(ddof=1)) if len(odds) > 1 else 1.0
    return max(found, math.ceil(beyond * STEP) / STEP)


def best(parts):
    """The score at which, over the kinds of asset, most real ones lie below and most fakes above."""
    steps = np.arange(1, STEP) / STEP
    right = sum((real[:, None] < steps).mean(0) + (fakes[:, None] >= steps).mean(0) for real, fakes in parts)
    return float(np.median(steps[right == np.max(right)]))


def verdicts(records, head, chosen):
    """The shares that are called right, wrong and `unsure`, each asset by the band of its kind."""
    scores, fake = asset_scores(records, head, chosen["reading"]), labels(records)
    low, high = np.array([chosen["bands"][record["kind"]] for record in records]).T
    flagged, passed = scores >= high, scores <= low
    found = {"genuine called fake": flagged[~fake], "fakes called fake": flagged[fake], "fakes called real": passed[fake],
             "left unsure": ~flagged & ~passed}
    return {name: float(share.mean()) for name, share in found.items() if len(share)}

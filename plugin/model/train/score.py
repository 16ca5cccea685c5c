"""Scores of assets that were held out, as the plugin forms them, and the figures that follow from them."""

from collections import defaultdict

import numpy as np
import torch

from .nets import normalise
from .split import groups

TRACKS_AT_ONCE = 16


def score(tracks, packs, features, heads):
    """One record an asset: what its manifest says, its group, and `windows`: for each head the windows' logits.

    `features` takes crops uint8 [N, 3, S, S] to an array [N, F], a head takes such an array of one track to a logit.
    A window's logit is that of its most suspect face.
    """
    found = defaultdict(lambda: defaultdict(dict))
    assets = {}
    for track, group in zip(tracks, groups(tracks)):
        assets[track.asset["path"]] = track.asset | {"group": group}
    for begin in range(0, len(tracks), TRACKS_AT_ONCE):
        some = tracks[begin : begin + TRACKS_AT_ONCE]
        rows = np.concatenate([np.arange(track.row, track.row + track.rows) for track in some])
        each = np.split(features(packs.crops(rows)), np.cumsum([track.rows for track in some])[:-1])
        for track, values in zip(some, each):
            for name, head in heads.items():
                windows, logit = found[track.asset["path"]][name], float(head(values))
                windows[track.start_us] = max(windows.get(track.start_us, -np.inf), logit)
    by_head = {path: {name: list(windows.values()) for name, windows in found[path].items()} for path in assets}
    return [asset | {"windows": by_head[path]} for path, asset in assets.items()]


def torch_parts(detector, sequence):
    """`features` and the heads of trained networks, for `score`."""
    device = detector.frame.weight.device

    @torch.no_grad()
    def features(crops):
        return detector(normalise(crops))[0].cpu().numpy()

    @torch.no_grad()
    def frame(values):
        return detector.frame(torch.from_numpy(values).to(device)).mean()

    @torch.no_grad()
    def order(values):
        return sequence(torch.from_numpy(values).to(device)[None])[0]

    return features, {"frame": frame} | ({"sequence": order} if sequence is not None else {})


def labels(records):
    return np.array([record["label"] == "fake" for record in records])


def mean_logits(records, head):
    return np.array([np.mean(record["windows"][head]) for record in records])


def auc(fake, values):
    pairs = values[fake][:, None] - values[~fake][None]
    return float(((pairs > 0) + (pairs == 0) / 2).mean()) if pairs.size else float("nan")


def interval(records, head, times=1000):
    """95 % of the AUC, by bootstrap over groups of people."""
    members = defaultdict(list)
    for index, record in enumerate(records):
        members[record["group"]].append(index)
    members, random, values = list(members.values()), np.random.default_rng(0), []
    fake, logits = labels(records), mean_logits(records, head)
    for _ in range(times):
        pick = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        values.append(auc(fake[pick], logits[pick]))
    return [float(v) for v in np.nanpercentile(values, [2.5, 97.5])]


def report(records, title):
    """Prints the AUC of each head, of all and by generator."""
    fake = labels(records)
    generators = sorted({record["generator"] for record in records if record["label"] == "fake"})
    for head in records[0]["windows"]:
        logits = mean_logits(records, head)
        low, high = interval(records, head)
        parts = []
        for name in generators:
            some = ~fake | np.array([record["generator"] == name for record in records])
            parts.append(f"{name} {auc(fake[some], logits[some]):.3f}")
        count = f"{fake.sum()} fake, {(~fake).sum()} real"
        print(f"{title}, {head}: AUC {auc(fake, logits):.3f} [{low:.3f}, {high:.3f}] ({count}); {', '.join(parts)}")

"""Scores of assets that were held out, as the plugin forms them, and the figures that follow from them."""

from collections import defaultdict
from itertools import chain, islice

import numpy as np
import torch

from .calibrate import PLURAL, asset_scores, labels, readings
from .nets import normalise
from .packs import AS_FOUND
from .pixels import mirrored, resize
from .split import groups

TRACKS_AT_ONCE = 16
# With fewer groups of either label there is no interval, as in `veritag evaluate`.
FEWEST_GROUPS = 5
# [quality] of every bundle: faces beyond these limits are not judged. Of the faces that taught `lite0-frame`, one in a
# thousand is turned further aside; below this sharpness its answer is no better than chance (`limits`).
QUALITY = {"min_face_px": 64.0, "min_sharpness": 3.0, "min_brightness": 25.0, "max_brightness": 210.0, "max_turn": 0.6}
MEASURES = "face_px", "sharpness", "brightness"
# [input] still_views of every bundle.
STILL_VIEWS = ((1.06, 0.03, -0.03), (0.94, -0.03, 0.03), (1.03, -0.03, -0.03), (0.97, 0.03, 0.03), (1.0, 0.0, 0.0),
               (1.03, 0.03, 0.0), (0.97, -0.03, 0.0), (1.06, 0.0, 0.03), (0.94, 0.0, -0.03))


def judged(track):
    """Whether decide.rs in the plugin would judge this face."""
    face_px, sharpness, brightness = (track.quality[name] for name in MEASURES)
    return (face_px >= QUALITY["min_face_px"] and sharpness >= QUALITY["min_sharpness"]
            and QUALITY["min_brightness"] <= brightness <= QUALITY["max_brightness"]
            and turn(track.landmarks) <= QUALITY["max_turn"])


def turn(landmarks):
    """Median over landmarks [N, 5, 2] of how far the nose lies aside of the middle between the eyes, in units of their way."""
    left, right, nose = (landmarks[:, point] for point in range(3))
    across, aside = right - left, nose - (left + right) / 2
    return float(np.median(np.abs((across * aside).sum(1)) / np.maximum((across**2).sum(1), 1e-6)))


def score(tracks, packs, features, heads, in_scope=lambda values: True, made=(), change=lambda crops: crops):
    """One record an asset: what its manifest says, its group, and `windows`: for each head the windows' logits.

    Beside the assets as they are stand those `made` of them, tracks with their loose crops, and `change` is what happens
    to all crops.
    `features` takes crops uint8 [N, 3, S, S] to an array [N, F], a head takes such an array of one track to a logit,
    `in_scope` says of one whether it may be judged. A window's logit is that of its most suspect face; windows and
    assets without a face to judge are left out.
    """
    group, records = {track.key: name for track, name in zip(tracks, groups(tracks))}, {}
    cut = ((track, packs.crops(np.arange(track.row, track.row + track.rows))) for track in tracks if judged(track))
    shown = ((track, seen(packs, track, change(crops))) for track, crops in chain(cut, made))
    for track, values in read(shown, features):
        if not in_scope(values):
            continue
        blank = track.asset | {"group": group[track.key], "windows": {name: {} for name in heads}}
        for name, head in heads.items():
            windows, logit = records.setdefault((track.key, track.asset["generator"]), blank)["windows"][name], read_by(head, track, values)
            windows[track.start_us] = max(windows.get(track.start_us, logit), logit)
    for record in records.values():
        record["windows"] = {name: list(windows.values()) for name, windows in record["windows"].items()}
    return list(records.values())


def seen(packs, track, crops):
    """What the model sees of a track's loose crops: a still's several views, footage's frames, some of them mirrored."""
    return mirrored(packs.served(crops, STILL_VIEWS if track.asset["kind"] == "image" else AS_FOUND))


def read(shown, features):
    """Each track with its features; `shown` are tracks with their crops."""
    shown = iter(shown)
    while some := list(islice(shown, TRACKS_AT_ONCE)):
        tracks, crops = zip(*some)
        values = features(torch.cat(crops))
        yield from zip(tracks, np.split(values, np.cumsum([len(each) for each in crops])[:-1]))


def read_by(head, track, values):
    """The logit of a track; the views of a still are read each by itself."""
    if track.asset["kind"] == "image":
        return float(np.mean([float(head(value[None])) for value in values]))
    return float(head(values))


def torch_parts(detector, sequence, side=None):
    """`features` and the heads of trained networks, for `score`; crops are brought to `side`, if it is given."""
    device = detector.frame.weight.device

    @torch.no_grad()
    def features(crops):
        crops = resize(crops.float() / 255, side) if side else crops
        return detector(normalise(crops))[0].cpu().numpy()

    @torch.no_grad()
    def frame(values):
        return detector.frame(torch.from_numpy(values).to(device)).mean()

    @torch.no_grad()
    def order(values):
        return sequence(torch.from_numpy(values).to(device)[None])[0]

    return features, {"frame": frame} | ({"sequence": order} if sequence is not None else {})


def auc(fake, values):
    """How often a fake lies above a real one; ties count half."""
    real, fakes = np.sort(values[~fake]), values[fake]
    if not len(real) or not len(fakes):
        return float("nan")
    below = np.searchsorted(real, fakes, "left") + np.searchsorted(real, fakes, "right")
    return float(below.mean() / 2 / len(real))


def interval(records, values, times=1000):
    """95 % of the AUC of the assets' scores `values`, by bootstrap over groups of people; None if there are few."""
    members = defaultdict(list)
    for index, record in enumerate(records):
        members[record["group"]].append(index)
    members, random, found = list(members.values()), np.random.default_rng(0), []
    fake = labels(records)
    if min(len({records[i]["group"] for i in np.flatnonzero(some)}) for some in (fake, ~fake)) < FEWEST_GROUPS:
        return None
    for _ in range(times):
        pick = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        found.append(auc(fake[pick], values[pick]))
    return [float(v) for v in np.nanpercentile(found, [2.5, 97.5])]


def calibrated(records, head):
    """The scores of the assets, if calibrated on themselves."""
    return asset_scores(records, head, readings(records, head))


def shortcuts(tracks):
    """The AUC that each measure of quality alone would give, videos and pictures apart: 0.5 where it tells nothing."""
    lines = []
    for kind in sorted({track.asset["kind"] for track in tracks}):
        some = [track for track in tracks if track.asset["kind"] == kind]
        fake = np.array([track.fake for track in some])
        parts = (f"{name} {auc(fake, np.array([track.quality[name] for track in some])):.3f}" for name in MEASURES)
        lines.append(f"{kind}s: {', '.join(parts)}")
    return lines


def report(records, title):
    """Prints the AUC of each head, of all, and of clips and of stills by generator."""
    fake = labels(records)
    generators = sorted({(record["kind"], record["generator"]) for record in records if record["label"] == "fake"})
    for head in records[0]["windows"]:
        values = calibrated(records, head)
        around = interval(records, values)
        around = f" [{around[0]:.3f}, {around[1]:.3f}]" if around else ""
        parts = []
        for kind, name in generators:
            some = np.array([record["kind"] == kind and (record["label"] == "real" or record["generator"] == name)
                             for record in records])
            parts.append(f"{name} in {PLURAL[kind]} {auc(fake[some], values[some]):.3f}")
        count = f"{fake.sum()} fake, {(~fake).sum()} real"
        print(f"{title}, {head}: AUC {auc(fake, values):.3f}{around} ({count}); {', '.join(parts)}")

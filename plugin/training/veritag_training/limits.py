"""How well real and fake stills are told apart by how sharp they are: what `min_sharpness` of a bundle rests on."""

from itertools import chain

import numpy as np
import torch

from . import pixels
from .calibrate import labels
from .score import auc, interval, judged, read
from .split import groups

# Shares of their size that crops are brought to, and JPEG's qualities there.
SHARES, QUALITIES = (1.0, 0.6, 0.4, 0.3, 0.2), (90, 50, 25)
EDGES = 0, 3, 6, 12, 20, 30, 60, 120, 250, float("inf")
LUMA = torch.tensor([0.299, 0.587, 0.114])


def sharpness(crops):
    """[N], as quality.rs in the plugin measures crops uint8 [N, 3, S, S]: the variance of luma's Laplacian."""
    y = torch.einsum("nchw,c->nhw", crops.float(), LUMA.to(crops.device))
    inner = y[:, 1:-1, 1:-1]
    edges = y[:, :-2, 1:-1] + y[:, 2:, 1:-1] + y[:, 1:-1, :-2] + y[:, 1:-1, 2:] - 4 * inner
    return edges.flatten(1).var(1, correction=0)


def table(work, features, head):
    """Lines of Markdown: the AUC of held-out stills, and of swaps made of them, in each range of sharpness, with 95 % intervals.

    `features` and `head` as in `score`. Stills are seen once, in every wear of `SHARES` and `QUALITIES`.
    """
    real = [track for track in work.roles["validation"] if judged(track) and not track.fake]
    shown = [(track, work.packs.crops(np.arange(track.row, track.row + track.rows))) for track in real]
    stills = [(track, crops) for track, crops in chain(shown, work.swaps("validation")) if track.asset["kind"] == "image"]
    found = [record for share in SHARES for quality in QUALITIES
             for record in measure(work, stills, features, head, share, quality)]
    rows = [line([record for record in found if low <= record["sharpness"] < high], low, high)
            for low, high in zip(EDGES, EDGES[1:])]
    return ["| sharpness | genuine | fake | AUC |", "|---|---:|---:|---:|", *rows]


def measure(work, stills, features, head, share, quality):
    """Of each still its label, its group of people, its sharpness and its logit."""
    worn = [(track, pixels.rough(work.packs.served(crops), quality, share)) for track, crops in stills]
    sharp = [float(sharpness(crops)[0]) for _, crops in worn]
    people = groups([track for track, _ in stills])
    return [{"label": track.asset["label"], "group": group, "sharpness": value, "logit": float(head(values))}
            for value, group, (track, values) in zip(sharp, people, read(worn, features))]


def line(found, low, high):
    fake, logits, ranked = labels(found), np.array([record["logit"] for record in found]), "–"
    if min(fake.sum(), (~fake).sum()) >= 20 and (around := interval(found, logits)):
        ranked = f"{auc(fake, logits):.2f} [{around[0]:.2f}, {around[1]:.2f}]"
    return f"| {low} to {high} | {(~fake).sum()} | {fake.sum()} | {ranked} |"

"""Figures of genuine people, and of fakes made of them, by apparent age, sex and origin, as collections label them."""

import re
from collections import defaultdict
from pathlib import Path

from .calibrate import asset_scores, labels, most, verdicts
from .score import auc, interval
from .split import collection

# Fewest genuine assets of which a share says anything.
FEWEST = 20
AGES = (18, "under 18"), (40, "18 to 39"), (60, "40 to 59"), (1000, "60 and above")
SEX = {"0": "men", "1": "women", "male": "men", "female": "women"}
ORIGIN = dict(enumerate(("white", "black", "east Asian", "Indian", "other")))
NAMED = {"black": "black", "asian": "east Asian", "caucasian": "white", "indian": "Indian", "hispanic": "Hispanic",
         "mideastern": "Middle Eastern"}
FIRST_MAN = 7381  # of All-Age-Faces, which lists women first
HEAD = "| who | genuine | fake | AUC | genuine called fake, at most | left unsure |\n|---|---:|---:|---|---|---:|"


def described(asset):
    """What the file's name says of its person, by `age`, `sex` and `origin`; nothing where it is no such name."""
    name = Path(asset["path"]).name
    if collection(asset) == "UTKFace" and (found := re.match(r"(\d+)_([01])_([0-4])_", name)):
        return {"age": age(found[1]), "sex": SEX[found[2]], "origin": ORIGIN[int(found[3])]}
    if collection(asset) == "All-Age-Faces" and (found := re.match(r"(\d+)A(\d+)", name)):
        return {"age": age(found[2]), "sex": "women" if int(found[1]) < FIRST_MAN else "men"}
    if collection(asset) == "MEBeauty" and (found := re.match(r"(female|male)_([a-z]+)_", name)):
        return {"sex": SEX[found[1]]} | ({"origin": NAMED[found[2]]} if found[2] in NAMED else {})
    return {}


def age(years):
    return next(name for below, name in AGES if int(years) < below)


def table(records, head, chosen):
    """Lines of Markdown, one for each group of enough genuine assets; none where nobody is described."""
    groups = defaultdict(list)
    for record in records:
        for kind, name in described(record).items():
            groups[kind, name].append(record)
    lines = [line(name, some, head, chosen) for (_, name), some in sorted(groups.items())
             if (~labels(some)).sum() >= FEWEST]
    return [HEAD, *lines] if lines else []


def line(name, records, head, chosen):
    scores, fake = asset_scores(records, head, chosen["reading"]), labels(records)
    shares, around = verdicts(records, head, chosen), interval(records, scores)
    flagged, genuine = round(shares["genuine called fake"] * (~fake).sum()), int((~fake).sum())
    ranked = f"{auc(fake, scores):.2f}" + (f" [{around[0]:.2f}, {around[1]:.2f}]" if around else "")
    return (f"| {name} | {genuine} | {fake.sum()} | {ranked} | {flagged} of {genuine}, {most(flagged, genuine):.1%} | "
            f"{shares['left unsure']:.0%} |")

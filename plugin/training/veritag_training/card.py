"""What model.toml says of a bundle: how to use it, what has taught it, and its figures on validation."""

import json
from collections import Counter

from . import record, scope
from .calibrate import FEWEST, PLURAL, asset_scores, labels, most, verdicts
from .nets import ARCHITECTURE
from .score import QUALITY, STILL_VIEWS, auc, calibrated, interval
from .split import collection, groups, persons
from .swaps import KINDS

SINGLE = ("single faces of held-out people and of photographs kept back, by which limits were set",
          "single drawn faces, by which limits were set")
BEGINNING = {"lite0": "Its training began", "resnext50": "It was taught by a network whose training began"}
MODE = {"frame": "frame-mean", "sequence": "sequence"}


def fields(work, arch, head, records, chosen, refused):
    """The fields of `model.toml.in` that say what the model is and how its scores are to be read."""
    return {
        "mode": json.dumps(MODE[head]), "architecture": json.dumps(ARCHITECTURE[arch] + (f"-{work.options.order}" if head == "sequence" else "")),
        "weights_licence": f" {BEGINNING[arch]} with ImageNet weights under Apache-2.0.",
        "size": work.packs.side, "margin": work.packs.margin, "still_views": json.dumps(STILL_VIEWS), "window": work.packs.window,
        "calibrations": calibrations(records, chosen["reading"]),
        "threshold": f"{chosen['threshold']:.3f}", "beyond": beyond(records, chosen),
        "bands": bands(chosen["bands"]),
        "reasons": json.dumps([name for name in scope.REASONS if name in refused]),
        "missing": f"missing = {json.dumps(work.options.missing)}\n" if work.options.missing else "", **QUALITY}


def calibrations(records, reading):
    """The tables of how logits are read: of clips, or of all where there are none, and of stills."""
    tables = {"output.calibration": reading.get("video") or reading["image"], "output.still": reading.get("image")}
    return "\n".join(
        f"[{name}]\nscale = {numbers[0]:.4f}\noffset = {numbers[1]:.4f}\n"
        f"fitted_on = {json.dumps(fitted_on(records, kind))}\n"
        for (name, numbers), kind in zip(tables.items(), ("video", "image")) if numbers)


def bands(found):
    """The fields of the band of clips, or of all where there are none, and of that of stills where there are both."""
    shown = {"band": found.get("video") or found["image"]} | ({"still_band": found["image"]} if len(found) > 1 else {})
    return "\n".join(f"{name} = [{low:.3f}, {high:.3f}]" for name, (low, high) in shown.items())


def beyond(records, chosen):
    """What the upper ends of the bands, from where an asset is called fake, can vouch for."""
    parts = []
    for kind in chosen["reading"]:
        genuine = sum(record["kind"] == kind and record["label"] == "real" for record in records)
        flagged = round(chosen["said"].get(f"genuine called fake, {PLURAL[kind]}", 0) * genuine)
        parts.append(f"{flagged} of {genuine} held-out real {PLURAL[kind]} (of others up to {most(flagged, genuine):.1%})")
    return f"The upper ends of the bands flag {' and '.join(parts)}; 95 % limits."


def describe(work, head):
    """What was learnt from, in a sentence or two."""
    roles = ["train"] + ["sequence"] * (head == "sequence")
    assets = {track.key: track.asset for role in roles for track in work.sampler(role).tracks}.values()
    originals = [asset for asset in assets if not asset.get("encoding")]
    counts = Counter((a["label"], a["kind"], a["source"], a["generator"]) for a in originals)
    parts = [f"{count} {label} {kind}s of {source}" + (f" ({generator})" if label == "fake" else "")
             for (label, kind, source, generator), count in sorted(counts.items())]
    if copies := len(assets) - len(originals):
        parts.append(f"{copies} re-encoded copies of such videos")
    stills, clips = (round(100 * work.blends[kind]) for kind in ("image", "video"))
    return (f"{'; '.join(parts)}. About {stills} % of the fakes of photographs and {clips} % of those of clips were made in "
            "training from the real ones by self-blending (Shiohara and Yamasaki, 2022).")


def fitted_on(records, kind):
    """What a calibration rests on, in words."""
    some = [record for record in records if record["kind"] == kind]
    if min(labels(some).sum(), (~labels(some)).sum()) < FEWEST:
        some = records
    fake, people = labels(some), len({record["group"] for record in some})
    domains, made = {collection(record) for record in some}, sum(record["generator"] in KINDS for record in some)
    return (f"Logits of {(~fake).sum()} real and {fake.sum()} fake assets of {people} groups of people and "
            f"{len(domains)} collections who taught nothing, both classes weighted alike; {made} of the fakes are such "
            "people with the faces of others, a kind that training does not show.")


def metrics(work, before, after, records, head, chosen, refused, worn):
    """[[metric]] tables: these rank the bundle, and set its expectations; a test set must confirm them.

    `worn` are records of collections kept away, and of held-out people after wear, by what they are.
    """
    rows = [figure("AUC", after, asset_scores(after, head, chosen["reading"]))]
    rows += [figure(f"AUC of the {MODE[name]} before weights were stored in few bits", before, calibrated(before, name))
             for name in before[0]["windows"]]
    rows += [(name, value, None, records) for name, value in chosen["said"].items()]
    people = "validation: held-out people, whom calibration, threshold and head were chosen on"
    tables = [record.row(people, len(of), labels(of).sum(), len({asset["group"] for asset in of}), *rest)
              for *rest, of in rows]
    for name, of in worn.items():
        tables += [record.row(name, len(of), labels(of).sum(), len({asset["group"] for asset in of}), *row)
                   for row in elsewhere(of, head, chosen)]
    for reason, share in refused.items():
        faces = scope.measured_on(work, reason)
        counts = (len({track.key for track in faces}), len({track.key for track in faces if track.fake}),
                  len({*groups(faces)}))
        tables.append(record.row(SINGLE[reason == "drawn"], *counts, f"share refused, {reason}", share))
    return tables


def elsewhere(records, head, chosen):
    """AUC and verdicts of other assets than those by which the bands were set."""
    scores, fake, shares = asset_scores(records, head, chosen["reading"]), labels(records), verdicts(records, head, chosen)
    genuine = (~fake).sum()
    flagged = round(shares["genuine called fake"] * genuine)
    bounds = {"genuine called fake": [1 - most(genuine - flagged, genuine), most(flagged, genuine)]}
    return [("AUC", auc(fake, scores), interval(records, scores)),
            *((name, value, bounds.get(name)) for name, value in shares.items())]


def learnt_from(work, seen):
    """How much, and of how many."""
    tracks = [track for track in work.roles["train"] if not track.fake]
    people, domains = {persons(track)[0] for track in tracks}, {collection(track.asset) for track in tracks}
    return f" It has seen {seen:,} crops, of {len(people):,} genuine people from {len(domains)} collections."


def figure(name, records, values):
    return name, auc(labels(records), values), interval(records, values), records

"""What model.toml says of a bundle: how to use it, what has taught it, and its figures on validation."""

import json
from collections import Counter

from . import record, scope
from .calibrate import asset_scores, labels, most
from .nets import ARCHITECTURE
from .score import QUALITY, auc, calibrated, interval
from .split import groups

SINGLE = ("single faces of held-out people and of photographs kept back, by which limits were set",
          "single drawn faces, by which limits were set")
BEGINNING = {"lite0": "Its training began", "resnext50": "It was taught by a network whose training began"}
MODE = {"frame": "frame-mean", "sequence": "sequence"}


def fields(work, arch, head, records, chosen, refused):
    """The fields of `model.toml.in` that say what the model is and how its scores are to be read."""
    return {
        "mode": json.dumps(MODE[head]), "training_data": json.dumps(describe(work, head)),
        "architecture": json.dumps(ARCHITECTURE[arch] + ("-lstm" if head == "sequence" else "")),
        "weights_licence": f" {BEGINNING[arch]} with ImageNet weights under Apache-2.0.",
        "size": work.packs.side, "margin": work.packs.margin, "window": work.packs.window,
        "scale": f"{chosen['scale']:.4f}", "offset": f"{chosen['offset']:.4f}",
        "threshold": f"{chosen['threshold']:.3f}", "beyond": beyond(records, chosen),
        "fitted_on": json.dumps(fitted_on(records)),
        "low": f"{chosen['band'][0]:.3f}", "high": f"{chosen['band'][1]:.3f}",
        "reasons": json.dumps([name for name in scope.REASONS if name in refused]),
        "missing": f"missing = {json.dumps(work.options.missing)}\n" if work.options.missing else "", **QUALITY}


def beyond(records, chosen):
    """Where the threshold lies, and how little that may mean."""
    genuine = int((~labels(records)).sum())
    flagged = round(chosen["said"]["share at the threshold, of the real ones"] * genuine)
    return (f"Above all but {flagged} of {genuine} held-out real assets: of others up to {most(flagged, genuine):.0%} "
            "may lie above it (95 %).")


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
    share = round(100 * work.options.blends)
    return (f"{'; '.join(parts)}. About {share} % of the fakes in training were made from the real ones by "
            "self-blending (Shiohara and Yamasaki, 2022).")


def fitted_on(records):
    fake, people = labels(records), len({record["group"] for record in records})
    return (f"Window logits of {(~fake).sum()} real and {fake.sum()} fake assets of {people} groups of people who were "
            "held out of the training, both classes weighted alike, and in each all assets.")


def metrics(work, before, after, records, head, chosen, refused):
    """[[metric]] tables: these rank the bundle, and set its expectations; a test set must confirm them."""
    rows = [figure("AUC", after, asset_scores(after, head, chosen["scale"], chosen["offset"]))]
    rows += [figure(f"AUC of the {MODE[name]} before weights were stored in few bits", before, calibrated(before, name))
             for name in before[0]["windows"]]
    rows += [(name, value, None, records) for name, value in chosen["said"].items()]
    people = "validation: held-out people, whom calibration, threshold and head were chosen on"
    tables = [record.row(people, len(of), labels(of).sum(), len({asset["group"] for asset in of}), *rest)
              for *rest, of in rows]
    for reason, share in refused.items():
        faces = scope.measured_on(work, reason)
        counts = (len({track.key for track in faces}), len({track.key for track in faces if track.fake}),
                  len({*groups(faces)}))
        tables.append(record.row(SINGLE[reason == "drawn"], *counts, f"share refused, {reason}", share))
    return tables


def figure(name, records, values):
    return name, auc(labels(records), values), interval(records, values), records

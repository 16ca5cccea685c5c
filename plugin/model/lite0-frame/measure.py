"""Figures of a bundle from what `veritag scan --json` said of labelled media: measure.py MANIFEST ASSESSMENTS.

MANIFEST is a CSV with the columns path, label (real or fake), kind, generator and split; ASSESSMENTS has one JSON
document a line. Media of the split `test` count. Prints [[metric]] tables for model.toml; intervals are 95 %, by
bootstrap over assets for AUC and accuracy, exact binomial (Clopper and Pearson, 1934) for shares.

    veritag scan --json clips/ > assessments.jsonl && python measure.py manifest.csv assessments.jsonl

Needs: numpy==2.4.6 scipy==1.17.1
"""
import csv
import json
import sys

import numpy as np
from scipy.stats import beta


def load(manifest, assessments):
    """Label (True: fake), score and generator of every test asset that was assessed."""
    rows = [row for row in csv.DictReader(open(manifest)) if row["split"] == "test" and row["kind"] == "video"]
    documents = [json.loads(line) for line in open(assessments)]
    found = [(row, d) for row in rows for d in documents if d["asset"]["path"].endswith(row["path"])]
    missing = [row["path"] for row, d in found if "score" not in d]
    print(f"# {len(rows)} in the manifest, {len(found)} scanned, not assessed: {missing}")
    seen = [(row["label"] == "fake", d["score"], row["generator"]) for row, d in found if "score" in d]
    return (np.array(column) for column in zip(*seen)), found[0][1]


def auc(fake, score):
    pairs = score[fake][:, None] - score[~fake][None]
    return float(((pairs > 0) + (pairs == 0) / 2).mean())


def bootstrap(figure, *columns, times=2000):
    random, values = np.random.default_rng(0), []
    for _ in range(times):
        pick = random.integers(0, len(columns[0]), len(columns[0]))
        if len(set(columns[0][pick])) == 2:
            values.append(figure(*(column[pick] for column in columns)))
    return np.percentile(values, [2.5, 97.5])


def share(hits, of):
    low = beta.ppf(0.025, hits, of - hits + 1) if hits else 0
    high = beta.ppf(0.975, hits + 1, of - hits) if hits < of else 1
    return hits / of, (low, high)


def metric(name, value, interval, assets, fakes, part=""):
    print(f'[[metric]]\nset = "FaceForensics++ c23, test clips{part}"\nassets = {assets}\nfake = {fakes}')
    print(f'name = "{name}"\nvalue = {value:.3f}\ninterval = [{interval[0]:.3f}, {interval[1]:.3f}]\n')


def main(manifest, assessments):
    (fake, score, generator), document = load(manifest, assessments)
    low, high = document["band"]
    right = lambda f, s: float(((s >= document["threshold"]) == f).mean())
    everyone, reals, fakes = len(fake), int((~fake).sum()), int(fake.sum())
    metric("AUC", auc(fake, score), bootstrap(auc, fake, score), everyone, fakes)
    metric("accuracy at the threshold", right(fake, score), bootstrap(right, fake, score), everyone, fakes)
    metric("share called fake", *share(int((score[~fake] >= high).sum()), reals), reals, 0, ", real ones")
    metric("share called fake", *share(int((score[fake] >= high).sum()), fakes), fakes, fakes, ", fake ones")
    metric("share called real", *share(int((score[fake] <= low).sum()), fakes), fakes, fakes, ", fake ones")
    unsure = int(((score > low) & (score < high)).sum())
    metric("share left unsure", *share(unsure, everyone), everyone, fakes)
    for name in sorted(set(generator[fake])):
        some = ~fake | (generator == name)
        print(f"# AUC on {name}: {auc(fake[some], score[some]):.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:3])

"""python -m train.record BUNDLE EVALUATION SET: what was measured, as the first figures in the bundle's model.toml.

EVALUATION is what `veritag evaluate --json` wrote of this bundle, or of it as it was before other figures were put in;
SET names in words what it was measured on. `veritag scan` cites the figures of the first set. Those of a set that is
there already are replaced.
"""

import json
import sys
import tomllib
from pathlib import Path

SHOWN = {"auc": "AUC", "accuracy": "accuracy at the threshold", "false_flags": "genuine called fake",
         "caught": "fakes called fake", "missed": "fakes called real", "unsure": "left unsure"}
MARK = "\n[[metric]]\n"


def measured(evaluation, name, parts):
    """The figures of the bundle called `name`, whose parts must be those that were measured."""
    found = [bundle for bundle in evaluation["bundles"] if bundle["model"]["name"] == name]
    if len(found) != 1 or found[0]["parts"] != parts:
        raise SystemExit(f"the evaluation is not of this {name}: measure these very parts, with `veritag evaluate --json`")
    return found[0]["measured"]


def tables(measured, name):
    """[[metric]] tables of what was assessed."""
    real, fake = (sum(measured[label].values()) for label in ("real", "fake"))
    rows = []
    for key, words in SHOWN.items():
        figure = measured["figures"][key]
        if figure.get("value") is not None:
            row = {"set": name, "assets": real + fake, "fake": fake, "name": words, "value": figure["value"]}
            rows.append(row | ({"interval": figure["interval"]} if figure.get("interval") else {}))
    return rows


def text(row):
    number = lambda value: f"{value:.3f}"  # noqa: E731
    shown = {key: json.dumps(row[key]) for key in ("set", "assets", "fake", "name")} | {"value": number(row["value"])}
    if "interval" in row:
        shown["interval"] = f"[{', '.join(map(number, row['interval']))}]"
    return MARK + "".join(f"{key} = {value}\n" for key, value in shown.items())


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    path, name = Path(sys.argv[1]) / "model.toml", sys.argv[3]
    card = path.read_text()
    head = tomllib.loads(card)
    parts = {part["name"]: part["sha256"] for part in head["part"]}
    first = measured(json.loads(Path(sys.argv[2]).read_text()), head["model"]["name"], parts)
    rows = tables(first, name) + [row for row in head.get("metric", []) if row["set"] != name]
    path.write_text(card.partition(MARK)[0] + "".join(map(text, rows)))
    print(f"{path}: {len(rows)} figures")


if __name__ == "__main__":
    main()

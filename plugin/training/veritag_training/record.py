"""python -m veritag_training.record BUNDLE EVALUATION SET: what was measured, as the first figures in the bundle's model.toml.

EVALUATION is what `veritag evaluate --json` wrote of this bundle; SET names in words what it was measured on. `veritag
scan` cites the figures of the first set. Those of a set that is there already are replaced.
"""

import json
import os
import sys
import tomllib
from pathlib import Path

SHOWN = {"auc": "AUC", "accuracy": "accuracy at the threshold", "false_flags": "genuine called fake",
         "caught": "fakes called fake", "missed": "fakes called real", "unsure": "left unsure",
         "not_assessed": "not assessed"}
MARK = "\n[[metric]]\n"


def row(name, assets, fake, groups, figure, value, interval=None):
    """A [[metric]] table."""
    found = {"set": name, "assets": int(assets), "fake": int(fake), "groups": groups, "name": figure}
    return found | {"value": float(value)} | ({"interval": interval} if interval else {})


def text(row):
    keys = [key for key in ("set", "assets", "fake", "groups", "name") if key in row]
    shown = {key: json.dumps(row[key], ensure_ascii=False) for key in keys}
    shown["value"] = f"{row['value']:.3f}"
    if "interval" in row:
        shown["interval"] = f"[{', '.join(f'{end:.3f}' for end in row['interval'])}]"
    return MARK + "".join(f"{key} = {value}\n" for key, value in shown.items())


def measured(evaluation, card):
    """What the evaluation says of the bundle of this model.toml: of the same parts, threshold and bands."""
    identity = {"parts": {part["name"]: part["sha256"] for part in card["part"]}}
    identity |= {key: card["output"].get(key) for key in ("threshold", "band", "still_band")}
    found = [bundle for bundle in evaluation["bundles"] if {key: rounded(bundle.get(key)) for key in identity} == identity]
    if not found:
        raise SystemExit("the evaluation is not of this bundle: measure it as it is, with `veritag evaluate --json`")
    if "train" in evaluation["splits"] or evaluation.get("limit"):
        raise SystemExit("the evaluation is of training assets, or not of all: measure the whole of another split")
    return found[0]["measured"]


def rounded(value):
    """Numbers of f32 as model.toml writes them."""
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 6) if isinstance(value, float) else value


def tables(measured, name):
    real, fake = (sum(measured[label].values()) for label in ("real", "fake"))
    figures = [(words, measured["figures"][key]) for key, words in SHOWN.items()]
    return [row(name, real + fake, fake, measured["groups"], words, figure["value"], figure.get("interval"))
            for words, figure in figures if figure.get("value") is not None]


def others(card, rows):
    """The figures that a model.toml has of other sets than `rows`."""
    sets = {row["set"] for row in rows}
    return [row for row in card.get("metric", []) if row["set"] not in sets]


def write(path, card, rows):
    """`card`, the text of a model.toml whose last tables are its figures, with `rows` in their place."""
    new = card.partition(MARK)[0] + "".join(map(text, rows))
    was, now = ({k: v for k, v in tomllib.loads(each).items() if k != "metric"} for each in (card, new))
    if was != now:
        raise SystemExit(f"{path}: move its [[metric]] tables to the end, after all others")
    path.with_suffix(".new").write_text(new)
    os.replace(path.with_suffix(".new"), path)


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    path, name = Path(sys.argv[1]) / "model.toml", sys.argv[3]
    text = path.read_text()
    card = tomllib.loads(text)
    found = measured(json.loads(Path(sys.argv[2]).read_text()), card)
    rows = tables(found, name)
    rows += others(card, rows)
    write(path, text, rows)
    print(f"{path}: {len(rows)} figures")


if __name__ == "__main__":
    main()

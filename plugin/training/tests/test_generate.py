"""Generated faces are saved as the photographs that they stand beside."""

import csv

import numpy as np
from PIL import Image
from veritag_training import generate
from veritag_training.split import collection, people


def test_faces_look_like_photographs_of_the_manifest(tmp_path):
    sizes = {"Large": ((300, 400), 92), "Small": ((200, 200), 60)}
    for name, (size, quality) in sizes.items():
        Image.effect_noise(size, 60).convert("RGB").save(tmp_path / f"{name}.jpg", quality=quality)
    rows = [f"{name}.jpg,real,image,{name} (a copy),none,{name},train" for name in sizes] + ["x.jpg,real,image,Kept,none,x,test"]
    (tmp_path / "manifest.csv").write_text("\n".join([",".join(generate.FIELDS), *rows]) + "\n")
    face = lambda random: Image.fromarray(random.integers(256, size=(64, 64, 3), dtype=np.uint8))  # noqa: E731
    generate.make(tmp_path / "manifest.csv", tmp_path / "out", 6, 1, face)
    with open(tmp_path / "out/manifest.csv", newline="") as file:
        made = list(csv.DictReader(file))
    assert [collection(row) for row in made] == ["Large", "Small"] * 3 and len({*people(made[0]), *people(made[1])}) == 2
    for row in made:
        with Image.open(tmp_path / "out" / row["path"]) as image, Image.open(tmp_path / f"{collection(row)}.jpg") as like:
            assert image.size == (min(like.size),) * 2 and image.quantization == like.quantization
    before = (tmp_path / "out/00000.jpg").read_bytes()
    generate.make(tmp_path / "manifest.csv", tmp_path / "out", 7, 1, face)
    assert (tmp_path / "out/00000.jpg").read_bytes() == before and (tmp_path / "out/00006.jpg").exists()

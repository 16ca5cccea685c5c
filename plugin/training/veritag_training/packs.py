"""Reads crop packs, the output of `veritag crops`: what the model will see when it serves, and nothing else.

Coordinates of landmarks are relative to the crop: its centre is (0, 0), its corners (-1, -1) and (1, 1).
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .pixels import middle, positions, warp

SCHEMA = "veritag.crops/1"
# The one view of a face in footage.
AS_FOUND = ((1.0, 0.0, 0.0),)


@dataclass(frozen=True)
class Track:
    """One face through one window; `row` counts over all crops of all packs."""

    pack: int
    asset: dict
    quality: dict
    start_us: int
    face: int
    row: int
    rows: int
    landmarks: np.ndarray  # [rows, 5, 2]

    @property
    def key(self):
        """Tells assets apart: packs may name different ones alike."""
        return f"{self.pack}:{self.asset['path']}"

    @property
    def fake(self):
        return self.asset["label"] == "fake"


class Packs:
    """All tracks of the packs in `folders`, those of the split `train` alone, and their crops.

    Packs may be cut more loosely than a model is served, by `margin`: the model sees the middle, `side` wide, and
    training moves about within the rest.
    On CUDA the crops are held on the device if they fill at most a third of it, else they are read from the
    mapped files batch by batch.
    """

    def __init__(self, folders, device, margin=None):
        self.device, self.tracks, self.parts, self.starts = device, [], [], []
        self.heads = [json.loads((Path(folder) / "crops.json").read_text()) for folder in folders]
        shapes = {(head["schema"], head["size"], head["margin"], head["window"]) for head in self.heads}
        if len(shapes) != 1 or next(iter(shapes))[0] != SCHEMA:
            raise SystemExit(f"packs must be of one kind, {SCHEMA}: {sorted(shapes)}")
        _, self.size, self.cut, self.window = shapes.pop()
        self.margin = margin or self.cut
        self.side = served(self.size, self.cut, self.margin)
        rows = 0
        for pack, (folder, head) in enumerate(zip(map(Path, folders), self.heads)):
            first = {}
            for part in head["parts"]:
                first[part["file"]] = rows
                self.starts.append(rows)
                self.parts.append(open_part(folder / part["file"], part, self.size))
                rows += part["rows"]
            lines = (folder / "tracks.jsonl").read_text().splitlines()
            tracks = [read_track(pack, json.loads(line), first, self.cut) for line in lines]
            self.tracks += [track for track in tracks if track.asset["split"] == "train" and track.rows]
        self.resident, filled = None, rows * self.size**2 * 3
        if device.type == "cuda" and 3 * filled < torch.cuda.get_device_properties(device).total_memory:
            self.resident = torch.cat([torch.from_numpy(part).to(device) for part in self.parts])

    def crops(self, rows):
        """uint8 [..., 3, size, size] of the rows [...], on the device."""
        if self.resident is not None:
            taken = self.resident[torch.as_tensor(rows, device=self.device)]
        else:
            part = np.searchsorted(self.starts, rows, side="right") - 1
            flat = [self.parts[p][r - self.starts[p]] for p, r in zip(part.ravel(), rows.ravel())]
            taken = torch.from_numpy(np.stack(flat)).to(self.device).unflatten(0, rows.shape)
        return taken.movedim(-1, -3)

    def served(self, crops, views=AS_FOUND):
        """uint8 [views · N, 3, side, side]: what the model sees of `crops` [N, 3, size, size] when it serves.

        One of `views`, as `input.still_views` of model.toml has them, after the other.
        """
        return torch.cat([self.view(crops, *view) for view in views])

    def view(self, crops, zoom, across, down):
        if (zoom, across, down) == AS_FOUND[0]:
            return middle(crops, self.side)
        share = torch.tensor([across, down], device=crops.device) * 2 / self.cut
        grid = positions(self.side, crops.device) * (self.side / self.size * zoom) + share
        return warp(crops.float(), grid.expand(len(crops), -1, -1, -1)).round().byte()


def served(size, cut, margin):
    """The side of crops of `margin` in crops `size` wide of the margin `cut`; stops where they do not fit in."""
    side = size * margin / cut
    if side > size or abs(side - round(side)) > 0.02 or (size - round(side)) % 2:
        raise SystemExit(f"--margin {margin}: crops {size} wide with margin {cut} have no middle of that, pixel by pixel")
    return round(side)


def open_part(path, part, size):
    """uint8 [rows, size, size, 3], mapped from a safetensors file of the one tensor `crops`."""
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != part["sha256"]:
            raise SystemExit(f"{path} is not the file that crops.json names")
        file.seek(0)
        length = int.from_bytes(file.read(8), "little")
        tensor = json.loads(file.read(length))["crops"]
    shape = [part["rows"], size, size, 3]
    if tensor["dtype"] != "U8" or tensor["shape"] != shape:
        raise SystemExit(f"{path}: {tensor['dtype']} {tensor['shape']}, expected U8 {shape}")
    return np.memmap(path, np.uint8, "c", 8 + length + tensor["data_offsets"][0], tuple(shape))


def read_track(pack, line, first, margin):
    boxes = np.array([frame["bbox"] for frame in line["frames"]], np.float64).reshape(-1, 1, 4)
    points = np.array([frame["landmarks"] for frame in line["frames"]], np.float64).reshape(-1, 5, 2)
    middle, side = boxes[..., :2] + boxes[..., 2:] / 2, boxes[..., 2:].max(-1, keepdims=True) * margin
    landmarks = ((points - middle) / (side / 2)).astype(np.float32)
    row = first[line["part"]] + line["row"]
    start, face, rows = line["window"]["start_us"], line["face"], line["rows"]
    if line["asset"]["kind"] == "image":  # of its views the middle one, as it was found
        row, rows, landmarks = row + rows // 2, 1, landmarks[rows // 2 :][:1]
    return Track(pack, line["asset"], line["quality"], start, face, row, rows, landmarks)

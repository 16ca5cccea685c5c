"""python -m train.reencode MANIFEST OUT: copies of the videos of a manifest as they come out of other people's hands.

Each training video is encoded anew in some ways, drawn by its path and --seed, real and fake alike. OUT/manifest.csv
has the columns of MANIFEST and `encoding`; paths in it are relative to OUT. Run `veritag crops` on it, and train on
that pack beside the one of the originals. Needs ffmpeg with libx264, libx265 and libvpx-vp9; copies that are there
already are kept.
"""

import argparse
import csv
import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

H264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf"]
H265 = ["-c:v", "libx265", "-preset", "veryfast", "-x265-params", "log-level=error:pools=1", "-crf"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "6", "-b:v", "0", "-crf"]
# Name: encoder, quality and the size that the picture is brought to, in shares of its own, before and after.
ENCODINGS = {
    "h264-crf23": (H264, 23, 1), "h264-crf32": (H264, 32, 1), "h264-crf40": (H264, 40, 1),
    "h265-crf28": (H265, 28, 1), "h265-crf37": (H265, 37, 1),
    "vp9-crf33": (VP9, 33, 1), "vp9-crf48": (VP9, 48, 1),
    "h264-crf26-half": (H264, 26, 2), "h265-crf30-half": (H265, 30, 2), "h264-crf23-third": (H264, 23, 3),
}


def command(ffmpeg, source, target, encoding):
    """Shrunk, encoded and, if it was shrunk, brought back to size with next to no further loss: two processes."""
    encoder, quality, shrink = ENCODINGS[encoding]
    start = [ffmpeg, "-nostdin", "-v", "error", "-y", "-threads", "1"]
    down = ["-vf", f"scale=trunc(iw/{shrink}/2)*2:trunc(ih/{shrink}/2)*2"]
    out = ["-map", "0:v:0", "-an", "-pix_fmt", "yuv420p", "-threads", "1"]
    small = target.with_suffix(".small.mkv")
    steps = [[*start, "-i", str(source), *down, *out, *encoder, str(quality), str(small)]]
    if shrink > 1:
        up = ["-vf", f"scale=iw*{shrink}:ih*{shrink}:flags=bicubic"]
        steps.append([*start, "-i", str(small), *up, *out, *H264, "12", str(target.with_suffix(".up.mkv"))])
    return steps


def encode(ffmpeg, source, target, encoding):
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    steps = command(ffmpeg, source, target, encoding)
    for step in steps:
        subprocess.run(step, check=True)
    made = [Path(step[-1]) for step in steps]
    os.replace(made[-1], target)
    for left in made[:-1]:
        left.unlink()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("manifest", type=Path)
    args.add_argument("out", type=Path)
    args.add_argument("--copies", type=int, default=2, help="of each video, each in another encoding (2)")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--jobs", type=int, default=os.cpu_count())
    args.add_argument("--ffmpeg", default="ffmpeg")
    o = args.parse_args()
    with open(o.manifest, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "video" and row["split"] == "train"]
    copies = []
    for row in rows:
        for encoding in random.Random(f"{o.seed} {row['path']}").sample(sorted(ENCODINGS), o.copies):
            path = Path(row["path"]).with_suffix(f".{encoding}.mkv")
            copies.append((row["path"], row | {"path": str(path), "encoding": encoding}))
    with ThreadPoolExecutor(o.jobs) as pool:
        work = [pool.submit(encode, o.ffmpeg, o.manifest.parent / source, o.out / row["path"], row["encoding"])
                for source, row in copies]
        for number, each in enumerate(work, 1):
            each.result()
            print(f"\r{number} of {len(work)} copies", end="" if number < len(work) else "\n", flush=True)
    with open(o.out / "manifest.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(copies[0][1]))
        writer.writeheader()
        writer.writerows(row for _, row in copies)


if __name__ == "__main__":
    main()

"""python -m veritag_training.reencode MANIFEST OUT: copies of the videos of a manifest as they come out of other people's hands.

Each training video is encoded anew in some ways, drawn by its path and --seed, real and fake alike. OUT/manifest.csv
has the columns of MANIFEST and `encoding`; paths in it are relative to OUT. Run `veritag crops` on it, and train on
that pack beside the one of the originals. Needs ffmpeg with libx264, libx265 and libvpx-vp9; copies that are there
already are kept, videos that cannot be read are named and left out.
"""

import argparse
import csv
import hashlib
import os
import random
import shutil
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
        if status := subprocess.run(step).returncode:
            raise OSError(f"{ffmpeg} ended with {status}")
    made = [Path(step[-1]) for step in steps]
    os.replace(made[-1], target)
    for left in made[:-1]:
        left.unlink()


def plan(manifest, copies, seed):
    """The columns of the copies' manifest; each source with the row of a copy of it."""
    with open(manifest, newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if row["kind"] == "video" and row["split"] == "train"]
    return [*reader.fieldnames, "encoding"], [
        (row["path"], row | {"path": copy_path(row["path"], encoding), "encoding": encoding})
        for row in rows for encoding in random.Random(f"{seed} {row['path']}").sample(sorted(ENCODINGS), copies)]


def copy_path(path, encoding):
    """Where in OUT the copy lies; what lies above the manifest has a directory of its own."""
    above = hashlib.sha256(path.encode()).hexdigest()[:12] + "/" + Path(path).name
    return (above if ".." in Path(path).parts else path.lstrip("/")) + f".{encoding}.mkv"


def encode_all(ffmpeg, folder, out, copies, jobs):
    """The rows whose copies could be made; names the others."""
    made = []
    with ThreadPoolExecutor(jobs) as pool:
        work = [pool.submit(encode, ffmpeg, folder / source, out / row["path"], row["encoding"])
                for source, row in copies]
        for number, (each, (source, row)) in enumerate(zip(work, copies), 1):
            if error := each.exception():
                print(f"\n{source}, {row['encoding']}: left out, {error}")
            else:
                made.append(row)
            print(f"\r{number} of {len(work)} copies", end="" if number < len(work) else "\n", flush=True)
    return made


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("manifest", type=Path)
    args.add_argument("out", type=Path)
    args.add_argument("--copies", type=int, default=2, help="of each video, each in another encoding (2)")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--jobs", type=int, default=os.cpu_count())
    args.add_argument("--ffmpeg", default="ffmpeg")
    o = args.parse_args()
    if not shutil.which(o.ffmpeg):
        raise SystemExit(f"{o.ffmpeg} is not to be found: install ffmpeg, or name it with --ffmpeg")
    columns, copies = plan(o.manifest, o.copies, o.seed)
    made = encode_all(o.ffmpeg, o.manifest.parent, o.out, copies, o.jobs)
    o.out.mkdir(parents=True, exist_ok=True)
    with open(o.out / "manifest.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(made)


if __name__ == "__main__":
    main()

"""python -m veritag_training STAGE --data PACK... --out OUT: trains detectors from crop packs and writes bundles of them.

Stages, each of which goes on where an earlier run of it stopped:
  all       everything below for lite0, then for resnext50, taught by lite0
  frame     the CNN of --arch from labels
  average   the CNN of `frame` halfway back to --start
  distil    the CNN of --arch from labels and from the trained lite0
  sequence  the head of --arch that reads the order of frames, on people whom its CNN has never seen
  score     the AUC on held-out people
  limits    the same of their stills by how sharp they are
  bundle    scores, exports and calibrates: OUT/bundles/NAME
  light     small copies of the checkpoints of --arch, *.light.pt, to carry elsewhere and go on from under the old name
"""

import argparse
import time
from pathlib import Path

import torch

from . import bundle, limits, scope, stages, team
from .loop import lighten
from .nets import BODIES, HEADS
from .packs import Packs
from .score import judged, report, shortcuts, torch_parts
from .split import apart, listing, roles
from .weights import known, load_detector, load_sequence


def options():
    args = argparse.ArgumentParser("veritag_training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("stage", choices=["all", "frame", "average", "distil", "sequence", "score", "limits", "bundle", "light"])
    args.add_argument("--data", nargs="+", default=[], metavar="PACK", help="directories of `veritag crops`")
    args.add_argument("--teach", nargs="+", default=[], metavar="PACK", help="packs that only teach, such as fakes of a kind "
                      "that calibration is not to rest on; without those who are held out")
    args.add_argument("--drawn", nargs="+", default=[], metavar="PACK", help="of drawn faces, to be refused")
    args.add_argument("--out", type=Path, required=True)
    args.add_argument("--arch", choices=BODIES, default="lite0")
    args.add_argument("--budget", type=float, default=float("inf"), metavar="SECONDS", help="stop cleanly after that")
    args.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args.add_argument("--threads", type=int, help="of the CPU; all unless given")
    args.add_argument("--processes", type=int, default=1, help="that share the work of each step; on a CPU as many as "
                      "it has cores, with --threads 1, learn fastest (1)")
    args.add_argument("--compile", action="store_true", help="the network first, by torch.compile: two minutes, then a "
                      "quarter faster on a CPU")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--windows", type=int, default=32, help="windows in a batch (32)")
    args.add_argument("--frames", type=int, default=2, help="frames of each in `frame` and `distil` (2)")
    args.add_argument("--blends", type=float, default=0.6, help="share of self-blended ones among the fakes (0.6)")
    args.add_argument("--clip-blends", type=float, help="among those of clips (as --blends)")
    args.add_argument("--clips", type=float, help="share of clips beside photographs (by the root of their people)")
    args.add_argument("--margin", type=float, help="of the crops that the model is to see, in units of the face box; "
                      "that of the packs unless given, which may be cut more loosely")
    args.add_argument("--size", type=int, metavar="PX", help="of the crops that the student sees in `distil`, where those "
                      "of --data are larger, as its teacher has them; other stages want packs of its size")
    args.add_argument("--wear", type=float, default=1.0, help="how often crops are blurred, noisy, shrunk and compressed: "
                      "0 never, 1 most of them (1)")
    args.add_argument("--steps", type=int, default=8000, help="of `frame`")
    args.add_argument("--start", type=Path, metavar="FILE", help="to begin from: frame.pt of another run, or the "
                      "directory of a bundle")
    args.add_argument("--way", type=float, default=0.5, metavar="SHARE", help="how much of the way from --start `average` "
                      "keeps (0.5)")
    args.add_argument("--teacher", type=Path, metavar="FILE", help="lite0's frame.pt, of OUT unless given")
    args.add_argument("--rate", type=float, default=6e-4)
    args.add_argument("--distil-steps", type=int, default=20000)
    args.add_argument("--distil-rate", type=float, default=1e-3)
    args.add_argument("--order", choices=HEADS, default="lstm", help="what reads the order of frames in `sequence`: an LSTM, "
                      "or convolutions over how neighbours differ (lstm)")
    args.add_argument("--sequence-steps", type=int, default=600)
    args.add_argument("--sequence-rate", type=float, default=3e-4)
    args.add_argument("--folds", type=int, default=5, help="one fold validates, the next teaches the LSTM (5)")
    args.add_argument("--fold", type=int, default=0)
    args.add_argument("--validation", nargs="*", default=[], metavar="IDENTITY", help="validate on these instead")
    args.add_argument("--photographs-kept", type=float, default=0.0, metavar="SHARE", help="of the people who are in "
                      "photographs alone this share validates too (0)")
    args.add_argument("--clips-kept", type=float, default=0.0, metavar="SHARE", help="of people in real clips alone (0)")
    args.add_argument("--away", nargs="*", default=[], metavar="COLLECTION", help="kept out as a whole, to see "
                      "whether thresholds travel")
    args.add_argument("--ignore", nargs="*", default=[], metavar="GENERATOR", help="fakes that play no part at all")
    args.add_argument("--without", nargs="*", default=[], metavar="GENERATOR", help="learn from no fakes of these")
    args.add_argument("--head", choices=["frame", "sequence"], help="the better one on validation unless given")
    args.add_argument("--storage", choices=["float32", "float16", "int8"], help="lite0 float16, resnext50 int8")
    args.add_argument("--name", help="of the bundle")
    args.add_argument("--version", default="1.0.0", help="of the bundle")
    args.add_argument("--missing", metavar="WORDS", help="who is rare or absent in the data, for the model card")
    args.add_argument("--scores", nargs="*", default=[], metavar="FILE", help="validation.jsonl of other folds")
    o = args.parse_args()
    if o.windows < 2 or o.windows % (2 * o.processes):
        raise SystemExit("--windows: real and fake come in pairs, so name an even number for each of --processes")
    return o


def prepare(o):
    team.join()
    if o.threads:
        torch.set_num_threads(o.threads)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    packs = Packs([*o.data, *o.teach], torch.device(o.device), o.margin)
    if o.size not in (None, packs.side) and o.stage not in ("distil", "score"):
        raise SystemExit(f"--size {o.size}: these packs are for {packs.side}; cut others for `{o.stage}`, with "
                         f"veritag-lab crops --size {round(o.size * packs.size / packs.side)}")
    packs.tracks = [track for track in packs.tracks if track.asset["generator"] not in o.ignore]
    taught = {person for path in (o.start, o.teacher) if path for person in known(path)["taught"]}
    dealt = [track for track in packs.tracks if track.pack < len(o.data)]
    found = roles(dealt, o.fold, o.folds, o.seed, o.validation, o.photographs_kept, o.clips_kept, o.away, taught)
    found["train"] += apart([track for track in packs.tracks if track.pack >= len(o.data)], found)
    for role in ("train", "sequence"):
        found[role] = [track for track in found[role] if track.asset["generator"] not in o.without]
    drawn = Packs(o.drawn, packs.device, o.margin) if o.drawn else None
    if drawn:
        scope.check_drawn(drawn, packs)
    work = stages.Work(packs, found, o.out, o, time.monotonic() + o.budget, drawn)
    show(work)
    keep(o.out / "roles.json", listing(found))
    return work


def show(work):
    """Prints who has which role; stops where nobody is left to learn from or to choose on."""
    for role, tracks in work.roles.items():
        assets = {(track.key, track.fake) for track in tracks}
        fakes = sum(fake for _, fake in assets)
        print(f"{role}: {len(assets) - fakes} real and {fakes} fake assets, {len(tracks)} tracks")
    if len({track.fake for track in work.roles["validation"] if judged(track)}) < 2:
        raise SystemExit("validation needs real and fake assets, with faces that the plugin would judge: name such "
                         "people with --validation, or take fewer --folds")
    sampler = work.sampler("train")
    if not sampler.sources:
        raise SystemExit("no real faces are left to learn from: hold out fewer people, or add packs of others")
    for line in shortcuts(sampler.tracks):
        print(f"AUC of what should tell nothing, {line}")
    if sampler.left_out:
        print(f"left out, having no real faces: {', '.join(sampler.left_out)}")


def keep(path, text):
    """Writes the roles of a run once: who has taught in it must not be held out from it later."""
    if path.exists() and path.read_text() != text:
        raise SystemExit(f"{path} has other roles than these packs and options give: go on with those that it was "
                         "begun with (--data, --fold, --folds, --seed, --validation, --without, …), or take another --out")
    if team.leads():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main():
    o = options()
    if o.stage == "light":
        return lighten(o.out / o.arch)
    if not o.data:
        raise SystemExit("--data: name the crop packs to learn from")
    if (well := team.spread(o.processes)) is not None:
        raise SystemExit(not well)
    work = prepare(o)
    archs = list(BODIES) if o.stage == "all" else [o.arch]
    for arch in archs:
        if o.stage == "distil" or (o.stage == "all" and arch != "lite0"):
            if not stages.distil(work, arch):
                return
        elif o.stage in ("frame", "all") and not stages.frame(work, arch):
            return
        if o.stage == "average":
            stages.average(work, arch)
        if o.stage == "all" and not stages.ordered(work):
            print("no whole windows, real and fake, are kept for the order of frames: the head will be the mean of the frames")
        elif o.stage in ("sequence", "all") and not stages.sequence(work, arch, load_detector(work, arch)):
            return
        if o.stage in ("frame", "distil", "sequence", "score"):
            detector = load_detector(work, arch)
            with_order = o.stage in ("sequence", "score")
            parts = torch_parts(detector, load_sequence(work, arch, detector) if with_order else None, work.side)
            report(work.score("validation", *parts), arch)
        if o.stage == "limits":
            features, heads = torch_parts(load_detector(work, arch), None)
            print(*limits.table(work, features, heads["frame"]), sep="\n")
        if o.stage in ("bundle", "all"):
            bundle.write(work, arch, o.head, o.storage, o.name, o.version, o.scores)


if __name__ == "__main__":
    main()

"""What earlier stages and other runs have learnt, and from whom: nobody held out may have taught a model."""

import torch

from .loop import fingerprint, trained
from .nets import Detector, SequenceHead
from .split import persons

CNN = "frame", "distil"


def begin(detector, work, arch):
    """Gives `detector` the weights of --start, if there are any for `arch`; who and what will have taught it."""
    tracks = work.roles["train"]
    taught = {name for track in tracks for name in persons(track)}
    taught |= made_by(track.asset["generator"] for track in tracks if track.fake)
    if work.options.start is None or arch != work.options.arch:
        return taught
    state = stranger(work.options.start, work, arch)
    detector.load_state_dict(inner(state["average"]))
    return taught | {*state["taught"]}


def load_teacher(work):
    """The trained lite0 to learn from, of this run or another, the side of its crops, and what has taught it."""
    path = work.options.teacher or work.out / "lite0" / "frame.pt"
    state = stranger(path, work, "lite0")
    if state["step"] < state["settings"]["steps"]:
        raise SystemExit(f"{path} is at step {state['step']} of {state['settings']['steps']}: let it finish first")
    teacher = Detector("lite0", state["settings"]["size"], pretrained=False)
    teacher.load_state_dict(inner(state["average"]))
    teacher = teacher.to(work.device, memory_format=torch.channels_last).eval().requires_grad_(False)
    return teacher, state["settings"]["size"], {*state["taught"]}


def stranger(path, work, arch):
    """The checkpoint of a CNN at `path`, if nobody who is held out in this run, and nothing left out, has taught it."""
    if not path.exists():
        raise SystemExit(f"{path} does not exist: train it first, or name another")
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["settings"]["arch"] != arch or state["settings"]["stage"] not in CNN:
        raise SystemExit(f"{path} is no CNN of {arch}: name a frame.pt of one")
    held = {name for role in ("sequence", "validation") for track in work.roles[role] for name in persons(track)}
    if known := (held | made_by(work.options.without)) & {*state["taught"]}:
        raise SystemExit(f"{path} has learnt from {', '.join(sorted(known)[:5])}, held out here: keep the fold and the "
                         "options of its run, or name others with --validation")
    return state


def made_by(generators):
    return {f"fakes by {name}" for name in generators}


def inner(weights):
    """Those of the detector alone: a student's come with ways to its teacher's maps."""
    return {key.removeprefix("detector."): value for key, value in weights.items() if not key.startswith("project.")}


def load_detector(work, arch):
    """The detector of `frame.pt` of `arch`, if it was trained to the end in this run."""
    path = work.out / arch / "frame.pt"
    if not path.exists():
        raise SystemExit(f"{path} does not exist: train {arch} first")
    return work.detector(arch, inner(trained(path, work.basis(arch)))).eval().requires_grad_(False)


def load_sequence(work, arch, detector):
    """The LSTM of `sequence.pt` of `arch`, if it was trained to the end on this detector; None if there is none."""
    path = work.out / arch / "sequence.pt"
    if not path.exists():
        return None
    head = SequenceHead(torch.nn.Linear(detector.body.width, 1))
    head.load_state_dict(trained(path, work.basis(arch) | {"detector": fingerprint(detector)}))
    return head.to(work.device).eval()

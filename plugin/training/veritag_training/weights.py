"""What earlier stages, other runs and shipped bundles have learnt, and from whom: nobody held out may have taught it."""

import hashlib
import tomllib

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from . import export
from .loop import fingerprint, trained
from .nets import ARCHITECTURE, HEADS, Detector, normalise
from .split import mark, persons

CNN = "frame", "distil"
# Whom a bundle has learnt from, a hash a line, beside its model.toml.
TAUGHT = "taught.txt"


def begin(detector, work, arch):
    """Gives `detector` the weights of --start, if there are any for `arch`.

    Gives what stands for these weights, the marks of who and what will have taught it, and how many crops it has seen.
    """
    tracks = work.roles["train"]
    taught = {mark(name) for track in tracks for name in persons(track)}
    taught |= made_by(track.asset["generator"] for track in tracks if track.fake)
    if work.options.start is None or arch != work.options.arch:
        return fingerprint(detector), taught, 0
    state = stranger(work.options.start, work, arch)
    return fill(detector, state, work), taught | {*state["taught"]}, state.get("seen", 0)


def load_teacher(work):
    """The trained lite0 to learn from, of this run, another or a bundle, what stands for its weights, the side of its
    crops, and what taught it.
    """
    path = work.options.teacher or work.out / "lite0" / "frame.pt"
    state = stranger(path, work, "lite0")
    if state["step"] < state["settings"]["steps"]:
        raise SystemExit(f"{path} is at step {state['step']} of {state['settings']['steps']}: let it finish first")
    side = state["settings"]["size"]
    teacher = Detector("lite0", side, pretrained=False)
    name = fill(teacher, state, work)
    teacher = teacher.to(work.device, memory_format=torch.channels_last).eval().requires_grad_(False)
    return teacher, name, side, {*state["taught"]}


def fill(detector, state, work):
    """Gives `detector` the weights of a `state`, and what stands for them: what a bundle's are unfolded to differs in the
    last bits from one process to the next.
    """
    if "folded" not in state:
        detector.load_state_dict(inner(state["average"]))
        return fingerprint(detector)
    unfold(detector, state["folded"], work.sample())
    return hashlib.sha256(b"".join(w.numpy().tobytes() for w in state["folded"].values())).hexdigest()[:16]


def stranger(path, work, arch):
    """The checkpoint or bundle of a CNN at `path`, if nobody held out in this run, and nothing left out, taught it."""
    state = known(path)
    if state["settings"]["arch"] != arch or state["settings"]["stage"] not in CNN:
        raise SystemExit(f"{path} is no CNN of {arch}: name a frame.pt or a bundle of one")
    held = {name for role in ("sequence", "validation", "away") for track in work.roles[role] for name in persons(track)}
    if met := sorted(name for name in held if mark(name) in state["taught"]):
        raise SystemExit(f"{path} has learnt from {', '.join(met[:5])}, held out here: keep the fold and the "
                         "options of its run, or name others with --validation")
    if met := sorted(name for name in work.options.without if made_by([name]) & {*state["taught"]}):
        raise SystemExit(f"{path} has learnt from fakes by {', '.join(met)}, left out here")
    return state


def known(path):
    """What is at `path`: a checkpoint, or a bundle's directory as one, with its weights as they were `folded`."""
    if not path.exists():
        raise SystemExit(f"{path} does not exist: train it first, or name another")
    if not path.is_dir():
        return torch.load(path, map_location="cpu", weights_only=True)
    card = tomllib.loads((path / "model.toml").read_text())
    arch = {name: arch for arch, name in ARCHITECTURE.items()}.get(without_head(card["model"]["architecture"]))
    if arch is None or not (path / TAUGHT).exists():
        raise SystemExit(f"{path} is no bundle that was trained here: it names no known architecture, or has no {TAUGHT}")
    first, *marks = (path / TAUGHT).read_text().split("\n")
    folded = {key: value for part in ("features", "head") for key, value in stored(path / f"{part}.onnx").items()}
    return {"settings": {"arch": arch, "stage": "frame", "size": card["input"]["size"], "steps": 0}, "step": 0,
            "folded": folded, "taught": {*filter(None, marks)}, "seen": int(first.split()[-1])}


def without_head(architecture):
    """efficientnet-lite0-lstm: efficientnet-lite0"""
    name, _, head = architecture.rpartition("-")
    return name if head in HEADS else architecture


def stored(path):
    """The weights of an ONNX part by name, 8-bit ones with their scales applied, as float32."""
    weights = {w.name: numpy_helper.to_array(w) for w in onnx.load(path).graph.initializer}
    whole = lambda name, w: w * weights[f"{name}.scale"].reshape(-1, *[1] * (w.ndim - 1))  # noqa: E731
    return {name: torch.from_numpy((whole(name, w) if w.dtype == np.int8 else w).astype(np.float32))
            for name, w in weights.items() if not name.endswith(".scale")}


@torch.no_grad()
def unfold(detector, folded, crops):
    """Gives `detector` weights with the batch normalisation folded in.

    The normalisation is put back such that it changes nothing for crops like `crops` [N, 3, S, S]. Every channel of a
    convolution keeps the norm that `detector` came with: since it is normalised, its norm is its pace of learning.
    """
    name = "frame" if "frame.weight" in folded else "linear"
    detector.frame.weight.copy_(folded[f"{name}.weight"])
    detector.frame.bias.copy_(folded[f"{name}.bias"])
    hooks = []
    for name, (conv, norm) in export.layers(detector).items():
        weight = folded[f"{name}.weight"].to(conv.weight)
        scale = norms(conv.weight) / norms(weight)
        conv.weight.copy_(weight * scale[:, None, None, None])
        hooks.append(norm.register_forward_pre_hook(standing(folded[f"{name}.bias"], scale)))
    detector.eval()(normalise(crops))
    for hook in hooks:
        hook.remove()


def norms(weight):
    """[channels], above 0"""
    return weight.flatten(1).norm(dim=1).clamp(min=1e-3)


def standing(bias, scale):
    """Makes a normalisation divide by `scale` [channels], add `bias`, and no more."""
    def hook(norm, met):
        norm.running_mean.copy_(met[0].mean((0, 2, 3)))
        norm.running_var.copy_(met[0].var((0, 2, 3)))
        norm.weight.copy_((norm.running_var + norm.eps).sqrt() / scale)
        norm.bias.copy_(bias + norm.running_mean / scale)
    return hook


def made_by(generators):
    return {mark(f"fakes by {name}") for name in generators}


def inner(weights):
    """Those of the detector alone, without what helped it to learn."""
    helpers = "project.", "reasons."
    return {key.removeprefix("detector."): value for key, value in weights.items() if not key.startswith(helpers)}


def load_detector(work, arch):
    """The detector of `frame.pt` of `arch`, if it was trained to the end in this run; that of --start if none was begun."""
    path = work.out / arch / "frame.pt"
    if path.exists():
        return work.detector(arch, inner(trained(path, work.basis(arch)))).eval().requires_grad_(False)
    if work.options.start is None or arch != work.options.arch:
        raise SystemExit(f"{path} does not exist: train {arch} first, or name what to --start from")
    detector = work.detector(arch)
    begin(detector, work, arch)
    return detector.eval().requires_grad_(False)


def load_sequence(work, arch, detector):
    """The head of `sequence.pt` of `arch`, if it was trained to the end on this detector; None if there is none."""
    path = work.out / arch / "sequence.pt"
    if not path.exists():
        return None
    head = HEADS[work.options.order](torch.nn.Linear(detector.body.width, 1))
    head.load_state_dict(trained(path, work.basis(arch) | {"detector": fingerprint(detector), "order": work.options.order}))
    return head.to(work.device).eval()

"""The training loop: resumable, within a budget of time, the same for every stage."""

import copy
import hashlib
import math
import os
import time

import torch

from . import team

SAVE_EVERY = 120
SHOW_EVERY = 10
WARM_UP = 0.03
EMA = 0.999
WEIGHT_DECAY = 0.02
CLIP = 5.0


def learn(name, model, loss, views, path, settings, deadline, taught=(), seen=0):
    """Trains `model` for settings["steps"] steps; gives its moving average, or None if time ran out.

    `loss` takes what `views` make of each step. Checkpoints remember `taught`, the people that the model has learnt
    from, and how many crops it has seen, `seen` of them before this run.

    Whatever a step draws must follow from its number alone; then a run that was stopped and went on from its
    checkpoint gives what an uninterrupted one gives. The learning rate warms up, then falls as a cosine to zero.
    """
    decay = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": decay}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, settings["rate"], weight_decay=WEIGHT_DECAY)
    average, step = copy.deepcopy(model).eval().requires_grad_(False), 0
    if path.exists():
        step = restore(path, settings, model, average, optimiser)
    mine, theirs = floats(average), floats(model)
    team.start_alike([*mine, *theirs])
    saved = shown = time.monotonic()
    losses, first, stop = [], step, False
    known = {"taught": sorted(taught), "seen": seen}
    while step < settings["steps"]:
        if stop:
            save(path, settings, model, average, optimiser, step, known)
            print(f"{name}: time is up at step {step} of {settings['steps']}; the same command goes on from here")
            return None
        for group in optimiser.param_groups:
            group["lr"] = settings["rate"] * schedule(step / settings["steps"])
        torch.manual_seed((settings["seed"] * 1_000_003 + step) * team.size() + team.rank())
        model.train()
        value = loss(*views[step])
        optimiser.zero_grad()
        value.backward()
        stop = team.agree(model.parameters(), time.monotonic() > deadline)
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
        step += 1
        follow(mine, theirs, step)
        losses.append(value.detach())
        now = time.monotonic()
        if team.leads() and (now - shown > SHOW_EVERY or step == settings["steps"]):
            mean, pace = torch.stack(losses).mean().item(), (step - first) / (now - shown)
            print(f"{name}: step {step}/{settings['steps']}, loss {mean:.4f}, {pace:.2f} steps/s", flush=True)
            losses, first, shown = [], step, now
        if now - saved > SAVE_EVERY or step == settings["steps"]:
            save(path, settings, model, average, optimiser, step, known)
            saved = now
    team.meet()
    return average


def schedule(progress):
    return min(1.0, progress / WARM_UP + 0.02) * 0.5 * (1 + math.cos(math.pi * progress))


def floats(model):
    return [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]


@torch.no_grad()
def follow(average, model, step):
    """A step of the moving average of weights and batch statistics; it follows closely at first."""
    torch._foreach_lerp_(average, model, 1 - min(EMA, (1 + step) / (10 + step)))


def save(path, settings, model, average, optimiser, step, known):
    if not team.leads():
        return
    state = {"settings": settings, "step": step, "model": model.state_dict(), "average": average.state_dict(),
             "optimiser": optimiser.state_dict(), "taught": known["taught"],
             "seen": known["seen"] + step * settings["windows"] * settings["frames"]}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def load(path, settings):
    """The checkpoint at `path`, if it was begun with these settings."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    was = {key: state["settings"].get(key) for key in settings}
    if differ := ", ".join(f"{key} = {was[key]}, not {settings[key]}" for key in was if was[key] != settings[key]):
        raise SystemExit(f"{path} was begun with {differ}: go on with that, remove the file, or take another --out")
    return state


def trained(path, settings):
    """The moving average of the checkpoint at `path`, if it is finished and was begun with these settings."""
    state = load(path, settings)
    step, steps = state["step"], state["settings"]["steps"]
    if step < steps:
        raise SystemExit(f"{path} is at step {step} of {steps}: let {state['settings']['stage']} finish first")
    return state["average"]


def restore(path, settings, model, average, optimiser):
    state = load(path, settings)
    model.load_state_dict(state.get("model", state["average"]))
    average.load_state_dict(state["average"])
    if "optimiser" in state:
        optimiser.load_state_dict(state["optimiser"])
    return state["step"]


def light(weights):
    return {key: value.half() if value.ndim > 1 else value for key, value in weights.items()}


def fingerprint(model):
    """A hash of the weights, the same for a light copy of them."""
    digest = hashlib.sha256()
    for value in light(model.state_dict()).values():
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def lighten(folder):
    """Beside each checkpoint, an eighth of it: the moving average, matrices in float16, from which training goes on.

    It goes on nearly, not exactly, as it would have: the optimiser begins anew.
    """
    for path in sorted(folder.glob("*.pt")):
        if path.suffixes == [".pt"]:
            state = torch.load(path, map_location="cpu", weights_only=True)
            kept = {key: state[key] for key in ("settings", "step", "taught", "seen")} | {"average": light(state["average"])}
            torch.save(kept, path.with_suffix(".light.pt"))
            print(f"{path.with_suffix('.light.pt')}: step {state['step']}")

"""The stages of a training: the CNN from labels (`frame`) or from a teacher (`distil`), then the LSTM (`sequence`).

Each leaves a checkpoint in the directory of the architecture and skips what its checkpoint says is done.
"""

import hashlib

import torch
import torch.nn.functional as F

from . import scope
from .loop import fingerprint, learn, load, trained
from .nets import HEADS, Detector, Student, Watchful, distil_loss, normalise
from .pixels import resize
from .sample import Sampler
from .score import judged, score
from .split import listing
from .swaps import swapped
from .views import Bank, Views, Windows
from .weights import begin, inner, load_teacher

SMOOTHING = 0.02
# Weight of what cannot be judged in the loss of `frame`.
WATCH = 0.3
# Crops by which a bundle's normalisation is put back.
SAMPLE = 128
# Windows that `sequence` learns from.
BANK = 1000
# Share of the steps of `frame` and `distil` over which wear grows from `FIRST_WEAR` to all that was asked for.
WEARING, FIRST_WEAR = 0.3, 0.2


class Work:
    """What all stages share: the packs, who has which role, where results go and until when to work.

    `drawn` are packs of drawn faces, or None.
    """

    def __init__(self, packs, roles, out, options, deadline, drawn=None):
        self.packs, self.roles, self.out, self.options, self.deadline = packs, roles, out, options, deadline
        self.drawn, self.made = drawn, {}
        self.device, self.side = packs.device, options.size or packs.side
        clip_blends = options.blends if options.clip_blends is None else options.clip_blends
        self.blends = {"image": options.blends, "video": clip_blends}

    def basis(self, arch):
        """What all checkpoints of a run must agree on, so that nobody teaches one and is held out from another."""
        o = self.options
        return {"arch": arch, "seed": o.seed, "fold": f"{o.fold}/{o.folds}", "validation": sorted(o.validation), "away": sorted(o.away),
                "without": sorted(o.without), "size": self.side,
                "roles": hashlib.sha256(listing(self.roles).encode()).hexdigest()[:16]}

    def settings(self, arch, stage):
        o = self.options
        steps = {"frame": o.steps, "distil": o.distil_steps, "sequence": o.sequence_steps}[stage]
        rate = {"frame": o.rate, "distil": o.distil_rate, "sequence": o.sequence_rate}[stage]
        return self.basis(arch) | {"stage": stage, "steps": steps, "rate": rate, "windows": o.windows,
                                   "frames": o.frames, "blends": self.blends, "clips": o.clips, "wear": o.wear,
                                   "onward": o.start is not None and arch == o.arch}

    def sampler(self, role, blends=None, rows=1):
        """Draws from the tracks of `role` that have at least so many `rows`."""
        tracks = [track for track in self.roles[role] if track.rows >= rows]
        return Sampler(tracks, self.blends if blends is None else blends, self.options.clips)

    def autocast(self):
        """bfloat16 where that is faster: on CUDA, and on CPUs that multiply it."""
        can = torch.cpu.get_capabilities()
        fast = self.device.type == "cuda" or can.get("amx_bf16") or can.get("avx512_bf16")
        return torch.autocast(self.device.type, torch.bfloat16, enabled=bool(fast))

    def views(self, stage, settings):
        """Single frames, or some, of those who teach the CNN; a run that goes on from another meets other ones."""
        return Views(self.packs, self.options.seed, f"{stage} from {settings['start']}", self.sampler("train"), settings["windows"],
                     settings["frames"], lambda step: wear(step, settings))

    def sample(self):
        """Some crops [N, 3, S, S] as the CNN meets them."""
        views = Views(self.packs, self.options.seed, "sample", self.sampler("train"), SAMPLE, 1, alone=True)
        return views[0][0].flatten(0, 1)

    def score(self, role, features, heads, **how):
        """The scores of those of a role, and of their genuine ones with faces of others; `how` as in `score`."""
        return score(self.roles[role], self.packs, features, heads, made=self.swaps(role), **how)

    def swaps(self, role):
        """The genuine ones of a role with faces of others, as `swapped` gives them."""
        if role not in self.made:
            genuine = [track for track in self.roles[role] if judged(track) and not track.fake]
            self.made[role] = list(swapped(genuine, self.packs))
        return self.made[role]

    def detector(self, arch, trained=None):
        detector = Detector(arch, self.side, pretrained=trained is None)
        if trained is not None:
            detector.load_state_dict(trained)
        return detector.to(self.device, memory_format=torch.channels_last)


def frame(work, arch):
    """Learns from labels, single frames, and beside them to name why other crops cannot be judged.

    Gives the trained detector, or None when time ran out.
    """
    torch.manual_seed(work.options.seed)
    reasons = scope.reasons(work)
    model = Watchful(work.detector(arch), len(reasons)).to(work.device)
    start, taught, seen = begin(model.detector, work, arch)
    settings = work.settings(arch, "frame") | {"start": start, "reasons": reasons}
    seen_through = torch.compile(model) if work.options.compile else model

    def loss(x, fake, refused, reason):
        x = x.flatten(0, 1)
        with work.autocast():
            logits, odds = seen_through(normalise(torch.cat([x, refused])))
        applies = torch.zeros_like(odds)
        applies[len(x):, reason] = 1
        labels = F.binary_cross_entropy_with_logits(logits[: len(x)], smooth(fake.repeat_interleave(settings["frames"])))
        return labels + WATCH * F.binary_cross_entropy_with_logits(odds, applies)

    views, path = scope.Watched(work.views("frame", settings), work, settings["windows"]), work.out / arch / "frame.pt"
    learnt = learn(f"frame {arch}", model, loss, views, path, settings, work.deadline, taught, seen)
    return learnt and learnt.detector


def average(work, arch):
    """Takes the trained CNN back to the weights of --start, all but --way of the way that it has gone from there, once.

    Between the two lie networks that do better than either on people and collections held out (Wortsman et al., "Robust
    fine-tuning of zero-shot models", CVPR 2022).
    """
    path = work.out / arch / "frame.pt"
    learnt, state = inner(trained(path, work.basis(arch))), load(path, work.basis(arch))
    if work.options.start is None or state["settings"].get("averaged"):
        raise SystemExit(f"{path}: only a run that went on from another with --start is averaged with it, and once")
    torch.manual_seed(work.options.seed)
    first = work.detector(arch)
    begin(first, work, arch)
    first = first.state_dict()
    between = lambda a, b: torch.lerp(a, b, work.options.way) if b.is_floating_point() else b  # noqa: E731
    state["average"] = {key: between(first[key], value) for key, value in learnt.items()}
    state["settings"]["averaged"] = True
    torch.save(state, path)


def distil(work, arch):
    """Learns from the labels and from a trained lite0, which sees the same crops; each at its own size."""
    teacher, name, side, known = load_teacher(work)
    torch.manual_seed(work.options.seed)
    model = Student(arch, work.side, teacher.body.depths).to(work.device, memory_format=torch.channels_last)
    start, taught, seen = begin(model.detector, work, arch)
    settings = work.settings(arch, "distil") | {"start": start, "teacher": name}
    seen_through = torch.compile(model) if work.options.compile else model

    def loss(x, fake):
        x = x.flatten(0, 1)
        with work.autocast():
            with torch.no_grad():
                teacher_maps, _, teacher_logits = teacher.read(normalise(resize(x, side)))
            maps, logits = seen_through(normalise(resize(x, work.side)))
        labels = F.binary_cross_entropy_with_logits(logits, smooth(fake.repeat_interleave(settings["frames"])))
        return labels + distil_loss(maps, logits, teacher_maps, teacher_logits)

    views, path = work.views("distil", settings), work.out / arch / "frame.pt"
    average = learn(f"distil {arch}", model, loss, views, path, settings, work.deadline, taught | known, seen)
    return average and average.detector


def sequence(work, arch, detector):
    """Learns the head of --order on whole windows; the detector stays as it is.

    Half of the windows are of people whom the detector has never seen, since what it says of those that taught it is too
    sure; the others are self-blended ones of these: it knows the faces, but has never met the blends.
    """
    own, blended = work.sampler("sequence", rows=work.packs.window), work.sampler("train", 1.0, work.packs.window)
    samplers = [own, blended] if blended.sources else [own]
    if not ordered(work):
        raise SystemExit("no whole windows, real and fake, are kept for the order of frames: it needs more people with both")
    torch.manual_seed(work.options.seed)
    model = HEADS[work.options.order](torch.nn.Linear(detector.body.width, 1))
    model.frame.load_state_dict(detector.frame.state_dict())
    model = model.to(work.device)
    settings = work.settings(arch, "sequence") | {"detector": fingerprint(detector), "order": work.options.order}
    windows = max(settings["windows"] * settings["frames"] // work.packs.window, 4)

    @torch.no_grad()
    def read(x):
        with work.autocast():
            return detector(normalise(x.flatten(0, 1)))[0].unflatten(0, x.shape[:2])

    def loss(features, fake):
        return F.binary_cross_entropy_with_logits(model(features), smooth(fake))

    count = -(-min(BANK, settings["steps"] * settings["windows"]) // windows)
    bank = Bank(read, Windows(work.packs, work.options.seed, samplers, windows), count, settings["windows"], work.options.seed)
    path = work.out / arch / "sequence.pt"
    if not path.exists():
        met = bank.all[0].flatten(0, 1)
        model.middle.copy_(met.mean(0))
        model.spread.copy_(met.std(0).clamp(min=0.1 * met.std(0).mean()))
    return learn(f"sequence {arch}", model, loss, bank, path, settings, work.deadline)


def ordered(work):
    """Whether whole windows, real and fake, are kept for the order of frames."""
    return len({track.fake for track in work.sampler("sequence", rows=work.packs.window).tracks}) == 2


def wear(step, settings):
    """All that was asked for from the start where another run has begun."""
    if settings["onward"]:
        return settings["wear"]
    return settings["wear"] * min(1.0, FIRST_WEAR + (1 - FIRST_WEAR) * step / (WEARING * settings["steps"]))


def smooth(fake):
    return fake * (1 - 2 * SMOOTHING) + SMOOTHING

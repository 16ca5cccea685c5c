"""Who is learnt from and who is kept for choosing: by identity, never by file."""

import random
import re


def groups(tracks):
    """The group of every track: assets that share a person, directly or through a fake of two, are in one.

    An identity such as `033_097` is a fake of two people; any other is one person.
    """
    parent = {}

    def root(name):
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    people = [split_identity(track.asset["identity"]) for track in tracks]
    for first, *others in people:
        for other in others:
            parent[root(other)] = root(first)
    return [root(first) for first, *_ in people]


def split_identity(identity):
    return identity.split("_") if re.fullmatch(r"\d+(_\d+)+", identity) else [identity]


def roles(tracks, fold, folds, seed, validation=()):
    """Tracks by role: `train` for the CNN, `sequence` for the LSTM (never seen by the CNN), `validation`.

    Groups with both real and fake videos are dealt into `folds` by `seed`; number `fold` validates and the next
    one is for the LSTM. A list of identities for validation takes precedence. All others are for the CNN.
    """
    group = groups(tracks)
    labels = {}
    for track, name in zip(tracks, group):
        if track.asset["kind"] == "video":
            labels.setdefault(name, set()).add(track.fake)
    both = sorted(name for name, seen in labels.items() if len(seen) == 2)
    random.Random(seed).shuffle(both)
    if validation:
        named = [bool({*split_identity(track.asset["identity"])} & {*validation}) for track in tracks]
        held = {name for name, is_named in zip(group, named) if is_named}
        both = [name for name in both if name not in held]
        sequence = {*both[::folds]}
    else:
        held, sequence = {*both[fold::folds]}, {*both[(fold + 1) % folds :: folds]}
    found = {"train": [], "sequence": [], "validation": []}
    for track, name in zip(tracks, group):
        role = "validation" if name in held else "sequence" if name in sequence else "train"
        found[role].append(track)
    return found

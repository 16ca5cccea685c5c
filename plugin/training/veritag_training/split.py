"""Who is learnt from and who is kept for choosing: by identity, never by file."""

import hashlib
import json
import random
import re


def groups(tracks):
    """The group of every track, by the rule of `veritag evaluate` (host/lab/src/evaluate/identity.rs).

    Tracks that share a person, directly or through others, share a group. People are told apart by collection,
    where what stands in brackets after its name counts for nothing.
    """
    parent = {}

    def root(person):
        while parent.setdefault(person, person) != person:
            person = parent[person]
        return person

    everyone = list(map(persons, tracks))
    for some in everyone:
        first, *others = sorted(map(root, some))
        for other in others:
            parent[other] = first
    return [root(first) for first, *_ in everyone]


def persons(track):
    """Who is to be seen, each by collection and name."""
    return [f"{collection(track.asset)}/{name}" for name in people(track.asset)]


def collection(asset):
    return asset["source"].split("(")[0].strip()


def people(asset):
    """`033_097` is made of 033 and 097; `real_00012` and `easy_100_1111` are names of one; no name is nobody else's."""
    parts = asset["identity"].split("_")
    if len(parts) == 2 and all(re.search("[0-9]", part) for part in parts):
        return parts
    return [asset["identity"] or asset["path"]]


def roles(tracks, fold, folds, seed, validation=(), photographs=0.0, clips=0.0, away=(), taught=()):
    """Tracks by role: `train` for the CNN, `sequence` for the LSTM (never seen by the CNN), `validation`, `away`.

    Collections named in `away` are kept out as a whole: they show whether thresholds travel. Groups with both real
    and fake videos, or all if none has both, are dealt into `folds` by `seed`; number `fold` validates and the next
    one is for the LSTM, if there are videos. A list of identities for validation takes precedence. Of the groups that
    are not dealt, `photographs` of those of photographs alone and `clips` of the others validate too, by the hash of
    their names, but for those of whom the marks `taught` say that the CNN has learnt from them. All others are for it.
    """
    if not 0 <= fold < folds or folds < 2:
        raise SystemExit(f"--fold {fold} --folds {folds}: name one of at least 2 folds, counted from 0")
    if unknown := {*away} - {collection(track.asset) for track in tracks}:
        raise SystemExit(f"--away: no collection in these packs is called {', '.join(sorted(unknown))}")
    group = groups(tracks)
    both = shuffled(tracks, group, seed)
    if validation:
        held = named(tracks, group, {*validation})
        sequence = {*[name for name in both if name not in held][::folds]}
    else:
        held, sequence = {*both[fold::folds]}, {*both[(fold + 1) % folds :: folds]}
    if not any(track.asset["kind"] == "video" for track in tracks):
        sequence = set()
    filmed = {name for track, name in zip(tracks, group) if track.asset["kind"] == "video"}
    lone = {*group} - {*both} - held
    lone -= {name for track, name in zip(tracks, group) if any(mark(person) in taught for person in persons(track))}
    held |= {name for name in lone if fraction(name) < (clips if name in filmed else photographs)}
    found = {"train": [], "sequence": [], "validation": [], "away": []}
    for track, name in zip(tracks, group):
        role = "validation" if name in held else "sequence" if name in sequence else "train"
        found["away" if collection(track.asset) in away else role].append(track)
    return found


def apart(tracks, found):
    """Those of `tracks` that show nobody whom `found` keeps for another role than `train`."""
    kept = {person for role, some in found.items() if role != "train" for track in some for person in persons(track)}
    return [track for track in tracks if kept.isdisjoint(persons(track))]


def mark(name):
    """Stands for a person, or for a kind of fake, where names have no place."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def fraction(name):
    """0 to 1 by the hash of a name, the same everywhere."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32


def shuffled(tracks, group, seed):
    """The groups with both real and fake videos; where there are none, all, so that every fold has some of each."""
    labels, videos = {}, {}
    for track, name in zip(tracks, group):
        labels.setdefault(name, set()).add(track.fake)
        if track.asset["kind"] == "video":
            videos.setdefault(name, set()).add(track.fake)
    dealt = sorted(name for name, seen in videos.items() if len(seen) == 2) or sorted(labels)
    random.Random(seed).shuffle(dealt)
    return sorted(dealt, key=lambda name: sorted(labels[name]))


def named(tracks, group, identities):
    """The groups of these people."""
    shown = [{*people(track.asset)} & identities if track.asset["identity"] else set() for track in tracks]
    if unknown := identities.difference(*shown):
        raise SystemExit(f"--validation: nobody in these packs is called {', '.join(sorted(unknown))}")
    return {name for name, some in zip(group, shown) if some}


def listing(found):
    """Roles as text, the same for the same assets in the same roles."""
    assets = {role: sorted({track.key for track in tracks}) for role, tracks in found.items()}
    return json.dumps(assets, indent=1) + "\n"

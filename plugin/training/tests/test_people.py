"""Who learns, who is kept, and what a batch shows of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from veritag_training import reencode
from veritag_training.__main__ import keep
from veritag_training.sample import Sampler
from veritag_training.split import apart, groups, listing, mark, persons, roles


def test_roles(packs):
    found = roles(packs.tracks, 0, 5, 1, photographs=0.5, away=["scraped"])
    group = dict(zip(map(id, packs.tracks), groups(packs.tracks)))
    people = [{group[id(track)] for track in tracks} for tracks in found.values()]
    assert sum(map(len, people)) == len(set.union(*people)) and all(people), "a person has two roles"
    assert sum(map(len, found.values())) == len(packs.tracks)


def test_photographs_alone_are_dealt_too(packs):
    photographs = [track for track in packs.tracks if track.asset["kind"] == "image"]
    found = roles(photographs, 0, 4, 1)
    assert not found.pop("sequence") and not found.pop("away"), "kept for an LSTM that cannot be"
    assert all({track.fake for track in tracks} == {False, True} for tracks in found.values()), "a role lacks a label"


def test_who_has_taught_another_run_never_validates(packs):
    kept = roles(packs.tracks, 0, 5, 1, photographs=0.5)["validation"]
    lone = {name for track in kept if track.asset["kind"] == "image" for name in persons(track)}
    again = roles(packs.tracks, 0, 5, 1, photographs=0.5, taught={mark(name) for name in lone})["validation"]
    assert lone and not lone & {name for track in again for name in persons(track)}


def test_clips_are_the_share_that_was_asked_for(packs):
    sampler, random = Sampler(packs.tracks, 1.0, clips=0.25), np.random.default_rng(0)
    rows = np.concatenate([sampler.batch(random, 200, 1).rows[::2, 0] for _ in range(5)])
    filmed = [track for track in packs.tracks if track.asset["kind"] == "video"]
    share = np.mean([any(track.row <= row < track.row + track.rows for track in filmed) for row in rows])
    assert abs(share - 0.25) < 0.05


def test_people(packs):
    """Who is one person, as the tests of host/lab/src/evaluate/identity.rs have it."""
    def grouped(*shown):
        clip = packs.tracks[0]
        tracks = [replace(clip, asset=clip.asset | {"source": source, "identity": identity, "path": f"{nth}.mp4"})
                  for nth, (source, identity) in enumerate(shown)]
        found = groups(tracks)
        return [list(dict.fromkeys(found)).index(name) for name in found]

    assert grouped(*[("FF++c23", name) for name in ("033", "097", "035", "033_097")]) == [0, 0, 1, 0]
    assert grouped(*[("FF++c23", name) for name in ("1_2", "3_4", "2_3", "5")]) == [0, 0, 0, 1]
    assert grouped(("FF++c23", "033"), ("Celeb", "033"), ("FF++c23(polimi)", "033")) == [0, 1, 0]
    names = "real_00001", "real_00002", "easy_1_1111", "easy_2_1111"
    assert grouped(*[("x", name) for name in names]) == [0, 1, 2, 3]
    assert grouped(("x", ""), ("x", "")) == [0, 1]
    assert grouped(("x", "id0"), ("x", "id16"), ("x", "id0_id16"), ("x", "id1")) == [0, 0, 0, 1]


def test_refusals(packs, tmp_path):
    first, second = (listing(roles(packs.tracks, fold, 5, 1)) for fold in (0, 1))
    keep(tmp_path / "roles.json", first)
    keep(tmp_path / "roles.json", first)
    with pytest.raises(SystemExit, match="other roles"):
        keep(tmp_path / "roles.json", second)
    with pytest.raises(SystemExit, match="at least 2 folds"):
        roles(packs.tracks, 5, 5, 1)
    with pytest.raises(SystemExit, match="is called 999"):
        roles(packs.tracks, 0, 5, 1, ["003", "999"])


def test_balance(packs):
    sampler, random, seen = Sampler(packs.tracks, 0.5), np.random.default_rng(0), {}
    source = {row: track.asset["source"] for track in packs.tracks for row in range(track.row, track.row + track.rows)}
    batch = sampler.batch(random, 4000, 1)
    who = {row: track.asset["identity"] for track in packs.tracks for row in range(track.row, track.row + track.rows)}
    for real, fake, blended in zip(batch.rows[::2, 0], batch.rows[1::2, 0], batch.blend[1::2]):
        assert not blended or real == fake, "a blend shows other frames than the face beside it"
        assert source[fake] != "clips" or blended or who[fake].startswith(who[real]), "another's footage beside a fake"
    for row, fake in zip(batch.rows[:, 0], batch.fake):
        seen[source[row], fake] = seen.get((source[row], fake), 0) + 1
    for name in ("clips", "photos"):
        assert abs(seen[name, True] / seen[name, False] - 1) < 0.1, f"{name} speaks for a label: {seen}"


def test_copies(tmp_path, capsys):
    manifest, paths = tmp_path / "manifest.csv", ("/far/x.mp4", "x.mp4", "x.webm")
    write = lambda paths: manifest.write_text(  # noqa: E731
        "path,kind,split\n" + "".join(f"{path},video,train\n" for path in paths))
    write(paths)
    columns, copies = reencode.plan(manifest, 2, 1)
    assert columns == ["path", "kind", "split", "encoding"]
    targets = [tmp_path / "copies" / row["path"] for _, row in copies]
    assert len({*targets}) == 6 and all(target.is_relative_to(tmp_path / "copies") for target in targets)
    targets[0].parent.mkdir(parents=True)
    targets[0].touch()
    made = reencode.encode_all("false", tmp_path, tmp_path / "copies", copies, 1)
    assert capsys.readouterr().out.count("left out") == 5
    assert made == [copies[0][1]], "a broken video takes others with it"
    write(("../x.mp4",))
    assert ".." not in Path(reencode.plan(manifest, 1, 1)[1][0][1]["path"]).parts


def test_packs_that_only_teach_show_nobody_who_is_held_out(packs):
    found = roles(packs.tracks, 0, 5, 1, photographs=0.5)
    taught = apart(packs.tracks, found)
    assert {id(track) for track in taught} == {id(track) for track in found["train"]}
    stranger = replace(packs.tracks[0], asset=packs.tracks[0].asset | {"identity": "nobody00001"})
    assert apart([stranger], found) == [stranger]

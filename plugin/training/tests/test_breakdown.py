"""Whom the figures hold for, as far as collections name it."""

import pytest
from veritag_training import breakdown


@pytest.mark.parametrize("source, path, expected", [
    ("UTKFace", "some/26_1_3_20170104.jpg", {"age": "18 to 39", "sex": "women", "origin": "Indian"}),
    ("UTKFace", "61_1_20170109.jpg", {}),
    ("All-Age-Faces", "00013A02.jpg", {"age": "under 18", "sex": "women"}),
    ("All-Age-Faces", "07381A60.jpg", {"age": "60 and above", "sex": "men"}),
    ("MEBeauty", "male_mideastern_x.jpg", {"sex": "men", "origin": "Middle Eastern"}),
    ("MEBeauty", "female_new_x.jpg", {"sex": "women"}),
    ("FFHQ", "26_1_3_20170104.jpg", {})])
def test_names_are_read_as_each_collection_means_them(source, path, expected):
    assert breakdown.described({"source": source, "path": path}) == expected


def test_groups_of_a_few_are_not_shown():
    """A women's group of enough, all at one score; one flagged of them is said, and men, who are few, are not."""
    records = [record(label, i, "female" if i < breakdown.FEWEST else "male", score)
               for label, score in (("real", -2.0), ("fake", 2.0)) for i in range(breakdown.FEWEST + 5)]
    records[0]["windows"]["frame"] = [3.0]
    head, *lines = breakdown.table(records, "frame", {"reading": {"image": (1.0, 0.0)}, "bands": {"image": [0.3, 0.8]}})
    assert head == breakdown.HEAD and len(lines) == 1
    assert lines[0].startswith("| women | 20 | 20 | 0.95") and "| 1 of 20, 24.9% | 0% |" in lines[0]


def record(label, number, sex, logit):
    return {"label": label, "kind": "image", "source": "MEBeauty", "group": f"{number}", "path": f"{sex}_x_{number}.jpg",
            "windows": {"frame": [logit]}}

import csv
from pathlib import Path

import pytest

from explainer.classifiers.published import imagenet

NAMES_JA_FILE = Path(imagenet.__file__).with_name("imagenet_ja.csv")


@pytest.mark.parametrize(
    ("index", "wnid", "name", "name_ja"),
    [
        (0, "n01440764", "tench", "テンチ"),
        (282, "n02123159", "tiger_cat", "トラネコ"),
        (285, "n02124075", "Egyptian_cat", "エジプシャン・マウ"),
        (560, "n03379051", "football_helmet", "アメフト用ヘルメット"),
        (967, "n07920052", "espresso", "エスプレッソ"),
        (999, "n15075141", "toilet_tissue", None),
    ],
)
def test_known_classes(index, wnid, name, name_ja):
    assert imagenet.wnids()[index] == wnid
    assert imagenet.class_names()[index] == name
    if name_ja is not None:
        assert imagenet.class_names_ja()[index] == name_ja


def test_wnids_are_unique_and_well_formed():
    wnids = imagenet.wnids()
    assert len(set(wnids)) == 1000
    assert all(len(wnid) == 9 and wnid[0] == "n" and wnid[1:].isdigit() for wnid in wnids)


def test_names_have_no_spaces_and_only_two_are_shared():
    names = imagenet.class_names()
    assert len(names) == 1000
    assert all(names)
    assert not [name for name in names if any(letter.isspace() for letter in name)]
    shared = {name for name in names if names.count(name) > 1}
    assert shared == {"crane", "maillot"}


def test_japanese_file_has_each_class_once_with_its_wnid():
    with NAMES_JA_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["index"]) for row in rows] == list(range(1000))
    assert tuple(row["wnid"] for row in rows) == imagenet.wnids()


def test_japanese_names_are_unique_and_trimmed():
    names = imagenet.class_names_ja()
    assert all(names)
    assert len(set(names)) == 1000
    assert [name for name in names if name != name.strip() or "\n" in name] == []

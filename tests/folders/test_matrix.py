"""The confusion matrix and the table of classes: counts, intervals and the links that open photos."""

import re
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from explainer.folders.gallery.arrangement import Choice, choose
from explainer.folders.gallery.classes import class_table
from explainer.folders.gallery.document import gallery
from explainer.folders.gallery.matrix import OTHERS, confusion
from explainer.folders.gallery.tables import link, wanted
from explainer.folders.intervals import mean_interval, share_interval
from explainer.folders.record import Inside, PhotoRecord
from explainer.words.language import Language
from tests.made_up_results import HOSTILE_NAMES, RECORDS, a_record

ENGLISH = Language("en")


def taken_for(*pairs: tuple[str, str]) -> list[PhotoRecord]:
    """A photo for each class and what it was taken for."""
    return [a_record(f"{i}.jpg", said, truth) for i, (truth, said) in enumerate(pairs)]


def test_it_counts_what_was_taken_for_what():
    found = confusion(RECORDS)
    assert [label.name for label in found.classes] == ["cat", "dog"]
    assert found.others == 0
    np.testing.assert_array_equal(found.counts, [[2, 0], [2, 1]])  # the one that failed says nothing
    np.testing.assert_array_equal(found.right, [2, 1])
    assert confusion([a_record("a.jpg", "cat")]).counts.size == 0


def test_of_many_classes_the_rest_is_summed_up():
    records = taken_for(
        *[("a", "a")] * 9, ("b", "c"), ("b", "c"), ("c", "b"), ("d", "d"), ("e", "a"), ("f", "d"), ("f", "f")
    )
    found = confusion(records, most=3)
    assert [label.name for label in found.classes] == ["a", "b", "c"]
    assert found.others == 3
    np.testing.assert_array_equal(found.counts, [[9, 0, 0, 0], [0, 0, 2, 0], [0, 1, 0, 0], [1, 0, 0, 3]])
    np.testing.assert_array_equal(found.right, [9, 0, 0, 2])
    assert found.counts.sum() == len(records)


def test_a_thousand_classes_are_a_table_of_twenty_rows():
    records = taken_for(*((f"class {i}", f"class {i + (i % 7 == 0)}") for i in range(1000)))
    markup = gallery(records, ENGLISH, "")
    assert len(confusion(records).counts) == 21
    assert markup.count('<th scope="row"><a href="#truth=%2A"') == 1
    assert "other classes (980)" in markup


def cells(markup: str) -> dict[str, int]:
    """The numbers that are links of the matrix, by where they lead."""
    found = re.findall(r'<td class="[^"]+"><a href="([^"]+)" title="[^"]+">([\d,]+)</a></td>', markup)
    return {address.replace("&amp;", "&"): int(number) for address, number in found}


@pytest.mark.parametrize("most_in_gallery", [2, 40])
def test_each_cell_opens_as_many_photos_as_it_says(most_in_gallery: int):
    names = [f"class {i}, é & #{i}" for i in range(most_in_gallery)]
    random = np.random.RandomState(0)
    records = taken_for(*((names[i], names[j]) for i, j in random.randint(0, most_in_gallery, (300, 2))))
    records.append(a_record("failed.jpg", None, names[0]))
    found = cells(gallery(records, ENGLISH, ""))
    listed = {label.name for label in confusion(records).classes}
    assert sum(found.values()) == 300
    for address, number in found.items():
        asked = wanted(address)
        assert len(choose(records, ENGLISH, choice=Choice(asked["truth"], asked["said"], listed))) == number
    assert any(OTHERS in address for address in map(str, map(wanted, found))) == (most_in_gallery > 20)


def test_without_scripts_it_is_a_table_with_headings():
    markup = gallery(RECORDS, ENGLISH, "")
    table = re.search(r"<table data-classes.*?</table>", markup, re.DOTALL)[0]
    assert re.findall(r'<th scope="col"><a [^>]+><span>(\w+)', table) == ["cat", "dog"]
    assert re.findall(r'<th scope="row"><a [^>]+>(\w+)', table) == ["cat", "dog"]
    assert re.findall(r'<td class="number">(\d+%)', table) == ["100%", "33%"]
    assert "style=" not in markup
    assert "<table" not in gallery([a_record("a.jpg", "cat", "cat")], ENGLISH, "")


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "a&b=c#d+e %20", "ねこ"])
def test_a_link_says_what_it_asks_for(name: str):
    assert wanted(link(truth=name, said="cat")) == {"truth": name, "said": "cat"}
    assert re.fullmatch(r"#truth=[\w.%+*-]+", link(truth=name, said=""), re.ASCII)


def test_each_class_has_its_figures():
    records = taken_for(("cat", "cat"), ("cat", "dog"), ("cat", "cat"), ("dog", "dog"))
    for i, inside in enumerate((0.2, 0.4, None)):
        predicted = replace(records[i].predicted, inside=Inside(inside, None, None))
        records[i] = replace(records[i], predicted=predicted, object_area=0.1 * (i + 1))
    records += [a_record("failed.jpg", None, "cat"), a_record("unknown.jpg", "dog")]
    cat, dog = class_table(records)
    assert (cat.label.name, cat.photos, cat.with_truth, cat.right) == ("cat", 3, 3, 2)
    assert cat.accuracy == pytest.approx(2 / 3)
    assert cat.accuracy_interval == share_interval(2, 3)
    assert (cat.with_inside, cat.inside, cat.object_area) == (2, pytest.approx(0.3), pytest.approx(0.15))
    assert cat.inside_interval == mean_interval([0.2, 0.4])
    assert (dog.photos, dog.with_truth, dog.right, dog.accuracy) == (2, 1, 1, 1)
    assert (dog.inside, dog.inside_interval, dog.object_area) == (None, None, None)


def test_the_overview_lists_the_worst_first():
    records = taken_for(*[("a", "a")] * 3, ("a", "b"), ("b", "b"), *[("c", "a")] * 2)
    marked = [
        replace(r, object_area=0.2, predicted=replace(r.predicted, inside=Inside(0.1 * i, None, None)))
        for i, r in enumerate(records)
    ]

    def listed(markup: str, title: str) -> list[str]:
        part = markup.partition(f"<h2>{title}</h2>")[2].partition("</table>")[0]
        return re.findall(r'<th scope="row"><a [^>]+>(\w+)', part)

    assert listed(gallery(records, ENGLISH, ""), "Classes by accuracy") == ["c", "a", "b"]
    assert listed(gallery(records, ENGLISH, ""), "Classes by attention") == []
    assert listed(gallery(marked, ENGLISH, ""), "Classes by attention") == ["a", "b", "c"]
    assert "15%" in gallery(marked, ENGLISH, "")  # the mean of a's four


@pytest.mark.slow
def test_the_memory_for_five_thousand_photos_is_bounded():
    names = ["cat", "dog", "ship"]
    said = np.random.RandomState(0).choice(names, 5000)
    tracemalloc.start()
    try:
        records = [
            replace(
                a_record(f"{i}.jpg", said[i], names[i % 3]), metadata={"camera": str(i % 5), "note": str(i)}
            )
            for i in range(5000)
        ]
        markup = gallery(records, ENGLISH, "")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert markup.count("<article") == 5000
    assert peak < 250e6  # bytes; the file is 11 MB of them

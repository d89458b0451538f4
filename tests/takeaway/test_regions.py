"""All regions of a label as a table."""

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest

from explainer import Reading, Recipe, explain
from explainer.takeaway.regions import region_table, regions_csv
from explainer.words.language import Language
from tests.synthetic import Grid, NonlinearClassifier, a_photo


@pytest.fixture(scope="module")
def reading() -> Reading:
    classifier = NonlinearClassifier(Grid(3, 4), classes=2)
    return Reading.of(explain(a_photo(2), classifier, segmentation=Grid(3, 4), num_samples=100))


def test_the_strongest_region_comes_first_and_none_is_missing(reading: Reading):
    table = region_table(reading, Language("en"))
    weights, errors = reading.label.weights, reading.label.standard_errors
    assert sorted(table["region"]) == [*range(1, 13)]
    assert table["region"][0] == np.abs(weights).argmax() + 1
    for row, region in enumerate(table["region"]):
        assert table["weight"][row] == pytest.approx(weights[region - 1])
        assert table["standard_error"][row] == pytest.approx(errors[region - 1])
        assert table["share"][row] == pytest.approx(1 / 12)
        certain = abs(weights[region - 1]) > 1.96 * errors[region - 1]
        assert table["sign_certain"][row] == certain
    assert {*table["sign_certain"]} == {True, False}
    assert table["place"][table["region"].index(1)] == "upper left"
    assert table["place"][table["region"].index(12)] == "lower right"


def test_probabilities_are_told_in_points(reading: Reading):
    recipe = Recipe.of(reading.explanation.recipe, target="probability")
    same = explain(a_photo(2), reading.explanation.classifier, recipe)
    assert max(region_table(Reading.of(same), Language("en"))["weight"]) == pytest.approx(
        100 * max(same.labels[0].weights)
    )


def test_who_shares_the_last_place_is_told(reading: Reading):
    everybody = replace(reading.explanation, recipe=Recipe.of(reading.explanation.recipe, tie_tolerance=1.0))
    table = region_table(Reading.of(everybody), Language("en"))
    told = dict(zip(table["region"], table["focus"], strict=True))
    shown = everybody.regions(reading.label.index)
    for region, weight in enumerate(reading.label.weights):
        expected = "shares the last place" if region in shown else "matters as much" if weight > 0 else ""
        assert told[region + 1] == expected
    in_japanese = {*region_table(Reading.of(everybody), Language("ja"))["focus"]} - {""}
    assert in_japanese
    assert all(re.search("[ぁ-ん一-龥]", words) for words in in_japanese)
    nobody = replace(reading.explanation, recipe=Recipe.of(reading.explanation.recipe, tie_tolerance=0.0))
    assert {*region_table(Reading.of(nobody), Language("en"))["focus"]} == {"yes", ""}


def test_a_spreadsheet_reads_the_same(reading: Reading):
    language = Language("ja")
    text = regions_csv(reading, language)
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    table = region_table(reading, language)
    assert text.startswith(b"\xef\xbb\xbf")
    assert {name: [row[name] for row in rows] for name in rows[0]} == {
        name: [str(value) for value in column] for name, column in table.items()
    }
    assert "左上" in table["place"]

"""Covering and uncovering a photo as a map says, against values computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from explainer import Recipe
from explainer.judging.curves import (
    STEPS,
    Curves,
    centre_map,
    chance_curves,
    curves_of,
    other_hiding,
    ranked,
)
from explainer.judging.inquiry import finish
from explainer.lime.hiding import blurred
from tests.judging.truths import GRID, explained
from tests.synthetic import ConstantClassifier, CountingClassifier, Grid, LinearClassifier

CELLS = Grid(3, 4)  # of the same size each


def by_hand(weights: np.ndarray, intercept: float) -> np.ndarray:
    """The probability with more and more of the cells shown, in their order: a straight line in each cell."""
    reached = intercept + np.concatenate([[0.0], np.cumsum(weights)])
    pixels = np.round(np.arange(STEPS + 1) * 24 * 32 / STEPS)
    return np.interp(pixels, np.arange(len(reached)) * 64, reached)


class TestKnownValues:
    classifier = LinearClassifier(CELLS, seed=3)
    explanation = explained(classifier, grid=CELLS)
    label = explanation.labels[0].index
    weights, intercept = classifier.weights[label], classifier.intercepts[label]

    def test_a_linear_classifier_s_curves(self):
        found = finish(curves_of(self.explanation, self.label, self.weights[self.explanation.segments]))
        ordered = np.sort(self.weights)[::-1]
        assert found.insertion == pytest.approx(by_hand(ordered, self.intercept), abs=1e-6)
        hidden = by_hand(-ordered, self.intercept + ordered.sum())
        assert found.deletion == pytest.approx(hidden, abs=1e-6)
        assert found.gain > 0

    def test_the_map_upside_down_loses_what_the_map_gains(self):
        right, wrong = (
            finish(curves_of(self.explanation, self.label, sign * self.weights[self.explanation.segments]))
            for sign in (1, -1)
        )
        assert wrong.gain == pytest.approx(-right.gain, abs=0.002)  # but for rounding to whole pixels

    def test_chance_is_the_straight_line_on_average_and_gains_nothing(self):
        many = [
            finish(chance_curves(replace(self.explanation, recipe=Recipe(seed=seed)), self.label))
            for seed in range(20)
        ]
        whole, nothing = self.intercept + self.weights.sum(), self.intercept
        line = np.linspace(whole, nothing, STEPS + 1)
        assert np.mean([found.deletion for found in many], axis=0) == pytest.approx(line, abs=0.01)
        assert all(abs(found.gain) < 1e-9 for found in many)

    def test_hidden_in_another_way_it_sees_no_difference(self):
        heat_map = self.explanation.heat_map(self.label)
        found = finish(curves_of(self.explanation, self.label, heat_map, other_hiding(self.explanation)))
        whole = self.intercept + self.weights.sum()  # for it takes for hidden only what is grey
        assert found.deletion == pytest.approx(np.full(STEPS + 1, whole), abs=1e-6)

    def test_it_costs_39_pictures(self):
        counting = CountingClassifier(LinearClassifier(CELLS))
        explanation = explained(counting, grid=CELLS)
        before = counting.images
        assert sum(curves_of(explanation, 0, centre_map(explanation))) == counting.images - before == 39


def test_the_share_that_halves_it():
    falling = np.linspace(0.8, 0.0, 21)
    assert Curves(falling, falling[::-1]).half == pytest.approx(0.5)
    assert Curves(falling, falling[::-1]).left(0.25) == pytest.approx(0.75)
    at_once = np.array([0.8, *[0.0] * 20])
    assert Curves(at_once, at_once[::-1]).half == pytest.approx(0.025)
    assert Curves(np.full(21, 0.8), np.full(21, 0.8)).half is None
    nothing = Curves(np.zeros(21), np.zeros(21))
    assert (nothing.half, nothing.left(0.1)) == (None, 1.0)


def test_areas_are_those_under_the_lines():
    early, late = np.array([1.0, *[0.0] * 20]), np.array([*[1.0] * 20, 0.0])
    assert Curves(early, late[::-1] * 0).gain == pytest.approx(-0.025)
    assert Curves(early * 0, late).gain == pytest.approx(0.975)


def test_where_a_map_says_nothing_whole_regions_follow_each_other():
    explanation = explained(ConstantClassifier(0.4, 0.6))
    places = ranked(explanation, np.zeros((24, 32)))
    assert sorted(places.ravel()) == [*range(24 * 32)]
    for cell in range(GRID.cells):
        inside = np.sort(places[explanation.segments == cell])
        assert (np.diff(inside) == 1).all()
    again = replace(explanation, recipe=replace(explanation.recipe, seed=5))
    assert (ranked(again, np.zeros((24, 32))) != places).any()


def test_the_nearer_the_middle_the_higher():
    middle = centre_map(explained(ConstantClassifier(0.4, 0.6)))
    assert middle.shape == (24, 32)
    assert middle[12, 16] > middle[6, 16] > middle[0, 16] > middle[0, 0]


@pytest.mark.parametrize("hide_color", ["grey", "blur"])
def test_the_other_way_of_hiding_is_another(hide_color):
    explanation = explained(LinearClassifier(GRID), hide_color=hide_color)
    other = other_hiding(explanation)
    assert (other != explanation.neighborhood.hidden).any()
    assert np.array_equal(other, blurred(explanation.image) if hide_color == "grey" else 0 * other)

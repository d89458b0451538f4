"""Several cuts of one photo: one heat map of all of them, live, resumable, and the same each time."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from explainer import ArgumentError, Recipe, Slic, explain, explain_live
from explainer.lime.explain import with_label
from explainer.recipe import FURTHER_CUTS, MOST_CUTS
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, NonlinearClassifier, a_photo

GRID = Grid(3, 4)


def test_the_further_cuts_are_others_than_the_first():
    for segmentation in (None, GRID, *FURTHER_CUTS):
        recipe = Recipe(segmentation=segmentation, cuts=MOST_CUTS, segmented="image")
        used = [recipe.segmentation, *(cut.segmentation for cut in recipe.further)]
        assert len(used) == len({*used}) == MOST_CUTS
        assert {(cut.cuts, cut.segmented) for cut in recipe.further} == {(1, "photo")}
    assert Recipe().further == ()


@pytest.mark.parametrize("cuts", [0, MOST_CUTS + 1, 2.5])
def test_how_many_there_may_be(cuts, raises_sentence):
    with raises_sentence(ArgumentError, "cuts must be a whole number, from 1 to 4"):
        Recipe(cuts=cuts)


def test_equal_cuts_are_one_cut():
    one = explain(a_photo(), NonlinearClassifier(GRID), num_samples=90, segmentation=GRID)
    three = replace(one, further=(one, one))
    assert three.heat_map(0) == pytest.approx(one.heat_map(0), rel=1e-12)
    assert three.cut_agreement(0) == pytest.approx(1)
    assert one.cut_agreement(0) is None


def test_the_heat_map_is_the_mean_of_the_cuts_by_area():
    found = explain(a_photo(), NonlinearClassifier(GRID), num_samples=90, segmentation=GRID, cuts=3)
    assert len(found.further) == 2
    expected = np.zeros(found.segments.shape)
    for cut in (found, *found.further):
        areas = np.bincount(cut.segments.ravel()) / cut.segments.size
        expected += (cut.label(0).weights / areas)[cut.segments] / 3
    assert found.heat_map(0) == pytest.approx(expected)
    assert found.heat_map(0).dtype == np.float64
    assert -1 <= found.cut_agreement(0) <= 1


def test_samples_are_shared_out():
    counting = CountingClassifier(NonlinearClassifier(GRID))
    found = explain(a_photo(), counting, num_samples=100, segmentation=GRID, cuts=3)
    assert [found.num_samples, *(cut.num_samples for cut in found.further)] == [34, 34, 34]
    assert counting.images == 3 * 34
    alone = explain(a_photo(), counting, num_samples=34, segmentation=GRID)
    assert counting.images == 3 * 34
    assert np.array_equal(alone.labels[0].weights, found.labels[0].weights)


def test_until_settled_each_further_cut_gets_as_many_as_the_first():
    one, three = (
        explain(a_photo(), LinearClassifier(GRID), segmentation=GRID, cuts=cuts, num_features=3)
        for cuts in (1, 3)
    )
    assert three.num_samples == one.num_samples < 600
    assert {cut.num_samples for cut in three.further} == {one.num_samples}
    best = one.labels[0].index
    assert three.regions(best) == one.regions(best)


def test_it_grows_live_and_asks_nothing_again():
    counting = CountingClassifier(NonlinearClassifier(GRID))
    recipe = Recipe(num_samples=300, segmentation=GRID, cuts=3)
    counted: list[int] = []
    steps = []
    running = explain_live(a_photo(), counting, recipe, on_progress=lambda done, total: counted.append(done))
    steps += islice(running, 2)
    running.close()
    steps += explain_live(a_photo(), counting, recipe)
    assert counting.images == 300
    assert len(steps[0].further) == 0
    assert len(steps[-1].further) == 2
    direct = explain(a_photo(), NonlinearClassifier(GRID), recipe)
    assert np.array_equal(steps[-1].heat_map(0), direct.heat_map(0))
    assert counted == sorted(counted)


def test_progress_goes_on_over_all_cuts():
    counted: list[tuple[int, int]] = []
    explain(
        a_photo(),
        NonlinearClassifier(GRID),
        num_samples=300,
        segmentation=GRID,
        cuts=3,
        on_progress=lambda done, total: counted.append((done, total)),
    )
    assert counted == sorted(counted)
    assert counted[-1] == (300, 300)
    assert {total for _, total in counted} == {300}


def test_a_label_that_is_added_is_explained_by_all_cuts():
    found = explain(
        a_photo(), LinearClassifier(GRID), num_samples=90, segmentation=GRID, cuts=2, top_labels=1
    )
    other = next(index for index in range(3) if index != found.labels[0].index)
    more = with_label(found, other)
    assert more.further[0].label(other).weights.any()
    assert more.heat_map(other).shape == found.segments.shape


def test_a_flat_map_agrees_with_nothing():
    from tests.synthetic import ConstantClassifier

    found = explain(a_photo(), ConstantClassifier(0.3, 0.7), num_samples=90, segmentation=Slic(10), cuts=2)
    assert not found.heat_map(1).any()
    assert found.cut_agreement(1) == 0

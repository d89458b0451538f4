"""The bench's own arithmetic, on maps and networks whose figures are known."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import explain
from tests.benchmarks.faithful import BUDGET, FINDERS, ONE_CUT, Case, Result, as_markdown, quadrant, summary
from tests.benchmarks.figures import heat_inside, hottest_inside, precision
from tests.benchmarks.kept import Kept
from tests.synthetic import Grid, ReadOut, a_photo, all_of, any_of, discs, sum_of, watermark, watermarked

TRUTH = np.array([[True, True, False, False], [False, False, False, False]])


def test_a_perfect_map_gets_full_marks():
    heat = np.where(TRUTH, 2.0, -1.0)
    assert precision(heat, TRUTH) == 1
    assert heat_inside(heat, TRUTH) == 1
    assert hottest_inside(heat, TRUTH) == 1
    assert hottest_inside(heat, TRUTH, 0.5) == pytest.approx(0.5)  # four pixels, of which two are true


def test_a_flat_map_gets_what_chance_gives():
    flat = np.full(TRUTH.shape, 0.3)
    assert precision(flat, TRUTH) == TRUTH.mean()
    assert heat_inside(flat, TRUTH) == pytest.approx(TRUTH.mean())
    assert hottest_inside(flat, TRUTH) == TRUTH.mean()
    assert hottest_inside(flat, TRUTH, 0.5) == TRUTH.mean()


def test_a_map_without_positive_heat_has_none_inside():
    assert heat_inside(np.where(TRUTH, -1.0, -2.0), TRUTH) == 0


def test_figures_of_a_map_that_is_half_right():
    heat = np.array([[4.0, 1.0, 4.0, 0.0], [2.0, 0.0, 0.0, -3.0]])
    assert hottest_inside(heat, TRUTH) == 0.5  # one of the two hottest
    assert hottest_inside(heat, TRUTH, 3 / 8) == pytest.approx(1 / 3)
    assert heat_inside(heat, TRUTH) == pytest.approx(5 / 11)
    assert precision(heat, TRUTH) == pytest.approx((1 / 2 + 2 / 4) / 2)


def test_heat_that_differs_by_rounding_is_equally_hot():
    heat = np.array([[1.0, 0.0, 1.0 + 1e-15, 0.0], [0.0, 0.0, 0.0, 0.0]])
    assert hottest_inside(heat, TRUTH) == 0.5


@pytest.mark.parametrize(("rule", "of_one"), [(sum_of, 0.5), (all_of, 0.05), (any_of, 0.95)])
def test_a_read_out_sees_its_places_only(rule, of_one: float):
    photo, places = a_photo(size=(64, 64)), discs(2, (64, 64))
    network = ReadOut(photo, places, rule)
    image = network.preprocess(photo)
    one, other = places & network.truth
    shown = np.stack([np.ones_like(one), ~network.truth, network.truth, one, other, ~one])
    found = network.predict(np.where(shown[..., np.newaxis], image, np.float32(0)))[:, 0]
    assert found == pytest.approx([0.95, 0.05, 0.95, of_one, of_one, of_one], abs=1e-5)


def test_a_mark_is_where_it_is_said_to_be():
    photo, where = a_photo(size=(200, 100)), watermark((100, 200))[0]
    changed = (np.asarray(watermarked(photo)) != np.asarray(photo)).any(axis=2)
    assert not changed[~where].any()
    assert changed[where].mean() > 0.95  # a pixel may be white by chance


def test_what_it_explains_is_where_a_read_out_looks():
    photo, size = a_photo(size=(64, 64)), (64, 64)
    cell = Grid(4, 4)(np.empty((*size, 3)))
    network = ReadOut(photo, np.stack([np.isin(cell, (5, 6))]), sum_of)
    found = explain(photo, network, num_samples=128, segmentation=Grid(4, 4), top_labels=1)
    heat = found.heat_map(0)
    assert hottest_inside(heat, network.truth) > 0.9  # of a cell, a few pixels are nearly grey
    assert precision(heat, network.truth) > 0.9


def test_results_are_kept_and_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture):
    kept = Kept("of-a-test", "tests/benchmarks/figures.py", folder=tmp_path)
    assert kept.get("a", lambda: {"gain": 0.5}) == {"gain": 0.5}
    again = Kept("of-a-test", "tests/benchmarks/figures.py", folder=tmp_path)
    assert again.get("a", lambda: pytest.fail("made again")) == {"gain": 0.5}
    other_code = Kept("of-a-test", "tests/benchmarks/kept.py", folder=tmp_path)
    assert other_code.get("a", lambda: 1) == 1


def a_result(group: str, usual: float, other: float, area: float = 1.0) -> Result:
    figures = {name: {"error": "It has none."} for name in FINDERS}
    usually = {"gain": usual, "area": area, "passes": 301}
    return Result(group, {**figures, ONE_CUT: usually, "RISE": {**usually, "gain": other, "passes": 300}})


def test_differences_are_taken_in_pairs_and_errors_over_groups():
    pairs = {"a": [(0.25, 0.125), (0.25, 0.375)], "b": [(0.5, 0.75)], "c": [(0.625, 0.75)]}
    results = [a_result(group, *pair) for group, found in pairs.items() for pair in found]
    found = summary(results, "RISE", "gain")
    assert found.quartiles == pytest.approx((0.5, 0.75, 0.75))
    assert found.mean == pytest.approx(1.75 / 3)
    assert found.error == pytest.approx(0.5 / 3)  # of 0.25, 0.75 and 0.75
    assert found.difference == pytest.approx(0.125)
    assert found.difference_error == pytest.approx(0.125 / 3**0.5)  # of 0, 0.25 and 0.125
    assert (found.better, found.groups) == (2, 3)


def test_a_figure_may_be_against_another_or_missing():
    results = [a_result("a", 0.1, 0.2, area=0.5), a_result("b", 0.1, 0.1, area=0.1)]
    assert summary(results, "RISE", "gain", "area").mean == pytest.approx((0.4 + 1.0) / 2)
    assert summary(results, "Grad-CAM", "gain") is None
    assert summary(results, "RISE", "heat") is None


def test_the_tables_say_what_was_measured_and_what_could_not_run():
    results = [a_result("a", 0.1, 0.2), a_result("b", 0.3, 0.2)]
    text = as_markdown({}, {"a kind": results}, {})
    assert "| RISE | 300 |" in text
    assert f"| {ONE_CUT} | 301 |" in text
    assert text.count("- Grad-CAM: It has none.") == 1


def test_quadrants_go_from_left_to_right_and_down():
    places = np.stack([quadrant(place, (4, 6)) for place in range(4)])
    assert places.sum(axis=0).tolist() == np.ones((4, 6)).tolist()
    assert [place[0, 0] for place in places] == [True, False, False, False]
    assert [place[0, 5] for place in places] == [False, True, False, False]
    assert [place[3, 0] for place in places] == [False, False, True, False]


@pytest.fixture(scope="module")
def case() -> Case:
    photo = a_photo(size=(3, 3)).resize((96, 96), Image.Resampling.NEAREST)  # which every method cuts alike
    cell = Grid(3, 3)(np.empty((96, 96, 3)))
    return Case(photo, ReadOut(photo, np.stack([cell == 4]), sum_of), 0)


@pytest.mark.parametrize("name", [ONE_CUT, "`lime` package", "Shapley values of regions", "RISE"])
def test_methods_find_where_a_network_looks_and_their_passes_are_counted(name: str, case: Case):
    (heat,), passes = FINDERS[name](case)
    assert passes == BUDGET + (name == ONE_CUT)  # which asks twice whether the photo gets the same answer
    assert hottest_inside(heat, case.classifier.truth, 0.02) > 0.9


def test_occlusion_asks_about_each_region_twice(case: Case):
    assert FINDERS["occlusion of regions"](case)[1] == 2 * case.explanation.num_superpixels + 2

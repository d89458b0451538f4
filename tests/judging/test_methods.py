"""Other methods' maps, where it is known what they have to say."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from explainer import Classifier, explain
from explainer.judging.inquiry import finish
from explainer.judging.methods import METHODS, shapley_values
from tests.judging.truths import GRID, RuleClassifier, both, either, explained
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, NonlinearClassifier, a_photo


def exact_shapley_values(classifier, label: int) -> np.ndarray:
    """By the definition, over all sets."""
    cells = classifier.grid.cells
    sets = {frozenset(chosen) for size in range(cells + 1) for chosen in combinations(range(cells), size)}
    order = [*sets]
    visible = np.array([np.isin(np.arange(cells), [*chosen]) for chosen in order], float)
    worth = dict(zip(order, classifier.answer(visible)[:, label], strict=True))
    values = np.zeros(cells)
    for chosen in order:
        for cell in set(range(cells)) - chosen:
            weight = factorial(len(chosen)) * factorial(cells - len(chosen) - 1) / factorial(cells)
            values[cell] += weight * (worth[chosen | {cell}] - worth[chosen])
    return values


def find(name: str, classifier, budget: int = 300, **settings) -> np.ndarray:
    explanation = explained(classifier, **settings)
    return finish(METHODS[name].find(a_photo(), explanation, explanation.labels[0].index, budget))


class TestShapley:
    classifier = NonlinearClassifier(GRID, classes=2, seed=4)
    explanation = explained(classifier)
    label = explanation.labels[0].index
    exact = exact_shapley_values(classifier, label)

    def test_exact_where_all_sets_are_asked(self):
        found = finish(shapley_values(self.explanation, self.label, 1024))
        assert found == pytest.approx(self.exact, abs=1e-6)

    def test_close_where_sets_are_drawn_and_sharing_out_all_there_is(self):
        found = finish(shapley_values(self.explanation, self.label, 300))
        assert found != pytest.approx(self.exact, abs=1e-6)
        assert found == pytest.approx(self.exact, abs=0.2 * np.abs(self.exact).max())
        assert found.sum() == pytest.approx(self.exact.sum(), abs=1e-6)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_what_the_shap_package_says(self):
        import shap

        def visible(sets):
            return self.classifier.answer(sets)[:, self.label]

        explainer = shap.KernelExplainer(visible, np.zeros((1, GRID.cells)))
        theirs = explainer.shap_values(np.ones(GRID.cells), nsamples=2000, l1_reg=False, silent=True)
        assert finish(shapley_values(self.explanation, self.label, 2000)) == pytest.approx(theirs, abs=1e-6)

    @pytest.mark.parametrize(("rule", "shares"), [(both, 0.4), (either, 0.4)])
    def test_who_decides_together_shares_equally(self, rule, shares):
        explanation = explained(RuleClassifier(rule))
        values = finish(shapley_values(explanation, 1, 1024))
        assert values[[2, 7]] == pytest.approx(shares, abs=1e-6)
        assert np.delete(values, [2, 7]) == pytest.approx(0, abs=1e-6)

    @pytest.mark.parametrize("budget", [3, 20, 64, 255])
    def test_it_keeps_within_its_budget(self, budget):
        counting = CountingClassifier(NonlinearClassifier(Grid(4, 4)))
        explanation = explained(counting, grid=Grid(4, 4))
        before = counting.images
        asked = sum(shapley_values(explanation, 0, budget))
        assert asked == counting.images - before
        assert budget - 2 <= asked <= budget

    def test_a_single_region_has_it_all(self):
        classifier = LinearClassifier(Grid(1, 1))
        explanation = explained(classifier, 20, Grid(1, 1))
        label = explanation.labels[0].index
        assert finish(shapley_values(explanation, label, 50)) == pytest.approx(classifier.weights[label])


def test_occlusion_is_exact():
    classifier = LinearClassifier(GRID)
    found = find("occlusion", classifier)
    explanation = explained(classifier)
    weights = classifier.weights[explanation.labels[0].index]
    assert found == pytest.approx(explanation.spread(weights), abs=1e-4)


def test_occlusion_of_two_that_only_together_decide():
    found = find("occlusion", RuleClassifier(both))
    explanation = explained(RuleClassifier(both))
    without_one, one_alone = 0.8, 0.0
    values = np.where(np.isin(np.arange(GRID.cells), [2, 7]), (without_one + one_alone) / 2, 0.0)
    assert found == pytest.approx(explanation.spread(values), abs=1e-4)


def test_lime_is_the_explanation_itself_by_area():
    classifier = LinearClassifier(GRID)
    explanation = explained(classifier)
    found, weights = find("lime", classifier), explanation.labels[0].weights
    for cell in range(GRID.cells):
        inside = explanation.segments == cell
        assert found[inside] == pytest.approx(weights[cell] / inside.mean())
    assert found.mean() == pytest.approx(weights.sum())


def test_several_cuts_share_the_budget():
    counting = CountingClassifier(NonlinearClassifier(GRID))
    explanation = explained(counting, 300)
    before = counting.images
    inquiry = METHODS["lime-cuts"].find(a_photo(), explanation, 0, 300)
    assert sum(inquiry) == 300
    assert counting.images - before == 200  # the first cut's are there
    expected = explain(a_photo(), counting, explanation.recipe, num_samples=300, cuts=3).heat_map(0)
    again = finish(METHODS["lime-cuts"].find(a_photo(), explanation, 0, 300))
    assert np.array_equal(again, expected)


def upper_left(batch: np.ndarray) -> np.ndarray:
    bright = batch[:, :16, :16].mean(axis=(1, 2, 3))
    return np.stack([1 - bright, bright], axis=1)


def test_rise_finds_the_patch_that_decides():
    from PIL import Image

    photo = Image.new("RGB", (64, 64), "white")
    classifier = Classifier.from_function(upper_left, input_size=(64, 64), class_names=["dark", "bright"])
    maps = []
    for seed in (0, 0, 1):
        explanation = explain(photo, classifier, num_samples=32, segmentation=Grid(4, 4), seed=seed)
        maps.append(finish(METHODS["rise"].find(photo, explanation, 1, 400)))
    assert np.array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])
    for found in maps:
        assert found[:16, :16].mean() > found[16:].mean() + 2 * found[16:].std()
        # With a pixel shown, a bit more than half of the others are.
        assert 0.5 < found[8, 8] < 1
        assert found[48, 48] == pytest.approx(0.5, abs=0.1)

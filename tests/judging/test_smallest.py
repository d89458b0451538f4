"""The fewest regions that decide, against all there are."""

from itertools import combinations

import numpy as np
import pytest

from explainer import Explanation
from explainer.judging.inquiry import finish
from explainer.judging.smallest import SmallestSets, smallest_sets
from explainer.lime.explain import with_label
from tests.judging.truths import GRID, RuleClassifier, both, either, explained
from tests.synthetic import ConstantClassifier, CountingClassifier, Grid, LinearClassifier


def found_in(explanation: Explanation, label: int | None = None) -> SmallestSets:
    return finish(smallest_sets(explanation, explanation.labels[0].index if label is None else label))


def all_sets(classifier: LinearClassifier, label: int, shows: bool) -> dict[tuple[int, ...], bool]:
    """For every set of cells whether it alone keeps the label on top, or, hidden, topples it."""
    cells = range(classifier.grid.cells)
    holds = {}
    for size in range(len(cells) + 1):
        for chosen in combinations(cells, size):
            inside = np.isin(cells, chosen)
            answer = classifier.answer(np.atleast_2d(inside if shows else ~inside).astype(float))
            holds[chosen] = (int(answer.argmax()) == label) is shows
    return holds


@pytest.mark.parametrize("seed", range(12))
def test_no_smaller_set_decides(seed):
    classifier = LinearClassifier(GRID, seed=seed)
    explanation = explained(classifier)
    label = explanation.labels[0].index
    found = found_in(explanation)
    for shows, smallest in ((True, found.enough), (False, found.without)):
        holds = all_sets(classifier, label, shows)
        if not any(holds.values()):
            assert smallest is None
            continue
        assert smallest is not None
        assert holds[smallest.regions]
        fewest = min(len(chosen) for chosen, held in holds.items() if held)
        if smallest.is_fewest:
            assert len(smallest.regions) == fewest
        else:  # then at least none of them can be left out
            rest = [tuple(cell for cell in smallest.regions if cell != out) for out in smallest.regions]
            assert not any(holds[fewer] for fewer in rest)
        visible = np.isin(range(GRID.cells), smallest.regions)
        answer = classifier.answer(np.atleast_2d(visible if shows else ~visible).astype(float))[0]
        assert smallest.probability == pytest.approx(answer[label], abs=1e-6)
        assert (smallest.best.index, smallest.best.probability) == (
            answer.argmax(),
            pytest.approx(answer.max(), abs=1e-6),
        )


def test_two_that_only_together_decide():
    found = found_in(explained(RuleClassifier(both)), 1)
    assert found.enough is not None
    assert found.without is not None
    assert found.enough.regions == (2, 7)
    assert found.without.regions in ((2,), (7,))
    assert found.enough.is_fewest
    assert found.without.is_fewest
    assert found.without.best.name == "thing_0"


def test_two_of_which_one_is_enough():
    found = found_in(explained(RuleClassifier(either)), 1)
    assert found.enough is not None
    assert found.without is not None
    assert found.enough.regions in ((2,), (7,))
    assert found.without.regions == (2, 7)


def test_what_is_needless_is_left_out():
    """A surrogate that takes the wrong regions for the strongest costs questions, and no truth."""
    explanation = explained(RuleClassifier(both))
    weights = explanation.label(1).surrogate.weights
    weights[:] = np.arange(GRID.cells)[::-1]  # 0, 1, … come first
    found = found_in(explanation, 1)
    assert found.enough is not None
    assert found.enough.regions == (2, 7)


def test_where_smaller_sets_are_too_many_none_of_its_regions_can_be_left_out():
    grid = Grid(6, 8)
    needed = [3, 12, 21, 30]
    classifier = RuleClassifier(lambda visible: visible[:, needed].min(axis=1), grid)
    found = found_in(explained(classifier, 300, grid), 1)
    assert found.enough is not None
    assert (found.enough.regions, found.enough.is_fewest) == (tuple(needed), False)


def test_nothing_is_enough_and_nothing_topples_what_never_changes():
    found = found_in(explained(ConstantClassifier(0.2, 0.5, 0.3)))
    assert found.enough is not None
    assert (found.enough.regions, found.enough.probability) == ((), 0.5)
    assert found.without is None


def test_a_label_that_is_not_on_top_can_t_be_toppled():
    explanation = with_label(explained(ConstantClassifier(0.2, 0.5, 0.3)), 2)
    found = found_in(explanation, 2)
    assert (found.enough, found.without) == (None, None)


def test_it_asks_no_more_than_it_says():
    counting = CountingClassifier(RuleClassifier(both, Grid(6, 8)))
    explanation = explained(counting, 300, Grid(6, 8))
    before = counting.images
    assert sum(smallest_sets(explanation, 1)) == counting.images - before < 400

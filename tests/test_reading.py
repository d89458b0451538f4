"""What a reader is shown of a label: settled by the recipe's threshold, with what speaks against it too."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from explainer import Classifier, Explanation, Reading, Recipe, explain
from explainer.reading import Settledness, area_in_common
from explainer.words.language import Language
from explainer.words.sentences import settledness_sentence
from tests.synthetic import ConstantClassifier, CountingClassifier, Grid, NonlinearClassifier, a_photo

GRID = Grid(4, 5)
ENGLISH = Language("en")


def explained(classifier: object = None, num_samples: int = 150, **settings: object) -> Explanation:
    classifier = classifier or NonlinearClassifier(GRID, classes=3)
    return explain(a_photo(), classifier, num_samples=num_samples, segmentation=GRID, **settings)


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explained()


def under(explanation: Explanation, threshold: float) -> Reading:
    """The same explanation, read under another threshold."""
    return Reading.of(
        replace(explanation, recipe=Recipe.of(explanation.recipe, stability_threshold=threshold))
    )


def test_the_recipe_s_threshold_decides_what_is_called_settled(explanation: Explanation):
    settled, not_settled = under(explanation, 0.5), under(explanation, 0.99)
    assert 0.5 < settled.stability == not_settled.stability < 0.99
    assert (settled.is_settled, not_settled.is_settled) == (True, False)
    assert settledness_sentence(settled, ENGLISH).startswith("Settled: ")
    assert not settledness_sentence(not_settled, ENGLISH).startswith("Settled: ")


def test_the_threshold_itself_is_settled_and_five_sixths_of_it_nearly(explanation: Explanation):
    stability = Reading.of(explanation).stability
    assert under(explanation, stability).settledness is Settledness.SETTLED
    assert under(explanation, stability + 1e-9).settledness is Settledness.NEARLY
    assert under(explanation, 1.19 * stability).settledness is Settledness.NEARLY
    assert under(explanation, 1.21 * stability).settledness is Settledness.MOVING


@pytest.mark.parametrize("samples", [1, 2, GRID.cells])
def test_too_few_samples_are_never_settled_whatever_the_threshold(samples: int):
    reading = under(explained(num_samples=samples), 0.0)
    assert reading.settledness is Settledness.TOO_FEW
    assert not reading.is_settled
    assert settledness_sentence(reading, ENGLISH).startswith("Too few samples yet for 20 regions: ")


def test_where_no_region_matters_there_is_nothing_to_settle():
    reading = Reading.of(explained(ConstantClassifier(0.3, 0.7)))
    assert (reading.focus, reading.pros_cons.keys() - range(GRID.cells), reading.against) == ({}, set(), {})
    assert reading.settledness is Settledness.NOTHING
    assert reading.is_settled


@pytest.mark.parametrize(
    ("log_odds", "step", "told"),
    [(0.5, 0.04, "62.2% and then 63.2%"), (8.0, 0.1, "99.966% and then 99.970%"), (8.0, 1e-4, "")],
)
def test_chance_is_found_in_sure_answers_too_and_rounding_is_none(log_odds: float, step: float, told: str):
    asked = itertools.count()

    def predict(batch: np.ndarray) -> np.ndarray:
        yes = 1 / (1 + np.exp(-log_odds - step * next(asked)))
        return np.tile([yes, (1 - yes) / 2, (1 - yes) / 2], (len(batch), 1))

    classifier = Classifier.from_function(predict, input_size=(24, 32), class_names=["yes", "no", "never"])
    reading = Reading.of(explain(a_photo(), classifier, num_samples=40, segmentation=GRID))
    assert (reading.settledness is Settledness.UNSTEADY) is bool(told)
    assert told in settledness_sentence(reading, ENGLISH)


def test_the_recipe_says_how_many_regions_are_shown():
    reading = Reading.of(explained(num_features=3, pros_cons_features=7))
    assert (len(reading.focus), len(reading.pros_cons)) == (3, 7)
    assert min(reading.focus.values()) > 0 > min(reading.pros_cons.values())


def test_what_can_not_be_told_from_no_weight_is_uncertain(explanation: Explanation):
    label = explanation.labels[0]
    told = np.abs(label.weights) > 1.96 * label.standard_errors
    uncertain = Reading.of(explanation).uncertain
    assert uncertain == {int(region) for region in np.flatnonzero(~told)}
    assert 0 < len(uncertain) < GRID.cells
    more = Reading.of(explained(num_samples=1500))
    assert more.uncertain < uncertain | {*more.uncertain}
    assert len(more.uncertain) < len(uncertain)


def test_who_shares_the_last_place_is_told_of_both_pictures(explanation: Explanation):
    reading = Reading.of(explanation)
    index = reading.label.index
    assert reading.focus_last == explanation.last_place(index)
    assert reading.pros_cons_last == explanation.last_place(index, False, 10)
    assert Reading.of(explanation, positive_only=True).pros_cons_last == explanation.last_place(
        index, True, 10
    )


def test_the_sentence_says_how_many_matter_as_much(explanation: Explanation):
    recipe = Recipe.of(explanation.recipe, tie_tolerance=1.0, stability_threshold=0.0)
    reading = Reading.of(replace(explanation, recipe=recipe))
    others = len(reading.focus_last.others)
    assert others > 1
    assert f"The last place of the focus is shared: {others} more regions matter as much. " in (
        settledness_sentence(reading, ENGLISH)
    )
    nobody = Reading.of(replace(explanation, recipe=Recipe.of(recipe, tie_tolerance=0.0)))
    assert "shared" not in settledness_sentence(nobody, ENGLISH)


def test_what_speaks_against_is_known_even_where_only_what_speaks_for_is_shown(explanation: Explanation):
    both, positive_only = (Reading.of(explanation, positive_only=only) for only in (False, True))
    assert both.against
    assert (
        positive_only.against
        == both.against
        == {region: weight for region, weight in both.pros_cons.items() if weight < 0}
    )
    assert min(positive_only.pros_cons.values()) > 0
    assert positive_only.focus == both.focus


def test_the_best_label_is_read_unless_another_one_is_asked_for(explanation: Explanation):
    best, other = explanation.labels[:2]
    assert Reading.of(explanation).label is best
    assert Reading.of(explanation, other.index).label is other
    assert Reading.of(explanation, other.index).focus == explanation.regions(other.index)


def test_the_classifier_is_asked_once_for_the_same_questions():
    counting = CountingClassifier(NonlinearClassifier(GRID, classes=3))
    explanation = explained(counting)
    reading = Reading.of(explanation)
    assert counting.images == 150, "reading asks nothing"
    evidence = reading.evidence
    assert counting.images == 150 + 3, "the focus alone, without it, and without what speaks against"
    assert reading.evidence is evidence
    for same in (Reading.of(explanation), Reading.of(explanation, positive_only=True)):
        assert [answer.probability for answer in same.evidence.answers] == [
            answer.probability for answer in evidence.answers
        ]
    assert counting.images == 150 + 3


def test_area_in_common_is_what_both_cover_of_what_either_does():
    left, lower = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    left[:, :2] = lower[2:] = True
    assert area_in_common(left, left) == 1
    assert area_in_common(left, lower) == pytest.approx(4 / 12)
    assert area_in_common(left, ~left) == 0
    assert area_in_common(left & ~left, lower & ~lower) == 0
    finer = np.kron(lower, np.ones((3, 3), bool))  # another classifier's input is larger
    assert area_in_common(left, finer) == area_in_common(finer, left) == pytest.approx(4 / 12)


def test_the_focus_mask_is_where_the_focus_is(explanation: Explanation):
    reading = Reading.of(explanation)
    assert {*explanation.segments[reading.focus_mask].tolist()} == {*reading.focus}
    assert not {*explanation.segments[~reading.focus_mask].tolist()} & {*reading.focus}

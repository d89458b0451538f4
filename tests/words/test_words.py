import itertools
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from explainer import Explanation, LabelExplanation, Reading, Recipe, explain
from explainer.judging.evidence import ComparedLabel, Comparison, Question
from explainer.lime.explanation import Label
from explainer.lime.surrogate import Surrogate
from explainer.reading import Settledness
from explainer.words.language import Language
from explainer.words.places import place, place_numbers, region_places
from explainer.words.sentences import (
    against_evidence_sentence,
    answer_sentence,
    change_in_points,
    comparison_sentence,
    contrast_sentence,
    focus_evidence_sentence,
    focus_sentence,
    pros_cons_sentence,
    region_descriptions,
    region_names,
    settledness_sentence,
    verdict,
)
from explainer.words.settings import timings_in_words
from tests.synthetic import Grid, LinearClassifier, a_photo

ENGLISH = Language("en")
NINE = np.kron(np.arange(9).reshape(3, 3), np.ones((8, 10), int))
HELMET = Label(560, "n03379051", "football_helmet", 0.099)
EGYPTIAN = Label(285, "n02124075", "Egyptian_cat", 0.39)
TIGER = Label(282, "n02123159", "tiger_cat", 0.31)


def an_explanation(
    *weights: list[float], labels: tuple[Label, ...] = (EGYPTIAN, TIGER), **settings: Any
) -> Explanation:
    """Of a photo cut three by three, with these weights of each label, region by region."""
    explained = []
    for label, of_label in zip(labels, weights, strict=False):
        values = np.array(of_label, float)
        surrogate = Surrogate(values, np.zeros(9), 0.0, 1.0, np.tile(values, (2, 1)))
        explained.append(LabelExplanation(label.index, label.wnid, label.name, label.probability, surrogate))
    recipe = Recipe(**settings)
    return Explanation(
        np.zeros((24, 30, 3), np.float32), NINE, tuple(explained), 100, recipe, a_neighborhood()
    )


def a_neighborhood(**more: Any) -> SimpleNamespace:
    return SimpleNamespace(disagreement=None, superpixels_found=9, **more)


def a_reading(weights: list[float], **settings: Any) -> Reading:
    return Reading.of(an_explanation(weights, **settings))


def a_checked_reading(
    focus_hidden: float | None, against_hidden: float | None, whole: float = 0.099
) -> Reading:
    """Of a classifier that answers so; None where there is nothing to hide."""
    weights = [0.0] * 9
    weights[0] = 0.0 if focus_hidden is None else 1.0
    weights[8] = 0.0 if against_hidden is None else -1.0

    def answer(mask: np.ndarray) -> float | None:
        hidden = np.flatnonzero(mask == 0).tolist()
        return {(): whole, (0,): focus_hidden, (8,): against_hidden}.get(tuple(hidden), 0.0)

    def ask(masks: np.ndarray) -> np.ndarray:
        return np.array([np.full(HELMET.index + 1, answer(mask)) for mask in masks])

    explanation = an_explanation(weights, labels=(HELMET,))
    return Reading.of(replace(explanation, neighborhood=a_neighborhood(ask=ask)))


@pytest.mark.parametrize(
    ("probability", "sentence"),
    [
        (0.9, "Net says “football helmet”, and is very sure: 90%."),
        (0.6, "Net says “football helmet”, and is fairly sure: 60%."),
        (0.3, "Net leans towards “football helmet”, without being sure: 30%."),
        (0.099, "Net is unsure; its best guess is “football helmet”, at only 9.9%."),
    ],
)
def test_the_verdict_says_how_sure_the_classifier_is(probability: float, sentence: str):
    label = Label(HELMET.index, HELMET.wnid, HELMET.name, probability)
    assert verdict("Net", label, ENGLISH) == sentence


def test_the_verdict_names_a_close_second():
    sentence = verdict("Net", EGYPTIAN, ENGLISH, runner_up=TIGER)
    assert sentence == "Net wavers between “Egyptian cat”, at 39%, and “tiger cat”, at 31%."


@pytest.mark.parametrize(("best", "second"), [(0.39, 0.2), (0.7, 0.3)])
def test_the_verdict_passes_over_a_distant_second(best: float, second: float):
    label = Label(285, "n02124075", "Egyptian_cat", best)
    runner_up = Label(282, "n02123159", "tiger_cat", second)
    assert verdict("Net", label, ENGLISH, runner_up) == verdict("Net", label, ENGLISH)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([0, 0, 0, 0, 5, 0, 0, 0, 1], "For “Egyptian cat” it looked mostly at the middle: 22% of the photo."),
        (
            [3, 0, 0, 0, 2, 0, 0, 0, 1],
            "For “Egyptian cat” it looked mostly at the upper left and the middle: 33% of the photo.",
        ),
        (
            [2, 0, 2, 0, 0, 0, 2, 0, 2.5],
            "For “Egyptian cat” it looked mostly at parts in several places, first of all at the lower "
            "right: together 44% of the photo.",
        ),
        ([-1, 0, 0, 0, 0, 0, 0, 0, 0], "No region speaks for “Egyptian cat”."),
    ],
)
def test_the_focus_is_where_most_of_the_weight_is(weights: list[float], sentence: str):
    assert focus_sentence(a_reading(weights), ENGLISH) == sentence


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([4, 0, -2, 0, 0, 0, 0, 0, 0], "What speaks against “Egyptian cat” most is at the upper right."),
        ([4, 0, 0, 0, 0, 0, 0, -0.5, 0], "Little speaks against “Egyptian cat”; a bit does at the bottom."),
        ([4, 0, 0, 1, 0, 0, 0, 0, 0], "Among the strongest regions, none speaks against “Egyptian cat”."),
    ],
)
def test_what_speaks_against_is_the_worst_region(weights: list[float], sentence: str):
    assert pros_cons_sentence(a_reading(weights), ENGLISH) == sentence


@pytest.mark.parametrize(
    ("settledness", "stability", "samples", "sentence"),
    [
        (
            "settled",
            1.0,
            1,
            "Settled: another run would show regions that matter as much as these. 1 sample.",
        ),
        (
            "settled",
            0.9,
            1400,
            "Settled: 90% of the regions that another run would show matter as much as these. 1,400 samples.",
        ),
        (
            "nearly",
            0.75,
            300,
            "Nearly settled: 75% of the regions that another run would show matter as much as these. "
            "300 samples.",
        ),
        (
            "moving",
            0.4,
            32,
            "Still moving: only 40% of the regions that another run would show matter as much as these. "
            "32 samples.",
        ),
        ("nothing", 1.0, 64, "Settled: another run would find no region either. 64 samples."),
        (
            "too_few",
            1.0,
            9,
            "Too few samples yet for 9 regions: another run may well choose others. 9 samples.",
        ),
    ],
)
def test_settledness(settledness: str, stability: float, samples: int, sentence: str):
    reading = a_reading([1, 0, 0, 0, 0, 0, 0, 0, 0])
    told = replace(
        reading,
        explanation=replace(reading.explanation, num_samples=samples),
        stability=stability,
        settledness=Settledness(settledness),
    )
    assert settledness_sentence(told, ENGLISH) == sentence


@pytest.mark.parametrize(
    ("hidden", "sentence"),
    [
        (0.007, "Hiding the focus lowers “football helmet” from 9.9% to 0.7%: it did speak for the label."),
        (
            0.29,
            "The picture says that the focus speaks for it, but hiding the focus raises “football helmet” "
            "from 9.9% to 29%: do not trust this part.",
        ),
        (
            0.095,
            "Hiding the focus hardly changes “football helmet”, from 9.9% to 9.5%: "
            "too little to confirm the picture.",
        ),
        (None, "Nothing speaks for “football helmet”, so there was no focus to hide."),
    ],
)
def test_what_came_of_hiding_the_focus(hidden: float | None, sentence: str):
    assert focus_evidence_sentence(a_checked_reading(hidden, None), ENGLISH) == sentence


@pytest.mark.parametrize(
    ("hidden", "sentence"),
    [
        (
            0.29,
            "Hiding the regions that speak against it raises “football helmet” from 9.9% to 29%: "
            "they did hold it down.",
        ),
        (
            0.02,
            "The picture says that these regions speak against it, but hiding them lowers “football helmet” "
            "from 9.9% to 2.0%: do not trust this part.",
        ),
        (
            0.105,
            "Hiding the regions that speak against it hardly changes “football helmet”, from 9.9% to 10%: "
            "too little to confirm the picture.",
        ),
        (
            None,
            "Among the strongest regions, none is against “football helmet”, "
            "so there was nothing more to hide.",
        ),
    ],
)
def test_what_came_of_hiding_what_speaks_against(hidden: float | None, sentence: str):
    assert against_evidence_sentence(a_checked_reading(0.01, hidden), ENGLISH) == sentence


def test_an_answer_carries_its_figures():
    answers = a_checked_reading(0.007, 0.29).evidence.answers
    told = {answer.question: answer_sentence(answer, HELMET, ENGLISH) for answer in answers}
    assert told[Question.WHOLE] == "The whole photo: “football helmet” gets 9.9%."
    assert told[Question.FOCUS_HIDDEN] == "The focus hidden: “football helmet” gets 0.7% (−9.2 points)."
    assert told[Question.AGAINST_HIDDEN] == (
        "Opposing regions hidden: “football helmet” gets 29% (+19 points)."
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (0.19, "+19 points"),
        (-0.442, "−44 points"),
        (0.0051, "+0.5 points"),
        (-0.05, "−5.0 points"),
        (0.0004, "no change"),
        (0.0, "no change"),
    ],
)
def test_a_change_has_a_sign(change: float, text: str):
    assert change_in_points(change, ENGLISH) == text


@pytest.mark.parametrize(
    ("best", "hidden", "sentence"),
    [
        (EGYPTIAN, 0, "Nothing is hidden: it says “Egyptian cat”, at 55%."),
        (EGYPTIAN, 1, "With 1 region hidden it still says “Egyptian cat”: 39% before, 55% now."),
        (EGYPTIAN, 12, "With 12 regions hidden it still says “Egyptian cat”: 39% before, 55% now."),
        (TIGER, 1, "With 1 region hidden it says “tiger cat”, at 55%, and no longer “Egyptian cat”."),
        (TIGER, 2, "With 2 regions hidden it says “tiger cat”, at 55%, and no longer “Egyptian cat”."),
    ],
)
def test_what_it_says_with_regions_hidden(best: Label, hidden: int, sentence: str):
    now = ComparedLabel(best.index, best.wnid, best.name, best.probability, now=0.55)
    assert comparison_sentence(Comparison((now,), ()), EGYPTIAN, hidden, ENGLISH) == sentence


NOTHING = [0.0] * 9


@pytest.mark.parametrize(
    ("weights", "others", "sentence"),
    [
        (
            [3, 0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 3],
            "The upper left speaks for “Egyptian cat” rather than “tiger cat”; "
            "the lower right speaks for “tiger cat” instead.",
        ),
        (
            [0, 0, 0, 2, 0, 0, 0, 0, 0],
            NOTHING,
            "Every strong region speaks for “Egyptian cat” rather than “tiger cat”, most of all the left.",
        ),
        (
            NOTHING,
            [0, 0, 0, 0, 0, 2, 0, 1, 0],
            "Every strong region speaks for “tiger cat” rather than “Egyptian cat”, most of all the right.",
        ),
        (
            [1, 2, 3, 4, 5, 6, 7, 8, 9],
            [1, 2, 3, 4, 5, 6, 7, 8, 9],
            "No region tells “Egyptian cat” from “tiger cat”.",
        ),
    ],
)
def test_what_tells_two_labels_apart(weights: list[float], others: list[float], sentence: str):
    explanation = an_explanation(weights, others)
    assert contrast_sentence(explanation, EGYPTIAN, TIGER, ENGLISH) == sentence


def test_two_labels_may_be_told_apart_in_the_same_part():
    explanation = an_explanation([1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0, 0])
    narrow = np.kron(np.arange(9), np.ones((9, 1), int)).repeat(1, axis=1)
    narrow = np.hstack([narrow, np.full((9, 60), 8)])
    object.__setattr__(explanation, "segments", narrow)
    assert contrast_sentence(explanation, EGYPTIAN, TIGER, ENGLISH) == (
        "The strongest regions for “Egyptian cat” and for “tiger cat” both lie in the same part: the left."
    )


def test_regions_have_names_with_the_strongest_first():
    reading = a_reading([0.1, 0, 0, -3, 5, 0, 0, 0, 0.2], num_features=1)
    names = region_names(reading, ENGLISH)
    assert list(names)[:4] == [4, 3, 8, 0]
    assert len(names) == 9
    assert names[4] == "Region 5 · middle"
    told = region_descriptions(reading, ENGLISH)
    assert list(told) == list(names)
    assert told[4] == "Region 5 · middle · speaks for · +500 points"
    assert told[3] == "Region 4 · left · speaks against · −300 points"
    assert told[8] == "Region 9 · lower right · +20 points"


def test_the_nine_parts_of_a_photo():
    names = [
        "upper left",
        "top",
        "upper right",
        "left",
        "middle",
        "right",
        "lower left",
        "bottom",
        "lower right",
    ]
    assert region_places(NINE, ENGLISH) == names
    assert [place(region == NINE, ENGLISH) for region in range(9)] == names
    assert place_numbers(np.zeros((1, 1), int)).tolist() == [4]


def test_a_region_may_be_a_corner_or_everything():
    mask = np.zeros((5, 7), bool)
    mask[-1, -1] = True
    assert place(mask, ENGLISH) == "lower right"
    assert place(np.ones((5, 7), bool), ENGLISH) == "middle"


def test_no_sentence_shows_an_underscore_or_an_empty_place():
    explanation = an_explanation([3, 0, 0, -1, 0, 0, 0, 0, 1], [0, 0, 0, 0, 2, 0, 0, 0, 3])
    reading, checked = Reading.of(explanation), a_checked_reading(0.01, 0.3)
    compared = ComparedLabel(1, "n0", "two_words", 0.2, now=0.3)
    sentences = [
        verdict("Net", EGYPTIAN, ENGLISH, TIGER),
        focus_sentence(reading, ENGLISH),
        pros_cons_sentence(reading, ENGLISH),
        focus_evidence_sentence(checked, ENGLISH),
        against_evidence_sentence(checked, ENGLISH),
        answer_sentence(checked.evidence.answers[1], HELMET, ENGLISH),
        comparison_sentence(Comparison((compared,), ()), EGYPTIAN, 2, ENGLISH),
        contrast_sentence(explanation, EGYPTIAN, TIGER, ENGLISH),
    ]
    for sentence in sentences:
        assert not re.search(r"[_{}]|  ", sentence), sentence


def test_how_long_it_took_in_words(monkeypatch: pytest.MonkeyPatch):
    clock = itertools.count()  # a second passes whenever it is looked at
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    explanation = explain(a_photo(71), LinearClassifier(Grid(3, 4)), num_samples=49, segmentation=Grid(3, 4))
    assert timings_in_words(explanation, Language("en")) == [
        ("Cutting", "1.0 s"),
        ("Sampling", "5.0 s, 10 samples a second"),
        ("Total time", "6.0 s"),
    ]
    assert explanation.neighborhood.release()
    assert timings_in_words(explanation, Language("en")) == [("Cutting", "1.0 s")]

"""What is said of second opinions, by the figures that it rests on."""

from dataclasses import replace

import numpy as np
import pytest

from explainer import Explanation
from explainer.judging.curves import STEPS, Curves
from explainer.judging.inquiry import finish
from explainer.judging.methods import METHODS
from explainer.judging.opinions import Opinion, SecondOpinions
from explainer.judging.sanity import SanityCheck
from explainer.judging.smallest import SmallestSet, smallest_sets
from explainer.lime.explanation import Label
from explainer.words.language import Language
from explainer.words.opinions import (
    agreement_sentences,
    best_sentence,
    cross_check_sentence,
    cuts_sentence,
    enough_sentence,
    method_meaning,
    method_title,
    quality_sentence,
    sanity_sentence,
    without_sentence,
)
from explainer.words.places import shares_of_parts
from tests.judging.truths import RuleClassifier, both, either, explained
from tests.synthetic import ConstantClassifier, Grid, LinearClassifier, a_photo

ENGLISH = Language("en")
TIGER = Label(282, "n02123159", "tiger_cat", 0.8)
NINE = Grid(3, 3)


def falling(half: float, whole: float = 0.8, gain: float | None = None) -> Curves:
    """Deletion is a straight line, at half after so much of the area; both together gain so much."""
    deletion = np.maximum(0, whole * (1 - np.linspace(0, 1, STEPS + 1) / (2 * half)))
    insertion = whole - deletion
    found = Curves(deletion, insertion)
    return found if gain is None else Curves(deletion, insertion + gain - found.gain)


def staying(whole: float = 0.8, least: float = 0.6, gain: float = 0.0) -> Curves:
    deletion = np.linspace(whole, least, STEPS + 1)
    return Curves(deletion, deletion[::-1] + gain)


class TestQuality:
    @pytest.mark.parametrize(
        ("curves", "chance", "told"),
        [
            (
                falling(0.12),
                falling(0.45),
                "Hiding the first 12% of the photo that it points to halves “tiger cat”; "
                "in a random order it takes 45%.",
            ),
            (
                falling(0.12),
                staying(),
                "Hiding the first 12% of the photo that it points to halves “tiger cat”; "
                "in a random order it never falls so far.",
            ),
            (
                falling(0.12, gain=0.0),
                falling(0.45),
                "Hiding the first 12% of the photo that it points to halves “tiger cat”; "
                "in a random order it takes 45%. All in all, though, this picture is no better than chance.",
            ),
            (
                falling(0.4, gain=0.0),
                falling(0.35),
                "To halve “tiger cat” by hiding what it points to takes 40% of the photo, "
                "and in a random order 35%. This picture is no better than chance.",
            ),
            (
                falling(0.34, gain=0.03),
                falling(0.35),
                "To halve “tiger cat” by hiding what it points to takes 34% of the photo, "
                "and in a random order 35%. This picture is no better than chance.",
            ),
            (
                falling(0.4, gain=0.2),
                falling(0.35),
                "To halve “tiger cat” by hiding what it points to takes 40% of the photo, "
                "and in a random order 35%. All in all, though, this picture is better than chance.",
            ),
            (
                falling(0.9, gain=-0.3),
                falling(0.35),
                "To halve “tiger cat” by hiding what it points to takes 90% of the photo, "
                "and in a random order 35%. This picture is worse than chance.",
            ),
            (
                staying(gain=-0.2),
                falling(0.45),
                "Hiding what it points to never halves “tiger cat”; in a random order it takes 45%. "
                "This picture is worse than chance.",
            ),
            (
                staying(),
                staying(),
                "Even with everything hidden, “tiger cat” keeps 75% of its probability. "
                "This picture is no better than chance.",
            ),
            (
                staying(gain=0.1),
                staying(),
                "Even with everything hidden, “tiger cat” keeps 75% of its probability. "
                "All in all, though, this picture is better than chance.",
            ),
            (
                falling(0.1, whole=0.015),
                falling(0.4, whole=0.015),
                "The whole photo gets only 1.5% for “tiger cat”, too little to test a picture by.",
            ),
            (
                Curves(np.zeros(STEPS + 1), np.zeros(STEPS + 1)),
                Curves(np.zeros(STEPS + 1), np.zeros(STEPS + 1)),
                "The whole photo gets only 0% for “tiger cat”, too little to test a picture by.",
            ),
        ],
    )
    def test_half_is_compared_with_chance(self, curves: Curves, chance: Curves, told: str):
        assert quality_sentence(curves, chance, TIGER, ENGLISH) == told

    @pytest.mark.parametrize(
        ("gain", "check", "told"),
        [
            (0.3, 0.2, "this picture beats chance too."),
            (0.3, 0.01, "this picture is no better than chance: it may depend on how they are hidden."),
            (0.0, 0.2, "this picture does beat chance."),
            (0.0, 0.0, "this picture is no better than chance either."),
        ],
    )
    def test_a_cross_check_says_whether_the_test_was_by_luck(self, gain: float, check: float, told: str):
        opinion = Opinion(
            METHODS["rise"], 9, np.zeros((24, 32)), falling(0.3, gain=gain), falling(0.3, gain=check)
        )
        start = "With parts hidden in another way than when it was made, "
        assert cross_check_sentence(opinion, ENGLISH) == start + told
        assert cross_check_sentence(replace(opinion, check=None), ENGLISH) == ""
        improbable = falling(0.3, whole=0.015)
        assert cross_check_sentence(replace(opinion, curves=improbable, check=improbable), ENGLISH) == ""


def test_every_method_has_a_name_and_a_meaning():
    titles = [method_title(method, ENGLISH) for method in METHODS.values()]
    assert titles == ["LIME", "LIME with three cuts", "Occlusion", "RISE", "Shapley values", "Grad-CAM"]
    meanings = {method_meaning(method, ENGLISH) for method in METHODS.values()}
    assert len(meanings) == len(METHODS)
    assert "Hides each region on its own, shows each on its own, and looks at what changes." in meanings


def opinions(**found: tuple) -> SecondOpinions:
    """Finished ones: of each method its gain, and to which of nine parts it points, to all of them alike."""
    explanation = explained(LinearClassifier(NINE), grid=NINE)
    given = SecondOpinions(a_photo(), explanation, explanation.labels[0].index)
    for name, (gain, *parts) in found.items():
        heat_map = np.zeros(explanation.segments.shape)
        for part in parts:
            inside = explanation.segments == part
            heat_map[inside] = np.linspace(1, 0.5, inside.sum())
        method = METHODS[name.replace("_", "-")]
        given.opinions += (Opinion(method, 200, heat_map, falling(0.3, gain=gain)),)
    return given


class TestOpinions:
    @pytest.mark.parametrize(
        ("gains", "told"),
        [
            (
                {"lime": 0.2, "shapley": 0.3, "rise": 0.1},
                "Shapley values passed the test best, with at most 200 questions for each.",
            ),
            (
                {"lime": 0.2, "shapley": 0.3, "rise": 0.29},
                "RISE and Shapley values passed the test best, about equally well, with at most 200 "
                "questions for each.",
            ),
            (
                {"lime": 0.285, "shapley": 0.3, "rise": 0.1},
                "None passed the test clearly better than Limelight’s own picture.",
            ),
            (
                {"lime": 0.3, "shapley": 0.2},
                "LIME passed the test best, with at most 200 questions for each.",
            ),
            (
                {"lime": 0.03, "shapley": -0.3},
                "On this photo, none of these pictures passed the test clearly better than chance.",
            ),
            ({"lime": 0.3}, ""),
        ],
    )
    def test_the_best_is_named_where_there_is_one(self, gains: dict[str, float], told: str):
        ordered = {name: (gains[name], 4) for name in METHODS if name in gains}
        found = opinions(**ordered)
        assert best_sentence(found, ENGLISH) == told
        found.opinions = tuple(replace(o, curves=falling(0.3, whole=0.015)) for o in found.opinions)
        assert best_sentence(found, ENGLISH) == "", "so improbable a label says nothing of methods"

    @pytest.mark.parametrize(
        ("parts", "told"),
        [
            ({"lime": (4,), "rise": (4,)}, ["Both methods point to the middle."]),
            ({"lime": (4,), "rise": (4,), "shapley": (0, 4)}, ["All 3 methods point to the middle."]),
            (
                {"lime": (4,), "occlusion": (4,), "rise": (4,), "grad_cam": (2,)},
                [
                    "3 of 4 methods point to the middle.",
                    "According to Grad-CAM, it is rather the upper right.",
                ],
            ),
            (
                {"lime": (4,), "lime_cuts": (4,), "occlusion": (4,), "rise": (2,), "grad_cam": (2,)},
                [
                    "3 of 5 methods point to the middle.",
                    "According to RISE and Grad-CAM, it is rather the upper right.",
                ],
            ),
            (
                {"lime": (4,), "rise": (0,)},
                [
                    "They point to different places.",
                    "According to LIME, it is rather the middle.",
                    "According to RISE, it is rather the upper left.",
                ],
            ),
            (
                {"lime": (4,), "rise": (4,), "shapley": (0, 1, 2, 3, 5, 6)},
                [
                    "2 of 3 methods point to the middle.",
                    "According to Shapley values, it is no single place.",
                ],
            ),
            ({"lime": (4,)}, []),
        ],
    )
    def test_places_are_compared(self, parts: dict[str, tuple[int, ...]], told: list[str]):
        assert agreement_sentences(opinions(**{n: (0.1, *p) for n, p in parts.items()}), ENGLISH) == told

    def test_maps_that_say_nothing_point_nowhere(self):
        explanation = explained(ConstantClassifier(0.3, 0.7), grid=NINE)
        found = SecondOpinions(a_photo(), explanation, 1, ["lime", "occlusion", "rise"])
        found.advance(float("inf"))
        assert agreement_sentences(found, ENGLISH) == []

    def test_a_method_that_can_t_run_counts_nowhere(self):
        found = opinions(lime=(0.3, 4), rise=(0.1, 4))
        found.opinions += (Opinion(METHODS["grad-cam"], 0),)
        assert agreement_sentences(found, ENGLISH) == ["Both methods point to the middle."]
        assert best_sentence(found, ENGLISH).startswith("LIME passed")


def test_shares_of_parts_are_by_area():
    mask = np.zeros((30, 60), bool)
    mask[:10, :30] = True  # upper left, and half of the top
    np.testing.assert_allclose(shares_of_parts(mask), np.array([2, 1, 0, 0, 0, 0, 0, 0, 0]) / 3)
    assert shares_of_parts(np.zeros((5, 4))).tolist() == [0] * 9
    np.testing.assert_allclose(shares_of_parts(np.ones((2, 2))).sum(), 1)


class TestSmallestSets:
    def told(self, rule, label: int | None = None, **sets: SmallestSet | None) -> tuple[str, str]:
        explanation = explained(RuleClassifier(rule), top_labels=2)
        label = explanation.labels[0].index if label is None else label
        found = replace(finish(smallest_sets(explanation, label)), **sets)
        return enough_sentence(found, explanation, ENGLISH), without_sentence(found, explanation, ENGLISH)

    def test_two_are_enough_and_one_is_missed(self):
        assert self.told(both) == (
            "These 2 regions are enough: with all else hidden, it still says “thing 1” (90%). "
            "Fewer are not enough.",
            "Without this region it would say “thing 0” (90%).",
        )

    def test_one_is_enough_and_two_are_missed(self):
        assert self.told(either) == (
            "This region is enough: with all else hidden, it still says “thing 1” (90%).",
            "Without these 2 regions it would say “thing 0” (90%). Hiding fewer is not enough.",
        )

    def test_what_may_not_be_the_fewest_is_not_called_so(self):
        other = Label(0, "n00000000", "tub", 0.317)
        some = SmallestSet((1, 2, 3), 0.17, other, is_fewest=False)
        assert self.told(both, enough=some, without=some) == (
            "These 3 regions are enough: with all else hidden, it still says “thing 1” (17%). "
            "None of them can be left out.",
            "Without these 3 regions it would say “tub” (32%). None of them can be left out.",
        )

    def test_no_region_is_needed(self):
        assert self.told(lambda visible: np.ones(len(visible))) == (
            "It says “thing 1” even with everything hidden (90%): no region is needed.",
            "However many regions are hidden, it goes on saying “thing 1”.",
        )

    def test_all_regions_are_needed(self):
        assert self.told(lambda visible: visible.min(axis=1))[0] == (
            "It takes all regions together for it to say “thing 1” (90%)."
        )
        assert self.told(lambda visible: visible.max(axis=1))[1] == (
            "Only with all regions hidden would it say “thing 0” (90%)."
        )

    def test_a_label_that_is_not_on_top(self):
        nothing = "Of the whole photo it says something else than “{}”: there is nothing to topple."
        assert self.told(lambda visible: np.zeros(len(visible)), label=1) == (
            "However many of the regions are shown alone, it does not say “thing 1”.",
            nothing.format("thing 1"),
        )
        only_two = lambda visible: np.minimum(visible[:, 2], 1 - visible[:, 7])  # noqa: E731
        assert self.told(only_two, label=1) == (
            "With all but this region hidden, it does say “thing 1” (90%).",
            nothing.format("thing 1"),
        )


@pytest.mark.parametrize(
    ("agreement", "told"),
    [
        (
            -0.004,
            "The same network with random weights gives another picture (rank correlation 0.00): "
            "this one comes from what linear has learned.",
        ),
        (
            0.45,
            "The same network with random weights gives a picture that is partly alike (rank correlation "
            "0.45): not all of this one comes from what linear has learned.",
        ),
        (
            0.97,
            "The same network with random weights gives much the same picture (rank correlation 0.97): "
            "do not trust this one, it would look so whatever linear had learned.",
        ),
    ],
)
def test_sanity(agreement: float, told: str):
    explanation = explained(LinearClassifier(NINE), grid=NINE)
    check = SanityCheck(explanation.labels[0].index, explanation, agreement)
    assert sanity_sentence(check, explanation, ENGLISH) == told


class TestCuts:
    def by(self, explanation: Explanation, weights: np.ndarray) -> Explanation:
        labels = [
            replace(label, surrogate=replace(label.surrogate, weights=weights.astype(float)))
            for label in explanation.labels
        ]
        return replace(explanation, labels=tuple(labels))

    def told(self, *weights: list[float]) -> str:
        first, *further = (
            self.by(explained(LinearClassifier(NINE), grid=NINE), np.array(of_cut)) for of_cut in weights
        )
        return cuts_sentence(replace(first, further=tuple(further)), first.labels[0].index, ENGLISH)

    def test_one_cut_has_nothing_to_agree_with(self):
        assert self.told([1, 0, 0, 0, 0, 0, 0, 0, 0]) == ""

    def test_they_agree(self):
        assert self.told([9, 0, 0, 0, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0, 0, 1]) == (
            "The photo was cut in 2 ways, which agree on where the weights are (correlation 0.99); "
            "they differ the most at the lower right."
        )

    def test_they_hardly_agree(self):
        assert self.told(
            [9, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 9, 0, 0, 0], [0, 0, 0, 9, 0, 5, 0, 0, 0]
        ) == (
            "The photo was cut in 3 ways, which hardly agree on where the weights are (correlation 0.04), "
            "least of all at the upper left: more samples may help."
        )

    def test_they_agree_roughly(self):
        assert self.told([9, 8, 0, 0, 0, 0, 0, 0, 0], [9, 0, 0, 7, 7, 0, 0, 0, 0]).startswith(
            "The photo was cut in 2 ways, which agree only roughly on where the weights are (correlation 0."
        )


def test_japanese_is_whole():
    """Names in sentences have no space around them, and lists are joined as in Japanese."""
    japanese = Language("ja")
    found = opinions(lime=(0.1, 4), occlusion=(0.3, 4), rise=(0.29, 4), shapley=(0.1, 0))
    for told in (best_sentence(found, japanese), *agreement_sentences(found, japanese)):
        assert told.endswith("。")
        assert " " not in told.replace("Shapley ", "")

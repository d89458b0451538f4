import json
from dataclasses import FrozenInstanceError, replace
from itertools import combinations

import numpy as np
import pytest
from lime.lime_image import ImageExplanation

from explainer import ArgumentError, explain
from explainer.lime.explanation import stability
from explainer.lime.surrogate import Surrogate
from tests.agreement import agreement
from tests.synthetic import ConstantClassifier, Grid, LinearClassifier, NonlinearClassifier, a_photo

GRID = Grid(4, 5)


@pytest.fixture(scope="module")
def explanation():
    classifier = NonlinearClassifier(GRID, classes=4)
    return explain(
        a_photo(), classifier, num_samples=150, top_labels=3, seed=5, segmentation=GRID, kernel_width=0.3
    )


def as_lime_has_it(explanation):
    """The same weights in lime's own class, in the order lime sorts them."""
    other = ImageExplanation(explanation.image, explanation.segments)
    for label in explanation.labels:
        pairs = sorted(enumerate(label.weights), key=lambda pair: abs(pair[1]), reverse=True)
        other.local_exp[label.index] = pairs
    return other


def surrogate_with(replicates):
    replicates = np.array(replicates, dtype=float)
    nothing = np.zeros(replicates.shape[1])
    return Surrogate(nothing, nothing, 0.0, 0.0, replicates)


def surrogate_of(weights):
    return Surrogate(weights, np.zeros_like(weights), 0.0, 0.0, np.tile(weights, (200, 1)))


def largest(weights, positive_only, number):
    """The superpixels with the largest weights, in any order."""
    strength = weights if positive_only else np.abs(weights)
    return {int(i) for i in np.argsort(-strength)[:number] if strength[i] > 0}


class TestLabels:
    def test_most_probable_first(self, explanation):
        classifier = NonlinearClassifier(GRID, classes=4)
        probabilities = classifier.predict(explanation.image[np.newaxis])[0]
        best = np.argsort(-probabilities)[:3]
        assert [label.index for label in explanation.labels] == best.tolist()
        for label in explanation.labels:
            assert label.probability == pytest.approx(probabilities[label.index], abs=1e-6)
            assert label.name == classifier.class_names[label.index]
            assert label.wnid == classifier.wnids[label.index]

    def test_label_by_index(self, explanation):
        for label in explanation.labels:
            assert explanation.label(label.index) is label

    @pytest.mark.parametrize(
        "ask",
        [
            lambda explanation, index: explanation.label(index),
            lambda explanation, index: explanation.regions(index),
            lambda explanation, index: explanation.stability(index),
            lambda explanation, index: explanation.image_and_mask(index),
        ],
    )
    @pytest.mark.parametrize("index", [-1, 4, 1000, "cat", None])
    def test_unknown_label_names_the_explained_ones(self, explanation, ask, index, raises_sentence):
        explained = ", ".join(str(label.index) for label in explanation.labels)
        with raises_sentence(ArgumentError, f"label_index must be one of {explained}, and is {index!r}"):
            ask(explanation, index)

    def test_explanation_can_not_be_changed(self, explanation):
        with pytest.raises(FrozenInstanceError):
            explanation.num_samples = 7

    def test_numbers_of_samples_and_superpixels(self, explanation):
        assert explanation.num_samples == 150
        assert explanation.num_superpixels == 20
        assert explanation.segments.max() == 19


class TestImageAndMask:
    @pytest.mark.parametrize("positive_only", [True, False])
    @pytest.mark.parametrize("hide_rest", [True, False])
    @pytest.mark.parametrize("num_features", [0, 1, 5, 100])
    def test_as_lime_draws_them(self, explanation, positive_only, hide_rest, num_features):
        options = {"positive_only": positive_only, "hide_rest": hide_rest, "num_features": num_features}
        for label in explanation.labels:
            image, mask = explanation.image_and_mask(label.index, **options)
            lime_image, lime_mask = as_lime_has_it(explanation).get_image_and_mask(label.index, **options)
            np.testing.assert_array_equal(image, lime_image)
            np.testing.assert_array_equal(mask, lime_mask)
            assert (image.dtype, mask.dtype) == (lime_image.dtype, lime_mask.dtype)

    def test_shows_the_regions_and_nothing_else(self, explanation):
        index = explanation.labels[1].index
        image, mask = explanation.image_and_mask(index, hide_rest=True)
        regions = list(explanation.regions(index))
        assert len(regions) == 5
        np.testing.assert_array_equal(mask == 1, np.isin(explanation.segments, regions))
        np.testing.assert_array_equal(image[mask == 1], explanation.image[mask == 1])
        assert (image[mask == 0] == 0).all()

    def test_leaves_the_explanations_image_alone(self, explanation):
        before = explanation.image.copy()
        image, _ = explanation.image_and_mask(explanation.labels[0].index, positive_only=False)
        image[:] = 7
        np.testing.assert_array_equal(explanation.image, before)


class TestRegions:
    def test_speaking_for_the_label(self, explanation):
        for label in explanation.labels:
            regions = explanation.regions(label.index, positive_only=True, num_features=4)
            best = np.argsort(-label.weights)[:4]
            assert list(regions) == best.tolist()
            assert list(regions.values()) == label.weights[best].tolist()
            assert all(type(region) is int and type(weight) is float for region, weight in regions.items())

    def test_speaking_for_or_against_the_label(self, explanation):
        for label in explanation.labels:
            regions = explanation.regions(label.index, positive_only=False, num_features=10)
            strongest = np.argsort(-np.abs(label.weights))[:10]
            assert list(regions) == strongest.tolist()
            assert min(regions.values()) < 0 < max(regions.values())

    def test_only_positive_weights_speak_for_the_label(self, explanation):
        label = explanation.labels[0]
        assert len(explanation.regions(label.index, True, 100)) == (label.weights > 0).sum() < 20
        assert len(explanation.regions(label.index, False, 100)) == 20
        assert explanation.regions(label.index, True, 0) == {}

    @pytest.mark.parametrize("num_features", [-1, 2.5, "5", True])
    def test_number_is_checked_by_name(self, explanation, num_features, raises_sentence):
        index = explanation.labels[0].index
        for ask in (explanation.regions, explanation.stability, explanation.image_and_mask):
            with raises_sentence(ArgumentError, f"num_features must be .*0 or more, and is {num_features!r}"):
                ask(index, num_features=num_features)

    def test_the_recipe_says_how_many(self):
        explanation = explain(
            a_photo(), NonlinearClassifier(GRID), num_samples=150, segmentation=GRID, num_features=3
        )
        assert explanation.regions(0) == explanation.regions(0, num_features=3)
        assert explanation.stability(0) == explanation.stability(0, num_features=3)
        np.testing.assert_array_equal(
            explanation.image_and_mask(0)[1], explanation.image_and_mask(0, num_features=3)[1]
        )
        assert len(explanation.regions(0)) == 3
        assert explanation.recipe.pros_cons_features == 6

    def test_known_weights(self, explanation):
        weights = np.array([0.1, -0.5, 0.3, 0.0, -0.2])
        label = replace(explanation.labels[0], surrogate=surrogate_of(weights))
        known = replace(explanation, labels=(label,))
        assert known.regions(label.index, True, 5) == {2: 0.3, 0: 0.1}
        assert known.regions(label.index, True, 1) == {2: 0.3}
        assert list(known.regions(label.index, False, 3)) == [1, 2, 4]


class TestStability:
    def test_replicates_that_agree(self):
        surrogate = surrogate_with([[3, 2, 1, -1, -2]] * 200)
        for num_features in (0, 1, 3, 5, 100):
            assert stability(surrogate, num_features) == 1
            assert stability(surrogate, num_features, positive_only=False) == 1

    def test_order_among_the_chosen_does_not_matter(self):
        assert stability(surrogate_with([[3, 2, 1, 0.5], [2, 3, 0.5, 1]] * 100), 2) == 1

    def test_replicates_that_share_half(self):
        # Two kinds of replicates, one region in common and one not.
        surrogate = surrogate_with([[3, 2, 1, -1], [3, 1, 2, -1]] * 100)
        assert stability(surrogate, 1) == 1
        assert stability(surrogate, 2) == pytest.approx(0.75, abs=0.005)

    def test_share_in_common_between_two_replicates_on_average(self):
        replicates = np.random.RandomState(0).normal(size=(200, 12))
        for positive_only in (True, False):
            chosen = [{(i, row[i] > 0) for i in largest(row, positive_only, 4)} for row in replicates]
            common = [len(one & other) for i, one in enumerate(chosen) for other in chosen[:i]]
            mean_size = np.mean([len(one) for one in chosen])
            expected = np.mean(common) / mean_size
            assert stability(surrogate_with(replicates), 4, positive_only) == pytest.approx(expected)

    def test_for_and_against_are_not_the_same(self):
        assert stability(surrogate_with([[1.0, 0.1], [-1.0, 0.1]] * 100), 1, positive_only=False) < 0.5

    def test_nobody_chooses_anything(self):
        assert stability(surrogate_with(np.zeros((200, 4))), 5) == 1
        assert stability(surrogate_with(np.full((200, 4), -1.0)), 5) == 1

    def test_is_a_share(self, explanation):
        for label in explanation.labels:
            for positive_only in (True, False):
                for num_features in (0, 1, 5, 100):
                    share = explanation.stability(label.index, positive_only, num_features)
                    assert type(share) is float
                    assert 0 <= share <= 1

    def test_rises_with_samples(self):
        classifier = NonlinearClassifier(GRID, seed=1)
        means = [
            np.mean(
                [
                    explain(
                        a_photo(), classifier, num_samples=samples, seed=seed, segmentation=GRID
                    ).stability(0)
                    for seed in range(6)
                ]
            )
            for samples in (40, 160, 640)
        ]
        assert means[0] + 0.05 < means[1] < means[2] - 0.05

    @pytest.mark.parametrize("design", ["balanced", "lime"])
    def test_other_seeds_have_about_that_share_of_regions_in_common(self, design):
        promised, kept = [], []
        for function in range(4):
            classifier = NonlinearClassifier(GRID, seed=function)
            explanations = [
                explain(a_photo(), classifier, num_samples=300, seed=seed, segmentation=GRID, design=design)
                for seed in range(6)
            ]
            promised += [explanation.stability(0) for explanation in explanations]
            kept += [agreement(one, other) for one, other in combinations(explanations, 2)]
        assert np.mean(promised) == pytest.approx(np.mean(kept), abs=0.12)


def last_place(weights, number, tolerance=0.1, positive_only=True):
    """Of a label with these weights, which share the last of so many places: shown, and not shown."""
    explanation = explain(
        a_photo(), ConstantClassifier(1.0), num_samples=2, segmentation=GRID, tie_tolerance=tolerance
    )
    label = replace(explanation.labels[0], surrogate=surrogate_of(np.array(weights)))
    found = replace(explanation, labels=(label,)).last_place(0, positive_only, number)
    return {*found.shown}, {*found.others}


class TestLastPlace:
    def test_two_equal_weights_share_it(self):
        assert last_place([1.0, 0.5, 0.5, 0.1], 2) == ({1}, {2})
        assert last_place([1.0, 0.5, 0.5, 0.1], 2, tolerance=0.0) == ({1}, {2})

    def test_a_clear_gap_shares_nothing(self):
        assert last_place([1.0, 0.5, 0.39, 0.1], 2) == (set(), set())
        assert last_place([1.0, 0.5, 0.41, 0.1], 2) == ({1}, {2})
        assert last_place([1.0, 0.5, 0.41, 0.1], 2, tolerance=0.0) == (set(), set())

    def test_all_equal_share_all(self):
        assert last_place([0.3] * 4, 2) == ({0, 1}, {2, 3})

    def test_fewer_regions_than_are_shown_share_nothing(self):
        assert last_place([0.3, 0.3], 3) == last_place([0.3, 0.3], 2) == (set(), set())
        assert last_place([0.3, 0.3, -0.3], 3) == (set(), set()), "what speaks against is not shown"
        assert last_place([0.3], 0) == (set(), set())

    def test_those_before_the_last_are_as_good_as_it_too(self):
        assert last_place([1.0, 0.5, 0.45, 0.3], 3) == (set(), set())
        assert last_place([1.0, 0.5, 0.45, 0.4], 2) == ({1}, {2, 3})
        assert last_place([1.0, 0.5, 0.45, 0.4, 0.38], 3) == ({1, 2}, {3, 4})

    def test_with_both_sides_strength_counts_and_the_side_does_not(self):
        assert last_place([1.0, -0.5, 0.45, -0.1], 2, positive_only=False) == ({1}, {2})
        assert last_place([-1.0, 0.5, 0.45, 0.1], 1) == ({1}, {2}), "of the strongest of all"


class TestStabilityWithTies:
    def test_who_comes_last_among_equals_does_not_matter(self):
        replicates = [[1.0, 0.5, 0.45, 0], [1.0, 0.45, 0.5, 0]] * 100
        assert stability(surrogate_with(replicates), 2) == pytest.approx(0.75, abs=0.005)
        assert stability(surrogate_with(replicates), 2, tolerance=0.1) == 1
        assert stability(surrogate_with(replicates), 2, tolerance=0.04) == pytest.approx(0.75, abs=0.005)

    def test_where_there_is_room_whatever_weighs_next_to_nothing_is_as_good(self):
        replicates = [[1.0, 0.01, -0.01, -1], [1.0, -0.01, 0.01, -1]] * 100
        assert stability(surrogate_with(replicates), 3) < 0.8
        assert stability(surrogate_with(replicates), 3, tolerance=0.1) == 1

    def test_those_who_matter_more_must_be_the_same(self):
        replicates = [[1.0, 0.5, 0.1, 0], [1.0, 0.1, 0.5, 0]] * 100
        assert stability(surrogate_with(replicates), 2, tolerance=0.1) == pytest.approx(0.75, abs=0.005)

    def test_for_and_against_are_not_equals_however_alike_in_strength(self):
        replicates = [[1.0, 0.5], [1.0, -0.5]] * 100
        assert stability(surrogate_with(replicates), 2, False, 0.1) == pytest.approx(0.75, abs=0.005)

    def test_is_what_pairs_of_replicates_have_in_common(self):
        replicates = np.random.RandomState(0).normal(0.3, 1, size=(60, 12))

        def as_good(row):
            last = max(0.0, np.sort(row)[-4])
            return {int(i) for i in np.flatnonzero(row >= last - 0.2 * np.abs(row).max())}

        chosen = [largest(row, True, 4) for row in replicates]
        good = [as_good(row) | shown for row, shown in zip(replicates, chosen, strict=True)]
        common = [len(one & other) for i, one in enumerate(chosen) for j, other in enumerate(good) if i != j]
        expected = np.sum(common) / 59 / np.sum([len(one) for one in chosen])
        assert stability(surrogate_with(replicates), 4, tolerance=0.2) == pytest.approx(expected)


class TestJson:
    def test_holds_what_was_learned(self, explanation):
        content = json.loads(explanation.to_json())
        assert content["classifier"] == "nonlinear"
        assert content["num_samples"] == 150
        assert content["seed"] == 5
        assert content["segments"] == 20
        assert content["design"] == "balanced"
        assert content["kernel_width"] == 0.3
        assert content["precision"] == "exact"
        assert len(content["labels"]) == 3
        for written, label in zip(content["labels"], explanation.labels, strict=True):
            assert written["index"] == label.index
            assert written["wnid"] == label.wnid
            assert written["name"] == label.name
            assert written["probability"] == label.probability
            assert written["fidelity"] == label.fidelity
            assert written["intercept"] == label.intercept
            assert written["weights"] == label.weights.tolist()
            assert written["standard_errors"] == label.standard_errors.tolist()
            assert written["stability"] == explanation.stability(label.index)

    @pytest.mark.parametrize(
        ("classifier", "options"),
        [
            (ConstantClassifier(0.0, 1.0), {}),
            (LinearClassifier(GRID), {"num_samples": 1}),
            (LinearClassifier(GRID), {"num_samples": 2}),
            (LinearClassifier(GRID), {"num_samples": np.int64(20), "seed": np.uint32(3)}),
            (LinearClassifier(GRID), {"kernel_width": np.float32(0.5)}),
            (LinearClassifier(GRID), {"kernel_width": 1, "top_labels": np.int8(2)}),
        ],
    )
    def test_is_strict_json_whatever_was_explained(self, classifier, options):
        explanation = explain(a_photo(), classifier, segmentation=GRID, **{"num_samples": 30, **options})

        def refuse(constant):
            raise AssertionError(constant)

        content = json.loads(explanation.to_json(), parse_constant=refuse)
        assert content["num_samples"] == options.get("num_samples", 30)

    def test_names_are_written_as_they_are(self, explanation):
        label = replace(explanation.labels[0], name='trä"d\n木')
        content = json.loads(replace(explanation, labels=(label,)).to_json())
        assert content["labels"][0]["name"] == 'trä"d\n木'

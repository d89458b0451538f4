import functools
import itertools
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image, ImageOps

from explainer import (
    ArgumentError,
    Felzenszwalb,
    PhotoError,
    Recipe,
    Slic,
    classify,
    explain,
    explain_live,
)
from explainer.lime.explain import grow_explanation, open_neighborhood, with_label
from tests.agreement import agreement
from tests.synthetic import (
    ConstantClassifier,
    CountingClassifier,
    Grid,
    LinearClassifier,
    NonlinearClassifier,
    a_photo,
)

GRID = Grid(4, 5)


@pytest.fixture
def counting():
    return CountingClassifier(NonlinearClassifier(GRID, classes=6))


def with_pauses(photo, classifier, seconds, **settings):
    """`explain_live` with another time between pictures."""
    recipe = Recipe(**settings)
    return grow_explanation(photo, open_neighborhood(photo, classifier, recipe), recipe, None, seconds)


after_every_batch = functools.partial(with_pauses, seconds=0.0)


def assert_equal(one, other):
    assert one.num_samples == other.num_samples
    assert one.classifier.name == other.classifier.name
    assert Recipe.of(one.recipe, num_samples=1) == Recipe.of(other.recipe, num_samples=1)
    np.testing.assert_array_equal(one.segments, other.segments)
    assert len(one.labels) == len(other.labels)
    for ours, theirs in zip(one.labels, other.labels, strict=True):
        assert (ours.index, ours.probability) == (theirs.index, theirs.probability)
        for name in ("weights", "standard_errors", "intercept", "fidelity"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


class StoppedError(Exception):
    pass


def stop_at(number):
    def on_progress(done, total):
        if done >= number:
            raise StoppedError

    return on_progress


class TestLive:
    def test_first_explanation_comes_early_and_the_last_is_the_one_asked_for(self, counting):
        explanations = list(after_every_batch(a_photo(), counting, num_samples=200, segmentation=GRID))
        sizes = [explanation.num_samples for explanation in explanations]
        assert sizes[0] <= 52
        assert sizes[-1] == 200
        assert all(np.diff(sizes) > 0)
        assert len(sizes) == 11
        other = CountingClassifier(counting.classifier)
        assert_equal(explanations[-1], explain(a_photo(), other, num_samples=200, segmentation=GRID))

    def test_first_explanation_asks_for_no_more_than_it_needs(self, counting):
        first = next(explain_live(a_photo(), counting, num_samples=1000, segmentation=GRID))
        assert counting.images == first.num_samples <= 52

    def test_every_explanation_is_that_of_its_number_of_samples(self, counting):
        for explanation in after_every_batch(a_photo(), counting, num_samples=100, segmentation=GRID):
            other = explain(a_photo(), counting, num_samples=explanation.num_samples, segmentation=GRID)
            assert_equal(explanation, other)
        assert counting.images == 100

    def test_pictures_are_no_more_frequent_than_wanted(self, counting, monkeypatch):
        def now():  # every batch takes 0.2 seconds
            return 50 + 0.2 * len(counting.batches)

        monkeypatch.setattr("explainer.lime.explain.time", SimpleNamespace(monotonic=now))
        explanations = explain_live(a_photo(), counting, num_samples=500, segmentation=GRID)
        sizes = [explanation.num_samples for explanation in explanations]
        assert sizes == [*range(48, 500, 48), 500], "half a second is over in the third batch of 16"

    def test_abandoning_loses_nothing(self, counting):
        explanations = after_every_batch(a_photo(), counting, num_samples=500, segmentation=GRID)
        assert len(list(itertools.islice(explanations, 5))) == 5
        explanations.close()
        before = counting.images
        assert before == 112
        explain(a_photo(), counting, num_samples=before, segmentation=GRID)
        assert counting.images == before
        explain(a_photo(), counting, num_samples=500, segmentation=GRID)
        assert counting.images == 500

    @pytest.mark.parametrize("samples", [1, 2, 31, 32, 33])
    def test_few_samples(self, counting, samples):
        explanations = list(explain_live(a_photo(), counting, num_samples=samples, segmentation=GRID))
        assert [explanation.num_samples for explanation in explanations][-1] == samples
        assert counting.images == samples

    def test_explains_known_weights(self):
        classifier = LinearClassifier(GRID)
        recipe = Recipe(num_samples=2000, segmentation=GRID, top_labels=3, target="probability")
        explanation = explain(a_photo(), classifier, recipe)
        for label in explanation.labels:
            weights = classifier.weights[label.index]
            np.testing.assert_allclose(label.weights, weights, atol=0.01 * np.abs(weights).max())
            assert label.fidelity > 0.999

    def test_a_path_bytes_and_arrays_are_photos_too(self, counting, tmp_path):
        photo = a_photo()
        path = tmp_path / "photo.png"
        photo.save(path)
        first = explain(photo, counting, num_samples=30, segmentation=GRID)
        for same in (path, str(path), path.read_bytes(), np.asarray(photo)):
            assert_equal(first, explain(same, counting, num_samples=30, segmentation=GRID))
        assert counting.images == 30

    def test_bad_photo(self, counting):
        with pytest.raises(PhotoError):
            explain(b"no photo", counting)
        assert counting.images == 0


class TestWhatCostsNothing:
    @pytest.mark.parametrize(
        "other",
        [
            {"num_samples": 100},
            {"num_samples": 1},
            {"kernel_width": 0.5},
            {"top_labels": 2},
            {"top_labels": 100},
            {"num_features": 3},
            {"segmentation": Grid(4, 5)},
            {"hide_color": (0.0, 0.0, 0.0)},
            {"hide_color": np.zeros_like},
            {"num_samples": "auto", "max_samples": 150},
        ],
    )
    def test_other_settings_of_the_same_samples(self, counting, other):
        explain(a_photo(), counting, num_samples=200, segmentation=GRID)
        assert counting.images == 200
        explain(a_photo(), counting, **{"num_samples": 200, "segmentation": GRID, **other})
        assert counting.images == 200

    @pytest.mark.parametrize(
        "other",
        [
            {"seed": 1},
            {"design": "lime"},
            {"precision": "fast"},
            {"hide_color": 0.5},
            {"hide_color": None},
            {"segmentation": Grid(2, 2)},
        ],
    )
    def test_other_samples(self, counting, other):
        explain(a_photo(), counting, num_samples=50, segmentation=GRID)
        explain(a_photo(), counting, **{"num_samples": 50, "segmentation": GRID, **other})
        assert counting.images == 100

    def test_another_photo_or_classifier(self, counting):
        explain(a_photo(0), counting, num_samples=50, segmentation=GRID)
        explain(a_photo(1), counting, num_samples=50, segmentation=GRID)
        assert counting.images == 100
        twin = CountingClassifier(counting.classifier)
        explain(a_photo(0), twin, num_samples=50, segmentation=GRID)
        assert (counting.images, twin.images) == (100, 50)

    def test_raising_costs_the_difference(self, counting):
        explain(a_photo(), counting, num_samples=50, segmentation=GRID)
        explain(a_photo(), counting, num_samples=170, segmentation=GRID)
        assert counting.images == 170

    def test_explaining_what_was_classified_costs_one_picture_less(self, counting):
        labels = classify(a_photo(), counting, segmentation=GRID)
        assert counting.images == 1
        explanation = explain(a_photo(), counting, num_samples=60, segmentation=GRID)
        assert counting.images == 60
        assert [(label.index, label.probability) for label in labels] == [
            (label.index, label.probability) for label in explanation.labels
        ]

    def test_segmentation_is_done_once(self, counting):
        calls = []

        def cut(image):
            calls.append(image.shape)
            return GRID(image)

        for samples in (30, 40, 50):
            explain(a_photo(), counting, num_samples=samples, segmentation=cut)
        assert len(calls) == 1

    def test_superpixels_can_be_had_before(self, counting):
        segments = open_neighborhood(a_photo(), counting, Recipe(segmentation=GRID)).segments
        assert counting.images == 0
        explanation = explain(a_photo(), counting, num_samples=20, segmentation=GRID)
        np.testing.assert_array_equal(explanation.segments, segments)

    def test_segmentation_that_can_not_be_remembered(self, counting):
        class Cut:
            __hash__ = None

            def __call__(self, image):
                return GRID(image)

        for samples in (30, 40, 50):
            explain(a_photo(), counting, num_samples=samples, segmentation=Cut())
        assert counting.images == 50


class TestTargets:
    @pytest.mark.parametrize(("first", "then"), [("probability", "log-odds"), ("log-odds", "probability")])
    def test_switching_asks_nothing_and_going_on_asks_the_difference(self, counting, first, then):
        explain(a_photo(), counting, num_samples=100, segmentation=GRID, target=first)
        switched = explain(a_photo(), counting, num_samples=100, segmentation=GRID, target=then)
        assert counting.images == 100
        longer = explain(a_photo(), counting, num_samples=150, segmentation=GRID, target=then)
        assert counting.images == 150
        for found in (switched, longer):
            other = CountingClassifier(counting.classifier)
            samples = found.num_samples
            assert_equal(
                found, explain(a_photo(), other, num_samples=samples, segmentation=GRID, target=then)
            )

    def test_log_odds_of_a_classifier_that_adds_up_evidence_are_its_own(self):
        class Evidence(LinearClassifier):
            def answer(self, visible):
                odds = np.exp(4 * super().answer(visible)[:, 0] - 3)
                return np.stack([odds / (1 + odds), 1 / (1 + odds)], axis=1)

        classifier = Evidence(GRID, classes=2)
        explanation = explain(a_photo(), classifier, num_samples=2000, segmentation=GRID)
        expected = 4 * classifier.weights[0]
        np.testing.assert_allclose(explanation.label(0).weights, expected, atol=0.02 * np.abs(expected).max())
        np.testing.assert_allclose(explanation.label(1).weights, -explanation.label(0).weights, atol=1e-6)
        assert explanation.label(0).fidelity > 0.999
        probabilities = explain(
            a_photo(), classifier, num_samples=2000, segmentation=GRID, target="probability"
        )
        assert probabilities.label(0).fidelity < explanation.label(0).fidelity

    def test_a_weight_s_change_of_the_probability(self):
        label = explain(a_photo(), LinearClassifier(GRID), num_samples=50, segmentation=GRID).labels[0]
        odds = label.probability / (1 - label.probability)
        assert label.change_of_probability(np.log(2)) == pytest.approx(
            2 * odds / (1 + 2 * odds) - label.probability
        )
        sure = replace(label, probability=1.0)
        assert sure.change_of_probability(-5) == 0
        assert replace(label, target="probability").change_of_probability(-0.2) == -0.2


class TestCoverage:
    """Where it is called settled, two runs agree at least as far as is claimed, ties counted."""

    def test_of_classifiers_whose_truth_is_known(self):
        claimed, kept = [], []
        for function in range(8):
            classifier = NonlinearClassifier(GRID, classes=2, seed=function, chance=0.01)
            runs = [
                explain(a_photo(), classifier, num_samples="auto", seed=seed, segmentation=GRID, top_labels=1)
                for seed in range(8)
            ]
            claimed += [run.stability(run.labels[0].index) for run in runs]
            kept += [agreement(one, other) for one, other in itertools.combinations(runs, 2)]
        assert min(claimed) >= 0.9
        assert np.mean(kept) >= 0.9
        assert np.mean(kept) >= np.mean(claimed) - 0.01, "which is within chance"

    @pytest.mark.slow
    def test_of_photos_and_a_trained_network(self, chelsea, coffee, lite0):
        for photo in (ImageOps.mirror(chelsea), coffee.crop((0, 40, 420, 400))):
            runs = [explain(photo, lite0, seed=seed, top_labels=1) for seed in range(4)]
            claimed = [run.stability(run.labels[0].index) for run in runs]
            assert min(claimed) >= 0.9
            kept = [agreement(one, other) for one, other in itertools.combinations(runs, 2)]
            assert np.mean(kept) >= 0.9


class TestAuto:
    options: ClassVar = {"num_samples": "auto", "segmentation": GRID, "max_samples": 1500}

    def fresh(self):
        return CountingClassifier(NonlinearClassifier(GRID, seed=0))

    def test_ends_when_the_focus_is_stable(self):
        classifier = self.fresh()
        explanation = explain(a_photo(), classifier, **self.options)
        assert 64 < explanation.num_samples < 1500
        assert classifier.images == explanation.num_samples
        assert explanation.stability(explanation.labels[0].index) >= Recipe().stability_threshold
        before = explain(a_photo(), classifier, segmentation=GRID, num_samples=64)
        assert before.stability(before.labels[0].index) < Recipe().stability_threshold

    @pytest.mark.parametrize("pace", [0.0, 1e9])
    def test_ends_at_the_same_place_however_it_gets_there(self, pace):
        at_once = explain(a_photo(), self.fresh(), **self.options)

        grown_beyond = self.fresh()
        explain(a_photo(), grown_beyond, num_samples=2000, segmentation=GRID)
        assert_equal(at_once, explain(a_photo(), grown_beyond, **self.options))
        assert grown_beyond.images == 2000

        begun = self.fresh()
        explain(a_photo(), begun, num_samples=77, segmentation=GRID)
        assert_equal(at_once, explain(a_photo(), begun, **self.options))

        resumed = self.fresh()
        for limit in (10, 100, 200):
            with pytest.raises(StoppedError):
                explain(a_photo(), resumed, on_progress=stop_at(limit), **self.options)
        assert_equal(at_once, explain(a_photo(), resumed, **self.options))
        assert resumed.images == at_once.num_samples

        *_, last = with_pauses(a_photo(), self.fresh(), pace, **self.options)
        assert_equal(at_once, last)

    def test_goes_no_further_than_allowed(self):
        classifier = self.fresh()
        options = {**self.options, "max_samples": 100, "stability_threshold": 1.0}
        assert explain(a_photo(), classifier, **options).num_samples == classifier.images == 100
        assert explain(a_photo(), classifier, **{**options, "max_samples": 7}).num_samples == 7

    def test_higher_threshold_takes_more_samples(self):
        sizes = [
            explain(a_photo(), self.fresh(), stability_threshold=threshold, **self.options).num_samples
            for threshold in (0, 0.7, 0.9)
        ]
        assert sizes[0] == 64
        assert sizes[0] < sizes[1] < sizes[2]

    def test_waits_for_the_focus_it_was_asked_about(self):
        for num_features in (1, 3):
            explanation = explain(a_photo(), self.fresh(), num_features=num_features, **self.options)
            index = explanation.labels[0].index
            assert explanation.stability(index, num_features=num_features) >= Recipe().stability_threshold

    def test_nothing_to_find_ends_at_once(self):
        explanation = explain(a_photo(), ConstantClassifier(0.25, 0.75), **self.options)
        assert explanation.num_samples == 64


class TestProgress:
    @pytest.mark.parametrize("samples", [1, 20, 32, 100, 101])
    @pytest.mark.parametrize("run", [explain, lambda *a, **b: list(explain_live(*a, **b))])
    def test_rises_to_the_end(self, counting, samples, run):
        calls = []
        run(
            a_photo(),
            counting,
            num_samples=samples,
            segmentation=GRID,
            on_progress=lambda *call: calls.append(call),
        )
        done = [call[0] for call in calls]
        assert {call[1] for call in calls} == {samples}
        assert all(np.diff(done) > 0)
        assert done[-1] == samples

    def test_one_call_where_nothing_is_left_to_do(self, counting):
        explain(a_photo(), counting, num_samples=100, segmentation=GRID)
        calls = []
        explain(
            a_photo(),
            counting,
            num_samples=80,
            segmentation=GRID,
            on_progress=lambda *call: calls.append(call),
        )
        assert calls == [(80, 80)]

    def test_auto_reports_against_the_most_there_may_be(self):
        calls = []
        explanation = explain(
            a_photo(),
            NonlinearClassifier(GRID, seed=0),
            num_samples="auto",
            max_samples=1500,
            segmentation=GRID,
            on_progress=lambda *call: calls.append(call),
        )
        assert {total for _, total in calls} == {1500}
        assert all(np.diff([done for done, _ in calls]) > 0)
        assert calls[-1][0] == explanation.num_samples

    def test_what_it_raises_ends_the_run_and_keeps_the_samples(self, counting):
        with pytest.raises(StoppedError):
            explain(a_photo(), counting, num_samples=300, segmentation=GRID, on_progress=stop_at(100))
        assert 100 <= counting.images < 120
        explain(a_photo(), counting, num_samples=300, segmentation=GRID)
        assert counting.images == 300


class TestFast:
    def test_probabilities_of_the_labels_are_exact(self, counting):
        exact = explain(a_photo(), counting, num_samples=64, segmentation=GRID)
        counting.precisions.clear()
        fast = explain(a_photo(), counting, num_samples=64, segmentation=GRID, precision="fast")
        assert [label.probability for label in fast.labels] == [label.probability for label in exact.labels]
        assert counting.precisions[0] == "exact"
        assert set(counting.precisions[1:]) == {"fast"}
        assert fast.recipe.precision == "fast"
        assert (fast.labels[0].weights != exact.labels[0].weights).all()

    def test_with_a_real_network(self, chelsea, lite0):
        counting = CountingClassifier(lite0)
        exact = classify(chelsea, counting, segmentation=GRID)
        fast = explain(chelsea, counting, num_samples=40, segmentation=GRID, precision="fast")
        assert [(label.index, label.probability) for label in fast.labels] == [
            (label.index, label.probability) for label in exact
        ]
        assert counting.images == 40


class TestSessions:
    def test_two_on_the_same_photo_share_their_samples(self, counting):
        together = threading.Barrier(2)

        def session(samples):
            together.wait()
            explanations = list(explain_live(a_photo(), counting, num_samples=samples, segmentation=GRID))
            assert explanations[-1].num_samples == samples
            return explanations[-1]

        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(session, (300, 400))
        assert one.neighborhood is other.neighborhood
        assert counting.images == 400
        assert_equal(one, explain(a_photo(), counting, num_samples=300, segmentation=GRID))

    def test_many_on_a_real_network(self, astronaut, lite0):
        counting = CountingClassifier(lite0)

        def session(samples):
            return explain(astronaut, counting, num_samples=samples, segmentation=GRID)

        with ThreadPoolExecutor(4) as pool:
            explanations = list(pool.map(session, (40, 64, 50, 64)))
        assert counting.images == 64
        assert_equal(explanations[1], explanations[3])


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("num_samples", 0),
            ("num_samples", -5),
            ("num_samples", "many"),
            ("num_samples", True),
            ("num_samples", 10.5),
            ("num_samples", None),
            ("seed", -1),
            ("seed", 2**32),
            ("seed", 0.5),
            ("seed", None),
            ("design", "x"),
            ("kernel_width", 0),
            ("kernel_width", -0.25),
            ("kernel_width", float("nan")),
            ("kernel_width", float("inf")),
            ("kernel_width", "wide"),
            ("kernel_width", None),
            ("top_labels", 0),
            ("top_labels", "all"),
            ("stability_threshold", 1.5),
            ("stability_threshold", "high"),
            ("num_features", -1),
            ("num_features", 2.5),
            ("precision", "turbo"),
            ("hide_color", "red"),
            ("hide_color", (1, 2)),
            ("segmentation", "quickshift"),
            ("segmentation", 50),
            ("segmentation", lambda image: np.zeros((3, 3), int)),
            ("segmentation", lambda image: np.zeros(image.shape, int)),
            ("segmentation", lambda image: np.zeros(image.shape[:2])),
            ("segmentation", lambda image: None),
        ],
    )
    @pytest.mark.parametrize("run", [explain, explain_live])
    def test_wrong_one_is_named_before_anything_is_asked(self, counting, run, name, value, raises_sentence):
        options = {"segmentation": GRID, name: value}
        with raises_sentence(ArgumentError, f"^{name} must "):
            run(a_photo(), counting, **options)
        assert counting.images == 0

    @pytest.mark.parametrize("value", [0, "lots", True])
    def test_most_samples_of_auto(self, counting, value, raises_sentence):
        with raises_sentence(ArgumentError, "^max_samples must "):
            explain(a_photo(), counting, num_samples="auto", max_samples=value)

    def test_auto_is_offered_to_who_mistypes_it(self, counting, raises_sentence):
        with raises_sentence(ArgumentError, "or 'auto', and is 'Auto'"):
            explain(a_photo(), counting, num_samples="Auto")

    @pytest.mark.parametrize(("name", "value"), [("top_labels", 0), ("seed", -1), ("design", "x")])
    def test_classify_checks_them_too(self, counting, name, value, raises_sentence):
        with raises_sentence(ArgumentError, f"^{name} must "):
            classify(a_photo(), counting, **{"segmentation": GRID, name: value})
        assert counting.images == 0


class TestOddPhotos:
    @pytest.fixture(autouse=True)
    def _no_warnings(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield

    def check(self, explanation, samples):
        assert explanation.num_samples == samples
        for label in explanation.labels:
            assert np.isfinite(label.weights).all()
            assert np.isfinite(label.standard_errors).all()
            assert np.isfinite([label.intercept, label.fidelity]).all()
            assert label.fidelity <= 1
            assert 0 <= explanation.stability(label.index) <= 1
        assert "NaN" not in explanation.to_json()

    @pytest.mark.parametrize("segmentation", [None, Slic(), Felzenszwalb()])
    @pytest.mark.parametrize("colour", ["white", "black", (127, 127, 127)])
    def test_one_colour(self, segmentation, colour):
        photo = Image.new("RGB", (64, 48), colour)
        explanation = explain(photo, LinearClassifier(GRID), num_samples=80, segmentation=segmentation)
        self.check(explanation, 80)

    def test_photo_that_looks_as_if_hidden(self):
        photo = Image.new("RGB", (64, 48), (127, 127, 127))
        classifier = LinearClassifier(GRID, hide_color=0.5)
        explanation = explain(photo, classifier, num_samples=80, hide_color=0.5, segmentation=GRID)
        self.check(explanation, 80)
        for label in explanation.labels:
            assert (label.weights == 0).all()
            assert label.probability == pytest.approx(classifier.intercepts[label.index])

    @pytest.mark.slow
    def test_one_colour_and_a_real_network(self, lite0):
        photo = Image.new("RGB", (64, 48), (127, 127, 127))  # what hidden superpixels look like
        explanation = explain(photo, lite0, num_samples=64)
        self.check(explanation, 64)
        for label in explanation.labels:
            assert np.abs(label.weights).max() < 1e-5

    @pytest.mark.parametrize("design", ["balanced", "lime"])
    @pytest.mark.parametrize("samples", [1, 2, 50])
    def test_single_superpixel(self, design, samples):
        classifier = LinearClassifier(GRID)
        explanation = explain(
            a_photo(), classifier, num_samples=samples, segmentation=Grid(1, 1), design=design
        )
        self.check(explanation, samples)
        assert explanation.num_superpixels == 1

    @pytest.mark.parametrize("design", ["balanced", "lime"])
    @pytest.mark.parametrize("samples", [1, 2, 3, 40])
    def test_more_superpixels_than_samples(self, design, samples):
        explanation = explain(
            a_photo(), LinearClassifier(GRID), num_samples=samples, segmentation=Grid(12, 16), design=design
        )
        self.check(explanation, samples)
        assert explanation.num_superpixels == 192

    def test_as_many_superpixels_as_can_be(self):
        classifier = LinearClassifier(Grid(1, 1))
        explanation = explain(
            a_photo(), classifier, num_samples=40, segmentation=lambda image: Grid(24, 32)(image)
        )
        self.check(explanation, 40)
        assert (explanation.num_superpixels, explanation.neighborhood.superpixels_found) == (256, 768)

    @pytest.mark.parametrize("probabilities", [(0.0, 1.0), (0.1, 0.2, 0.7), (1.0,)])
    def test_classifier_that_never_changes_its_mind(self, probabilities):
        explanation = explain(
            a_photo(), ConstantClassifier(*probabilities), num_samples=70, segmentation=GRID
        )
        self.check(explanation, 70)
        assert [label.probability for label in explanation.labels] == pytest.approx(
            sorted(probabilities, reverse=True)
        )
        assert explanation.regions(explanation.labels[0].index) == {}

    def test_classifier_with_fewer_classes_than_labels_asked_for(self):
        explanation = explain(a_photo(), LinearClassifier(GRID), num_samples=30, segmentation=GRID)
        assert len(explanation.labels) == 3


class TestWithLabel:
    @pytest.fixture
    def classifier(self):
        return CountingClassifier(NonlinearClassifier(GRID, classes=8))

    def test_explains_the_label_as_if_it_were_among_the_best(self, classifier):
        few = explain(a_photo(), classifier, num_samples=100, top_labels=2, segmentation=GRID)
        asked = classifier.images
        every = explain(a_photo(), classifier, num_samples=100, top_labels=8, segmentation=GRID)
        least = every.labels[-1]
        more = with_label(few, least.index)
        assert [label.index for label in more.labels] == [*(label.index for label in few.labels), least.index]
        found = more.label(least.index)
        assert (found.name, found.probability) == (least.name, least.probability)
        np.testing.assert_allclose(found.weights, least.weights, atol=1e-12)
        assert found.fidelity == pytest.approx(least.fidelity)
        assert classifier.images == asked
        assert len(few.labels) == 2

    def test_a_label_that_is_there_changes_nothing(self, classifier):
        explanation = explain(a_photo(), classifier, num_samples=20, segmentation=GRID)
        assert with_label(explanation, explanation.labels[3].index) is explanation

    @pytest.mark.parametrize("index", [-1, 8, 1.5, None])
    def test_no_class(self, classifier, index, raises_sentence):
        explanation = explain(a_photo(), classifier, num_samples=1, top_labels=1, segmentation=GRID)
        with raises_sentence(ArgumentError, "label_index must be a whole number, from 0 to 7"):
            with_label(explanation, index)

import functools
import math
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from lime.lime_image import LimeImageExplainer
from threadpoolctl import threadpool_info, threadpool_limits

from explainer.lime.designs import make_design
from explainer.lime.surrogate import KERNEL_WIDTH, exponential_kernel, fit_surrogates, log_odds
from tests.synthetic import Grid, LinearClassifier, NonlinearClassifier

DESIGNS = ("balanced", "lime")


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def fit(classifier, samples, design="balanced", seed=0, kernel_width=KERNEL_WIDTH):
    sampler = make_design(design, classifier.grid.cells, seed)
    masks = sampler.masks(0, samples)
    probabilities = classifier.answer(masks.astype(float)).astype(np.float32)
    return fit_surrogates(masks, probabilities, sampler.groups(samples), kernel_width)


def fit_constant(probability, samples, superpixels=5, design="balanced"):
    sampler = make_design(design, superpixels, 0)
    probabilities = np.full((samples, 1), probability, np.float32)
    (surrogate,) = fit_surrogates(sampler.masks(0, samples), probabilities, sampler.groups(samples))
    return surrogate


def assert_finite(surrogate):
    for numbers in (surrogate.weights, surrogate.standard_errors, surrogate.replicates):
        assert numbers.dtype == np.float64
        assert np.isfinite(numbers).all()
    assert surrogate.replicates.shape == (200, len(surrogate.weights))
    assert (surrogate.standard_errors >= 0).all()
    assert math.isfinite(surrogate.intercept)
    assert math.isfinite(surrogate.fidelity)
    assert surrogate.fidelity <= 1


class TestLogOdds:
    def test_of_a_network_whose_probabilities_sum_to_one(self):
        logits = np.random.RandomState(0).normal(0, 3, (50, 4))
        answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        expected = logits[:, [2]] - np.log(np.exp(np.delete(logits, 2, axis=1)).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(log_odds(answers, [2]), expected, atol=1e-9)

    def test_of_each_output_by_itself_where_they_do_not(self):
        assert log_odds(np.array([[0.5, 0.9]]), [0, 1]) == pytest.approx(np.log([[1, 9]]))

    def test_what_floats_can_not_tell_from_certain_is_told_by_the_others(self):
        sure = np.array([[1.0, 3e-12], [1.0, 1e-12]], np.float32)
        assert np.diff(log_odds(sure, [0])[:, 0]) == pytest.approx(np.log(3), abs=1e-4)

    @pytest.mark.parametrize("steps", [2, 100, 256])  # all or nothing; votes of a forest; eight bits
    def test_answers_in_steps_have_no_end_far_out(self, steps):
        answers = np.linspace(0, 1, steps)
        odds = log_odds(np.column_stack([answers, 1 - answers]), [0, 1])
        assert np.isfinite(odds).all()
        assert (np.diff(odds[:, 0]) > 0).all()
        assert np.abs(odds).max() <= np.log(2 * max(steps, 100))
        np.testing.assert_allclose(odds[:, 1], -odds[:, 0], atol=1e-9)

    def test_of_a_network_with_one_output(self):
        assert log_odds(np.array([[0.9], [1.0]]), [0])[:, 0] == pytest.approx([np.log(9), np.log(1 / 0.01)])


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(("samples", "within"), [(200, 0.1), (2000, 0.01), (20000, 0.001)])
def test_known_weights_come_out_up_to_shrinkage(design, samples, within):
    classifier = LinearClassifier(Grid(4, 5))
    surrogates = fit(classifier, samples, design)
    assert len(surrogates) == 3
    for surrogate, weights, intercept in zip(
        surrogates, classifier.weights, classifier.intercepts, strict=True
    ):
        np.testing.assert_allclose(surrogate.weights, weights, atol=within * np.abs(weights).max(), rtol=0)
        assert np.linalg.norm(surrogate.weights) < np.linalg.norm(weights)
        assert surrogate.intercept == pytest.approx(intercept, abs=within * np.abs(weights).sum())
        assert_finite(surrogate)


@pytest.mark.parametrize("design", DESIGNS)
def test_linear_function_is_matched_perfectly(design):
    for surrogate in fit(LinearClassifier(Grid(4, 5)), 3000, design):
        assert surrogate.fidelity == pytest.approx(1, abs=1e-4)
        assert surrogate.standard_errors.max() < 1e-4


def test_fidelity_is_what_part_of_the_variance_is_linear():
    faithful, less, least = (
        fit(NonlinearClassifier(Grid(3, 4), chance=chance), 2000)[0].fidelity for chance in (0.01, 0.05, 0.2)
    )
    assert 1 > faithful > less > least > 0


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kernel_width", [0.1, 0.25, 1.0])
def test_same_fit_as_the_lime_package(seed, kernel_width):
    classifier = NonlinearClassifier(Grid(3, 4), classes=4)
    image = np.full((*classifier.input_size, 3), 0.5, np.float32)
    explanation = LimeImageExplainer(kernel_width=kernel_width, random_state=seed).explain_instance(
        image,
        classifier.predict,
        hide_color=0,
        top_labels=4,
        num_samples=150,
        segmentation_fn=classifier.grid,
    )
    surrogates = fit(classifier, 150, "lime", seed, kernel_width)
    for label, surrogate in enumerate(surrogates):
        for superpixel, weight in explanation.local_exp[label]:
            assert surrogate.weights[superpixel] == pytest.approx(weight, abs=1e-6)
        assert surrogate.intercept == pytest.approx(explanation.intercept[label], abs=1e-6)
    assert surrogates[explanation.top_labels[0]].fidelity == pytest.approx(explanation.score, abs=1e-6)


def test_kernel_is_one_at_the_photo_and_falls_with_distance():
    kernel = exponential_kernel(np.array([0, 0.1, 0.25, 0.5, 1]), 0.25)
    assert kernel[0] == 1
    assert (np.diff(kernel) < 0).all()
    assert kernel[2] == pytest.approx(math.exp(-0.5))


@functools.cache
def classifier_and_truth(grid):
    """A classifier, and the weights that very many samples give."""
    classifier = NonlinearClassifier(grid, seed=3)
    return classifier, fit(classifier, 30_000, "lime", seed=999)[0].weights


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(
    ("grid", "samples"),
    [(Grid(4, 5), 80), (Grid(4, 5), 256), pytest.param(Grid(5, 8), 500, marks=pytest.mark.slow)],
)
def test_standard_errors_cover_the_truth_as_often_as_they_say(design, grid, samples):
    classifier, truth = classifier_and_truth(grid)
    surrogates = [fit(classifier, samples, design, seed)[0] for seed in range(30)]
    covered = [
        np.abs(surrogate.weights - truth) <= 1.96 * surrogate.standard_errors for surrogate in surrogates
    ]
    assert 0.88 <= np.mean(covered) <= 0.99
    spread = np.std([surrogate.weights for surrogate in surrogates], axis=0)
    said = np.mean([surrogate.standard_errors for surrogate in surrogates], axis=0)
    assert 0.7 < np.sqrt((spread**2).mean() / (said**2).mean()) < 1.15


def test_balanced_design_is_surer_and_rightly_so():
    classifier, truth = classifier_and_truth(Grid(4, 5))
    said, missed = {}, {}
    for design in DESIGNS:
        surrogates = [fit(classifier, 256, design, seed)[0] for seed in range(10)]
        said[design] = np.mean([surrogate.standard_errors for surrogate in surrogates])
        missed[design] = np.mean([np.abs(surrogate.weights - truth) for surrogate in surrogates])
    assert said["balanced"] < 0.7 * said["lime"]
    assert missed["balanced"] < 0.7 * missed["lime"]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("samples", [64, 300])
def test_replicates_spread_as_the_standard_errors_say(design, samples):
    (surrogate,) = fit(NonlinearClassifier(Grid(4, 5)), samples, design)
    ratio = surrogate.replicates.std(axis=0) / surrogate.standard_errors
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert (np.abs(ratio - 1) < 0.25).all()
    offset = surrogate.replicates.mean(axis=0) - surrogate.weights
    assert (np.abs(offset) < 0.3 * surrogate.standard_errors).all()


def test_more_samples_are_surer():
    classifier = NonlinearClassifier(Grid(4, 5))
    errors = [fit(classifier, samples)[0].standard_errors.mean() for samples in (100, 400, 1600)]
    assert errors[0] > 1.6 * errors[1] > 1.6 * 1.6 * errors[2]


def test_same_samples_give_the_same_surrogate():
    classifier = NonlinearClassifier(Grid(3, 4))
    one, other = fit(classifier, 100)[0], fit(classifier, 100)[0]
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.replicates, other.replicates)


def test_weights_do_not_depend_on_the_number_of_threads():
    random = np.random.RandomState(0)
    masks = random.randint(0, 2, (1000, 60)).astype(np.uint8)
    masks[0] = 1
    probabilities = random.rand(1000, 2).astype(np.float32)
    fitted = []
    for threads in (1, 2, 5):
        with threadpool_limits(threads, user_api="blas"):
            fitted.append(fit_surrogates(masks, probabilities, np.arange(1000) // 2)[1])
    for other in fitted[1:]:
        np.testing.assert_array_equal(other.weights, fitted[0].weights)
        np.testing.assert_array_equal(other.replicates, fitted[0].replicates)


def test_many_fits_at_once_give_the_same_weights_and_leave_threads_as_they_were():
    masks = np.random.RandomState(1).randint(0, 2, (1000, 60)).astype(np.uint8)
    probabilities = np.random.RandomState(2).rand(1000, 1).astype(np.float32)

    def weights(_number: int) -> bytes:
        return fit_surrogates(masks, probabilities, np.arange(1000) // 2)[0].replicates.tobytes()

    with threadpool_limits(3, user_api="blas"):
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(weights, range(8)))) == 1
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} == {
            3
        }


def test_a_label_does_not_depend_on_the_others():
    classifier = NonlinearClassifier(Grid(3, 4), classes=3)
    sampler = make_design("balanced", 12, 0)
    masks, groups = sampler.masks(0, 90), sampler.groups(90)
    probabilities = classifier.answer(masks.astype(float))
    together = fit_surrogates(masks, probabilities, groups)
    for label in range(3):
        (alone,) = fit_surrogates(masks, probabilities[:, [label]], groups)
        np.testing.assert_allclose(alone.weights, together[label].weights, atol=1e-12)
        np.testing.assert_allclose(alone.standard_errors, together[label].standard_errors, atol=1e-12)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("samples", [1, 2, 3, 10, 29, 30, 31])
def test_fewer_samples_than_superpixels(design, samples):
    for surrogate in fit(NonlinearClassifier(Grid(5, 6), classes=2), samples, design):
        assert_finite(surrogate)


@pytest.mark.parametrize("design", DESIGNS)
def test_one_sample_explains_nothing(design):
    classifier = LinearClassifier(Grid(2, 2))
    for surrogate, probability in zip(
        fit(classifier, 1, design), classifier.answer(np.ones((1, 4)))[0], strict=True
    ):
        assert (surrogate.weights == 0).all()
        assert surrogate.intercept == pytest.approx(probability, abs=1e-6)
        assert surrogate.fidelity == 0


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("samples", [2, 50])
def test_one_superpixel(design, samples):
    for surrogate in fit(LinearClassifier(Grid(1, 1)), samples, design):
        assert_finite(surrogate)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("superpixels", [1, 5, 80])
@pytest.mark.parametrize("samples", [2, 3, 64, 65])
@pytest.mark.parametrize("probability", [0.0, 1.0, 0.1, 0.3, 0.7071])
def test_constant_probabilities_owe_nothing_to_any_superpixel(design, superpixels, samples, probability):
    surrogate = fit_constant(probability, samples, superpixels, design)
    assert (surrogate.weights == 0).all()
    assert (surrogate.standard_errors == 0).all()
    assert (surrogate.replicates == 0).all()
    assert surrogate.intercept == pytest.approx(probability)
    assert surrogate.fidelity == 0, "nothing is explained"


@pytest.mark.parametrize("kernel_width", [1e-300, 1e-9, 1e-3, 0.05, 1, 1e9, 1e300])
def test_narrow_and_wide_kernels(kernel_width):
    for surrogate in fit(NonlinearClassifier(Grid(3, 4), classes=2), 100, "lime", 0, kernel_width):
        assert_finite(surrogate)

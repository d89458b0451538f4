"""Hide colours by name, superpixels without a question, and the samples that explain the method."""

import pickle

import numpy as np
import pytest
from PIL import Image

from explainer import explain
from explainer.lime.explain import contrasting_samples, open_neighborhood
from explainer.lime.hiding import blurred, hidden_image
from explainer.recipe import HIDE_COLORS, Felzenszwalb, Quickshift, Recipe, Slic
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, a_photo


@pytest.fixture
def classifier() -> CountingClassifier:
    return CountingClassifier(LinearClassifier(Grid(4, 4)))


def hidden(name: str, photo: Image.Image, classifier) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The preprocessed photo, its superpixels, and what shows where all are hidden."""
    image = classifier.preprocess(photo)
    segments = Grid(3, 3)(image)
    return image, segments, hidden_image(image, segments, name, classifier)


def test_black_is_black_to_every_network(classifier, lite0):
    *_, painted = hidden("black", a_photo(), lite0)
    np.testing.assert_array_equal(painted, np.float32(-127 / 128))
    for network in (classifier, lite0):
        *_, painted = hidden("black", a_photo(), network)
        np.testing.assert_array_equal(painted, network.preprocess(Image.new("RGB", (50, 40))))
        np.testing.assert_array_equal(network.to_display(painted), 0)


def test_blur_keeps_the_brightness_and_nothing_else(chelsea, lite0):
    image, _, painted = hidden("blur", chelsea, lite0)
    assert painted.shape == image.shape
    np.testing.assert_allclose(painted.mean(axis=(0, 1)), image.mean(axis=(0, 1)), atol=0.03)
    for axis in (0, 1):  # a step from one pixel to the next can't be seen
        assert np.abs(np.diff(painted, axis=axis)).max() < 3 / 128
    assert np.abs(np.diff(image, axis=0)).max() > 30 / 128


def test_blur_reaches_as_far_in_every_size():
    def edge(size: int) -> np.ndarray:
        image = np.zeros((size, size, 3), np.float32)
        image[:, size // 2 :] = 1
        return blurred(image)[size // 2, :: size // 50, 0]

    np.testing.assert_allclose(edge(100), edge(400), atol=0.02)
    assert 0.05 < edge(100)[20] < 0.5 < edge(100)[30] < 0.95


def test_hide_colours_can_be_keys_and_be_sent_elsewhere():
    recipes = [Recipe(hide_color=name) for name in HIDE_COLORS]
    assert len({*recipes}) == len(HIDE_COLORS)
    assert {*recipes} == {Recipe(hide_color=name) for name in HIDE_COLORS}
    assert pickle.loads(pickle.dumps(recipes)) == recipes


@pytest.mark.parametrize(
    "segmentation", [None, Quickshift(kernel_size=2), Slic(n_segments=12), Felzenszwalb(min_size=30)]
)
def test_superpixels_are_those_of_the_explanation_and_cost_no_question(segmentation, classifier):
    photo = a_photo(5)
    segments = open_neighborhood(photo, classifier, Recipe(segmentation=segmentation)).segments
    assert classifier.batches == []
    explanation = explain(photo, classifier, num_samples=20, segmentation=segmentation)
    assert explanation.segments is segments, "cut once, and kept"


def test_a_photo_is_the_same_one_however_it_comes(classifier):
    array = np.asarray(a_photo(6))
    opened = open_neighborhood(array, classifier, Recipe())
    assert open_neighborhood(Image.fromarray(array), classifier, Recipe()) is opened


def test_contrasting_samples_are_the_lowest_the_middle_and_the_highest(classifier):
    explanation = explain(a_photo(7), classifier, num_samples=300, segmentation=Grid(4, 4))
    neighborhood = explanation.neighborhood
    for label in explanation.labels:
        samples = contrasting_samples(explanation, label.index)
        probabilities = neighborhood.probabilities(200)[1:, label.index]
        assert samples[0].probability == probabilities.min()
        assert samples[1].probability == np.sort(probabilities)[len(probabilities) // 2]
        assert samples[2].probability == probabilities.max()
        for sample in samples:
            answer = neighborhood.ask(sample.shown[np.newaxis].astype(np.uint8))[0, label.index]
            assert sample.shown.dtype == bool
            assert answer == pytest.approx(sample.probability, abs=1e-6)


@pytest.mark.parametrize(("size", "expected"), [(1, 0), (2, 1), (3, 2), (4, 3)])
def test_contrasting_samples_of_few(size: int, expected: int, classifier):
    explanation = explain(a_photo(8), classifier, num_samples=size, segmentation=Grid(4, 4), seed=size)
    samples = contrasting_samples(explanation, 0, size)
    assert len(samples) == expected
    assert [s.probability for s in samples] == sorted(s.probability for s in samples)

"""What hidden superpixels show, for everything that a recipe may say of it."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from explainer import ArgumentError, Recipe
from explainer.lime.hiding import hidden_image
from explainer.recipe import HIDE_COLORS
from tests.synthetic import Grid, LinearClassifier

CLASSIFIER = LinearClassifier(Grid(2, 3))
IMAGE = np.random.RandomState(2).uniform(-1, 1, (8, 10, 3)).astype(np.float32)
SEGMENTS = Grid(2, 3)(IMAGE)


def hidden(hide_color):
    painted = hidden_image(IMAGE, SEGMENTS, Recipe(hide_color=hide_color).hide_color, CLASSIFIER)
    assert painted.dtype == np.float32
    assert painted.shape == IMAGE.shape
    return painted


@pytest.mark.parametrize("number", [0, 0.0, -1.0, 0.25, np.float64(0.5)])
def test_number(number):
    assert (hidden(number) == np.float32(number)).all()


@pytest.mark.parametrize("kind", [tuple, list, np.array])
def test_triple(kind):
    painted = hidden(kind([0.1, -0.2, 0.3]))
    for channel, value in enumerate((0.1, -0.2, 0.3)):
        assert (painted[..., channel] == np.float32(value)).all()


def test_grey_is_zero():
    assert (hidden("grey") == 0).all()


@pytest.mark.parametrize("mean", ["mean", None])
def test_mean_is_each_superpixels_own(mean):
    painted = hidden(mean)
    for region in range(6):
        own = region == SEGMENTS
        means = np.tile(IMAGE[own].astype(np.float64).mean(axis=0), (own.sum(), 1))
        np.testing.assert_allclose(painted[own], means, atol=1e-6, rtol=0)


def test_black_is_what_a_black_photo_is_preprocessed_to():
    np.testing.assert_array_equal(CLASSIFIER.to_display(hidden("black")), np.zeros_like(IMAGE))


def test_blur_is_of_8_percent_of_the_longer_side():
    for channel in range(3):
        np.testing.assert_allclose(
            hidden("blur")[..., channel],
            gaussian_filter(IMAGE[..., channel], 0.8, mode="nearest"),
            atol=1e-6,
            rtol=0,
        )


def test_callable_paints_an_image():
    np.testing.assert_array_equal(hidden(lambda image: image[::-1] / 2), IMAGE[::-1] / 2)


def test_callable_that_paints_over_its_argument_leaves_the_photo_alone():
    before = IMAGE.copy()

    def paint(image):
        image[:] = 0.5
        return image

    assert (hidden(paint) == 0.5).all()
    np.testing.assert_array_equal(IMAGE, before)


@pytest.mark.parametrize(
    "wrong",
    [
        (1, 2),
        (1, 2, 3, 4),
        {},
        object(),
        np.inf,
        np.nan,
        (0, 0, np.nan),
        lambda image: image[1:],
        lambda image: None,
        lambda image: "red",
        lambda image: image * np.nan,
    ],
)
def test_anything_else_is_refused_by_name(wrong, raises_sentence):
    with raises_sentence(ArgumentError, "^hide_color must be "):
        hidden(wrong)


@pytest.mark.parametrize("name", ["red", ""])
def test_unknown_name_lists_the_known_ones(name, raises_sentence):
    known = ", ".join(HIDE_COLORS)
    with raises_sentence(ArgumentError, f"hide_color must be one of {known}, and is {name!r}"):
        hidden(name)

import numpy as np
import pytest
from skimage.segmentation import felzenszwalb, quickshift, slic

from explainer import ArgumentError, Felzenszwalb, Quickshift, Recipe, Slic
from explainer.lime.superpixels import MAX_SUPERPIXELS, segment
from tests.synthetic import Grid

ALGORITHMS = (Quickshift(), Slic(), Felzenszwalb())


@pytest.fixture(scope="module")
def image(chelsea):
    pixels = np.asarray(chelsea.resize((160, 120)), np.float32)
    return (pixels - 127) / 128


@pytest.mark.parametrize("algorithm", [None, *ALGORITHMS])
def test_every_superpixel_from_zero_has_pixels(image, algorithm):
    segments = segment(image, algorithm)
    assert segments.dtype == np.int64
    assert segments.shape == (120, 160)
    counts = np.bincount(segments.ravel())
    assert (counts > 0).all()
    assert 5 < len(counts) <= 200


def test_quickshift_is_the_default_with_limes_settings(image):
    expected = quickshift(image, kernel_size=4, max_dist=200, ratio=0.2)
    np.testing.assert_array_equal(segment(image), expected)


def test_settings_reach_the_algorithms(image):
    np.testing.assert_array_equal(
        segment(image, Quickshift(kernel_size=3, max_dist=50, ratio=0.5)),
        quickshift(image, kernel_size=3, max_dist=50, ratio=0.5),
    )
    np.testing.assert_array_equal(
        segment(image, Felzenszwalb(scale=100, sigma=0.5, min_size=100)),
        felzenszwalb(image, scale=100, sigma=0.5, min_size=100),
    )
    scaled = (image - image.min()) / (image.max() - image.min())
    np.testing.assert_array_equal(
        segment(image, Slic(n_segments=80, compactness=5, sigma=0)),
        slic(scaled, n_segments=80, compactness=5, sigma=0, start_label=0),
    )


def test_slic_makes_about_as_many_as_wanted(image):
    for wanted in (20, 50, 150):
        assert segment(image, Slic(n_segments=wanted)).max() + 1 == pytest.approx(wanted, rel=0.35)


def test_slic_does_not_depend_on_the_range_of_values(image):
    np.testing.assert_array_equal(segment(image, Slic()), segment(image * 50 + 7, Slic()))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_same_superpixels_every_time(image, algorithm):
    np.testing.assert_array_equal(segment(image, algorithm), segment(image, algorithm))


def test_equal_settings_are_equal_and_can_be_remembered():
    assert Slic(n_segments=50) == Slic()
    assert len({Quickshift(), Quickshift(ratio=0.2), Quickshift(ratio=0.3), Slic(), Felzenszwalb()}) == 4


@pytest.mark.parametrize("kind", [np.int32, np.uint8, np.int64])
def test_numbers_with_gaps_are_closed(image, kind):
    def cut(image):
        return np.where(Grid(2, 2)(image) == 3, 100, 10 * Grid(2, 2)(image)).astype(kind)

    np.testing.assert_array_equal(segment(image, cut), Grid(2, 2)(image))


def test_negative_numbers_are_superpixels_too(image):
    np.testing.assert_array_equal(segment(image, lambda image: Grid(2, 3)(image) - 4), Grid(2, 3)(image))


def test_nested_lists_will_do():
    image = np.zeros((2, 2, 3), np.float32)
    assert segment(image, lambda image: [[5, 5], [9, 5]]).tolist() == [[0, 0], [1, 0]]


def test_segmentation_that_paints_over_its_argument_leaves_the_photo_alone(image):
    before = image.copy()

    def cut(image):
        image[:] = 0
        return Grid(2, 2)(image)

    segment(image, cut)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("segmentation", "words"),
    [
        ("slic", "segmentation must be a callable"),
        (7, "segmentation must be a callable"),
        (lambda image: np.zeros(image.shape[:2]), "segmentation must return whole numbers .* float64"),
        (lambda image: np.zeros(image.shape[:2], bool), "segmentation must return whole numbers .* bool"),
        (lambda image: np.zeros(image.shape, int), "segmentation must return whole numbers of the shape"),
        (lambda image: np.zeros((3, 4), int), r"shape \(120, 160\), .* of the shape \(3, 4\)"),
        (lambda image: None, "segmentation must return whole numbers"),
    ],
)
def test_anything_else_is_refused(image, segmentation, words, raises_sentence):
    with raises_sentence(ArgumentError, words):
        segment(image, Recipe(segmentation=segmentation).segmentation)


def test_more_superpixels_than_can_be_told_apart(raises_sentence):
    def cut(number):
        return lambda image: np.arange(260 * 260).reshape(260, 260) % number

    image = np.zeros((260, 260, 3), np.float32)
    assert segment(image, cut(MAX_SUPERPIXELS)).max() + 1 == MAX_SUPERPIXELS == 65536
    with raises_sentence(ArgumentError, "into 65537 superpixels, and at most 65536 can be told apart"):
        segment(image, cut(MAX_SUPERPIXELS + 1))

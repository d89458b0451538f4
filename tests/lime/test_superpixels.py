import numpy as np
import pytest
from PIL import Image
from skimage.segmentation import felzenszwalb, quickshift, slic

from explainer import (
    ArgumentError,
    Classifier,
    Explanation,
    Felzenszwalb,
    Preprocessing,
    Quickshift,
    Recipe,
    Slic,
    explain,
)
from explainer.lime.designs import most_superpixels
from explainer.lime.explain import open_neighborhood
from explainer.lime.neighborhood import Neighborhood
from explainer.lime.superpixels import MAX_SUPERPIXELS, cut_image, merged, segment
from tests.synthetic import Grid, a_photo

ALGORITHMS = (Quickshift(), Slic(), Felzenszwalb())
RANGES = {  # offset and scale, of 8-bit values
    "0 to 1": (0.0, 255.0),
    "0 to 255": (0.0, 1.0),
    "-1 to 1": (127.5, 127.5),
    "caffe": ((123.68, 116.779, 103.939), 1.0),
    "torch": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}


@pytest.fixture(scope="module")
def image(chelsea):
    pixels = np.asarray(chelsea.resize((160, 120)), np.float32)
    return (pixels - 127) / 128


def seen_by(input_size: int, offset: object = 0.0, scale: object = 255.0) -> Classifier:
    """Says how bright the upper left quarter is, with values of any range."""
    preprocessing = Preprocessing((input_size, input_size), offset, scale)

    def predict(batch):
        shown = preprocessing.to_display(batch)[:, : input_size // 2, : input_size // 2]
        bright = shown.mean(axis=(1, 2, 3))
        return np.stack([1 - bright, bright], axis=1)

    return Classifier.from_function(
        predict, input_size=(input_size, input_size), class_names=["dark", "bright"], preprocess=preprocessing
    )


def cut(photo, input_size: int, **settings) -> Neighborhood:
    return open_neighborhood(photo, seen_by(input_size), Recipe(**settings))


@pytest.fixture(scope="module")
def in_every_range(chelsea) -> dict[str, Explanation]:
    return {
        name: explain(chelsea, seen_by(64, *numbers), num_samples=200, hide_color="black")
        for name, numbers in RANGES.items()
    }


@pytest.mark.parametrize("name", RANGES)
def test_a_photo_has_the_same_superpixels_whatever_a_network_s_range_is(name, in_every_range):
    usual, other = in_every_range["0 to 1"], in_every_range[name]
    np.testing.assert_array_equal(other.segments, usual.segments)
    assert 30 <= other.num_superpixels <= 60
    best = usual.labels[0].index
    np.testing.assert_allclose(other.label(best).weights, usual.label(best).weights, atol=1e-5)
    assert other.stability(best) == pytest.approx(usual.stability(best), abs=1e-3)


@pytest.mark.parametrize("input_size", [28, 32, 96, 299, 512])
def test_a_photo_has_as_many_superpixels_whatever_the_input_size_is(input_size, coffee):
    number = cut(coffee, input_size).design.superpixels
    assert 30 <= number <= 60
    assert number == cut(coffee, 224).design.superpixels


def simple_photos() -> dict[str, Image.Image]:
    ramp = np.linspace(0, 255, 200).astype(np.uint8)
    return {
        "white": Image.new("RGB", (90, 60), "white"),
        "one pixel": Image.new("RGB", (1, 1), "red"),
        "ramp": Image.fromarray(np.tile(ramp, (50, 1))),
        "smooth": a_photo(size=(4, 3)).resize((200, 150), Image.Resampling.BICUBIC),
        "noise": a_photo(size=(300, 200)),
    }


@pytest.mark.parametrize("name", simple_photos())
def test_so_have_photos_of_next_to_nothing(name):
    neighborhood = cut(simple_photos()[name], 64)
    assert 30 <= neighborhood.design.superpixels <= 60
    assert np.bincount(neighborhood.segments.ravel()).all()


def test_whoever_sets_the_kernel_gets_what_he_asks_for(coffee):
    assert cut(coffee, 64, segmentation=Quickshift(kernel_size=2.5)).design.superpixels > 60
    assert cut(coffee, 64, segmentation=Quickshift(kernel_size=8)).design.superpixels < 30


def test_more_than_can_be_told_apart_are_merged_but_not_for_lime_s_design(coffee):
    fine = {"segmentation": Quickshift(kernel_size=1)}
    balanced, lime = cut(coffee, 64, **fine), cut(coffee, 64, **fine, design="lime")
    assert (balanced.design.superpixels, balanced.superpixels_found) == (256, lime.superpixels_found)
    assert lime.design.superpixels > 256


def test_neighbours_that_look_alike_are_merged_first():
    picture = np.zeros((8, 8, 3), np.float32)
    picture[:, 4:] = 1
    cells = Grid(4, 4)(picture)
    halves = merged(picture, cells, 2)
    assert len(np.unique(halves[:, :4])) == len(np.unique(halves[:, 4:])) == 1
    assert halves[0, 0] != halves[0, 7]
    assert merged(picture, cells, 16) is cells


@pytest.mark.parametrize(("segmented", "least", "most"), [("photo", 0, 1), ("image", -1, 1)])
def test_a_function_of_one_s_own_gets_the_picture_at_the_network_s_size(segmented, least, most, chelsea):
    pictures = []

    def halves(picture):
        pictures.append(picture)
        return Grid(1, 2)(picture)

    classifier = seen_by(64, *RANGES["-1 to 1"])
    open_neighborhood(chelsea, classifier, Recipe(segmentation=halves, segmented=segmented))
    (picture,) = pictures
    assert (picture.shape, picture.dtype) == ((64, 64, 3), np.float32)
    assert least <= picture.min() < least + 0.2
    assert most - 0.5 < picture.max() <= most


def test_lime_s_own_way_cuts_what_the_network_gets(image):
    notebook = Recipe.notebook()
    segments = cut_image(image, notebook.segmentation, most_superpixels(notebook.design)).segments
    np.testing.assert_array_equal(segments, quickshift(image, kernel_size=4, max_dist=200, ratio=0.2))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_superpixel_from_zero_has_pixels(image, algorithm):
    segments = segment(image, algorithm)
    assert segments.dtype == np.int64
    assert segments.shape == (120, 160)
    counts = np.bincount(segments.ravel())
    assert (counts > 0).all()
    assert 5 < len(counts) <= 200


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
    assert len({Quickshift(), Quickshift(ratio=1), Quickshift(ratio=0.3), Slic(), Felzenszwalb()}) == 4


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


def test_more_superpixels_than_can_be_numbered(raises_sentence):
    def cut(number):
        return lambda image: np.arange(260 * 260).reshape(260, 260) % number

    image = np.zeros((260, 260, 3), np.float32)
    assert segment(image, cut(MAX_SUPERPIXELS)).max() + 1 == MAX_SUPERPIXELS == 65536
    with raises_sentence(ArgumentError, "into 65537 regions, and at most 65536 can be numbered"):
        segment(image, cut(MAX_SUPERPIXELS + 1))

"""Any Python function as a classifier."""

import numpy as np
import pytest
from PIL import Image

from explainer import Classifier, Preprocessing, Reading, Recipe, explain
from explainer.errors import ArgumentError
from explainer.pictures.draw import fit_frame
from explainer.takeaway.report import pictures
from tests.synthetic import Grid, a_photo


def brightness(batch: np.ndarray) -> np.ndarray:
    """How bright the upper left quarter is."""
    height, width = batch.shape[1] // 2, batch.shape[2] // 2
    bright = batch[:, :height, :width].mean(axis=(1, 2, 3))
    return np.stack([1 - bright, bright], axis=1)


def make(**options) -> Classifier:
    options = {"input_size": (24, 32), "class_names": ["dark", "bright"]} | options
    return Classifier.from_function(brightness, **options)


def test_it_describes_itself():
    classifier = make(name="corner", title="Bright corner", fingerprint="1")
    assert repr(classifier) == "<Classifier corner, 24×32, 2 classes>"
    assert (classifier.title, classifier.fingerprint) == ("Bright corner", "1")
    assert classifier.wnids == ("", "")
    assert classifier.describe_engine() == "a Python function"
    assert make().fingerprint == ""


def test_the_explanation_finds_the_quarter_that_matters():
    white = Image.new("RGB", (64, 48), "white")
    recipe = Recipe(num_samples=64, segmentation=Grid(2, 2), target="probability")
    explanation = explain(white, make(), recipe)
    best = explanation.labels[0]
    assert (best.name, best.wnid, best.probability) == ("bright", "", 1)
    assert next(iter(explanation.regions(best.index))) == 0
    assert best.weights[0] == pytest.approx(1, abs=0.15)
    assert abs(best.weights[1:]).max() < 0.05


def test_photos_are_stretched_to_0_to_1_by_default():
    photo = a_photo()
    expected = np.asarray(photo.resize((32, 24), Image.Resampling.BILINEAR), np.float32) / 255
    np.testing.assert_allclose(make().preprocess(photo), expected, atol=1e-6)
    np.testing.assert_allclose(make().to_display(expected), expected, atol=1e-6)


def test_a_preprocessing_is_taken():
    classifier = make(preprocess=Preprocessing((24, 32), 127.5, 127.5, resize="crop"))
    assert classifier.frame(Image.new("RGB", (100, 30))).size == (40, 30)
    assert classifier.preprocess(Image.new("RGB", (9, 9)))[0, 0].tolist() == [-1, -1, -1]


def test_a_function_is_asked_what_it_does_to_colours():
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

    def preprocess(photo: Image.Image) -> np.ndarray:
        return (np.asarray(photo.resize((32, 24))) / 255 - mean) / deviation

    classifier = make(preprocess=preprocess)
    photo = a_photo()
    image = classifier.preprocess(photo)
    assert image.dtype == np.float32
    np.testing.assert_allclose(
        classifier.to_display(image), np.asarray(photo.resize((32, 24))) / 255, atol=1e-6
    )


def test_a_function_that_returns_another_shape_is_refused(raises_sentence):
    classifier = make(preprocess=lambda photo: np.zeros((3, 24, 32)))
    with raises_sentence(ArgumentError, r"must return the shape \(24, 32, 3\), and returned \(3, 24, 32\)"):
        classifier.preprocess(a_photo())


@pytest.mark.parametrize("options", [{"input_size": (8,)}, {"input_size": (0, 8)}, {"class_names": []}])
def test_wrong_arguments_are_refused(options, raises_sentence):
    with raises_sentence(ArgumentError, next(iter(options))):
        make(**options)


@pytest.mark.parametrize(
    ("resize", "size"), [("stretch", (640, 320)), ("crop", (640, 640)), ("pad", (640, 640))]
)
def test_pictures_show_what_the_classifier_sees(resize, size):
    photo = Image.new("RGB", (320, 160), "gray")
    photo.paste("white", (80, 0, 160, 80))  # the upper left quarter of what is left after cropping
    square = Preprocessing((32, 32), 0.0, 255.0, resize=resize)
    classifier = make(input_size=(32, 32), preprocess=square)
    explanation = explain(photo, classifier, num_samples=64, segmentation=Grid(4, 4), num_features=4)
    drawn = pictures(photo, Reading.of(explanation, 1))
    assert drawn["focus"].size == drawn["pros_cons"].size == drawn["superpixels"].size == size
    seen = np.asarray(fit_frame(photo, classifier).resize((32, 32)), np.float64) / 255
    np.testing.assert_allclose(classifier.to_display(explanation.image), seen, atol=0.2)
    if resize == "crop":
        focus = np.asarray(drawn["focus"].convert("L"))
        assert (focus[20:300, 20:300] == 255).mean() > 0.8, "the white quarter is what is kept"

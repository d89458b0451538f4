"""Any object that can be asked about photos becomes all that a classifier is."""

import numpy as np
import pytest
from PIL import Image

from explainer import ArgumentError, Classifier
from explainer.classifiers.classifier import adapted

HALVES = np.full((2, 2), 0.5)


class Bare:
    """No more than what is needed; its colours go from -1 to 1, and green is doubled."""

    class_names = ("dark", "bright")
    wnids = ("", "")

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def preprocess(self, photo):
        pixels = np.asarray(photo.resize((6, 4)), np.float32) / 127.5 - 1
        return pixels * np.float32([1, 2, 1])

    def predict(self, batch, *options, **named):
        self.asked.append((len(batch), options, named))
        return HALVES


class Full(Bare):
    name, title, fingerprint, independent, input_size = "full", "All of it", "f00", True, (4, 6)

    def frame(self, photo):
        return photo.crop((0, 0, 2, 2))

    def to_display(self, image):
        return image * 0

    def describe_engine(self):
        return "an abacus"


def test_what_an_object_lacks_is_filled_in():
    bare = Bare()
    classifier = adapted(bare)
    photo = Image.new("RGB", (30, 20), (255, 0, 51))
    assert (classifier.name, classifier.title) == ("Bare", "Bare")
    assert (classifier.fingerprint, classifier.independent, classifier.describe_engine()) == ("", False, "")
    assert (classifier.class_names, classifier.wnids) == (("dark", "bright"), ("", ""))
    assert classifier.input_size == (4, 6)
    assert classifier.frame(photo) is photo
    image = classifier.preprocess(photo)
    np.testing.assert_array_equal(image, bare.preprocess(photo))
    display = classifier.to_display(image)
    np.testing.assert_allclose(display, np.broadcast_to([1, 0, 0.2], (4, 6, 3)), atol=1e-6)
    np.testing.assert_array_equal(classifier.to_display(np.full((1, 3), 9.0)), np.ones((1, 3)))


def test_what_an_object_has_is_its_own():
    classifier = adapted(Full())
    assert (classifier.name, classifier.title, classifier.fingerprint) == ("full", "All of it", "f00")
    assert (classifier.independent, classifier.describe_engine()) == (True, "an abacus")
    assert classifier.input_size == (4, 6)
    assert classifier.frame(Image.new("RGB", (30, 20))).size == (2, 2)
    assert classifier.to_display(np.ones((4, 6, 3))).max() == 0


def test_an_object_hears_of_precision_only_where_it_is_not_exact():
    bare = Bare()
    batch = np.zeros((2, 4, 6, 3), np.float32)
    assert adapted(bare).predict(batch) is HALVES
    adapted(bare).predict(batch, "exact")
    adapted(bare).predict(batch, "fast")
    assert bare.asked == [(2, (), {}), (2, (), {}), (2, (), {"precision": "fast"})]


def test_adaptations_of_one_object_are_one():
    bare = Bare()
    classifier = adapted(bare)
    assert adapted(classifier) is classifier
    assert classifier == adapted(bare) != adapted(Bare())
    assert len({classifier, adapted(bare), adapted(Bare())}) == 2
    assert classifier.original is bare
    own = Classifier.from_function(lambda batch: HALVES, input_size=(4, 6), class_names=["a", "b"])
    assert adapted(own) is own


@pytest.mark.parametrize("value", [None, 3, "inception-v3", Bare, {}])
def test_what_cannot_be_asked_is_no_classifier(value, raises_sentence):
    with raises_sentence(ArgumentError, "have its predict, preprocess, class_names, wnids, and is"):
        adapted(value)

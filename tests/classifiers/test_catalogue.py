import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from explainer.classifiers import (
    Classifier,
    catalogue,
    default_classifier_name,
    inception_v3,
    load_classifier,
)
from explainer.classifiers.preprocessing import Preprocessing
from explainer.errors import ArgumentError, ClassifierError, WeightsError


@pytest.fixture
def some_weights(tmp_path, monkeypatch):
    """A file that is taken for InceptionV3's weights until something is predicted."""
    path = tmp_path / "weights.h5"
    path.write_bytes(b"some weights")
    monkeypatch.setenv(inception_v3.WEIGHTS_VARIABLE, str(path))
    return path


def test_names_titles_and_readiness():
    assert [(entry.name, entry.title, entry.is_ready()) for entry in catalogue()] == [
        ("inception-v3", "InceptionV3", False),
        ("efficientnet-lite2", "EfficientNet-Lite2", True),
        ("efficientnet-lite0", "EfficientNet-Lite0", True),
    ]


@pytest.mark.parametrize(
    ("name", "title", "size"),
    [
        ("inception-v3", "InceptionV3", (299, 299)),
        ("efficientnet-lite2", "EfficientNet-Lite2", (260, 260)),
        ("efficientnet-lite0", "EfficientNet-Lite0", (224, 224)),
    ],
)
def test_loaded_classifiers_describe_themselves(name, title, size, some_weights):
    classifier = load_classifier(name)
    assert (classifier.name, classifier.title, classifier.input_size) == (name, title, size)
    assert classifier.class_names[285] == "Egyptian_cat"
    assert classifier.wnids[285] == "n02124075"
    assert repr(classifier) == f"<Classifier {name}, {size[0]}×{size[1]}, 1000 classes>"


def test_unknown_name_lists_the_known_ones(raises_sentence):
    with raises_sentence(
        ClassifierError,
        "named 'resnet'; there are inception-v3, efficientnet-lite2, efficientnet-lite0",
    ):
        load_classifier("resnet")


def test_same_weights_give_the_same_object():
    assert load_classifier("efficientnet-lite0") is load_classifier("efficientnet-lite0")
    assert load_classifier("efficientnet-lite0") is not load_classifier("efficientnet-lite2")


def test_same_object_for_threads_that_ask_at_once(some_weights):
    together = threading.Barrier(8)

    def load(_: int):
        together.wait()
        return load_classifier("inception-v3")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(load, range(8))))) == 1


def test_replaced_weights_give_another_object(some_weights):
    before = load_classifier("inception-v3")
    assert load_classifier("inception-v3") is before
    some_weights.write_bytes(b"retrained weights")
    modified = some_weights.stat().st_mtime_ns + 1_000_000_000
    os.utime(some_weights, ns=(modified, modified))
    assert load_classifier("inception-v3") is not before


def test_auto_without_inception_is_lite2():
    assert default_classifier_name() == "efficientnet-lite2"
    assert load_classifier() is load_classifier("auto") is load_classifier("efficientnet-lite2")


def test_auto_with_inception_is_inception(some_weights):
    assert default_classifier_name() == "inception-v3"
    assert load_classifier() is load_classifier("inception-v3")


def test_missing_inception_says_how_to_get_it(raises_sentence):
    with raises_sentence(WeightsError, "run python -m explainer fetch inception-v3"):
        load_classifier("inception-v3")


@pytest.mark.parametrize("shape", [(), (260, 260, 3), (1, 224, 224, 3), (1, 260, 260, 4), (1, 3, 260, 260)])
def test_batch_of_another_shape_is_refused(shape, lite2, raises_sentence):
    with raises_sentence(ArgumentError, r"shape \(N, 260, 260, 3\)"):
        lite2.predict(np.zeros(shape, np.float32))


def test_unknown_precision_is_refused(lite0, raises_sentence):
    with raises_sentence(ArgumentError, "'exact' or 'fast', and is 'half'"):
        lite0.predict(np.zeros((1, 224, 224, 3), np.float32), "half")


@pytest.mark.parametrize(
    "answer",
    [np.full((2, 1000), np.nan), np.full((2, 1000), np.inf), np.ones((2, 999)), np.ones((1, 1000))],
    ids=["nan", "infinite", "too few classes", "too few pictures"],
)
def test_what_is_no_answer_is_refused(answer, lite0, raises_sentence):
    class Broken:
        def predict(self, batch, precision="exact"):
            return answer

        def describe(self):
            return "nothing"

    preprocessing = Preprocessing((8, 8), 127.5, 127.5, Image.Resampling.BILINEAR)
    broken = Classifier("broken", "Broken", Broken(), preprocessing, lite0.class_names, lite0.wnids)
    with raises_sentence(ClassifierError, "broken did not answer with 1000 finite"):
        broken.predict(np.zeros((2, 8, 8, 3), np.float32))

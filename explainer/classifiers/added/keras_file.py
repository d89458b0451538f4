"""Keras networks from ``.keras`` and ``.h5`` files, which are never allowed to run code of their own."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ClassifierError, ExplainerError, reason_of
from .. import cache as network_cache
from ..engine import convert
from ..fingerprint import file_hash
from . import graph_file
from .network_facts import NetworkFacts, check_one_of_each, input_facts, output_units

if TYPE_CHECKING:
    import keras
    import openvino

SUFFIXES = (".keras", ".h5", ".hdf5")


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


def read(path: Path) -> "openvino.Model":
    """Convert a network to OpenVINO, for one picture at a time; what its file leaves open stays open.

    Raises
    ------
    ClassifierError
        The file can't be loaded; see `load`.
    """
    return network_cache.load("keras", file_hash(path), lambda: convert(lambda: load(path)))


def inspect(path: Path) -> NetworkFacts:
    """Find out what the file tells about its network.

    Raises
    ------
    ClassifierError
        The file can't be loaded, or is no classifier of pictures; see `load`.
    """
    try:
        return graph_file.facts_of(path, read(path))
    except ExplainerError:
        raise
    except Exception as error:  # openvino's converter has exceptions of its own
        reason = reason_of(error)
    network = load(path)
    check_one_of_each(path, len(network.inputs), len(network.outputs))
    units = output_units(path, network.outputs[0].shape)
    return NetworkFacts(units, input_facts(path, network.inputs[0].shape), unread=reason)


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


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition(". ")[0].rstrip(".:")[:200]

"""Networks of Keras 2 and 3 from ``.keras`` and ``.h5`` files, which may never run code of their own."""

import importlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ClassifierError, reason_of
from .. import cache as network_cache
from ..engine import convert
from ..fingerprint import file_hash
from . import unsupported
from .network_facts import NetworkFacts, check_one_of_each, input_facts, output_units

if TYPE_CHECKING:
    import keras
    import openvino

SUFFIXES = (".keras", ".h5", ".hdf5")

# Functions of TensorFlow that stand in a network as a layer and have no effect but their result.
_ONLY_COMPUTES = re.compile(
    r"(?:compat\.v1\.)?(?:(?:math|nn|image|linalg|signal|random|__operators__)\.)?(?!load_|py_|numpy_|print)\w+"
)


def suffix_of(path: Path) -> str:
    """What a file is, as its name should end in; empty if it is neither. Keras 2 wrote HDF5 to any name."""
    import h5py

    if zipfile.is_zipfile(path):
        return ".keras"
    return ".h5" if h5py.is_hdf5(path) else ""


def load(path: Path) -> "keras.Model":
    """Load a network, in Keras' safe mode.

    Raises
    ------
    ClassifierError
        The file is damaged, holds no whole network, or holds Python code.
    """
    config, version = _described(path)
    is_old = _numbers(version) < [3]
    package = importlib.import_module("tf_keras" if is_old else "keras")
    _refuse_code(path, config, package)
    try:
        network = package.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # h5py and Keras raise nearly anything
        raise _not_loaded(path, error, version, package.__version__) from error
    if not getattr(network, "inputs", None):
        raise ClassifierError(
            "{path} is a network whose input is not defined, so it can't be used.", path=path
        )
    # without a name of its own, which TensorFlow may refuse
    return package.Model(network.inputs, network.outputs)


def read(path: Path) -> "openvino.Model":
    """Convert a network to OpenVINO, for one picture at a time; what its file leaves open stays open.

    Raises
    ------
    ClassifierError
        The file can't be loaded; see `load`.
    """
    return network_cache.load("keras", file_hash(path), lambda: convert(lambda: load(path)))


def inspect(path: Path, reason: str) -> NetworkFacts:
    """Find out what the file tells about a network that OpenVINO can't run, for a reason.

    Raises
    ------
    ClassifierError
        The file can't be loaded, or is no classifier of pictures; see `load`.
    """
    network = load(path)
    check_one_of_each(path, len(network.inputs), len(network.outputs))
    units = output_units(path, network.outputs[0].shape)
    return NetworkFacts(units, input_facts(path, network.inputs[0].shape), unread=reason)


def _described(path: Path) -> tuple[Any, str]:
    """A file's description of its network, and the version of Keras that wrote it."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                config = dict(json.loads(archive.read("config.json")))
                has_metadata = "metadata.json" in archive.namelist()
                metadata = json.loads(archive.read("metadata.json")) if has_metadata else {}
                return config, str(metadata.get("keras_version", "3"))
        import h5py

        with h5py.File(path) as file:
            config = file.attrs.get("model_config")
            if config is not None:
                version = file.attrs.get("keras_version", "2")
                return dict(json.loads(config)), version.decode() if isinstance(version, bytes) else str(
                    version
                )
    except Exception as error:  # a damaged file raises nearly anything
        raise ClassifierError("{path} is damaged, or holds no whole Keras network.", path=path) from error
    raise unsupported.ONLY_WEIGHTS.about(path=path)


def _refuse_code(path: Path, config: Any, package: Any) -> None:
    """Look for code in the file's description of the network, before anything is made of it."""
    parts = list(_parts({name: value for name, value in config.items() if name != "compile_config"}))
    if any(part.get("class_name") in ("Lambda", "__lambda__") for part in parts):
        raise ClassifierError(
            "{path} has a Lambda layer, which is Python code that would run on this machine, so it is not "
            "loaded: replace that layer with one of Keras' own, or export the network as ONNX.",
            path=path,
        )
    for part in parts:
        kind, settings = part.get("class_name"), part.get("config")
        name = str(settings if kind == "function" else kind)
        root = str(part.get("module")).partition(".")[0]
        if kind == "TFOpLambda" and isinstance(settings, dict):
            name = str(settings.get("function"))
            is_keras = _ONLY_COMPUTES.fullmatch(name) is not None
        elif kind == "function":
            is_keras = root == "builtins" and hasattr(package.activations, name)
        else:
            is_keras = root in ("keras", "tf_keras") and name[:1].isupper() and name.isidentifier()
        # Keras 2 imports any module that a file names.
        is_looked_for = kind and ("module" in part or "registered_name" in part or kind == "TFOpLambda")
        if is_looked_for and not is_keras and not _is_registered(part, package):
            raise _own(path, name)


def _is_registered(part: Mapping[str, Any], package: Any) -> bool:
    """Whether this process has made an object of its own known to Keras."""
    return package.saving.get_registered_object(str(part.get("registered_name"))) is not None


def _not_loaded(path: Path, error: Exception, written_by: str, version: str) -> ClassifierError:
    unknown = re.search(r"Unknown [\w ]+: '(\w+)'", str(error))
    if unknown:
        return _own(path, unknown[1])
    # Around its last words is nothing but the whole configuration.
    reason = reason_of(Exception(str(error).rpartition("Exception encountered: ")[2]))
    if _numbers(written_by) > _numbers(version):
        return ClassifierError(
            "{path} was written by Keras {written_by}, and Keras {version}, which is installed, can't load "
            "it ({reason}): pip install --upgrade keras, or export the network as ONNX where it was made.",
            path=path,
            written_by=written_by,
            version=version,
            reason=reason,
        )
    return ClassifierError(
        "Keras {version} can't load {path}, which Keras {written_by} wrote: {reason}.",
        path=path,
        written_by=written_by,
        version=version,
        reason=reason,
    )


def _own(path: Path, name: str) -> ClassifierError:
    return ClassifierError(
        "{path} has the part {name}, which is not one of Keras' own and whose program is not in the file: "
        "export the network as ONNX, or write a function that asks it, for Classifier.from_function.",
        path=path,
        name=name,
    )


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        yield config
    for part in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        yield from _parts(part)

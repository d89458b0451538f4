"""Files that hold a network: which kinds there are, what they tell, how they are copied and identified."""

import hashlib
import shutil
from pathlib import Path

from ...errors import ClassifierError
from ..engine import Network
from ..fingerprint import file_hash
from . import graph_file, keras_file
from .description import Description
from .network_facts import NetworkFacts


def check_format(path: Path) -> None:
    """Check that a path is of a kind that can be read: Keras, ONNX, OpenVINO, or a SavedModel folder.

    Raises
    ------
    ClassifierError
        There is nothing of this name, or it is of another kind.
    """
    if not path.exists():
        raise ClassifierError("{path} is no such file.", path=path)
    if path.is_dir() and not graph_file.is_saved_model(path):
        raise ClassifierError("The folder {path} is no SavedModel: it has no saved_model.pb.", path=path)
    known = (*keras_file.SUFFIXES, *graph_file.SUFFIXES)
    if path.is_file() and path.suffix.lower() not in known:
        raise ClassifierError(
            "{path} is of no kind that can be read: {kinds}, or a SavedModel folder.",
            path=path,
            kinds=", ".join(known),
        )


def inspect(path: Path) -> NetworkFacts:
    """Find out what a file tells about its network.

    Raises
    ------
    ClassifierError
        It can't be read, or is no classifier of pictures.
    """
    return keras_file.inspect(path) if _is_keras(path) else graph_file.inspect(path)


def open_network(name: str, path: Path, description: Description) -> Network:
    """The network in a file, which is read when it is asked first."""
    identity = network_hash(path)
    shape = description.input_shape
    if _is_keras(path):
        return Network(
            name,
            identity,
            lambda: keras_file.load(path),
            lambda: graph_file.ready(path, keras_file.read(path), shape),
            shape,
        )
    return Network(
        name,
        identity,
        (lambda: graph_file.build_saved_model(path, shape)) if path.is_dir() else None,
        lambda: graph_file.read(path, shape),
        shape,
    )


def copy_network(path: Path, folder: Path) -> Path:
    """Copy a network's files into a folder, there named ``network``; returns the copy."""
    if path.is_dir():
        return Path(shutil.copytree(path, folder / "network"))
    copy = folder / f"network{path.suffix.lower()}"
    shutil.copyfile(path, copy)
    if copy.suffix == ".xml" and path.with_suffix(".bin").is_file():
        shutil.copyfile(path.with_suffix(".bin"), copy.with_suffix(".bin"))
    return copy


def network_hash(path: Path) -> str:
    """SHA-256 of a network in hexadecimal: of its file, or of the list of its files and their hashes."""
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
    elif path.suffix.lower() == ".xml":
        files = [path, path.with_suffix(".bin")]
    if len(files) == 1:
        return file_hash(files[0])
    listing = [f"{file_hash(file)}  {file.relative_to(path.parent).as_posix()}" for file in files]
    return hashlib.sha256("\n".join(listing).encode()).hexdigest()


def _is_keras(path: Path) -> bool:
    return path.suffix.lower() in keras_file.SUFFIXES and path.is_file()

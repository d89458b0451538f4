"""Files that hold a network: which kinds there are, what they tell, how they are copied and identified."""

import hashlib
import shutil
from pathlib import Path

from ...errors import ClassifierError, reason_of
from ..engine import Network
from ..fingerprint import file_hash
from . import graph_file, keras_file, unsupported
from .description import Description
from .network_facts import NetworkFacts


def meant(path: Path) -> Path:
    """The SavedModel folder where a path names the file in it that is always of this name, else the path."""
    return path.parent if path.name == "saved_model.pb" else path


def check_format(path: Path) -> None:
    """Check that a path is of a kind that can be read: Keras, ONNX, TensorFlow, or OpenVINO.

    Raises
    ------
    ClassifierError
        There is nothing of this name, or it is of another kind.
    """
    if not path.exists():
        raise ClassifierError("{path} is no such file.", path=path)
    unsupported.check(path)
    if path.is_dir() and not graph_file.is_saved_model(path):
        raise ClassifierError("The folder {path} is no SavedModel: it has no saved_model.pb.", path=path)
    known = (*keras_file.SUFFIXES, *graph_file.SUFFIXES)
    if path.is_file() and path.suffix.lower() not in known:
        raise ClassifierError(
            "{path} is of no kind that can be read: {kinds}, or a SavedModel folder.",
            path=path,
            kinds=", ".join(known),
        )


def take(path: Path, folder: Path, output: str = "", classes: int | None = None) -> tuple[Path, NetworkFacts]:
    """Put a network into a folder, as one that needs nothing else.

    What TensorFlow can run too is copied, so that a GPU can be used. Anything else becomes a network in
    OpenVINO's format.

    Parameters
    ----------
    path : Path
        One that `check_format` passes.
    folder : Path
        There, it is named ``network``.
    output : str
        The name of the output that is to be used; found out where it is empty.
    classes : int, optional
        How many there are, where that is known.

    Returns
    -------
    copy : Path
    facts : NetworkFacts
        What the network's file tells.

    Raises
    ------
    ClassifierError
        It can't be read, or is no classifier of pictures.
    OSError
        The folder can't be written to.
    """
    if path.suffix.lower() in keras_file.SUFFIXES and path.is_file():
        copy = folder / f"network{keras_file.suffix_of(path) or path.suffix.lower()}"
        shutil.copyfile(path, copy)
        try:
            model = keras_file.read(copy)
        except ClassifierError as error:
            raise error.about(path=path) from error
        except Exception as error:  # openvino's converter has exceptions of its own
            return copy, keras_file.inspect(copy, reason_of(error))
        graph = graph_file.classifying(path, model, output, classes)
    else:
        copy = folder / "network"
        graph = graph_file.load(path, output, classes)
    facts = graph_file.facts_of(path, graph)
    if not graph.is_changed and path.is_dir():
        shutil.copytree(path, copy)
    elif graph.is_changed or not copy.exists():
        copy.unlink(missing_ok=True)
        copy = folder / "network.xml"
        graph_file.write(graph.model, copy)
    return copy, facts


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
        has_layers=False,
    )


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

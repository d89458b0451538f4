"""The models folder: classifiers that the person who runs this machine has added.

Each has a folder, named as the classifier is, with ``labels.txt``, ``model.toml``, and the network's file or
files, unless it is served elsewhere. Such a folder is whole in itself: it can be copied to another machine.
"""

import logging
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import platformdirs

from ...errors import ClassifierError
from ...files import UNFINISHED
from ..classifier import Classifier
from ..fingerprint import fingerprint
from ..predictor import Predictor
from . import network_file
from .description import Description, read_toml
from .labels import kept_names
from .served.service import ServedNetwork, Service

logger = logging.getLogger(__name__)

DESCRIPTION_FILE = "model.toml"
LABELS_FILE = "labels.txt"


def models_folder() -> Path:
    """Where models are kept: ``EXPLAINER_MODELS``, else a folder in the user's data folder."""
    configured = os.environ.get("EXPLAINER_MODELS")
    return Path(configured) if configured else platformdirs.user_data_path("limelight", False) / "models"


def model_names() -> list[str]:
    """The names of all models that were added, usable or not; none where the folder can't be read."""
    folder = models_folder()
    try:
        return sorted(path.name for path in folder.iterdir() if path.is_dir() and is_model_name(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        logger.warning("The models in %s are left out, for it can't be read: %s", folder, error)
        return []


def is_model_name(name: str) -> bool:
    """Whether a model can have this name; it names a folder too."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name) is not None


def model_folder(name: str) -> Path:
    """The folder of a model that was added.

    Raises
    ------
    ClassifierError
        No model of this name was added.
    """
    folder = models_folder() / name
    if not is_model_name(name) or not folder.is_dir():
        raise ClassifierError("No model named {name} was added.", name=repr(name))
    return folder


@dataclass(frozen=True)
class AddedModel:
    """What is known of a model without loading it.

    Attributes
    ----------
    title : str
        As people write it.
    description : Description
        How a photo gets in, and what comes out.
    origins : mapping of str to str
        How each setting of the description is known, as for a `Candidate`; empty for models that were added
        before that was noted.
    service : Service, optional
        Where it is served, if it is elsewhere.
    """

    title: str
    description: Description
    origins: Mapping[str, str]
    service: Service | None = None

    @property
    def is_range_confirmed(self) -> bool:
        """Whether anything has said which values the network takes, or may have."""
        return self.origins.get("range") != "default"


def added_model(folder: Path) -> AddedModel:
    """What is known of a model, after a quick look whether its folder has all that it needs.

    Raises
    ------
    ClassifierError
        Something is missing or can't be read.
    """
    values = read_toml(folder / DESCRIPTION_FILE)
    known = _added_model(folder, values)
    if known.service is None:
        _network_path(folder, values)
    kept_names(folder / LABELS_FILE)
    return known


def load_model_folder(folder: Path, name: str = "") -> Classifier:
    """Load a model from its folder, wherever that is.

    Parameters
    ----------
    folder : Path
        One from the models folder, or a copy of it.
    name : str
        The classifier's name; that of the folder by default.

    Raises
    ------
    ClassifierError
        Something is missing, or the network's file is not the one that was added.
    """
    values = read_toml(folder / DESCRIPTION_FILE)
    known = _added_model(folder, values)
    labels = kept_names(folder / LABELS_FILE)
    name = name or folder.name
    if known.service is not None:
        return classifier_of(name, known, ServedNetwork.of(known.service, len(labels)), labels)
    path = _network_path(folder, values)
    if network_file.network_hash(path) != values.get("sha256"):
        raise ClassifierError(
            "{path} is not the file that was added as {name}: it was replaced or is damaged, so add the "
            "model again.",
            path=path,
            name=name,
        )
    return classifier_of(name, known, network_file.open_network(name, path, known.description), labels)


class KnownNetwork(Predictor, Protocol):
    """A network that can be told from others; `weights_hash` is empty where nobody can know."""

    @property
    def weights_hash(self) -> str: ...


def classifier_of(name: str, known: AddedModel, network: KnownNetwork, labels: Sequence[str]) -> Classifier:
    """The classifier that a network becomes with what is known of it."""
    description = known.description
    preprocessing = description.preprocessing()
    identity = network.weights_hash
    return Classifier(
        name,
        known.title,
        description.adapted(network),
        preprocessing,
        labels,
        ("",) * len(labels),
        fingerprint(identity, preprocessing, labels, description.settings()) if identity else "",
        description.outputs == "independent",
        known.is_range_confirmed,
        known.service.machine if known.service else "",
    )


def remove_model(name: str) -> None:
    """Delete a model from the models folder.

    Raises
    ------
    ClassifierError
        No model of this name was added, or it can't be deleted.
    """
    folder = model_folder(name)
    try:
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=models_folder()) as parent:
            folder.rename(Path(parent) / name)
    except OSError as error:
        raise unwritable(error) from error


def unwritable(error: OSError) -> ClassifierError:
    """The error that the models folder can't be changed."""
    return ClassifierError(
        "The models folder {folder} can't be changed: {reason}.",
        folder=models_folder(),
        reason=error.strerror or error,
    )


def _added_model(folder: Path, values: Mapping[str, Any]) -> AddedModel:
    try:
        description = Description.from_settings(values)
    except KeyError as error:
        raise ClassifierError(
            "{path} is damaged: it does not say {setting}.",
            path=folder / DESCRIPTION_FILE,
            setting=error.args[0],
        ) from error
    service = None
    if "served" in values:
        labels = kept_names(folder / LABELS_FILE)
        service = Service.from_settings(values["served"], labels, folder / DESCRIPTION_FILE)
    title = str(values.get("title") or folder.name)
    return AddedModel(title, description, values.get("origins", {}), service)


def _network_path(folder: Path, values: Mapping[str, Any]) -> Path:
    path = folder / Path(str(values.get("network"))).name
    network_file.check_format(path)
    return path

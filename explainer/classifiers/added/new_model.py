"""Adds a network to the models folder, after it was checked that it can be used."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from PIL import Image

from ...errors import ClassifierError
from ...files import UNFINISHED, put
from ..classifier import Classifier
from . import exports, network_file
from .description import SETTINGS, USUAL, Description, checked_size, read_toml
from .exports import Export
from .labels import for_outputs, read_labels, tidy, write_labels
from .models import (
    DESCRIPTION_FILE,
    LABELS_FILE,
    is_model_name,
    load_model_folder,
    model_names,
    models_folder,
    unwritable,
)
from .network_facts import NetworkFacts

_DEFAULTS: dict[str, Any] = {
    "resize": "stretch",
    "resample": USUAL["resample"],
    "range": "0-to-1",
    "channel-order": "rgb",
    "layout": "channels-last",
    "channels": 3,
    "outputs": "probabilities",
}
_CERTAIN = ("input-size", "layout", "channels")  # where the file tells them, nothing else can be true
_GOES_WITH = {"crop-share": "resize", "mean": "range", "std": "range"}  # and comes from where that comes from


@dataclass(frozen=True)
class Candidate:
    """A model that can be loaded, and is not kept yet.

    Attributes
    ----------
    settings : mapping of str to tuple
        All that a description can say, by the names that it has there: what it is set to, and how that is
        known. It was ``given``, it is ``described`` in the description file beside the network, another
        file of the export tells it (that file's name), it was ``found`` in the network itself, or nobody
        said anything else: ``default``.
    classifier : Classifier
        To be tried.
    folder : Path
        Where the model is for now.
    """

    settings: Mapping[str, tuple[Any, str]]
    classifier: Classifier
    folder: Path

    def try_on(self, photo: Image.Image) -> None:
        """Ask about a photo, and check that the answer is what it is described as.

        Raises
        ------
        ClassifierError
            The network can't be run, or its outputs are not what they are described as.
        """
        self.classifier.predict(self.classifier.preprocess(photo)[np.newaxis])

    def keep(self, replace: bool = False) -> Path:
        """Put the model into the models folder; returns its folder there.

        Raises
        ------
        ClassifierError
            There is a model of this name, and `replace` is false; or the folder can't be written to.
        """
        target = models_folder() / self.folder.name
        if not replace:
            _check_not_taken(self.folder.name)
        try:
            put(self.folder, target)
        except OSError as error:
            raise unwritable(error) from error
        return target


def usable_name(text: str) -> str:
    """A name for a model, made of a file's."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:64] or "model"


def check_name(name: str, reserved: Collection[str], replace: bool = False) -> None:
    """Check that a model can be added under a name.

    Parameters
    ----------
    name : str
        As `load_classifier` will take it.
    reserved : collection of str
        Names that no model can have.
    replace : bool
        Whether a model of this name may be there.

    Raises
    ------
    ClassifierError
        It can't.
    """
    if not is_model_name(name):
        raise ClassifierError(
            "A model's name has small letters, digits, - and _ only, so {name} is none.", name=repr(name)
        )
    if name in (*reserved, "auto"):
        raise ClassifierError("{name} is the name of a built-in classifier: --name gives another.", name=name)
    if not replace:
        _check_not_taken(name)


def _check_not_taken(name: str) -> None:
    if name in model_names():
        raise ClassifierError("There is a model named {name} already, which --replace replaces.", name=name)


@contextlib.contextmanager
def prepare(
    path: Path,
    labels: Path | None = None,
    *,
    name: str,
    title: str = "",
    given: Mapping[str, Any] | None = None,
) -> Iterator[Candidate]:
    """Check a network, and make a model's folder of it, which is thrown away unless it is kept.

    A description file beside the network, of the same name with ``.toml``, is read where there is one.

    Parameters
    ----------
    path : Path
        A ``.keras``, ``.h5``, ``.onnx`` or ``.xml`` file, or a SavedModel folder.
    labels : Path, optional
        The class names; see `read_labels`. The description file's ``labels`` by default.
    name, title : str
        For `load_classifier`, and for people.
    given : mapping of str to object, optional
        Settings as a description file has them; they go before the file's own.

    Yields
    ------
    Candidate

    Raises
    ------
    ClassifierError
        The network, the labels or the description can't be used, or the models folder can't be written to.
    """
    beside = path.with_suffix(".toml")
    described = _described(beside)
    with exports.opened(path) as export, _unfinished_folder(name) as folder:
        network_file.check_format(export.network)
        facts = network_file.inspect(export.network)
        if labels is not None or "labels" in described:
            names = read_labels(labels or beside.parent / str(described["labels"]))
        else:
            found = export.labels or facts.labels
            if not found:
                raise ClassifierError("The classes need names: --labels names a file with one name a line.")
            names = found
        names = for_outputs(names, facts.units or len(names))
        settings = _settings(given or {}, described, export, facts)
        description = Description.from_settings({setting: value for setting, (value, _) in settings.items()})
        title = tidy(title or str(described.get("title", "")) or export.title) or path.stem
        copy = _copied(export.network, folder)
        write_labels(names, folder / LABELS_FILE)
        values = {"title": title, "network": copy.name, "sha256": network_file.network_hash(copy)}
        origins = {"origins": {setting: origin for setting, (_, origin) in settings.items()}}
        text = tomli_w.dumps(values | description.settings() | origins)
        (folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
        yield Candidate(settings, load_model_folder(folder), folder)


def _described(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    described = read_toml(path)
    for name in described:
        if name not in (*SETTINGS, "title", "labels"):
            raise ClassifierError(
                "{path} says {name}, which means nothing here; it may say {names}.",
                path=path,
                name=name,
                names=", ".join(("title", "labels", *SETTINGS)),
            )
    return described


def _settings(
    given: Mapping[str, Any], described: Mapping[str, Any], export: Export, facts: NetworkFacts
) -> dict[str, tuple[Any, str]]:
    path = export.network
    defaults = dict(_DEFAULTS)
    if path.suffix.lower() == ".onnx":
        defaults["layout"] = "channels-first"  # where they come from, that is usual
    sources = (
        ("given", _with_implied(given)),
        ("described", _with_implied(described)),
        (export.told_by, _with_implied(export.settings)),
        ("found", facts.settings),
        ("default", defaults),
    )
    known: dict[str, tuple[Any, str]] = {}
    for name in SETTINGS:
        decisive = _GOES_WITH.get(name, name)
        origin, source = next(((o, s) for o, s in sources if decisive in s), ("", {}))
        if name not in source and name in USUAL:
            continue
        if not origin:
            raise ClassifierError(
                "{path} does not say how large its input is: --input-size says it.", path=path
            )
        value = list(checked_size(source[name])) if name == "input-size" else source[name]
        if name in _CERTAIN and name in facts.settings and str(value) != str(facts.settings[name]):
            raise ClassifierError(
                "The {name} of {path} is {found}, and not {value}.",
                name=name,
                path=path,
                found=facts.settings[name],
                value=value,
            )
        known[name] = (value, origin)
        if name == "range" and source[name] == "caffe":
            defaults["channel-order"] = "bgr"  # as Caffe has it
    return known


def _with_implied(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings, with those that follow from them."""
    implied: dict[str, Any] = {}
    if "crop-share" in settings:
        implied["resize"] = "shorter-side"
    if "range" not in settings and {"mean", "std"} & {*settings}:
        if np.max([np.max(settings[name]) for name in ("mean", "std") if name in settings]) > 1:
            raise ClassifierError(
                "With a mean or a std above 1, --range says what values are brought to before: --range "
                "0-to-255 takes them as they are, --range 0-to-1 divides them by 255."
            )
        implied["range"] = "0-to-1"
    return implied | dict(settings)


@contextlib.contextmanager
def _unfinished_folder(name: str) -> Iterator[Path]:
    try:
        models_folder().mkdir(parents=True, exist_ok=True)
        parent = tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=models_folder())
    except OSError as error:
        raise unwritable(error) from error
    with parent:
        folder = Path(parent.name) / name
        folder.mkdir()
        yield folder


def _copied(path: Path, folder: Path) -> Path:
    """The network, copied into a folder, after a look whether that is all of it."""
    try:
        copy = network_file.copy_network(path, folder)
    except (OSError, shutil.Error) as error:
        raise ClassifierError("{path} can't be copied to the models folder.", path=path) from error
    try:
        if copy.suffix == ".onnx":  # the one kind of file whose weights can be in others of any name
            network_file.inspect(copy)
    except ClassifierError as error:
        raise ClassifierError(
            "{path} needs other files beside it, and only a network that holds its weights can be added.",
            path=path,
        ) from error
    return copy

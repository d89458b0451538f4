"""Adds a network to the models folder, after it was checked that it can be used."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from PIL import Image

from ...errors import ClassifierError, ClassifierNote
from ...files import UNFINISHED, put
from ..classifier import Classifier
from . import exports, network_file, trial
from .description import SETTINGS, USUAL, Description, checked_size, read_toml
from .exports import Export
from .labels import Labels, for_outputs, read_labels, tidy, told_apart, write_labels
from .models import (
    DESCRIPTION_FILE,
    LABELS_FILE,
    AddedModel,
    KnownNetwork,
    classifier_of,
    is_model_name,
    model_names,
    models_folder,
    unwritable,
)
from .network_facts import NetworkFacts
from .served.service import Service

_DEFAULTS: dict[str, Any] = {
    "resize": "stretch",
    "resample": USUAL["resample"],
    "range": "0-to-1",
    "layout": "channels-last",
    "channels": 3,
    "outputs": "probabilities",  # until they were tried
}
_CERTAIN = ("input-size", "layout", "channels")  # where the file tells them, nothing else can be true
_GOES_WITH = {"crop-share": "resize", "mean": "range", "std": "range"}  # and comes from where that comes from


@dataclass(frozen=True)
class Candidate:
    """A model that is not kept yet.

    Attributes
    ----------
    settings : mapping of str to tuple
        All that a description can say, by the names that it has there: what it is set to, and how that is
        known. It was ``given``, it is ``described`` in the description file beside the network, another
        file of the export tells it (that file's name), it was ``found`` in the network itself, it was
        ``tried``, or nobody said anything else: ``default``.
    title : str
        For people.
    labels : tuple of str
        The class names.
    facts : NetworkFacts
        What the network's file, or its server, tells.
    network : KnownNetwork
        To be asked.
    folder : Path
        The model's for now, which has its name.
    kept : mapping of str to object
        What its description says of the network.
    notes : tuple of ClassifierNote
        What was assumed.
    service : Service, optional
        Where it is served, if it is elsewhere.
    """

    settings: Mapping[str, tuple[Any, str]]
    title: str
    labels: tuple[str, ...]
    facts: NetworkFacts
    network: KnownNetwork
    folder: Path
    kept: Mapping[str, Any]
    notes: tuple[ClassifierNote, ...] = ()
    service: Service | None = None

    @property
    def classifier(self) -> Classifier:
        """To be tried; every one has the same network."""
        origins = {setting: origin for setting, (_, origin) in self.settings.items()}
        known = AddedModel(self.title, description_of(self.settings), origins, self.service)
        return classifier_of(self.folder.name, known, self.network, self.labels)

    def revised(self, settings: Mapping[str, Any], origin: str) -> "Candidate":
        """The same with some settings, where they were defaults, known in another way."""
        revised = dict(self.settings)
        if "range" in settings and revised["channel-order"][1] == "default":
            revised["channel-order"] = (_usual_order(settings["range"]), "default")
        for name, value in settings.items():
            if revised[name][1] == "default":
                revised[name] = (value, origin)
        return replace(self, settings=revised)

    def as_in(self, ways: Sequence[trial.Way], origin: str) -> "Candidate":
        """The same, given photos in one of these ways; what they do not have in common stays a default."""
        value_range = ways[0].value_range
        ranges = {way.value_range for way in ways}
        orders = {way.channel_order for way in ways if way.value_range == value_range}
        found = self.revised({"range": value_range}, origin if len(ranges) == 1 else "default")
        return found.revised({"channel-order": orders.pop()}, origin) if len(orders) == 1 else found

    def expected(self, labels: Sequence[str], photos: int) -> list[int]:
        """The classes that labels name, one for each photo; empty without labels.

        Raises
        ------
        ClassifierError
            There is no such class, or neither one label nor one for each photo.
        """
        if labels and len(labels) not in (1, photos):
            raise ClassifierError(
                "--expect names the right label of each --try photo, or one for all: there are {labels} "
                "labels and {photos} photos.",
                labels=len(labels),
                photos=photos,
            )
        indices = {_folded(name): index for index, name in enumerate(self.labels)}
        for label in labels:
            if _folded(label) not in indices:
                raise ClassifierError(
                    "The network has no class {label}; its classes are {names}.",
                    label=repr(label),
                    names=", ".join(self.labels[:20]) + (" …" if len(self.labels) > 20 else ""),
                )
        found = [indices[_folded(label)] for label in labels]
        return found * photos if len(found) == 1 else found

    def try_ways(self, photos: Sequence[Image.Image]) -> list[trial.Row]:
        """Give photos to the network in each range, and in both orders of the channels where that is open."""
        channels, _ = self.settings["channels"]
        order, origin = self.settings["channel-order"]
        ways = trial.ways(int(channels), None if origin == "default" else order)

        def classifier(way: trial.Way) -> Classifier:
            settings = {"range": way.value_range, "channel-order": way.channel_order}
            return self.revised(settings, "tried").classifier

        return trial.tried(ways, classifier, photos)

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
        values = {"title": self.title, **self.kept}
        origins = {"origins": {setting: origin for setting, (_, origin) in self.settings.items()}}
        text = tomli_w.dumps(values | description_of(self.settings).settings() | origins)
        try:
            (self.folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
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
    output: str = "",
) -> Iterator[Candidate]:
    """Check a network, and make a model's folder of it, which is thrown away unless it is kept.

    A description file beside the network, of the same name with ``.toml``, is read where there is one.

    Parameters
    ----------
    path : Path
        A ``.keras``, ``.h5``, ``.onnx``, ``.tflite``, ``.pb`` or ``.xml`` file, a SavedModel folder, or a
        folder or ``.zip`` with one of them; see `exports.opened`.
    labels : Path, optional
        The class names; see `read_labels`. By default the description file's ``labels``, those that the
        network or its export holds, or those in a file near it that is named like ``labels.txt``.
    name, title : str
        For `load_classifier`, and for people.
    given : mapping of str to object, optional
        Settings as a description file has them; they go before the file's own.
    output : str
        The network's output that answers with the classes, by name; found out where it is empty.

    Yields
    ------
    Candidate

    Raises
    ------
    ClassifierError
        The network, the labels or the description can't be used, or the models folder can't be written to.
    """
    path = network_file.meant(path)
    beside = path.with_suffix(".toml")
    described = _described(beside)
    with exports.opened(path) as export, unfinished_folder(name) as folder:
        network_file.check_format(export.network)
        found = export.labels
        if labels is not None or "labels" in described:
            found = read_labels(labels or beside.parent / str(described["labels"]))
        copy, facts = _taken(export.network, folder, output, len(found.names) if found else None)
        export = _without_contradictions(export, facts)
        if facts.labels and labels is None and "labels" not in described:
            found = told_apart(facts.labels)
        elif found is None and export.labels_file:
            found = _labels_beside(export.labels_file, facts.units)
        if found is None:
            raise ClassifierError("The classes need names: --labels names a file with one name a line.")
        names = for_outputs(found.names, facts.units or len(found.names))
        settings = known_settings(
            export.network,
            {"given": given or {}, "described": described, export.told_by: export.settings},
            facts,
        )
        description = description_of(settings)
        title = tidy(title or str(described.get("title", "")) or export.title) or path.stem
        write_labels(names, folder / LABELS_FILE)
        network = network_file.open_network(name, copy, description)
        if settings["outputs"][1] == "default":
            settings["outputs"] = (trial.outputs(network, description), "tried")
        kept = {"network": copy.name, "sha256": network.weights_hash}
        yield Candidate(settings, title, names, facts, network, folder, kept, (*export.notes, *found.notes))


def description_of(settings: Mapping[str, tuple[Any, str]]) -> Description:
    """The description that a candidate's settings make."""
    return Description.from_settings({setting: value for setting, (value, _) in settings.items()})


def _without_contradictions(export: Export, facts: NetworkFacts) -> Export:
    """The export without what its network shows to be otherwise.

    Whoever puts a network's preprocessing into the network leaves the files beside it as they were, so that
    doing as they say would do it twice.
    """
    settings = {name: value for name, value in export.settings.items() if name not in facts.settings}
    notes = list(export.notes)
    if "range" in facts.settings and "range" in export.settings:
        for name in ("mean", "std"):
            settings.pop(name, None)
        if "mean" in export.settings or export.settings["range"] != facts.settings["range"]:
            notes.append(
                ClassifierNote(
                    "The files beside the network ask for other values than it takes: it brings them into "
                    "its range itself, so it is given {range}.",
                    range=facts.settings["range"],
                )
            )
    if export.settings.get("outputs") == "independent" and facts.settings.get("outputs") == "logits":
        raise ClassifierError(
            "{file} says that several classes can be right at once, and {path} answers with logits: export "
            "it with a sigmoid as its last step.",
            file=export.told_by,
            path=export.network,
        )
    return replace(export, settings=settings, notes=tuple(notes))


def _labels_beside(path: Path, units: int | None) -> Labels:
    found = read_labels(path)
    try:
        for_outputs(found.names, units or len(found.names))
    except ClassifierError as error:
        raise ClassifierError(
            "{file}, which was found beside the network, does not name its {units} classes: --labels names "
            "the right file.",
            file=path,
            units=max(2, units or 0),
        ) from error
    note = ClassifierNote("The class names are those in {file}, beside the network.", file=path.name)
    return Labels(found.names, (note, *found.notes))


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


def known_settings(
    network: Path | str, told: Mapping[str, Mapping[str, Any]], facts: NetworkFacts
) -> dict[str, tuple[Any, str]]:
    """All that a description can say, and how it is known.

    Parameters
    ----------
    network : Path or str
        What messages name.
    told : mapping of str to mapping
        By origin, as `Candidate` has them, the settings that are not the network's own; those that go before
        the others first.
    facts : NetworkFacts
        The network's own.

    Raises
    ------
    ClassifierError
        Something is not said, or contradicts the network.
    """
    defaults = dict(_DEFAULTS)
    if str(network).lower().endswith(".onnx"):
        defaults["layout"] = "channels-first"  # where they come from, that is usual
    sources = (
        *((origin, _with_implied(source)) for origin, source in told.items()),
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
                "{path} does not say how large its input is: --input-size says it.", path=network
            )
        value = list(checked_size(source[name])) if name == "input-size" else source[name]
        if name in _CERTAIN and name in facts.settings and str(value) != str(facts.settings[name]):
            raise ClassifierError(
                "The {name} of {path} is {found}, and not {value}.",
                name=name,
                path=network,
                found=facts.settings[name],
                value=value,
            )
        known[name] = (value, origin)
        if name == "range":
            defaults["channel-order"] = _usual_order(str(value))
    return known


def _usual_order(value_range: str) -> str:
    return "bgr" if value_range == "caffe" else "rgb"  # as Caffe has it


def _folded(label: str) -> str:
    return label.casefold().replace("_", " ")


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
def unfinished_folder(name: str) -> Iterator[Path]:
    """A folder for a model of this name, which is thrown away unless it is moved."""
    try:
        models_folder().mkdir(parents=True, exist_ok=True)
        parent = tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=models_folder())
    except OSError as error:
        raise unwritable(error) from error
    with parent:
        folder = Path(parent.name) / name
        folder.mkdir()
        yield folder


def _taken(path: Path, folder: Path, output: str, classes: int | None) -> tuple[Path, NetworkFacts]:
    try:
        return network_file.take(path, folder, output, classes)
    except (OSError, shutil.Error) as error:
        raise ClassifierError("{path} can't be copied to the models folder.", path=path) from error

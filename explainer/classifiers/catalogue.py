"""The catalogue: which classifiers there are, which are ready here, how each is loaded."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import ArgumentError, ClassifierError, WeightsError
from .added import models
from .classifier import Classifier
from .published.efficientnet_lite import VARIANTS
from .published.keras_applications import APPLICATIONS, INCEPTION_V3, PREFIX, application, configured_weights

logger = logging.getLogger(__name__)

EMBEDDED_DEFAULT = "efficientnet-lite2"


@dataclass(frozen=True)
class CatalogueEntry:
    """A classifier that can be asked for by name."""

    name: str
    title: str
    find_weights: Callable[[], Path]
    load: Callable[[], Classifier]
    added: models.AddedModel | None = None  # what is known of a model that was added

    def is_ready(self) -> bool:
        """Whether its weights are on this machine."""
        return self.what_is_missing() is None

    def what_is_missing(self) -> WeightsError | None:
        """What is wrong with its weights, if anything is."""
        try:
            self.find_weights()
        except WeightsError as error:
            return error
        return None


_loaded: dict[tuple[str, Path, int, str], Classifier] = {}  # by how pixels are interpolated, too
_loading = threading.Lock()
_told: set[str] = set()


def built_in_names() -> tuple[str, ...]:
    """The names of the classifiers that are always there, ready or not."""
    return (INCEPTION_V3, *VARIANTS)


def catalogue() -> tuple[CatalogueEntry, ...]:
    """The built-in classifiers, the most wanted first, and whatever else is on this machine.

    Those are networks of `keras.applications` whose weights are in Keras' cache, and models from the models
    folder. A model that can't be used is left out; the log says why.
    """
    added = []
    for name in models.model_names():
        if name in built_in_names():  # whoever made that folder did so by hand
            continue
        try:
            added.append(_added_entry(name))
        except ClassifierError as error:
            if str(error) not in _told:  # once, and not each time that the page is drawn
                _told.add(str(error))
                logger.warning("The model %s is left out: %s", name, error)
    cached = (known.name for known in APPLICATIONS.values() if known.cached_file.is_file())
    return (*map(_entry, dict.fromkeys((*built_in_names(), *cached))), *added)


def default_classifier_name() -> str:
    """InceptionV3 where its weights are on this machine, else the embedded EfficientNet-Lite2."""
    return INCEPTION_V3 if _entry(INCEPTION_V3).is_ready() else EMBEDDED_DEFAULT


def load_classifier(name: str = "auto") -> Classifier:
    """Load a classifier; the network itself is loaded at its first question.

    Asking again for the same weights returns the same object.

    Parameters
    ----------
    name : str
        One of the catalogue's names; ``keras:`` and the name of a network of `keras.applications`, such as
        ``keras:ResNet50``; or ``auto`` for `default_classifier_name`. An ``@`` and one of ``nearest``,
        ``bilinear``, ``bicubic`` and ``lanczos`` after it says how pixels are interpolated:
        ``inception-v3@nearest`` sees what Keras' ``load_img`` makes of a photo.

    Raises
    ------
    ClassifierError
        There is no classifier of this name, or it is one from the models folder that can't be used.
    WeightsError
        Its weights are not on this machine, or damaged; or the file that
        ``EXPLAINER_INCEPTION_V3_WEIGHTS`` names is missing.
    ArgumentError
        The name is no text.
    """
    if not isinstance(name, str):
        raise ArgumentError("name must be a classifier's name or 'auto', and is {value}.", value=repr(name))
    name, resampled, resample = name.partition("@")
    if name == "auto":
        configured_weights()  # whoever names a file does not want another network instead
        name = default_classifier_name()
    entry = _entry(name)
    with _loading:
        weights = entry.find_weights()
        key = (entry.name, weights, _changed_at(weights), "")
        if key not in _loaded:
            _loaded[key] = entry.load()
        if not resampled:
            return _loaded[key]
        return _loaded.setdefault((*key[:-1], resample), _loaded[key].resampled(resample))


def _entry(name: str) -> CatalogueEntry:
    if name in VARIANTS:
        variant = VARIANTS[name]
        return CatalogueEntry(name, variant.title, variant.weights_path, variant.load)
    if name == INCEPTION_V3 or name.startswith(PREFIX):
        known = application(name)
        return CatalogueEntry(known.name, known.title, known.find_weights, known.load)
    if name in models.model_names():
        return _added_entry(name)
    raise ClassifierError(
        "There is no classifier named {name}; there are {names}.",
        name=repr(name),
        names=", ".join(entry.name for entry in catalogue()),
    )


def _added_entry(name: str) -> CatalogueEntry:
    folder = models.model_folder(name)
    added = _added_model(folder, _changed_at(folder))
    return CatalogueEntry(name, added.title, lambda: folder, lambda: models.load_model_folder(folder), added)


@lru_cache  # the page asks again each time that it is drawn
def _added_model(folder: Path, _changed: int) -> models.AddedModel:
    return models.added_model(folder)


def _changed_at(path: Path) -> int:
    """When a file, or anything in a folder, was last changed."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    try:
        return max(file.stat().st_mtime_ns for file in files)
    except OSError as error:
        raise ClassifierError("{path} can't be read: {reason}.", path=path, reason=error.strerror) from error

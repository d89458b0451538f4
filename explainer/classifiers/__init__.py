"""The catalogue: which classifiers there are, which are ready here, how each is loaded."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..errors import ClassifierError, WeightsError
from . import efficientnet_lite, imagenet, inception_v3
from .classifier import Classifier
from .engine import Network
from .preprocessing import Preprocessing

__all__ = [
    "EMBEDDED_DEFAULT",
    "CatalogueEntry",
    "Classifier",
    "catalogue",
    "default_classifier_name",
    "load_classifier",
]

EMBEDDED_DEFAULT = "efficientnet-lite2"


@dataclass(frozen=True)
class CatalogueEntry:
    """A classifier that can be asked for by name."""

    name: str
    title: str
    find_weights: Callable[[], Path]
    load: Callable[[], Classifier]

    def is_ready(self) -> bool:
        """Whether its weights are on this machine."""
        try:
            self.find_weights()
        except WeightsError:
            return False
        return True


def _imagenet_classifier(name: str, title: str, network: Network, preprocessing: Preprocessing) -> Classifier:
    return Classifier(name, title, network, preprocessing, imagenet.class_names(), imagenet.wnids())


def _load_inception_v3() -> Classifier:
    weights = inception_v3.find_weights()
    network = Network(
        "inception-v3",
        inception_v3.file_hash(weights, "sha256"),
        lambda: inception_v3.build(weights),
    )
    size = inception_v3.INPUT_SIZE
    preprocessing = Preprocessing((size, size), 127.5, 127.5, Image.Resampling.BILINEAR)
    return _imagenet_classifier("inception-v3", "InceptionV3", network, preprocessing)


def _efficientnet_lite_entry(name: str, title: str) -> CatalogueEntry:
    variant = efficientnet_lite.VARIANTS[name]

    def load() -> Classifier:
        variant.weights_path()
        network = Network(name, variant.sha256, lambda: efficientnet_lite.build(variant))
        size = variant.input_size
        preprocessing = Preprocessing((size, size), 127.0, 128.0, Image.Resampling.BICUBIC)
        return _imagenet_classifier(name, title, network, preprocessing)

    return CatalogueEntry(name, title, variant.weights_path, load)


_CATALOGUE = {
    entry.name: entry
    for entry in (
        CatalogueEntry("inception-v3", "InceptionV3", inception_v3.find_weights, _load_inception_v3),
        _efficientnet_lite_entry("efficientnet-lite2", "EfficientNet-Lite2"),
        _efficientnet_lite_entry("efficientnet-lite0", "EfficientNet-Lite0"),
    )
}
_loaded: dict[tuple[str, Path, int], Classifier] = {}
_loading = threading.Lock()


def catalogue() -> tuple[CatalogueEntry, ...]:
    """All classifiers that can be asked for by name, the most wanted first."""
    return tuple(_CATALOGUE.values())


def default_classifier_name() -> str:
    """InceptionV3 where its weights are on this machine, else the embedded EfficientNet-Lite2."""
    return "inception-v3" if _CATALOGUE["inception-v3"].is_ready() else EMBEDDED_DEFAULT


def load_classifier(name: str = "auto") -> Classifier:
    """Load a classifier; the network itself is loaded at its first question.

    Asking again for the same weights returns the same object.

    Parameters
    ----------
    name : str
        One of the catalogue's names, or ``auto`` for `default_classifier_name`.

    Raises
    ------
    ClassifierError
        There is no classifier of this name.
    WeightsError
        Its weights are not on this machine, or damaged.
    """
    if name == "auto":
        name = default_classifier_name()
    if name not in _CATALOGUE:
        raise ClassifierError(
            "There is no classifier named {name}; there are {names}.",
            name=repr(name),
            names=", ".join(_CATALOGUE),
        )
    entry = _CATALOGUE[name]
    with _loading:
        weights = entry.find_weights()
        key = (name, weights, weights.stat().st_mtime_ns)
        if key not in _loaded:
            _loaded[key] = entry.load()
        return _loaded[key]

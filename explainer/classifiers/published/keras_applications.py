"""Networks of `keras.applications` by name, such as ``keras:ResNet50``, with the weights Keras publishes.

What the table beside this file says of each, Keras knows too, but only after it has been imported and the
network built, which takes seconds; the tests compare the two. Weights are kept in Keras' own cache folder,
and downloaded only when somebody asks for it.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ClassifierError, WeightsError
from ..adapter import Adapter
from ..added.description import RANGES
from ..classifier import Classifier
from ..engine import Network
from ..fingerprint import file_hash, fingerprint
from ..preprocessing import Preprocessing
from . import imagenet

if TYPE_CHECKING:
    import keras

PREFIX = "keras:"
INCEPTION_V3 = "inception-v3"  # goes by a name of its own
WEIGHTS_VARIABLE = "EXPLAINER_INCEPTION_V3_WEIGHTS"


def keras_models_folder() -> Path:
    """Where Keras keeps downloaded weights: ``models`` in ``KERAS_HOME``, else in ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def configured_weights() -> Path | None:
    """What ``EXPLAINER_INCEPTION_V3_WEIGHTS`` names; None where it is not set.

    Raises
    ------
    WeightsError
        There is no such file.
    """
    configured = os.environ.get(WEIGHTS_VARIABLE)
    if not configured:
        return None
    path = Path(configured)
    if not path.is_file():
        raise WeightsError(
            "{variable} names {path}, and there is no such file.", variable=WEIGHTS_VARIABLE, path=path
        )
    return path


@dataclass
class Application:
    """One network of `keras.applications`.

    Parameters
    ----------
    title : str
        Its name in Keras.
    input_size : int
        Height and width of its input, in pixels.
    value_range : str
        What its ``preprocess_input`` makes of colours; one of `RANGES`. After ``caffe``, blue comes first.
    weights_file : str
        The file's name in Keras' cache.
    url : str
        Where Keras publishes it.
    known_hash : str
        Its MD5 or SHA-256 in hexadecimal, such as ``md5:9a0d…``; empty where Keras knows none.
    """

    title: str
    input_size: int
    value_range: str
    weights_file: str
    url: str
    known_hash: str

    @property
    def name(self) -> str:
        return INCEPTION_V3 if self.title == "InceptionV3" else PREFIX + self.title

    @property
    def cached_file(self) -> Path:
        """Where the weights are in Keras' cache, if they are there."""
        return keras_models_folder() / self.weights_file

    def find_weights(self) -> Path:
        """Find the weights on this machine, without a network.

        Returns
        -------
        Path
            The file in Keras' cache; for InceptionV3 what ``EXPLAINER_INCEPTION_V3_WEIGHTS`` names, where
            it is set.

        Raises
        ------
        WeightsError
            There is no such file, it can't be read, or the one in Keras' cache is not the published one.
        """
        configured = configured_weights() if self.name == INCEPTION_V3 else None
        if configured is not None:
            return configured
        path = self.cached_file
        if not path.is_file():
            raise WeightsError(
                "{title}'s weights are not on this machine: run python -m explainer fetch {name} where there "
                "is an internet connection.",
                title=self.title,
                name=self.name,
            )
        algorithm, _, published = self.known_hash.partition(":")
        if published and file_hash(path, algorithm) != published:
            raise WeightsError(
                "{path} is damaged or not the published file: run python -m explainer fetch {name} to "
                "download it again.",
                path=path,
                name=self.name,
            )
        return path

    def fetch_weights(self, progress: bool = True, timeout: float = 10.0) -> Path:
        """Download the weights into Keras' cache, unless they are there.

        The download goes to a temporary file that gets its name only once its hash is right, so one
        that breaks off leaves nothing behind.

        Parameters
        ----------
        progress : bool
            Show a progress bar on standard error.
        timeout : float
            For how many seconds the server may be silent.

        Raises
        ------
        WeightsError
            The server can't be reached, is silent, breaks off, or sends another file; or the folder
            can't be written to.
        """
        import pooch
        import requests

        pooch.get_logger().setLevel("WARNING")
        folder = keras_models_folder()
        try:
            return Path(
                pooch.retrieve(
                    self.url,
                    known_hash=self.known_hash or None,
                    fname=self.weights_file,
                    path=folder,
                    downloader=pooch.HTTPDownloader(progressbar=progress, timeout=timeout),
                )
            )
        except (requests.RequestException, ConnectionError) as error:
            raise WeightsError(
                "{title}'s weights could not be downloaded: the server can't be reached, does not have them, "
                "or broke off.",
                title=self.title,
            ) from error
        except ValueError as error:  # pooch: the hash is another
            raise WeightsError(
                "The downloaded weights are not the published file, and were thrown away."
            ) from error
        except OSError as error:
            reason = error.strerror or "Permission denied"  # pooch's PermissionError has a text only
            raise WeightsError(
                "The weights can't be kept in {folder}: {reason}.", folder=folder, reason=reason
            ) from error

    def build(self, weights: Path) -> "keras.Model":
        """Build the network with weights from a file.

        Raises
        ------
        WeightsError
            The file does not hold this network's weights.
        """
        import keras

        try:
            network = getattr(keras.applications, self.title)(weights=str(weights))
            if self.title.startswith("EfficientNetB"):
                _scale_as_published(network)
            return network
        except Exception as error:  # h5py and Keras on another or a damaged file raise nearly anything
            raise WeightsError(
                "{path} does not hold {title}'s weights.", path=weights, title=self.title
            ) from error

    def preprocessing(self) -> Preprocessing:
        """What becomes of a photo; colours are RGB also where the network takes blue first."""
        offset, scale = RANGES[self.value_range]
        return Preprocessing((self.input_size, self.input_size), offset, scale)

    def load(self) -> Classifier:
        """Make a classifier; the network itself is loaded at its first question.

        Raises
        ------
        WeightsError
            The weights are not on this machine.
        """
        weights = self.find_weights()
        identity = file_hash(weights)
        preprocessing = self.preprocessing()
        network = Network(
            self.name.replace(":", "-"),
            identity,
            partial(self.build, weights),
            input_shape=(*preprocessing.input_size, 3),  # MobileNetV3 leaves it open
        )
        return Classifier(
            self.name,
            self.title,
            Adapter(network, channel_order="bgr" if self.value_range == "caffe" else "rgb"),
            preprocessing,
            imagenet.class_names(),
            imagenet.wnids(),
            fingerprint(identity, preprocessing, imagenet.class_names(), {"network": self.title}),
        )


def _scale_as_published(network: "keras.Model") -> None:
    """Divide colours once more by the square root of their deviation, as the published weights need.

    Keras does so where it is asked for ``weights="imagenet"``, and not where it is given their file.
    """
    deviation = np.array(RANGES["torch"][1]) / 255
    (normalization,) = (layer for layer in network.layers if type(layer).__name__ == "Normalization")
    normalization.adapt_variance.assign(normalization.adapt_variance * deviation)
    normalization.finalize_state()


def _read_table() -> Iterator[Application]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for title, input_size, *others in list(csv.reader(file))[1:]:
            yield Application(title, int(input_size), *others)


APPLICATIONS = {PREFIX + known.title: known for known in _read_table()}


def application(name: str) -> Application:
    """The network of this name, such as ``keras:ResNet50``; ``inception-v3`` is ``keras:InceptionV3``.

    Raises
    ------
    ClassifierError
        Keras has none of this name.
    """
    if name == INCEPTION_V3:
        name = PREFIX + "InceptionV3"
    if name not in APPLICATIONS:
        raise ClassifierError(
            "Keras has no classifier named {name}; it has {names}.",
            name=name.removeprefix(PREFIX),
            names=", ".join(known.title for known in APPLICATIONS.values()),
        )
    return APPLICATIONS[name]

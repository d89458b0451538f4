"""Keras' InceptionV3 (Szegedy et al., 2015, arXiv:1512.00567) and its ImageNet weights.

The weights are those that Keras publishes, kept in Keras' own cache folder. They are downloaded
only when somebody asks for it.
"""

import functools
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import WeightsError

if TYPE_CHECKING:
    import keras

INPUT_SIZE = 299
WEIGHTS_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
WEIGHTS_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/{WEIGHTS_FILE}"
WEIGHTS_MD5 = "9a0d58056eeedaa3f26cb7ebd46da564"
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


def find_weights() -> Path:
    """Find the weights on this machine, without a network.

    Returns
    -------
    Path
        What ``EXPLAINER_INCEPTION_V3_WEIGHTS`` names where it is set, else Keras' cached file.

    Raises
    ------
    WeightsError
        There is no such file, it can't be read, or Keras' cached one is not the published one.
    """
    configured = configured_weights()
    if configured is not None:
        return configured
    path = keras_models_folder() / WEIGHTS_FILE
    if not path.is_file():
        raise WeightsError(
            "InceptionV3's weights are not on this machine: "
            "run python -m explainer fetch inception-v3 where there is a network."
        )
    if file_hash(path, "md5") != WEIGHTS_MD5:
        raise WeightsError(
            "{path} is damaged or not the published file: "
            "run python -m explainer fetch inception-v3 to download it again.",
            path=path,
        )
    return path


def fetch_weights(
    url: str = WEIGHTS_URL,
    md5: str = WEIGHTS_MD5,
    folder: Path | None = None,
    progress: bool = True,
    timeout: float = 10.0,
) -> Path:
    """Download the weights into Keras' cache, unless they are there.

    The download goes to a temporary file that gets its name only once its hash is right, so one
    that breaks off leaves nothing behind.

    Parameters
    ----------
    url : str
        Where the file is.
    md5 : str
        Its published MD5, in hexadecimal.
    folder : Path, optional
        Where to put it; Keras' cache by default.
    progress : bool
        Show a progress bar on standard error.
    timeout : float
        For how many seconds the server may be silent.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WeightsError
        The server can't be reached, is silent, breaks off, or sends another file; or the folder
        can't be written to.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    folder = folder or keras_models_folder()
    try:
        return Path(
            pooch.retrieve(
                url,
                known_hash=f"md5:{md5}",
                fname=WEIGHTS_FILE,
                path=folder,
                downloader=pooch.HTTPDownloader(progressbar=progress, timeout=timeout),
            )
        )
    except (requests.RequestException, ConnectionError) as error:
        raise WeightsError(
            "InceptionV3's weights could not be downloaded: "
            "the server can't be reached, does not have them, or broke off."
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


def build(weights: Path) -> "keras.Model":
    """Build the network with weights from a file.

    Returns
    -------
    keras.Model
        float32 (N, 299, 299, 3), values in [-1, 1], to probabilities (N, 1000).

    Raises
    ------
    WeightsError
        The file is not one of InceptionV3's weights.
    """
    import keras

    try:
        return keras.applications.InceptionV3(weights=str(weights))
    except Exception as error:  # h5py and Keras on another or a damaged file raise nearly anything
        raise WeightsError("{path} does not hold InceptionV3's weights.", path=weights) from error


def file_hash(path: Path, algorithm: str) -> str:
    """Compute a file's hash in hexadecimal, again only when the file changes."""
    try:
        status = path.stat()
        return _file_hash(path, algorithm, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise WeightsError("{path} can't be read: {reason}.", path=path, reason=error.strerror) from error


@functools.lru_cache(maxsize=32)
def _file_hash(path: Path, algorithm: str, _modified: int, _size: int) -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()

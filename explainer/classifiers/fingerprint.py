"""Identifies files, and what a classifier computes."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import WeightsError
from .preprocessing import Preprocessing


def fingerprint(
    weights_hash: str,
    preprocessing: Preprocessing,
    class_names: Sequence[str],
    settings: Mapping[str, Any] | None = None,
) -> str:
    """SHA-256 in hexadecimal of all that decides what a classifier answers; the same on every machine.

    Parameters
    ----------
    weights_hash : str
        SHA-256 of the weights, or of the network's file.
    preprocessing : Preprocessing
        What becomes of a photo.
    class_names : sequence of str
        In the order of the network's outputs.
    settings : mapping of str to object, optional
        Whatever else matters, such as the order of its channels.
    """
    of_photos = asdict(preprocessing)
    if preprocessing.resize != "shorter-side":
        del of_photos["crop_share"]  # which changes nothing then
    parts = [weights_hash, of_photos, list(class_names), dict(settings or {})]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def file_hash(path: Path, algorithm: str = "sha256") -> str:
    """Compute a file's hash in hexadecimal, again only when the file changes.

    Raises
    ------
    WeightsError
        It can't be read.
    """
    try:
        status = path.stat()
        return _file_hash(path, algorithm, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise WeightsError("{path} can't be read: {reason}.", path=path, reason=error.strerror) from error


@functools.lru_cache(maxsize=128)
def _file_hash(path: Path, algorithm: str, _modified: int, _size: int) -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()

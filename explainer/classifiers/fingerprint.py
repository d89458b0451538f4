"""Identifies what a classifier computes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

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
    parts = [weights_hash, asdict(preprocessing), list(class_names), dict(settings or {})]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

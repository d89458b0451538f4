"""Keeps networks that were converted to OpenVINO, so that the next start needs no TensorFlow."""

import contextlib
import logging
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from ..files import UNFINISHED, whole
from .openvino_runtime import import_openvino

if TYPE_CHECKING:
    import openvino

logger = logging.getLogger(__name__)

_SECONDS_TO_WRITE = 3600.0  # far more than it takes; whatever is older was left by a process that ended


def cache_folder() -> Path:
    """Where converted networks are kept: ``EXPLAINER_CACHE_DIR``, else the user's cache folder."""
    configured = os.environ.get("EXPLAINER_CACHE_DIR")
    return Path(configured) if configured else platformdirs.user_cache_path("limelight", False)


def load(name: str, weights_hash: str, convert: "Callable[[], openvino.Model]") -> "openvino.Model":
    """Read a converted network, or convert it and keep it for the next time.

    A damaged file is replaced. Where the folder can't be written to, the network is used all the
    same.

    Parameters
    ----------
    name, weights_hash : str
        What the network is; with OpenVINO's version they name the file.
    convert : callable
        Makes the network where there is no usable file.
    """
    version = import_openvino().__version__.split("-")[0]
    path = cache_folder() / f"{name}-{weights_hash[:16]}-openvino-{version}.zip"
    try:
        return _read(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except Exception as error:  # a damaged zip file raises nearly anything
        logger.warning("The converted network %s is damaged and is made anew: %s", path.name, error)
    model = convert()
    try:
        _write(model, path)
    except (OSError, RuntimeError) as error:  # openvino raises RuntimeError
        logger.warning(
            "The converted network can't be kept in %s, so each start takes longer (%s); make room there, or "
            "have EXPLAINER_CACHE_DIR name a folder that can be written to",
            path.parent,
            error,
        )
    return model


def _read(path: Path) -> "openvino.Model":
    with zipfile.ZipFile(path) as archive:  # reading checks each member's CRC
        structure = archive.read("network.xml")
        weights = archive.read("network.bin")
    return import_openvino().Core().read_model(structure, weights)


def _write(model: "openvino.Model", path: Path) -> None:
    _tidy(path.parent)
    with whole(path) as unfinished:
        folder = unfinished.parent
        import_openvino().save_model(model, folder / "network.xml", compress_to_fp16=False)
        with zipfile.ZipFile(unfinished, "w") as archive:
            for member in ("network.xml", "network.bin"):
                archive.write(folder / member, member)


def _tidy(folder: Path) -> None:
    """Delete what processes that were killed left behind, and nothing that may still be written to."""
    for left_over in folder.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):  # another process may have been quicker
            changed = max(path.stat().st_mtime for path in (left_over, *left_over.iterdir()))
            if time.time() - changed > _SECONDS_TO_WRITE:
                shutil.rmtree(left_over)

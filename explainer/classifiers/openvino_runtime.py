"""OpenVINO, which stays quiet, and how it reads networks."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openvino

_TELEMETRY = "openvino_telemetry"
_importing = threading.Lock()


def import_openvino() -> Any:
    """Import OpenVINO.

    Its import reports itself to a server, unless the package that does so can't be imported.

    Raises
    ------
    ImportError
        It is not installed, or can't be loaded on this machine.
    """
    with _importing:
        hidden = sys.modules.setdefault(_TELEMETRY, None) is None  # type: ignore[arg-type]
        try:
            import openvino
        finally:
            if hidden:
                del sys.modules[_TELEMETRY]
    return openvino


def reasons_of(error: Exception) -> list[str]:
    """What an error of OpenVINO's comes down to: of its many lines, those that begin with ``--``."""
    return [line[3:] for line in str(error).strip().splitlines() if line.startswith("-- ")]


def read_model(path: Path) -> "openvino.Model":
    """Read a network from a file or a SavedModel folder."""
    core = import_openvino().Core()
    core.set_property({"ENABLE_MMAP": False})  # else a file that is replaced takes the process down
    return core.read_model(path)

"""What other tools write beside a network, or into it: labels, and how a photo becomes its input."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Export:
    """A network as a tool exported it.

    Attributes
    ----------
    network : Path
        Its file or folder, of a kind that `network_file` knows.
    settings : mapping of str to object
        Those of a `Description`'s settings that the files beside it tell, by the names that they have in a
        description file.
    told_by : str
        The file that tells them, by its name.
    labels : tuple of str, optional
        The class names, where there are any.
    title : str
        For people; empty where nothing tells one.
    """

    network: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    told_by: str = ""
    labels: tuple[str, ...] | None = None
    title: str = ""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Export]:
    """Look for a network, and for what is said about it, in a file, a folder or a ``.zip``."""
    yield Export(path)


def from_metadata(metadata: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...] | None]:
    """The settings and the class names that a network's own metadata tell."""
    return {}, None

"""What other tools write beside a network, or into it: labels, and how a photo becomes its input."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ClassifierNote
from .labels import Labels, read_labels

# Where tools write class names, and people keep them. The network's own name goes before, as in
# mobilenet_labels.txt.
_LABELS_FILES = (
    "labels.txt", "class_names.txt", "classes.txt", "class_indices.json", "class_names.json", "classes.json",
    "labels.json", "labels.csv", "dict.txt",
)  # fmt: skip


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
    labels : Labels, optional
        The class names, where there are any.
    notes : tuple of ClassifierNote
        What was assumed.
    title : str
        For people; empty where nothing tells one.
    """

    network: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    told_by: str = ""
    labels: Labels | None = None
    notes: tuple[ClassifierNote, ...] = ()
    title: str = ""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Export]:
    """Look for a network, and for what is said about it, in a file, a folder or a ``.zip``."""
    yield Export(path, labels=_labels_beside(path))


def from_metadata(metadata: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...] | None]:
    """The settings and the class names that a network's own metadata tell."""
    return {}, None


def _labels_beside(network: Path) -> Labels | None:
    """The class names in a file beside a network that is named as such files are."""
    stem = network.stem.lower()
    named_after_it = (f"{stem}.txt", *(f"{stem}{joint}{name}" for joint in "_-." for name in _LABELS_FILES))
    files = {file.name.lower(): file for file in sorted(network.parent.iterdir()) if file.is_file()}
    for name in (*named_after_it, *_LABELS_FILES):
        if name in files:
            found = read_labels(files[name])
            note = ClassifierNote(
                "The class names are those in {file}, beside the network.", file=files[name].name
            )
            return Labels(found.names, (note, *found.notes))
    return None

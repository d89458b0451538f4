"""Which photos lie below a folder, and which class each one's sub-folder stands for."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import ExplainerError
from ..names import natural_order
from ..photos.load import FILE_EXTENSIONS
from ..words.language import LANGUAGES, Language

_SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class FoundPhotos:
    """What lies below a folder.

    Attributes
    ----------
    photos : tuple of str
        Paths below the folder, with forward slashes, in natural order.
    unreadable : tuple of ExplainerError
        One for each sub-folder that could not be looked into.
    """

    photos: tuple[str, ...]
    unreadable: tuple[ExplainerError, ...]


def find_photos(folder: Path, leave_out: Path | None = None) -> FoundPhotos:
    """All photos below a folder, by their file names' endings; nothing hidden.

    Links are followed. A folder that can be reached in two ways is looked into once.

    Parameters
    ----------
    folder : pathlib.Path
        Where to look.
    leave_out : pathlib.Path, optional
        A folder not to look into, such as that of the results.

    Raises
    ------
    ExplainerError
        There is no such folder.
    """
    if not folder.is_dir():
        raise ExplainerError("There is no folder {folder}.", folder=folder)
    left_out = leave_out.resolve() if leave_out else None
    photos: list[str] = []
    unreadable: list[ExplainerError] = []
    seen: set[Path] = set()

    def report(error: OSError) -> None:
        unreadable.append(
            ExplainerError(
                "The folder {folder} can't be looked into: {reason}.",
                folder=error.filename,
                reason=error.strerror or error,
            )
        )

    for place, folders, files in os.walk(folder, onerror=report, followlinks=True):
        real = Path(place).resolve()
        if real in seen or real == left_out:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(place).relative_to(folder)
        photos += [(below / name).as_posix() for name in files if _is_photo(name)]
    return FoundPhotos(
        tuple(sorted(photos, key=lambda photo: (natural_order(photo), photo))), tuple(unreadable)
    )


def _is_photo(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix[1:].lower() in FILE_EXTENSIONS


def true_classes(photos: Sequence[str], classifier: Any) -> dict[str, tuple[int, ...]]:
    """The classes that the photos' sub-folders are named after.

    A sub-folder counts for all below it that has no nearer one of a class' name. Capitals, and whether
    words are parted by spaces, underscores or hyphens, make no difference; WordNet ids and, for ImageNet,
    the Japanese names are understood too.

    Parameters
    ----------
    photos : sequence of str
        As `find_photos` gives them.
    classifier : Classifier
        Anything with its ``class_names`` and ``wnids``.

    Returns
    -------
    dict of str to tuple of int
        For each photo, the class' index; several where classes share the name, and none where no
        sub-folder is named after a class.
    """
    exact: dict[str, list[int]] = defaultdict(list)
    alike: dict[str, list[int]] = defaultdict(list)
    for index, (name, wnid) in enumerate(zip(classifier.class_names, classifier.wnids, strict=True)):
        exact[name].append(index)
        words = {wnid, name, *(Language(code).class_name(name, wnid) for code in LANGUAGES)}
        for word in {_folded(word) for word in words if word}:
            alike[word].append(index)

    def classes(photo: str) -> tuple[int, ...]:
        for parent in PurePosixPath(photo).parents:
            found = exact.get(parent.name) or alike.get(_folded(parent.name))
            if found:
                return tuple(found)
        return ()

    return {photo: classes(photo) for photo in photos}


def _folded(name: str) -> str:
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()

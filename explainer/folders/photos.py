"""Which photos lie below a folder, and which class each one's sub-folder stands for."""

import contextlib
import json
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import ExplainerError
from ..names import natural_order, printable
from ..photos.kinds import FILE_EXTENSIONS, START, looks_like_a_photo
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
    others : tuple of str
        The files that are no photos, as paths like those of the photos.
    """

    photos: tuple[str, ...]
    unreadable: tuple[ExplainerError, ...]
    others: tuple[str, ...] = ()

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many files are no photos, by the endings of their names, such as ``.txt``."""
        return kinds_of(self.others)


def find_photos(folder: Path, leave_out: Path | None = None, used: Collection[Path] = ()) -> FoundPhotos:
    """All photos below a folder, by their file names' endings or, without one, their first bytes.

    Nothing hidden, and no results of another run. Links are followed. A folder that can be reached in two
    ways is looked into once.

    Parameters
    ----------
    folder : pathlib.Path
        Where to look.
    leave_out : pathlib.Path, optional
        A folder not to look into, such as that of the results.
    used : collection of pathlib.Path
        Files that are no photos and are used all the same, so that they do not count as left out.

    Raises
    ------
    ExplainerError
        There is no such folder.
    """
    if not folder.is_dir():
        raise ExplainerError("There is no folder {folder}.", folder=folder)
    left_out = leave_out.resolve() if leave_out else None
    known = {file.resolve() for file in used}
    photos: list[str] = []
    unreadable: list[ExplainerError] = []
    others: list[str] = []
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
        if real in seen or real == left_out or _holds_results(real, files):
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(place).relative_to(folder)
        for name in [name for name in files if not name.startswith(".")]:
            ending = Path(name).suffix.lower()
            if ending[1:] in FILE_EXTENSIONS or (not ending and _begins_like_a_photo(real / name)):
                photos.append((below / name).as_posix())
            elif (real / name).resolve() not in known:
                others.append((below / name).as_posix())
    return FoundPhotos(
        tuple(sorted(photos, key=lambda photo: (natural_order(photo), photo))),
        tuple(unreadable),
        tuple(sorted(others)),
    )


def kinds_of(files: Sequence[str]) -> Counter[str]:
    """How many files there are of each kind, by the endings of their names."""
    return Counter(PurePosixPath(file).suffix.lower() or "without an ending" for file in files)


def kinds_in_words(files: Mapping[str, int]) -> str:
    """How many files there are of each kind, the most frequent first: ``9 .txt, 3 .mov``."""
    kinds = sorted(files.items(), key=lambda kind: (-kind[1], kind[0]))
    return ", ".join(f"{number} {printable(kind)}" for kind, number in kinds)


def _begins_like_a_photo(path: Path) -> bool:
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return looks_like_a_photo(file.read(START))
    except OSError:
        return False


def _holds_results(folder: Path, files: Sequence[str]) -> bool:
    """Whether a run wrote its results of a photo here, or began to: the explanation comes first."""
    ours = {"explanation.json": {"fingerprint", "recipe"}, "record.json": {"key", "num_samples"}}
    for name in ours.keys() & set(files):
        with contextlib.suppress(OSError, ValueError, TypeError):
            if ours[name] <= {*json.loads((folder / name).read_bytes())}:
                return True
    return False


def true_classes(photos: Sequence[str], classifier: Any) -> dict[str, tuple[int, ...]]:
    """The classes that the photos' sub-folders are named after.

    A sub-folder counts for all below it that has no nearer one of a class' name, as `class_finder`
    understands it.

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
    find = class_finder(classifier)

    def classes(photo: str) -> tuple[int, ...]:
        return next(filter(None, (find(parent.name) for parent in PurePosixPath(photo).parents)), ())

    return {photo: classes(photo) for photo in photos}


def class_finder(classifier: Any) -> Callable[[str], tuple[int, ...]]:
    """What finds the indices of the classes that have a name: several that share it, or none.

    Capitals, whether words are parted by spaces, underscores or hyphens, and the form in which Unicode
    writes a letter make no difference; WordNet ids and, for ImageNet, the Japanese names are understood too.

    Parameters
    ----------
    classifier : Classifier
        Anything with its ``class_names`` and ``wnids``.
    """
    exact: dict[str, list[int]] = defaultdict(list)
    alike: dict[str, list[int]] = defaultdict(list)
    told_apart = Counter(_told_apart(name) for name in classifier.class_names)
    for index, (name, wnid) in enumerate(zip(classifier.class_names, classifier.wnids, strict=True)):
        exact[name].append(index)
        words = {wnid, name, *(Language(code).class_name(name, wnid) for code in LANGUAGES)}
        if told_apart[_told_apart(name)] > 1:
            words.add(_told_apart(name))
        for word in {_folded(word) for word in words if word}:
            alike[word].append(index)

    return lambda name: tuple(exact.get(name) or alike.get(_folded(name)) or ())


def without_class(classes: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
    """The sub-folders with photos for which `true_classes` found no class."""
    folders = {PurePosixPath(photo).parent.as_posix(): None for photo in classes if not classes[photo]}
    return tuple(folder for folder in folders if folder != ".")


def _told_apart(name: str) -> str:
    """The name without the number that tells it from another class of that name: ``crane (2)``."""
    return re.sub(r" \(\d+\)$", "", name)


def _folded(name: str) -> str:
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()

"""The folder of results: where each photo's are, which are finished, and writing them."""

import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path, PurePosixPath

from ..errors import ExplainerError
from ..takeaway.files import not_writable
from .record import PhotoRecord
from .summary import PHOTOS, RECORD
from .task import FILES, PhotoResult

_SET_ASIDE = "record-set-aside.json"
_UNFINISHED = ".unfinished-"
_LONGEST_NAME = 80  # characters; three bytes each are less than what any file system takes
_NOT_IN_NAMES = re.compile(r'[<>:"\\|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def places(photos: Sequence[str]) -> dict[str, str]:
    """For each photo the folder of its results, relative to the folder of all results.

    They are named like the photos wherever any file system takes the name; else a hash tells them apart.
    """
    safe = {photo: [_safe(part) for part in PurePosixPath(photo).parts] for photo in photos}
    same = Counter(_folded(parts) for parts in safe.values())
    for photo, parts in safe.items():
        if same[_folded(parts)] > 1:  # many file systems take "Cat.jpg" and "cat.jpg" for the same
            parts[-1] = _with_hash(parts[-1], photo)
    return {photo: "/".join([PHOTOS, *parts]) for photo, parts in safe.items()}


def _folded(parts: list[str]) -> str:
    return unicodedata.normalize("NFKC", "/".join(parts)).casefold()


def _safe(name: str) -> str:
    safe = "".join(character if character.isprintable() else "_" for character in name)
    safe = _NOT_IN_NAMES.sub("_", safe)
    if safe[-1] in ". " or _RESERVED.fullmatch(safe) or safe in (RECORD, *FILES):
        safe = f"_{safe}_"
    return safe if safe == name and len(safe) <= _LONGEST_NAME else _with_hash(safe, name)


def _with_hash(safe: str, name: str) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe[: _LONGEST_NAME - len(digest) - 1]}-{digest}"


class ResultsFolder:
    """A folder of results.

    Parameters
    ----------
    path : pathlib.Path
        Where it is, or is to be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def check_apart_from(self, photos_from: Path) -> None:
        """See that the results would not end up among the photos.

        Raises
        ------
        ExplainerError
            They would.
        """
        photos, results = photos_from.resolve(), self.path.resolve() / PHOTOS
        if photos in (results.parent, results) or results in photos.parents:
            raise ExplainerError(
                "The results can't be written to {folder}, where the photos themselves are; "
                "please choose another folder.",
                folder=self.path,
            )

    def prepare(self) -> None:
        """Make the folder, see that it can be written to, and tidy what a killed run left behind.

        Raises
        ------
        ExplainerError
            It can't be written to.
        """
        try:
            (self.path / PHOTOS).mkdir(parents=True, exist_ok=True)
            for left_over in self.path.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(left_over, ignore_errors=True)
            tempfile.TemporaryDirectory(dir=self.path, prefix=_UNFINISHED).cleanup()
        except OSError as error:
            raise not_writable(self.path, error) from error

    def set_aside_all_but(self, places: Collection[str]) -> None:
        """Have the results of other photos no longer count, such as of photos that are gone.

        They stay where they are; a run that finds the photo again takes them up.
        """
        wanted = {self.path / place for place in places}
        try:
            for record in list((self.path / PHOTOS).rglob(RECORD)):
                if record.parent not in wanted:
                    record.replace(record.with_name(_SET_ASIDE))
        except OSError as error:
            raise not_writable(self.path, error) from error

    def finished(self, photo: str, place: str, key: Callable[[], str]) -> PhotoRecord | None:
        """The record of a photo that need not be explained again; None if it has to be.

        Parameters
        ----------
        photo : str
            The photo, as its record names it.
        place : str
            Where its results are, from `places`.
        key : callable
            What the record's key has to be; not called where that makes no difference.
        """
        folder = self.path / place
        for name in (RECORD, _SET_ASIDE):
            try:
                record = PhotoRecord.from_json((folder / name).read_bytes())
                if record.photo != photo or not self._is_complete(record) or record.key != key():
                    continue
                if name != RECORD:
                    (folder / name).replace(folder / RECORD)
                return record
            except (OSError, ExplainerError):
                continue  # there is none, or a damaged one
        return None

    def _is_complete(self, record: PhotoRecord) -> bool:
        if record.error or record.predicted is None:
            return False
        pictures = [record.thumbnail]
        for label in (record.predicted, record.true_label):
            pictures += [label.focus, label.pros_cons] if label else []
        return all((self.path / picture).stat().st_size for picture in pictures)

    def write(self, place: str, result: PhotoResult) -> None:
        """Write what came of a photo: finished once its record is there, which comes last.

        Whatever else somebody keeps in the photo's folder stays.

        Raises
        ------
        ExplainerError
            It can't be written.
        """
        folder = self.path / place
        try:
            with tempfile.TemporaryDirectory(dir=self.path, prefix=_UNFINISHED) as temporary:
                unfinished = Path(temporary)
                for name, contents in result.files.items():
                    (unfinished / name).write_bytes(contents)
                # Names of files need not be text, but JSON is.
                record = result.record.to_json().encode("utf-8", "surrogatepass")
                (unfinished / RECORD).write_bytes(record)
                folder.mkdir(parents=True, exist_ok=True)
                for name in (RECORD, _SET_ASIDE, *FILES):
                    if name not in result.files:
                        (folder / name).unlink(missing_ok=True)
                for name in (*result.files, RECORD):
                    os.replace(unfinished / name, folder / name)
        except OSError as error:
            raise not_writable(self.path, error) from error

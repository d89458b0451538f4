"""The folder of results: where each photo's are, which are finished, and writing them."""

import contextlib
import hashlib
import io
import json
import logging
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pathvalidate import sanitize_filename
from PIL import Image

from ..errors import ExplainerError
from ..files import UNFINISHED, not_writable, write_whole
from ..names import natural_order
from .lock import only_run
from .record import PhotoRecord
from .task import FILES, PhotoResult

PHOTOS = "photos"
RECORD = "record.json"
_SET_ASIDE = "record-set-aside.json"
_LONGEST_NAME = 80  # characters; three bytes each are less than what any file system takes


def subfolders(photos: Sequence[str]) -> dict[str, str]:
    """For each photo the folder of its results, relative to the folder of all results.

    They are named like the photos wherever any file system takes the name; else a hash tells them apart.
    """
    safe = {photo: [_safe(part) for part in PurePosixPath(photo).parts] for photo in photos}
    same = Counter(_folded(parts) for parts in safe.values())
    for photo, parts in safe.items():
        if same[_folded(parts)] > 1:  # many file systems take "Cat.jpg" and "cat.jpg" for the same
            parts[-1] = _with_hash(parts[-1], photo)
    return {photo: "/".join([PHOTOS, *parts]) for photo, parts in safe.items()}


def subfolders_by_stem(photos: Mapping[str, Path]) -> dict[str, str]:
    """For each photo a folder named after it, without its ending; photos of the same name are numbered."""
    taken: set[str] = set()
    found = {}
    for photo, path in photos.items():
        name, number = path.stem, 1
        while name.casefold() in taken:  # many file systems take "Cat" and "cat" for the same
            number += 1
            name = f"{path.stem}-{number}"
        taken.add(name.casefold())
        found[photo] = name
    return found


def _folded(parts: list[str]) -> str:
    return unicodedata.normalize("NFKC", "/".join(parts)).casefold()


def _safe(name: str) -> str:
    printable = "".join(character if character.isprintable() else "_" for character in name)
    safe = sanitize_filename(printable, replacement_text="_", platform="universal")
    safe = safe.rstrip(". ") or "_"  # pathvalidate lets the parent folder's name pass
    if safe in (RECORD, *FILES):
        safe = f"_{safe}"
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

    @contextmanager
    def in_use(self, subfolders: Collection[str] = ()) -> Iterator[None]:
        """Make the folder, see that it can be written to, and keep other runs away from it until the end.

        What a killed run left behind is tidied.

        Parameters
        ----------
        subfolders : collection of str
            Those of which to see that they can be written to as well, where they are there.

        Raises
        ------
        ExplainerError
            One of them can't be written to, or another run writes to it.
        """
        folder = self.path
        with ExitStack() as stack:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(only_run(folder))
                for left_over in folder.glob(f"{UNFINISHED}*"):
                    shutil.rmtree(left_over, ignore_errors=True)
                for subfolder in ("", *subfolders):
                    folder = self.path / subfolder
                    if folder.exists():
                        tempfile.TemporaryDirectory(dir=folder, prefix=UNFINISHED).cleanup()
            except OSError as error:
                raise not_writable(folder, error) from error
            yield

    def set_aside_all_but(self, subfolders: Collection[str]) -> None:
        """Have the results of other photos no longer count, such as of photos that are gone.

        They stay where they are; a run that finds the photo again takes them up.
        """
        wanted = {self.path / subfolder for subfolder in subfolders}
        try:
            for record in list((self.path / PHOTOS).rglob(RECORD)):
                if record.parent not in wanted:
                    record.replace(record.with_name(_SET_ASIDE))
        except OSError as error:
            raise not_writable(self.path, error) from error

    def finished(self, photo: str, subfolder: str, keys: Callable[[], Collection[str]]) -> PhotoRecord | None:
        """The record of a photo that need not be explained again; None if it has to be.

        Parameters
        ----------
        photo : str
            The photo, as its record names it.
        subfolder : str
            Where its results are, from `subfolders`.
        keys : callable
            What the record's key may be; not called where that makes no difference.
        """
        folder = self.path / subfolder
        for name in (RECORD, _SET_ASIDE):
            try:
                record = PhotoRecord.from_json((folder / name).read_bytes())
                if record.photo != photo or not self._is_complete(record) or record.key not in keys():
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
        files = [record.thumbnail, str(PurePosixPath(record.thumbnail).with_name("explanation.json"))]
        for label in (record.predicted, record.true_label):
            files += label.pictures if label else []
        return all((self.path / file).stat().st_size for file in files)

    def write(self, result: PhotoResult) -> None:
        """Write what came of a photo: finished once its record is there, which comes last.

        Whatever else somebody keeps in the photo's folder stays.

        Raises
        ------
        ExplainerError
            It can't be written.
        """
        folder = self.path / result.subfolder
        try:
            for name in (RECORD, _SET_ASIDE, *FILES):
                if name not in result.files:
                    (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise not_writable(self.path, error) from error
        for name, contents in result.files.items():
            write_whole(folder / name, contents, self.path)
        self.write_record(result.subfolder, result.record)

    def write_record(self, subfolder: str, record: PhotoRecord) -> None:
        """Write a photo's record alone, whose other results are there.

        Raises
        ------
        ExplainerError
            It can't be written.
        """
        # Names of files need not be text, but JSON is.
        contents = record.to_json().encode("utf-8", "surrogatepass")
        write_whole(self.path / subfolder / RECORD, contents, self.path)


def read_records(folder: Path) -> list[PhotoRecord]:
    """Read the record of every photo from a folder of results, in the order of the photos' names.

    A damaged record is left out, and a warning logged.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.
    """
    records = []
    for path in (folder / PHOTOS).rglob(RECORD):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue  # one that is being written
        try:
            records.append(PhotoRecord.from_json(path.read_bytes()))
        except (ExplainerError, OSError) as error:
            logging.getLogger("limelight").warning("%s is left out: %s", path, error)
    return sorted(records, key=lambda record: natural_order(record.photo))


def state_of_records(folder: Path) -> tuple[int, int]:
    """How many records there are in a folder of results, and when the last one was written, in nanoseconds.

    Other records, another state.
    """
    times = []
    for path in (folder / PHOTOS).rglob(RECORD):
        with contextlib.suppress(OSError):  # a run that goes on has just replaced it
            times.append(path.stat().st_mtime_ns)
    return len(times), max(times, default=0)


def file_below(folder: Path, path: str) -> Path | None:
    """The file that a record names; None where there is none in the folder of results.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.
    path : str
        The file's path in it, with forward slashes. What it names outside of the folder is not found.
    """
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def read_explanation(folder: Path, record: PhotoRecord) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """What lies beside a photo's record: its explanation, and where its superpixels are.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.
    record : PhotoRecord
        Of a photo that could be explained.

    Returns
    -------
    explanation : dict
        As ``explanation.json`` has it.
    segments : numpy.ndarray of int64, shape (H, W)

    Raises
    ------
    ExplainerError
        One of the files is missing or damaged.
    """
    place = record.thumbnail.rpartition("/")[0]
    files = [file_below(folder, f"{place}/{name}") for name in ("explanation.json", "segments.png")]
    try:
        told, picture = (file.read_bytes() for file in files if file)
        found = json.loads(told)
        with Image.open(io.BytesIO(picture), formats=("PNG",)) as opened:
            segments = np.asarray(opened).astype(np.int64)
        if not isinstance(found, dict) or segments.ndim != 2:
            raise ValueError("another file")
        return found, segments
    # As Pillow says it of damaged pictures, the last two.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ExplainerError("A photo's result is damaged, or was written by another version.") from error

"""A table beside the photos, such as ``photos.csv``: what it says of each photo, by column."""

import codecs
import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import ExplainerError, reason_of
from ..names import printable
from .photos import class_finder

USUAL_TABLE = "photos.csv"
_LARGEST = 64  # MB
_NAMES_PHOTOS = {"photo", "file", "filename", "path", "image"}
_NAMES_CLASSES = {"class", "label", "truth"}


@dataclass(frozen=True)
class Metadata:
    """What a table says of photos.

    Attributes
    ----------
    columns : tuple of str
        In the table's order, without the one that names the photos; no two are called alike.
    rows : mapping of str to mapping of str to str
        For each photo that has a row, its cells by column; empty cells are left out.
    remarks : tuple of ExplainerError
        What was assumed or could not be used, each kind once, with how many rows it is about.
    """

    columns: tuple[str, ...] = ()
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    remarks: tuple[ExplainerError, ...] = ()


def read_metadata(path: Path, photos: Sequence[str]) -> Metadata:
    """Read a table of which a column names the photos.

    Columns may be parted by commas, semicolons or tabs, and the text may be in UTF-8, UTF-16, Shift-JIS
    (cp932) or cp1252, as spreadsheets write it. Photos are named by their path below the folder or, where no
    other is called so, by their file name, with or without its ending; capitals make no difference.

    Parameters
    ----------
    path : pathlib.Path
        The table; its first row holds the columns' names.
    photos : sequence of str
        As `find_photos` gives them.

    Returns
    -------
    Metadata

    Raises
    ------
    ExplainerError
        The table can't be read, no column of it names a photo, or its columns have no names.

    References
    ----------
    .. [1] Y. Shafranovich, "Common Format and MIME Type for Comma-Separated Values (CSV) Files", RFC 4180,
       2005.
    """
    table = printable(path.name)
    headings, cells, malformed = _parsed(_decoded(_contents(path)))
    find = _photo_finder(photos)
    key = _column_of_photos(headings, cells, find)
    if key is None:
        raise ExplainerError(
            "No column of the table {table} names photos of this folder; "
            "one has to hold their paths or their file names.",
            table=table,
        )
    if PurePosixPath(headings[key]).suffix and find(headings[key]):
        raise ExplainerError(
            "The first row of the table {table} has to hold the names of its columns, and names a photo.",
            table=table,
        )
    columns = _columns(headings, cells, key)
    rows: dict[str, dict[str, str]] = {}
    unknown: list[str] = []
    ambiguous: list[str] = []
    repeated = 0
    for row in cells:
        found = find(row[key])
        if len(found) != 1:
            (ambiguous if found else unknown).append(row[key])
        elif found[0] in rows:
            repeated += 1
        else:
            rows[found[0]] = {name: row[index] for name, index in columns.items() if row[index]}
    remarks = (
        ExplainerError(
            "Rows of {table} left out because they have more cells than there are columns, "
            "or leave a quotation mark open: {number}; the first is in line {first}.",
            table=table,
            number=len(malformed),
            first=malformed[0] if malformed else 0,
        ),
        ExplainerError(
            "Rows of {table} that name no photo of this folder: {number}; the first names “{first}”.",
            table=table,
            number=len(unknown),
            first=printable(unknown[0]) if unknown else "",
        ),
        ExplainerError(
            "Rows of {table} whose name fits several photos: {number}; the first names “{first}”.",
            table=table,
            number=len(ambiguous),
            first=printable(ambiguous[0]) if ambiguous else "",
        ),
        ExplainerError(
            "Rows of {table} about a photo that an earlier row is about: {number}; the earlier row counts.",
            table=table,
            number=repeated,
        ),
        ExplainerError(
            "Photos of which {table} says nothing: {number}.", table=table, number=len(photos) - len(rows)
        ),
    )
    return Metadata(tuple(columns), rows, tuple(remark for remark in remarks if remark.values["number"]))


def with_classes_of_table(
    truths: Mapping[str, tuple[int, ...]], metadata: Metadata, classifier: Any
) -> tuple[dict[str, tuple[int, ...]], tuple[ExplainerError, ...]]:
    """Complete the classes that sub-folders stand for by those that a column names.

    Parameters
    ----------
    truths : mapping of str to tuple of int
        As `true_classes` gives them; what they hold stays.
    metadata : Metadata
        A table's. Of the columns that are called ``class``, ``label`` or ``truth``, the one is used that
        names a class of the classifier for the most photos.
    classifier : Classifier
        Anything with its ``class_names`` and ``wnids``.

    Returns
    -------
    truths : dict of str to tuple of int
    remarks : tuple of ExplainerError
        From which column classes were taken, and of how many photos, and of how many it names none.
    """
    find = class_finder(classifier)
    unknown = [photo for photo, truth in truths.items() if not truth and photo in metadata.rows]
    told = {
        column: {photo: cell for photo in unknown if (cell := metadata.rows[photo].get(column))}
        for column in metadata.columns
        if _folded(column) in _NAMES_CLASSES
    }
    taken = {
        column: {photo: truth for photo, cell in cells.items() if (truth := find(cell))}
        for column, cells in told.items()
    }
    best = max(taken, key=lambda column: len(taken[column]), default="")
    others = [cell for photo, cell in told.get(best, {}).items() if photo not in taken[best]]
    remarks = (
        ExplainerError(
            "Photos whose class is taken from the column “{column}”: {number}.",
            column=printable(best),
            number=len(taken.get(best, ())),
        ),
        ExplainerError(
            "Photos of which the column “{column}” names no class of the classifier: {number}; the first is "
            "“{first}”.",
            column=printable(best),
            number=len(others),
            first=printable(others[0]) if others else "",
        ),
    )
    return {**truths, **taken.get(best, {})}, tuple(remark for remark in remarks if remark.values["number"])


def _contents(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST * 1_000_000:
            raise ExplainerError(
                "The table {table} is larger than {most} MB.", table=printable(path.name), most=_LARGEST
            )
        return path.read_bytes()
    except OSError as error:
        raise ExplainerError(
            "The table {table} can't be read: {reason}.", table=printable(str(path)), reason=reason_of(error)
        ) from error


def _decoded(contents: bytes) -> str:
    if contents.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return contents.decode("utf-16", "replace")
    begin = contents[:1000]
    if b"\0" in begin:  # the half of what plain letters, commas and line breaks are in UTF-16
        big = begin[::2].count(0) > begin[1::2].count(0)
        return contents.decode("utf-16-be" if big else "utf-16-le", "replace")
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        japanese = contents.decode("cp932")
        # Of a European table, an accented letter and the next one would make a kanji within a Latin word.
        if re.search(r"(?<![A-Za-z])[^\x00-\x7f]|[^\x00-\x7f](?![A-Za-z])", japanese):
            return japanese
    except UnicodeDecodeError:
        pass
    return contents.decode("cp1252", "replace")


def _parsed(text: str) -> tuple[list[str], list[list[str]], list[int]]:
    """The headings, the rows, as long as these, and the numbers of lines that make no row."""
    lines = list(io.StringIO(text.replace("\0", ""), newline=""))  # and not at what else Unicode parts lines
    skipped = 1 if lines and re.fullmatch(r"sep=.\s*", lines[0]) else 0  # a hint for Excel
    first = next((line for line in lines[skipped:] if line.strip()), "")
    separator = max(",;\t", key=first.count)

    def parsed(some: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(some, delimiter=separator, skipinitialspace=separator != "\t", strict=True)
        for row in reader:
            yield reader.line_num, [" ".join(cell.split()) for cell in row]

    malformed: list[int] = []
    try:
        rows = [(skipped + number, row) for number, row in parsed(lines[skipped:])]
    except csv.Error:  # from there on the rest would be one cell
        rows = []
        for number, line in enumerate(lines[skipped:], skipped + 1):
            try:
                rows += [(number, row) for _, row in parsed([line])]
            except csv.Error:
                malformed.append(number)
    rows = [(number, row) for number, row in rows if any(row)]
    headings = rows[0][1] if rows else []
    whole = []
    for number, row in rows[1:]:
        if any(row[len(headings) :]):
            malformed.append(number)
        else:
            whole.append((row + [""] * len(headings))[: len(headings)])
    return headings, whole, sorted(malformed)


def _photo_finder(photos: Sequence[str]) -> Callable[[str], list[str]]:
    """What finds the photos that somebody may mean by a name."""
    known = {unicodedata.normalize("NFC", photo): photo for photo in photos}
    by_path: defaultdict[str, list[str]] = defaultdict(list)
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for photo in photos:
        path = PurePosixPath(photo)
        for places, name in ((by_path, path), (by_name, PurePosixPath(path.name))):
            for key in {_folded_path(str(name)), _folded_path(str(name.with_name(name.stem)))}:
                places[key].append(photo)

    def find(name: str) -> list[str]:
        name = unicodedata.normalize("NFC", name.replace("\\", "/"))
        if name in known:
            return [known[name]]
        parts = [part for part in name.split("/") if part not in ("", ".")]
        for start in range(len(parts)):  # a path may begin further up than the folder
            rest = "/".join(parts[start:])
            found = [known[rest]] if rest in known else by_path.get(_folded_path(rest))
            if found:
                return found
        return by_name.get(_folded_path(parts[-1]), []) if parts else []

    return find


def _column_of_photos(
    headings: Sequence[str], cells: Sequence[Sequence[str]], find: Callable[[str], list[str]]
) -> int | None:
    """The column that names photos: one that is called so, or else the one that names the most.

    A name with its ending counts twice, for a bare number may count rows.
    """

    def names(index: int) -> int:
        named = {found[0]: row[index] for row in cells if len(found := find(row[index])) == 1}
        whole = (
            cell.casefold().endswith(PurePosixPath(photo).suffix.casefold()) for photo, cell in named.items()
        )
        return len(named) + sum(whole)

    found = [names(index) for index in range(len(headings))]
    called = [index for index, name in enumerate(headings) if _folded(name) in _NAMES_PHOTOS and found[index]]
    best = max(called or range(len(headings)), key=found.__getitem__, default=None)
    return best if best is not None and found[best] else None


def _columns(headings: Sequence[str], cells: Sequence[Sequence[str]], key: int) -> dict[str, int]:
    """The other columns, by names that differ."""
    columns: dict[str, int] = {}
    for index, heading in enumerate(headings):
        if index == key or (not heading and not any(row[index] for row in cells)):
            continue
        heading = heading or f"column {index + 1}"
        name, number = heading, 1
        while name in columns:
            number += 1
            name = f"{heading} ({number})"
        columns[name] = index
    return columns


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", unicodedata.normalize("NFKC", name).casefold())


def _folded_path(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()

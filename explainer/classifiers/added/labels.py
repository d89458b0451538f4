"""Reads and writes a network's class names, as people and tools write them."""

import ast
import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ClassifierError, ClassifierNote

_TABLES = (".csv", ".tsv")
_SHIFT_JIS = "cp932"  # as Windows has it
_INDEX_FIRST = re.compile(r"\s*(\d+)(?:\s*[:,;]\s*|\s+)(\S.*)", re.ASCII)
_INDEX_LAST = re.compile(r"(.*\S)\s*[:,;\t]\s*(\d+)\s*", re.ASCII)
# Where a JSON file says more than class names: transformers, timm, Ultralytics, Lobe.
_NAMES_IN = ("id2label", "label_names", "names", "classes", "Label")


@dataclass(frozen=True)
class Labels:
    """Class names, in the order of the network's outputs, and what was assumed when they were read."""

    names: tuple[str, ...]
    notes: tuple[ClassifierNote, ...] = ()


def read_labels(path: Path) -> Labels:
    """Read class names.

    Parameters
    ----------
    path : Path
        Text with a name a line, with or without its index, from 0; a ``.csv`` or ``.tsv`` table of
        indices and names, with or without a line of headings; or JSON: a list of names, names by index,
        indices by name, or a file that has one of these under a usual name, such as ``id2label``. UTF-8,
        UTF-16 or Shift_JIS.

    Raises
    ------
    ClassifierError
        There is no such file, it is no text, or a name or an index is missing.
    """
    text, notes = _text(path)
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html")):
        raise ClassifierError(
            "The labels file {path} is a web page, probably the one that shows the file: save the file "
            "itself.",
            path=path,
        )
    if start.startswith("version https://git-lfs"):
        raise ClassifierError(
            "{path} is only Git LFS' pointer to a file: git lfs pull brings the file itself.", path=path
        )
    if not start:
        raise ClassifierError("The labels file {path} is empty.", path=path)
    if path.suffix.lower() in _TABLES:
        names = _from_table(text, path)
    elif path.suffix.lower() == ".json" or _is_literal(text):
        names = _from_literal(text, path)
    else:
        names = _from_lines(text, path)
    return told_apart(tuple(map(tidy, names)), notes)


def told_apart(names: Sequence[str], notes: Sequence[ClassifierNote] = ()) -> Labels:
    """The names, those that several classes share with a number behind them, which is noted."""
    times = Counter(names)
    shared = [name for name, number in times.items() if number > 1]
    if not shared:
        return Labels(tuple(names), tuple(notes))
    taken, told = {*names}, []
    for name in names:
        number = 1
        while times[name] > 1 and f"{name} ({number})" in taken:
            number += 1
        told.append(f"{name} ({number})" if times[name] > 1 else name)
        taken.add(told[-1])
    note = ClassifierNote(
        "Several classes have the same name, and are told apart by a number: {names}.",
        names=", ".join(shared[:5]) + (" …" if len(shared) > 5 else ""),
    )
    return Labels(tuple(told), (*notes, note))


def by_index(found: Any) -> tuple[str, ...] | None:
    """The names in a list, in names by index, or in indices by name; None where it is none of them.

    Raises
    ------
    ClassifierError
        The indices don't go from 0 without a gap.
    """
    if isinstance(found, list) and all(isinstance(name, str) for name in found):
        return tuple(found)
    if not isinstance(found, dict) or not found:
        return None
    for pairs in (((value, key) for key, value in found.items()), found.items()):
        names = [(str(index).strip(), _last(name)) for index, name in pairs]
        if all(_is_index(index) and name for index, name in names):
            return _in_order([(int(index), name) for index, name in names])
    return None


def names_within(found: Any) -> tuple[str, ...] | None:
    """The names in what a JSON file holds, wherever tools put them; see `by_index`."""
    if isinstance(found, dict):
        for name in _NAMES_IN:
            if isinstance(found.get(name), list | dict):
                return names_within(found[name])
    return by_index(found)


def kept_names(path: Path) -> tuple[str, ...]:
    """The names that `write_labels` wrote.

    Raises
    ------
    ClassifierError
        The file can't be read, or is empty.
    """
    text, _ = _text(path)
    if not text:
        raise ClassifierError("The labels file {path} is empty.", path=path)
    return tuple(text.splitlines())


def for_outputs(names: tuple[str, ...], units: int) -> tuple[str, ...]:
    """The names of the classes that a network with so many output units tells apart.

    One unit stands for two classes; where only the second has a name, the first is what it is not.

    Raises
    ------
    ClassifierError
        There are more or fewer names than classes.
    """
    if units == 1 and len(names) == 1:
        return f"not {names[0]}", names[0]
    if units == 1 and len(names) != 2:
        raise ClassifierError(
            "The network has one output, which stands for two classes, and the labels file names {names}.",
            names=len(names),
        )
    if units > 1 and len(names) != units:
        raise ClassifierError(
            "The network tells {units} classes apart, and the labels file names {names}.",
            units=units,
            names=len(names),
        )
    return names


def write_labels(names: tuple[str, ...], path: Path) -> None:
    """Write class names, one a line."""
    path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def tidy(name: str) -> str:
    """The name in one line, without what can't be printed, and with accents as one letter with theirs."""
    name = unicodedata.normalize("NFC", name)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())


def _text(path: Path) -> tuple[str, tuple[ClassifierNote, ...]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ClassifierError(
            "The labels file {path} can't be read: {reason}.", path=path, reason=error.strerror
        ) from error
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
        if "\0" in text:
            raise UnicodeError
    except UnicodeError as error:
        raise ClassifierError(
            "The labels file {path} is no text in UTF-8, UTF-16 or Shift_JIS: save it as UTF-8.", path=path
        ) from error
    if encoding == "utf-8-sig":
        return text, ()
    name = "Shift_JIS" if encoding == _SHIFT_JIS else "UTF-16"
    return text, (ClassifierNote("{file} is not UTF-8, and was read as {name}.", file=path.name, name=name),)


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in data[:4]:  # every second byte of ASCII letters in UTF-16
        return "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        # Japanese has such bytes in every line, Western European letters are above them.
        return _SHIFT_JIS if any(0x81 <= byte <= 0x9F for byte in data) else "utf-8-sig"
    return "utf-8-sig"


def _from_lines(text: str, path: Path) -> Sequence[str]:
    lines = text.rstrip().splitlines()
    for line, content in enumerate(lines, start=1):
        if not tidy(content):
            raise ClassifierError("Line {line} of the labels file {path} is empty.", line=line, path=path)
    for pattern, index, name in ((_INDEX_FIRST, 1, 2), (_INDEX_LAST, 2, 1)):
        found = [pattern.fullmatch(line) for line in lines]
        if not all(found):
            continue
        named = {int(match[index]): match[name] for match in found if match}
        # Where nothing but the number tells the classes apart, it is part of the name: 0 stars, 1 stars.
        is_index = {*named} == {*range(len(lines))} and (len(lines) == 1 or len({*named.values()}) > 1)
        if is_index:
            return _unquoted([named[index] for index in range(len(lines))])
    return _unquoted(lines)


def _from_table(text: str, path: Path) -> Sequence[str]:
    lines = [line for line in text.splitlines() if line.strip(" \t,;")]
    separator = max(",;\t", key=lambda separator: sum(separator in line for line in lines))
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    if all(len(row) == 1 for row in rows):
        return _from_lines(text, path)
    if rows and not any(map(_is_index, rows[0][:2])):
        rows = rows[1:]  # the headings
    if not rows:
        raise ClassifierError("The labels file {path} is empty.", path=path)
    index, name = (0, 1) if all(_is_index(row[0]) for row in rows) else (1, 0)
    if index == 1 and not all(len(row) > 1 and _is_index(row[1]) for row in rows):
        index, name = 0, 1  # for the message
    seen: set[int] = set()
    for row in rows:
        if len(row) < 2 or not _is_index(row[index]) or not tidy(row[name]) or int(row[index]) in seen:
            raise ClassifierError(
                "The labels file {path} needs an index and a name in each line, each index once, "
                "and has {row}.",
                path=path,
                row=repr(separator.join(row)[:80]),
            )
        seen.add(int(row[index]))
    return _in_order([(int(row[index]), row[name]) for row in rows])


def _is_literal(text: str) -> bool:
    text = text.strip()
    return (text[0], text[-1]) in {("{", "}"), ("[", "]")}


def _from_literal(text: str, path: Path) -> Sequence[str]:
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = ast.literal_eval(text.strip())  # as Python prints a list or a dictionary
        except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
            raise ClassifierError("The labels file {path} is damaged: it is no JSON.", path=path) from error
    names = names_within(found)
    if not names or not all(map(tidy, names)):
        raise ClassifierError(
            'The labels file {path} needs a list of names, names by index as in {{"0": "cat"}}, or indices '
            'by name as in {{"cat": 0}}.',
            path=path,
        )
    return names


def _in_order(named: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    names = dict(named)
    if len(names) < len(named) or {*names} != {*range(len(names))}:
        raise ClassifierError(
            "The classes' indices must go from 0 to {last} without a gap, and are {indices}.",
            last=len(named) - 1,
            indices=", ".join(str(index) for index in sorted(index for index, _ in named)[:10]),
        )
    return tuple(names[index] for index in range(len(names)))


def _last(name: Any) -> str:
    """A name, or the last of several: Keras' own file has WordNet's id before it."""
    name = name[-1] if isinstance(name, list | tuple) and name else name
    return tidy(name) if isinstance(name, str) else ""


def _unquoted(names: Sequence[str]) -> Sequence[str]:
    names = [name.strip().rstrip(",") for name in names]
    if all(len(name) > 2 and name[0] == name[-1] and name[0] in "\"'" for name in names):
        return [name[1:-1] for name in names]
    return names


def _is_index(cell: str) -> bool:
    return cell.isascii() and cell.isdigit()

"""Reads and writes a network's class names."""

import csv
from pathlib import Path

from ...errors import ClassifierError


def read_labels(path: Path) -> tuple[str, ...]:
    """Read class names, in the order of the network's outputs.

    Parameters
    ----------
    path : Path
        UTF-8 text with a name a line; or, if it ends in ``.csv``, a table whose first two columns are the
        class' index, from 0, and its name, with or without a line of headings.

    Raises
    ------
    ClassifierError
        There is no such file, it is no text, or a name or an index is missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ClassifierError(
            "The labels file {path} can't be read: {reason}.", path=path, reason=error.strerror
        ) from error
    except UnicodeDecodeError as error:
        raise ClassifierError("The labels file {path} is not UTF-8 text.", path=path) from error
    if path.suffix.lower() == ".csv":
        return _from_table(text, path)
    names = [tidy(line) for line in text.rstrip().splitlines()]
    if not names:
        raise ClassifierError("The labels file {path} is empty.", path=path)
    if "" in names:
        raise ClassifierError(
            "Line {line} of the labels file {path} is empty.", line=names.index("") + 1, path=path
        )
    return tuple(names)


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


def _from_table(text: str, path: Path) -> tuple[str, ...]:
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    if rows and not _is_index(rows[0][0]):
        rows = rows[1:]  # the headings
    names: dict[int, str] = {}
    for row in rows:
        if len(row) < 2 or not _is_index(row[0]) or not tidy(row[1]) or int(row[0]) in names:
            raise ClassifierError(
                "The labels file {path} needs an index and a name in each line, each index once, "
                "and has {row}.",
                path=path,
                row=repr(",".join(row)[:80]),
            )
        names[int(row[0])] = tidy(row[1])
    if not names:
        raise ClassifierError("The labels file {path} is empty.", path=path)
    if {*names} != {*range(len(names))}:
        raise ClassifierError(
            "The indices in the labels file {path} must go from 0 to {last} without a gap.",
            path=path,
            last=len(names) - 1,
        )
    return tuple(names[index] for index in range(len(names)))


def tidy(name: str) -> str:
    """The name in one line, without what can't be printed."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())


def _is_index(cell: str) -> bool:
    return cell.strip().isascii() and cell.strip().isdigit()

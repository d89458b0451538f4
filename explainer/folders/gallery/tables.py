"""The tables of a gallery's overview, in words: confusion, classes, and groups that differ.

What they name are links such as ``#truth=dog&said=cat``, which show these photos alone: a gallery's script
reads its own address, and the page takes the link's.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ...names import natural_order, printable
from ...words.language import Language
from ..intervals import CONFIDENCE
from ..record import PhotoRecord
from .arrangement import label_name
from .classes import ClassRow, class_table
from .groups import Difference, Differences, differences
from .matrix import OTHERS, Matrix, confusion

COLUMN = "metadata_"
"""What the names of a table's columns begin with in links, as in ``summary.csv``."""
_MOST_ROWS = 12  # of classes
_MOST_DIFFERENCES = 8
_SHADES = 6
_OPEN_UP_TO = 10  # classes: a larger matrix is closed at first


def link(**wanted: str) -> str:
    """Where photos are shown that have what is wanted; empty values count for nothing."""
    return "#" + urlencode({name: value for name, value in wanted.items() if value}, errors="replace")


def wanted(address: str) -> dict[str, str]:
    """What a `link` asks for."""
    return dict(parse_qsl(address.removeprefix("#")))


def tables(records: Sequence[PhotoRecord], language: Language) -> dict[str, Any]:
    """What ``gallery_tables.html`` shows."""
    classes = class_table(records)
    return {
        "matrix": _matrix(confusion(records), language),
        "by_accuracy": _by_accuracy(classes, language),
        "by_attention": _by_attention(classes, language),
        "differences": _differences(differences(records), language),
        "confidence": language.percent(CONFIDENCE),
    }


def cell_sentence(truth: str, said: str, language: Language) -> str:
    """Which photos a cell of the confusion matrix, a row or a column of it stands for.

    Parameters
    ----------
    truth, said : str
        What the classes are called; empty for any.
    language : Language
        What it is said in.
    """
    _ = language.gettext
    if not truth or not said:
        return (_("It is “{label}”") if truth else _("It said “{label}”")).format(label=truth or said)
    return _("It is “{truth}”, and it said “{said}”").format(truth=truth, said=said)


def others_name(language: Language) -> str:
    """What all classes are called that have no row of their own."""
    return language.gettext("other classes")


def _matrix(found: Matrix, language: Language) -> dict[str, Any] | None:
    if len(found.counts) < 2:
        return None
    names = [*(label_name(label, language) for label in found.classes)]
    keys = [*(label.name for label in found.classes)]
    if found.others:
        names.append(f"{others_name(language)} ({language.number(found.others)})")
        keys.append(OTHERS)
    rows = []
    for row, (name, key) in enumerate(zip(names, keys, strict=True)):
        of_row = max(1, int(found.counts[row].sum()))
        cells = []
        for column, said in enumerate(keys):
            number = int(found.counts[row, column])
            kind = "mixed" if key == said == OTHERS else "right" if row == column else "mistaken"
            cells.append(
                {
                    "number": language.number(number) if number else "",
                    "kind": f"{kind} shade-{-(-number * _SHADES // of_row)}" if number else "",
                    "link": link(truth=key, said=said),
                    "title": cell_sentence(name, names[column], language),
                }
            )
        share = language.percent(int(found.right[row]) / of_row) if found.counts[row].any() else ""
        rows.append({"name": name, "link": link(truth=key), "cells": cells, "share": share})
    return {
        "columns": [(name, link(said=key)) for name, key in zip(names, keys, strict=True)],
        "rows": rows,
        "open": len(names) <= _OPEN_UP_TO,
        "keys": [key for key in keys if key != OTHERS],
    }


def _by_accuracy(classes: Sequence[ClassRow], language: Language) -> dict[str, Any] | None:
    known = [row for row in classes if row.accuracy is not None]
    if len(known) < 2:
        return None
    known.sort(key=lambda row: (row.accuracy, -row.with_truth, natural_order(row.label.name)))
    return {
        "rows": [
            _class_row(row, row.accuracy, row.accuracy_interval, row.with_truth, language)
            for row in known[:_MOST_ROWS]
        ],
        "more": len(known) > _MOST_ROWS,
    }


def _by_attention(classes: Sequence[ClassRow], language: Language) -> dict[str, Any] | None:
    marked = [row for row in classes if row.inside is not None]
    if not marked:
        return None
    marked.sort(key=lambda row: (row.inside, -row.with_inside, natural_order(row.label.name)))
    return {
        "rows": [
            _class_row(row, row.inside, row.inside_interval, row.with_inside, language)
            | {
                "chance": "" if row.object_area is None else language.percent(row.object_area),
                "tick": None if row.object_area is None else round(100 * row.object_area, 1),
            }
            for row in marked[:_MOST_ROWS]
        ],
        "more": len(marked) > _MOST_ROWS,
    }


def _class_row(
    row: ClassRow, share: float | None, interval: tuple[float, float] | None, photos: int, language: Language
) -> dict[str, Any]:
    assert share is not None
    low, high = interval or (share, share)
    return {
        "name": label_name(row.label, language),
        "link": link(truth=row.label.name) if row.with_truth else link(said=row.label.name),
        "photos": language.number(photos),
        "share": language.percent(share),
        "interval": f"{language.percent(low, 0)} – {language.percent(high, 0)}" if interval else "",
        "at": round(98 * share, 1),
        "low": round(100 * low, 1),
        "width": round(100 * (high - low), 1),
    }


def _differences(found: Differences, language: Language) -> dict[str, Any] | None:
    if not found.looks:
        return None
    number = language.number(found.looks)
    if found.found:
        looks = language.ngettext(
            "{number} comparison was made; by chance, any of these would be shown in fewer than 5 of 100 "
            "cases.",
            "{number} comparisons were made; by chance, any of these would be shown in fewer than 5 of 100 "
            "cases.",
            found.looks,
        )
    else:
        looks = language.ngettext(
            "No group of the table differs from the rest beyond chance; {number} comparison was made.",
            "No group of the table differs from the rest beyond chance; {number} comparisons were made.",
            found.looks,
        )
    return {
        "found": [
            (
                difference_sentence(difference, language),
                link(**{COLUMN + difference.column: difference.group}),
            )
            for difference in found.found[:_MOST_DIFFERENCES]
        ],
        "more": len(found.found) > _MOST_DIFFERENCES,
        "looks": looks.format(number=number),
    }


def difference_sentence(found: Difference, language: Language) -> str:
    """In which group the classifier is right more or less often, or looks elsewhere, and how much."""
    _ = language.gettext
    names = {"column": printable(found.column), "group": printable(found.group)}
    photos, others = language.number(found.photos), language.number(found.others)
    if found.figure == "accuracy":
        return _(
            "Where {column} is {group}, it is right in {right} of {photos} photos; elsewhere, in "
            "{others_right} of {others}."
        ).format(
            **names,
            right=language.number(round(found.value * found.photos)),
            photos=photos,
            others_right=language.number(round(found.others_value * found.others)),
            others=others,
        )
    return _(
        "Where {column} is {group}, {share} of the focus lies on the object on average ({photos} photos); "
        "elsewhere, {others_share} ({others})."
    ).format(
        **names,
        share=language.percent(found.value),
        photos=photos,
        others_share=language.percent(found.others_value),
        others=others,
    )

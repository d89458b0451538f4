"""A label's regions as a table, for the page and for spreadsheets."""

import csv
import io
from typing import Any

import numpy as np

from ..reading import Reading
from ..words.language import Language
from ..words.places import region_places


def region_table(reading: Reading, language: Language) -> dict[str, list[Any]]:
    """All regions of a label, the strongest first, as columns by name.

    Parameters
    ----------
    reading : Reading
        Whose weights.
    language : Language
        Of all words.

    Returns
    -------
    dict of str to list
        ``region``, its number for readers, from 1; ``place``; ``share`` of the photo, 0 to 1; ``weight``
        and its ``standard_error``, in percentage points or log-odds, whichever was explained;
        ``sign_certain``, whether more samples will hardly turn it around: 95 of 100 such intervals hold the
        weight of endless sampling; ``focus``, which is "yes", "shares the last place", or "matters as much"
        where a region is not shown and is as good as the last one that is.
    """
    label, segments = reading.label, reading.explanation.segments
    order = np.argsort(-np.abs(label.weights), kind="stable")
    places = region_places(segments, language)
    unit = 100 if label.target == "probability" else 1
    return {
        "region": (order + 1).tolist(),
        "place": [places[region] for region in order],
        "share": (np.bincount(segments.ravel()) / segments.size)[order].tolist(),
        "weight": (unit * label.weights[order]).tolist(),
        "standard_error": (unit * label.standard_errors[order]).tolist(),
        "sign_certain": [region not in reading.uncertain for region in order.tolist()],
        "focus": [_focus(int(region), reading, language) for region in order],
    }


def _focus(region: int, reading: Reading, language: Language) -> str:
    _ = language.gettext
    if region in reading.focus_last.others:
        return _("matters as much")
    if region in reading.focus_last.shown:
        return _("shares the last place")
    return _("yes") if region in reading.focus else ""


def regions_csv(reading: Reading, language: Language) -> bytes:
    """`region_table` as CSV, in UTF-8 with a mark that has Excel read it as such."""
    table = region_table(reading, language)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return stream.getvalue().encode("utf-8-sig")

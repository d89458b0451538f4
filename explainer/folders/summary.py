"""A folder's results as a table, one row a photo; and reading the results again."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..files import write_whole
from ..names import Cell, harmless_cell, printable
from .record import ExplainedLabel, Inside, Judgement, PhotoRecord

SUMMARY = "summary.csv"
_BELOW_ZERO = re.compile(r"-\d+(\.\d+)?")  # a number, and no formula


def write_summary(records: Sequence[PhotoRecord], folder: Path) -> Path:
    """Write ``summary.csv``, in UTF-8 with a mark that has Excel read it as such.

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos, in the order of the rows.
    folder : pathlib.Path
        The folder of results.

    Returns
    -------
    pathlib.Path
        The file, which is there whole or not at all.

    Raises
    ------
    ExplainerError
        It can't be written.
    """
    return write_whole(folder / SUMMARY, summary(records))


def summary(records: Sequence[PhotoRecord]) -> bytes:
    """What `write_summary` writes: shares are from 0 to 1; what is not known is left empty.

    Text that a spreadsheet would take for a formula gets an apostrophe before it. What a table says of the
    photos comes last, in columns whose names begin with ``metadata_``.
    """
    rows = [_row(record) | _metadata(record) for record in records]
    return table([*dict.fromkeys(name for row in (_row(_EMPTY), *rows) for name in row)], rows)


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> bytes:
    """A table in CSV, in UTF-8 with a mark that has Excel read it as such, and no cell that does anything."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns)
    writer.writeheader()
    writer.writerows({name: harmless_cell(cell) for name, cell in row.items()} for row in rows)
    return stream.getvalue().encode("utf-8-sig")


_EMPTY = PhotoRecord("", "", "", 0, "", None)


def _row(record: PhotoRecord) -> dict[str, Cell]:
    predicted, truth = record.predicted, record.true_label
    return {
        "photo": record.photo,
        "predicted": getattr(predicted, "name", None),
        "probability": getattr(predicted, "probability", None),
        "truth": record.truth,
        "right": yes_or_no(record.is_right),
        "settled": yes_or_no(predicted.settled if predicted else None),
        "settledness": getattr(predicted, "settledness", None),
        **_figures(predicted),
        "truth_probability": getattr(truth, "probability", None),
        **{f"truth_{name}": cell for name, cell in _figures(truth).items()},
        "predicted_wnid": getattr(predicted, "wnid", None),
        "truth_wnid": getattr(truth, "wnid", None),
        "object_area": record.object_area,
        "num_samples": record.num_samples,
        "classifier": record.classifier,
        "error": record.error,
        "notes": " ".join(record.notes),
        "key": record.key,
    }


def _metadata(record: PhotoRecord) -> dict[str, Cell]:
    return {
        f"metadata_{printable(name)}": float(cell) if _BELOW_ZERO.fullmatch(cell) else cell
        for name, cell in record.metadata.items()
    }


def _figures(label: ExplainedLabel | None) -> dict[str, Cell]:
    names = ("stability", "fidelity", "focus_only", "focus_hidden", "against_hidden")
    figures: dict[str, Cell] = {name: getattr(label, name, None) for name in names}
    figures["contradicted"] = yes_or_no(label.contradicted if label else None)
    return figures | _judgement(label.judged if label else None) | _inside(label.inside if label else None)


def _inside(inside: Inside | None) -> dict[str, Cell]:
    """How much lies on the marked object."""
    return {
        "focus_inside": inside.focus if inside else None,
        "positive_inside": inside.positive if inside else None,
        "strongest_inside": yes_or_no(inside.strongest if inside else None),
    }


def yes_or_no(holds: bool | None) -> str | None:
    """A cell that says whether something holds; empty where that is not known."""
    return None if holds is None else "yes" if holds else "no"


def _judgement(judged: Judgement | None) -> dict[str, Cell]:
    """How good the picture is, and how many regions are enough, or have to be hidden."""
    names = ("gain", "half", "half_by_chance", "enough", "without")
    if judged is None:
        return dict.fromkeys(names)
    sets = (judged.enough, judged.without)
    numbers = [None if found is None else len(found.regions) for found in sets]
    curves = judged.curves
    return dict(zip(names, (curves.gain, curves.half, judged.chance_curves.half, *numbers), strict=True))

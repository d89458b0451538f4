"""Each class in figures: how often it is recognised, and how much of the focus lies on the object."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ..intervals import Interval, mean_interval, share_interval
from ..objects.inside import focus_inside
from ..record import ExplainedLabel, PhotoRecord


@dataclass(frozen=True)
class ClassRow:
    """One class, over its explained photos.

    Attributes
    ----------
    label : ExplainedLabel
        The class, as one of the photos has it.
    photos : int
        How many are explained: of this class or, where the truth is not known, taken for it.
    with_truth, right : int
        Of how many of them the class is known, and how many of these were recognised.
    accuracy : float or None
        Their share; None where no class is known.
    accuracy_interval : tuple of 2 floats or None
        Wilson's 95 % confidence interval of it.
    with_inside : int
        In how many of them the object is marked and there is a focus.
    inside : float or None
        Which share of the focus lies on the object there, on average.
    inside_interval : tuple of 2 floats or None
        Student's 95 % confidence interval of it, within 0 and 1; None for fewer than two photos.
    object_area : float or None
        The share of the photo that the object covers in these photos, on average, which is what chance would
        give.
    """

    label: ExplainedLabel
    photos: int
    with_truth: int
    right: int
    accuracy: float | None
    accuracy_interval: Interval | None
    with_inside: int
    inside: float | None
    inside_interval: Interval | None
    object_area: float | None


def class_table(records: Sequence[PhotoRecord]) -> tuple[ClassRow, ...]:
    """Each class of which a photo is explained; those with the most photos first.

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos.
    """
    of_class: defaultdict[str, list[PhotoRecord]] = defaultdict(list)
    for record in records:
        label = record.true_label or record.predicted
        if label and record.predicted:
            of_class[label.name].append(record)
    rows = map(_row, of_class.values())
    return tuple(sorted(rows, key=lambda row: (-row.photos, row.label.name)))


def _row(records: Sequence[PhotoRecord]) -> ClassRow:
    known = [record for record in records if record.truth]
    right = sum(not record.is_wrong for record in known)
    marked = [record for record in records if focus_inside(record) is not None]
    focus = [share for record in marked if (share := focus_inside(record)) is not None]
    areas = [record.object_area for record in marked if record.object_area is not None]
    label = records[0].true_label or records[0].predicted
    assert label is not None
    return ClassRow(
        label=label,
        photos=len(records),
        with_truth=len(known),
        right=right,
        accuracy=right / len(known) if known else None,
        accuracy_interval=share_interval(right, len(known)) if known else None,
        with_inside=len(focus),
        inside=fmean(focus) if focus else None,
        inside_interval=mean_interval(focus),
        object_area=fmean(areas) if areas else None,
    )

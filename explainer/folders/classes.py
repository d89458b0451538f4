"""Each class in figures: how often it is recognised, and how much of the focus lies on the object."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .record import ExplainedLabel, PhotoRecord

_CONFIDENCE = 0.95


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
    accuracy_interval : tuple of float, or None
        Wilson's 95 % confidence interval of it [1]_.
    with_inside : int
        In how many of them the object is marked and there is a focus.
    inside : float or None
        Which share of the focus lies on the object there, on average.
    inside_interval : tuple of float, or None
        Student's 95 % confidence interval of it, within 0 and 1; None for fewer than two photos.
    object_area : float or None
        The share of the photo that the object covers in these photos, on average, which is what chance would
        give.

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
       the American Statistical Association 22(158), 1927, 209–212.
    """

    label: ExplainedLabel
    photos: int
    with_truth: int
    right: int
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None
    with_inside: int
    inside: float | None
    inside_interval: tuple[float, float] | None
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


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share of at least one trial."""
    from scipy.stats import norm

    z = float(norm.ppf((1 + _CONFIDENCE) / 2))
    share = successes / trials
    middle = share + z**2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    low, high = ((middle + sign * half) / (1 + z**2 / trials) for sign in (-1, 1))
    return 0.0 if successes == 0 else low, 1.0 if successes == trials else high


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Student's 95 % confidence interval of the mean of shares; None for fewer than two."""
    from scipy.stats import t

    if len(values) < 2:
        return None
    half = (
        float(t.ppf((1 + _CONFIDENCE) / 2, len(values) - 1)) * np.std(values, ddof=1) / math.sqrt(len(values))
    )
    return max(0.0, float(np.mean(values) - half)), min(1.0, float(np.mean(values) + half))


def _row(records: Sequence[PhotoRecord]) -> ClassRow:
    known = [record for record in records if record.truth]
    right = sum(not record.is_wrong for record in known)
    marked = [
        (record.predicted.inside.focus, record.object_area)
        for record in records
        if record.predicted and record.predicted.inside and record.predicted.inside.focus is not None
    ]
    focus = [share for share, _ in marked]
    areas = [area for _, area in marked if area is not None]
    label = records[0].true_label or records[0].predicted
    assert label is not None
    return ClassRow(
        label=label,
        photos=len(records),
        with_truth=len(known),
        right=right,
        accuracy=right / len(known) if known else None,
        accuracy_interval=wilson(right, len(known)) if known else None,
        with_inside=len(focus),
        inside=float(np.mean(focus)) if focus else None,
        inside_interval=mean_interval(focus),
        object_area=float(np.mean(areas)) if areas else None,
    )

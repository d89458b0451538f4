"""How much of an explanation lies on the object, and what many photos say of that together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...words.language import Language
from ..record import ExplainedLabel, Inside, PhotoRecord

MOST = 0.5
"""Of the focus, from where on it lies on the object."""


def inside_of(
    segments: NDArray[np.integer],
    weights: NDArray[np.float64],
    focus: Collection[int],
    mask: NDArray[np.bool_],
) -> Inside:
    """How much of what speaks for a label lies on the object.

    Each superpixel's weight counts as evenly spread over its pixels, so that by chance the shares would be
    the mask's share of the picture.

    Parameters
    ----------
    segments : numpy.ndarray of int, shape (H, W)
        The superpixels.
    weights : numpy.ndarray of float, shape (number of superpixels,)
        Those of the label.
    focus : collection of int
        The superpixels that are shown as its focus.
    mask : numpy.ndarray of bool, shape (H, W)
        Where the object is.

    References
    ----------
    Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016 (the pointing game).
    """
    number = len(weights)
    pixels = np.bincount(segments.ravel(), minlength=number)
    covered = np.bincount(segments.ravel(), mask.ravel(), minlength=number) / pixels.clip(1)
    shown = np.zeros(number)
    shown[list(focus)] = 1
    speaking = np.maximum(weights, 0)

    def share(of: NDArray[np.float64]) -> float | None:
        return round(float(of @ covered / of.sum()), 5) if of.sum() > 0 else None

    strongest = bool(covered[speaking.argmax()] > MOST) if speaking.any() else None
    return Inside(share(speaking * shown), share(speaking), strongest)


def looks_past_object(record: PhotoRecord) -> bool:
    """Whether most of the focus lies outside of the object, and no less than chance would put there."""
    share = focus_inside(record)
    return share is not None and share < MOST and share <= (record.object_area or 0)


def focus_inside(record: PhotoRecord) -> float | None:
    """The share of the predicted label's focus that lies on the object; None where that is not known."""
    inside = record.predicted.inside if record.predicted else None
    return inside.focus if inside else None


@dataclass(frozen=True)
class InsideSummary:
    """How much lies on the object in many photos, of the predicted labels.

    Attributes
    ----------
    photos : int
        In how many an object is marked and something speaks for the label.
    most, strongest : int
        In how many of them most of the focus lies on it, and most of the strongest region.
    focus, chance : float
        Which share of the focus lies on it, and of the picture, on average.
    """

    photos: int
    most: int
    strongest: int
    focus: float
    chance: float


def inside_summary(records: Sequence[PhotoRecord]) -> InsideSummary | None:
    """Add up many photos; None where there is no marked object."""
    marked = [record for record in records if focus_inside(record) is not None]
    if not marked:
        return None
    focus = [focus_inside(record) or 0.0 for record in marked]
    found = [record.predicted.inside for record in marked if record.predicted]
    return InsideSummary(
        photos=len(marked),
        most=sum(share >= MOST for share in focus),
        strongest=sum(bool(inside and inside.strongest) for inside in found),
        focus=float(np.mean(focus)),
        chance=float(np.mean([record.object_area or 0.0 for record in marked])),
    )


def inside_sentence(records: Sequence[PhotoRecord], language: Language) -> str:
    """In how many photos most of the focus lies on the object; empty where none is marked."""
    found = inside_summary(records)
    if found is None:
        return ""
    return language.gettext(
        "In {number} of {total} photos with a marked object, most of the focus lies on it "
        "({share} on average; by chance it would be {chance})."
    ).format(
        number=language.number(found.most),
        total=language.number(found.photos),
        share=language.percent(found.focus),
        chance=language.percent(found.chance),
    )


def past_object_sentence(records: Sequence[PhotoRecord], language: Language) -> str:
    """How many right answers look past the object; empty where none does."""
    right = [
        record
        for record in records
        if record.truth and not record.is_wrong and focus_inside(record) is not None
    ]
    number = sum(map(looks_past_object, right))
    if not number:
        return ""
    return language.gettext(
        "{number} of {total} right answers look past the object: their focus lies on the marked object no "
        "more than by chance."
    ).format(number=language.number(number), total=language.number(len(right)))


def outline(record: PhotoRecord) -> dict[str, Any] | None:
    """Where the object is, to be drawn over a picture of its proportions; None where none is marked."""
    if not record.outline or not record.outline_aspect:
        return None
    aspect = record.outline_aspect
    return {"path": record.outline, "aspect": f"{aspect:g}", "width": f"{1000 * aspect:g}"}


def inside_rows(label: ExplainedLabel, record: PhotoRecord, language: Language) -> list[tuple[str, str]]:
    """What a card says of one label: how much lies on the object, and how much would by chance."""
    _ = language.gettext
    if label.inside is None or label.inside.focus is None or record.object_area is None:
        return []
    on_it = _("{share} (by chance {chance})").format(
        share=language.percent(label.inside.focus), chance=language.percent(record.object_area)
    )
    return [(_("Focus on the object"), on_it)]

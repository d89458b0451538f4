"""Where the focus of a photo lies, pixel by pixel, as a folder of results has it; and how far two agree."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...classifiers.preprocessing import Box
from ...errors import ExplainerError
from ..record import PhotoRecord
from ..results import read_explanation

_CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Attention:
    """What is read again of one photo's explanation.

    Attributes
    ----------
    settings : mapping of str to object
        The recipe, as its JSON has it.
    version : str
        That of this program, which wrote it; empty where it does not say.
    probabilities : mapping of str to float
        Of the labels that are explained, by name.
    focus : numpy.ndarray of float64, shape (H, W), or None
        Which share of the predicted label's focus lies in each pixel of the network's input: each region's
        weight is evenly spread over its pixels. The shares add up to 1; None where nothing speaks for it.
    """

    settings: Mapping[str, Any]
    version: str
    probabilities: Mapping[str, float]
    focus: NDArray[np.float64] | None = field(repr=False)


def read_attention(folder: Path, record: PhotoRecord) -> Attention:
    """Read it from ``explanation.json`` and ``segments.png`` beside a photo's record.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.
    record : PhotoRecord
        Of a photo that could be explained.

    Raises
    ------
    ExplainerError
        One of the files is missing, damaged, or of another photo than the record.
    """
    found, segments = read_explanation(folder, record)
    try:
        labels = {label["index"]: label for label in found["labels"]}
        assert record.predicted is not None
        return Attention(
            dict(found["recipe"]),
            str(found.get("versions", {}).get("limelight", "")),
            {str(label["name"]): float(label["probability"]) for label in labels.values()},
            _focus(labels[record.predicted.index], segments),
        )
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ExplainerError("A photo's result is damaged, or was written by another version.") from error


def _focus(label: dict[str, Any], segments: NDArray[Any]) -> NDArray[np.float64] | None:
    weights = np.asarray(label["weights"], np.float64)
    regions = np.asarray(label["focus"], np.int64)
    areas = np.bincount(segments.ravel(), minlength=len(weights))
    if len(areas) != len(weights):
        raise ValueError("segments of another photo")
    chosen = np.zeros(len(weights))
    chosen[regions] = weights[regions]
    total = chosen.sum()
    if not (np.isfinite(total) and (chosen >= 0).all() and areas[regions].all()):
        raise ValueError("a focus that is none")
    return (chosen / areas.clip(1) / total)[segments] if total else None


def focus_in_common(one: NDArray[np.float64], other: NDArray[np.float64], box: Box, other_box: Box) -> float:
    """Which share of the focus two explanations of the same photo have in common.

    The two are taken as what they are, shares spread evenly over rectangles of the photo, and the smaller of
    both is added up over the photo: exact, however the two inputs are cropped, padded, stretched and
    resized.

    Parameters
    ----------
    one, other : numpy.ndarray of float64, shape (H, W)
        As `Attention.focus`; the sizes may differ.
    box, other_box : tuple of 4 floats
        Where in the photo each of them lies, as `Classifier.box` has it.

    Returns
    -------
    float
        From 0, where they have nothing in common, to 1, where they are the same (histogram intersection).

    References
    ----------
    Swain, M. J., & Ballard, D. H. (1991). Color indexing. International Journal of Computer Vision, 7(1),
    11-32.
    """
    left, upper, right, lower = box
    other_left, other_upper, other_right, other_lower = other_box
    (height, width), (other_height, other_width) = one.shape, other.shape
    across, columns, other_columns = _cells((left, right), width, (other_left, other_right), other_width)
    down, rows, other_rows = _cells((upper, lower), height, (other_upper, other_lower), other_height)
    area = (right - left) * (lower - upper) / one.size
    other_area = (other_right - other_left) * (other_lower - other_upper) / other.size
    common = 0.0
    for strip in np.array_split(np.arange(len(down)), -(-len(down) * len(across) // _CELLS_AT_ONCE) or 1):
        density = one[rows[strip][:, np.newaxis], columns] / area
        other_density = other[other_rows[strip][:, np.newaxis], other_columns] / other_area
        common += float(down[strip] @ np.minimum(density, other_density) @ across)
    return min(1.0, common)


def _cells(
    span: tuple[float, float], pixels: int, other_span: tuple[float, float], other_pixels: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """What two rows of pixels cut the stretch into where both are: lengths, and the pixels of each."""
    (start, end), (other_start, other_end) = span, other_span
    own, others = np.linspace(start, end, pixels + 1), np.linspace(other_start, other_end, other_pixels + 1)
    edges = np.concatenate([own, others])
    low, high = max(start, other_start), min(end, other_end)
    edges = np.unique(np.round(edges[(edges >= low) & (edges <= high)], 9))
    middles = (edges[1:] + edges[:-1]) / 2

    def pixel(start: float, end: float, pixels: int) -> NDArray[np.int64]:
        there = (middles - start) / (end - start) * pixels
        return np.asarray(there.astype(np.int64).clip(0, pixels - 1))

    return np.diff(edges), pixel(start, end, pixels), pixel(other_start, other_end, other_pixels)

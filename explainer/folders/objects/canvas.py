"""Drawing what is marked: filled, in a photo's proportions, and upright as the photo is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...photos.load import stored_size
from .annotations import Annotation, Marked, Points

_LONGEST = 1024  # pixels, of the longer side of what is drawn
_ON_THE_SIDE = (
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
)


@dataclass(frozen=True)
class Canvas:
    """A photo, its size upright and as it is stored, how it is turned, and the upright size to draw in."""

    photo: Path
    upright: tuple[int, int]
    stored: tuple[int, int]
    transpose: Image.Transpose | None
    size: tuple[int, int]

    @classmethod
    def of(cls, photo: Path) -> "Canvas":
        stored, transpose = stored_size(photo)
        upright = stored[::-1] if transpose in _ON_THE_SIDE else stored
        scale = min(1.0, _LONGEST / max(upright))
        size = (max(1, round(scale * upright[0])), max(1, round(scale * upright[1])))
        return cls(photo, upright, stored, transpose, size)

    def fit(self, size: tuple[int, int] | None) -> tuple[bool, bool] | None:
        """Whether what was marked in a picture of a size lies on its side as the photo is stored, and whether
        it is scaled; None where it is for another picture.
        """
        if size is None or size == self.upright:
            return False, False
        if size == self.stored:
            return True, False
        if _same_ratio(size, self.upright):
            return False, True
        return (True, True) if _same_ratio(size, self.stored) else None

    def drawn_size(self, turned: bool) -> tuple[int, int]:
        return self.size[::-1] if turned else self.size

    def upright_mask(self, mask: NDArray[np.bool_], turned: bool) -> NDArray[np.bool_]:
        if not turned or self.transpose is None:
            return mask
        return np.asarray(Image.fromarray(mask.astype(np.uint8)).transpose(self.transpose)) > 0


def rasterized(
    objects: Sequence[Marked], annotation: Annotation, canvas: Canvas, turned: bool
) -> NDArray[np.bool_]:
    width, height = canvas.drawn_size(turned)
    there = (1, 1) if annotation.relative else annotation.size or canvas.upright
    scale = np.array([width / there[0], height / there[1]])
    drawn = np.zeros((height, width), np.bool_)
    for found in objects:
        if found.runs is not None and annotation.size is not None:
            inside = np.repeat(np.arange(len(found.runs)) % 2 == 1, found.runs)
            drawn |= resized_mask(inside.reshape(annotation.size).T, (width, height))
        for outline in found.outlines:
            drawn |= filled(outline * scale, (width, height))
    return drawn


def filled(corners: Points, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels whose middles lie inside of a polygon, by the even-odd rule.

    Parameters
    ----------
    corners : numpy.ndarray of float64, shape (N, 2)
        x and y, from the picture's upper left corner on.
    size : tuple of int
        The picture's width and height.

    Returns
    -------
    numpy.ndarray of bool, shape (height, width)
    """
    width, height = size
    crossings = np.zeros((height, width + 1), np.uint8)
    for (x, y), (next_x, next_y) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        first, last = sorted((y, next_y))
        rows = np.arange(max(0, int(np.ceil(first - 0.5))), min(height, int(np.ceil(last - 0.5))))
        if len(rows):
            across = x + (rows + 0.5 - y) * (next_x - x) / (next_y - y)
            crossings[rows, np.clip(np.ceil(across - 0.5), 0, width).astype(int)] ^= 1
    return np.asarray(np.bitwise_xor.accumulate(crossings[:, :-1], axis=1) > 0)


def resized_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask in another size: what is at least half covered."""
    return resized_picture(Image.fromarray(mask.astype(np.uint8) * 255), size)


def resized_picture(picture: Image.Image, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where a picture in another size is at least half bright; of something tiny, where it is brightest."""
    pixels = np.asarray(picture.resize(size, Image.Resampling.BOX))
    most = int(pixels.max())
    return np.asarray(pixels >= min(128, max(1, most)))


def _same_ratio(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes are of the same picture, to within a pixel."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= max(other)

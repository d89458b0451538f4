"""Pictures that mark an object: which are such masks rather than photos, and what they mark."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...errors import ExplainerError, PhotoError
from ...photos.load import load_unchanged, stored_size

MOST_VALUES = 32
"""A picture of more values, or colours, is a photo, unless nearly all of it is black or white."""
_NEARLY_ALL = 0.9  # of the pixels
_A_LOOK = 10_000  # pixels
_FEW = 8  # greys, at least, that soft edges have
_DARK, _BRIGHT = 24, 231
_VOID = 255
_CLASSES_BELOW = 64
"""Beside a value below this one, which must be a class' number, 255 is the border that VOC leaves open."""


def is_mask(path: Path, photo: Path | None = None) -> bool:
    """Whether a picture looks as if it marked something: few values, or nearly all black or white.

    Parameters
    ----------
    path : pathlib.Path
        The picture.
    photo : pathlib.Path, optional
        What it has to be as large as, as that is stored or as it is shown; by default it may have any size.
    """
    try:
        picture = load_unchanged(path)
        if photo is not None and picture.size not in ((size := stored_size(photo)[0]), size[::-1]):
            return False
    except PhotoError:
        return False
    values = np.asarray(picture)
    if values.dtype == np.bool_:
        return True
    flat = values.reshape(len(values) * len(values[0]), -1)
    return _has_few(flat) or _is_black_and_white(flat)


def _has_few(flat: NDArray[np.generic]) -> bool:
    """Whether there are no more than so many different pixels."""
    if flat.dtype.kind == "f":
        return False
    if len(flat) > _A_LOOK and not _has_few(flat[:: len(flat) // _A_LOOK + 1]):
        return False  # as most photos tell by some of their pixels
    coded = flat[:, 0].astype(np.int64)
    for channel in flat.T[1:]:
        coded = coded * 65536 + channel if flat.dtype.itemsize > 1 else coded * 256 + channel
    return len(np.unique(coded)) <= MOST_VALUES


def _is_black_and_white(flat: NDArray[np.generic]) -> bool:
    if flat.dtype != np.uint8:
        return False
    darkest, brightest = np.minimum.reduce(flat[:, :3], axis=1), np.maximum.reduce(flat[:, :3], axis=1)
    dark, bright = brightest <= _DARK, darkest >= _BRIGHT
    return bool((dark | bright).mean() >= _NEARLY_ALL and bright.any())


def read_mask(path: Path, values: Collection[int] = (), greys: bool = True) -> NDArray[np.bool_]:
    """What a mask marks.

    Parameters
    ----------
    path : pathlib.Path
        The picture.
    values : collection of int
        Those that count. By default, all but 0: of a picture of class numbers, these but 255, which is the
        border that VOC leaves open; of one with transparency alone, what is not transparent; of one with
        colours, what is not black; of one with soft edges, or with many greys, what is brighter than half.
    greys : bool
        Whether many greys are allowed, as a map of probabilities has them, and a grey photo.

    Returns
    -------
    numpy.ndarray of bool, shape (H, W)
        As the picture is stored.

    Raises
    ------
    PhotoError
        It is no picture that can be opened.
    ExplainerError
        It has colours, of which no values can count, or more of them than a mask has.
    """
    picture = load_unchanged(path)
    if not greys and not values and picture.mode not in ("P", "1"):
        pixels = np.asarray(picture)
        flat = pixels.reshape(len(pixels) * len(pixels[0]), -1)
        if not _has_few(flat) and not _is_black_and_white(flat):
            raise ExplainerError("{file} has too many colours or greys to be a mask.", file=path.name)
    if picture.mode == "P":
        return _of_numbers(np.asarray(picture) if values else _palette_numbers(picture), values)
    if picture.mode == "1":
        picture = picture.convert("L")
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        return _of_numbers(pixels, values)
    alpha = pixels[..., -1] if picture.mode in ("LA", "RGBA", "La", "RGBa") else None
    colours = pixels if alpha is None else pixels[..., :-1]
    if alpha is not None and alpha.min() < alpha.max() and not values:
        return np.asarray(alpha > int(alpha.max()) // 2)
    if (colours == colours[..., :1]).all():
        return _of_numbers(colours[..., 0], values)
    if values:
        raise ExplainerError(
            "{file} is a colour picture, in which mask values can't be chosen.", file=path.name
        )
    if not _has_few(colours.reshape(-1, colours.shape[2])):
        raise ExplainerError("{file} has too many colours or greys to be a mask.", file=path.name)
    return np.asarray((colours > 0).any(axis=2))


def _of_numbers(numbers: NDArray[np.generic], values: Collection[int]) -> NDArray[np.bool_]:
    if values:
        return np.isin(numbers, list(values))
    there = np.unique(numbers)
    is_soft = len(there) > _FEW and there[-1] >= _BRIGHT and _is_black_and_white(numbers.reshape(-1, 1))
    if len(there) > MOST_VALUES or (is_soft and ((there > _CLASSES_BELOW) & (there < _BRIGHT)).any()):
        return np.asarray(numbers > there[-1] / 2)
    marked = np.asarray(numbers != 0)
    if _VOID in there and ((there > 0) & (there < _CLASSES_BELOW)).any():
        marked &= numbers != _VOID
    return marked


def _palette_numbers(picture: Image.Image) -> NDArray[np.generic]:
    """A picture's numbers; where it is black and white, its greys, whichever of them has which number."""
    numbers = np.asarray(picture)
    used = np.unique(numbers)
    palette = np.array(picture.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    if used[-1] < len(palette) and sorted(palette[used].tolist()) == [[0, 0, 0], [255, 255, 255]]:
        return np.asarray(palette[numbers][..., 0])
    return numbers

"""Where in the photo something is, in words such as “upper left”."""

import numpy as np

from .language import Language

PARTS = 9  # three by three


def place(mask: np.ndarray, language: Language) -> str:
    """Where in the photo a region's middle is, such as “upper left”.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, W)
        The region; at least one pixel.
    """
    return place_names(language)[int(place_numbers(mask.astype(np.int64))[1])]


def region_places(segments: np.ndarray, language: Language) -> list[str]:
    """Where in the photo each superpixel's middle is.

    Parameters
    ----------
    segments : numpy.ndarray of int, shape (H, W)
        The superpixels, numbered from 0.
    """
    names = place_names(language)
    return [names[int(number)] for number in place_numbers(segments)]


def place_numbers(segments: np.ndarray) -> np.ndarray:
    """In which of the nine parts of the photo each superpixel's middle is.

    Parameters
    ----------
    segments : numpy.ndarray of int, shape (H, W)
        The superpixels, numbered from 0.

    Returns
    -------
    numpy.ndarray of int, shape (superpixels,)
        0 is the upper left, 2 the upper right, 8 the lower right; see `place_names`.
    """
    height, width = segments.shape
    flat = segments.ravel()
    sizes = np.maximum(np.bincount(flat), 1)
    down = np.bincount(flat, np.repeat(np.arange(height) + 0.5, width)) / sizes / height
    across = np.bincount(flat, np.tile(np.arange(width) + 0.5, height)) / sizes / width
    numbers: np.ndarray = 3 * (3 * down).astype(int) + (3 * across).astype(int)
    return numbers


def shares_of_parts(amounts: np.ndarray) -> np.ndarray:
    """Which share of a mask, or of amounts of something, lies in each of the nine parts of the photo.

    Parameters
    ----------
    amounts : numpy.ndarray of bool or float, shape (H, W)
        0 or more; all 0 has no shares.

    Returns
    -------
    numpy.ndarray of float64, shape (9,)
        Their sum is 1; in the order of `place_names`.
    """
    height, width = amounts.shape
    down, across = (3 * np.arange(size) // size for size in (height, width))
    sums = np.bincount((3 * down[:, np.newaxis] + across).ravel(), amounts.ravel(), minlength=PARTS)
    return sums / (sums.sum() or 1.0)


def place_names(language: Language) -> tuple[str, ...]:
    """What the nine parts of a photo are called, row by row."""
    _ = language.gettext
    return (
        _("upper left"),
        _("top"),
        _("upper right"),
        _("left"),
        _("middle"),
        _("right"),
        _("lower left"),
        _("bottom"),
        _("lower right"),
    )

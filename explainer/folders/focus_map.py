"""Where in the photo the focus lies, coarsely enough to be added up over many photos."""

import numpy as np

from ..reading import Reading
from .record import GRID_SIDE


def focus_grid(reading: Reading) -> tuple[float, ...]:
    """Which share of the focus lies in each cell of a grid over the photo.

    A region counts by its weight, evenly spread over its pixels: a small region that decides everything
    weighs more than a large one that hardly matters.

    Parameters
    ----------
    reading : Reading
        Of one label of the photo.

    Returns
    -------
    tuple of float, length 81
        Row by row from the upper left, nine cells a row; they add up to 1. Empty where nothing speaks for
        the label.
    """
    regions, explanation = reading.focus, reading.explanation
    if not regions:
        return ()
    segments = explanation.segments
    height, width = segments.shape
    weight_of_pixel = np.zeros(explanation.num_superpixels)
    weight_of_pixel[list(regions)] = list(regions.values())
    weight_of_pixel /= np.bincount(segments.ravel(), minlength=explanation.num_superpixels).clip(1)
    down, across = np.arange(height) * GRID_SIDE // height, np.arange(width) * GRID_SIDE // width
    cells = np.zeros((GRID_SIDE, GRID_SIDE))
    np.add.at(cells, (down[:, np.newaxis], across), weight_of_pixel[segments])
    return tuple(round(float(share), 5) for share in (cells / cells.sum()).ravel())


def mean_grid(grids: list[tuple[float, ...]]) -> np.ndarray:
    """The mean over photos.

    Parameters
    ----------
    grids : list of tuple of float
        What `focus_grid` gave for each photo, at least one of them not empty.

    Returns
    -------
    numpy.ndarray of float64, shape (9, 9)
        Shares that add up to 1.
    """
    found = [grid for grid in grids if grid]
    return np.asarray(np.mean(found, axis=0).reshape(GRID_SIDE, GRID_SIDE))


def part_shares(grid: tuple[float, ...]) -> np.ndarray:
    """Which share of the focus lies in each of the photo's nine parts.

    Parameters
    ----------
    grid : tuple of float
        What `focus_grid` gave, and not empty.

    Returns
    -------
    numpy.ndarray of float64, shape (9,)
        In the order of `places.place_names`.
    """
    parts = np.array(grid).reshape(3, GRID_SIDE // 3, 3, GRID_SIDE // 3).sum(axis=(1, 3))
    return np.asarray(parts.ravel())

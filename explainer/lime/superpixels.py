"""Cuts a photo into superpixels: the regions that are switched on and off.

A photo is cut as people see it, at a size of its own. So the same photo has the same superpixels whatever a
network's range of values is, and as many whatever its input size is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import ArgumentError
from ..recipe import SEGMENTATIONS, Quickshift, Segmentation

MAX_SUPERPIXELS = 1 << 16  # what a 16-bit map can hold
_SIDE = 256  # pixels: a photo is cut at the area of a square of this side
_LEAST_USUAL, _MOST_USUAL = 30, 60  # superpixels that the usual cut makes
_FINER_KERNEL = 2.0  # for photos as smooth as a sky, of which the usual one makes a few large pieces


@dataclass(frozen=True, eq=False)
class Cut:
    """A photo's superpixels.

    Attributes
    ----------
    segments : numpy.ndarray of int64, shape (H, W)
        The superpixel of each pixel of the network's input, numbered from 0 without gaps.
    found : int
        How many the segmentation made, before those that were too many were merged.
    seconds : float
        How long that took.
    """

    segments: NDArray[np.int64]
    found: int
    seconds: float = 0.0

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.segments.nbytes


def picture_to_cut(
    frame: Image.Image, input_size: tuple[int, int], segmentation: Segmentation
) -> NDArray[np.float32]:
    """A photo as it is given to a segmentation, with values from 0 to 1.

    Parameters
    ----------
    frame : PIL.Image.Image
        What of the photo the network sees.
    input_size : tuple of int
        Height and width of the network's input, in pixels.
    segmentation : callable
        Who gets it: a function of one's own at the size of the network's input; our own at a size that
        suits them, in the photo's own aspect ratio.

    Returns
    -------
    numpy.ndarray of float32, shape (h, w, 3)
    """
    height, width = input_size
    if type(segmentation) in SEGMENTATIONS.values():
        scale = _SIDE / (frame.width * frame.height) ** 0.5
        height, width = max(1, round(scale * frame.height)), max(1, round(scale * frame.width))
    resized = frame.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32) / np.float32(255)


def cut_photo(
    picture: NDArray[np.float32], input_size: tuple[int, int], segmentation: Segmentation, most: int
) -> Cut:
    """Cut a picture that `picture_to_cut` made.

    Parameters
    ----------
    picture : numpy.ndarray of float32, shape (h, w, 3)
        The picture.
    input_size : tuple of int
        Height and width of the map that is wanted.
    segmentation : callable
        `Quickshift` as it is by default is held to 30 to 60 superpixels.
    most : int
        How many superpixels can be told apart; the most alike neighbours are merged where there are more.
    """
    usual = segmentation == Quickshift()
    segments = segment(picture, segmentation)
    if usual and segments.max() + 1 < _LEAST_USUAL:
        segments = segment(picture, Quickshift(kernel_size=_FINER_KERNEL))
    (height, width), (rows, columns) = input_size, segments.shape
    down, across = ((2 * np.arange(n) + 1) * m // (2 * n) for n, m in ((height, rows), (width, columns)))
    nearest = np.ix_(down, across)
    picture, segments = picture[nearest], _numbered(segments[nearest])
    if usual:
        segments = merged(picture, segments, _MOST_USUAL)
    return Cut(merged(picture, segments, most), int(segments.max()) + 1)


def cut_image(image: NDArray[np.float32], segmentation: Segmentation, most: int) -> Cut:
    """Cut what the network gets, in its own range of values, as the `lime` package does.

    Parameters
    ----------
    image : numpy.ndarray of float32, shape (H, W, 3)
        A preprocessed photo.
    segmentation, most
        As for `cut_photo`.
    """
    segments = segment(image, segmentation)
    return Cut(merged(image, segments, most), int(segments.max()) + 1)


def segment(picture: NDArray[np.float32], segmentation: Segmentation) -> NDArray[np.int64]:
    """Have a segmentation cut a picture, and number what it made.

    Parameters
    ----------
    picture : numpy.ndarray of float32, shape (H, W, 3)
        Any picture.
    segmentation : callable
        From such a picture to a map of whole numbers.

    Returns
    -------
    numpy.ndarray of int64, shape (H, W)
        The superpixel of each pixel, numbered from 0 without gaps.

    Raises
    ------
    ArgumentError
        The picture has another shape, or the segmentation did not return one whole number a pixel, or more
        superpixels than can be numbered.
    """
    if not isinstance(picture, np.ndarray) or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ArgumentError(
            "image must be an array of the shape (H, W, 3), and is {value}.",
            value=getattr(picture, "shape", None) or repr(picture),
        )
    segments: NDArray[Any] = np.asarray(segmentation(picture.copy()))
    if segments.shape != picture.shape[:2] or not np.issubdtype(segments.dtype, np.integer):
        raise ArgumentError(
            "segmentation must return whole numbers of the shape {wanted}, "
            "and returned {kind} of the shape {shape}.",
            wanted=picture.shape[:2],
            kind=segments.dtype,
            shape=segments.shape,
        )
    numbered = _numbered(segments)
    if numbered.max() >= MAX_SUPERPIXELS:
        raise ArgumentError(
            "The photo was cut into {number} regions, and at most {most} can be numbered: "
            "choose a coarser segmentation.",
            number=int(numbered.max()) + 1,
            most=MAX_SUPERPIXELS,
        )
    return numbered


def merged(picture: NDArray[np.float32], segments: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Merge neighbours that are most alike in colour and place, until there are at most so many.

    Parameters
    ----------
    picture : numpy.ndarray of float, shape (H, W, 3)
        What was cut.
    segments : numpy.ndarray of int64, shape (H, W)
        Its superpixels, numbered from 0 without gaps.
    most : int
        How many there may be.

    Returns
    -------
    numpy.ndarray of int64, shape (H, W)
        Numbered from 0 without gaps.

    References
    ----------
    Ward: Hierarchical grouping to optimize an objective function. JASA 58 (301), 1963.
    """
    number = int(segments.max()) + 1
    if number <= most:
        return segments
    # Imported here: few photos need it, and scikit-learn takes seconds.
    from scipy.sparse import coo_array
    from sklearn.cluster import AgglomerativeClustering

    low, high = float(picture.min()), float(picture.max())
    colours = 100 * (picture.reshape(-1, 3) - low) / ((high - low) or 1.0)
    values = np.column_stack([colours, *(axis.ravel() for axis in np.indices(segments.shape))])
    flat = segments.ravel()
    means = np.stack([np.bincount(flat, value) for value in values.T], axis=1) / np.bincount(flat)[:, None]
    first = np.concatenate([segments[:, :-1].ravel(), segments[:-1].ravel()])
    second = np.concatenate([segments[:, 1:].ravel(), segments[1:].ravel()])
    neighbours = coo_array((np.ones(len(first), bool), (first, second)), shape=(number, number)).tocsr()
    clusters = AgglomerativeClustering(most, connectivity=neighbours, linkage="ward").fit(means)
    return _numbered(clusters.labels_[segments])


def _numbered(segments: NDArray[Any]) -> NDArray[np.int64]:
    numbers = np.unique(segments, return_inverse=True)[1]
    return numbers.reshape(segments.shape).astype(np.int64)

"""Cuts a preprocessed photo into superpixels: the regions that are switched on and off."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..recipe import Quickshift, Segmentation

MAX_SUPERPIXELS = 1 << 16  # what a 16-bit map can hold


def segment(image: NDArray[np.float32], segmentation: Segmentation | None = None) -> NDArray[np.int64]:
    """Cut a preprocessed photo into superpixels.

    Parameters
    ----------
    image : numpy.ndarray of float32, shape (H, W, 3)
        A preprocessed photo.
    segmentation : callable, optional
        From such an image to a map of whole numbers; `Quickshift` by default.

    Returns
    -------
    numpy.ndarray of int64, shape (H, W)
        The superpixel of each pixel, numbered from 0 without gaps.

    Raises
    ------
    ArgumentError
        The image has another shape, or the segmentation did not return one whole number a pixel, or more
        superpixels than can be numbered.
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ArgumentError(
            "image must be an array of the shape (H, W, 3), and is {value}.",
            value=getattr(image, "shape", None) or repr(image),
        )
    segments: NDArray[Any] = np.asarray((segmentation or Quickshift())(image.copy()))
    if segments.shape != image.shape[:2] or not np.issubdtype(segments.dtype, np.integer):
        raise ArgumentError(
            "segmentation must return whole numbers of the shape {wanted}, "
            "and returned {kind} of the shape {shape}.",
            wanted=image.shape[:2],
            kind=segments.dtype,
            shape=segments.shape,
        )
    present, numbered = np.unique(segments, return_inverse=True)
    check_number(len(present), MAX_SUPERPIXELS)
    return numbered.reshape(segments.shape).astype(np.int64)


def check_number(superpixels: int, most: int) -> None:
    """Check that there are not more superpixels than can be told apart.

    Raises
    ------
    ArgumentError
        There are.
    """
    if superpixels > most:
        raise ArgumentError(
            "The photo was cut into {number} superpixels, and at most {most} can be told apart: "
            "choose a coarser segmentation.",
            number=superpixels,
            most=most,
        )

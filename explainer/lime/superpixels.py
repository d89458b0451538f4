"""Cuts a preprocessed photo into superpixels: the regions that are switched on and off.

scikit-image's segmentations are imported where they are used, so that the page's first frame need not
wait for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..arguments import check_not_negative, check_positive, check_share, check_whole_number
from ..errors import ArgumentError
from .kerdock import MAX_LENGTH as KERDOCK_LENGTH

MAX_SUPERPIXELS = KERDOCK_LENGTH
Segmentation = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Quickshift:
    """Vedaldi and Soatto (2008), from scikit-image; the defaults are those of the `lime` package."""

    kernel_size: float = 4.0
    max_dist: float = 200.0
    ratio: float = 0.2

    def __post_init__(self) -> None:
        if check_positive("kernel_size", self.kernel_size) < 1:
            raise ArgumentError(
                "kernel_size must be 1 or more, and is {value}.", value=repr(self.kernel_size)
            )
        check_positive("max_dist", self.max_dist)
        check_share("ratio", self.ratio)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        from skimage.segmentation import quickshift

        segments: np.ndarray = quickshift(
            image, kernel_size=self.kernel_size, max_dist=self.max_dist, ratio=self.ratio
        )
        return segments


@dataclass(frozen=True)
class Slic:
    """Achanta et al. (2012), from scikit-image: about equal in size, compact."""

    n_segments: int = 50
    compactness: float = 10.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        check_whole_number("n_segments", self.n_segments)
        check_positive("compactness", self.compactness)
        check_not_negative("sigma", self.sigma)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        # SLIC's compactness is meant for values in [0, 1].
        low, high = float(image.min()), float(image.max())
        scaled = (image - low) / (high - low) if high > low else np.zeros_like(image)
        from skimage.segmentation import slic

        segments: np.ndarray = slic(
            scaled,
            n_segments=self.n_segments,
            compactness=self.compactness,
            sigma=self.sigma,
            start_label=0,
        )
        return segments


@dataclass(frozen=True)
class Felzenszwalb:
    """Felzenszwalb and Huttenlocher (2004), from scikit-image: follows edges, sizes differ much."""

    scale: float = 200.0
    sigma: float = 0.8
    min_size: int = 200

    def __post_init__(self) -> None:
        check_positive("scale", self.scale)
        check_not_negative("sigma", self.sigma)
        check_whole_number("min_size", self.min_size, least=0)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        from skimage.segmentation import felzenszwalb

        segments: np.ndarray = felzenszwalb(image, scale=self.scale, sigma=self.sigma, min_size=self.min_size)
        return segments


def segment(image: np.ndarray, segmentation: Segmentation | None = None) -> np.ndarray:
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
        The image has another shape, or the segmentation is not callable, or did not return one whole number a
        pixel.
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ArgumentError(
            "image must be an array of the shape (H, W, 3), and is {value}.",
            value=getattr(image, "shape", None) or repr(image),
        )
    if segmentation is None:
        segmentation = Quickshift()
    if not callable(segmentation):
        raise ArgumentError("segmentation must be a callable from an image to a segment map, or None.")
    segments = np.asarray(segmentation(image.copy()))
    if segments.shape != image.shape[:2] or not np.issubdtype(segments.dtype, np.integer):
        raise ArgumentError(
            "segmentation must return whole numbers of the shape {wanted}, "
            "and returned {kind} of the shape {shape}.",
            wanted=image.shape[:2],
            kind=segments.dtype,
            shape=segments.shape,
        )
    present, numbered = np.unique(segments, return_inverse=True)
    if len(present) > MAX_SUPERPIXELS:
        raise ArgumentError(
            "The photo was cut into {number} superpixels, and at most {most} can be told apart: "
            "choose a coarser segmentation.",
            number=len(present),
            most=MAX_SUPERPIXELS,
        )
    return numbered.reshape(segments.shape).astype(np.int64)


def hidden_image(image: np.ndarray, segments: np.ndarray, hide_color: "HideColor" = 0.0) -> np.ndarray:
    """Paint what a superpixel shows when it is switched off.

    Parameters
    ----------
    image : numpy.ndarray of float32, shape (H, W, 3)
        A preprocessed photo.
    segments : numpy.ndarray of int, shape (H, W)
        Its superpixels.
    hide_color : float, sequence of 3 floats, callable or None
        In the preprocessed space: one value, one a channel, or a callable from image to image of the
        same shape. ``None`` is each superpixel's own mean, as in `lime`.

    Returns
    -------
    numpy.ndarray of float32, shape (H, W, 3)

    Raises
    ------
    ArgumentError
        `hide_color` is none of these.
    """
    if hide_color is None:
        flat = segments.ravel()
        counts = np.bincount(flat)
        means = np.stack(
            [np.bincount(flat, image[..., channel].ravel()) / counts for channel in range(3)],
            axis=-1,
        )
        painted: np.ndarray = means[segments].astype(image.dtype)
        return painted
    try:
        colour = np.asarray(hide_color(image.copy()) if callable(hide_color) else hide_color, image.dtype)
        hidden = np.broadcast_to(colour, image.shape)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            "hide_color must be a number, three numbers, a callable that paints an image, or None."
        ) from error
    if not np.isfinite(hidden).all():
        raise ArgumentError("hide_color must be finite.")
    return np.ascontiguousarray(hidden)


HideColor = float | tuple[float, float, float] | Callable[[np.ndarray], np.ndarray] | None


@dataclass(frozen=True)
class Blur:
    """A hide colour that shows the photo itself, too blurred to make anything out.

    Parameters
    ----------
    share : float
        How far the blur reaches (one standard deviation), as a share of the longer side.
    """

    share: float = 0.08

    def __post_init__(self) -> None:
        check_positive("share", self.share)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        from scipy.ndimage import gaussian_filter

        reach = self.share * max(image.shape[:2])
        blurred: np.ndarray = gaussian_filter(image, (reach, reach, 0), mode="nearest")
        return blurred


HIDE_COLORS = ("grey", "mean", "black", "blur")


def hide_color_named(name: str, classifier: Any) -> HideColor:
    """The hide colour of a name, in a classifier's preprocessed space.

    Parameters
    ----------
    name : str
        One of `HIDE_COLORS`: 0.0, each superpixel's own mean, what a black photo is preprocessed to, or
        the photo blurred.
    classifier : Classifier
        Anything with its ``preprocess``.

    Raises
    ------
    ArgumentError
        There is no hide colour of this name.
    """
    if name == "grey":
        return 0.0
    if name == "mean":
        return None
    if name == "black":
        red, green, blue = classifier.preprocess(Image.new("RGB", (16, 16)))[0, 0].tolist()
        return red, green, blue
    if name == "blur":
        return Blur()
    raise ArgumentError(
        "hide_color must be one of {names}, and is {name}.", names=", ".join(HIDE_COLORS), name=repr(name)
    )

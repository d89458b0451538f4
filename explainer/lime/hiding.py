"""What superpixels show when they are switched off."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..classifiers.classifier import ClassifierLike
from ..errors import ArgumentError
from ..recipe import HideColor

BLUR = 0.08  # one standard deviation, as a share of the longer side


def hidden_image(
    image: NDArray[np.float32],
    segments: NDArray[np.int64],
    hide_color: HideColor,
    classifier: ClassifierLike,
) -> NDArray[np.float32]:
    """Paint what superpixels show when they are switched off.

    Parameters
    ----------
    image : numpy.ndarray of float32, shape (H, W, 3)
        A preprocessed photo.
    segments : numpy.ndarray of int64, shape (H, W)
        Its superpixels.
    hide_color : str, float, 3 floats or callable
        A recipe's; see `Recipe`.
    classifier : ClassifierLike
        Whose range of values it is.

    Returns
    -------
    numpy.ndarray of float32, shape (H, W, 3)

    Raises
    ------
    ArgumentError
        A callable paints nothing that fits.
    """
    if hide_color == "mean":
        flat = segments.ravel()
        counts = np.bincount(flat)
        means = np.stack(
            [np.bincount(flat, image[..., channel].ravel()) / counts for channel in range(3)], axis=-1
        )
        painted: NDArray[np.float32] = means[segments].astype(image.dtype)
        return painted
    if hide_color == "blur":
        return blurred(image)
    try:
        if callable(hide_color):
            colour = np.asarray(hide_color(image.copy()), image.dtype)
        elif hide_color == "black":
            colour = classifier.preprocess(Image.new("RGB", (16, 16)))[0, 0]
        else:
            colour = np.asarray(0.0 if hide_color == "grey" else hide_color, image.dtype)
        hidden = np.broadcast_to(colour, image.shape)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            "hide_color must be a number, three numbers, a callable that paints an image, or None."
        ) from error
    if not np.isfinite(hidden).all():
        raise ArgumentError("hide_color must be finite.")
    return np.ascontiguousarray(hidden)


def blurred(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """A photo too blurred to make anything out; float32, shape (H, W, 3)."""
    from scipy.ndimage import gaussian_filter

    reach = BLUR * max(image.shape[:2])
    result: NDArray[np.float32] = gaussian_filter(image, (reach, reach, 0), mode="nearest")
    return result

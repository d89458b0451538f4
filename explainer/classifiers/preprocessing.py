"""What is done to a photo before a network sees it."""

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Preprocessing:
    """Resize without cropping, then ``(value - offset) / scale``.

    Parameters
    ----------
    input_size : tuple of int
        Height and width that the network takes, in pixels.
    offset, scale : float
        In units of 8-bit values, 0 to 255.
    resample : PIL.Image.Resampling
        How pixels are interpolated.
    """

    input_size: tuple[int, int]
    offset: float
    scale: float
    resample: Image.Resampling

    def preprocess(self, photo: Image.Image) -> np.ndarray:
        """Turn a photo into what the network takes.

        Returns
        -------
        numpy.ndarray of float32, shape (H, W, 3)
        """
        height, width = self.input_size
        resized = photo.convert("RGB").resize((width, height), self.resample)
        return (np.asarray(resized, dtype=np.float32) - self.offset) / self.scale

    def to_display(self, image: np.ndarray) -> np.ndarray:
        """Undo the scaling of `preprocess`, for showing.

        Returns
        -------
        numpy.ndarray of float64, same shape, in [0, 1]
        """
        return np.clip((np.asarray(image, np.float64) * self.scale + self.offset) / 255.0, 0.0, 1.0)

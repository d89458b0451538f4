"""What the rest of the package knows of a network."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from PIL import Image

from ..errors import ArgumentError, ClassifierError
from .preprocessing import Preprocessing

Precision = Literal["exact", "fast"]


class Predictor(Protocol):
    """Runs a network: float32 (N, H, W, 3) to float32 probabilities (N, classes)."""

    def predict(self, batch: np.ndarray, precision: Precision = "exact") -> np.ndarray: ...

    def describe(self) -> str: ...


class Classifier:
    """A trained network with all that is needed to ask it about a photo.

    Attributes
    ----------
    name : str
        As `load_classifier` takes it, such as ``efficientnet-lite2``.
    title : str
        As people write it, such as ``EfficientNet-Lite2``.
    input_size : tuple of int
        Height and width of the network's input, in pixels.
    class_names : sequence of str
        Class index to name, such as ``tiger_cat``.
    wnids : sequence of str
        Class index to WordNet id, such as ``n02123159``.
    """

    def __init__(
        self,
        name: str,
        title: str,
        predictor: Predictor,
        preprocessing: Preprocessing,
        class_names: Sequence[str],
        wnids: Sequence[str],
    ) -> None:
        self.name = name
        self.title = title
        self.input_size = preprocessing.input_size
        self.class_names = class_names
        self.wnids = wnids
        self._predictor = predictor
        self._preprocessing = preprocessing

    def __repr__(self) -> str:
        height, width = self.input_size
        return f"<Classifier {self.name}, {height}×{width}, {len(self.class_names)} classes>"

    def preprocess(self, photo: Image.Image) -> np.ndarray:
        """Turn a photo into the network's input, resized without cropping.

        Returns
        -------
        numpy.ndarray of float32, shape (H, W, 3)
            In the network's own range of values.
        """
        return self._preprocessing.preprocess(photo)

    def to_display(self, image: np.ndarray) -> np.ndarray:
        """Turn preprocessed pixels back into colours.

        Parameters
        ----------
        image : numpy.ndarray, shape (..., 3)
            In the network's own range of values.

        Returns
        -------
        numpy.ndarray of float64, same shape, in [0, 1]
        """
        return self._preprocessing.to_display(image)

    def predict(self, batch: np.ndarray, precision: Precision = "exact") -> np.ndarray:
        """Ask the network. May be called from several threads at once.

        Parameters
        ----------
        batch : numpy.ndarray of float32, shape (N, H, W, 3)
            Preprocessed pictures, any number of them.
        precision : {"exact", "fast"}
            ``exact`` computes in 32-bit floats. ``fast`` lets the processor use bfloat16 where it
            can: about twice as fast, and probabilities move by up to 0.04.

        Returns
        -------
        numpy.ndarray of float32, shape (N, classes)
            Probabilities. What a picture gets does not depend on the others in its batch.

        Raises
        ------
        ArgumentError
            The batch has another shape, or `precision` is neither of the two.
        ClassifierError
            The network's answer is not a finite probability for every class.
        """
        batch = np.ascontiguousarray(batch, dtype=np.float32)
        if batch.shape[1:] != (*self.input_size, 3):
            raise ArgumentError(
                "batch must have the shape (N, {height}, {width}, 3), and has {shape}.",
                height=self.input_size[0],
                width=self.input_size[1],
                shape=batch.shape,
            )
        if precision not in ("exact", "fast"):
            raise ArgumentError("precision must be 'exact' or 'fast', and is {value}.", value=repr(precision))
        classes = len(self.class_names)
        if len(batch) == 0:
            return np.empty((0, classes), np.float32)
        probabilities = np.asarray(self._predictor.predict(batch, precision), np.float32)
        if probabilities.shape != (len(batch), classes) or not np.isfinite(probabilities).all():
            raise ClassifierError(
                "The classifier {name} did not answer with {classes} finite probabilities a picture.",
                name=self.name,
                classes=classes,
            )
        return probabilities

    def describe_engine(self) -> str:
        """What runs the network, such as ``OpenVINO 2026.4.1 on CPU``."""
        return self._predictor.describe()

"""What the rest of the package knows of a network."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from ..errors import ArgumentError, ClassifierError
from .predictor import FunctionPredictor, Precision, Predictor
from .preprocessing import AskedPreprocessing, PhotoPreprocessing, Preprocessing


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
        Class index to WordNet id, such as ``n02123159``; empty for classes that have none.
    fingerprint : str
        SHA-256 in hexadecimal of all that decides what the classifier answers: weights, preprocessing and
        class names. The same on every machine. Empty where it can't be known, as for a function.
    """

    def __init__(
        self,
        name: str,
        title: str,
        predictor: Predictor,
        preprocessing: PhotoPreprocessing,
        class_names: Sequence[str],
        wnids: Sequence[str],
        fingerprint: str = "",
    ) -> None:
        self.name = name
        self.title = title
        self.input_size = preprocessing.input_size
        self.class_names = class_names
        self.wnids = wnids
        self.fingerprint = fingerprint
        self._predictor = predictor
        self._preprocessing = preprocessing

    @classmethod
    def from_function(
        cls,
        predict: Callable[[np.ndarray], np.ndarray],
        *,
        input_size: tuple[int, int],
        class_names: Sequence[str],
        preprocess: Preprocessing | Callable[[Image.Image], np.ndarray] | None = None,
        name: str = "function",
        title: str = "",
        fingerprint: str = "",
    ) -> "Classifier":
        """Make a classifier of any Python function, such as one that asks a PyTorch network.

        Parameters
        ----------
        predict : callable
            From float32 (N, H, W, 3) to probabilities (N, classes). What a picture gets must not depend on
            the others in its batch. It may be called from several threads.
        input_size : tuple of int
            Height and width of the pictures that it takes, in pixels.
        class_names : sequence of str
            In the order of the probabilities.
        preprocess : Preprocessing or callable, optional
            What is done to a photo, or a function from an RGB photo to float (H, W, 3). A function may do
            to colours whatever can be written as ``colour * scale + offset`` for each channel, and no
            cropping: `Preprocessing` does that. By default photos are stretched, and values go from 0 to 1.
        name, title : str
            For settings and reports; the title is the name by default.
        fingerprint : str
            Identifies what the function computes; it must change whenever that does. Without one, results
            can't be told from those of another function, so nothing that is kept on disk is resumed.

        Raises
        ------
        ArgumentError
            `input_size` is not two whole numbers above 0, or there are no class names.

        Examples
        --------
        >>> import numpy as np
        >>> from explainer import Classifier
        >>> def predict(batch):
        ...     brightness = batch.mean(axis=(1, 2, 3))
        ...     return np.stack([1 - brightness, brightness], axis=1)
        >>> Classifier.from_function(predict, input_size=(64, 64), class_names=["dark", "bright"])
        <Classifier function, 64×64, 2 classes>
        """
        if len(input_size) != 2 or not all(isinstance(n, int) and n > 0 for n in input_size):
            raise ArgumentError(
                "input_size must be a height and a width, and is {value}.", value=repr(input_size)
            )
        if not class_names:
            raise ArgumentError("class_names must name at least one class.")
        preprocessing: PhotoPreprocessing
        if preprocess is None:
            preprocessing = Preprocessing(input_size, 0.0, 255.0)
        elif isinstance(preprocess, Preprocessing):
            preprocessing = preprocess
        else:
            preprocessing = AskedPreprocessing(input_size, preprocess)
        names = tuple(class_names)
        return cls(
            name,
            title or name,
            FunctionPredictor(predict),
            preprocessing,
            names,
            ("",) * len(names),
            fingerprint,
        )

    def __repr__(self) -> str:
        height, width = self.input_size
        return f"<Classifier {self.name}, {height}×{width}, {len(self.class_names)} classes>"

    def frame(self, photo: Image.Image) -> Image.Image:
        """What of a photo the network sees, at the photo's own resolution.

        The photo itself where it is stretched, else cropped or padded; stretched over the network's input,
        nothing is left over. What is drawn over a photo belongs on its frame.
        """
        return self._preprocessing.frame(photo)

    def preprocess(self, photo: Image.Image) -> np.ndarray:
        """Turn a photo into the network's input.

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

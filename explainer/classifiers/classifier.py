"""What the rest of the package knows of a network."""

import copy
import hashlib
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arguments import check_callable, check_size, check_text, check_whole_number
from ..errors import ArgumentError, ClassifierError
from ..recipe import Precision
from .answers import check_probabilities, checked_answers
from .calls import NeverAnsweredError
from .fingerprint import fingerprint as fingerprint_of
from .predictor import FunctionPredictor, Predictor
from .preprocessing import RESAMPLINGS, WHOLE, AskedPreprocessing, Box, PhotoPreprocessing, Preprocessing

if TYPE_CHECKING:
    import keras


class ClassifierLike(Protocol):
    """What can be explained: a `Classifier`, or anybody's object as `adapted` completes it."""

    name: str
    title: str
    class_names: Sequence[str]
    wnids: Sequence[str]
    fingerprint: str
    independent: bool
    is_range_confirmed: bool
    sent_to: str

    @property
    def input_size(self) -> tuple[int, int]: ...

    def frame(self, photo: Image.Image) -> Image.Image: ...

    def box(self, photo: Image.Image) -> Box | None: ...

    def preprocess(self, photo: Image.Image) -> NDArray[np.float32]: ...

    def to_display(self, image: NDArray[Any]) -> NDArray[np.float64]: ...

    def predict(self, batch: NDArray[np.float32], precision: Precision = "exact") -> NDArray[np.float32]: ...

    def describe_engine(self) -> str: ...

    def keras_network(self) -> "keras.Model": ...

    def with_random_weights(self, seed: int = 0) -> "Classifier": ...


_twins: "weakref.WeakKeyDictionary[Classifier, weakref.WeakValueDictionary[int, Classifier]]" = (
    weakref.WeakKeyDictionary()
)
"""Those with random weights, by the seed."""


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
    independent : bool
        Whether each class has a probability of its own, so that they need not sum to 1.
    is_range_confirmed : bool
        False where nothing has said which values the network takes, so that they were assumed: if wrongly,
        all its answers are wrong.
    sent_to : str
        The machine that pictures are sent to, such as ``https://models.example.org``; empty where they stay
        on this one.
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
        independent: bool = False,
        is_range_confirmed: bool = True,
        sent_to: str = "",
    ) -> None:
        self.name = name
        self.title = title
        self.input_size = preprocessing.input_size
        self.class_names = class_names
        self.wnids = wnids
        self.fingerprint = fingerprint
        self.independent = independent
        self.is_range_confirmed = is_range_confirmed
        self.sent_to = sent_to
        self._predictor = predictor
        self._preprocessing = preprocessing

    @classmethod
    def from_function(
        cls,
        predict: Callable[[NDArray[np.float32]], NDArray[Any]],
        *,
        input_size: tuple[int, int],
        class_names: Sequence[str],
        preprocess: Preprocessing | Callable[[Image.Image], NDArray[Any]] | None = None,
        name: str = "function",
        title: str = "",
        fingerprint: str = "",
        independent: bool = False,
    ) -> "Classifier":
        """Make a classifier of any Python function, such as one that asks a PyTorch network.

        Parameters
        ----------
        predict : callable
            From float32 (N, H, W, 3) to probabilities (N, classes). What a picture gets must not depend on
            the others in its batch. It is called for one batch at a time, always in the same thread, which
            is none of those that ask. If it does not come back within three minutes for every 16 pictures,
            it is given up, and the next question is asked in another thread.
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
        independent : bool
            Each class has a probability of its own, so that they need not sum to 1.

        Raises
        ------
        ArgumentError
            An argument is outside of what is accepted; the message names it.

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
        check_callable("predict", predict)
        check_size("input_size", input_size)
        for argument, value in (("name", name), ("title", title), ("fingerprint", fingerprint)):
            check_text(argument, value)
        names = _checked_names(class_names)
        preprocessing: PhotoPreprocessing
        if preprocess is None:
            preprocessing = Preprocessing(input_size, 0.0, 255.0)
        elif isinstance(preprocess, Preprocessing):
            preprocessing = preprocess
            if tuple(preprocess.input_size) != tuple(input_size):
                raise ArgumentError(
                    "preprocess must make pictures of the input_size {wanted}, and makes them {size}.",
                    wanted=tuple(input_size),
                    size=tuple(preprocess.input_size),
                )
        else:
            check_callable("preprocess", preprocess)
            preprocessing = AskedPreprocessing(input_size, preprocess)
        return cls(
            name,
            title or name,
            FunctionPredictor(predict),
            preprocessing,
            names,
            ("",) * len(names),
            fingerprint,
            independent,
        )

    def resampled(self, resample: str) -> "Classifier":
        """The same classifier, which interpolates pixels in another way.

        Parameters
        ----------
        resample : {"nearest", "bilinear", "bicubic", "lanczos"}
            ``nearest`` is what Keras' ``load_img`` does. It becomes part of the name, after an ``@``.

        Raises
        ------
        ClassifierError
            There is no such way, or photos are prepared by a function.
        """
        if resample not in RESAMPLINGS or not isinstance(self._preprocessing, Preprocessing):
            raise ClassifierError(
                "After @ in a classifier's name stands how pixels are interpolated, which is one of {ways}, "
                "and not {value}.",
                ways=", ".join(RESAMPLINGS),
                value=repr(resample),
            )
        if self._preprocessing.resample == RESAMPLINGS[resample]:
            return self
        other = copy.copy(self)
        other._preprocessing = replace(self._preprocessing, resample=RESAMPLINGS[resample])
        other.name, other.title = f"{self.name}@{resample}", f"{self.title} ({resample})"
        if self.fingerprint:
            other.fingerprint = fingerprint_of(self.fingerprint, other._preprocessing, self.class_names)
        return other

    def __repr__(self) -> str:
        height, width = self.input_size
        return f"<Classifier {self.name}, {height}×{width}, {len(self.class_names)} classes>"

    def frame(self, photo: Image.Image) -> Image.Image:
        """What of a photo the network sees, at the photo's own resolution.

        The photo itself where it is stretched, else cropped or padded; stretched over the network's input,
        nothing is left over. What is drawn over a photo belongs on its frame.
        """
        return self._preprocessing.frame(photo)

    def box(self, photo: Image.Image) -> Box | None:
        """Where `frame` lies in a photo: its left, upper, right and lower edge, in shares of the photo.

        They are below 0 and above 1 where it is padded; None where that is not known.
        """
        return self._preprocessing.box(photo)

    def preprocess(self, photo: Image.Image) -> NDArray[np.float32]:
        """Turn a photo into the network's input.

        Returns
        -------
        numpy.ndarray of float32, shape (H, W, 3)
            In the network's own range of values.

        Raises
        ------
        ArgumentError
            The photo is no picture.
        """
        if not isinstance(photo, Image.Image):
            raise ArgumentError(
                "photo must be a picture, such as load_photo returns, and is {value}.", value=repr(photo)
            )
        return self._preprocessing.preprocess(photo)

    def to_display(self, image: NDArray[Any]) -> NDArray[np.float64]:
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

    def predict(self, batch: NDArray[np.float32], precision: Precision = "exact") -> NDArray[np.float32]:
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
            The network's answer is not a finite probability for every class, or never comes. Whether
            probabilities sum to 1 is checked where they are computed exactly.
        """
        try:
            batch = np.ascontiguousarray(batch, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise ArgumentError("batch must be an array of numbers, (N, height, width, 3).") from error
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
        try:
            answers = self._predictor.predict(batch, precision)
        except NeverAnsweredError as error:
            raise ClassifierError(
                "The classifier {name} did not answer within {seconds} seconds and was given up: try again, "
                "or choose another classifier.",
                name=self.name,
                seconds=f"{error.seconds:g}",
            ) from error
        probabilities = checked_answers(answers, len(batch), classes, self.name)
        if precision == "exact":
            check_probabilities(probabilities, self.name, self.independent)
        return probabilities

    def describe_engine(self) -> str:
        """What runs the network, such as ``OpenVINO 2026.4.1 on CPU``."""
        return self._predictor.describe()

    def describe_fallback(self) -> str:
        """Why TensorFlow runs the network although OpenVINO would be faster.

        Empty where that is not so, and before the first question.
        """
        return self._predictor.fallback()

    def keras_network(self) -> "keras.Model":
        """The network as Keras has it, for what takes more than answers, such as gradients.

        It is built at the first question for it, which takes seconds, and kept: not to be changed.

        Returns
        -------
        keras.Model
            Of Keras 3, or of `tf_keras` for files of Keras 2. From float32 (N, H, W, 3), as `preprocess`
            returns pictures, to the probabilities of `predict`; to (N, 1), those of the second class, where
            the network has a single output unit.

        Raises
        ------
        ClassifierError
            It is no network in Keras' format; the message says what it is.
        """
        return self._predictor.keras_network()

    def with_random_weights(self, seed: int = 0) -> "Classifier":
        """The same architecture that has learned nothing: what looks alike for both follows no network.

        In each convolution and matrix product the weights change places at random, so their distribution
        stays. Biases become 0, as those of a new network are; scales stay. Photos are prepared as before.

        Parameters
        ----------
        seed : int
            Which places they change to, the same on every machine.

        Returns
        -------
        Classifier
            With another name and fingerprint; the same one for all who ask while somebody holds it. It is
            loaded at its first question, and always runs in OpenVINO.

        Raises
        ------
        ClassifierError
            Its weights can't be reached. At the first question: it has none, or OpenVINO can't run it.

        References
        ----------
        Adebayo et al. (2018), Sanity Checks for Saliency Maps, arXiv:1810.03292.
        """
        check_whole_number("seed", seed, 0, 2**32 - 1)
        twins = _twins.setdefault(self, weakref.WeakValueDictionary())
        if (known := twins.get(seed)) is not None:
            return known
        twin = copy.copy(self)
        twin._predictor = self._predictor.with_random_weights(seed)
        twin.name, twin.title = (f"{name} with random weights" for name in (self.name, self.title))
        if self.fingerprint:
            parts = f"{self.fingerprint} with random weights {seed}"
            twin.fingerprint = hashlib.sha256(parts.encode()).hexdigest()
        return twins.setdefault(seed, twin)


def adapted(classifier: Any) -> ClassifierLike:
    """A classifier as it is, and any other object that can be asked, with what it lacks filled in.

    Adaptations of the same object are equal, and keep it as ``original``.

    Raises
    ------
    ArgumentError
        It lacks what can't be filled in.
    """
    if isinstance(classifier, Classifier | _Adapted):
        return classifier
    needed = ("predict", "preprocess", "class_names", "wnids")
    if isinstance(classifier, type) or not all(hasattr(classifier, attribute) for attribute in needed):
        raise ArgumentError(
            "classifier must be what load_classifier returns, or have its {attributes}, and is {value}.",
            attributes=", ".join(needed),
            value=repr(classifier),
        )
    return _Adapted(classifier)


class _Adapted:
    """Anybody's object, with all that a `Classifier` has."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.name: str = getattr(original, "name", type(original).__name__)
        self.title: str = getattr(original, "title", self.name)
        self.class_names: Sequence[str] = original.class_names
        self.wnids: Sequence[str] = original.wnids
        self.fingerprint: str = getattr(original, "fingerprint", "")
        self.independent: bool = getattr(original, "independent", False)
        self.is_range_confirmed: bool = getattr(original, "is_range_confirmed", True)
        self.sent_to: str = getattr(original, "sent_to", "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Adapted) and other.original is self.original

    def __hash__(self) -> int:
        return hash(id(self.original))

    @cached_property
    def input_size(self) -> tuple[int, int]:
        if hasattr(self.original, "input_size"):
            height, width = self.original.input_size
        else:
            height, width, _ = self.preprocess(Image.new("RGB", (256, 256))).shape
        return height, width

    def frame(self, photo: Image.Image) -> Image.Image:
        frame: Image.Image = self.original.frame(photo) if hasattr(self.original, "frame") else photo
        return frame

    def box(self, photo: Image.Image) -> Box | None:
        return None if hasattr(self.original, "frame") else WHOLE

    def preprocess(self, photo: Image.Image) -> NDArray[np.float32]:
        image: NDArray[np.float32] = self.original.preprocess(photo)
        return image

    def to_display(self, image: NDArray[Any]) -> NDArray[np.float64]:
        own = getattr(self.original, "to_display", None)
        display: NDArray[np.float64] = (own or self._asked.to_display)(image)
        return display

    @cached_property
    def _asked(self) -> AskedPreprocessing:
        return AskedPreprocessing(self.input_size, self.preprocess)

    def predict(self, batch: NDArray[np.float32], precision: Precision = "exact") -> NDArray[np.float32]:
        options = {} if precision == "exact" else {"precision": precision}  # few objects know of it
        answers: NDArray[np.float32] = self.original.predict(batch, **options)
        return answers

    def describe_engine(self) -> str:
        describe = getattr(self.original, "describe_engine", None)
        return describe() if describe else ""

    def keras_network(self) -> NoReturn:
        raise ClassifierError(
            "The classifier {name} gives answers and no gradients, and these are needed: they can be had of "
            "a network in Keras' format.",
            name=self.name,
        )

    def with_random_weights(self, seed: int = 0) -> NoReturn:
        raise ClassifierError(
            "The weights of the classifier {name} can't be reached, so they can't be made random.",
            name=self.name,
        )


def _checked_names(names: Any) -> tuple[str, ...]:
    checked = tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else ()
    if not checked or not all(isinstance(name, str) for name in checked):
        raise ArgumentError(
            "class_names must be a list of texts that names at least one class, and is {value}.",
            value=repr(names),
        )
    return checked

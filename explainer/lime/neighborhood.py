"""The growing record of perturbed samples around one photo, and what the classifier said of each.

A neighborhood is a prefix: its first 300 samples are the same whether 300 or 1000 were asked for. It only
ever grows, whoever asks, and no sample is computed twice.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classifiers.answers import checked_answers
from ..classifiers.calls import Turns
from ..classifiers.classifier import ClassifierLike
from ..errors import ClassifierFailedError, ExplainerError, reason_of
from ..recipe import Precision, Target
from .designs import Design, perturbed_pictures
from .surrogate import Surrogate

BATCH_SIZE = 16  # what has to end before another session, or a moved slider, has its turn
_REMEMBERED_ANSWERS = 256
STEADY = 0.01
"""By how much two answers about the same photo may differ, in log-odds: 32-bit floats differ by far less
whatever they are computed on and with. Chance hardly shows in the probabilities of a classifier that is sure,
though it may decide all once a part is hidden."""
_SUREST = 1e-5  # of a classifier that is surer, log-odds would magnify rounding


class Neighborhood:
    """Masks so far, probabilities of all classes so far. Threads that share it have a batch each in turn.

    Parameters
    ----------
    classifier : ClassifierLike
        Who is asked.
    photo_digest : str
        Of the photo's own pixels; see `digest`.
    image : numpy.ndarray of float32, shape (H, W, 3)
        The preprocessed photo.
    segments : numpy.ndarray of int64, shape (H, W)
        Its superpixels.
    hidden : numpy.ndarray of float32, shape (H, W, 3)
        What a superpixel shows when it is off.
    design : Design
        Which superpixels are on in which sample.
    precision : {"exact", "fast"}
        How perturbed samples are computed; the photo itself always is exactly.
    frame_size : tuple of int, optional
        Width and height of what the classifier sees of the photo, at the photo's resolution; those of the
        preprocessed photo by default.
    superpixels_found : int, optional
        How many there were before those that were too many were merged; as many as there are by default.
    seconds_cutting : float, optional
        How long it took to find the superpixels.

    Attributes
    ----------
    seconds_sampling : float
        How long it took to draw the samples that there are, with all the waiting for the classifier.
    """

    def __init__(
        self,
        classifier: ClassifierLike,
        photo_digest: str,
        image: NDArray[np.float32],
        segments: NDArray[np.int64],
        hidden: NDArray[np.float32],
        design: Design,
        precision: Precision = "exact",
        frame_size: tuple[int, int] | None = None,
        superpixels_found: int | None = None,
        seconds_cutting: float = 0.0,
    ) -> None:
        self.classifier = classifier
        self.photo_digest = photo_digest
        self.image = image
        self.segments = segments
        self.hidden = hidden
        self.design = design
        self.precision = precision
        self.frame_size = frame_size or image.shape[1::-1]
        self.superpixels_found = superpixels_found or design.superpixels
        self.seconds_cutting = seconds_cutting
        self.seconds_sampling = 0.0
        self.on_growth: Callable[[], None] = lambda: None
        self._probabilities = np.empty((0, 0), np.float32)
        self._size = 0
        self._repeated = self._probabilities
        self._growing = Turns()
        self._asked: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self.fits: dict[tuple[int, int, float, Target], Surrogate] = {}
        """Surrogates by class index, number of samples, kernel width and what they explain, for `explain`."""
        self._holders = 0
        self._holding = threading.Lock()

    @property
    def size(self) -> int:
        """How many samples there are."""
        return self._size

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        images = self.image.nbytes + self.segments.nbytes + self.hidden.nbytes
        fits = sum(surrogate.replicates.nbytes for surrogate in list(self.fits.values()))
        return images + self._probabilities.nbytes + self._size * self.design.superpixels + fits

    def masks(self, samples: int) -> NDArray[np.uint8]:
        """The first masks, uint8, shape (samples, superpixels); 1 where a superpixel is on."""
        return self.design.masks(0, min(samples, self._size))

    def probabilities(self, samples: int) -> NDArray[np.float32]:
        """What the classifier said of the first samples, float32, shape (samples, classes)."""
        size = min(samples, self._size)  # first, for a larger array may come in between
        return self._probabilities[:size]

    @property
    def disagreement(self) -> tuple[int, float, float] | None:
        """Where the classifier answers the same photo differently each time: the class that differs the most,
        and its two probabilities. None where the answers are the same, but for rounding.
        """
        first, second = self._probabilities[:1], self._repeated
        if not len(second):
            return None
        if np.abs(_log_odds(first) - _log_odds(second)).max() <= STEADY:
            return None
        index = int(np.abs(first - second).argmax())
        return index, float(first[0, index]), float(second[0, index])

    @contextmanager
    def holding(self, samples: int = 0) -> Iterator[None]:
        """Have so many samples, and keep them from being released meanwhile.

        Raises
        ------
        ClassifierError
            As `grow`, where some had been released and are drawn again.
        """
        with self._holding:
            self._holders += 1
        try:
            self.grow(to=samples)
            yield
        finally:
            with self._holding:
                self._holders -= 1

    def release(self) -> bool:
        """Forget all samples but the photo itself, unless somebody holds them; returns whether it did.

        Nothing is lost but time: whoever needs them draws the same ones again.
        """
        with self._holding:
            if self._holders:
                return False
            self._probabilities = self._probabilities[:1].copy()
            self._size = len(self._probabilities)
            self.seconds_sampling = 0.0
            self._asked.clear()
            self.fits.clear()
            return True

    def grow(self, to: int, on_batch: Callable[[int], None] | None = None) -> None:
        """Ask the classifier until there are `to` samples; nothing to do where there are already.

        What is there stays there if this is interrupted or the classifier fails.

        Parameters
        ----------
        to : int
            Number of samples.
        on_batch : callable, optional
            Called with the number of samples after each batch, outside of any lock. What it raises ends
            the growth.

        Raises
        ------
        ClassifierError
            The classifier failed, or did not answer with one row of finite numbers a picture.
        """
        if self._size >= to:
            return
        with self.holding():
            while self._size < to:
                with self._growing:
                    start = self._size
                    if start < to:
                        began = time.perf_counter()
                        batch = BATCH_SIZE if start else 1  # the photo itself comes alone
                        answers = self._draw(start, min(to, start + batch))
                        if start == 0:
                            self._repeated = self._draw(0, 1)
                        self._append(answers)
                        self.seconds_sampling += time.perf_counter() - began
                self.on_growth()
                if on_batch is not None:
                    on_batch(min(self._size, to))

    def ask(self, masks: np.ndarray) -> np.ndarray:
        """What the classifier says, exactly, of masks of one's own; the last few are remembered.

        Parameters
        ----------
        masks : numpy.ndarray of uint8, shape (N, superpixels)
            1 where a superpixel is on.

        Returns
        -------
        numpy.ndarray of float32, shape (N, classes)
        """
        with self.holding(), self._growing:
            if self._size:  # the photo itself is the first sample
                self._asked[self.design.masks(0, 1).tobytes()] = self._probabilities[0]
            keys = [mask.tobytes() for mask in masks]
            new = {key: mask for key, mask in zip(keys, masks, strict=True) if key not in self._asked}
            if new:
                pictures = perturbed_pictures(
                    self.image, self.hidden, self.segments, np.array(list(new.values()))
                )
                self._asked.update(zip(new, self._predict(pictures, "exact"), strict=True))
            answers = np.array([self._asked[key] for key in keys])
            while len(self._asked) > _REMEMBERED_ANSWERS:
                self._asked.popitem(last=False)
            return answers

    def look(
        self, shown: NDArray[np.bool_] | NDArray[np.float32], hidden: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """What the classifier says, exactly, of the photo with any of its pixels hidden; not remembered.

        Parameters
        ----------
        shown : numpy.ndarray of bool or float32, shape (N, H, W)
            True, or 1, where a pixel is shown; between 0 and 1 where it is faded.
        hidden : numpy.ndarray of float32, shape (H, W, 3), optional
            What shows instead; what hidden superpixels show by default.

        Returns
        -------
        numpy.ndarray of float32, shape (N, classes)

        Raises
        ------
        ClassifierError
            The classifier failed.
        """
        hidden = self.hidden if hidden is None else hidden
        # Flat, which is several times as fast as broadcasting over channels.
        visible: NDArray[Any] = np.repeat(shown.reshape(len(shown), -1), self.image.shape[2], axis=1)
        image, instead = self.image.ravel(), hidden.ravel()
        pictures = (
            np.where(visible, image, instead)
            if shown.dtype == bool
            else instead + visible * (image - instead)
        )
        return self._predict(pictures.reshape(-1, *self.image.shape), "exact")

    def _draw(self, start: int, stop: int) -> np.ndarray:
        if start == 0:
            return self._predict(self.image[np.newaxis], "exact")
        masks = self.design.masks(start, stop)
        pictures = perturbed_pictures(self.image, self.hidden, self.segments, masks)
        return self._predict(pictures, self.precision)

    def _predict(self, pictures: NDArray[np.float32], precision: Precision) -> NDArray[np.float32]:
        classifier = self.classifier
        try:
            answers = classifier.predict(pictures, precision)
        except ExplainerError:
            raise
        except Exception as error:  # classifiers are anybody's code
            raise ClassifierFailedError(
                "The classifier {name} failed: {reason}.", name=classifier.name, reason=reason_of(error)
            ) from error
        return checked_answers(answers, len(pictures), len(classifier.class_names), classifier.name)

    def _append(self, answers: np.ndarray) -> None:
        size = self._size + len(answers)
        if size > len(self._probabilities):
            # Readers may hold views of the old array, so it is replaced and never resized.
            grown = np.empty((max(size, 2 * len(self._probabilities)), answers.shape[1]), np.float32)
            if self._size:
                grown[: self._size] = self._probabilities[: self._size]
            self._probabilities = grown
        self._probabilities[self._size : size] = answers
        self._size = size


def _log_odds(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    bounded = np.clip(probabilities.astype(np.float64), _SUREST, 1 - _SUREST)
    odds: NDArray[np.float64] = np.log(bounded / (1 - bounded))
    return odds


def digest(array: np.ndarray) -> str:
    """A short name for an array's content."""
    header = f"{array.dtype}{array.shape}".encode()
    return hashlib.sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()

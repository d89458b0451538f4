"""The growing record of perturbed samples around one photo, and what the classifier said of each.

A neighborhood is a prefix: its first 300 samples are the same whether 300 or 1000 were asked for. It only
ever grows, whoever asks, and no sample is computed twice.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from ..arguments import check_whole_number
from ..classifiers.answers import checked_answers
from ..classifiers.calls import Turns
from ..classifiers.predictor import Precision
from ..errors import ClassifierFailedError, ExplainerError
from .designs import Design, perturbed_pictures

BATCH_SIZE = 16  # what has to end before another session, or a moved slider, has its turn
_REMEMBERED_ANSWERS = 256
_MEBIBYTE = 1 << 20


class Neighborhood:
    """Masks so far, probabilities of all classes so far. Threads that share it have a batch each in turn.

    Parameters
    ----------
    classifier : Classifier
        Anything with its ``predict`` and ``class_names``. What is no `Classifier` is asked in the thread that
        asks, for as long as it takes, and its finite numbers are taken as they are.
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
    """

    def __init__(
        self,
        classifier: Any,
        image: np.ndarray,
        segments: np.ndarray,
        hidden: np.ndarray,
        design: Design,
        precision: Precision = "exact",
    ) -> None:
        self.classifier = classifier
        self.image = image
        self.segments = segments
        self.hidden = hidden
        self.design = design
        self.precision = precision
        self._probabilities = np.empty((0, 0), np.float32)
        self._size = 0
        self._growing = Turns()
        self._asked: OrderedDict[bytes, np.ndarray] = OrderedDict()

    @property
    def size(self) -> int:
        """How many samples there are."""
        return self._size

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        images = self.image.nbytes + self.segments.nbytes + self.hidden.nbytes
        return images + self._probabilities.nbytes + self._size * self.design.superpixels

    def masks(self, samples: int) -> np.ndarray:
        """The first masks, uint8, shape (samples, superpixels); 1 where a superpixel is on."""
        return self.design.masks(0, min(samples, self._size))

    def probabilities(self, samples: int) -> np.ndarray:
        """What the classifier said of the first samples, float32, shape (samples, classes)."""
        size = min(samples, self._size)  # first, for a larger array may come in between
        return self._probabilities[:size]

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
        while self._size < to:
            with self._growing:
                start = self._size
                if start < to:
                    batch = BATCH_SIZE if start else 1  # the photo itself comes alone
                    self._append(self._draw(start, min(to, start + batch)))
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
        with self._growing:
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

    def _draw(self, start: int, stop: int) -> np.ndarray:
        if start == 0:
            return self._predict(self.image[np.newaxis], "exact")
        masks = self.design.masks(start, stop)
        pictures = perturbed_pictures(self.image, self.hidden, self.segments, masks)
        return self._predict(pictures, self.precision)

    def _predict(self, pictures: np.ndarray, precision: Precision) -> np.ndarray:
        # Any object with predict(batch) is a classifier; only our own know of precision.
        options = {} if precision == "exact" else {"precision": precision}
        name = getattr(self.classifier, "name", type(self.classifier).__name__)
        try:
            answers = self.classifier.predict(pictures, **options)
        except ExplainerError:
            raise
        except Exception as error:  # classifiers are anybody's code
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ClassifierFailedError(
                "The classifier {name} failed: {reason}.", name=name, reason=reason.rstrip(".")
            ) from error
        return checked_answers(answers, len(pictures), len(self.classifier.class_names), name)

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


class Storable(Protocol):
    """Anything that knows its size in bytes."""

    @property
    def nbytes(self) -> int: ...


Entry = TypeVar("Entry", bound=Storable)


class NeighborhoodStore:
    """Neighborhoods and segment maps by what they are made from; the least recently used go first.

    Parameters
    ----------
    max_bytes : int
        How much to keep. The last one used is kept even if it alone is larger.
    """

    def __init__(self, max_bytes: int = 256 * _MEBIBYTE) -> None:
        self.max_bytes = max_bytes
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], Entry]) -> Entry:
        """The entry of a key; made, once, where there is none. Entries have ``nbytes``."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            try:
                with self._lock:
                    entry = cast(Entry | None, self._entries.get(key))
                if entry is None:
                    entry = make()
                with self._lock:
                    self._entries[key] = entry
                    self._entries.move_to_end(key)
                    self._evict()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return entry

    def _evict(self) -> None:
        while len(self._entries) > 1 and self._total() > self.max_bytes:
            self._entries.popitem(last=False)

    def nbytes(self) -> int:
        """Memory held by all entries, in bytes."""
        with self._lock:
            return self._total()

    def _total(self) -> int:
        return sum(entry.nbytes for entry in self._entries.values())


def digest(array: np.ndarray) -> str:
    """A short name for an array's content."""
    header = f"{array.dtype}{array.shape}".encode()
    return hashlib.sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()


@dataclass(frozen=True)
class Sample:
    """One perturbed version of the photo.

    Attributes
    ----------
    shown : numpy.ndarray of bool, shape (superpixels,)
        True where a superpixel is on.
    probability : float
        Of one class.
    """

    shown: np.ndarray
    probability: float


def contrasting_samples(neighborhood: Neighborhood, class_index: int, samples: int = 200) -> list[Sample]:
    """Of the first samples, those that give a class the lowest, the middle and the highest probability.

    Parameters
    ----------
    neighborhood : Neighborhood
        What to choose from; the whole photo is not chosen.
    class_index : int
        The class.
    samples : int
        Among how many of the first samples.

    Returns
    -------
    list of Sample
        The lowest first; fewer than three if there are no more.

    Raises
    ------
    ArgumentError
        There is no class of this index, or `samples` is no number of samples.
    """
    check_whole_number("samples", samples)
    classes = len(neighborhood.classifier.class_names)
    check_whole_number("class_index", class_index, least=0, most=classes - 1)
    probabilities = neighborhood.probabilities(samples)[1:, class_index]
    masks = neighborhood.masks(len(probabilities) + 1)[1:].astype(bool)
    order = np.argsort(probabilities, kind="stable")
    ranks = sorted({0, len(order) // 2, len(order) - 1}) if len(order) else []
    return [Sample(masks[order[rank]], float(probabilities[order[rank]])) for rank in ranks]

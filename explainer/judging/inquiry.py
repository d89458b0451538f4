"""Questions that take many pictures, put a batch at a time, so that whoever asks can stop between two."""

from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..lime.explanation import Explanation
from ..lime.neighborhood import BATCH_SIZE

Result = TypeVar("Result")
Inquiry = Generator[int, None, Result]
"""Yields after each batch how many pictures the classifier was asked about, and returns what was found."""


def finish(inquiry: Inquiry[Result], on_asked: Callable[[int], None] | None = None) -> Result:
    """Carry an inquiry through without a break; `on_asked` is told after each batch how many pictures were
    asked about in all.
    """
    asked = 0
    while True:
        try:
            asked += next(inquiry)
            if on_asked is not None:
                on_asked(asked)
        except StopIteration as end:
            found: Result = end.value
            return found


def ask(
    explanation: Explanation,
    shown: NDArray[np.bool_] | NDArray[np.float32],
    hidden: NDArray[np.float32] | None = None,
) -> Inquiry[NDArray[np.float32]]:
    """Ask about pictures of a photo; see `Neighborhood.look`, which has the parameters."""
    neighborhood = explanation.neighborhood
    answers = [np.empty((0, len(neighborhood.classifier.class_names)), np.float32)]
    for start in range(0, len(shown), BATCH_SIZE):
        batch = shown[start : start + BATCH_SIZE]
        answers.append(neighborhood.look(batch, hidden))
        yield len(batch)
    return np.concatenate(answers)


def ask_regions(explanation: Explanation, shown: NDArray[np.bool_]) -> Inquiry[NDArray[np.float32]]:
    """Ask about a photo with only some superpixels shown: bool, shape (N, superpixels)."""
    answers = [np.empty((0, len(explanation.classifier.class_names)), np.float32)]
    for start in range(0, len(shown), BATCH_SIZE):  # pixels of a batch, not of all
        answers.append((yield from ask(explanation, shown[start : start + BATCH_SIZE, explanation.segments])))
    return np.concatenate(answers)

"""Finds out by trying what a network's file does not tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...errors import ClassifierError
from ..adapter import ChannelOrder, Outputs
from ..classifier import Classifier
from ..predictor import Predictor
from .description import FOR_COLOURS, RANGES, Description

_ALIKE = 0.02  # probabilities that differ by less say the same
_CLEARLY = 0.5  # the least probability of a label that is taken for an answer


class Way(NamedTuple):
    """How photos can be given to a network."""

    value_range: str
    channel_order: ChannelOrder


@dataclass(frozen=True)
class Row:
    """Ways that a network answers alike.

    Attributes
    ----------
    ways : tuple of Way
        At least one.
    answers : numpy.ndarray, shape (photos, classes)
        What the network answers; NaN where that is no answer.
    """

    ways: tuple[Way, ...]
    answers: NDArray[np.float32]

    def best(self) -> list[tuple[int, float]]:
        """The best class of each photo, and its probability."""
        return [(int(answer.argmax()), float(answer.max())) for answer in self.answers]


def outputs(network: Predictor, description: Description) -> Outputs:
    """What a network's outputs are, by what they are for a few pictures.

    Raises
    ------
    ClassifierError
        They are percentages, or other multiples of probabilities.
    """
    colours = ("black", "white", "red", "lime", "blue", "gray")
    pictures = [Image.new("RGB", (64, 64), colour) for colour in colours]
    pictures.append(Image.effect_noise((64, 64), 100).convert("RGB"))
    preprocessing = description.preprocessing()
    batch = np.stack([preprocessing.preprocess(picture) for picture in pictures])
    numbers = replace(description, outputs="probabilities").adapted(network).predict(batch)
    sums = numbers.sum(axis=1, dtype=np.float64)
    if numbers.min() < -_ALIKE / 10 or not np.isfinite(numbers).all():
        return "logits"
    if np.allclose(sums, 1, rtol=0, atol=0.01):
        return "probabilities"
    differ = np.ptp(numbers, axis=0).max()
    if sums.min() > 1.5 and np.ptp(sums) < min(0.02 * sums.max(), 0.1 * differ):
        raise ClassifierError(
            "The network answers with numbers that sum to {sum} for every picture, as percentages do to 100: "
            "export it so that it answers with probabilities, which sum to 1.",
            sum=f"{sums.mean():.3g}",
        )
    return "independent" if numbers.max() <= 1 + _ALIKE / 10 else "logits"


def ways(channels: int, channel_order: ChannelOrder | None) -> list[Way]:
    """All ways for a network of so many channels, whose order may be known."""
    if channels == 1:
        return [Way(value_range, "rgb") for value_range in RANGES if value_range not in FOR_COLOURS]
    orders: Sequence[ChannelOrder] = [channel_order] if channel_order else ["rgb", "bgr"]
    return [Way(value_range, order) for order in orders for value_range in RANGES]


def tried(
    ways: Sequence[Way], classifier: Callable[[Way], Classifier], photos: Sequence[Image.Image]
) -> list[Row]:
    """Give photos to a network in several ways.

    Parameters
    ----------
    ways : sequence of Way
        From `ways`.
    classifier : callable
        Returns the classifier that gives photos to the network in a way.
    photos : sequence of PIL.Image.Image
        At least one.
    """
    rows: list[Row] = []
    for way in ways:
        asked = classifier(way)
        try:
            answers = asked.predict(np.stack([asked.preprocess(photo) for photo in photos]))
        except ClassifierError:  # values that are far too large for it can become infinite
            answers = np.full((len(photos), len(asked.class_names)), np.nan, np.float32)
        for number, row in enumerate(rows):
            if np.abs(row.answers - answers).max() < _ALIKE:
                rows[number] = Row((*row.ways, way), row.answers)
                break
        else:
            rows.append(Row((way,), answers))
    return rows


def as_expected(rows: Sequence[Row], expected: Sequence[int]) -> list[Row]:
    """The rows in which the best label of each photo is the expected one, clearly."""
    return [
        row
        for row in rows
        if all(
            index == right and probability >= _CLEARLY
            for (index, probability), right in zip(row.best(), expected, strict=True)
        )
    ]


def left_by(rows: Sequence[Row]) -> list[Way]:
    """The ways that rows leave, if there is but one row or they have the range in common; else none."""
    left = [way for row in rows for way in row.ways]
    return left if len(rows) == 1 or len({way.value_range for way in left}) == 1 else []

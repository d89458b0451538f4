"""Which classes are taken for which: the confusion matrix of many photos."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...names import natural_order
from ..record import ExplainedLabel, PhotoRecord

OTHERS = "*"
"""Stands for all classes that have no row of their own."""


@dataclass(frozen=True)
class Matrix:
    """How often photos of one class were taken for which.

    Attributes
    ----------
    classes : tuple of ExplainedLabel
        Those with a row and a column, as one of the photos has them, by name.
    others : int
        How many more classes the last row and the last column stand for; without any, there are none.
    counts : numpy.ndarray of int, shape (rows, rows)
        Photos, by their class and by what they were taken for.
    right : numpy.ndarray of int, shape (rows,)
        How many of each row's photos were recognised; of the others, too.
    """

    classes: tuple[ExplainedLabel, ...]
    others: int
    counts: np.ndarray
    right: np.ndarray


def confusion(records: Sequence[PhotoRecord], most: int = 20) -> Matrix:
    """Count who was taken for whom, among the explained photos whose class is known.

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos.
    most : int
        Of more classes than these, those that are mistaken most often have a row; then those with the most
        photos.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    labels: dict[str, ExplainedLabel] = {}
    for record in records:
        truth = record.right_label
        if record.predicted and truth:
            labels.setdefault(truth.name, truth)
            labels.setdefault(record.predicted.name, record.predicted)
            pairs[truth.name, record.predicted.name] += 1
    mistakes: Counter[str] = Counter()
    photos: Counter[str] = Counter()
    for (truth_name, said), number in pairs.items():
        for name in {truth_name, said}:
            photos[name] += number
            mistakes[name] += number if truth_name != said else 0
    chosen = sorted(labels, key=lambda name: (-mistakes[name], -photos[name], natural_order(name)))[:most]
    names = sorted(chosen, key=natural_order)
    place = {name: index for index, name in enumerate(names)}
    rows = len(names) + (len(labels) > len(names))
    counts, right = np.zeros((rows, rows), int), np.zeros(rows, int)
    for (truth_name, said), number in pairs.items():
        row = place.get(truth_name, len(names))
        counts[row, place.get(said, len(names))] += number
        right[row] += number if truth_name == said else 0
    return Matrix(tuple(labels[name] for name in names), len(labels) - len(names), counts, right)

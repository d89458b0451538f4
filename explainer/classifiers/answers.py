"""Whether what a classifier answered is an answer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ClassifierError

_BEYOND = 1e-3  # by how much rounding may bring a probability below 0 or above 1
_OFF = 1e-2  # by how much a sum of probabilities may miss 1


def checked_answers(answers: Any, pictures: int, classes: int, name: str) -> NDArray[np.float32]:
    """What a classifier answered, as float32, shape (pictures, classes).

    Parameters
    ----------
    answers : array_like
        What it returned.
    pictures, classes : int
        How many pictures it was asked about, and how many classes it has.
    name : str
        The classifier's, for messages.

    Raises
    ------
    ClassifierError
        It is not one row of finite numbers a picture, one number a class.
    """
    try:
        with np.errstate(over="ignore"):  # too large for 32 bits becomes infinite, which is told below
            rows = np.asarray(answers, np.float32)
    except (TypeError, ValueError) as error:
        raise ClassifierError(
            "The classifier {name} did not answer with {classes} finite probabilities a picture, but with "
            "something that is no table of numbers.",
            name=name,
            classes=classes,
        ) from error
    if rows.shape != (pictures, classes):
        raise ClassifierError(
            "The classifier {name} did not answer with {classes} finite probabilities a picture, but with "
            "numbers in the shape {shape} where {wanted} was expected.",
            name=name,
            classes=classes,
            shape=rows.shape,
            wanted=(pictures, classes),
        )
    if not np.isfinite(rows).all():
        raise ClassifierError(
            "The classifier {name} did not answer with {classes} finite probabilities a picture, for NaN or "
            "infinity is among them: choose another photo or another classifier.",
            name=name,
            classes=classes,
        )
    return rows


def check_probabilities(answers: NDArray[np.float32], name: str, independent: bool = False) -> None:
    """Check that numbers are probabilities.

    Parameters
    ----------
    answers : numpy.ndarray of float32, shape (pictures, classes)
        From `checked_answers`.
    name : str
        The classifier's, for messages.
    independent : bool
        Whether each is a probability of its own, so that a picture's need not sum to 1.

    Raises
    ------
    ClassifierError
        They go below 0 or above 1, or those of a picture do not sum to 1.
    """
    least, most = float(answers.min()), float(answers.max())
    if least < -_BEYOND or most > 1 + _BEYOND:
        raise ClassifierError(
            "The outputs of {name} are no probabilities, for they go from {least} to {most}: add the model "
            "with --outputs logits, or apply a softmax in your own function.",
            name=name,
            least=f"{least:.3g}",
            most=f"{most:.3g}",
        )
    if independent or answers.shape[1] == 1:
        return
    sums = answers.sum(axis=1, dtype=np.float64)
    farthest = float(sums[np.abs(sums - 1).argmax()])
    if abs(farthest - 1) > _OFF:
        raise ClassifierError(
            "The outputs of {name} sum to {sum} and not to 1: --outputs independent, or independent=True for "
            "your own function, says that each is a probability of its own.",
            name=name,
            sum=f"{farthest:.3g}",
        )

"""Checks an explanation's claims by asking the classifier again.

An explanation claims that its focus carries the label and that some regions speak against it. Both can be
tried: show the classifier the focus alone, the photo without the focus, and the photo without the regions
that speak against. This is the deletion and preservation test of Fong and Vedaldi (2017,
arXiv:1704.03296) on LIME's superpixels.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..arguments import check_whole_number
from ..lime.explanation import Explanation, Label
from ..lime.neighborhood import Neighborhood

NOTICEABLE = 0.01  # a smaller change of the probability is called none
MINOR = 0.25
"""Regions that are said to speak against a label are minor where both what is claimed of them and what came
of hiding them are less than this share of what hiding the focus took away: the label hardly rests on them."""


class Question(Enum):
    """What is shown to the classifier."""

    WHOLE = "whole"
    FOCUS_ONLY = "focus_only"
    FOCUS_HIDDEN = "focus_hidden"
    AGAINST_HIDDEN = "against_hidden"


class Finding(Enum):
    """What an answer says of the picture's claim."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    SLIGHTLY_CONTRADICTED = "slightly_contradicted"  # of regions against the label that are `MINOR`
    UNNOTICEABLE = "unnoticeable"  # changes the probability by less than `NOTICEABLE`
    NO_CLAIM = "no_claim"  # there was nothing to hide
    INCONCLUSIVE = "inconclusive"  # too few regions, or a classifier that answers differently each time


@dataclass(frozen=True)
class Answer:
    """What the classifier said of the photo with some superpixels hidden.

    Attributes
    ----------
    question : Question
        Which ones are hidden.
    shown : numpy.ndarray of bool, shape (superpixels,)
        True where a superpixel is shown.
    probability : float
        Of the explained label.
    change : float
        From the probability that the whole photo gets.
    """

    question: Question
    shown: np.ndarray
    probability: float
    change: float

    @property
    def hidden(self) -> list[int]:
        """The superpixels that are hidden."""
        return [int(region) for region in np.flatnonzero(~self.shown)]


@dataclass(frozen=True)
class Evidence:
    """The answers for one label.

    Attributes
    ----------
    label_index : int
        The class' index.
    answers : tuple of Answer
        In the order of `Question`; without `AGAINST_HIDDEN` where nothing speaks against the label, and
        with `WHOLE` alone of the others where nothing speaks for it.
    conclusive : bool
        Whether answers can confirm or contradict anything: not where the regions are no more than are shown,
        nor where the classifier answers the same photo differently each time.
    opposition : float
        By how much the regions that speak against the label hold it down, as the picture claims.
    """

    label_index: int
    answers: tuple[Answer, ...]
    conclusive: bool = True
    opposition: float = 0.0

    def answer(self, question: Question) -> Answer | None:
        """The answer to one question, if it was asked."""
        return next((answer for answer in self.answers if answer.question is question), None)

    @property
    def focus_finding(self) -> Finding:
        """Whether hiding the focus lowers the probability, as the picture claims."""
        return self._finding(Question.FOCUS_HIDDEN, expected_sign=-1)

    @property
    def against_finding(self) -> Finding:
        """Whether hiding what speaks against raises the probability, as the picture claims."""
        finding = self._finding(Question.AGAINST_HIDDEN, expected_sign=1)
        focus, against = self.answer(Question.FOCUS_HIDDEN), self.answer(Question.AGAINST_HIDDEN)
        if finding is not Finding.CONTRADICTED or focus is None or against is None:
            return finding
        is_minor = max(self.opposition, -against.change) < MINOR * -focus.change
        return Finding.SLIGHTLY_CONTRADICTED if is_minor else finding

    @property
    def contradicted(self) -> bool:
        """Whether the focus itself is contradicted, so that the picture is not to be trusted."""
        return self.focus_finding is Finding.CONTRADICTED

    def _finding(self, question: Question, expected_sign: int) -> Finding:
        answer = self.answer(question)
        if answer is None:
            return Finding.NO_CLAIM
        if not self.conclusive:
            return Finding.INCONCLUSIVE
        if abs(answer.change) < NOTICEABLE:
            return Finding.UNNOTICEABLE
        return Finding.CONFIRMED if answer.change * expected_sign > 0 else Finding.CONTRADICTED


@dataclass(frozen=True)
class ComparedLabel(Label):
    """A label before and after some superpixels were hidden.

    Attributes
    ----------
    now : float
        Its probability with them hidden; `probability` is that of the whole photo.
    """

    now: float

    @property
    def change(self) -> float:
        """From the whole photo's probability to that of now."""
        return self.now - self.probability


@dataclass(frozen=True)
class Comparison:
    """What the classifier says with some superpixels hidden, beside what it says of the whole photo.

    Attributes
    ----------
    best : tuple of ComparedLabel
        The most probable labels now, best first, as many as were explained.
    displaced : tuple of ComparedLabel
        The explained labels that are no longer among them.
    """

    best: tuple[ComparedLabel, ...]
    displaced: tuple[ComparedLabel, ...]


def gather_evidence(
    explanation: Explanation, label_index: int, focus: Iterable[int], against: Iterable[int]
) -> Evidence:
    """Ask the classifier whether what the pictures claim is so.

    Parameters
    ----------
    explanation : Explanation
        What to check.
    label_index : int
        A class' index.
    focus, against : iterable of int
        The superpixels that are said to speak for the label, and against it.

    Raises
    ------
    ClassifierError
        The classifier failed.
    """
    in_focus, opposing = _mask(explanation, focus), _mask(explanation, against)
    shown = {Question.WHOLE: np.ones_like(in_focus)}
    if in_focus.any():
        shown |= {Question.FOCUS_ONLY: in_focus, Question.FOCUS_HIDDEN: ~in_focus}
    if opposing.any():
        shown[Question.AGAINST_HIDDEN] = ~opposing
    probabilities = ask(explanation.neighborhood, np.array(list(shown.values())))[:, label_index]
    label = explanation.label(label_index)
    return Evidence(
        label_index,
        tuple(
            Answer(question, mask, float(probability), float(probability - probabilities[0]))
            for (question, mask), probability in zip(shown.items(), probabilities, strict=True)
        ),
        conclusive=not explanation.has_few_regions and explanation.disagreement is None,
        opposition=label.change_of_probability(-float(label.weights[opposing].sum())),
    )


def compare(explanation: Explanation, hidden: Iterable[int]) -> Comparison:
    """What the classifier says with some superpixels hidden: one forward pass, or none if asked before.

    Parameters
    ----------
    explanation : Explanation
        Of the photo.
    hidden : iterable of int
        The superpixels to hide; none is the whole photo.

    Raises
    ------
    ArgumentError
        There is no superpixel of such a number.
    ClassifierError
        The classifier failed.
    """
    neighborhood = explanation.neighborhood
    most = explanation.num_superpixels - 1
    regions = hidden if isinstance(hidden, Iterable) else [hidden]
    shown = ~_mask(explanation, [check_whole_number("hidden", i, least=0, most=most) for i in regions])
    before, now = neighborhood.probabilities(1)[0], ask(neighborhood, shown[np.newaxis])[0]
    explained = [label.index for label in explanation.labels]
    best = [int(index) for index in np.argsort(-now, kind="stable")[: len(explained)]]
    names, wnids = neighborhood.classifier.class_names, neighborhood.classifier.wnids

    def compared(indices: Iterable[int]) -> tuple[ComparedLabel, ...]:
        return tuple(
            ComparedLabel(i, wnids[i], names[i], probability=float(before[i]), now=float(now[i]))
            for i in indices
        )

    return Comparison(compared(best), compared(index for index in explained if index not in best))


def ask(neighborhood: Neighborhood, shown: np.ndarray) -> np.ndarray:
    """What the classifier says of a photo with only some superpixels shown.

    Parameters
    ----------
    neighborhood : Neighborhood
        Of the photo.
    shown : numpy.ndarray of bool, shape (N, superpixels)
        True where a superpixel is shown.

    Returns
    -------
    numpy.ndarray of float32, shape (N, classes)
        Probabilities, exact. Questions asked before are answered from memory.
    """
    return neighborhood.ask(shown.astype(np.uint8))


def _mask(explanation: Explanation, regions: Iterable[int]) -> np.ndarray:
    return np.isin(np.arange(explanation.num_superpixels), list(regions))

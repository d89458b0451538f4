"""What a reader is shown of one label: which regions, how settled, and whether the classifier agrees.

A reading is made once from an explanation. Pictures, sentences, reports and galleries only draw it, so that
all of them say the same.
"""

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .judging.evidence import Evidence, gather_evidence
from .lime.explanation import Explanation, LabelExplanation, LastPlace

CONFIDENCE = 1.96
"""Standard errors: 95 of 100 intervals that reach so far hold the weight of endless sampling."""
_NEARLY = 5 / 6  # of the threshold


class Settledness(Enum):
    """How far another run would show a focus that matters as much."""

    UNSTEADY = "unsteady"  # the classifier answers the same photo differently each time
    FEW_REGIONS = "few_regions"  # no more than are shown, so that nothing was chosen
    TOO_FEW = "too_few"  # samples to tell the regions apart
    NOTHING = "nothing"  # no region matters, and another run would find none either
    SETTLED = "settled"
    NEARLY = "nearly"
    MOVING = "moving"


NOT_BY_SAMPLES = (Settledness.UNSTEADY, Settledness.FEW_REGIONS)
"""What more samples do not mend."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One label of one photo, as a reader sees it; `Reading.of` makes it.

    Attributes
    ----------
    explanation : Explanation
        What is read.
    label : LabelExplanation
        The label.
    positive_only : bool
        Whether only what speaks for the label is shown.
    focus : dict of int to float
        The superpixels that speak most for the label, and their weights; the largest first.
    pros_cons : dict of int to float
        The superpixels that count most, for or against.
    against : dict of int to float
        Those that speak against the label among the ones that count most, shown or not.
    focus_last, pros_cons_last : LastPlace
        Which of the focus, and of the pros and cons, share the last place with superpixels not shown.
    uncertain : frozenset of int
        The superpixels, shown or not, that can't be told from having no weight yet: with 95 % confidence,
        more samples might turn them around.
    stability : float
        How far another neighborhood of this size would show a focus that matters as much, 0 to 1.
    settledness : Settledness
        The same in words, by the recipe's threshold.
    """

    explanation: Explanation = field(repr=False)
    label: LabelExplanation
    positive_only: bool
    focus: dict[int, float]
    pros_cons: dict[int, float]
    against: dict[int, float]
    focus_last: LastPlace
    pros_cons_last: LastPlace
    uncertain: frozenset[int]
    stability: float
    settledness: Settledness

    @classmethod
    def of(
        cls, explanation: Explanation, label_index: int | None = None, positive_only: bool = False
    ) -> "Reading":
        """Read an explanation.

        Parameters
        ----------
        explanation : Explanation
            What to read; its recipe says how many regions are shown, and from where it is settled.
        label_index : int, optional
            A class' index, one of the explained ones; the most probable by default.
        positive_only : bool
            Leave out what speaks against the label.

        Raises
        ------
        ArgumentError
            The label is not among the explained ones.
        """
        label = explanation.labels[0] if label_index is None else explanation.label(label_index)
        number = explanation.recipe.pros_cons_features
        strongest = explanation.regions(label.index, False, number)
        stability = explanation.stability(label.index)
        uncertain = np.abs(label.weights) <= CONFIDENCE * label.standard_errors
        return cls(
            explanation=explanation,
            label=label,
            positive_only=positive_only,
            focus=explanation.regions(label.index, True),
            pros_cons=explanation.regions(label.index, True, number) if positive_only else strongest,
            against={region: weight for region, weight in strongest.items() if weight < 0},
            focus_last=explanation.last_place(label.index),
            pros_cons_last=explanation.last_place(label.index, positive_only, number),
            uncertain=frozenset(np.flatnonzero(uncertain).tolist()),
            stability=stability,
            settledness=_settledness(explanation, label, stability),
        )

    @property
    def is_settled(self) -> bool:
        """Whether another run would show regions that matter as much."""
        return self.settledness in (Settledness.SETTLED, Settledness.NOTHING)

    @property
    def strongest(self) -> dict[int, float]:
        """All superpixels that are said to speak for the label or against it."""
        return self.pros_cons | self.against | self.focus

    @property
    def focus_mask(self) -> NDArray[np.bool_]:
        """Where the focus is, in the classifier's input."""
        return np.isin(self.explanation.segments, list(self.focus))

    @cached_property
    def evidence(self) -> Evidence:
        """What the classifier says when it is asked again with these regions; asked once.

        Raises
        ------
        ClassifierError
            The classifier failed.
        """
        return gather_evidence(self.explanation, self.label.index, self.focus, self.against)


def area_in_common(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Of the area that two masks of the same picture cover together, the share that both cover.

    Parameters
    ----------
    mask, other : numpy.ndarray of bool, shape (H, W)
        Such as `Reading.focus_mask`; the sizes may differ.

    Returns
    -------
    float
        From 0 to 1 (intersection over union); 0 where neither covers anything.
    """
    down, across = (
        np.arange(size) * there // size for size, there in zip(mask.shape, other.shape, strict=True)
    )
    other = other[down[:, np.newaxis], across]
    return float((mask & other).sum() / max(1, (mask | other).sum()))


def _settledness(explanation: Explanation, label: LabelExplanation, stability: float) -> Settledness:
    threshold = explanation.recipe.stability_threshold
    if explanation.disagreement:
        return Settledness.UNSTEADY
    if explanation.has_few_regions:
        return Settledness.FEW_REGIONS
    if explanation.num_samples <= explanation.num_superpixels:
        return Settledness.TOO_FEW
    if not label.weights.any():
        return Settledness.NOTHING
    if stability >= threshold:
        return Settledness.SETTLED
    return Settledness.NEARLY if stability >= _NEARLY * threshold else Settledness.MOVING

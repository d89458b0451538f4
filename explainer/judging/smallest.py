"""The fewest superpixels that a label stands on, and the fewest without which it falls.

Every set that is named was asked about. It is grown by the weights until it holds, and what turns out to be
needless is left out again; where there are few enough smaller sets, all of them are tried. These are the
sufficient and the necessary sets of Ribeiro et al. (Anchors, AAAI 2018) and of counterfactual explanations,
for one photo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from ..lime.explanation import Explanation, Label
from .inquiry import Inquiry, ask_regions

_MOST_TRIED = 300  # smaller sets; a few seconds for a large network
_BATCH = 8  # of growing sets, which ends soon


@dataclass(frozen=True)
class SmallestSet:
    """A set of superpixels that decides.

    Attributes
    ----------
    regions : tuple of int
        The superpixels, in rising order.
    probability : float
        What the label gets then.
    best : Label
        The label that is on top then, with what it gets then as its probability.
    is_fewest : bool
        Whether all smaller sets were tried. Else, none of these superpixels can be left out, but there may be
        a smaller set of others.
    """

    regions: tuple[int, ...]
    probability: float
    best: Label
    is_fewest: bool


@dataclass(frozen=True)
class SmallestSets:
    """What a label stands on, and falls without.

    Attributes
    ----------
    label_index : int
        The class' index.
    enough : SmallestSet or None
        The superpixels that keep the label on top when all else is hidden: none at all where it is on top
        with all hidden. None where even the most that speak for it do not bring it there.
    without : SmallestSet or None
        The superpixels whose hiding topples the label. None where it is not on top of the whole photo, or
        stays there whatever is hidden.
    """

    label_index: int
    enough: SmallestSet | None
    without: SmallestSet | None


def smallest_sets(explanation: Explanation, label_index: int) -> Inquiry[SmallestSets]:
    """Find what a label stands on, and falls without.

    Parameters
    ----------
    explanation : Explanation
        Of the photo; its weights say where to begin.
    label_index : int
        A class' index, one of those explained.
    """
    on_top = int(explanation.neighborhood.probabilities(1)[0].argmax()) == label_index
    enough = yield from _Search(explanation, label_index, shows=True).find()
    without = None
    if on_top:
        without = yield from _Search(explanation, label_index, shows=False).find()
    return SmallestSets(label_index, enough, without)


_Set = frozenset[int]


@dataclass
class _Search:
    """For the smallest set that, when it alone is shown (or hidden), puts the label on top (or off it)."""

    explanation: Explanation
    label_index: int
    shows: bool
    answers: dict[_Set, NDArray[np.float32]] = field(default_factory=dict)

    def find(self) -> Inquiry[SmallestSet | None]:
        tried = []
        for order in self._orders():
            grown = yield from self._grown(order)
            if grown is not None:
                tried.append((yield from self._pruned(grown)))
        if not tried:
            return None
        found = min(tried, key=len)
        fewer, is_fewest = yield from self._fewer(len(found), self.explanation.num_superpixels)
        found = fewer if fewer is not None else found
        answer = self.answers[found]
        index = int(answer.argmax())
        classifier = self.explanation.classifier
        best = Label(index, classifier.wnids[index], classifier.class_names[index], float(answer[index]))
        return SmallestSet(tuple(sorted(found)), float(answer[self.label_index]), best, is_fewest)

    def _orders(self) -> list[list[int]]:
        """Superpixels by what they say for the label, and by how much more than for the best other one.

        Which of the two ends in fewer depends on the photo: 19 or 10, 4 or 8.
        """
        weights = self.explanation.label(self.label_index).weights
        others = [label.weights for label in self.explanation.labels if label.index != self.label_index]
        strength = [weights, *(weights - other for other in others[:1])]
        return [np.argsort(-values, kind="stable").tolist() for values in strength]

    def _grown(self, order: Sequence[int]) -> Inquiry[_Set | None]:
        prefixes = [frozenset(order[:size]) for size in range(len(order) + 1)]
        for start in range(0, len(prefixes), _BATCH):
            batch = prefixes[start : start + _BATCH]
            yield from self._ask(batch)
            for regions in batch:
                if self._holds(regions):
                    return regions
        return None

    def _pruned(self, found: _Set) -> Inquiry[_Set]:
        while True:
            whole = found
            yield from self._ask([found - {region} for region in sorted(found)])
            needless = [region for region in sorted(found) if self._holds(found - {region})]
            if not needless:
                return found
            for region in sorted(needless, key=lambda out: -self._margin(whole - {out})):
                yield from self._ask([found - {region}])
                if self._holds(found - {region}):
                    found -= {region}

    def _fewer(self, size: int, superpixels: int) -> Inquiry[tuple[_Set | None, bool]]:
        """A smaller set, if there is one among those tried, and whether all that are smaller were."""
        left = _MOST_TRIED
        for smaller in range(size):
            left -= comb(superpixels, smaller)
            if left < 0:
                return None, False
            tried = [frozenset(chosen) for chosen in combinations(range(superpixels), smaller)]
            yield from self._ask(tried)
            holding = [regions for regions in tried if self._holds(regions)]
            if holding:
                return max(holding, key=self._margin), True
        return None, True

    def _ask(self, sets: Sequence[_Set]) -> Inquiry[None]:
        new = [regions for regions in dict.fromkeys(sets) if regions not in self.answers]
        members = np.array(
            [np.isin(np.arange(self.explanation.num_superpixels), list(regions)) for regions in new], bool
        ).reshape(len(new), self.explanation.num_superpixels)
        answers = yield from ask_regions(self.explanation, members if self.shows else ~members)
        self.answers.update(zip(new, answers, strict=True))

    def _holds(self, regions: _Set) -> bool:
        return (int(self.answers[regions].argmax()) == self.label_index) is self.shows

    def _margin(self, regions: _Set) -> float:
        """How far the label is above (or below) the best of the others."""
        answer = self.answers[regions]
        others = np.delete(answer, self.label_index).max(initial=0.0)
        margin = float(answer[self.label_index] - others)
        return margin if self.shows else -margin

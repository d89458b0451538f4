"""Classifiers whose decisive regions are known, for what judges pictures."""

from typing import Any

import numpy as np

from explainer import Explanation, explain
from tests.synthetic import CellClassifier, Grid, a_photo

GRID = Grid(2, 5)


class RuleClassifier(CellClassifier):
    """Says class 1 where a rule on how much of each cell is visible holds, and class 0 where it does not."""

    def __init__(self, rule: Any, grid: Grid = GRID) -> None:
        super().__init__("rule", grid, 2)
        self.rule = rule

    def answer(self, visible: np.ndarray) -> np.ndarray:
        score = 0.1 + 0.8 * np.asarray(self.rule(visible), np.float64)
        return np.stack([1 - score, score], axis=1)


def explained(classifier: Any, samples: int = 200, grid: Grid = GRID, **settings: Any) -> Explanation:
    return explain(a_photo(), classifier, num_samples=samples, segmentation=grid, **settings)


def both(visible: np.ndarray) -> np.ndarray:
    """Cells 2 and 7 together."""
    return np.minimum(visible[:, 2], visible[:, 7])


def either(visible: np.ndarray) -> np.ndarray:
    """Cell 2, or cell 7."""
    return np.maximum(visible[:, 2], visible[:, 7])

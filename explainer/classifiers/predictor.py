"""What can be asked for the probabilities of pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

Precision = Literal["exact", "fast"]


class Predictor(Protocol):
    """Runs a network: float32 (N, H, W, 3) to float32 probabilities (N, classes)."""

    def predict(self, batch: np.ndarray, precision: Precision = "exact") -> np.ndarray: ...

    def describe(self) -> str: ...


@dataclass(frozen=True)
class FunctionPredictor:
    """A Python function from float32 (N, H, W, 3) to probabilities (N, classes)."""

    function: Callable[[np.ndarray], np.ndarray]

    def predict(self, batch: np.ndarray, precision: Precision = "exact") -> np.ndarray:
        """Ask the function, which has one precision only."""
        return np.asarray(self.function(batch), np.float32)

    def describe(self) -> str:
        return "a Python function"

"""What can be asked for the probabilities of pictures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ClassifierError
from ..recipe import Precision
from .calls import WatchedCalls

if TYPE_CHECKING:
    import keras


class Predictor(Protocol):
    """Runs a network: float32 (N, H, W, 3) to float32 probabilities (N, classes).

    `fallback` says why it runs slower than it could; empty where it does not. The last two raise a
    `ClassifierError` where they can't be done; see `Classifier`.
    """

    def predict(self, batch: NDArray[np.float32], precision: Precision = "exact") -> NDArray[np.float32]: ...

    def describe(self) -> str: ...

    def fallback(self) -> str: ...

    def keras_network(self) -> "keras.Model": ...

    def with_random_weights(self, seed: int) -> "Predictor": ...


@dataclass(frozen=True)
class FunctionPredictor:
    """A Python function from float32 (N, H, W, 3) to probabilities (N, classes).

    It is asked one batch at a time, always in the same thread, which is none of those that ask.
    """

    function: Callable[[NDArray[np.float32]], NDArray[Any]]
    calls: WatchedCalls = field(default_factory=WatchedCalls, repr=False, compare=False)

    def predict(self, batch: NDArray[np.float32], precision: Precision = "exact") -> NDArray[np.float32]:
        """Ask the function, which has one precision only; what it returns is not checked.

        Raises
        ------
        NeverAnsweredError
            It did not come back; see `WatchedCalls`.
        """
        return self.calls.ask(self.function, batch)

    def describe(self) -> str:
        return "a Python function"

    def fallback(self) -> str:
        return ""

    def keras_network(self) -> NoReturn:
        raise ClassifierError(
            "A Python function gives answers and no gradients, and these are needed: they can be had of a "
            "network in Keras' format."
        )

    def with_random_weights(self, seed: int) -> NoReturn:
        raise ClassifierError(
            "The weights behind a Python function can't be reached, so they can't be made random."
        )

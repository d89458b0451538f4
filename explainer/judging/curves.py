"""How good a heat map is: the photo is covered, and uncovered, bit by bit, as the map says.

If a map is right, the label's probability falls soon when the most important part is hidden first (deletion),
and rises soon when it is shown first (insertion). Covering the least important part first is insertion
backwards, so that these two are all four of the curves that have been proposed.

References
----------
Petsiuk, Das and Saenko: RISE: Randomized input sampling for explanation of black-box models. BMVC 2018,
arXiv:1806.07421.

Blücher, Vielhaben and Strodthoff: Decoupling pixel flipping and occlusion strategy for consistent XAI
benchmarks. TMLR 2024, arXiv:2401.06654.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..lime.explanation import Explanation
from ..lime.hiding import hidden_image
from ..recipe import Recipe
from .inquiry import Inquiry, ask

STEPS = 20  # of the photo's area
_RANDOM_ORDERS = 3  # forwards and backwards


@dataclass(frozen=True, eq=False)
class Curves:
    """A label's probability as a photo is covered and uncovered.

    Attributes
    ----------
    deletion : numpy.ndarray of float64, shape (21,)
        With the most important 0 %, 5 %, …, 100 % of the area hidden.
    insertion : numpy.ndarray of float64, shape (21,)
        With only the most important 0 %, 5 %, …, 100 % of the area shown.
    """

    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Of the area: 0 to 1."""
        return np.linspace(0, 1, len(self.deletion))

    @property
    def gain(self) -> float:
        """The area under insertion minus that under deletion, -1 to 1; 0 is what chance gives."""
        between = self.insertion - self.deletion
        return float((between[1:] + between[:-1]).mean() / 2)

    @property
    def half(self) -> float | None:
        """How much of the area has to be hidden for the probability to halve; None if it never does."""
        half = self.deletion[0] / 2
        below = np.flatnonzero(self.deletion <= half)
        if not len(below) or below[0] == 0:  # a probability of 0 can't fall
            return None
        before, after = self.deletion[below[0] - 1 : below[0] + 1]
        return float((below[0] - (half - after) / (before - after)) / (len(self.deletion) - 1))

    def left(self, share: float) -> float:
        """Which share of the whole photo's probability is left with so much of the area hidden."""
        whole = float(self.deletion[0])
        return float(np.interp(share, self.shares, self.deletion)) / whole if whole else 1.0


def ranked(explanation: Explanation, heat_map: NDArray[np.float64]) -> NDArray[np.int64]:
    """In which place each pixel of a map comes, the most important first: int64, shape (H, W), from 0.

    Where a map makes no difference, superpixels follow each other in an order drawn from the recipe's seed.
    """
    segments = explanation.segments.ravel()
    turn = np.random.RandomState(explanation.recipe.seed).permutation(explanation.num_superpixels)
    places = np.empty(segments.size, np.int64)
    places[np.lexsort((turn[segments], -heat_map.ravel()))] = np.arange(segments.size)
    return places.reshape(explanation.segments.shape)


def curves_of(
    explanation: Explanation,
    label_index: int,
    heat_map: NDArray[np.float64],
    hidden: NDArray[np.float32] | None = None,
) -> Inquiry[Curves]:
    """Cover and uncover a photo as a map says: 39 pictures.

    Parameters
    ----------
    explanation : Explanation
        Of the photo.
    label_index : int
        A class' index.
    heat_map : numpy.ndarray of float64, shape (H, W)
        The higher, the more important.
    hidden : numpy.ndarray of float32, shape (H, W, 3), optional
        What hidden pixels show; what the recipe says by default.
    """
    places = ranked(explanation, heat_map)
    bounds = (np.arange(1, STEPS + 1) * places.size / STEPS).round()[:, np.newaxis, np.newaxis]
    shown = np.concatenate([places >= bounds, places < bounds[:-1]])
    answers = (yield from ask(explanation, shown, hidden))[:, label_index].astype(np.float64)
    whole = float(explanation.neighborhood.probabilities(1)[0, label_index])
    nothing = answers[STEPS - 1]
    return Curves(np.array([whole, *answers[:STEPS]]), np.array([nothing, *answers[STEPS:], whole]))


def chance_curves(explanation: Explanation, label_index: int) -> Inquiry[Curves]:
    """What hiding superpixels in a random order does, on average over six orders: 117 pictures."""
    random = np.random.RandomState(explanation.recipe.seed)
    deletions = []
    for _ in range(_RANDOM_ORDERS):
        order = random.permutation(explanation.num_superpixels).astype(np.float64)
        found = yield from curves_of(explanation, label_index, order[explanation.segments])
        deletions += [found.deletion, found.insertion[::-1]]
    mean = np.mean(deletions, axis=0)
    return Curves(mean, mean[::-1])


def centre_map(explanation: Explanation) -> NDArray[np.float64]:
    """The nearer the middle of the photo, the higher: what can be said without looking at it."""
    down, across = (np.linspace(-1, 1, size) for size in explanation.segments.shape)
    return -np.hypot(down[:, np.newaxis], across)


def other_way(recipe: Recipe) -> str:
    """How pixels are hidden for a cross-check of the recipe's way: the photo blurred, or else grey."""
    return "grey" if recipe.hide_color == "blur" else "blur"


def other_hiding(explanation: Explanation) -> NDArray[np.float32]:
    """What hidden pixels show then; see `other_way`."""
    way = other_way(explanation.recipe)
    return hidden_image(explanation.image, explanation.segments, way, explanation.classifier)

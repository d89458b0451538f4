"""Other ways of asking where a classifier looks, each of which makes a heat map of the same photo.

As their authors have it, they explain probabilities, whatever LIME's recipe says: with log-odds, occlusion
and Shapley values were less faithful on six of eight photos.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..lime.explain import grow_explanation, open_neighborhood, with_label
from ..lime.explanation import Explanation
from ..lime.neighborhood import BATCH_SIZE
from ..recipe import Recipe
from .grad_cam import grad_cam
from .inquiry import Inquiry, ask, ask_regions

Map = NDArray[np.float64]
Find = Callable[[Image.Image, Explanation, int, int], Inquiry[Map]]
"""From a photo, its explanation, a class' index and how many pictures may be asked about to a heat map,
float64 (H, W)."""

CUTS = 3
_CELLS = 7  # of a RISE mask, each way
_EPSILON = 1e-12


@dataclass(frozen=True)
class Method:
    """One way of asking.

    Attributes
    ----------
    name : str
        In code and files.
    title : str
        For people, where it has a proper name.
    reference : str
        Who proposed it.
    find : callable
        Makes the heat map.
    cost : callable
        From an explanation and how many pictures may be asked about to how many it does ask about.
    needs_gradients : bool
        Whether it looks into the network, which not every classifier allows.
    """

    name: str
    title: str
    reference: str
    find: Find
    cost: Callable[[Explanation, int], int] = lambda _, budget: budget
    needs_gradients: bool = False


def lime(photo: Image.Image, explanation: Explanation, label_index: int, budget: int) -> Inquiry[Map]:
    """LIME's weights by area, of the first cut alone: the explanation as it is, which asks nothing."""
    yield 0
    return explanation.spread(explanation.label(label_index).weights)


def lime_cuts(photo: Image.Image, explanation: Explanation, label_index: int, budget: int) -> Inquiry[Map]:
    """LIME's weights by area, averaged over several cuts that share the samples out among them."""
    recipe = Recipe.of(explanation.recipe, cuts=CUTS, num_samples=budget, top_labels=1)
    neighborhood = open_neighborhood(photo, explanation.classifier, recipe)
    asked = before = 0

    def count(done: int, _total: int) -> None:
        nonlocal asked
        asked = done

    for step in grow_explanation(photo, neighborhood, recipe, count, seconds_between_pictures=0):
        yield asked - before
        before, explanation = asked, step
    return with_label(explanation, label_index).heat_map(label_index)


def occlusion(photo: Image.Image, explanation: Explanation, label_index: int, budget: int) -> Inquiry[Map]:
    """How much is lost where a superpixel alone is hidden, and won where it alone is shown; the mean of both.

    References
    ----------
    Zeiler and Fergus: Visualizing and understanding convolutional networks. ECCV 2014, arXiv:1311.2901.
    """
    alone = np.eye(explanation.num_superpixels, dtype=bool)
    ends = np.array([[True], [False]]).repeat(len(alone), axis=1)
    answers = yield from ask_regions(explanation, np.concatenate([ends, ~alone, alone]))
    found = answers[:, label_index].astype(np.float64)
    without, only = np.split(found[2:], 2)
    return explanation.spread(((found[0] - without) + (only - found[1])) / 2)


def rise(photo: Image.Image, explanation: Explanation, label_index: int, budget: int) -> Inquiry[Map]:
    """How probable the label is, on average, where a pixel is shown, whatever else is hidden.

    Masks have nothing to do with the photo: they are 7 × 7 random cells, each shown or
    hidden, enlarged bilinearly and shifted at random.

    References
    ----------
    Petsiuk, Das and Saenko: RISE: Randomized input sampling for explanation of black-box models. BMVC 2018,
    arXiv:1806.07421.
    """
    random = np.random.RandomState(explanation.recipe.seed)
    height, width = explanation.segments.shape
    cell = (-(-width // _CELLS), -(-height // _CELLS))

    def mask() -> NDArray[np.float32]:
        grid = Image.fromarray(random.randint(0, 2, (_CELLS + 1, _CELLS + 1)).astype(np.float32))
        large = grid.resize(((_CELLS + 1) * cell[0], (_CELLS + 1) * cell[1]), Image.Resampling.BILINEAR)
        down, across = random.randint(cell[1]), random.randint(cell[0])
        return np.asarray(large)[down : down + height, across : across + width]

    sums, shown = np.zeros((2, height, width))
    for start in range(0, budget, BATCH_SIZE):
        masks = np.stack([mask() for _ in range(min(BATCH_SIZE, budget - start))])
        answers = yield from ask(explanation, masks)
        sums += np.tensordot(answers[:, label_index].astype(np.float64), masks, 1)
        shown += masks.sum(axis=0)
    found: Map = sums / np.maximum(shown, _EPSILON)
    return found


def shapley(photo: Image.Image, explanation: Explanation, label_index: int, budget: int) -> Inquiry[Map]:
    """The Shapley value of each superpixel, by area.

    References
    ----------
    Lundberg and Lee: A unified approach to interpreting model predictions. NeurIPS 2017, arXiv:1705.07874.
    """
    return explanation.spread((yield from shapley_values(explanation, label_index, budget)))


def shapley_values(explanation: Explanation, label_index: int, budget: int) -> Inquiry[NDArray[np.float64]]:
    """Shapley values of superpixels: each one's share in what all of them together change.

    Kernel SHAP, of sets in pairs of opposites: the sizes of sets that count most are gone through as far as
    the budget reaches, and of the rest, sets are drawn. Exact where the budget reaches for all sets.

    Parameters
    ----------
    explanation : Explanation
        Of the photo.
    label_index : int
        A class' index.
    budget : int
        How many pictures may be asked about.

    Returns
    -------
    numpy.ndarray of float64, shape (superpixels,)
        Of the probability; their sum is what the whole photo gets more than one where all is hidden.

    References
    ----------
    Lundberg and Lee: A unified approach to interpreting model predictions. NeurIPS 2017, arXiv:1705.07874.

    Covert and Lee: Improving KernelSHAP: Practical Shapley value estimation using linear regression. AISTATS
    2021, arXiv:2012.01536.
    """
    number = explanation.num_superpixels
    sets, weights = _shapley_sets(number, budget - 2, np.random.RandomState(explanation.recipe.seed))
    ends = np.array([[False], [True]]).repeat(number, axis=1)
    answers = yield from ask_regions(explanation, np.concatenate([ends, sets]))
    found = answers[:, label_index].astype(np.float64)
    nothing, whole = found[:2]
    # Around equal shares; that the differences from them sum to 0 makes the rows of the design sum to 0.
    share = (whole - nothing) / number
    sizes = sets.sum(axis=1)
    design, rises = sets - sizes[:, np.newaxis] / number, found[2:] - nothing - sizes * share
    root = np.sqrt(weights)
    values = np.linalg.lstsq(design * root[:, np.newaxis], rises * root, rcond=None)[0]
    shared: NDArray[np.float64] = share + values
    return shared


def _shapley_sets(
    number: int, budget: int, random: np.random.RandomState
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Sets of superpixels, bool (N, number), an opposite after each, and what each counts."""
    sizes = np.arange(1, number // 2 + 1)
    # What all sets of a size count together, with those of the opposite size.
    counts = (number - 1) / (sizes * (number - sizes)) * np.where(2 * sizes == number, 0.5, 1.0)
    shown: list[NDArray[np.bool_]] = []
    weights: list[float] = []
    drawn = np.ones(len(sizes), bool)
    for place, size in enumerate(sizes.tolist()):
        pairs = comb(number, size) // (2 if 2 * size == number else 1)
        left = counts[place:].sum()
        if 2 * pairs > (budget - len(shown)) * counts[place] / left:
            break
        for chosen in list(combinations(range(number), size))[:pairs]:
            some = np.isin(np.arange(number), chosen)
            shown += [some, ~some]
        weights += [counts[place] / (2 * pairs)] * (2 * pairs)
        drawn[place] = False
    pairs = (budget - len(shown)) // 2
    if drawn.any() and pairs > 0:
        chances = np.where(drawn, counts, 0.0) / counts[drawn].sum()
        for size in random.choice(sizes, pairs, p=chances):
            some = np.isin(np.arange(number), random.permutation(number)[:size])
            shown += [some, ~some]
        weights += [counts[drawn].sum() / (2 * pairs)] * (2 * pairs)
    return np.array(shown, bool).reshape(-1, number), np.array(weights)


def _grad_cam(photo: Image.Image, explanation: Explanation, label_index: int, budget: int) -> Inquiry[Map]:
    yield 0
    found = grad_cam(explanation.classifier, explanation.image, label_index)
    yield 1
    return found


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method("lime", "LIME", "Ribeiro et al. 2016, arXiv:1602.04938", lime, lambda explanation, _: 0),
        Method(
            "lime-cuts",
            "LIME",
            "Ribeiro et al. 2016, arXiv:1602.04938",
            lime_cuts,
            lambda _, budget: CUTS * -(-budget // CUTS),
        ),
        Method(
            "occlusion",
            "Occlusion",
            "Zeiler and Fergus 2014, arXiv:1311.2901",
            occlusion,
            lambda explanation, _: 2 * explanation.num_superpixels + 2,
        ),
        Method("rise", "RISE", "Petsiuk et al. 2018, arXiv:1806.07421", rise),
        Method("shapley", "Shapley", "Lundberg and Lee 2017, arXiv:1705.07874", shapley),
        Method(
            "grad-cam", "Grad-CAM", "Selvaraju et al. 2017, arXiv:1610.02391", _grad_cam, lambda *_: 1, True
        ),
    )
}

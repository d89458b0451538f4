"""Does a picture follow the network at all? The same photo explained for a network that has learned nothing.

References
----------
Adebayo et al.: Sanity checks for saliency maps. NeurIPS 2018, arXiv:1810.03292.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..lime.explain import explanation_at, open_neighborhood, with_label
from ..lime.explanation import Explanation
from ..lime.neighborhood import BATCH_SIZE
from .inquiry import Inquiry


@dataclass(frozen=True, eq=False)
class SanityCheck:
    """A photo explained for the same architecture with random weights.

    Attributes
    ----------
    label_index : int
        The class' index.
    explanation : Explanation
        That of the network with random weights, from as many samples.
    agreement : float
        The rank correlation (Spearman's) of both heat maps, -1 to 1. Near 0 if the picture comes from what
        the network has learned; near 1 if it would be the same whatever it had learned.
    """

    label_index: int
    explanation: Explanation = field(repr=False)
    agreement: float


def check_sanity(photo: Image.Image, explanation: Explanation, label_index: int) -> Inquiry[SanityCheck]:
    """Explain a photo once more, for the same architecture with random weights.

    Parameters
    ----------
    photo : PIL.Image.Image
        The photo.
    explanation : Explanation
        Of the photo.
    label_index : int
        A class' index, one of those explained.

    Raises
    ------
    ClassifierError
        The classifier's weights can't be got at, as those of a Python function; or it failed.
    """
    recipe, samples = replace(explanation.recipe, cuts=1), explanation.num_samples
    neighborhood = open_neighborhood(photo, explanation.classifier.with_random_weights(), recipe)
    with neighborhood.holding():
        while neighborhood.size < samples:
            before = neighborhood.size
            neighborhood.grow(to=min(samples, before + BATCH_SIZE))
            yield neighborhood.size - before
    twin = with_label(explanation_at(neighborhood, recipe, samples), label_index)
    maps = [found.heat_map(label_index).ravel() for found in (replace(explanation, further=()), twin)]
    return SanityCheck(label_index, twin, _rank_correlation(*maps))


def _rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:  # a flat map correlates with nothing
        return 0.0
    from scipy.stats import spearmanr

    return float(spearmanr(one, other).statistic)

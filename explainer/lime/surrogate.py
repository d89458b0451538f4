"""From a neighborhood to weights: LIME's weighted ridge, and how sure it is.

The surrogate is that of Ribeiro, Singh and Guestrin (2016, arXiv:1602.04938) as the `lime` package
(0.2.0.1) fits it: a ridge regression of one class' probability, or of its log-odds, on which superpixels are
on, weighted by the cosine similarity to the whole photo.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

KERNEL_WIDTH = 0.25
_RIDGE_PENALTY = 1.0  # that of LimeBase
_REPLICATES = 200
_LEAST_FREEDOM = 0.1  # with fewer samples than superpixels, leverage reaches 1
_ROUNDING = 1e-5  # of the sum of a row of probabilities
_LEAST = 0.01  # what takes the place of 0 where nothing smaller is known
_fitting = threading.Lock()


def exponential_kernel(distances: np.ndarray, kernel_width: float) -> np.ndarray:
    """How much a sample at a cosine distance counts: lime's kernel, 1 at the photo itself."""
    with np.errstate(over="ignore"):  # far beyond a narrow kernel, nothing counts
        return np.exp(-0.5 * (distances / kernel_width) ** 2)


def log_odds(answers: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """The logarithm of p / (1 - p).

    Where a classifier's probabilities sum to 1, 1 - p is taken as the sum of the others, which is exact
    where p is all but 1. A probability of exactly 0, or 1, is where floats end, or the steps of a quantised
    network or of a forest's votes: it counts as half of the smallest that is not 0, or 0.01 if that is less.

    Parameters
    ----------
    answers : numpy.ndarray of float, shape (samples, all classes)
        Probabilities.
    classes : sequence of int
        Of which ones.

    Returns
    -------
    numpy.ndarray of float64, shape (samples, len(classes))

    Examples
    --------
    >>> log_odds(np.array([[0.5, 0.5], [0.9, 0.1]]), [0]).round(1).tolist()
    [[0.0], [2.2]]
    """
    answers = answers.astype(np.float64)
    others = answers @ (np.arange(answers.shape[1])[:, np.newaxis] != np.asarray(classes))
    yes = answers[:, classes]
    of_one = np.abs(yes + others - 1) <= _ROUNDING
    odds: np.ndarray = np.log(_above_zero(yes)) - np.log(_above_zero(np.where(of_one, others, 1 - yes)))
    return odds


def _above_zero(values: np.ndarray) -> np.ndarray:
    least = values.min(axis=0, initial=2 * _LEAST, where=values > 0) / 2
    return np.where(values > 0, values, least)


@dataclass(frozen=True)
class Surrogate:
    """A linear stand-in for the classifier, for one label, near one photo.

    Attributes
    ----------
    weights : numpy.ndarray of float64, shape (superpixels,)
        By how much the label's probability, or its log-odds, rises when the superpixel is shown.
    standard_errors : numpy.ndarray of float64, shape (superpixels,)
        Of the weights, from sampling a finite neighborhood.
    intercept : float
        What the surrogate comes to when every superpixel is hidden.
    fidelity : float
        Weighted R² on the neighborhood: 1 is a perfect stand-in. With fewer samples than superpixels it
        flatters. 0 where the label's never changes, so that there is nothing to stand in for.
    replicates : numpy.ndarray of float64, shape (200, superpixels)
        The weights that neighborhoods resampled from this one give (bootstrap).
    """

    weights: np.ndarray
    standard_errors: np.ndarray
    intercept: float
    fidelity: float
    replicates: np.ndarray


def fit_surrogates(
    masks: np.ndarray,
    targets: np.ndarray,
    sample_groups: np.ndarray,
    kernel_width: float = KERNEL_WIDTH,
) -> list[Surrogate]:
    """Fit a surrogate to each column of what is to be explained.

    Parameters
    ----------
    masks : numpy.ndarray of uint8, shape (samples, superpixels)
        1 where a superpixel is on. The first row is the whole photo.
    targets : numpy.ndarray of float, shape (samples, labels)
        Probabilities or log-odds, a column a label.
    sample_groups : numpy.ndarray of int, shape (samples,)
        Samples that were drawn together, such as a mask and its opposite, share a number, and are
        resampled together. Never falls from one sample to the next.
    kernel_width : float
        Of lime's exponential kernel, in cosine distance.
    """
    masks = masks.astype(np.float64)
    # Relative to the whole photo's, so that what is constant stays so in rounding.
    whole = targets[0].astype(np.float64)
    rises = targets - whole
    if len(masks) == 1:  # R² is not defined
        nothing = np.zeros(masks.shape[1])
        replicates = np.zeros((_REPLICATES, masks.shape[1]))
        return [Surrogate(nothing, nothing, float(level), 0.0, replicates) for level in whole]
    with _one_blas_thread():
        # A sample without any superpixel has no angle; its distance is 1.
        distances = 1.0 - np.sqrt(masks.mean(axis=1))
        ridge = _Ridge(masks, exponential_kernel(distances, kernel_width), sample_groups)
        weights, intercepts = ridge.fit(rises)
        residuals = rises - intercepts - masks @ weights
        fidelities = ridge.fidelities(rises, residuals)
        surrogates = []
        for column, level in enumerate(whole + intercepts):
            errors, shifts = ridge.spread(residuals[:, column])
            fitted = weights[:, column].copy()
            surrogates.append(
                Surrogate(fitted, errors, float(level), float(fidelities[column]), fitted + shifts)
            )
    return surrogates


@contextlib.contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Keep sums from being rounded differently with more threads: a seed gives the same weights anywhere.

    For matrices of this size one thread is not slower. The limit is the whole process', so that two fits at
    once would lift each other's.
    """
    with _fitting, _blas().limit(limits=1, user_api="blas"):
        yield


@cache
def _blas() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


class _Ridge:
    """LIME's weighted ridge of several columns, and its bootstrap over groups of samples, to first order.

    Refitting for each replicate would cost more than a batch of the network. The ridge is linear in the
    resampling counts to first order, so that a replicate is one product of matrices. Residuals are first
    divided by one minus the group's leverage (Bell and McCaffrey's CR3), which makes up for residuals
    being too small when samples are few.
    """

    def __init__(self, masks: np.ndarray, kernel: np.ndarray, groups: np.ndarray) -> None:
        self._shares = kernel / kernel.sum()
        self._middle = self._shares @ masks
        centred = masks - self._middle
        gram = (centred * kernel[:, np.newaxis]).T @ centred
        inverse = np.linalg.inv(gram + _RIDGE_PENALTY * np.eye(len(gram)))
        self._influence = (centred * kernel[:, np.newaxis]) @ inverse
        leverage = np.einsum("ij,ij->i", self._influence, centred) + self._shares
        _, self._starts, sizes = np.unique(groups, return_index=True, return_counts=True)
        of_group = np.repeat(np.add.reduceat(leverage, self._starts), sizes)
        self._inflation = 1.0 / np.maximum(1.0 - of_group, _LEAST_FREEDOM)
        self._deviations = _resampled(len(sizes)) - 1.0

    def fit(self, rises: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights, shape (superpixels, columns), and intercepts."""
        levels = self._shares @ rises
        weights = self._influence.T @ (rises - levels)
        return weights, levels - self._middle @ weights

    def fidelities(self, rises: np.ndarray, residuals: np.ndarray) -> np.ndarray:
        """Weighted R² of each column; 0 where nothing changes, and not 1, which would claim something."""
        total = self._shares @ (rises - self._shares @ rises) ** 2
        left = self._shares @ residuals**2
        return np.where(total > 0, 1.0 - left / np.where(total > 0, total, 1.0), 0.0)

    def spread(self, residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Standard errors of one column's weights, and the replicates' differences from them."""
        per_sample = self._influence * (residuals * self._inflation)[:, np.newaxis]
        scores = np.add.reduceat(per_sample, self._starts, axis=0)
        return np.sqrt((scores**2).sum(axis=0)), self._deviations @ scores


@lru_cache(maxsize=32)
def _resampled(groups: int) -> np.ndarray:
    """How often each group is drawn in each replicate; uint8, shape (200, groups)."""
    chances = np.full(groups, 1.0 / groups)
    return np.random.RandomState(0).multinomial(groups, chances, size=_REPLICATES).astype(np.uint8)

"""How far a heat map points to where it is known that a network looks, and tables of such figures."""

import statistics
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import average_precision_score

_SAME = 1e-9  # of a map's range: heat that differs by less does so by rounding


def precision(heat: np.ndarray, truth: np.ndarray) -> float:
    """Average precision of a map as a detector of the true pixels: 1 at best, by chance their share of all.

    Parameters
    ----------
    heat : numpy.ndarray of float, shape (H, W)
        The higher, the more important.
    truth : numpy.ndarray of bool, shape (H, W)
        Where the network looks.
    """
    return float(average_precision_score(truth.ravel(), heat.ravel()))


def heat_inside(heat: np.ndarray, truth: np.ndarray) -> float:
    """Which share of the positive heat lies in the true area; 0 where there is none."""
    positive = np.maximum(heat, 0)
    whole = positive.sum()
    return float(positive[truth].sum() / whole) if whole > 0 else 0.0


def hottest_inside(heat: np.ndarray, truth: np.ndarray, share: float = 0.0) -> float:
    """Which part of the hottest share of the area lies in the true area: the pointing game where it is 0.

    Of pixels that are equally hot, as those of a superpixel, each counts a part, as if one drew among them.

    References
    ----------
    Zhang et al.: Top-down neural attention by excitation backprop. ECCV 2016, arXiv:1608.00507.
    """
    flat, inside = heat.ravel(), truth.ravel()
    wanted = max(1, round(share * flat.size))
    last = np.partition(flat, flat.size - wanted)[flat.size - wanted]
    slack = _SAME * (np.ptp(flat) or 1.0)
    sure, tied = flat > last + slack, np.abs(flat - last) <= slack
    return float((inside[sure].sum() + (wanted - sure.sum()) * inside[tied].mean()) / wanted)


def standard_error(values: Sequence[float]) -> float:
    """Of the mean of values that have nothing to do with each other; 0 where there is but one."""
    return statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0


def table(heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """A table in Markdown; what a row is called stands in its first cell."""
    lines = [heads, ("---",) * len(heads), *((name, *cells) for name, cells in rows.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

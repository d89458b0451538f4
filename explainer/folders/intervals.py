"""Two classifiers on the same photos: whether their difference is more than chance."""

import math
from collections.abc import Sequence

Interval = tuple[float, float]
_Z = 1.959963984540054  # of the normal distribution, 95 % lie within
_CONFIDENCE = 0.95


def mcnemar(only_a: int, only_b: int) -> float:
    """The exact p-value of McNemar's test, two-sided.

    Parameters
    ----------
    only_a, only_b : int
        In how many photos only the one is right, and only the other.

    Returns
    -------
    float
        How probable a split at least as uneven is if both are equally good; 1 where there is none.

    References
    ----------
    McNemar, Q. (1947). Note on the sampling error of the difference between correlated proportions or
    percentages. Psychometrika, 12(2), 153-157.
    """
    if not only_a + only_b:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(only_a, only_a + only_b).pvalue)


def difference_interval(both: int, only_a: int, only_b: int, neither: int) -> Interval:
    """A 95 % confidence interval of the second accuracy minus the first, by Newcombe's method 10.

    It takes the correlation of the two into account, and stays sensible where all photos are right, or few
    differ.

    Parameters
    ----------
    both, only_a, only_b, neither : int
        In how many photos both are right, only the first, only the second, and neither; not all 0.

    Returns
    -------
    tuple of 2 floats
        From -1 to 1.

    References
    ----------
    Newcombe, R. G. (1998). Improved confidence intervals for the difference between binomial proportions
    based on paired data. Statistics in Medicine, 17(22), 2635-2650.
    """
    number = both + only_a + only_b + neither
    a, b = (both + only_a) / number, (both + only_b) / number
    (low_a, high_a), (low_b, high_b) = _wilson(a, number), _wilson(b, number)
    product = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    excess: float = both * neither - only_a * only_b
    if excess > 0:
        excess = max(excess - number / 2, 0)
    correlation = excess / math.sqrt(product) if product else 0.0

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))

    return b - a - reach(b - low_b, high_a - a), b - a + reach(high_b - b, a - low_a)


def mean_change(changes: Sequence[float]) -> tuple[float, Interval | None]:
    """The mean of paired changes, and its 95 % confidence interval by Student's t.

    Parameters
    ----------
    changes : sequence of float
        One for each photo, at least one.

    Returns
    -------
    mean : float
    interval : tuple of 2 floats or None
        None where there is one change only.
    """
    mean = math.fsum(changes) / len(changes)
    if len(changes) == 1:
        return mean, None
    from scipy.stats import t

    variance = math.fsum((change - mean) ** 2 for change in changes) / (len(changes) - 1)
    reach = float(t.ppf((1 + _CONFIDENCE) / 2, len(changes) - 1)) * math.sqrt(variance / len(changes))
    return mean, (mean - reach, mean + reach)


def _wilson(share: float, number: int) -> Interval:
    """The 95 % score interval of one share, Wilson's."""
    middle = share + _Z**2 / (2 * number)
    reach = _Z * math.sqrt(share * (1 - share) / number + _Z**2 / (4 * number**2))
    return (middle - reach) / (1 + _Z**2 / number), (middle + reach) / (1 + _Z**2 / number)

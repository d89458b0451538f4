"""How far chance may have moved what was found in so many photos: 95 % confidence, and McNemar's test."""

import math
from collections.abc import Sequence
from statistics import fmean

Interval = tuple[float, float]
CONFIDENCE = 0.95


def share_interval(successes: int, trials: int) -> Interval:
    """Wilson's 95 % confidence interval of a share of at least one trial.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
    American Statistical Association, 22(158), 209-212.
    """
    from scipy.stats import binomtest

    low, high = binomtest(successes, trials).proportion_ci(CONFIDENCE, "wilson")
    return float(low), float(high)


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
    (low_a, high_a), (low_b, high_b) = (
        share_interval(right + only, number) for right, only in ((both, only_a), (both, only_b))
    )
    product = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    excess: float = both * neither - only_a * only_b
    if excess > 0:
        excess = max(excess - number / 2, 0)
    correlation = excess / math.sqrt(product) if product else 0.0

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))

    return b - a - reach(b - low_b, high_a - a), b - a + reach(high_b - b, a - low_a)


def mean_interval(values: Sequence[float], least: float = 0.0) -> Interval | None:
    """Student's 95 % confidence interval of a mean; None for fewer than two.

    Parameters
    ----------
    values : sequence of float
        Shares, or paired changes of shares: one for each photo.
    least : float
        What none of them can be below: 0 for shares, -1 for changes. None can be above 1.
    """
    if len(values) < 2:
        return None
    from scipy.stats import t

    mean, freedom = fmean(values), len(values) - 1
    variance = math.fsum((value - mean) ** 2 for value in values) / freedom
    reach = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * math.sqrt(variance / len(values))
    return max(least, mean - reach), min(1.0, mean + reach)

"""Intervals, and whether two classifiers differ: against SciPy, statsmodels, and worked examples in print."""

import math

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_rel
from statsmodels.stats.contingency_tables import mcnemar as of_statsmodels
from statsmodels.stats.proportion import proportion_confint

from explainer.folders.intervals import difference_interval, mcnemar, mean_interval, share_interval

TABLES = [
    (36, 12, 2, 0),
    (14, 5, 0, 22),
    (50, 0, 0, 0),
    (0, 0, 0, 7),
    (3, 4, 4, 3),
    (900, 20, 61, 19),
    (0, 5, 9, 0),
]


@pytest.mark.parametrize(("only_a", "only_b"), [(12, 2), (0, 5), (7, 7), (1, 0), (61, 20)])
def test_mcnemar_is_that_of_statsmodels(only_a: int, only_b: int):
    expected = of_statsmodels([[10, only_a], [only_b, 3]], exact=True).pvalue
    assert mcnemar(only_a, only_b) == pytest.approx(float(expected), rel=1e-12)


def test_where_nothing_differs_all_is_chance():
    assert mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # Newcombe (1998), table III, method 10; and Altman et al. (2000), Statistics with Confidence, p. 53.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((14, 5, 0, 22), 0.011, 0.226),
    ],
)
def test_the_interval_is_that_of_worked_examples(table: tuple[int, int, int, int], low: float, high: float):
    found_low, found_high = difference_interval(*table)
    assert (-found_high, -found_low) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))


@pytest.mark.parametrize("table", TABLES)
def test_the_interval_is_made_of_the_intervals_of_statsmodels(table: tuple[int, int, int, int]):
    both, only_a, only_b, neither = table
    n = sum(table)
    a, b = (both + only_a) / n, (both + only_b) / n
    (low_a, high_a), (low_b, high_b) = (
        proportion_confint(right, n, method="wilson") for right in (both + only_a, both + only_b)
    )
    # Newcombe's phi, with his correction towards 0 where it is positive.
    numerator = both * neither - only_a * only_b
    numerator = max(numerator - n / 2, 0) if numerator > 0 else numerator
    spread = math.sqrt(n * a * n * (1 - a) * n * b * n * (1 - b))
    phi = numerator / spread if spread else 0
    below = math.sqrt((b - low_b) ** 2 - 2 * phi * (b - low_b) * (high_a - a) + (high_a - a) ** 2)
    above = math.sqrt((high_b - b) ** 2 - 2 * phi * (high_b - b) * (a - low_a) + (a - low_a) ** 2)
    assert difference_interval(*table) == pytest.approx((b - a - below, b - a + above), abs=1e-9)
    low, high = difference_interval(*table)
    assert -1 <= low <= b - a <= high <= 1
    # The other way round, it is the same interval turned around.
    assert difference_interval(both, only_b, only_a, neither) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize(("right", "photos"), [(0, 1), (1, 1), (3, 10), (12, 20), (199, 200), (0, 50)])
def test_the_interval_is_wilson_s(right: int, photos: int):
    assert share_interval(right, photos) == pytest.approx(
        proportion_confint(right, photos, method="wilson"), abs=1e-12
    )


def test_the_interval_of_a_mean_is_student_s():
    values = np.random.RandomState(0).uniform(0.3, 0.7, 12)
    expected = student.interval(0.95, 11, loc=values.mean(), scale=values.std(ddof=1) / 12**0.5)
    assert mean_interval(values) == pytest.approx(expected)
    assert mean_interval([0.0, 0.9]) == (0.0, 1.0)  # it is a share
    assert mean_interval([0.5]) is None


def test_that_of_paired_changes_is_of_a_paired_t_test():
    before, after = np.random.RandomState(0).rand(2, 12)
    expected = ttest_rel(after, before).confidence_interval(0.95)
    assert mean_interval([*(after - before)], least=-1.0) == pytest.approx((expected.low, expected.high))

"""The photos in groups by what a table says of them, and where a group differs from the rest."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from ...names import natural_order
from ..objects.inside import focus_inside
from ..record import PhotoRecord

_MOST_GROUPS = 100  # that a column makes
_MOST_DATES = 31  # else they go by month, or by year
_MOST_NUMBERS = 8  # that differ; more go by quarters
_FEWEST = 5  # photos: of fewer, and against fewer, nothing is looked for
_SURE = 0.05

_DATES = tuple(
    re.compile(pattern + r"(?:[T\s]+\d{1,2}:\d\d.*)?")
    for pattern in (
        r"(?P<y>\d{4})([-/.:])(?P<m>\d{1,2})\2(?P<d>\d{1,2})",
        r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日",
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)",
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
    )
)


@dataclass(frozen=True)
class Grouping:
    """The groups that a column of a table makes.

    Attributes
    ----------
    column : str
        Its name.
    groups : tuple of str
        What they are called, in order: by name, by date or by size.
    group_of : mapping of str to str
        The group of each cell.
    """

    column: str
    groups: tuple[str, ...]
    group_of: Mapping[str, str]

    def of(self, record: PhotoRecord) -> str:
        """The group of a photo; empty where the table does not say."""
        return self.group_of.get(record.metadata.get(self.column, ""), "")

    def arranged(self, records: Iterable[PhotoRecord]) -> list[PhotoRecord]:
        """Photos group by group, in the order that they had; those without a group come last."""
        place = {group: number for number, group in enumerate(self.groups)}
        return sorted(records, key=lambda record: place.get(self.of(record), len(place)))


@dataclass(frozen=True)
class Difference:
    """A group of photos that differs from the others of its column beyond chance.

    Attributes
    ----------
    column, group : str
        As `Grouping` has them.
    figure : {"accuracy", "attention"}
        The share of photos that the classifier is right about, or the mean share of the focus that lies on
        the object.
    value, others_value : float
        That of the group and of the others, 0 to 1.
    photos, others : int
        How many there are of which it is known.
    p : float
        The probability of such a difference by chance, after Holm's correction for all that were looked for.
    """

    column: str
    group: str
    figure: Literal["accuracy", "attention"]
    value: float
    others_value: float
    photos: int
    others: int
    p: float


@dataclass(frozen=True)
class Differences:
    """What came of looking for differences.

    Attributes
    ----------
    looks : int
        How many were looked for.
    found : tuple of Difference
        Those beyond chance; the surest first.
    """

    looks: int
    found: tuple[Difference, ...]


def groupings(records: Sequence[PhotoRecord]) -> tuple[Grouping, ...]:
    """The columns that make groups.

    Dates are grouped by day or, where there are many, by month or year; more than eight different numbers by
    quarters, as many photos in each as can be; all else by what the cells say. A column makes no groups where
    all cells say the same, or where there are nearly as many different ones as photos.

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos.
    """
    columns = dict.fromkeys(column for record in records for column in record.metadata)
    found = (_grouping(column, [record.metadata.get(column, "") for record in records]) for column in columns)
    return tuple(grouping for grouping in found if grouping is not None)


def differences(records: Sequence[PhotoRecord]) -> Differences:
    """Look for groups in which the classifier is right more or less often, or looks elsewhere.

    Each group is compared with the other photos of its column, where there are five of both: accuracy by
    Fisher's exact test, the share of the focus that lies on the object by the test of Mann and Whitney, both
    two-sided. A column of two groups is looked at once. All looks together find anything by mere chance in
    less than one of twenty folders (Holm).

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
       Statistics 6(2), 1979, 65–70.
    """
    right = [math.nan if record.is_right is None else float(record.is_right) for record in records]
    inside = [math.nan if (share := focus_inside(record)) is None else share for record in records]
    looks = [
        look
        for grouping in groupings(records)
        for look in (
            *_looks(grouping, records, "accuracy", np.array(right)),
            *_looks(grouping, records, "attention", np.array(inside)),
        )
    ]
    adjusted = holm([look.p for look in looks])
    sure = (replace(look, p=p) for look, p in zip(looks, adjusted, strict=True) if p < _SURE)
    return Differences(len(looks), tuple(sorted(sure, key=lambda look: look.p)))


def holm(p: Sequence[float]) -> list[float]:
    """The probabilities after Holm's correction, each as it would be if all were one test."""
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * np.asarray(p, float)[order]))
    return [float(value) for value in adjusted]


def _looks(
    grouping: Grouping,
    records: Sequence[PhotoRecord],
    figure: Literal["accuracy", "attention"],
    values: np.ndarray,
) -> Iterator[Difference]:
    from scipy.stats import fisher_exact, mannwhitneyu

    groups = np.array([grouping.of(record) for record in records], dtype=object)
    known = (groups != "") & ~np.isnan(values)
    if not known.any() or np.ptp(values[known]) == 0:
        return
    found = []
    for group in grouping.groups:
        mine, others = values[known & (groups == group)], values[known & (groups != group)]
        if min(len(mine), len(others)) < _FEWEST:
            continue
        if figure == "accuracy":
            table = [[part.sum(), len(part) - part.sum()] for part in (mine, others)]
            p = fisher_exact(np.array(table, int))[1]
        else:
            p = mannwhitneyu(mine, others, alternative="two-sided").pvalue
        found.append(
            Difference(
                grouping.column,
                group,
                figure,
                float(mine.mean()),
                float(others.mean()),
                len(mine),
                len(others),
                float(p),
            )
        )
    if len(np.unique(groups[known].astype(str))) == 2:
        found = sorted(found, key=lambda look: look.value)[:1]  # the other one says the same
    yield from found


def _grouping(column: str, cells: Sequence[str]) -> Grouping | None:
    photos = sum(map(bool, cells))
    different = {cell for cell in cells if cell}
    group_of = _by_date(different) or _by_quarter([cell for cell in cells if cell], different)
    group_of = group_of or {cell: cell for cell in sorted(different, key=natural_order)}
    groups = tuple(dict.fromkeys(group_of.values()))
    if not 2 <= len(groups) <= min(_MOST_GROUPS, photos / 2):
        return None
    return Grouping(column, groups, group_of)


def _by_date(cells: set[str]) -> dict[str, str]:
    """The day, month or year of each, in order; nothing where one is no date."""
    dates = {}
    for cell in cells:
        day = _date(cell)
        if day is None:
            return {}
        dates[cell] = day.isoformat()
    for length in (10, 7, 4):
        if len({day[:length] for day in dates.values()}) <= _MOST_DATES:
            break
    return {cell: day[:length] for cell, day in sorted(dates.items(), key=lambda item: item[1])}


def _date(cell: str) -> date | None:
    for pattern in _DATES:
        found = pattern.fullmatch(cell)
        if found:
            try:
                return date(*(int(found[name]) for name in "ymd"))
            except ValueError:
                return None
    return None


def _numbers(cells: set[str]) -> dict[str, float]:
    """Each as a number, with a comma for thousands or else for decimals; nothing where one is none."""
    commas = [cell for cell in cells if "," in cell]
    thousands = all(re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", cell) for cell in commas)
    if any("_" in cell for cell in cells):  # which Python would read as 1_000 is written
        return {}
    try:
        return {cell: float(cell.replace(",", "" if thousands else ".")) for cell in cells}
    except ValueError:
        return {}


def _by_quarter(cells: Sequence[str], different: set[str]) -> dict[str, str]:
    """The quarter of each number, in order; nothing where one is no number, or where few differ."""
    numbers = _numbers(different)
    if len(set(numbers.values())) <= _MOST_NUMBERS or not all(map(math.isfinite, numbers.values())):
        return {}
    edges = np.quantile([numbers[cell] for cell in cells], [0.25, 0.5, 0.75], method="lower")
    ordered = sorted(numbers, key=numbers.__getitem__)
    quarters = {cell: int(np.searchsorted(edges, numbers[cell])) for cell in ordered}
    of_quarter = {
        quarter: [cell for cell in ordered if quarters[cell] == quarter] for quarter in quarters.values()
    }
    return {
        cell: mine[0] if len(mine := of_quarter[quarter]) == 1 else f"{mine[0]} … {mine[-1]}"
        for cell, quarter in quarters.items()
    }

"""May this version ship? Conditions on named figures of many photos, and what was found of each."""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from statistics import fmean
from types import SimpleNamespace
from typing import Any, Literal, TypeAlias

from ..errors import ArgumentError
from ..names import natural_order, printable
from .comparison.pairs import Comparison
from .intervals import Interval, mean_interval, share_interval
from .objects.inside import focus_inside
from .photos import class_finder
from .record import ExplainedLabel, PhotoRecord

MOST_NAMED = 5
"""How many photos are named of a gate that failed."""

_CONDITION = re.compile(
    r"\s*(?P<name>[A-Za-z][\w-]*)\s*(?:\[\s*(?P<of>\S.*?)\s*\])?\s*(?P<sign><=|>=|<|>)\s*"
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*(?P<percent>%?)\s*",
    re.DOTALL,
)
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Kind: TypeAlias = Literal["share", "change", "count"]
"""From 0 to 1, from -1 to 1, or so many photos."""


@dataclass(frozen=True)
class Found:
    """What a figure was found to be.

    Attributes
    ----------
    value : float or None
        None where that can't be known.
    photos : int
        Of how many photos it is.
    interval : tuple of 2 floats or None
        A 95 % confidence interval, where there is one.
    why : str
        Why it is not known, in a few words; empty where it is.
    worst : tuple of str
        The photos to look at, at most `MOST_NAMED`, the worst first, as their records name them.
    """

    value: float | None
    photos: int
    interval: Interval | None = None
    why: str = ""
    worst: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A figure that a condition can name.

    Attributes
    ----------
    kind : str
        What it can be, which is what it can be compared with.
    meaning : str
        In a few words.
    measure : callable
        What finds it: of the records of a folder of results, or of a comparison of two.
    by_class : bool
        Whether it can be asked for the photos of one class.
    """

    kind: Kind
    meaning: str
    measure: Callable[[Any], Found]
    by_class: bool = True


Figures: TypeAlias = Mapping[str, Figure]


@dataclass(frozen=True)
class Gate:
    """A condition that must not hold: a figure, a sign, and a limit.

    Attributes
    ----------
    name : str
        The figure's.
    figure : Figure
        What it is.
    of : str
        The class whose photos it is about; empty for all photos.
    sign : {"<", "<=", ">", ">="}
        How it is compared with the limit.
    limit : float
        With what it is compared.
    in_percent : bool
        Whether it was written in percent, and is to be shown so.
    """

    name: str
    figure: Figure
    of: str
    sign: str
    limit: float
    in_percent: bool = False

    @classmethod
    def parse(cls, text: str, figures: Figures) -> "Gate":
        """Read a condition, such as ``accuracy < 0.95``, ``inside[tiger cat] <= 60%`` or ``broken > 0``.

        Parameters
        ----------
        text : str
            A name, perhaps a class in square brackets, one of ``<``, ``<=``, ``>`` and ``>=``, and a number,
            perhaps in percent. Spaces make no difference.
        figures : mapping of str to Figure
            Those that there are, by their names: `FOLDER` or `COMPARISON`.

        Raises
        ------
        ArgumentError
            It is no condition on one of these figures, or one that makes no sense; the message says why.
        """
        found = _CONDITION.fullmatch(text)
        if found is None:
            raise ArgumentError(
                "The condition {condition} is not understood: it must be a name, then <, <=, > or >=, and a "
                "number, such as {example}.",
                condition=repr(text),
                example="accuracy < 0.95" if "accuracy" in figures else "broken > 0",
            )
        name = found["name"].replace("-", "_").lower()
        if name not in figures:
            raise _unknown_name(name, figures)
        figure, of, in_percent = figures[name], found["of"] or "", bool(found["percent"])
        if of and not figure.by_class:
            raise ArgumentError("{name} is known of all photos only, and not of one class.", name=name)
        # In decimals, lest 99.9% become a little more than 0.999.
        limit = float(Decimal(found["number"]) / (100 if in_percent else 1))
        if figure.kind == "count" and (in_percent or not 0 <= limit < math.inf):
            raise ArgumentError(
                "{name} is a number of photos, and can't be compared with {limit}.",
                name=name,
                limit=found["number"] + found["percent"],
            )
        if figure.kind != "count" and not (0 if figure.kind == "share" else -1) <= limit <= 1:
            raise ArgumentError(
                "{name} is a share, and can't be compared with {limit}: write 0.95 or 95%.",
                name=name,
                limit=found["number"] + found["percent"],
            )
        return cls(name, figure, of, found["sign"], limit, in_percent)

    def __str__(self) -> str:
        of = f"[{printable(self.of)}]" if self.of else ""
        return f"{self.name}{of} {self.sign} {self.shown(self.limit)}"

    def shown(self, value: float) -> str:
        """A value of the figure as it is shown: never rounded to the limit where it is not the limit."""
        if self.figure.kind == "count":
            return f"{value:.10g}"
        factor, unit = (100, "%") if self.in_percent else (1, "")
        if value == self.limit:
            return f"{factor * value:.15g}{unit}"
        for digits in (4, 8, 17):
            text = f"{factor * value:.{digits}g}"
            if float(text) != float(f"{factor * self.limit:.{digits}g}"):
                break
        return text + unit


@dataclass(frozen=True)
class Verdict:
    """A condition, and what was found."""

    gate: Gate
    found: Found

    @property
    def failed(self) -> bool:
        """Whether the condition holds, or is about something that can't be known."""
        return not self.is_known or _SIGNS[self.gate.sign](self.found.value or 0.0, self.gate.limit)

    @property
    def is_known(self) -> bool:
        """Whether there is a figure at all."""
        return self.found.value is not None


def read_gates(texts: Iterable[str], figures: Figures) -> list[Gate]:
    """Read conditions, each of them once; see `Gate.parse`."""
    return list(dict.fromkeys(Gate.parse(text, figures) for text in texts))


def with_known_classes(gates: Sequence[Gate], classifier: Any) -> list[Gate]:
    """The same conditions with each class by the name that the classifier has for it.

    Parameters
    ----------
    gates : sequence of Gate
        The conditions.
    classifier : Classifier
        Anything with its ``class_names`` and ``wnids``.

    Raises
    ------
    ArgumentError
        There is no such class.
    """
    find = class_finder(classifier)

    def known(gate: Gate) -> Gate:
        found = find(gate.of)
        if found or not gate.of:
            return replace(gate, of=classifier.class_names[found[0]] if found else "")
        near = get_close_matches(gate.of, classifier.class_names, 1)
        if near:
            raise ArgumentError(
                "The classifier knows no class {label} (perhaps {near} is meant).",
                label=repr(gate.of),
                near=repr(near[0]),
            )
        raise ArgumentError("The classifier knows no class {label}.", label=repr(gate.of))

    return [known(gate) for gate in gates]


def judge_folder(
    gates: Sequence[Gate], records: Sequence[PhotoRecord], not_reached: Sequence[str] = ()
) -> list[Verdict]:
    """Hold conditions on `FOLDER` against what came of a folder of photos.

    Parameters
    ----------
    gates : sequence of Gate
        The conditions.
    records : sequence of PhotoRecord
        The photos. A condition on a class is about those whose true class it is.
    not_reached : sequence of str
        The photos that there was no time for.
    """
    photos = [*records, *(PhotoRecord(photo, "", "", 0, "", None) for photo in not_reached)]

    def judged(gate: Gate) -> Verdict:
        found = photos
        if gate.of:
            found = _of_class(photos, gate.of, lambda record: record.truth)
            if not found:
                return Verdict(gate, Found(None, 0, why=f"no photo is known to show {printable(gate.of)}"))
        return Verdict(gate, _without_nan(gate.figure.measure(found)))

    return [judged(gate) for gate in gates]


def judge_comparison(gates: Sequence[Gate], comparison: Comparison) -> list[Verdict]:
    """Hold conditions on `COMPARISON` against two folders of results.

    Parameters
    ----------
    gates : sequence of Gate
        The conditions.
    comparison : Comparison
        The two, compared. A condition on a class is about the photos whose true class it is.
    """

    def judged(gate: Gate) -> Verdict:
        found = comparison
        if gate.of:
            pairs = _of_class(comparison.pairs, gate.of, lambda pair: pair.record.truth)
            found = replace(comparison, pairs=tuple(pairs))
        if not found.photos:
            shown = f" that is known to show {printable(gate.of)}" if gate.of else ""
            return Verdict(gate, Found(None, 0, why=f"there is no photo{shown} in both"))
        return Verdict(gate, _without_nan(gate.figure.measure(found)))

    return [judged(gate) for gate in gates]


def _unknown_name(name: str, figures: Figures) -> ArgumentError:
    names, near = ", ".join(figures), get_close_matches(name, figures, 1)
    if near:
        return ArgumentError(
            "There is no figure named {name} (perhaps {near} is meant); there are {names}.",
            name=name,
            near=near[0],
            names=names,
        )
    return ArgumentError("There is no figure named {name}; there are {names}.", name=name, names=names)


def _of_class(photos: Sequence[Any], name: str, truth: Callable[[Any], str]) -> list[Any]:
    """Those of a class, whose name may be written as names of folders are."""
    names = sorted({truth(photo) for photo in photos})
    found = class_finder(SimpleNamespace(class_names=names, wnids=[""] * len(names)))(name)
    return [photo for photo in photos if truth(photo) in {names[index] for index in found}]


def _without_nan(found: Found) -> Found:
    if found.value is None or math.isfinite(found.value):
        return found
    return replace(found, value=None, interval=None, why="some of the figures are no numbers")


def _worst(records: Iterable[PhotoRecord], badness: Callable[[PhotoRecord], float | None]) -> tuple[str, ...]:
    def order(record: PhotoRecord) -> Any:
        bad = badness(record)
        return math.inf if bad is None or math.isnan(bad) else -bad, natural_order(record.photo)

    return tuple(record.photo for record in sorted(records, key=order)[:MOST_NAMED])


def _share(
    photos: Sequence[PhotoRecord],
    is_so: Callable[[PhotoRecord], bool],
    why: str,
    worst: tuple[str, ...],
) -> Found:
    if not photos:
        return Found(None, 0, why=why)
    hits = sum(map(is_so, photos))
    return Found(hits / len(photos), len(photos), share_interval(hits, len(photos)), worst=worst)


def _probability(record: PhotoRecord) -> float | None:
    return record.predicted.probability if record.predicted else None


def _explained(records: Iterable[PhotoRecord]) -> list[tuple[PhotoRecord, ExplainedLabel]]:
    return [(record, record.predicted) for record in records if record.predicted]


def _known(records: Iterable[PhotoRecord]) -> list[PhotoRecord]:
    return [record for record in records if record.is_right is not None]


def _wrong_ones(records: Iterable[PhotoRecord]) -> tuple[str, ...]:
    return _worst([record for record in records if record.is_wrong], _probability)


def _accuracy(records: Sequence[PhotoRecord]) -> Found:
    return _share(
        _known(records),
        lambda record: not record.is_wrong,
        "of no photo the class is known",
        _wrong_ones(records),
    )


def _wrong(records: Sequence[PhotoRecord]) -> Found:
    known = _known(records)
    if not known:
        return Found(None, 0, why="of no photo the class is known")
    return Found(sum(record.is_wrong for record in known), len(known), worst=_wrong_ones(records))


def _inside(records: Sequence[PhotoRecord]) -> Found:
    found = {record.photo: share for record in records if (share := focus_inside(record)) is not None}
    if not found:
        return Found(None, 0, why="no photo has a marked object")
    marked = [record for record in records if record.photo in found]
    worst = _worst(marked, lambda record: -found[record.photo])
    values = list(found.values())
    return Found(fmean(values), len(values), mean_interval(values), worst=worst)


def _pointing(records: Sequence[PhotoRecord]) -> Found:
    found = {
        record.photo: label.inside
        for record, label in _explained(records)
        if label.inside and label.inside.strongest is not None
    }
    marked = [record for record in records if record.photo in found]
    missed = [record for record in marked if not found[record.photo].strongest]
    return _share(
        marked,
        lambda record: bool(found[record.photo].strongest),
        "no photo has a marked object",
        _worst(missed, lambda record: -(found[record.photo].focus or 0.0)),
    )


def _contradicted(records: Sequence[PhotoRecord]) -> Found:
    def rise(record: PhotoRecord) -> float | None:
        label = record.predicted
        return (label.focus_hidden or 0.0) - label.probability if label else None

    return _share(
        [record for record, _ in _explained(records)],
        lambda record: record.is_contradicted,
        "no photo was explained",
        _worst([record for record in records if record.is_contradicted], rise),
    )


def _unsettled(records: Sequence[PhotoRecord]) -> Found:
    unsettled = {record.photo: label.stability for record, label in _explained(records) if not label.settled}
    return _share(
        [record for record, _ in _explained(records)],
        lambda record: record.photo in unsettled,
        "no photo was explained",
        _worst(
            [record for record in records if record.photo in unsettled],
            lambda record: -unsettled[record.photo],
        ),
    )


def _failed(records: Sequence[PhotoRecord]) -> Found:
    reached = [record for record in records if record.predicted or record.error]
    failed = [record for record in reached if record.error]
    return _share(
        reached, lambda record: bool(record.error), "no photo was reached", _worst(failed, lambda _: 0.0)
    )


def _photos(records: Sequence[PhotoRecord]) -> Found:
    explained = len(_explained(records))
    return Found(explained, explained) if explained else Found(None, 0, why="no photo was explained")


def _not_reached(records: Sequence[PhotoRecord]) -> Found:
    # Neither explained nor failed: that is how `judge_folder` puts them.
    left = [record for record in records if not record.predicted and not record.error]
    return Found(len(left), len(records), worst=_worst(left, lambda _: 0.0))


FOLDER: Figures = {
    "accuracy": Figure("share", "right ones, of the photos whose class is known", _accuracy),
    "wrong": Figure("count", "photos that are wrongly classified", _wrong),
    "inside": Figure("share", "mean share of the focus inside the marked object", _inside),
    "pointing": Figure("share", "photos whose strongest region lies inside the marked object", _pointing),
    "contradicted": Figure(
        "share", "photos in which the classifier contradicts the picture when asked again", _contradicted
    ),
    "unsettled": Figure("share", "photos whose picture is not settled", _unsettled),
    "failed": Figure("share", "photos that could not be explained", _failed),
    "photos": Figure("count", "photos that were explained", _photos),
    "not_reached": Figure("count", "photos that a budget did not reach", _not_reached, by_class=False),
}
"""The figures of a folder of photos."""


def _pairs(kind: str) -> Callable[[Any], Found]:
    """The number of photos of which that became."""

    def measure(comparison: Comparison) -> Found:
        if not comparison.judged:
            return _of_no_known_class()
        names = (pair.record.photo for pair in comparison.pairs if pair.kind == kind)
        return Found(comparison.counts[kind], comparison.judged, worst=tuple(names)[:MOST_NAMED])

    return measure


def _both_explained(comparison: Comparison) -> Found:
    explained = comparison.photos - comparison.counts["failed"]
    return Found(explained, explained) if explained else Found(None, 0, why="no photo was explained in both")


def _of_no_known_class() -> Found:
    return Found(None, 0, why="of no photo the class is known in both")


def _right(side: Literal["a", "b"]) -> Callable[[Any], Found]:
    def measure(comparison: Comparison) -> Found:
        number, share = comparison.judged, getattr(comparison, f"accuracy_{side}")
        if not number:
            return _of_no_known_class()
        wrong = {"still_wrong", "fixed" if side == "a" else "broken"}
        names = (pair.record.photo for pair in comparison.pairs if pair.kind in wrong)
        interval = share_interval(round(share * number), number)
        return Found(share, number, interval, worst=tuple(names)[:MOST_NAMED])

    return measure


def _difference(comparison: Comparison) -> Found:
    if not comparison.judged:
        return _of_no_known_class()
    worst = _pairs("broken")(comparison).worst
    return Found(comparison.difference, comparison.judged, comparison.interval, worst=worst)


def _p_value(comparison: Comparison) -> Found:
    if not comparison.judged:
        return _of_no_known_class()
    return Found(comparison.p_value, comparison.judged)


def _elsewhere(comparison: Comparison) -> Found:
    known = [pair for pair in comparison.pairs if pair.common is not None]
    if not known:
        return Found(None, 0, why="of no photo the share of the focus in common is known")
    names = (pair.record.photo for pair in known if pair.kind == "elsewhere")
    return Found(comparison.elsewhere, len(known), worst=tuple(names)[:MOST_NAMED])


def _inside_of(name: str) -> Callable[[Any], Found]:
    def measure(comparison: Comparison) -> Found:
        if not comparison.inside_photos:
            return Found(None, 0, why="no photo has a marked object in both")
        interval = comparison.inside_interval if name == "inside_change" else None
        return Found(getattr(comparison, name), comparison.inside_photos, interval)

    return measure


COMPARISON: Figures = {
    "broken": Figure(
        "count", "photos that the first is right about, and the second is not", _pairs("broken")
    ),
    "fixed": Figure("count", "photos that the second is right about, and the first is not", _pairs("fixed")),
    "still_wrong": Figure("count", "photos that both are wrong about", _pairs("still_wrong")),
    "elsewhere": Figure("count", "photos where both say the same and look elsewhere", _elsewhere),
    "photos": Figure("count", "photos that both explained", _both_explained),
    "accuracy_a": Figure("share", "right ones of the first, where both know the class", _right("a")),
    "accuracy_b": Figure("share", "right ones of the second, where both know the class", _right("b")),
    "difference": Figure("change", "the second accuracy minus the first", _difference),
    "p_value": Figure("share", "of McNemar's test, whether the two differ beyond chance", _p_value),
    "inside_a": Figure(
        "share", "mean share of the first's focus inside the marked object", _inside_of("inside_a")
    ),
    "inside_b": Figure(
        "share", "mean share of the second's focus inside the marked object", _inside_of("inside_b")
    ),
    "inside_change": Figure("change", "by how much that share rose", _inside_of("inside_change")),
}
"""The figures of two folders of results, compared."""

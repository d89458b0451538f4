"""Two folders of results of the same photos: what became of each photo, and what they say together."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from ...classifiers.preprocessing import WHOLE, Box
from ...errors import ExplainerError
from ...names import natural_order, printable
from ..intervals import Interval, difference_interval, mcnemar, mean_interval
from ..objects.inside import focus_inside
from ..record import ExplainedLabel, PhotoRecord
from ..results import PHOTOS, file_below, read_records
from .attention import Attention, focus_in_common, read_attention

ELSEWHERE = 0.5
"""Below which share of the focus in common two explanations of one answer are said to look elsewhere."""
STEADY = 0.8
"""From which stability on, of both, that is said at all. Runs of the same network from other seeds then never
had less in common; docs/compare.md has the table."""

Kind = Literal["broken", "fixed", "still_wrong", "elsewhere", "changed", "same", "failed", "alone"]
KINDS: tuple[Kind, ...] = (
    "broken",  # right in the first, wrong in the second
    "fixed",
    "still_wrong",
    "elsewhere",  # the same answer, and not wrong; the focus lies elsewhere
    "changed",  # another answer; which is right is not known
    "same",
    "failed",  # not explained in one of them, or in both
    "alone",  # in one of them only
)
"""What becomes of a photo, from what matters most on."""

Doubt = Literal["", "damaged", "frame", "file", "nothing"]
"""Why the share of the focus in common is not known: an explanation is damaged, how the classifiers frame the
photo is not known, the files differ, or nothing speaks for a label; empty where it is known."""


@dataclass(frozen=True)
class Pair:
    """One photo in two folders of results.

    Attributes
    ----------
    a, b : PhotoRecord or None
        What each has of it; None where it does not have it.
    kind : str
        One of `KINDS`.
    common : float or None
        Which share of the focus, each of the label that was said, the two have in common; see
        `attention.focus_in_common`.
    doubt : str
        Why that is None, where both explained the photo; see `Doubt`.
    score_a, score_b : float or None
        The probability of the true label where that is known, and else of the label that the first said;
        None where it is not among the explained labels.
    same_file : bool or None
        Whether both saw the same file, bit by bit; None where a record of an older version does not say.
    """

    a: PhotoRecord | None
    b: PhotoRecord | None
    kind: Kind
    common: float | None = None
    doubt: Doubt = ""
    score_a: float | None = None
    score_b: float | None = None
    same_file: bool | None = None

    @property
    def record(self) -> PhotoRecord:
        """The first one that there is."""
        record = self.a or self.b
        assert record is not None
        return record

    @property
    def records(self) -> tuple[PhotoRecord, ...]:
        """Those that there are."""
        return tuple(record for record in (self.a, self.b) if record)

    @property
    def change(self) -> float | None:
        """By how much the score rose."""
        if self.score_a is None or self.score_b is None:
            return None
        return self.score_b - self.score_a

    @property
    def scored(self) -> ExplainedLabel | None:
        """The label that the scores are of, as the first has it."""
        if self.a is None:
            return None
        return (_common_truth(self.a, self.b) if self.b else None) or self.a.predicted

    @property
    def rights(self) -> tuple[bool, bool] | None:
        """Whether each is right; None where one of them did not explain the photo or does not know its class,
        and where each takes another class for the right one.
        """
        if self.other_truth:
            return None
        a, b = (record is not None and record.is_right for record in (self.a, self.b))
        return None if a is None or b is None or len(self.records) < 2 else (a, b)

    @property
    def insides(self) -> tuple[float, float] | None:
        """Which share of each focus lies inside the marked object; None where one of them does not know."""
        a, b = (focus_inside(record) if record else None for record in (self.a, self.b))
        return None if a is None or b is None else (a, b)

    @property
    def is_steady(self) -> bool:
        """Whether both focuses are reliable enough to be called different."""
        return all(
            record.predicted is not None and record.predicted.stability >= STEADY and not record.asked_twice
            for record in self.records
        )

    @property
    def other_truth(self) -> bool:
        """Whether each takes another class for the right one."""
        a, b = self.a and self.a.right_label, self.b and self.b.right_label
        return bool(a and b and not _same_class(a, b))


@dataclass(frozen=True)
class Side:
    """One of the two folders of results.

    Attributes
    ----------
    folder : str
        Its name, as it may be shown.
    classifier, fingerprint : str
        Of the classifier; empty where that is not known.
    settings : mapping of str to object
        The recipe, one name a figure: ``{"seed": 0, "segmentation.method": "quickshift", ...}``; and, as
        ``limelight``, the version that wrote it. Empty where that is not known.
    is_mixed : bool
        Whether its photos were explained by several classifiers or recipes, of which this is the most
        frequent.
    """

    folder: str
    classifier: str = ""
    fingerprint: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_mixed: bool = False


Confusion = tuple[ExplainedLabel, ExplainedLabel, int]
"""The true label, what was said, and in how many photos."""


@dataclass(frozen=True)
class Comparison:
    """Two folders of results, compared.

    Accuracies and what follows from them are of the photos that both explained and of which both know the
    class; they are None where there is none.

    Attributes
    ----------
    a, b : Side
        The first and the second.
    pairs : tuple of Pair
        One for each photo that either has, in the order of the gallery.
    gallery, table : pathlib.Path or None
        The files that show all of it, where they were written.
    """

    a: Side
    b: Side
    pairs: tuple[Pair, ...]
    gallery: Path | None = None
    table: Path | None = None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many photos there are of each of `KINDS`."""
        found = Counter(pair.kind for pair in self.pairs)
        return {kind: found[kind] for kind in KINDS}

    @property
    def photos(self) -> int:
        """How many photos both have."""
        return len(self.pairs) - self.counts["alone"]

    @property
    def broken(self) -> int:
        """How many photos the first is right about, and the second is not."""
        return self.counts["broken"]

    @property
    def fixed(self) -> int:
        """How many photos the second is right about, and the first is not."""
        return self.counts["fixed"]

    @property
    def still_wrong(self) -> int:
        """How many photos both are wrong about."""
        return self.counts["still_wrong"]

    @property
    def elsewhere(self) -> int:
        """In how many photos both say the same, and not the wrong thing, and look elsewhere."""
        return self.counts["elsewhere"]

    @property
    def judged(self) -> int:
        """Of how many photos the accuracies are."""
        return sum(self._table)

    @property
    def accuracy_a(self) -> float | None:
        """The share of photos that the first is right about."""
        both, only_a, _, _ = self._table
        return (both + only_a) / self.judged if self.judged else None

    @property
    def accuracy_b(self) -> float | None:
        """The share of photos that the second is right about."""
        both, _, only_b, _ = self._table
        return (both + only_b) / self.judged if self.judged else None

    @property
    def difference(self) -> float | None:
        """The second accuracy minus the first."""
        return (self.fixed - self.broken) / self.judged if self.judged else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % confidence interval of that; see `intervals.difference_interval`."""
        return difference_interval(*self._table) if self.judged else None

    @property
    def p_value(self) -> float | None:
        """Of McNemar's exact test; see `intervals.mcnemar`."""
        return mcnemar(self.broken, self.fixed) if self.judged else None

    @property
    def inside_a(self) -> float | None:
        """The mean share of the first's focus inside the object, where both know it."""
        return fmean(a for a, _ in self._insides) if self._insides else None

    @property
    def inside_b(self) -> float | None:
        """The mean share of the second's focus inside the object, where both know it."""
        return fmean(b for _, b in self._insides) if self._insides else None

    @property
    def inside_photos(self) -> int:
        """In how many photos both know it."""
        return len(self._insides)

    @property
    def inside_change(self) -> float | None:
        """By how much the share of the focus inside the object rose on average, where both know it."""
        return fmean(b - a for a, b in self._insides) if self._insides else None

    @property
    def inside_interval(self) -> Interval | None:
        """The 95 % confidence interval of that; see `intervals.mean_interval`."""
        return mean_interval([b - a for a, b in self._insides], least=-1.0)

    @property
    def mean_common(self) -> float | None:
        """The mean share of the focus in common, where it is known."""
        shares = [pair.common for pair in self.pairs if pair.common is not None]
        return sum(shares) / len(shares) if shares else None

    @cached_property
    def appeared(self) -> tuple[Confusion, ...]:
        """What the second confuses where the first does not; the most frequent first."""
        return _confusions((pair.b, pair.a) for pair in self.pairs if pair.rights)

    @cached_property
    def vanished(self) -> tuple[Confusion, ...]:
        """What the first confuses where the second does not; the most frequent first."""
        return _confusions((pair.a, pair.b) for pair in self.pairs if pair.rights)

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """The settings that differ, with both values; None where there is no such setting."""
        a, b = self.a.settings, self.b.settings
        return [(name, a.get(name), b.get(name)) for name in {**a, **b} if a.get(name) != b.get(name)]

    @cached_property
    def _table(self) -> tuple[int, int, int, int]:
        found = Counter(pair.rights for pair in self.pairs)
        return found[(True, True)], found[(True, False)], found[(False, True)], found[(False, False)]

    @cached_property
    def _insides(self) -> list[tuple[float, float]]:
        return [pair.insides for pair in self.pairs if pair.insides]


Matched = list[tuple[PhotoRecord | None, PhotoRecord | None]]
"""What each of two folders has of each photo; see `match`."""


def compare_folders(a: Path, b: Path) -> Comparison:
    """Compare two folders of results, and write nothing.

    Parameters
    ----------
    a, b : pathlib.Path
        The folders of results, such as those of an old and of a new version.

    Returns
    -------
    Comparison

    Raises
    ------
    ExplainerError
        One of them holds no results, or both are the same.
    """
    return compare_matched(a, b, read_matched(a, b))


def read_matched(a: Path, b: Path) -> Matched:
    """The records of two folders of results, those of the same photo side by side.

    Raises
    ------
    ExplainerError
        One of them holds no results, or both are the same.
    """
    if a.resolve() == b.resolve():
        raise ExplainerError(
            "Both are the same folder of results, {folder}; please name two that differ.", folder=a
        )
    return match(_records(a), _records(b))


def compare_matched(
    a: Path, b: Path, matched: Matched, on_pair: Callable[[Pair], None] = lambda pair: None
) -> Comparison:
    """Compare what `read_matched` found; `on_pair` is called with each photo, one after the other."""
    made_by: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    pairs = []
    for record_a, record_b in matched:
        pairs.append(_pair(record_a, record_b, (a, b), made_by))
        on_pair(pairs[-1])
    side_a, side_b = (_side(folder, counted) for folder, counted in zip((a, b), made_by, strict=True))
    by_name = sorted(pairs, key=lambda pair: natural_order(pair.record.photo))
    return Comparison(side_a, side_b, tuple(sorted(by_name, key=usual_place)))


def match(a: Iterable[PhotoRecord], b: Iterable[PhotoRecord]) -> Matched:
    """Find the same photo in both: by what is in its file, then by its path; those of one only come last.

    Of photos with the same content, those of the same path belong together, and else the first ones by name.
    """
    left_a, left_b = ({record.photo: record for record in records} for records in (a, b))
    found: Matched = []

    def take(record_a: PhotoRecord, record_b: PhotoRecord) -> None:
        found.append((left_a.pop(record_a.photo), left_b.pop(record_b.photo)))

    def by_content() -> Iterator[tuple[list[PhotoRecord], list[PhotoRecord]]]:
        groups: defaultdict[str, tuple[list[PhotoRecord], list[PhotoRecord]]]
        groups = defaultdict(lambda: ([], []))
        for number, records in enumerate((left_a, left_b)):
            for record in sorted(records.values(), key=lambda record: natural_order(record.photo)):
                if record.content:
                    groups[record.content][number].append(record)
        yield from groups.values()

    for record in list(left_a.values()):
        other = left_b.get(record.photo)
        if other and record.content and record.content == other.content:
            take(record, other)
    for group in by_content():
        for record, other in zip(*group, strict=False):
            take(record, other)
    for record in list(left_a.values()):
        if record.photo in left_b:
            take(record, left_b[record.photo])
    found.sort(key=lambda pair: natural_order(pair[0].photo if pair[0] else ""))
    return [*found, *((record, None) for record in left_a.values()), *((None, r) for r in left_b.values())]


def _records(folder: Path) -> list[PhotoRecord]:
    records = read_records(folder) if (folder / PHOTOS).is_dir() else []
    if not records:
        raise ExplainerError(
            "There are no results of a folder of photos in {folder}; name what was given as --out when "
            "`limelight explain` explained one.",
            folder=folder,
        )
    return records


def _pair(
    a: PhotoRecord | None,
    b: PhotoRecord | None,
    folders: tuple[Path, Path],
    made_by: tuple[Counter[str], Counter[str]],
) -> Pair:
    if a is None or b is None:
        return Pair(a, b, "alone")
    same_file = a.content == b.content if a.content and b.content else None
    if a.predicted is None or b.predicted is None:
        return Pair(a, b, "failed", same_file=same_file)
    found: list[Attention | None] = []
    for folder, record, counted in zip(folders, (a, b), made_by, strict=True):
        try:
            found.append(read_attention(folder, record))
        except ExplainerError:
            found.append(None)
        counted[_made_by(record, found[-1])] += 1
    common, doubt = _common(a, b, found, folders, same_file)
    pair = Pair(a, b, _kind(a, b), common, doubt, *_scores(a, b, found[1]), same_file)
    looks_elsewhere = pair.kind == "same" and pair.is_steady and common is not None and common < ELSEWHERE
    return replace(pair, kind="elsewhere") if looks_elsewhere else pair


def _common(
    a: PhotoRecord,
    b: PhotoRecord,
    found: list[Attention | None],
    folders: tuple[Path, Path],
    same_file: bool | None,
) -> tuple[float | None, Doubt]:
    attention_a, attention_b = found
    if same_file is False:
        return None, "file"
    if attention_a is None or attention_b is None:
        return None, "damaged"
    if attention_a.focus is None or attention_b.focus is None:
        return None, "nothing"
    boxes = _boxes(a, b, folders)
    if boxes is None:
        return None, "frame"
    return focus_in_common(attention_a.focus, attention_b.focus, *boxes), ""


def _boxes(a: PhotoRecord, b: PhotoRecord, folders: tuple[Path, Path]) -> tuple[Box, Box] | None:
    """What of the photo each saw; where that was not written down, it may still be seen to be the same."""
    if a.frame and b.frame:
        return a.frame, b.frame
    if a.fingerprint and a.fingerprint == b.fingerprint:
        return WHOLE, WHOLE
    thumbnails = [
        file_below(folder, record.thumbnail) for folder, record in zip(folders, (a, b), strict=True)
    ]
    try:
        shown_a, shown_b = (file.read_bytes() for file in thumbnails if file)
    except (OSError, ValueError):
        return None
    return (WHOLE, WHOLE) if shown_a == shown_b else None


def _kind(a: PhotoRecord, b: PhotoRecord) -> Kind:
    assert a.predicted is not None
    assert b.predicted is not None
    if _common_truth(a, b):
        right_a, right_b = a.is_right, b.is_right
        if not (right_a and right_b):
            return "broken" if right_a else "fixed" if right_b else "still_wrong"
        return "same"
    return "same" if _same_class(a.predicted, b.predicted) else "changed"


def _scores(
    a: PhotoRecord, b: PhotoRecord, attention_b: Attention | None
) -> tuple[float | None, float | None]:
    true_a, true_b = _common_truth(a, b), b.right_label
    if true_a and true_b:
        return true_a.probability, true_b.probability
    assert a.predicted is not None
    assert b.predicted is not None
    if _same_class(a.predicted, b.predicted):
        return a.predicted.probability, b.predicted.probability
    others = attention_b.probabilities if attention_b else {}
    return a.predicted.probability, others.get(a.predicted.name)


def _common_truth(a: PhotoRecord, b: PhotoRecord) -> ExplainedLabel | None:
    """The true label, as the first has it, where both know it and it is the same."""
    true_a, true_b = a.right_label, b.right_label
    return true_a if true_a and true_b and _same_class(true_a, true_b) else None


def _same_class(one: ExplainedLabel, other: ExplainedLabel) -> bool:
    if one.wnid and other.wnid:
        return one.wnid == other.wnid
    return class_key(one) == class_key(other)


def class_key(label: ExplainedLabel) -> str:
    """What a class is called, by whatever classifier: capitals and underscores make no difference."""
    return label.name.replace("_", " ").casefold()


def _confusions(
    pairs: Iterable[tuple[PhotoRecord | None, PhotoRecord | None]],
) -> tuple[Confusion, ...]:
    """What the first of each confuses, and the second does not."""
    labels: dict[tuple[str, str], tuple[ExplainedLabel, ExplainedLabel]] = {}
    times: Counter[tuple[str, str]] = Counter()
    for one, other in pairs:
        if one is None or one.true_label is None or one.predicted is None:
            continue
        if other and other.true_label and other.predicted and _same_class(one.predicted, other.predicted):
            continue
        names = class_key(one.true_label), class_key(one.predicted)
        labels.setdefault(names, (one.true_label, one.predicted))
        times[names] += 1
    return tuple((*labels[names], number) for names, number in times.most_common())


def _made_by(record: PhotoRecord, attention: Attention | None) -> str:
    settings = {} if attention is None else {**_flat(attention.settings), "limelight": attention.version}
    return json.dumps([record.classifier, record.fingerprint, settings])


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _side(folder: Path, made_by: Counter[str]) -> Side:
    name = printable(folder.resolve().name)
    known = Counter({told: number for told, number in made_by.items() if json.loads(told)[2]}) or made_by
    if not known:
        return Side(name)
    classifier, fingerprint, settings = json.loads(known.most_common(1)[0][0])
    return Side(name, classifier, fingerprint, settings, len(known) > 1)


def usual_place(pair: Pair) -> tuple[int, float]:
    """What matters most comes first: by kind, then by how much is lost or gained, or how little is common."""
    weight = pair.common if pair.kind == "elsewhere" else -abs(pair.change or 0.0)
    return KINDS.index(pair.kind), weight or 0.0

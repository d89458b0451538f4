"""In which order photos are shown, and which of them."""

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ...names import natural_order, printable
from ...words.language import Language
from ..objects.inside import focus_inside, looks_past_object
from ..record import ExplainedLabel, PhotoRecord
from .groups import Grouping
from .matrix import OTHERS

Shown = TypeVar("Shown")

USUAL_ORDER = "wrong"  # it shows what matters first


def order_names(records: Iterable[PhotoRecord], language: Language) -> dict[str, str]:
    """What photos can be put in order by; what shows most comes first."""
    _ = language.gettext
    records = list(records)
    tested = any(record.predicted and record.predicted.judged for record in records)
    names = {
        "wrong": _("Wrong ones first"),
        "contradicted": _("Contradicted ones first"),
        "stability": _("Least reliable first"),
        "fidelity": _("Lowest fidelity first"),
        "probability": _("Least sure first"),
        **({"tested": _("Worst tested first")} if tested else {}),
        **_inside_order(records, language),
        "name": _("By name"),
    }
    return names if _any_truth(records) else _without_wrong(names)


def kind_names(records: Iterable[PhotoRecord], language: Language) -> dict[str, str]:
    """Which kinds of photos can be shown alone; all of them first."""
    _ = language.gettext
    names = {
        "all": _("All photos"),
        "wrong": _("Wrong"),
        "contradicted": _("Contradicted"),
        "past_object": _("Looks past the object"),
        "unsettled": _("Not settled"),
        "failed": _("Not explained"),
    }
    return names if _any_truth(records) else _without_wrong(names)


def kinds(record: PhotoRecord) -> list[str]:
    """Of which kinds a photo is, besides being one of all."""
    predicted = record.predicted
    is_kind = {
        "wrong": record.is_wrong,
        "contradicted": record.is_contradicted,
        "past_object": looks_past_object(record),
        "unsettled": predicted is not None and not predicted.settled,
        "failed": predicted is None,
    }
    return [kind for kind, holds in is_kind.items() if holds]


def arrange(records: Iterable[PhotoRecord], order: str = USUAL_ORDER) -> list[PhotoRecord]:
    """Put photos in order; those that could not be explained come last, and equal ones by name.

    Parameters
    ----------
    records : iterable of PhotoRecord
        The photos.
    order : str
        One of `order_names`. Of the wrong ones, those come first that the classifier was surest of.
    """
    return sorted(by_name(records, _photo), key=_place(order))


def by_name(shown: Iterable[Shown], name: Callable[[Shown], str]) -> list[Shown]:
    """What is shown in natural order of names."""
    return sorted(shown, key=lambda one: natural_order(name(one)))


def ranks(
    shown: Sequence[Shown], name: Callable[[Shown], str], orders: Mapping[str, Callable[[Shown], Any]]
) -> list[dict[str, int]]:
    """For each that is shown, the place that it has in each order, from 0; equal ones go by name.

    Parameters
    ----------
    shown : sequence
        Photos, or whatever has a card.
    name : callable
        What each is called.
    orders : mapping of str to callable
        What each order sorts by.
    """
    found: list[dict[str, int]] = [{} for _ in shown]
    index_of = {id(one): index for index, one in enumerate(shown)}
    named = by_name(shown, name)
    for order, what_counts in orders.items():
        for rank, one in enumerate(sorted(named, key=what_counts)):
            found[index_of[id(one)]][order] = rank
    return found


def record_ranks(records: Sequence[PhotoRecord]) -> list[dict[str, int]]:
    """For each photo, the place that it has in each of `order_names`."""
    return ranks(records, _photo, {order: _place(order) for order in _ORDERS})


def _photo(record: PhotoRecord) -> str:
    return record.photo


def _place(order: str) -> Callable[[PhotoRecord], Any]:
    what_counts = _ORDERS[order]

    def place(record: PhotoRecord) -> Any:
        failed = record.predicted is None and order != "name"
        return failed, () if failed else what_counts(record)

    return place


@dataclass(frozen=True)
class Choice:
    """Which photos somebody looks for, besides what `choose` asks in words.

    Attributes
    ----------
    truth, said : str
        The names of the class that they have, and of the one that they were taken for; empty for any, and
        `matrix.OTHERS` for all but those in `listed`.
    listed : collection of str
        The classes that have a name of their own in the confusion matrix.
    groups : sequence of (Grouping, str)
        The columns of a table that count, and which group of each.
    """

    truth: str = ""
    said: str = ""
    listed: Collection[str] = ()
    groups: Sequence[tuple[Grouping, str]] = ()

    def takes(self, record: PhotoRecord) -> bool:
        """Whether a photo is one of them."""
        said = record.predicted.name if record.predicted else ""
        classes = ((self.truth, record.truth), (self.said, said))
        return all(
            not wanted or (name not in self.listed and bool(name) if wanted == OTHERS else name == wanted)
            for wanted, name in classes
        ) and all(grouping.of(record) == group for grouping, group in self.groups)


def choose(
    records: Iterable[PhotoRecord],
    language: Language,
    kind: str = "all",
    label: str = "",
    words: str = "",
    choice: Choice | None = None,
) -> list[PhotoRecord]:
    """The photos that somebody looks for.

    Parameters
    ----------
    records : iterable of PhotoRecord
        The photos.
    language : Language
        In which `words` may name labels.
    kind : str
        One of `kind_names`.
    label : str
        The name of a label that they have or were taken for; empty for any.
    words : str
        All of these have to be in the photo's name, in its labels' or in what a table says of it, capitals
        or not.
    choice : Choice, optional
        What else they have to be.
    """
    wanted = folded(words).split()
    found = []
    for record in records:
        if (
            (kind == "all" or kind in kinds(record))
            and (not label or label in labels(record))
            and (choice is None or choice.takes(record))
        ):
            text = searched_text(record, language) if wanted else ""
            if all(word in text for word in wanted):
                found.append(record)
    return found


def searched_text(record: PhotoRecord, language: Language) -> str:
    """What a photo is found by, without capitals: its name, those of its labels, and the table's cells."""
    names = class_names([record], language).values()
    return folded(" ".join([printable(record.photo), *names, *map(printable, record.metadata.values())]))


def labels(record: PhotoRecord) -> set[str]:
    """The names of the labels that a photo has or was taken for."""
    predicted = {record.predicted.name} if record.predicted else set()
    return predicted | ({record.truth} if record.truth else set())


def kind_counts(records: Sequence[PhotoRecord], language: Language) -> dict[str, str]:
    """The kinds that there are photos of, with how many."""
    names = kind_names(records, language)
    numbers = dict.fromkeys(names, 0) | {"all": len(records)}
    for record in records:
        for kind in kinds(record):
            numbers[kind] += 1
    return {
        kind: f"{name} ({language.number(numbers[kind])})"
        for kind, name in names.items()
        if numbers[kind] or kind == "all"
    }


def group_names(grouping: Grouping, records: Iterable[PhotoRecord], language: Language) -> dict[str, str]:
    """The groups of a table's column, with how many photos there are of each."""
    numbers = Counter(grouping.of(record) for record in records)
    return {group: f"{printable(group)} ({language.number(numbers[group])})" for group in grouping.groups}


def class_names(records: Sequence[PhotoRecord], language: Language) -> dict[str, str]:
    """The names of all labels that photos have or were taken for, and what they are called."""
    wnids = {
        label.name: label.wnid
        for record in records
        for label in (record.predicted, record.true_label)
        if label is not None
    }
    found = {name for record in records for name in labels(record)}
    shown = {name: printable(language.class_name(name, wnids.get(name, ""))) for name in found}
    return dict(sorted(shown.items(), key=lambda item: natural_order(item[1])))


def label_name(label: ExplainedLabel, language: Language) -> str:
    """What a label is called, as it may be shown."""
    return printable(language.class_name(label.name, label.wnid))


def _inside_order(records: Sequence[PhotoRecord], language: Language) -> dict[str, str]:
    """The order by how much lies on the object, where any is marked."""
    _ = language.gettext
    if all(focus_inside(record) is None for record in records):
        return {}
    right = _("Right for the wrong reason first")
    return {"inside": right if _any_truth(records) else _("Least on the object first")}


def _any_truth(records: Iterable[PhotoRecord]) -> bool:
    return any(record.truth for record in records)


def _without_wrong(names: dict[str, str]) -> dict[str, str]:
    return {name: shown for name, shown in names.items() if name != "wrong"}


def folded(text: str) -> str:
    """The text without what makes no difference to a search."""
    return unicodedata.normalize("NFKC", text).casefold()


def _figure(record: PhotoRecord, name: str) -> float:
    value = float(getattr(record.predicted, name))
    return -math.inf if math.isnan(value) else value


def _gain(record: PhotoRecord) -> float:
    """How good the predicted label's picture is; those that are not judged come after all that are."""
    judged = record.predicted.judged if record.predicted else None
    return judged.curves.gain if judged else math.inf


def _inside(record: PhotoRecord) -> tuple[bool, bool, bool, float]:
    """Of those with a marked object, the right ones first; then the least inside."""
    share = focus_inside(record)
    return share is None, record.is_wrong, not record.truth, 0.0 if share is None else share


_ORDERS: dict[str, Callable[[PhotoRecord], tuple[Any, ...]]] = {
    "wrong": lambda record: (
        not record.is_wrong,
        -_figure(record, "probability") if record.is_wrong else not record.is_contradicted,
    ),
    "contradicted": lambda record: (not record.is_contradicted, not record.is_wrong),
    "stability": lambda record: (_figure(record, "stability"),),
    "fidelity": lambda record: (_figure(record, "fidelity"),),
    "probability": lambda record: (_figure(record, "probability"),),
    "tested": lambda record: (_gain(record),),
    "inside": _inside,
    "name": lambda record: (),
}

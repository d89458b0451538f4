"""Two folders of results as a gallery: what they say together, and a card for each photo."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from ...names import printable
from ...takeaway.templates import environment
from ...words.language import Language
from ..gallery.arrangement import by_name, class_names, folded, label_name, labels, ranks, searched_text
from ..gallery.parts import MOST_MISTAKES, TEMPLATES, counted
from ..gallery.tables import link
from ..intervals import CONFIDENCE, Interval
from ..objects.inside import outline
from ..record import PhotoRecord
from .pairs import ELSEWHERE, KINDS, Comparison, Confusion, Pair, usual_place

LETTERS = ("A", "B")
_LEAST_SHOWN = 0.001  # of p-values
_SURE = 0.05  # below which McNemar's p-value is said to be more than chance
_FINGERPRINT_SHOWN = 12  # hexadecimal digits

PairSource = Callable[[int, str], str]
"""From a side, 0 or 1, and a picture's path in its folder to where a browser finds it; empty if it's gone."""


def kind_names(pairs: Iterable[Pair], language: Language) -> dict[str, str]:
    """What becomes of photos, in words; all of them first, and only what there is."""
    _ = language.gettext
    pairs = list(pairs)
    kinds = {pair.kind for pair in pairs}
    known = all(pair.rights for pair in pairs if pair.kind == "elsewhere")
    names = {
        "broken": _("Broken"),
        "fixed": _("Fixed"),
        "still_wrong": _("Still wrong"),
        "elsewhere": _("Right, but looks elsewhere") if known else _("Same answer, but looks elsewhere"),
        "changed": _("Another answer"),
        "same": _("The same"),
        "failed": _("Not explained in one or both"),
        "alone": _("Only in one of them"),
    }
    return {"all": _("All photos"), **{kind: names[kind] for kind in KINDS if kind in kinds}}


def kind_counts(comparison: Comparison, language: Language) -> dict[str, str]:
    """The kinds that there are photos of, with how many."""
    numbers = {**comparison.counts, "all": len(comparison.pairs)}
    names = kind_names(comparison.pairs, language)
    return {kind: f"{name} ({language.number(numbers[kind])})" for kind, name in names.items()}


def order_names(language: Language) -> dict[str, str]:
    """What pairs can be put in order by."""
    _ = language.gettext
    return {
        "usual": _("Broken ones first"),
        "lost": _("Largest drop of the score first"),
        "gained": _("Largest rise of the score first"),
        "common": _("Least of the focus in common first"),
        "name": _("By name"),
    }


_ORDERS: dict[str, Callable[[Pair], Any]] = {
    "usual": usual_place,
    "lost": lambda pair: 2.0 if pair.change is None else pair.change,  # what is not known comes last
    "gained": lambda pair: 2.0 if pair.change is None else -pair.change,
    "common": lambda pair: 2.0 if pair.common is None else pair.common,
    "name": lambda pair: (),
}


def arrange(pairs: Iterable[Pair], order: str = "usual") -> list[Pair]:
    """Put pairs in one of the orders of `order_names`; equal ones by name."""
    return sorted(by_name(pairs, _photo), key=_ORDERS[order])


def choose(
    pairs: Iterable[Pair], language: Language, kind: str = "all", label: str = "", words: str = ""
) -> list[Pair]:
    """The pairs that somebody looks for; as `arrangement.choose` has it."""
    wanted = folded(words).split()
    return [
        pair
        for pair in pairs
        if kind in ("all", pair.kind)
        and (not label or label in _labels(pair))
        and (not wanted or all(word in _text(pair, language) for word in wanted))
    ]


def pair_class_names(pairs: Iterable[Pair], language: Language) -> dict[str, str]:
    """The names of all labels that photos have or were taken for, and what they are called."""
    return class_names([record for pair in pairs for record in pair.records], language)


def title_of(a: str, b: str) -> str:
    """What a comparison of two folders of these names is called."""
    return f"A: {a} → B: {b}"


def verdict(comparison: Comparison, language: Language) -> list[str]:
    """How often each is right, and whether the difference is more than chance; what matters most first.

    None where no class is known.
    """
    _ = language.gettext
    a, b, interval, p_value = (
        comparison.accuracy_a,
        comparison.accuracy_b,
        comparison.interval,
        comparison.p_value,
    )
    if a is None or b is None or interval is None or p_value is None or comparison.difference is None:
        return []
    judged = comparison.judged
    first = _("B is right in {b} of {number} photos ({share_b}), A in {a} ({share_a}).").format(
        a=language.number(a * judged),
        b=language.number(b * judged),
        number=language.number(judged),
        share_a=language.percent(a, 1),
        share_b=language.percent(b, 1),
    )
    second = _(
        "The difference is {difference} percentage points; with {share} confidence, it lies between {low} "
        "and {high} (Newcombe’s interval for paired proportions)."
    ).format(difference=_points(comparison.difference, language), **_ends(interval, language))
    if not comparison.broken + comparison.fixed:
        return [
            first,
            second,
            _("No photo is broken, and none is fixed: both are right about the same ones."),
        ]
    shown = max(p_value, _LEAST_SHOWN)
    split = _(
        "{broken} broken, {fixed} fixed: if both were equally good, so uneven a split would come about by "
        "chance in {share} of comparisons (McNemar’s exact test, p {p})."
    ).format(
        broken=language.number(comparison.broken),
        fixed=language.number(comparison.fixed),
        share=("< " if shown > p_value else "") + language.percent(shown),
        p=("< " if shown > p_value else "= ") + language.number(shown, 3),
    )
    if p_value >= _SURE:
        last = _("So the difference may well be chance.")
    elif comparison.difference > 0:
        last = _("So B is better on photos like these, and that is hardly chance.")
    else:
        last = _("So B is worse on photos like these, and that is hardly chance.")
    return [first, second, f"{split} {last}"]


def notable(comparison: Comparison, language: Language) -> list[str]:
    """What else is to be said of both together, in sentences."""
    return list(_notable(comparison, language))


def differences(comparison: Comparison, language: Language) -> list[tuple[str, str, str]]:
    """What A and B were made with where that differs: a name, and both values."""
    _ = language.gettext
    a, b = comparison.a, comparison.b

    def told(value: Any) -> str:
        return "–" if value is None else printable(value if isinstance(value, str) else json.dumps(value))

    rows = [(_("Folder"), a.folder, b.folder)]
    if a.classifier != b.classifier:
        rows.append((_("Classifier"), told(a.classifier or None), told(b.classifier or None)))
    if a.fingerprint != b.fingerprint:
        one, other = (side.fingerprint[:_FINGERPRINT_SHOWN] or None for side in (a, b))
        rows.append((_("Fingerprint"), told(one), told(other)))
    rows += [
        (_("Version of Limelight") if name == "limelight" else name, told(one), told(other))
        for name, one, other in comparison.changes
    ]
    return rows


def confusions(found: Sequence[Confusion], language: Language) -> list[tuple[str, str, str]]:
    """The most frequent ones in words: the true class, what was said, and how often."""
    return [
        (label_name(truth, language), label_name(said, language), language.number(times))
        for truth, said, times in found[:MOST_MISTAKES]
    ]


def overview_markup(comparison: Comparison, language: Language) -> str:
    """What both say together, as HTML that ``gallery.css`` styles."""
    _ = language.gettext
    counts = kind_names(comparison.pairs, language)
    return (
        environment(TEMPLATES)
        .get_template("comparison_overview.html")
        .render(
            _=_,
            verdict=verdict(comparison, language),
            counts=[
                (name, language.number(comparison.counts[kind]), kind, link(show=kind))
                for kind, name in counts.items()
                if kind != "all"
            ],
            notable=notable(comparison, language),
            differences=differences(comparison, language),
            alike=len(differences(comparison, language)) == 1,
            confusions=[
                (title, confusions(found, language), len(found) > MOST_MISTAKES)
                for title, found in (
                    (_("Mistakes that appeared"), comparison.appeared),
                    (_("Mistakes that vanished"), comparison.vanished),
                )
                if found
            ],
        )
    )


def cards_markup(
    shown: Sequence[Pair],
    comparison: Comparison,
    language: Language,
    source: PairSource,
    *,
    linked: bool = False,
) -> str:
    """A card for each pair, as HTML that ``gallery.css`` styles.

    Parameters
    ----------
    shown : sequence of Pair
        The pairs, in this order.
    comparison : Comparison
        What they are of.
    language : Language
        What the cards are written in.
    source : callable
        From a side and a picture's path in its folder to the address the browser finds it at.
    linked : bool
        A click on a picture opens it.
    """
    _ = language.gettext
    return (
        environment(TEMPLATES)
        .get_template("comparison_cards.html")
        .render(
            _=_,
            cards=list(_cards(shown, comparison, language, source)),
            linked=linked,
            any_outline=any(outline(record) for pair in shown for record in pair.records),
            explanation=_(
                "Broken: A is right, and B is wrong; fixed: the other way round. Focus: the regions that "
                "spoke most for what was said. Focus in common: how much of the weight of both lies on the "
                "same spots of the photo, 100% where they are the same; below {threshold} the two are said "
                "to look elsewhere, which the same classifier hardly ever does from another seed."
            ).format(threshold=language.percent(ELSEWHERE)),
        )
    )


def _notable(comparison: Comparison, language: Language) -> Iterator[str]:
    _ = language.gettext
    for letter, side in zip(LETTERS, (comparison.a, comparison.b), strict=True):
        if side.is_mixed:
            yield _(
                "The photos of {letter} were explained by several classifiers or recipes, of which the most "
                "frequent counts as that of {letter}."
            ).format(letter=letter)
    pairs, number = comparison.pairs, language.number
    inside_a, inside_b, change = comparison.inside_a, comparison.inside_b, comparison.inside_change
    if inside_a is not None and inside_b is not None and change is not None:
        told = _(
            "Where the object is marked, {b} of B’s focus lies inside it and {a} of A’s, on average over "
            "{photos}: {change} percentage points."
        ).format(
            a=language.percent(inside_a),
            b=language.percent(inside_b),
            photos=counted(comparison.inside_photos, language),
            change=_points(change, language),
        )
        if comparison.inside_interval:
            told += " " + _("With {share} confidence, that lies between {low} and {high}.").format(
                **_ends(comparison.inside_interval, language)
            )
        yield told
    if comparison.mean_common is not None:
        yield _("On average, the two have {share} of the focus in common.").format(
            share=language.percent(comparison.mean_common)
        )
    both = [pair for pair in pairs if len(pair.records) == 2]
    failed = [pair for pair in both if pair.kind == "failed"]
    sentences = (
        (sum(pair.b is None for pair in pairs), _("{number} of {total} photos are in A only.")),
        (sum(pair.a is None for pair in pairs), _("{number} of {total} photos are in B only.")),
        (
            sum(not pair.a.predicted for pair in failed if pair.a),
            _("{number} of {total} photos could not be explained in A."),
        ),
        (
            sum(not pair.b.predicted for pair in failed if pair.b),
            _("{number} of {total} photos could not be explained in B."),
        ),
        (
            sum(pair.same_file is None for pair in both),
            _(
                "{number} of {total} photos were found by their path alone: an older version did not write "
                "down what is in the file, so it may be another photo of that name."
            ),
        ),
        (
            sum(pair.same_file is False for pair in both),
            _(
                "{number} of {total} photos have the same path, but the files differ: what is said of them "
                "may be of two different photos."
            ),
        ),
        (
            sum(pair.other_truth for pair in both),
            _(
                "{number} of {total} photos belong to another class in B than in A, and count neither as "
                "right nor as wrong."
            ),
        ),
        (
            sum(pair.doubt == "damaged" for pair in both),
            _(
                "In {number} of {total} photos the explanation is missing or damaged, so how much of the "
                "focus is in common is not known."
            ),
        ),
        (
            sum(pair.doubt == "frame" for pair in both),
            _(
                "In {number} of {total} photos how much of the focus is in common is not known: an older "
                "version did not write down which part of the photo the classifier sees."
            ),
        ),
        (
            sum(pair.kind == "same" and pair.common is not None and pair.common < ELSEWHERE for pair in both),
            _(
                "In {number} of {total} photos the focus is not settled enough to say whether it lies "
                "elsewhere: more samples would tell."
            ),
        ),
        (
            sum(pair.doubt == "nothing" for pair in both),
            _(
                "In {number} of {total} photos nothing speaks for what was said, so there is no focus to "
                "compare."
            ),
        ),
    )
    for found, sentence in sentences:
        if found:
            yield sentence.format(number=number(found), total=number(len(pairs)))


def _cards(
    shown: Sequence[Pair], comparison: Comparison, language: Language, source: PairSource
) -> Iterator[dict[str, Any]]:
    _ = language.gettext
    names = kind_names(comparison.pairs, language)
    for pair, rank in zip(shown, ranks(shown, _photo, _ORDERS), strict=True):
        record = pair.record
        yield {
            "name": printable(record.photo),
            "any_truth": any(record.truth and record.predicted for record in pair.records),
            "other_name": printable(pair.b.photo) if pair.b and pair.b.photo != record.photo else "",
            "kind": pair.kind,
            "kind_name": _("Looks elsewhere") if pair.kind == "elsewhere" else names[pair.kind],
            "labels": sorted(_labels(pair)),
            "text": _text(pair, language),
            "ranks": rank,
            "thumbnail": record.thumbnail and source(0 if pair.a else 1, record.thumbnail),
            "figures": list(_figures(pair, language)),
            "sides": [
                _side(letter, photo, language, partial(source, side))
                for side, (letter, photo) in enumerate(zip(LETTERS, (pair.a, pair.b), strict=True))
            ],
        }


def _side(
    letter: str, record: PhotoRecord | None, language: Language, source: Callable[[str], str]
) -> dict[str, Any]:
    _ = language.gettext
    label = record.predicted if record else None
    if record is None or label is None:
        missing = _("{letter} does not have this photo.").format(letter=letter)
        return {"letter": letter, "label": "", "error": printable(record.error) if record else missing}
    truth = record.right_label
    return {
        "letter": letter,
        "label": label_name(label, language),
        "error": "",
        "known": bool(record.truth),
        "wrong": record.is_wrong,
        "truth": label_name(truth, language) if truth else "",
        "probability": language.percent(label.probability),
        "width": round(100 * min(1.0, max(0.0, label.probability)), 1),
        "picture": label.focus and source(label.focus),
        "outline": outline(record),
    }


def _figures(pair: Pair, language: Language) -> Iterator[tuple[str, str]]:
    """What changed, as names and values."""
    _ = language.gettext
    if pair.common is not None:
        share = language.percent(pair.common)
        shown = share if pair.is_steady else _("{share}, not settled").format(share=share)
        yield _("Focus in common"), shown
    elif pair.doubt:
        reasons = {
            "damaged": _("not known: damaged"),
            "frame": _("not known: older version"),
            "file": _("not known: the files differ"),
            "nothing": _("none: no focus"),
        }
        yield _("Focus in common"), reasons[pair.doubt]
    if pair.scored and pair.score_a is not None and pair.score_b is not None:
        yield (
            _("Score of “{label}”").format(label=label_name(pair.scored, language)),
            _change(pair.score_a, pair.score_b, language),
        )
    if pair.insides:
        yield _("Focus inside the object"), _change(*pair.insides, language)


def _photo(pair: Pair) -> str:
    return pair.record.photo


def _labels(pair: Pair) -> set[str]:
    return set().union(*map(labels, pair.records))


def _text(pair: Pair, language: Language) -> str:
    return " ".join(searched_text(record, language) for record in pair.records)


def _change(before: float, after: float, language: Language) -> str:
    return f"{language.percent(before)} → {language.percent(after)}"


def _points(share: float, language: Language) -> str:
    """A difference of shares in percentage points, with its sign."""
    sign = "+" if share > 0 else ""
    return sign + language.number(100 * share, 1).replace("-", "−")


def _ends(interval: Interval, language: Language) -> dict[str, str]:
    low, high = interval
    return {
        "low": _points(low, language),
        "high": _points(high, language),
        "share": language.percent(CONFIDENCE),
    }

"""The two parts of a gallery, as HTML: what many photos say together, and a card for each."""

import base64
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...lime.explanation import Label
from ...names import printable
from ...pictures.draw import DEFAULT_PALETTE
from ...reading import Settledness
from ...takeaway.legend import general_legend, legend_html
from ...takeaway.templates import environment
from ...words.language import Language
from ...words.opinions import enough_sentence, quality_sentence, without_sentence
from ...words.sentences import few_regions_sentence, merged_sentence, unsteady_sentence
from ..objects.inside import inside_rows, inside_sentence, outline, past_object_sentence
from ..record import ExplainedLabel, PhotoRecord
from .arrangement import kinds, label_name, record_ranks, searched_text
from .groups import Grouping
from .overview import ClassLook, Overview, look_sentence, overview
from .tables import link, tables

TEMPLATES = Path(__file__).with_name("templates")
_MOST_CLASSES = 12  # whose focus is shown
MOST_MISTAKES = 6
_LOOK_SIDE = 72  # pixels

Source = Callable[[str], str]
"""From a picture's path in the folder of results to where a browser finds it; empty if it is gone."""


def overview_markup(records: Sequence[PhotoRecord], language: Language, not_reached: int = 0) -> str:
    """What the photos say together, as HTML that ``gallery.css`` styles.

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos.
    language : Language
        What it is written in.
    not_reached : int
        How many more photos there are that a budget did not suffice for.
    """
    found = overview(records)
    return (
        environment(TEMPLATES)
        .get_template("gallery_overview.html")
        .render(
            _=language.gettext,
            right=_right_sentence(found, language),
            mistakes=list(_mistakes(found, language)),
            notable=[
                *_not_reached(not_reached, found, language),
                *_notable(found, language),
                *filter(None, [past_object_sentence(records, language)]),
            ],
            suspicious=[sentence for look in found.looks if (sentence := look_sentence(look, language))],
            looks=[_look(look, language) for look in found.looks[:_MOST_CLASSES]],
            more_looks=len(found.looks) > _MOST_CLASSES,
            **tables(records, language),
            inside=inside_sentence(records, language),
        )
    )


def cards_markup(
    shown: Sequence[PhotoRecord],
    language: Language,
    source: Source,
    *,
    linked: bool = False,
    details: bool = False,
    groups: Sequence[Grouping] = (),
    headings: Mapping[str, str] | None = None,
) -> str:
    """A card for each photo, as HTML that ``gallery.css`` styles.

    Parameters
    ----------
    shown : sequence of PhotoRecord
        The photos, in this order.
    language : Language
        What the cards are written in.
    source : callable
        From a picture's path in the folder of results to the address the browser finds it at.
    linked : bool
        A click on a picture opens it.
    details : bool
        Each explained photo has a button, whose ``data-photo`` is the record's key.
    groups : sequence of Grouping
        The columns of a table, for scripts: each card says to which group of each it belongs.
    headings : mapping of str to str, optional
        What is written above the cards of these photos, by their names.
    """
    return (
        environment(TEMPLATES)
        .get_template("gallery_cards.html")
        .render(
            _=language.gettext,
            cards=list(_cards(shown, language, source, groups, headings or {})),
            linked=linked,
            details=details,
            legend=legend_html(general_legend(language)),
            any_outline=any(map(outline, shown)),
        )
    )


def group_headings(
    grouping: Grouping, shown: Sequence[PhotoRecord], cards: Sequence[PhotoRecord], language: Language
) -> dict[str, str]:
    """What to write above the first card of each group: its name, how many there are, and how many are right.

    Parameters
    ----------
    grouping : Grouping
        The column that the photos are grouped by.
    shown : sequence of PhotoRecord
        All photos that count, group by group.
    cards : sequence of PhotoRecord
        Those of them that have a card here.
    language : Language
        What it is written in.
    """
    of_group: defaultdict[str, list[PhotoRecord]] = defaultdict(list)
    for record in shown:
        of_group[grouping.of(record)].append(record)
    first = {grouping.of(record): record.photo for record in reversed(cards)}
    headings = {}
    for group, photo in first.items():
        known = [record for record in of_group[group] if record.truth and record.predicted]
        number = language.number(len(of_group[group]))
        heading = f"{printable(grouping.column)}: {printable(group) or '–'} ({number})"
        if known:
            right = language.number(sum(not record.is_wrong for record in known))
            told = language.gettext("right in {right} of {number}")
            heading += f" · {told.format(right=right, number=language.number(len(known)))}"
        headings[photo] = heading
    return headings


def counted(number: int, language: Language) -> str:
    """So many photos, in words."""
    return language.ngettext("{number} photo", "{number} photos", number).format(
        number=language.number(number)
    )


def _right_sentence(found: Overview, language: Language) -> str:
    if not found.with_truth:
        return ""
    return language.gettext("Right in {right} of the {number} photos whose class is known: {share}.").format(
        right=language.number(found.right),
        number=language.number(found.with_truth),
        share=language.percent(found.right / found.with_truth),
    )


def _mistakes(found: Overview, language: Language) -> Iterator[dict[str, str]]:
    for truth, predicted, times in found.mistakes[:MOST_MISTAKES]:
        yield {
            "truth": label_name(truth, language),
            "predicted": label_name(predicted, language),
            "times": language.number(times),
            "link": link(truth=truth.name, said=predicted.name),
        }


def _not_reached(number: int, found: Overview, language: Language) -> Iterator[str]:
    if number:
        sentence = language.gettext(
            "The budget was used up before {number} of {total} photos: the next run begins with them."
        )
        yield sentence.format(number=language.number(number), total=language.number(found.photos + number))


def _notable(found: Overview, language: Language) -> Iterator[str]:
    _ = language.gettext
    sentences = (
        (
            found.photos - found.explained,
            _("{number} of {total} photos could not be explained."),
            found.photos,
        ),
        (
            found.contradicted,
            _("In {number} of {total} photos the classifier contradicts the pictures when asked again."),
            found.explained,
        ),
        (
            found.unsettled,
            _("In {number} of {total} photos the picture is not settled: more samples would help."),
            found.explained,
        ),
        (
            found.unsteady,
            _("In {number} of {total} photos the classifier answers the same photo differently each time."),
            found.explained,
        ),
        (
            found.few_regions,
            _(
                "In {number} of {total} photos there are no more regions than are shown: "
                "cut them more finely."
            ),
            found.explained,
        ),
        (
            found.rough,
            _("In {number} of {total} photos the weights miss most of what the classifier does."),
            found.explained,
        ),
    )
    for number, sentence, total in sentences:
        if number:
            yield sentence.format(number=language.number(number), total=language.number(total))


def _look(look: ClassLook, language: Language) -> dict[str, str]:
    name = label_name(look.label, language)
    return {
        "name": name,
        "counted": counted(look.photos, language),
        "picture": _heat_picture(look.grid),
        "sentence": look_sentence(look, language),
    }


def _heat_picture(grid: np.ndarray) -> str:
    """The more of the focus, the more opaque; as a data URI."""
    strength = Image.fromarray((255 * grid / grid.max()).astype(np.uint8))
    opacity = strength.resize((_LOOK_SIDE, _LOOK_SIDE), Image.Resampling.BICUBIC)
    picture = Image.new("RGB", opacity.size, DEFAULT_PALETTE.speaks_for)
    picture.putalpha(opacity)
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _cards(
    shown: Sequence[PhotoRecord],
    language: Language,
    source: Source,
    groups: Sequence[Grouping],
    headings: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    numbers = [{name: number for number, name in enumerate(grouping.groups)} for grouping in groups]
    for record, rank in zip(shown, record_ranks(shown), strict=True):
        yield {
            "key": record.key,
            "name": printable(record.photo),
            "thumbnail": record.thumbnail and source(record.thumbnail),
            "outline": outline(record),
            "truth": _truth_name(record, language),
            "wrong": record.is_wrong,
            "known": bool(record.truth and record.predicted),
            "contradicted": record.is_contradicted,
            "kinds": kinds(record),
            "true_class": record.truth,
            "said": record.predicted.name if record.predicted else "",
            "groups": [of.get(grouping.of(record), -1) for grouping, of in zip(groups, numbers, strict=True)],
            "heading": headings.get(record.photo, ""),
            "metadata": [(printable(name), printable(cell)) for name, cell in record.metadata.items()],
            "ranks": rank,
            "text": searched_text(record, language),
            "error": printable(record.error),
            "notes": [*map(printable, record.notes), *cut_and_answer_notes(record, language)],
            "explained": [
                _explained(label, record, language, source)
                for label in (record.predicted, record.true_label)
                if label is not None
            ],
        }


def cut_and_answer_notes(record: PhotoRecord, language: Language) -> Iterator[str]:
    """What more samples would not mend, and whether regions were merged, in sentences."""
    if record.asked_twice:
        yield printable(unsteady_sentence(record.asked_twice, record.asked_twice.again, language))
    if record.predicted and record.predicted.settledness == Settledness.FEW_REGIONS.value:
        yield few_regions_sentence(record.regions, language)
    if record.regions_found > record.regions:
        yield merged_sentence(record.regions_found, record.regions, language)


def judged_sentences(label: ExplainedLabel, record: PhotoRecord, language: Language) -> list[str]:
    """How good a label's picture is, which regions are enough, and without which it falls; none where
    nobody asked.
    """
    judged = label.judged
    if judged is None:
        return []
    labels = tuple(
        Label(found.index, found.wnid, found.name, found.probability)
        for found in (record.predicted, record.true_label)
        if found is not None
    )
    about = next(found for found in labels if found.index == label.index)
    sets, explained = judged.sets(label.index), _Explained(labels, judged.superpixels)
    sentences = (
        quality_sentence(judged.curves, judged.chance_curves, about, language),
        enough_sentence(sets, explained, language),
        without_sentence(sets, explained, language),
    )
    return [printable(sentence) for sentence in sentences]


@dataclass(frozen=True)
class _Explained:
    """As much of an explanation as is left of it in a record."""

    labels: tuple[Label, ...]
    num_superpixels: int

    def label(self, label_index: int, /) -> Label:
        return next(label for label in self.labels if label.index == label_index)


def _curves(label: ExplainedLabel, language: Language) -> Iterator[tuple[str, str, str]]:
    """The probability as the photo is hidden: kind and title of each line, and its points as SVG has them."""
    _ = language.gettext
    if label.judged is not None:
        tested, chance = label.judged.curves, label.judged.chance_curves
        for kind, title, values in (
            ("chance", _("in a random order"), chance.deletion),
            ("least", _("least important first"), tested.insertion[::-1]),
            ("most", _("most important first"), tested.deletion),
        ):
            shown = 50 * (1 - np.clip(values, 0, 1))
            points = (f"{x:g},{y:.1f}" for x, y in zip(100 * tested.shares, shown, strict=True))
            yield kind, title, " ".join(points)


def _decisive(
    label: ExplainedLabel, record: PhotoRecord, language: Language, source: Source
) -> Iterator[tuple[str, str]]:
    """What each deciding set of regions does, and its picture's address; empty where there is none."""
    if label.judged is not None:
        paths = (label.judged.enough_picture, label.judged.without_picture)
        for sentence, path in zip(judged_sentences(label, record, language)[1:], paths, strict=True):
            yield sentence, path and source(path)


def _explained(
    label: ExplainedLabel, record: PhotoRecord, language: Language, source: Source
) -> dict[str, Any]:
    _ = language.gettext
    answers = (
        (_("The focus hidden"), label.focus_hidden),
        (_("Only the focus"), label.focus_only),
        (_("Opposing regions hidden"), label.against_hidden),
    )
    before = language.percent(label.probability)
    pictures = ((_("Focus"), label.focus), (_("Pros and cons"), label.pros_cons))
    return {
        "name": label_name(label, language),
        "probability": before,
        "width": round(100 * min(1.0, max(0.0, label.probability)), 1),
        "pictures": [(caption, address) for caption, path in pictures if path and (address := source(path))],
        "settled": label.settled,
        "stability": language.percent(label.stability),
        "fidelity": language.percent(label.fidelity),
        "answers": [
            (question, f"{before} → {language.percent(after)}")
            for question, after in answers
            if after is not None
        ],
        "inside": inside_rows(label, record, language),
        "contradicted": label.contradicted,
        "quality": judged_sentences(label, record, language)[:1],
        "curves": list(_curves(label, language)),
        "decisive": list(_decisive(label, record, language, source)),
    }


def _truth_name(record: PhotoRecord, language: Language) -> str:
    return label_name(record.right_label, language) if record.right_label else printable(record.truth)

"""Whether the pictures are right: the classifier is asked again with their regions hidden."""

from collections.abc import Iterable
from functools import partial

import streamlit as st

from ..judging.evidence import Answer, Finding, Question
from ..judging.smallest import SmallestSet, SmallestSets, smallest_sets
from ..pictures.draw import draw_superpixels, hide_regions
from ..pictures.encode import data_uri, jpeg, smaller
from ..words.language import Language
from ..words.opinions import enough_sentence, without_sentence
from ..words.sentences import (
    against_evidence_sentence,
    answer_sentence,
    change_in_points,
    focus_evidence_sentence,
    question_title,
)
from .inquiries import FEWEST, Asked, asked, offer
from .live import Live
from .markup import escape, show_nothing
from .result import Result

_LONGEST_SIDE = 440  # pixels: these pictures are small
_MARKS = {
    Finding.CONFIRMED: "✓",
    Finding.CONTRADICTED: "✗",
    Finding.SLIGHTLY_CONTRADICTED: "–",
    Finding.UNNOTICEABLE: "–",
    Finding.NO_CLAIM: "–",
    Finding.INCONCLUSIVE: "–",
}


def show(result: Result, live: Live) -> Asked[SmallestSets] | None:
    """Draw the section; returns what the visitor wants to know besides, if that is so."""
    reading = result.reading
    _ = result.language.gettext
    samples = result.explanation.num_samples
    st.header(_("Is that true? We asked again"), anchor=False)
    st.caption(
        result.language.ngettext(
            "The pictures above are calculated from {number} answer. "
            "Here the classifier itself looks once more, with whole groups of regions hidden.",
            "The pictures above are calculated from {number} answers. "
            "Here the classifier itself looks once more, with whole groups of regions hidden.",
            samples,
        ).format(number=result.language.number(samples))
    )
    # As one element, because Streamlit leaves a picture too many in place for as long as the run goes on.
    answers = "".join(_answer(answer, result) for answer in reading.evidence.answers)
    with st.container(key="evidence"):
        st.html(f"<div class='answers'>{answers}</div>{_findings(result)}")
        return _show_fewest(result, live)


def _answer(answer: Answer, result: Result) -> str:
    language = result.language
    title = question_title(answer.question, language)
    picture = data_uri(picture_without(answer.hidden, result))
    change = "" if answer.question is Question.WHOLE else change_markup(answer.change, language)
    sentence = answer_sentence(answer, result.label, language)
    return _figure(picture, sentence, title, language.percent(answer.probability), change)


def _figure(picture: str, sentence: str, title: str, probability: str, change: str) -> str:
    return (
        f"<figure><img src='{picture}' alt='{escape(sentence)}'>"
        f"<figcaption class='answer'><span>{escape(title)}</span>"
        f"<b>{escape(probability)}</b> {change}</figcaption></figure>"
    )


def _show_fewest(result: Result, live: Live) -> Asked[SmallestSets] | None:
    """The fewest regions that decide it, once somebody wants to know."""
    language, explanation = result.language, result.explanation
    begin = partial(smallest_sets, explanation, result.label.index)
    fewest = asked(FEWEST, result, live, lambda: Asked(begin))
    text = language.gettext("Find the fewest regions that decide it")
    offer(FEWEST, text, ":material/filter_center_focus:", result, fewest, language)
    with st.container(key="fewest"):
        if fewest is not None and fewest.found is not None:
            st.html(_fewest(fewest.found, result))
        else:
            show_nothing()
    return fewest


def _fewest(sets: SmallestSets, result: Result) -> str:
    language, explanation = result.language, result.explanation
    regions = {*range(explanation.num_superpixels)}
    enough = enough_sentence(sets, explanation, language)
    without = without_sentence(sets, explanation, language)
    figures = ""
    if sets.enough is not None and sets.enough.regions:
        number = len(sets.enough.regions)
        title = language.ngettext("Only this region", "Only these {number} regions", number)
        figures += _set(sets.enough, regions - {*sets.enough.regions}, title, enough, result)
    if sets.without is not None:
        number = len(sets.without.regions)
        title = language.ngettext("Without this region", "Without these {number} regions", number)
        figures += _set(sets.without, sets.without.regions, title, without, result)
    said = "".join(f"<p class='finding'>{escape(sentence)}</p>" for sentence in (enough, without) if sentence)
    return f"<div class='answers'>{figures}<div class='said'>{said}</div></div>"


def _set(found: SmallestSet, hidden: Iterable[int], title: str, sentence: str, result: Result) -> str:
    language = result.language
    picture = data_uri(picture_without(sorted(hidden), result))
    change = change_markup(found.probability - result.label.probability, language)
    return _figure(
        picture,
        sentence,
        title.format(number=language.number(len(found.regions))),
        language.percent(found.probability),
        change,
    )


def picture_without(hidden: Iterable[int], result: Result, *, outlined: bool = False) -> bytes:
    """A small picture of the photo as the classifier saw it with some regions hidden, as a JPEG file."""
    hide_color = str(result.explanation.recipe.hide_color)
    return _picture_without(tuple(hidden), result.place, hide_color, outlined, result)


@st.cache_data(show_spinner=False, max_entries=128)
def _picture_without(
    hidden: tuple[int, ...], place: str, hide_color: str, outlined: bool, _result: Result
) -> bytes:
    neighborhood = _result.explanation.neighborhood
    picture = hide_regions(smaller(_result.photo.canvas, _LONGEST_SIDE), neighborhood, hidden)
    return jpeg(draw_superpixels(picture, neighborhood.segments) if outlined else picture)


def _findings(result: Result) -> str:
    reading, language = result.reading, result.language
    findings = (
        (reading.evidence.focus_finding, focus_evidence_sentence(reading, language)),
        (reading.evidence.against_finding, against_evidence_sentence(reading, language)),
    )
    return "".join(
        f"<p class='finding'><span aria-hidden='true'>{_MARKS[finding]}</span>{escape(sentence)}</p>"
        for finding, sentence in findings
    )


def change_markup(change: float, language: Language) -> str:
    """A change in percentage points as HTML; a triangle and the sign say its direction, not a colour."""
    triangle = "" if abs(change) < 0.0005 else "▲ " if change > 0 else "▼ "
    return (
        f"<span class='change'><span aria-hidden='true'>{triangle}</span>"
        f"{escape(change_in_points(change, language))}</span>"
    )

"""Whether the pictures are right: the classifier is asked again with their regions hidden."""

import streamlit as st
from PIL import Image

from ..judging.evidence import Answer, Finding, Question
from ..pictures.draw import hide_regions
from ..pictures.encode import jpeg
from ..words.language import Language
from ..words.sentences import (
    against_evidence_sentence,
    answer_sentence,
    change_in_points,
    focus_evidence_sentence,
    question_title,
)
from .markup import escape
from .result import Result

_LONGEST_SIDE = 480  # pixels: these pictures are small
_MARKS = {
    Finding.CONFIRMED: "✓",
    Finding.CONTRADICTED: "✗",
    Finding.UNNOTICEABLE: "–",
    Finding.NO_CLAIM: "–",
    Finding.INCONCLUSIVE: "–",
}


def show(result: Result) -> None:
    """Draw the section."""
    reading = result.reading
    _ = result.language.gettext
    st.markdown(f"#### {_('Is that true? We asked again')}")
    st.caption(
        _(
            "The pictures above are calculated from many answers. "
            "Here the classifier itself looks once more, with whole groups of regions hidden."
        )
    )
    canvas = result.photo.canvas.copy()
    canvas.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    with st.container(horizontal=True, gap="small", key="evidence"):
        for answer in reading.evidence.answers:
            with st.container(width=165, gap="xxsmall"):
                _show_answer(answer, canvas, result)
    st.html(_findings(result))


def _show_answer(answer: Answer, canvas: Image.Image, result: Result) -> None:
    language = result.language
    title = question_title(answer.question, language)
    st.image(
        jpeg(hide_regions(canvas, result.explanation.segments, answer.hidden)),
        alt=answer_sentence(answer, result.label, language),
        width="stretch",
    )
    change = "" if answer.question is Question.WHOLE else change_markup(answer.change, language)
    st.html(
        f"<p class='answer'><span>{escape(title)}</span>"
        f"<b>{escape(language.percent(answer.probability))}</b> {change}</p>"
    )


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

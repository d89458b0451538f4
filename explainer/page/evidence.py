"""Whether the pictures are right: the classifier is asked again with their regions hidden."""

import streamlit as st
from PIL import Image

from ..judging.evidence import Answer, Evidence, Finding, Question, gather_evidence
from ..pictures.draw import hide_regions
from ..words.language import Language
from ..words.sentences import (
    against_evidence_sentence,
    answer_sentence,
    change_in_points,
    focus_evidence_sentence,
)
from .markup import escape, jpeg
from .result import Result

_LONGEST_SIDE = 480  # pixels: these pictures are small
_MARKS = {
    Finding.CONFIRMED: "✓",
    Finding.CONTRADICTED: "✗",
    Finding.UNNOTICEABLE: "–",
    Finding.NO_CLAIM: "–",
}


def show(result: Result) -> None:
    """Draw the section."""
    language, view, label = result.language, result.view, result.label
    _ = language.gettext
    st.markdown(f"#### {_('Is that true? We asked again')}")
    st.caption(
        _(
            "The pictures above are calculated from many answers. "
            "Here the classifier itself looks once more, with whole groups of regions hidden."
        )
    )
    evidence = gather_evidence(result.explanation, label.index, view.num_features, view.pros_cons_features)
    canvas = result.photo.canvas.copy()
    canvas.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    with st.container(horizontal=True, gap="small", key="evidence"):
        for answer in evidence.answers:
            with st.container(width=165, gap="xxsmall"):
                _show_answer(answer, canvas, result)
    st.html(_findings(evidence, result))


def _show_answer(answer: Answer, canvas: Image.Image, result: Result) -> None:
    language = result.language
    title = _title(answer.question, language)
    st.image(
        jpeg(hide_regions(canvas, result.explanation.segments, answer.hidden)),
        alt=answer_sentence(title, answer, result.label, language),
        width="stretch",
    )
    change = "" if answer.question is Question.WHOLE else change_markup(answer.change, language)
    st.html(
        f"<p class='answer'><span>{escape(title)}</span>"
        f"<b>{escape(language.percent(answer.probability))}</b> {change}</p>"
    )


def _findings(evidence: Evidence, result: Result) -> str:
    findings = (
        (evidence.focus_finding, focus_evidence_sentence(evidence, result.label, result.language)),
        (evidence.against_finding, against_evidence_sentence(evidence, result.label, result.language)),
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


def _title(question: Question, language: Language) -> str:
    _ = language.gettext
    return {
        Question.WHOLE: _("The whole photo"),
        Question.FOCUS_ONLY: _("Only the focus"),
        Question.FOCUS_HIDDEN: _("The focus hidden"),
        Question.AGAINST_HIDDEN: _("Opposing regions hidden"),
    }[question]

"""What tells one label from another."""

import streamlit as st

from ..lime.explanation import Label
from ..pictures.draw import draw_pros_cons
from ..pictures.encode import jpeg
from ..takeaway.legend import legend, legend_html
from ..words.language import Language
from ..words.sentences import contrast_sentence
from .markup import escape, plain
from .result import Result


@st.fragment
def show(result: Result) -> None:
    """Draw the section; choosing labels draws this section alone again, and asks no classifier."""
    language, explanation = result.language, result.explanation
    labels = explanation.labels
    if len(labels) < 2:
        return
    _ = language.gettext
    st.markdown(f"#### {_('Why this and not that?')}")
    picture_column, choice_column = st.columns(2, gap="medium")
    with choice_column:
        first, second = _choose_labels(result)
        sentence = contrast_sentence(explanation, first, second, language)
        differences = explanation.contrast(first.index, second.index)
        meanings = [_more_for(label, language) for label in (first, second)]
        entries = legend(differences, meanings, result.palette, language)
        st.html(f"<p class='finding'>{escape(sentence)}</p><p class='legend'>{legend_html(entries)}</p>")
    with picture_column:
        st.image(
            jpeg(draw_pros_cons(result.photo.canvas, explanation.segments, differences, result.palette)),
            alt=sentence,
            width="stretch",
        )


def _choose_labels(result: Result) -> tuple[Label, Label]:
    language = result.language
    _ = language.gettext
    names = {
        label.index: plain(language.class_name(label.name, label.wnid)) for label in result.explanation.labels
    }
    by_index = {label.index: label for label in result.explanation.labels}
    place = f"{result.photo.key}-{result.explanation.classifier.name}"
    first = st.selectbox(
        _("Why this"),
        list(by_index),
        format_func=names.__getitem__,
        key=f"contrast-first-{place}",
    )
    second = st.selectbox(
        _("And not that"),
        [index for index in by_index if index != first],
        format_func=names.__getitem__,
        key=f"contrast-second-{place}",
    )
    return by_index[first], by_index[second]


def _more_for(label: Label, language: Language) -> str:
    name = language.class_name(label.name, label.wnid)
    return language.gettext("speaks more for “{label}”").format(label=name)

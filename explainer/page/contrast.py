"""What tells one label from another."""

import streamlit as st

from ..lime.explanation import Label
from ..pictures.draw import draw_pros_cons
from ..pictures.encode import jpeg
from ..takeaway.legend import legend
from ..words.language import Language
from ..words.sentences import contrast_sentence
from .links import choose_from_list
from .markup import escape, legend_markup, plain
from .result import Result


@st.fragment
def show(result: Result) -> None:
    """Draw the section; choosing labels draws this section alone again, and asks no classifier."""
    language, explanation = result.language, result.explanation
    if len(explanation.labels) < 2:
        return
    _ = language.gettext
    st.header(_("Why this and not that?"), anchor=False)
    picture_column, choice_column = st.columns(2, gap="medium")
    with choice_column:
        first, second = _choose_labels(result)
        sentence = contrast_sentence(explanation, first, second, language)
        differences = explanation.contrast(first.index, second.index)
        meanings = [_more_for(label, language) for label in (first, second)]
        target = result.label.target
        entries = legend(differences, meanings, result.palette, language, target, of_two_labels=True)
        st.html(f"<p class='finding'>{escape(sentence)}</p><p class='legend'>{legend_markup(entries)}</p>")
    with picture_column:
        picture = _picture(result.place, tuple(differences.items()), result.palette.name, result)
        st.image(picture, alt=sentence, width="stretch")


@st.cache_data(show_spinner=False, max_entries=32)
def _picture(place: str, differences: tuple[tuple[int, float], ...], palette: str, _result: Result) -> bytes:
    segments = _result.explanation.segments
    return jpeg(draw_pros_cons(_result.photo.canvas, segments, dict(differences), _result.palette))


def _choose_labels(result: Result) -> tuple[Label, Label]:
    """The label that is explained above, and the best other one, unless the visitor chooses others."""
    language, explanation = result.language, result.explanation
    _ = language.gettext
    by_index = {str(label.index): label for label in explanation.labels}
    names = {index: plain(language.class_name(label.name, label.wnid)) for index, label in by_index.items()}
    explained = str(result.label.index)
    place = f"-{result.photo.key}-{explanation.classifier.name}-{explained}"
    first = choose_from_list(_("Why this"), names, explained, "this", place=place)
    others = {index: name for index, name in names.items() if index != first}
    second = choose_from_list(
        _("And not that"), others, next(iter(others)), "versus", place=f"{place}-{first}"
    )
    return by_index[first], by_index[second]


def _more_for(label: Label, language: Language) -> str:
    name = language.class_name(label.name, label.wnid)
    return language.gettext("speaks more for “{label}”").format(label=name)

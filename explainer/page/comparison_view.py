"""Two folders of results against each other on the page, as `gallery_view` shows one."""

from collections.abc import Sequence

import streamlit as st

from ..folders.comparison.gallery import (
    PairSource,
    arrange,
    cards_markup,
    choose,
    kind_counts,
    order_names,
    overview_markup,
    pair_class_names,
)
from ..folders.comparison.pairs import Comparison, Pair
from ..folders.gallery.tables import wanted
from ..words.language import Language
from . import gallery_view
from .markup import plain


def show(comparison: Comparison, language: Language, source: PairSource, key: str) -> None:
    """Draw the gallery with its controls.

    Parameters
    ----------
    comparison : Comparison
        What to show.
    language : Language
        What it is written in.
    source : callable
        From a side and a picture's path in its folder to a data URI; empty if the picture is gone.
    key : str
        Tells this gallery from others.
    """

    def follow(link: str) -> None:
        kind = wanted(link).get("show", "")  # as a browser says, so that it may be anything
        if kind in kind_counts(comparison, language):
            st.session_state[f"{key}-show"] = kind

    overview = overview_markup(comparison, language)
    gallery_view.mount(overview, f"{key}-overview", language, on_link=follow)

    def markup(cards: Sequence[Pair]) -> str:
        return cards_markup(cards, comparison, language, source)

    shown = _choose(comparison, key, language)
    gallery_view.show_cards(shown, len(comparison.pairs), language, key, markup)


def _choose(comparison: Comparison, key: str, language: Language) -> list[Pair]:
    _ = language.gettext
    orders, kinds = order_names(language), kind_counts(comparison, language)
    classes = {"": _("All classes"), **pair_class_names(comparison.pairs, language)}
    columns = st.columns(4, gap="small", vertical_alignment="bottom")
    with columns[0]:
        order = st.selectbox(_("Order"), list(orders), format_func=orders.__getitem__, key=f"{key}-order")
    with columns[1]:
        kind = st.selectbox(_("Show"), list(kinds), format_func=kinds.__getitem__, key=f"{key}-show")
    with columns[2]:
        label = st.selectbox(
            _("Class"), list(classes), format_func=lambda name: plain(classes[name]), key=f"{key}-class"
        )
    with columns[3]:
        words = st.text_input(_("Search"), key=f"{key}-search")
    return arrange(choose(comparison.pairs, language, kind, label, words), order)

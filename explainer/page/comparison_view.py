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
    choices = {"order": (_("Order"), orders), "show": (_("Show"), kinds), "class": (_("Class"), classes)}
    chosen, words = gallery_view.choose_row(choices, key, language)
    found = choose(comparison.pairs, language, chosen["show"], chosen["class"], words)
    return arrange(found, chosen["order"])

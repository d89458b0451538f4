"""Many photos' explanations on the page: what they say together, and as many cards as a page can take."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import TypeVar

import streamlit as st

from ..folders.gallery.arrangement import (
    Choice,
    arrange,
    choose,
    class_names,
    group_names,
    kind_names,
    order_names,
)
from ..folders.gallery.groups import Grouping, groupings
from ..folders.gallery.matrix import OTHERS, confusion
from ..folders.gallery.parts import TEMPLATES, Source, cards_markup, group_headings, overview_markup
from ..folders.gallery.tables import COLUMN, cell_sentence, others_name, wanted
from ..folders.record import PhotoRecord
from ..names import printable
from ..words.language import Language
from .markup import plain

Shown = TypeVar("Shown")

CARDS_AT_ONCE = 30  # their pictures are part of the page
_FILTERS_IN_A_ROW = 5

_SCRIPT = """
    export default function ({ data, parentElement, setTriggerValue }) {
      const place = parentElement.querySelector("#gallery");
      place.lang = data.language;
      if (place.markup !== data.markup) place.innerHTML = place.markup = data.markup;
      place.onclick = (event) => {
        const button = event.target.closest("[data-photo]");
        if (button) setTriggerValue("photo", button.dataset.photo);
        const link = event.target.closest("a[href^='#']");
        if (link) {
          event.preventDefault();
          setTriggerValue("link", link.getAttribute("href"));
          parentElement.querySelector("#end").scrollIntoView();
        }
      };
    }
"""


def show(
    records: Sequence[PhotoRecord],
    language: Language,
    source: Source,
    key: str,
    on_details: Callable[[str], None] | None = None,
) -> None:
    """Draw the gallery with its controls.

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos, in any order.
    language : Language
        What it is written in.
    source : callable
        From a picture's path in the folder of results to a data URI; empty if the picture is gone.
    key : str
        Tells this gallery from others.
    on_details : callable, optional
        Called with a photo's key when a visitor asks for its details.
    """
    found = _found(records, language, key)
    mount(found.overview, f"{key}-overview", language, on_link=lambda link: _follow(link, key, found))
    shown, grouping = _choose(found, key, language)

    def markup(cards: Sequence[PhotoRecord]) -> str:
        headings = group_headings(grouping, shown, cards, language) if grouping else None
        return cards_markup(cards, language, source, details=on_details is not None, headings=headings)

    show_cards(shown, len(records), language, key, markup, on_details)


def show_cards(
    shown: Sequence[Shown],
    total: int,
    language: Language,
    key: str,
    markup: Callable[[Sequence[Shown]], str],
    on_details: Callable[[str], None] | None = None,
) -> None:
    """Draw as many cards as a page can take, and a choice of pages where there are more.

    Parameters
    ----------
    shown : sequence
        What there is a card of, in this order.
    total : int
        How many there are besides those that somebody looks for.
    language, key, on_details
        As for `show`.
    markup : callable
        From some of `shown` to the HTML of their cards.
    """
    counted = st.container()
    pages = max(1, -(-len(shown) // CARDS_AT_ONCE))
    place = f"{key}-page"
    if st.session_state.get(place, 1) > pages:
        st.session_state[place] = 1
    page = st.pagination(pages, key=place) if pages > 1 else 1
    first = (page - 1) * CARDS_AT_ONCE
    mount(markup(shown[first : first + CARDS_AT_ONCE]), f"{key}-cards", language, on_details)
    counted.caption(
        language.gettext("Showing {shown} of {total}").format(
            shown=language.number(len(shown)), total=language.number(total)
        )
    )


@dataclass(frozen=True)
class _Found:
    """What does not depend on the controls, of all photos and in one language."""

    records: Sequence[PhotoRecord]
    code: str
    overview: str
    groupings: tuple[Grouping, ...]
    group_names: dict[str, dict[str, str]]
    listed: frozenset[str]
    orders: dict[str, str]
    kinds: dict[str, str]
    classes: dict[str, str]


def _found(records: Sequence[PhotoRecord], language: Language, key: str) -> _Found:
    """The same as in the last run, where that was about the same photos: thousands take a while."""
    before = st.session_state.get(f"{key}-found")
    if (
        isinstance(before, _Found)
        and before.code == language.code
        and len(before.records) == len(records)
        and all(map(is_, before.records, records))
    ):
        return before
    grouped = groupings(records)
    found = _Found(
        records,
        language.code,
        overview_markup(records, language),
        grouped,
        {grouping.column: group_names(grouping, records, language) for grouping in grouped},
        frozenset(label.name for label in confusion(records).classes),
        order_names(records, language),
        kind_names(records, language),
        class_names(records, language),
    )
    st.session_state[f"{key}-found"] = found
    return found


def _follow(link: str, key: str, found: _Found) -> None:
    """Show the photos alone that a link of the overview is about."""
    usual: dict[str, str | int] = {"show": "all", "class": "", "search": "", "page": 1}
    groups = {f"{COLUMN}{column}": names for column, names in found.group_names.items()}
    chosen = wanted(link)  # as a browser says, so that it may be anything
    for name, values in {"truth": found.classes, "said": found.classes, **groups}.items():
        value = chosen.get(name, "")
        others = value == OTHERS and name not in groups
        usual[f"only-{name}"] = value if others or value in values else ""
    for name, chosen_value in usual.items():
        st.session_state[f"{key}-{name}"] = chosen_value


def mount(
    markup: str,
    key: str,
    language: Language,
    on_details: Callable[[str], None] | None = None,
    on_link: Callable[[str], None] | None = None,
) -> None:
    """Put a part of a gallery, as HTML, on the page."""

    def take(asked: object, call: Callable[[str], None] | None) -> None:
        if call is not None and asked:
            call(str(asked))

    # In each run, because Streamlit 1.65 registers it with the server, which tests have many of.
    component = st.components.v2.component(
        "limelight_gallery",
        html="<div id='gallery'></div><span id='end'></span>",
        css=(TEMPLATES / "gallery.css").read_text("utf-8"),
        # The markup comes from our own templates, which escape all that is put into them.
        js=_SCRIPT,
    )
    component(
        key=key,
        data={"markup": markup, "language": language.code},
        on_photo_change=lambda: take(st.session_state[key].photo, on_details),
        on_link_change=lambda: take(st.session_state[key].link, on_link),
    )


def choose_row(
    choices: Mapping[str, tuple[str, Mapping[str, str]]], key: str, language: Language
) -> tuple[dict[str, str], str]:
    """Draw the controls above the cards.

    Parameters
    ----------
    choices : mapping of str to (str, mapping of str to str)
        For each its title, and what can be chosen, as it is shown.
    key, language
        As for `show`.

    Returns
    -------
    chosen : dict of str to str
    words : str
        What is searched for.
    """
    *places, last = st.columns(len(choices) + 1, gap="small", vertical_alignment="bottom")
    chosen = {
        name: place.selectbox(title, list(names), format_func=names.__getitem__, key=f"{key}-{name}")
        for place, (name, (title, names)) in zip(places, choices.items(), strict=True)
    }
    return chosen, last.text_input(language.gettext("Search"), key=f"{key}-search")


def _choose(found: _Found, key: str, language: Language) -> tuple[list[PhotoRecord], Grouping | None]:
    _ = language.gettext
    classes = {"": _("All classes"), **found.classes}
    columns = {grouping.column: grouping for grouping in found.groupings}
    by = {"": _("Nothing"), **{name: printable(name) for name in columns}}
    choices = {
        "order": (_("Order"), found.orders),
        "show": (_("Show"), found.kinds),
        "class": (_("Class"), classes),
        **({"group": (_("Group by"), by)} if columns else {}),
    }
    chosen_by, words = choose_row(choices, key, language)
    order, kind, label, group = (chosen_by.get(name, "") for name in ("order", "show", "class", "group"))
    groups = _choose_groups(found, key, language) if columns else []
    truth, said = (st.session_state.get(f"{key}-only-{name}", "") for name in ("truth", "said"))
    if truth or said:
        names = {**found.classes, OTHERS: others_name(language)}
        sentence = cell_sentence(names.get(truth, truth), names.get(said, said), language)
        st.button(f"{plain(sentence)} ✕", key=f"{key}-cell", on_click=_follow, args=("", key, found))
    choice = Choice(truth, said, found.listed, groups)
    chosen = arrange(choose(found.records, language, kind, label, words, choice), order)
    if not group:
        return chosen, None
    return columns[group].arranged(chosen), columns[group]


def _choose_groups(found: _Found, key: str, language: Language) -> list[tuple[Grouping, str]]:
    """A filter for each column of the table."""
    _ = language.gettext
    chosen: list[tuple[Grouping, str]] = []
    keys = [f"{key}-only-{COLUMN}{grouping.column}" for grouping in found.groupings]
    with st.expander(_("Columns of the table"), expanded=any(map(st.session_state.get, keys))):
        for first in range(0, len(found.groupings), _FILTERS_IN_A_ROW):
            row = found.groupings[first : first + _FILTERS_IN_A_ROW]
            for place, grouping in zip(st.columns(_FILTERS_IN_A_ROW, gap="small"), row, strict=False):
                names = {"": _("All"), **found.group_names[grouping.column]}
                group: str = place.selectbox(
                    plain(printable(grouping.column)),
                    list(names),
                    format_func=names.__getitem__,
                    key=f"{key}-only-{COLUMN}{grouping.column}",
                )
                if group:
                    chosen.append((grouping, group))
    return chosen

"""Many photos' explanations on the page: what they say together, and as many cards as a page can take."""

from collections.abc import Callable, Sequence

import streamlit as st

from ..folders.arrangement import arrange, choose, class_names, kind_names, order_names
from ..folders.gallery_parts import TEMPLATES, Source, cards_markup, overview_markup
from ..folders.record import PhotoRecord
from ..words.language import Language
from .markup import plain

CARDS_AT_ONCE = 30  # their pictures are part of the page

_SCRIPT = """
    export default function ({ data, parentElement, setTriggerValue }) {
      const place = parentElement.querySelector("#gallery");
      place.lang = data.language;
      if (place.markup !== data.markup) place.innerHTML = place.markup = data.markup;
      place.onclick = (event) => {
        const button = event.target.closest("[data-photo]");
        if (button) setTriggerValue("photo", button.dataset.photo);
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
    _mount(overview_markup(records, language), f"{key}-overview", language)
    shown = _choose(records, key, language)
    counted = st.container()
    pages = max(1, -(-len(shown) // CARDS_AT_ONCE))
    place = f"{key}-page"
    if st.session_state.get(place, 1) > pages:
        st.session_state[place] = 1
    page = st.pagination(pages, key=place) if pages > 1 else 1
    first = (page - 1) * CARDS_AT_ONCE
    cards = shown[first : first + CARDS_AT_ONCE]
    markup = cards_markup(cards, language, source, details=on_details is not None)
    _mount(markup, f"{key}-cards", language, on_details)
    counted.caption(
        language.gettext("Showing {shown} of {total}").format(
            shown=language.number(len(shown)), total=language.number(len(records))
        )
    )


def _mount(
    markup: str, key: str, language: Language, on_details: Callable[[str], None] | None = None
) -> None:
    def take() -> None:
        asked = st.session_state[key].photo
        if on_details is not None and asked:
            on_details(str(asked))

    # In each run, because Streamlit 1.65 registers it with the server, which tests have many of.
    component = st.components.v2.component(
        "limelight_gallery",
        html="<div id='gallery'></div>",
        css=(TEMPLATES / "gallery.css").read_text("utf-8"),
        # The markup comes from our own templates, which escape all that is put into them.
        js=_SCRIPT,
    )
    component(key=key, data={"markup": markup, "language": language.code}, on_photo_change=take)


def _choose(records: Sequence[PhotoRecord], key: str, language: Language) -> list[PhotoRecord]:
    _ = language.gettext
    orders, kinds = order_names(records, language), kind_names(records, language)
    classes = {"": _("All classes"), **class_names(records, language)}
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
    return arrange(choose(records, language, kind, label, words), order)

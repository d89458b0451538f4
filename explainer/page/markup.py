"""Text and pictures in the forms that Streamlit and a browser take."""

import html
import re
from collections.abc import Iterable

import streamlit as st

from ..takeaway.legend import LegendEntry

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>:$~&])")
_MADE_TO_SOMETHING = re.compile(r"(?i)(https?:(?=//)|www(?=\.)|@|:(?=[a-z])|[-<>~](?=[-=>]))")
_WORD_JOINER = "\u2060"  # is not seen, and nothing breaks at it
_LONGEST_NAME = 60


def plain(text: str) -> str:
    """Escape text for Streamlit's Markdown, so that a file's name is only ever shown."""
    printable = "".join(character if character.isprintable() else "�" for character in text)
    if len(printable) > _LONGEST_NAME * 5:
        printable = printable[: _LONGEST_NAME * 5] + "…"
    # Escaped or not, Streamlit makes links of addresses, icons of :names:, and an arrow of ->.
    return _MARKDOWN.sub(r"\\\1", _MADE_TO_SOMETHING.sub(rf"\1{_WORD_JOINER}", printable))


def legend_markup(entries: Iterable[LegendEntry]) -> str:
    """A legend as HTML without drawings, which Streamlit takes out."""
    return "".join(
        f"<span>{escape(entry.meaning)} <small>{escape(entry.ends[0])}</small>"
        f"<i style='background:linear-gradient(90deg,{','.join(entry.scale)});"
        f"border:2px {entry.line} {entry.colour}'></i><small>{escape(entry.ends[1])}</small></span>"
        for entry in entries
    )


def show_nothing() -> None:
    """Take the place of what was here, which else stays for as long as the page has work to do."""
    st.html("<i class='nothing'></i>")


def escape(text: str) -> str:
    """Escape text for HTML."""
    return html.escape(text, quote=True)

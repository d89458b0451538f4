"""Files that a visitor asks for: made within a run of the page, and handed over until the browser has them.

Streamlit's own button for downloads loses what is clicked while the page is drawn again.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit import runtime

from ..errors import ExplainerError
from ..words.language import Language
from .markup import plain
from .scripts import mount

Make = Callable[[], str | bytes]


@dataclass
class _Asked:
    """A file that somebody waits for."""

    name: str
    kind: str
    make: Make
    content: bytes = b""  # once it is made


def offer_file(
    label: str,
    key: str,
    make: Make,
    name: str,
    kind: str,
    icon: str,
    language: Language,
    explanation: str | None = None,
) -> None:
    """Draw a button that hands over a file, which is made when it is asked for.

    Parameters
    ----------
    label, key, icon : str
        The button's.
    make : callable
        Makes the file's content, of what the page shows now; never called if nobody clicks.
    name : str
        The file's.
    kind : str
        Its media type, such as ``text/html``.
    language : Language
        What the page is written in.
    explanation : str, optional
        What is in it.
    """
    st.button(label, key=key, help=explanation, icon=icon, on_click=partial(_ask, make, name, kind, language))


@st.fragment  # so that what it sends ends no run that a click has just started
def deliver(language: Language) -> None:
    """Make the file that has been asked for, if there is one, and hand it to the browser.

    A run of the page may be cut short at any moment, and what it has sent be dropped: a file is offered by
    every run until the browser says that it has it.
    """
    asked = _asked()
    if received := st.session_state.get("deliver", {}).get("received"):
        asked.pop(received, None)
    file = None
    for identity, next_one in list(asked.items()):
        if next_one.content or _make(next_one, language):
            file = {"identity": identity, "name": next_one.name, "address": _serve(next_one)}
            break
        del asked[identity]
    mount("deliver", "deliver", {"file": file}, {"received": lambda: None})


def _asked() -> dict[str, _Asked]:
    """All files that the visitor waits for, by an identity each."""
    asked: dict[str, _Asked] = st.session_state.setdefault("asked_for", {})
    return asked


def _ask(make: Make, name: str, kind: str, language: Language) -> None:
    _asked()[uuid.uuid4().hex] = _Asked(name, kind, make)
    text = language.gettext("Making {file} …").format(file=plain(name))
    st.toast(text, icon=":material/hourglass_top:")


def _make(file: _Asked, language: Language) -> bool:
    """Make a file; if that can't be done, say why."""
    try:
        content = file.make()
    except Exception as error:
        logging.getLogger("limelight").exception("a file to take away could not be made")
        text = language.gettext("{file} could not be made.").format(file=plain(file.name))
        if isinstance(error, ExplainerError):
            text = f"{text} {plain(language.error(error))}"
        st.toast(text, icon=":material/error:", duration="infinite")
        return False
    file.content = content.encode() if isinstance(content, str) else content
    return True


def _serve(file: _Asked) -> str:
    """Where the browser finds a file; it is there until a run of the page no longer says so."""
    return runtime.get_instance().media_file_mgr.add(
        file.content, file.kind, "deliver", file.name, is_for_static_download=True
    )

"""Files that a visitor asks for: made within a run of the page, and handed over until the browser has them.

Streamlit's own button for downloads loses what is clicked while the page is drawn again.
"""

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit import runtime

from ..errors import ExplainerError
from ..names import printable
from ..words.language import Language
from .scripts import mount

Make = Callable[[], str | bytes]


@dataclass
class _Asked:
    """A file that somebody waits for."""

    name: str
    kind: str
    make: Make
    content: bytes = b""  # once it is made
    making: threading.Lock = field(
        default_factory=threading.Lock
    )  # a run that was cut short may still be at it


@dataclass
class _Desk:
    """All files that a visitor waits for, by an identity each, and why the last one that failed did."""

    asked: dict[str, _Asked] = field(default_factory=dict)
    failed: tuple[str, str] | None = None


def offer_file(
    label: str,
    key: str,
    make: Make,
    name: str,
    kind: str,
    icon: str,
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
    explanation : str, optional
        What is in it.
    """
    st.button(label, key=key, help=explanation, icon=icon, on_click=partial(_ask, make, name, kind))


@st.fragment  # so that what it sends ends no run that a click has just started
def deliver(language: Language) -> None:
    """Make the file that has been asked for, if there is one, and hand it to the browser.

    A run of the page may be cut short at any moment, and what it has sent be dropped: a file is offered by
    every run until the browser says that it has it.
    """
    _ = language.gettext
    desk = _desk()
    if received := st.session_state.get("deliver", {}).get("received"):
        desk.asked.pop(received, None)
    identity, file = next(iter(desk.asked.items()), ("", None))
    offered, making = None, ""
    if file and file.content:
        offered = {"identity": identity, "name": file.name, "address": _serve(file)}
    elif file:
        making = _("Making {file} …").format(file=printable(file.name))
    mount(
        "deliver",
        "deliver",
        {
            "file": offered,
            "making": making,
            "failed": desk.failed,
            "close": _("Close"),
        },
        {"received": lambda: None},
    )
    if file and making:
        with file.making:
            if not file.content and identity in desk.asked:
                _make(identity, file, desk, language)
        st.rerun()


def _desk() -> _Desk:
    desk: _Desk = st.session_state.setdefault("desk", _Desk())
    return desk


def _ask(make: Make, name: str, kind: str) -> None:
    _desk().asked[uuid.uuid4().hex] = _Asked(name, kind, make)


def _make(identity: str, file: _Asked, desk: _Desk, language: Language) -> None:
    """Make a file; if that can't be done, say why."""
    try:
        content = file.make()
    except Exception as error:
        logging.getLogger("limelight").exception("a file to take away could not be made")
        text = language.gettext("{file} could not be made.").format(file=printable(file.name))
        if isinstance(error, ExplainerError):
            text = f"{text} {language.error(error)}"
        desk.failed = (identity, text)
        del desk.asked[identity]
    else:
        file.content = content.encode() if isinstance(content, str) else content


def _serve(file: _Asked) -> str:
    """Where the browser finds a file; it is there until a run of the page no longer says so."""
    return runtime.get_instance().media_file_mgr.add(
        file.content, file.kind, "deliver", file.name, is_for_static_download=True
    )

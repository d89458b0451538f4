"""The small scripts that do what Streamlit's own widgets can't: one file each, with its style beside it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


def mount(
    name: str, key: str, data: Mapping[str, Any], callbacks: Mapping[str, Callable[[], None]] | None = None
) -> None:
    """Draw what ``NAME.js`` makes of the data, in the style of ``NAME.css`` if there is one.

    It stays where it is from one run to the next: the script's default function is called again with new
    data, and changes only what differs.

    Parameters
    ----------
    name : str
        The script's.
    key : str
        Tells it from others on the page, and finds what it sends in ``st.session_state``.
    data : mapping of str to anything JSON can hold
        What is drawn. Scripts put text in as text, never as HTML.
    callbacks : mapping of str to callable, optional
        By the name under which the script sends: called before the page is drawn again, with what was sent
        in ``st.session_state[key][name]``.
    """
    style = _FOLDER / f"{name}.css"
    # In each run, because Streamlit 1.65 registers it with the server, which tests have many of.
    component = st.components.v2.component(
        f"limelight_{name}",
        html=f"<div id='{name}'></div>",
        css=style.read_text("utf-8") if style.is_file() else None,
        js=(_FOLDER / f"{name}.js").read_text("utf-8"),
    )
    events: dict[str, Any] = {f"on_{event}_change": act for event, act in (callbacks or {}).items()}
    component(key=key, data=dict(data), **events)

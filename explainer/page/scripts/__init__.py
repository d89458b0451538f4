"""The small scripts that do what Streamlit's own widgets can't: one file each, with its style beside it."""

import time
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
        js=script(name),
    )
    events: dict[str, Any] = {f"on_{event}_change": act for event, act in (callbacks or {}).items()}
    component(key=key, data={**data, "turn": _turn(key, data)}, **events)


def script(name: str) -> str:
    """A script as the browser gets it: it draws nothing older than what it has drawn."""
    own, every = ((_FOLDER / f"{each}.js").read_text("utf-8") for each in (name, "every"))
    return f"{own.replace('export default', 'const draw =', 1)}\n{every}"


def _turn(key: str, data: Mapping[str, Any]) -> float:
    """A number that grows whenever the data change, also beyond a restart of this program."""
    turns: dict[str, tuple[float, Mapping[str, Any]]] = st.session_state.setdefault("turns", {})
    turn, known = turns.get(key, (0.0, None))
    if known != data:
        turn = max(turn + 1e-3, time.time())
        turns[key] = (turn, data)
    return turn

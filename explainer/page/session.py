"""What the page remembers of one visitor from run to run."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

_Made = TypeVar("_Made")


def remembered(name: str, key: Hashable, make: Callable[[], _Made]) -> _Made:
    """What was made last under a name; made anew where the key, all that it depends on, is another one."""
    kept: tuple[Hashable, _Made] | None = st.session_state.get(name)
    if kept is None or kept[0] != key:
        kept = st.session_state[name] = (key, make())
    return kept[1]

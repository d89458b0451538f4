"""Choices that a link to the page restores, whatever language it is opened in.

Streamlit's own ``bind`` writes an option into the link as it is shown, so that what was chosen on a Japanese
page would be lost on an English one. Here the link has the option's name.

What is chosen follows the address when the page is opened, and when Back or Forward has changed it. At all
other times the address follows what is chosen: a browser that has not yet heard of a choice still sends the
address from before it.
"""

import re
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from .scripts import mount

OF_A_LABEL = ("this", "versus")
"""What in the link is about one label of one photo only."""
OF_A_PHOTO = ("label", "samples_here", "hidden", *OF_A_LABEL)
"""What in the link is about one photo only."""

OF_A_VISITOR = ("photo", "all")
"""What in the link means nothing to others."""

OF_LOOKING = ("sample", "photo", "all", *OF_A_PHOTO)
"""What in the link changes when another photo is looked at."""

STEPS = ("sample", "photo", "all", "view", "classifier", "label")
"""What Back undoes; all else in the link changes without a trace in the browser's history."""


def is_history_navigation() -> bool:
    """Whether Back or Forward has brought about this run of the page."""
    return getattr(get_script_run_ctx(), "is_history_navigation", False)


def follow_address() -> None:
    """Take over from the address what Back or Forward has changed there; before anything else is drawn."""
    if is_history_navigation():
        st.session_state.pop("links", None)
        st.session_state.pop("following", None)
    mount("steps", "steps", {"steps": STEPS})


@dataclass
class Said:
    """What the link should say of a choice, and what a browser still says that has not heard of it."""

    chosen: str | None
    before: set[str | None] = field(default_factory=set)

    def change(self, chosen: str | None) -> None:
        """Have the link say something else, once it is written."""
        self.before = (self.before | {self.chosen}) - {chosen}
        self.chosen = chosen


def asked(key: str) -> str | None:
    """What the link says of a choice, if it does."""
    links, now = _links(), st.query_params.get(key)
    said = links.setdefault(key, Said(now))
    if now in said.before:
        _write(key, said.chosen)
    else:
        said.chosen = now
    return said.chosen


def ask(key: str, chosen: str | None) -> None:
    """Write a choice into the link, or nothing of it."""
    choices = said(key)
    choices[key].change(chosen)
    write(choices)


def said(*keys: str) -> dict[str, Said]:
    """Some choices, to change them all before they are written, which may cut a run of the page short."""
    for key in keys:
        asked(key)
    links = _links()
    return {key: links[key] for key in keys}


def write(choices: Mapping[str, Said]) -> None:
    """Write into the link what has changed of some choices."""
    for key, choice in choices.items():
        _write(key, choice.chosen)


def look_at(choices: Mapping[str, Said], sample: str | None = None, photo: str | None = None) -> None:
    """Have the choices of `OF_LOOKING` name one photo, and say nothing of what was about the one before."""
    if (sample, photo) != (choices["sample"].chosen, choices["photo"].chosen):
        for key in OF_A_PHOTO:
            choices[key].change(None)
    for key, chosen in (("sample", sample), ("photo", photo), ("all", None)):
        choices[key].change(chosen)


def look_at_label(choices: Mapping[str, Said], chosen: str, usual: str) -> None:
    """Have the choices of a photo name another label, and say nothing of what was about the one before."""
    choices["label"].change(None if chosen == usual else chosen)
    for key in OF_A_LABEL:
        choices[key].change(None)


def choose_from_list(
    label: str,
    names: Mapping[str, str],
    usual: str,
    key: str,
    explanation: str | None = None,
    *,
    place: str = "",
) -> str:
    """Draw a drop-down list.

    Parameters
    ----------
    label, explanation : str
        What is chosen, and what that means.
    names : mapping of str to str
        From each option, as the link has it, to what is shown.
    usual : str
        What is chosen where the link says nothing, or nothing known.
    key : str
        The choice's name in the link.
    place : str
        What the options belong to, if there are others elsewhere; each place keeps its own choice.
    """
    now = _follow(key + place, names, linked(key, names, usual))
    chosen = st.selectbox(
        label,
        list(names),
        index=list(names).index(now),
        format_func=names.__getitem__,
        key=key + place,
        help=explanation,
    )
    return link(key, chosen or usual, usual)


def choose_one(
    label: str,
    names: Mapping[str, str],
    usual: str,
    key: str,
    explanation: str | None = None,
    *,
    place: str = "",
    label_hidden: bool = False,
) -> str:
    """Draw a row of a few options; see `choose_from_list`.

    Parameters
    ----------
    label, names, usual, key, explanation, place
        As for `choose_from_list`.
    label_hidden : bool
        Leave the label to screen readers.
    """
    now = _follow(key + place, names, linked(key, names, usual))
    chosen = st.pills(  # which, unlike a segmented control, may take two lines
        label,
        list(names),
        default=now,
        required=True,
        format_func=names.__getitem__,
        key=key + place,
        help=explanation,
        wrap=True,
        label_visibility="collapsed" if label_hidden else "visible",
    )
    return link(key, chosen or usual, usual)


def choose_number(label: str, usual: int, most: int, key: str, explanation: str) -> int:
    """Draw a field for a whole number from 0 to `most`; see `choose_from_list`."""
    linked = linked_number(key, most)
    now = _follow(key, range(most + 1), usual if linked is None else linked)
    chosen = st.number_input(
        label,
        min_value=0,
        max_value=most,
        value=now,
        step=1,
        key=key,
        help=explanation,
    )
    return int(link(key, str(chosen), str(usual)))


Number = TypeVar("Number", int, float)
Choice = TypeVar("Choice")


def choose_on_scale(
    label: str,
    limits: tuple[Number, Number, Number],
    usual: Number,
    key: str,
    explanation: str,
    shown: str = "%g",
) -> Number:
    """Draw a slider; see `choose_from_list`.

    Parameters
    ----------
    label, usual, key, explanation
        As for `choose_from_list`.
    limits : tuple of numbers
        The least and the most that can be chosen, and the step.
    shown : str
        How Streamlit shows the number.
    """
    least, most, step = limits
    said, linked = asked(key) or "", usual
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", said) and least <= float(said) <= most:
        linked = type(usual)(float(said))
    now = _follow(key, _Scale(least, most), linked)
    chosen: Number = st.slider(
        label,
        min_value=least,
        max_value=most,
        value=now,
        step=step,
        format=shown,
        key=key,
        help=explanation,
    )
    link(key, f"{chosen:g}", f"{usual:g}")
    return chosen


@dataclass(frozen=True)
class _Scale:
    """All numbers between two."""

    least: float
    most: float

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int | float) and self.least <= number <= self.most


def linked_number(key: str, most: int) -> int | None:
    """A whole number from 0 to `most` that the link holds, if it does."""
    said = asked(key) or ""
    number = int(said) if re.fullmatch(rf"[0-9]{{1,{len(str(most))}}}", said) else None
    return number if number is not None and number <= most else None


def is_new(key: str) -> bool:
    """Whether a choice has to follow the address, as `asked` tells it, just now; true once."""
    following: set[str] = st.session_state.setdefault("following", set())
    if key in following:
        return False
    following.add(key)
    return True


def linked(key: str, options: Collection[str], usual: str) -> str:
    """What the link says of a choice; the usual where it says nothing, or nothing known."""
    said = asked(key)
    return said if said is not None and said in options else usual


def link(key: str, chosen: str, usual: str) -> str:
    """Write a choice into the link, where it is not the usual one; returns it."""
    ask(key, None if chosen == usual else chosen)
    return chosen


def _follow(widget: str, options: Container[object], said: Choice) -> Choice:
    """Have a widget show what the link says, when the page is opened and after Back or Forward.

    Returns what the widget shows now, to be its default as well: a browser that has missed a run which was
    cut short takes a widget's default for what was chosen.
    """
    if is_new(widget) or st.session_state.get(widget) not in options:
        st.session_state[widget] = said
    now: Choice = st.session_state[widget]
    return now


def _links() -> dict[str, Said]:
    links: dict[str, Said] = st.session_state.setdefault("links", {})
    return links


def _write(key: str, chosen: str | None) -> None:
    if st.query_params.get(key) == chosen:
        return
    if chosen is None:
        st.query_params.pop(key)
    else:
        st.query_params[key] = chosen

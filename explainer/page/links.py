"""Choices that a link to the page restores, whatever language it is opened in.

Streamlit's own ``bind`` writes an option into the link as it is shown, so that what was chosen on a Japanese
page would be lost on an English one. Here the link has the option's name.
"""

import re
from collections.abc import Collection, Mapping

import streamlit as st

OF_A_PHOTO = ("label", "samples_here")
"""What in the link is about one photo only."""


def choose_from_list(label: str, names: Mapping[str, str], usual: str, key: str, explanation: str) -> str:
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
    """
    options = list(names)
    chosen = st.selectbox(
        label,
        options,
        index=options.index(linked(key, options, usual)),
        format_func=names.__getitem__,
        key=key,
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
    label, names, usual, key, explanation
        As for `choose_from_list`.
    place : str
        What the options belong to, if there are others elsewhere; each place keeps its own choice.
    label_hidden : bool
        Leave the label to screen readers.
    """
    chosen = st.pills(  # which, unlike a segmented control, may take two lines
        label,
        list(names),
        default=linked(key, names, usual),
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
    chosen = st.number_input(
        label,
        min_value=0,
        max_value=most,
        value=usual if linked is None else linked,
        step=1,
        key=key,
        help=explanation,
    )
    return int(link(key, str(chosen), str(usual)))


def linked_number(key: str, most: int) -> int | None:
    """A whole number from 0 to `most` that the link holds, if it does."""
    asked = st.query_params.get(key, "")
    number = int(asked) if re.fullmatch(rf"[0-9]{{1,{len(str(most))}}}", asked) else None
    return number if number is not None and number <= most else None


def forget_photo() -> None:
    """Take out of the link what was about the photo that another one has replaced."""
    for key in OF_A_PHOTO:
        st.query_params.pop(key, None)


def linked(key: str, options: Collection[str], usual: str) -> str:
    """What the link says of a choice; the usual where it says nothing, or nothing known."""
    asked = st.query_params.get(key, usual)
    return asked if asked in options else usual


def link(key: str, chosen: str, usual: str) -> str:
    """Write a choice into the link, where it is not the usual one; returns it."""
    if chosen == usual:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen

"""The top of the page: name, language, and the invitation while there is no photo."""

import streamlit as st

from ..language import LANGUAGES, Language, negotiate_language


def show_header() -> Language:
    """Draw the name and the language switch; returns the language."""
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        title = st.empty()
        code = st.segmented_control(
            "Language · 言語",
            list(LANGUAGES),
            default=negotiate_language(st.context.locale),
            required=True,
            format_func=LANGUAGES.__getitem__,
            key="language",
            bind="query-params",
            label_visibility="collapsed",
        )
    language = Language(code or "en")
    tagline = language.gettext("See where an image classifier looks.")
    title.html(f"<div class='name'><h1>Limelight</h1><p>{tagline}</p></div>", width="stretch")
    return language


def invite(language: Language) -> None:
    """Say what will happen, while there is no photo."""
    st.info(
        language.gettext(
            "Choose a photo, and within a second or two you see what the classifier takes it for and "
            "which parts of it decided. The picture then sharpens while you watch."
        ),
        icon=":material/lightbulb:",
    )

"""The top of the page: name, language, and the invitation while there is no photo."""

import streamlit as st

from ..words.language import LANGUAGES, Language, negotiate_language
from .links import choose_one


def show_header() -> Language:
    """Draw the name and the language switch; returns the language."""
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        title = st.empty()
        usual = negotiate_language(st.context.locale)
        language = Language(choose_one("Language · 言語", LANGUAGES, usual, "language", label_hidden=True))
    # Streamlit says "en" of every page; screen readers and line breaking go by this.
    st.html(
        f"<script>document.documentElement.lang = '{language.code}'</script>", unsafe_allow_javascript=True
    )
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

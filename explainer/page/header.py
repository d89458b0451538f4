"""The top of the page: name and language."""

import streamlit as st

from ..words.language import LANGUAGES, Language, negotiate_language
from .links import choose_one


def show_header() -> Language:
    """Draw the name and the language switch; returns the language."""
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        title = st.container()  # an empty place would take the name off the page for a moment in each run
        usual = negotiate_language(st.context.locale)
        language = Language(choose_one("Language · 言語", LANGUAGES, usual, "language", label_hidden=True))
    # Streamlit says "en" of every page; screen readers and line breaking go by this.
    st.html(
        f"<script>document.documentElement.lang = '{language.code}'</script>", unsafe_allow_javascript=True
    )
    tagline = language.gettext("See where an image classifier looks.")
    title.html(f"<div class='name'><h1>Limelight</h1><p>{tagline}</p></div>", width="stretch")
    return language

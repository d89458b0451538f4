"""The results of a folder that was explained before, as ``python -m explainer explain`` left them."""

from pathlib import Path

import streamlit as st

from ..folders.record import PhotoRecord
from ..folders.results import file_below, read_records
from ..names import printable
from ..pictures.encode import card_uri
from ..words.language import Language
from . import gallery_view
from .links import choose_one
from .markup import plain
from .started_with import results_folder

_SECONDS_UNTIL_READ_AGAIN = 15  # a run may be going on


def show(language: Language) -> bool:
    """Draw the results where there are some and they are asked for; returns whether they are.

    Parameters
    ----------
    language : Language
        What the page is written in.
    """
    _ = language.gettext
    folder = results_folder()
    if folder is None:
        return False
    views = {"photos": _("Your photos"), "results": _("Results of a folder")}
    if choose_one(_("View"), views, "photos", "view", label_hidden=True) != "results":
        return False
    st.header(plain(printable(folder.resolve().name)), anchor=False)
    with st.spinner(_("Reading the results …")):
        records = _records(str(folder))
    if records:
        gallery_view.show(records, language, lambda path: _address(folder, path), "results")
    else:
        st.info(_("There are no results in this folder yet."), icon=":material/folder_open:")
    return True


@st.cache_resource(show_spinner=False, ttl=_SECONDS_UNTIL_READ_AGAIN, max_entries=2)
def _records(folder: str) -> list[PhotoRecord]:
    return read_records(Path(folder))


def _address(folder: Path, path: str) -> str:
    """The picture itself, for the browser can't open files; empty where there is none."""
    file = file_below(folder, path)
    if file is None:
        return ""
    try:
        return _data_uri(str(file), file.stat().st_mtime_ns)
    except OSError:  # a run that goes on has just replaced it
        return ""


@st.cache_data(show_spinner=False, max_entries=16 * gallery_view.CARDS_AT_ONCE)
def _data_uri(file: str, changed: int) -> str:
    del changed  # another time, another picture
    return card_uri(Path(file).read_bytes())

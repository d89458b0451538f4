"""The results of a folder that was explained before, as ``python -m explainer explain`` left them."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ..errors import ExplainerError
from ..folders.comparison.gallery import title_of
from ..folders.comparison.pairs import Comparison, compare_folders
from ..folders.record import PhotoRecord
from ..folders.results import file_below, read_records, state_of_records
from ..names import printable
from ..pictures.encode import card_uri
from ..words.language import Language
from . import comparison_view, gallery_view
from .links import choose_one
from .markup import plain
from .started_with import MOST_RESULTS, results_folders, too_many

_SECONDS_UNTIL_READ_AGAIN = 15  # a run may be going on


def show(language: Language) -> bool:
    """Draw the results where there are some and they are asked for; returns whether they are.

    Parameters
    ----------
    language : Language
        What the page is written in.
    """
    _ = language.gettext
    folders = results_folders()
    if not folders:
        return False
    views = {"photos": _("Your photos"), "results": _("Results of a folder")}
    if choose_one(_("View"), views, "photos", "view", label_hidden=True) != "results":
        return False
    if len(folders) > MOST_RESULTS:
        st.error(plain(language.error(too_many(folders))), icon=":material/error:")
        return True
    names = [printable(folder.resolve().name) for folder in folders]
    shown = "a"
    if len(folders) > 1:
        choices = {
            "compare": _("Compare the two"),
            "a": f"A: {plain(names[0])}",
            "b": f"B: {plain(names[1])}",
        }
        shown = choose_one(_("Results"), choices, "compare", "results", label_hidden=True)
    if shown == "compare":
        _show_comparison(folders, title_of(*names), language)
    else:
        _show_folder(folders[shown == "b"], "results" if shown == "a" else "results-b", language)
    return True


def _show_folder(folder: Path, key: str, language: Language) -> None:
    st.header(plain(printable(folder.resolve().name)), anchor=False)
    with st.spinner(language.gettext("Reading the results …")):
        records = _records(str(folder))
    if records:
        gallery_view.show(records, language, lambda path: _address(folder, path), key)
    else:
        st.info(language.gettext("There are no results in this folder yet."), icon=":material/folder_open:")


def _show_comparison(folders: Sequence[Path], title: str, language: Language) -> None:
    st.header(plain(title), anchor=False)
    try:
        with st.spinner(language.gettext("Comparing the results …")):
            a, b = map(str, folders)
            found = _comparison(a, b, _state(a), _state(b))
    except ExplainerError as error:
        # By its name alone: where it is on this machine is no visitor's business.
        name = printable(Path(str(error.values["folder"])).resolve().name)
        st.info(plain(language.error(error.about(folder=name))), icon=":material/folder_open:")
        return
    comparison_view.show(found, language, lambda side, path: _address(folders[side], path), "comparison")


@st.cache_resource(show_spinner=False, max_entries=2)
def _comparison(a: str, b: str, state_a: tuple[int, int], state_b: tuple[int, int]) -> Comparison:
    del state_a, state_b  # other results, another comparison
    return compare_folders(Path(a), Path(b))


@st.cache_data(show_spinner=False, ttl=_SECONDS_UNTIL_READ_AGAIN, max_entries=4)
def _state(folder: str) -> tuple[int, int]:
    return state_of_records(Path(folder))


@st.cache_resource(show_spinner=False, ttl=_SECONDS_UNTIL_READ_AGAIN, max_entries=3)
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

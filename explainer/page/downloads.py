"""Taking it away: pictures, a report, the numbers, a notebook, and a link to what is on the page."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st
from PIL import Image

from ..names import printable
from ..pictures.encode import png
from ..takeaway.code import command_line, lime_code, python_code
from ..takeaway.notebook import notebook
from ..takeaway.report import heat_map_files, html_report, pictures
from . import presenting
from .delivery import Make, offer_file
from .inquiries import FEWEST, OPINIONS, SANITY, found_of
from .links import OF_A_VISITOR
from .result import Result

_LONGEST_PART = 60  # characters of a file's name


def show(result: Result) -> None:
    """Draw the section; a file is made when it is asked for."""
    _ = result.language.gettext
    st.header(_("Take it away"), anchor=False)
    with st.container(horizontal=True, gap="small", key="downloads"):
        _offer(
            _("Report"),
            ":material/description:",
            "html",
            "text/html",
            _("One page on the screen, two on paper: opens in any browser, also offline."),
            lambda: _report(result),
            result,
        )
        _offer(
            _("Pictures"),
            ":material/image:",
            "zip",
            "application/zip",
            _("All pictures as PNG files, and the heat map as numbers, in one ZIP file."),
            lambda: zipped(_pictures(result), heat_map_files(result.reading)),
            result,
        )
        _offer(
            _("Numbers"),
            ":material/data_object:",
            "json",
            "application/json",
            _("Every weight of all these labels, as JSON."),
            result.explanation.to_json,
            result,
        )
        _offer(
            _("Notebook"),
            ":material/terminal:",
            "ipynb",
            "application/x-ipynb+json",
            _("A Jupyter notebook that makes this explanation again, and checks that it is the same."),
            lambda: _notebook(result),
            result,
        )
        with st.popover(_("Link to this view"), icon=":material/link:"):
            _show_link(result)
        with st.popover(_("As code"), icon=":material/code:"):
            _show_code(result)
        st.button(
            _("Present it"),
            key="present",
            icon=":material/slideshow:",
            help=_("As large as the screen, for an audience; all of it goes by keys. P does the same."),
            on_click=presenting.start,
        )


def file_name(photo_name: str, label_name: str, extension: str) -> str:
    """A name for a file to take away, such as ``limelight-my-cat-tiger-cat.html``.

    Letters of any script stay; whatever a file system or a shell might take amiss does not.

    Parameters
    ----------
    photo_name : str
        The photo's file name, as some computer gave it.
    label_name : str
        The label's name.
    extension : str
        Without the point.
    """
    stem = re.sub(r"\.\w{1,5}$", "", re.split(r"[/\\]", photo_name)[-1])
    return f"limelight-{_plain_part(stem) or 'photo'}-{_plain_part(label_name) or 'label'}.{extension}"


def zipped(drawn: Mapping[str, Image.Image], files: Mapping[str, bytes] | None = None) -> bytes:
    """Put pictures into one ZIP file, as ``focus.png`` and so on, and other files by their names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:  # stored as they are: PNG is compressed already
        for name, picture in drawn.items():
            archive.writestr(f"{name}.png", png(picture))
        for name, content in (files or {}).items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _plain_part(text: str) -> str:
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text))
    return words.strip("-")[:_LONGEST_PART].rstrip("-")


def _offer(
    label: str, icon: str, extension: str, kind: str, explanation: str, make: Make, result: Result
) -> None:
    name = file_name(result.photo.name, result.label.name, extension)
    offer_file(label, f"download-{extension}", make, name, kind, icon, explanation)


def _pictures(result: Result) -> dict[str, Image.Image]:
    return pictures(
        result.photo.original,
        result.reading,
        result.palette,
        heat_map_in=result.language,
    )


def _report(result: Result) -> str:
    return html_report(
        result.photo.original,
        result.reading,
        result.language,
        name=result.photo.name,
        palette=result.palette,
        opinions=found_of(OPINIONS, result),
        sets=found_of(FEWEST, result),
        sanity=found_of(SANITY, result),
    )


def _notebook(result: Result) -> str:
    return notebook(result.photo.original, result.reading, result.language)


def _show_code(result: Result) -> None:
    _ = result.language.gettext
    explanation = result.explanation
    recipe, classifier, photo = explanation.recipe, explanation.classifier.name, printable(result.photo.name)
    st.caption(_("The same explanation on the command line, in Python, and by the lime package itself."))
    st.code(command_line(recipe, classifier, photo), language="shell", wrap_lines=True)
    for code in (
        python_code(recipe, classifier, photo),
        lime_code(recipe, classifier, photo, explanation.num_samples, result.language),
    ):
        st.code(code, language="python", wrap_lines=True)


def _show_link(result: Result) -> None:
    _ = result.language.gettext
    carried = st.query_params.to_dict().items()
    query = urlencode([(name, value) for name, value in carried if name not in OF_A_VISITOR])
    address = urlsplit(st.context.url or "")
    link = address._replace(path=address.path or "/", query=query)
    st.code(urlunsplit(link), language=None, wrap_lines=True)
    if "sample" in st.query_params:
        st.caption(_("Opens this example photo with these settings."))
    else:
        st.caption(
            _(
                "Opens the page with these settings. A link can't carry your photo: whoever opens it "
                "chooses one."
            )
        )

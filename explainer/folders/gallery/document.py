"""Many photos' explanations as one page that opens in any browser, also offline."""

import base64
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...files import write_whole
from ...names import printable
from ...takeaway.templates import environment
from ...words.language import Language
from ..record import PhotoRecord
from .arrangement import arrange, class_names, group_names, kind_counts, order_names
from .groups import groupings
from .parts import TEMPLATES, cards_markup, counted, overview_markup
from .tables import COLUMN, cell_sentence, others_name

INDEX = "index.html"


def write_gallery(
    records: Sequence[PhotoRecord], folder: Path, language: Language, title: str, not_reached: int = 0
) -> Path:
    """Write ``index.html``, which shows the pictures that lie beside it.

    Parameters
    ----------
    records : sequence of PhotoRecord
        The photos, in any order.
    folder : pathlib.Path
        The folder of results.
    language : Language
        What it is written in.
    title : str
        Its heading, such as the name of the folder that was explained.
    not_reached : int
        How many more photos there are that a budget did not suffice for.

    Returns
    -------
    pathlib.Path
        The file, which is there whole or not at all.

    Raises
    ------
    ExplainerError
        It can't be written.
    """
    return write_whole(folder / INDEX, gallery(records, language, title, not_reached).encode())


def gallery(records: Sequence[PhotoRecord], language: Language, title: str, not_reached: int = 0) -> str:
    """What `write_gallery` writes: sortable and filterable, and readable without scripts too."""
    found = groupings(records)
    return gallery_page(
        language,
        title or language.gettext("Many photos"),
        overview=overview_markup(records, language, not_reached),
        cards=cards_markup(arrange(records), language, relative_address, linked=True, groups=found),
        groupings=[
            {
                "column": grouping.column,
                "name": printable(grouping.column),
                "link": COLUMN + grouping.column,
                "groups": group_names(grouping, records, language).items(),
            }
            for grouping in found
        ],
        counted=counted(len(records), language),
        any_photos=bool(records),
        orders=order_names(records, language),
        kinds=kind_counts(records, language),
        classes=class_names(records, language),
    )


def gallery_page(language: Language, title: str, *, overview: str, cards: str, **filled_in: Any) -> str:
    """The page around an overview and cards, which are HTML.

    Parameters
    ----------
    language : Language
        What it is written in.
    title : str
        Its heading.
    overview, cards : str
        From templates that escape what is put into them.
    **filled_in
        What else ``gallery.html`` shows.
    """
    from markupsafe import Markup

    style, script = ((TEMPLATES / name).read_text("utf-8") for name in ("gallery.css", "gallery.js"))
    our_own = {"style": style, "script": script, "overview": overview, "cards": cards}
    unescaped = {name: Markup(text) for name, text in our_own.items()}  # nosec B704
    return (
        environment(TEMPLATES)
        .get_template("gallery.html")
        .render(
            language=language.code,
            _=language.gettext,
            title=printable(title),
            **unescaped,
            style_hash=_hash(style),
            script_hash=_hash(script),
            both=cell_sentence("{truth}", "{said}", language),
            of_truth=cell_sentence("{truth}", "", language),
            of_said=cell_sentence("", "{said}", language),
            others=others_name(language),
            **filled_in,
        )
    )


def relative_address(path: str) -> str:
    """The address of a file in the folder of results, as seen from ``index.html``."""
    return quote(os.fsencode(path))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

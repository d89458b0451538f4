"""Taking an explanation away: its pictures as files, and a report to read, send and print."""

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from babel.dates import format_date
from PIL import Image

from ..judging.evidence import Question
from ..names import printable
from ..photos.load import notes_of
from ..pictures.draw import (
    DEFAULT_PALETTE,
    Palette,
    draw_input,
    draw_reading,
    draw_superpixels,
    fit_frame,
    hide_regions,
)
from ..pictures.encode import data_uri, jpeg, smaller
from ..reading import Reading
from ..words.language import Language
from ..words.sentences import (
    against_evidence_sentence,
    answer_sentence,
    change_in_points,
    focus_evidence_sentence,
    focus_sentence,
    pros_cons_sentence,
    question_title,
    settledness_sentence,
    verdict,
)
from ..words.settings import settings_in_words
from .legend import legend_html, reading_legend
from .templates import environment

_LONGEST_NAME = 80
_CHECK_SIDE = 400  # pixels


def pictures(
    photo: Image.Image,
    reading: Reading,
    palette: Palette = DEFAULT_PALETTE,
    heat_map_in: Language | None = None,
) -> dict[str, Image.Image]:
    """Draw all pictures of one label's explanation, as large as the page draws them.

    Parameters
    ----------
    photo : PIL.Image.Image
        The photo that was explained.
    reading : Reading
        What they show.
    palette : Palette
        In which colours.
    heat_map_in : Language, optional
        Draw a heat map of all weights too, with its words in this language.

    Returns
    -------
    dict of str to PIL.Image.Image
        ``preprocessed`` is as large as the network's input; ``focus``, ``pros_cons`` and ``superpixels``
        have the photo's aspect ratio; ``heat_map`` is a figure with a scale.
    """
    explanation = reading.explanation
    canvas = fit_frame(photo, explanation.classifier)
    focus, pros_cons = draw_reading(canvas, reading, palette)
    drawn = {
        "preprocessed": draw_input(explanation.classifier.to_display(explanation.image)),
        "focus": focus,
        "pros_cons": pros_cons,
        "superpixels": draw_superpixels(canvas, explanation.segments),
    }
    if heat_map_in is not None:
        drawn["heat_map"] = _heat_map(canvas, reading, heat_map_in, palette)
    return drawn


def html_report(
    photo: Image.Image,
    reading: Reading,
    language: Language,
    *,
    name: str = "",
    palette: Palette = DEFAULT_PALETTE,
    day: date | None = None,
) -> str:
    """Write one HTML file that holds everything and fetches nothing; two pages of A4 when printed.

    The classifier is asked about up to four pictures, to check what the explanation claims.

    Parameters
    ----------
    photo, reading, palette
        As for `pictures`.
    language : Language
        What the report is written in.
    name : str
        The photo's file name.
    day : datetime.date, optional
        The date on it; today by default.

    Raises
    ------
    ClassifierError
        The classifier failed.
    """
    explanation, label = reading.explanation, reading.label
    title = explanation.classifier.title
    canvas = fit_frame(photo, explanation.classifier)
    drawn = {"photo": canvas, **pictures(photo, reading, palette)}
    return (
        environment(Path(__file__).with_name("templates"))
        .get_template("report.html")
        .render(
            language=language.code,
            _=language.gettext,
            classifier=title,
            explained=language.class_name(label.name, label.wnid),
            input_size=explanation.image.shape[:2],
            cut=language.ngettext(
                "Cut into {number} region", "Cut into {number} regions", explanation.num_superpixels
            ).format(number=language.number(explanation.num_superpixels)),
            day=format_date(day or date.today(), "long", locale=language.code),
            name=_short(name),
            headline=verdict(title, explanation.labels[0], language, *explanation.labels[1:2]),
            labels=list(_labels(reading, language)),
            focus=focus_sentence(reading, language),
            pros_cons=pros_cons_sentence(reading, language),
            settledness=settledness_sentence(reading, language),
            checks=list(_checks(canvas, reading, language)),
            findings=(
                focus_evidence_sentence(reading, language),
                against_evidence_sentence(reading, language),
            ),
            settings=settings_in_words(reading, language),
            notes=[language.error(note) for note in notes_of(photo)],
            pictures={key: _data_uri(picture) for key, picture in drawn.items()},
            legend=legend_html(reading_legend(reading, palette, language)),
        )
    )


def _heat_map(canvas: Image.Image, reading: Reading, language: Language, palette: Palette) -> Image.Image:
    from ..pictures import charts  # matplotlib takes long to import

    figure = charts.weight_map(canvas, reading, language, palette, charts.INKS["light"])
    figure.patch.set_alpha(1)  # dark words are for a white page
    return Image.open(io.BytesIO(charts.png(figure))).convert("RGB")


def _labels(reading: Reading, language: Language) -> Iterator[dict[str, Any]]:
    for label in reading.explanation.labels:
        shown = language.class_name(label.name, label.wnid)
        yield {
            "name": shown,
            "technical": label.name if label.wnid and language.code != "en" else "",
            "wnid": label.wnid,
            "probability": language.percent(label.probability),
            "width": _width(label.probability),
            "explained": label.index == reading.label.index,
        }


def _checks(canvas: Image.Image, reading: Reading, language: Language) -> Iterator[dict[str, str]]:
    small = smaller(canvas, _CHECK_SIDE)
    for answer in reading.evidence.answers:
        whole = answer.question is Question.WHOLE
        yield {
            "title": question_title(answer.question, language),
            "alt": answer_sentence(answer, reading.label, language),
            "picture": _data_uri(hide_regions(small, reading.explanation.neighborhood, answer.hidden)),
            "probability": language.percent(answer.probability),
            "change": "" if whole else change_in_points(answer.change, language),
            "width": _width(answer.probability),
        }


def _width(share: float) -> str:
    """A share as CSS takes a bar's width; classifiers other than networks may answer beyond 1."""
    return f"{100 * min(1.0, max(0.0, share)):.1f}%"


def _short(name: str) -> str:
    shown = printable(name)
    return shown if len(shown) <= _LONGEST_NAME else shown[:_LONGEST_NAME] + "…"


def _data_uri(picture: Image.Image) -> str:
    return data_uri(jpeg(picture, quality=88))

"""Taking an explanation away: its pictures as files, and a report to read, send and print."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from babel.dates import format_date
from PIL import Image

from ..judging.evidence import Evidence, Question, gather_evidence
from ..lime.explanation import FOCUS_REGIONS, PROS_CONS_REGIONS, Explanation, LabelExplanation
from ..lime.superpixels import Segmentation
from ..names import printable
from ..pictures.draw import (
    DEFAULT_PALETTE,
    Palette,
    draw_focus,
    draw_input,
    draw_pros_cons,
    draw_superpixels,
    fit_frame,
    hide_regions,
)
from ..words.language import Language
from ..words.sentences import (
    against_evidence_sentence,
    answer_sentence,
    change_in_points,
    focus_evidence_sentence,
    focus_sentence,
    pros_cons_sentence,
    settledness_sentence,
    verdict,
)
from ..words.settings import settings_in_words, title
from .templates import environment

_LONGEST_NAME = 80
_THUMBNAIL = (400, 400)  # pixels


@dataclass(frozen=True)
class Drawing:
    """How an explanation is drawn."""

    num_features: int = FOCUS_REGIONS
    pros_cons_features: int = PROS_CONS_REGIONS
    positive_only: bool = False
    palette: Palette = DEFAULT_PALETTE


DEFAULT_DRAWING = Drawing()


def pictures(
    photo: Image.Image,
    explanation: Explanation,
    label_index: int,
    drawing: Drawing = DEFAULT_DRAWING,
    heat_map_in: Language | None = None,
) -> dict[str, Image.Image]:
    """Draw all pictures of one label's explanation, as large as the page draws them.

    Parameters
    ----------
    photo : PIL.Image.Image
        The photo that was explained.
    explanation : Explanation
        What was found.
    label_index : int
        A class' index, one of the explained ones.
    drawing : Drawing
        How many regions, and in which colours.
    heat_map_in : Language, optional
        Draw a heat map of all weights too, with its words in this language.

    Returns
    -------
    dict of str to PIL.Image.Image
        ``preprocessed`` is as large as the network's input; ``focus``, ``pros_cons`` and ``superpixels``
        have the photo's aspect ratio; ``heat_map`` is a figure with a scale.
    """
    classifier, segments = explanation.neighborhood.classifier, explanation.segments
    canvas = fit_frame(photo, classifier)
    focus = explanation.regions(label_index, True, drawing.num_features)
    strongest = explanation.regions(label_index, drawing.positive_only, drawing.pros_cons_features)
    drawn = {
        "preprocessed": draw_input(classifier.to_display(explanation.image)),
        "focus": draw_focus(canvas, segments, focus, drawing.palette),
        "pros_cons": draw_pros_cons(canvas, segments, strongest, drawing.palette),
        "superpixels": draw_superpixels(canvas, segments),
    }
    if heat_map_in is not None:
        drawn["heat_map"] = _heat_map(canvas, explanation, label_index, heat_map_in, drawing.palette)
    return drawn


def png(picture: Image.Image) -> bytes:
    """Encode a picture without loss."""
    stream = io.BytesIO()
    _bare(picture).save(stream, "PNG")
    return stream.getvalue()


def html_report(
    photo: Image.Image,
    explanation: Explanation,
    label_index: int,
    language: Language,
    *,
    name: str = "",
    drawing: Drawing = DEFAULT_DRAWING,
    segmentation: Segmentation | None = None,
    day: date | None = None,
) -> str:
    """Write one HTML file that holds everything and fetches nothing; two pages of A4 when printed.

    The classifier is asked about up to four pictures, to check what the explanation claims.

    Parameters
    ----------
    photo, explanation, label_index, drawing
        As for `pictures`.
    language : Language
        What the report is written in.
    name : str
        The photo's file name.
    segmentation : callable, optional
        What cut the photo; without it the report says so only if it was one of ours with its defaults.
    day : datetime.date, optional
        The date on it; today by default.

    Raises
    ------
    ArgumentError
        The label is not among the explained ones.
    ClassifierError
        The classifier failed.
    """
    label = explanation.label(label_index)
    evidence = gather_evidence(explanation, label_index, drawing.num_features, drawing.pros_cons_features)
    canvas = fit_frame(photo, explanation.neighborhood.classifier)
    drawn = {"photo": canvas, **pictures(photo, explanation, label_index, drawing)}
    return (
        environment(Path(__file__).with_name("templates"))
        .get_template("report.html")
        .render(
            language=language.code,
            _=language.gettext,
            classifier=title(explanation),
            explained=language.class_name(label.name, label.wnid),
            input_size=explanation.image.shape[:2],
            cut=language.ngettext(
                "Cut into {number} region", "Cut into {number} regions", explanation.num_superpixels
            ).format(number=language.number(explanation.num_superpixels)),
            day=format_date(day or date.today(), "long", locale=language.code),
            name=_short(name),
            headline=verdict(title(explanation), explanation.labels[0], language, *explanation.labels[1:2]),
            labels=list(_labels(explanation, label, language)),
            focus=focus_sentence(explanation, label, drawing.num_features, language),
            pros_cons=pros_cons_sentence(explanation, label, language, drawing.pros_cons_features),
            positive_only=drawing.positive_only,
            settledness=settledness_sentence(explanation, label, drawing.num_features, language),
            checks=list(_checks(canvas, explanation, label, evidence, language)),
            findings=(
                focus_evidence_sentence(evidence, label, language),
                against_evidence_sentence(evidence, label, language),
            ),
            settings=settings_in_words(explanation, label, language, segmentation),
            pictures={key: _data_uri(picture) for key, picture in drawn.items()},
            colours={
                "for": _css(drawing.palette.speaks_for),
                "against": _css(drawing.palette.speaks_against),
            },
        )
    )


def _heat_map(
    canvas: Image.Image, explanation: Explanation, label_index: int, language: Language, palette: Palette
) -> Image.Image:
    from ..pictures import charts  # matplotlib takes long to import

    label = explanation.label(label_index)
    figure = charts.weight_map(canvas, explanation, label, language, palette, charts.INKS["light"])
    figure.patch.set_alpha(1)  # dark words are for a white page
    return Image.open(io.BytesIO(charts.png(figure))).convert("RGB")


def _labels(
    explanation: Explanation, explained: LabelExplanation, language: Language
) -> Iterator[dict[str, Any]]:
    for label in explanation.labels:
        shown = language.class_name(label.name, label.wnid)
        yield {
            "name": shown,
            "technical": label.name if label.wnid and language.code != "en" else "",
            "wnid": label.wnid,
            "probability": language.percent(label.probability),
            "width": _width(label.probability),
            "explained": label.index == explained.index,
        }


def _checks(
    canvas: Image.Image,
    explanation: Explanation,
    label: LabelExplanation,
    evidence: Evidence,
    language: Language,
) -> Iterator[dict[str, str]]:
    _ = language.gettext
    titles = {
        Question.WHOLE: _("The whole photo"),
        Question.FOCUS_ONLY: _("Only the focus"),
        Question.FOCUS_HIDDEN: _("The focus hidden"),
        Question.AGAINST_HIDDEN: _("Opposing regions hidden"),
    }
    small = canvas.copy()
    small.thumbnail(_THUMBNAIL, Image.Resampling.LANCZOS)
    for answer in evidence.answers:
        shown = titles[answer.question]
        whole = answer.question is Question.WHOLE
        yield {
            "title": shown,
            "alt": answer_sentence(shown, answer, label, language),
            "picture": _data_uri(hide_regions(small, explanation.segments, answer.hidden)),
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


def _css(colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    return f"{red} {green} {blue}"


def _bare(picture: Image.Image) -> Image.Image:
    """The pixels alone, without what a camera wrote beside them."""
    bare = picture.convert("RGB")
    bare.info = {}
    return bare


def _data_uri(picture: Image.Image) -> str:
    stream = io.BytesIO()
    _bare(picture).save(stream, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()

"""Taking an explanation away: its pictures as files, and a report to read, send and print."""

import base64
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from .evidence import Evidence, Question, gather_evidence
from .explanation import FOCUS_REGIONS, PROS_CONS_REGIONS, Explanation, LabelExplanation
from .language import Language
from .origin import settings_in_words, title
from .render import (
    DEFAULT_PALETTE,
    Palette,
    draw_focus,
    draw_input,
    draw_pros_cons,
    draw_superpixels,
    fit_photo,
    hide_regions,
)
from .superpixels import Segmentation
from .words import (
    against_evidence_sentence,
    answer_sentence,
    change_in_points,
    focus_evidence_sentence,
    focus_sentence,
    pros_cons_sentence,
    stability_sentence,
    verdict,
)

_TEMPLATES = Path(__file__).parent.parent / "assets"
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
    photo: Image.Image, explanation: Explanation, label_index: int, drawing: Drawing = DEFAULT_DRAWING
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

    Returns
    -------
    dict of str to PIL.Image.Image
        ``preprocessed`` is as large as the network's input; ``focus``, ``pros_cons`` and ``superpixels``
        have the photo's aspect ratio.
    """
    canvas, segments = fit_photo(photo), explanation.segments
    focus = explanation.regions(label_index, True, drawing.num_features)
    strongest = explanation.regions(label_index, drawing.positive_only, drawing.pros_cons_features)
    return {
        "preprocessed": draw_input(explanation.neighborhood.classifier.to_display(explanation.image)),
        "focus": draw_focus(canvas, segments, focus, drawing.palette),
        "pros_cons": draw_pros_cons(canvas, segments, strongest, drawing.palette),
        "superpixels": draw_superpixels(canvas, segments),
    }


def png(picture: Image.Image) -> bytes:
    """Encode a picture without loss."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def zipped(drawn: Mapping[str, Image.Image]) -> bytes:
    """Put pictures into one ZIP file, as ``focus.png`` and so on."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:  # stored as they are: PNG is compressed already
        for name, picture in drawn.items():
            archive.writestr(f"{name}.png", png(picture))
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
    stability = explanation.stability(label_index, True, drawing.num_features)
    canvas = fit_photo(photo)
    drawn = {"photo": canvas, **pictures(photo, explanation, label_index, drawing)}
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html").render(
        language=language.code,
        words=_words(explanation, label, language),
        day=format_date(day or date.today(), "long", locale=language.code),
        name=_printable(name),
        headline=verdict(title(explanation), explanation.labels[0], language, *explanation.labels[1:2]),
        labels=list(_labels(explanation, label, language)),
        focus=focus_sentence(explanation, label, drawing.num_features, language),
        pros_cons=pros_cons_sentence(explanation, label, language, drawing.pros_cons_features),
        positive_only=drawing.positive_only,
        settledness=stability_sentence(stability, explanation.num_samples, language),
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


def _words(explanation: Explanation, label: LabelExplanation, language: Language) -> dict[str, Any]:
    """What the report says whatever was found."""
    _ = language.gettext
    height, width = explanation.image.shape[:2]
    explained = language.class_name(label.name, label.wnid)
    return {
        "title": _("Where {classifier} looked for “{label}”").format(
            classifier=title(explanation), label=explained
        ),
        "photo": _("The photo"),
        "preprocessed": _("As the network sees it, {width} × {height}").format(width=width, height=height),
        "superpixels": language.ngettext(
            "Cut into {number} region", "Cut into {number} regions", explanation.num_superpixels
        ).format(number=language.number(explanation.num_superpixels)),
        "label": _("Label"),
        "probability": _("Probability"),
        "explained": _("explained here"),
        "why": _("Why “{label}”?").format(label=explained),
        "focus": _("Focus"),
        "pros_cons": _("Pros and cons"),
        "speaks_for": _("speaks for the label"),
        "speaks_against": _("speaks against it"),
        "check": _("Is that true? We asked again"),
        "check_how": _(
            "The pictures are calculated from many answers. To check them, the classifier itself looked once "
            "more, with whole groups of regions hidden. How probable it finds “{label}” then:"
        ).format(label=explained),
        "settings": _("How it was made"),
        "about": _("What LIME is"),
        "steps": [
            _(
                "LIME hides some regions of the photo, again and again and each time others, and asks the "
                "classifier what it sees now."
            ),
            _(
                "From the answers it learns by how much each region raises or lowers the probability of a "
                "label; the pictures show the regions that matter most."
            ),
            _(
                "That tells where this classifier looked in this photo, and not whether it is right: "
                "judging that is up to you."
            ),
        ],
        "source": _("Ribeiro, Singh and Guestrin: “Why Should I Trust You?”, 2016, arXiv:1602.04938"),
    }


def _labels(
    explanation: Explanation, explained: LabelExplanation, language: Language
) -> Iterator[dict[str, Any]]:
    for label in explanation.labels:
        shown = language.class_name(label.name, label.wnid)
        yield {
            "name": shown,
            "technical": "" if language.code == "en" else label.name,
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


def _printable(name: str) -> str:
    shown = "".join(character if character.isprintable() else "�" for character in name)
    return shown if len(shown) <= _LONGEST_NAME else shown[:_LONGEST_NAME] + "…"


def _css(colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    return f"{red} {green} {blue}"


def _data_uri(picture: Image.Image) -> str:
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()

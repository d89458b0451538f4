"""Taking an explanation away: its pictures as files, and a report to read, send and print."""

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from PIL import Image

from ..judging.evidence import Question
from ..judging.opinions import SecondOpinions
from ..judging.sanity import SanityCheck
from ..judging.smallest import SmallestSets
from ..names import printable
from ..photos.load import notes_of
from ..pictures.draw import (
    DEFAULT_PALETTE,
    Palette,
    draw_heat,
    draw_input,
    draw_reading,
    draw_superpixels,
    fit_frame,
    hide_regions,
)
from ..pictures.encode import data_uri, jpeg, map_files, smaller
from ..reading import Reading
from ..words.language import Language
from ..words.opinions import (
    agreement_sentences,
    best_sentence,
    cuts_sentence,
    enough_sentence,
    figure_sentence,
    method_meaning,
    method_title,
    sanity_sentence,
    without_sentence,
)
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
from .opinions import decisive_pictures, own_opinion, quality_sentences
from .templates import environment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
        Draw the heat map, and the numbered weights, too, with their words in this language.

    Returns
    -------
    dict of str to PIL.Image.Image
        ``preprocessed`` is as large as the network's input; ``focus``, ``pros_cons`` and ``superpixels``
        have the photo's aspect ratio; ``heat_map`` and ``weight_map`` are figures with a scale.
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
        from ..pictures import charts  # matplotlib takes long to import

        ink = charts.INKS["light"]
        heat_map = charts.heat_map(canvas, explanation, reading.label.index, heat_map_in, palette, ink)
        drawn["heat_map"] = _on_white(heat_map)
        drawn["weight_map"] = _on_white(charts.weight_map(canvas, reading, heat_map_in, palette, ink))
    return drawn


def heat_map_files(reading: Reading) -> dict[str, bytes]:
    """The heat map as numbers: ``heat_map.npy`` as it is, and ``heat_map-16-bit.png`` as grey."""
    return map_files("heat_map", reading.explanation.heat_map(reading.label.index))


def html_report(
    photo: Image.Image,
    reading: Reading,
    language: Language,
    *,
    name: str = "",
    palette: Palette = DEFAULT_PALETTE,
    day: date | None = None,
    opinions: SecondOpinions | None = None,
    sets: SmallestSets | None = None,
    sanity: SanityCheck | None = None,
) -> str:
    """Write one HTML file that holds everything and fetches nothing.

    It is two pages of A4 when printed, and three where it says how good the picture is.

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
    opinions, sets, sanity : optional
        Second opinions on the same label, its smallest sets, and whether the picture follows the network;
        what is given is shown.

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
            cuts=cuts_sentence(explanation, label.index, language),
            judged=_judged(canvas, reading, opinions, sets, sanity, language, palette),
            notes=[language.error(note) for note in notes_of(photo)],
            pictures={key: _data_uri(picture) for key, picture in drawn.items()},
            legend=legend_html(reading_legend(reading, palette, language)),
        )
    )


def _on_white(figure: "Figure") -> Image.Image:
    from ..pictures import charts

    figure.patch.set_alpha(1)  # dark words are for a white page
    return Image.open(io.BytesIO(charts.png(figure))).convert("RGB")


def _judged(
    canvas: Image.Image,
    reading: Reading,
    opinions: SecondOpinions | None,
    sets: SmallestSets | None,
    sanity: SanityCheck | None,
    language: Language,
    palette: Palette,
) -> dict[str, Any] | None:
    """What the section on how good the picture is shows; None where nothing is known of that."""
    small = smaller(canvas, _CHECK_SIDE)
    findings = []
    if opinions is not None and opinions.best is not None:
        findings = [best_sentence(opinions, language), *agreement_sentences(opinions, language)]
    if sanity is not None:
        findings.append(sanity_sentence(sanity, reading.explanation, language))
    told: dict[str, Any] = {
        "quality": quality_sentences(opinions, language) if opinions else [],
        "chart": _curves(opinions, language, palette) if opinions else None,
        "methods": list(_methods(small, opinions, language, palette)) if opinions else [],
        "sets": list(_sets(small, reading, sets, language)) if sets else [],
        "findings": [finding for finding in findings if finding],
        "meaning": figure_sentence(opinions.centre, language) if opinions and opinions.centre else "",
    }
    return told if any(told.values()) else None


def _curves(opinions: SecondOpinions, language: Language, palette: Palette) -> dict[str, str] | None:
    from ..pictures import charts

    own = own_opinion(opinions)
    if own is None or own.curves is None or opinions.chance is None or opinions.centre is None:
        return None
    curves = (own.curves, opinions.chance, opinions.centre)
    figure = charts.curves_chart(*curves, language, palette, charts.INKS["light"])
    return {
        "picture": data_uri(charts.png(figure), "png"),
        "alt": charts.curves_sentence(own.curves, opinions.chance, language),
    }


def _methods(
    small: Image.Image, opinions: SecondOpinions, language: Language, palette: Palette
) -> Iterator[dict[str, Any]]:
    for opinion in opinions.opinions:
        heat_map, curves = opinion.heat_map, opinion.curves
        yield {
            "title": method_title(opinion.method, language),
            "meaning": method_meaning(opinion.method, language),
            "picture": "" if heat_map is None else _data_uri(draw_heat(small, heat_map, palette)),
            "gain": language.number(curves.gain, 2) if curves else "",
            "passes": language.ngettext(
                "{number} picture asked", "{number} pictures asked", opinion.passes
            ).format(number=language.number(opinion.passes)),
            "error": language.error(opinion.error) if opinion.error else "",
            "best": opinion is opinions.best,
        }


def _sets(
    small: Image.Image, reading: Reading, sets: SmallestSets, language: Language
) -> Iterator[dict[str, str]]:
    explanation = reading.explanation
    sentences = {
        "enough": enough_sentence(sets, explanation, language),
        "without": without_sentence(sets, explanation, language),
    }
    drawn = decisive_pictures(small, explanation, sets)
    for name, sentence in sentences.items():
        yield {"sentence": sentence, "picture": _data_uri(drawn[name]) if name in drawn else ""}


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

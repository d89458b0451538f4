"""The first screen of a photo: what the classifier says, how sure that is, and the pictures of why."""

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import streamlit as st
from PIL import Image

from ..classifiers.classifier import Classifier
from ..lime.explanation import Explanation, Label, LabelExplanation
from ..lime.neighborhood import Neighborhood, digest
from ..photos.load import notes_of
from ..pictures.draw import Palette, draw_input, draw_reading
from ..pictures.encode import data_uri, jpeg
from ..reading import NOT_BY_SAMPLES, Reading
from ..takeaway.legend import general_legend, reading_legend
from ..words.language import Language
from ..words.sentences import focus_sentence, pros_cons_sentence, reliability, settledness_sentence, verdict
from . import links
from .controls import View
from .intake import Photo
from .live import Live
from .markup import plain
from .scripts import mount
from .session import remembered

_LIVE_SIDE = 560  # pixels: pictures that are replaced within a second may be smaller
_ROWS = 5
_MORE_SAMPLES = 1000
MOST_SAMPLES = 20_000  # half an hour for a large network


@dataclass(frozen=True)
class Result:
    """What the sections below the pictures work with."""

    photo: Photo
    reading: Reading
    palette: Palette
    language: Language

    @property
    def explanation(self) -> Explanation:
        return self.reading.explanation

    @property
    def label(self) -> LabelExplanation:
        return self.reading.label

    @cached_property
    def place(self) -> str:
        """Which photo it is, as which classifier sees it, and which cut of it."""
        return f"{self.photo.key}-{self.explanation.classifier.name}-{digest(self.explanation.segments)[:16]}"

    @cached_property
    def made_of(self) -> Hashable:
        """What the pictures say, and of what: what was found out about other ones does not go for these."""
        explanation, label = self.explanation, self.label
        hide_color = str(explanation.recipe.hide_color)
        return (self.place, hide_color, explanation.num_samples, label.index, digest(label.weights))


def show_verdict(labels: list[Label], classifier: Classifier | None, language: Language) -> None:
    """Say what the photo is, in one sentence; `classifier` is none as long as nothing was asked."""
    if classifier is None:
        st.header(language.gettext("The classifier looks at the photo …"), anchor=False)
        return
    st.header(plain(verdict(classifier.title, labels[0], language, *labels[1:2])), anchor=False)
    _show_doubt(classifier, language)
    _show_fallback(classifier, language)


def choose_label(labels: list[Label], language: Language) -> Label | None:
    """Draw the best labels, as a table whose rows are chosen; returns the one to explain."""
    names = {str(label.index): label for label in labels}
    chosen = links.linked("label", names, str(labels[0].index)) if labels else ""

    def choose() -> None:
        choices = links.said("label", *links.OF_A_LABEL)
        links.look_at_label(choices, str(st.session_state["labels"]["label"]), str(labels[0].index))
        links.write(choices)

    mount(
        "labels",
        "labels",
        {
            "question": language.gettext("Which of these labels the pictures explain."),
            "chosen": chosen,
            "rows": [_row(label, language) for label in labels],
            "pending": _ROWS,
        },
        {"label": choose},
    )
    return names.get(chosen)


def _row(label: Label, language: Language) -> dict[str, Any]:
    is_translated = language.code != "en" and bool(label.wnid)
    return {
        "index": str(label.index),
        "name": language.class_name(label.name, label.wnid),
        "detail": label.name if is_translated else "",
        "share": label.probability,
        "percent": language.percent(label.probability),
    }


def _show_doubt(classifier: Classifier, language: Language) -> None:
    """Say so where the network may be given values that it does not take."""
    if not classifier.is_range_confirmed:
        sentence = language.gettext(
            "Value range not confirmed: nothing has said which values {classifier} takes, so they were "
            "assumed, and if they are wrong, so is every answer. Whoever runs this page can find out, by "
            "adding the model again with --try PHOTO --expect LABEL, or with --range."
        )
        st.warning(sentence.format(classifier=plain(classifier.title)), icon=":material/warning:")


def _show_fallback(classifier: Classifier, language: Language) -> None:
    """Say so where the network runs slower than it could."""
    if reason := classifier.describe_fallback():
        sentence = language.gettext(
            "{classifier} runs in TensorFlow here, which is slower, because OpenVINO can't run it: {reason}"
        )
        st.caption(sentence.format(classifier=plain(classifier.title), reason=plain(reason)))


def show_pictures(
    photo: Photo, live: Live, reading: Reading | None, label: Label | None, view: View, language: Language
) -> None:
    """Draw photo, focus and pros and cons; what is not known yet keeps its place."""
    _ = language.gettext
    neighborhood = live.neighborhood
    canvas = photo.canvas if photo.is_open else None
    drawn = _drawn(photo, reading, view, live.is_growing) if reading else ("", "")
    mount(
        "pictures",
        "pictures",
        {
            "photo": photo.key,
            "aspect": canvas.width / canvas.height if canvas else 1.5,
            "choice": _("Picture"),
            "figures": [
                {
                    "kind": "photo",
                    "title": _("Your photo"),
                    "source": _photo_uri(photo) if canvas else "",
                    "words": _("Your photo"),
                    "sentence": "",
                },
                _figure("focus", _("Focus"), drawn[0], focus_sentence(reading, language) if reading else ""),
                _figure(
                    "pros_cons",
                    _("Pros and cons"),
                    drawn[1],
                    pros_cons_sentence(reading, language) if reading else "",
                ),
            ],
            "inset": _inset(neighborhood, language),
            "notes": [language.error(note) for note in notes_of(photo.original)] if canvas else [],
            "legend": _legend(reading, view, language),
            "reliability": _reliability(live, reading, language),
        },
    )


def _figure(kind: str, title: str, source: str, sentence: str) -> dict[str, str]:
    return {"kind": kind, "title": title, "source": source, "words": sentence, "sentence": sentence}


def _inset(neighborhood: Neighborhood | None, language: Language) -> dict[str, str]:
    """What the classifier gets."""
    if neighborhood is None:
        return {"source": "", "words": ""}
    height, width = neighborhood.image.shape[:2]
    words = language.gettext("As the classifier sees it, {width} × {height}").format(
        width=width, height=height
    )
    seen = draw_input(neighborhood.classifier.to_display(neighborhood.image))
    return {"source": data_uri(jpeg(seen, 92)), "words": words}


def _reliability(live: Live, reading: Reading | None, language: Language) -> Mapping[str, Any]:
    if reading is None:
        moving = live.is_growing
        return {"share": None, "words": "", "help": "", "level": "", "moving": moving}
    share, words = reliability(reading, language)
    return {
        "share": share,
        "words": words,
        "help": settledness_sentence(reading, language),
        "level": "good" if reading.is_settled else "",
        "moving": live.is_growing,
    }


def _legend(reading: Reading | None, view: View, language: Language) -> list[dict[str, Any]]:
    if reading is None:
        entries = general_legend(language, view.palette, view.positive_only)
    else:
        entries = reading_legend(reading, view.palette, language, every=True)
    return [asdict(entry) for entry in entries]


def _drawn(photo: Photo, reading: Reading, view: View, is_live: bool) -> tuple[str, str]:
    """Focus, and pros and cons."""
    explanation = reading.explanation
    asked = (explanation.neighborhood, explanation.num_samples, explanation.recipe)

    def draw() -> tuple[str, str]:
        canvas = photo.canvas
        if is_live:
            canvas = canvas.copy()
            canvas.thumbnail((_LIVE_SIDE, _LIVE_SIDE), Image.Resampling.BILINEAR)
        focus, pros_cons = draw_reading(canvas, reading, view.palette)
        return data_uri(jpeg(focus)), data_uri(jpeg(pros_cons))

    return remembered("drawn", (asked, reading.label.index, view, is_live), draw)


def _photo_uri(photo: Photo) -> str:
    return remembered("photo_uri", (photo.key, photo.canvas.size), lambda: data_uri(jpeg(photo.canvas)))


def offer_buttons(live: Live, reading: Reading | None, language: Language) -> None:
    """Stop, go on, or sharpen: whichever there is to do, and never two of them."""
    _ = language.gettext
    if live.is_growing:
        st.button(_("Stop"), key="stop", icon=":material/stop_circle:", on_click=live.stop)
    elif live.is_stopped:
        st.button(_("Resume"), key="resume", icon=":material/play_circle:", on_click=live.resume)
    elif reading is not None and not reading.is_settled and reading.settledness not in NOT_BY_SAMPLES:
        taken = reading.explanation.num_samples * reading.explanation.recipe.cuts
        samples = min(MOST_SAMPLES, taken + _MORE_SAMPLES)
        more = samples - taken
        if more:
            text = _("Sharpen further (+{number})").format(number=language.number(more))
            st.button(text, key="sharpen", icon=":material/auto_awesome:", on_click=_sharpen, args=(samples,))


def linked_samples() -> int | None:
    """How many samples the visitor has asked for with this photo in particular, if so."""
    return links.linked_number("samples_here", MOST_SAMPLES)


def _sharpen(samples: int) -> None:
    links.ask("samples_here", str(samples))

"""What the classifier says, and the pictures of why, while they get better."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image

from ..classifiers.classifier import Classifier
from ..lime.explain import FIRST_PICTURE, explanation_at, grow_explanation
from ..lime.explanation import Explanation, Label, LabelExplanation
from ..lime.neighborhood import Neighborhood
from ..photos.load import notes_of
from ..pictures.draw import Palette, draw_input, draw_reading
from ..pictures.encode import jpeg
from ..reading import NOT_BY_SAMPLES, Reading
from ..recipe import Recipe
from ..words.language import Language
from ..words.sentences import focus_sentence, pros_cons_sentence, settledness_sentence, verdict
from .controls import Settings
from .intake import Photo
from .links import choose_one
from .markup import escape, legend, plain

_KEPT_EXPLANATIONS = 3  # without their samples, which the store keeps for all visitors
_LIVE_SIDE = 560  # pixels: pictures that are replaced within a second may be smaller


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


def show_labels(photo: Photo, neighborhood: Neighborhood, labels: list[Label], language: Language) -> Label:
    """Draw the photo, the network's input and the best labels; returns the one to explain."""
    classifier = neighborhood.classifier
    _ = language.gettext
    photo_column, label_column = st.columns(2, gap="medium")
    with photo_column:
        large, small = st.columns([7, 3], vertical_alignment="bottom", wrap=False)
        large.image(jpeg(photo.canvas), caption=_("Your photo"), alt=_("Your photo"), width="stretch")
        height, width = classifier.input_size
        seen = draw_input(classifier.to_display(neighborhood.image))
        small.image(
            jpeg(seen, 95),
            caption=_("As the network sees it, {width} × {height}").format(width=width, height=height),
            alt=_("The photo as the network sees it, squeezed to {width} × {height}").format(
                width=width, height=height
            ),
            width="stretch",
        )
        for note in notes_of(photo.original):
            st.caption(f":material/info: {plain(language.error(note))}")
    with label_column:
        st.markdown(f"#### {verdict(classifier.title, labels[0], language, *labels[1:2])}")
        st.html(_table(labels, language))
        chosen = choose_one(
            _("Explain"),
            {str(label.index): plain(language.class_name(label.name, label.wnid)) for label in labels},
            str(labels[0].index),
            "label",
            _("Which of these labels the pictures explain."),
            place=f"-{photo.key}-{classifier.name}",
        )
    return next(label for label in labels if str(label.index) == chosen)


def show_doubt(classifier: Classifier, language: Language) -> None:
    """Say so where the network may be given values that it does not take."""
    if not classifier.is_range_confirmed:
        sentence = language.gettext(
            "Value range not confirmed: nothing has said which values {classifier} takes, so they were "
            "assumed, and if they are wrong, so is every answer. Whoever runs this page can find out, by "
            "adding the model again with --try PHOTO --expect LABEL, or with --range."
        )
        st.warning(sentence.format(classifier=plain(classifier.title)), icon=":material/warning:")


def show_fallback(classifier: Classifier, language: Language) -> None:
    """Say so where the network runs slower than it could."""
    if reason := classifier.describe_fallback():
        sentence = language.gettext(
            "{classifier} runs in TensorFlow here, which is slower, because OpenVINO can't run it: {reason}"
        )
        st.caption(sentence.format(classifier=plain(classifier.title), reason=plain(reason)))


def _table(labels: list[Label], language: Language) -> str:
    _ = language.gettext
    of_imagenet = any(label.wnid for label in labels)
    rows = "".join(
        f"<tr><td>{escape(language.class_name(label.name, label.wnid))}"
        f"{_technical_name(label, language)}</td>"
        + (f"<td class='wnid'>{escape(label.wnid)}</td>" if of_imagenet else "")
        + f"<td class='bar'><span style='width:{100 * label.probability:.1f}%'></span></td>"
        f"<td class='number'>{escape(language.percent(label.probability))}</td></tr>"
        for label in labels
    )
    return (
        f"<table class='labels'><thead><tr><th scope='col'>{escape(_('Label'))}</th>"
        + (f"<th scope='col'>{escape(_('WordNet'))}</th>" if of_imagenet else "")
        + f"<th scope='col' colspan='2'>{escape(_('Probability'))}</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _technical_name(label: Label, language: Language) -> str:
    if language.code == "en" or not label.wnid:
        return ""
    return f" <span class='wnid'>{escape(label.name)}</span>"


def show_pictures(
    photo: Photo, neighborhood: Neighborhood, label: Label, settings: Settings, language: Language
) -> Explanation:
    """Draw focus and pros and cons, again and again until they are done; returns the last."""
    job = _job(photo, settings)
    # Whatever is made of its samples, a stopped run stays stopped.
    usual = Recipe()
    samples_only = replace(
        settings.recipe,
        kernel_width=usual.kernel_width,
        num_features=usual.num_features,
        pros_cons_features=usual.pros_cons_features,
    )
    run = (photo.key, settings.classifier, samples_only)
    panel = _Panel(photo, label, settings, language)
    done = _explanations().get(job)
    if done is not None and done.explanation.classifier is not neighborhood.classifier:
        done = None  # another model has taken the name
    stopped: dict[Hashable, int] = st.session_state.setdefault("stopped", {})  # with so many samples
    if run in stopped and (done is None or not done.finished):
        most = min(settings.recipe.most_samples, max(FIRST_PICTURE, neighborhood.size))
        shown = done.explanation.num_samples if done else most
        stopped[run] = stopped[run] or shown
        if done is None or shown != stopped[run]:
            done = _Progress(explanation_at(neighborhood, settings.recipe, stopped[run]), finished=False)
            _remember(job, done)
    if done is not None and (run in stopped or done.finished):
        panel.offer_resume(run, done)
        panel.draw(done.explanation, live=False)
        return done.explanation
    panel.offer_stop(run)
    started, first = time.monotonic(), None
    explanation = None

    def report(samples: int, total: int) -> None:
        nonlocal first
        first = samples if first is None else first
        panel.draw_progress(samples, total, first, time.monotonic() - started)

    for explanation in grow_explanation(neighborhood, settings.recipe, report):
        _remember(job, _Progress(explanation, finished=False))
        if run in stopped:  # before there was a picture; now there is one
            break
        panel.draw(explanation, live=True)
    assert explanation is not None
    if run in stopped:
        stopped[run] = explanation.num_samples
    progress = _Progress(explanation, finished=run not in stopped)
    _remember(job, progress)
    panel.offer_resume(run, progress)
    panel.draw(explanation, live=False)
    return explanation


def remember(photo: Photo, settings: Settings, explanation: Explanation) -> None:
    """Keep an explanation that was made elsewhere, so that `show_pictures` need not make it."""
    _remember(_job(photo, settings), _Progress(explanation, finished=True))


def _job(photo: Photo, settings: Settings) -> Hashable:
    return photo.key, settings.classifier, settings.recipe


@dataclass(frozen=True)
class _Progress:
    explanation: Explanation
    finished: bool


def _explanations() -> OrderedDict[Hashable, _Progress]:
    explanations: OrderedDict[Hashable, _Progress] = st.session_state.setdefault(
        "explanations", OrderedDict()
    )
    return explanations


def _remember(job: Hashable, progress: _Progress) -> None:
    explanations = _explanations()
    explanations[job] = progress
    explanations.move_to_end(job)
    while len(explanations) > _KEPT_EXPLANATIONS:
        explanations.popitem(last=False)


def _legend(settings: Settings, language: Language) -> str:
    _ = language.gettext
    palette = settings.palette
    entries = [(palette.speaks_for, "solid", _("speaks for the label"))]
    if not settings.positive_only:
        entries.append((palette.speaks_against, "dashed", _("speaks against it")))
    return legend(entries)


class _Panel:
    """The places on the page that are drawn over and over."""

    def __init__(self, photo: Photo, label: Label, settings: Settings, language: Language) -> None:
        self._photo = photo
        self._label = label
        self._settings = settings
        self._language = language
        with st.container(horizontal=True, vertical_alignment="center", key="status"):
            self._status = st.empty()
            self._button = st.empty()
        self._progress = st.empty()
        focus_column, pros_cons_column = st.columns(2, gap="medium")
        with focus_column:
            st.markdown(f"##### {language.gettext('Focus')}")
            self._focus, self._focus_sentence = st.empty(), st.empty()
        with pros_cons_column:
            st.markdown(f"##### {language.gettext('Pros and cons')}")
            self._pros_cons, self._pros_cons_sentence = st.empty(), st.empty()
            st.html(_legend(settings, language))

    def offer_stop(self, run: Hashable) -> None:
        self._button.button(
            self._language.gettext("Stop"),
            key="stop",
            icon=":material/stop_circle:",
            on_click=lambda: st.session_state.stopped.update({run: 0}),
        )

    def offer_resume(self, run: Hashable, progress: _Progress) -> None:
        self._progress.empty()
        if progress.finished:
            self._button.empty()
            return
        self._button.button(
            self._language.gettext("Resume"),
            key="resume",
            icon=":material/play_circle:",
            on_click=lambda: st.session_state.stopped.pop(run, None),
        )

    def draw_progress(self, samples: int, total: int, first: int, seconds: float) -> None:
        _ = self._language.gettext
        number = self._language.number
        text = _("{samples} of at most {total} samples").format(samples=number(samples), total=number(total))
        if samples > first:
            left = seconds / (samples - first) * (total - samples)
            text += " · " + _("at most {seconds} s left").format(seconds=number(left))
        self._progress.progress(samples / total, text=text)

    def draw(self, explanation: Explanation, live: bool) -> None:
        language, settings = self._language, self._settings
        reading = Reading.of(explanation, self._label.index, settings.positive_only)
        colour, icon = "orange", ":material/motion_photos_on:"
        if reading.is_settled:
            colour, icon = "green", ":material/check_circle:"
        elif reading.settledness in NOT_BY_SAMPLES:
            icon = ":material/warning:"
        self._status.markdown(f":{colour}[{icon}] {settledness_sentence(reading, language)}")

        canvas = self._photo.canvas
        if live:
            canvas = canvas.copy()
            canvas.thumbnail((_LIVE_SIDE, _LIVE_SIDE), Image.Resampling.BILINEAR)
        focus, pros_cons = draw_reading(canvas, reading, settings.palette)
        for picture, slot, sentence_slot, sentence in (
            (focus, self._focus, self._focus_sentence, focus_sentence(reading, language)),
            (pros_cons, self._pros_cons, self._pros_cons_sentence, pros_cons_sentence(reading, language)),
        ):
            slot.image(jpeg(picture), alt=sentence, width="stretch")
            sentence_slot.markdown(sentence)

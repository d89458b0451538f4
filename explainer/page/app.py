"""The page from top to bottom; what runs it is ``dashboard.py``."""

import logging

import streamlit as st

from ..classifiers.catalogue import load_classifier
from ..errors import ExplainerError
from ..words.language import Language
from . import (
    about,
    contrast,
    controls,
    downloads,
    evidence,
    folder_results,
    header,
    intake,
    many,
    origins,
    panel,
    result,
    try_it,
    tuning,
)


def draw() -> None:
    """Draw the page; whatever goes wrong is said on it."""
    origins.ask_nobody_for_our_address()
    language = header.show_header()
    try:
        _draw(language)
    except ExplainerError as error:
        st.error(language.error(error), icon=":material/error:")
    except Exception:
        logging.getLogger("limelight").exception("the page could not be drawn")
        st.error(
            language.gettext(
                "Something went wrong on our side. Reload the page or choose another photo; "
                "the details are in the log of the machine that runs this page."
            ),
            icon=":material/error:",
        )


def _draw(language: Language) -> None:
    if folder_results.show(language):
        return
    sampling, view, preview = controls.choose_settings(language)
    gallery = intake.Gallery(sampling.classifier, language)
    photo = gallery.choose_photo()
    if photo is None:
        header.invite(language)
        return
    if many.show_together(gallery, sampling, view, language):
        return
    with st.container():  # which vanishes as a whole when all photos are looked at together
        _show_one(photo, gallery, sampling, view, preview, language)


def _show_one(
    photo: intake.Photo,
    gallery: intake.Gallery,
    sampling: controls.Sampling,
    view: controls.View,
    preview: panel.Preview,
    language: Language,
) -> None:
    """Explain one photo."""
    classifier = load_classifier(sampling.classifier)
    photo = photo.seen_by(classifier)
    preview.show(photo, classifier, sampling, language)
    with st.spinner(language.gettext("Waking the network up …"), show_time=True):
        labels = result.find_labels(photo, sampling, classifier)
    label = result.show_labels(photo, classifier, labels, language)
    result.show_fallback(classifier, language)
    explanation = result.show_pictures(photo, classifier, label, sampling, view, language)
    gallery.note(photo, labels[0])
    found = result.Result(photo, classifier, explanation, label, view, language)
    evidence.show(found)
    st.divider()
    try_it.show(found)
    st.divider()
    contrast.show(found)
    st.divider()
    downloads.show(found, sampling.segmentation)
    st.divider()
    about.show(found)
    tuning.show(found, sampling.segmentation)

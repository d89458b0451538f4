"""The page from top to bottom; what runs it is ``dashboard.py``."""

import logging

import streamlit as st

from ..classifiers.catalogue import load_classifier
from ..errors import ExplainerError
from ..lime.explain import best_labels, open_neighborhood
from ..reading import Reading
from ..words.language import Language
from . import (
    about,
    contrast,
    controls,
    downloads,
    evidence,
    figures,
    folder_results,
    header,
    intake,
    many,
    origins,
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
    settings, preview = controls.choose_settings(language)
    photos = intake.Intake(settings.classifier, language)
    photo = photos.choose_photo()
    if photo is None:
        header.invite(language)
        return
    if many.show_together(photos, settings, language):
        return
    with st.container():  # which vanishes as a whole when all photos are looked at together
        _show_one(photo, photos, settings, preview, language)


def _show_one(
    photo: intake.Photo,
    photos: intake.Intake,
    settings: controls.Settings,
    preview: tuning.Preview,
    language: Language,
) -> None:
    """Explain one photo."""
    classifier = load_classifier(settings.classifier)
    photo = photo.seen_by(classifier)
    with st.spinner(language.gettext("Waking the network up …"), show_time=True):
        try:
            neighborhood = open_neighborhood(photo.original, classifier, settings.recipe)
        except ExplainerError as error:
            preview.refuse(error, language)
            raise
        preview.show(photo, neighborhood, language)
        labels = best_labels(neighborhood, settings.recipe.top_labels)
    label = result.show_labels(photo, neighborhood, labels, language)
    result.show_doubt(classifier, language)
    result.show_fallback(classifier, language)
    explanation = result.show_pictures(photo, neighborhood, label, settings, language)
    photos.note(photo, labels[0])
    reading = Reading.of(explanation, label.index, settings.positive_only)
    found = result.Result(photo, reading, settings.palette, language)
    evidence.show(found)
    st.divider()
    try_it.show(found)
    st.divider()
    contrast.show(found)
    st.divider()
    downloads.show(found)
    st.divider()
    about.show(found)
    figures.show(found)

"""The page from top to bottom; what runs it is ``dashboard.py``.

A run draws what is known, and only then works for a moment and asks for another run, until there is nothing
left to do. So nothing on the page waits for the end, and whatever a visitor does comes between two steps.
"""

import logging
from typing import Any

import streamlit as st

from ..classifiers.catalogue import load_classifier
from ..errors import ExplainerError
from ..reading import Reading
from ..words.language import Language
from . import (
    about,
    compare,
    contrast,
    controls,
    cuts,
    delivery,
    downloads,
    evidence,
    figures,
    folder_results,
    header,
    inquiries,
    intake,
    invitation,
    links,
    many,
    opinions,
    origins,
    presenting,
    result,
    try_it,
    tuning,
)
from .live import Live


def draw() -> None:
    """Draw the page; whatever goes wrong is said on it."""
    origins.ask_nobody_for_our_address()
    inquiries.leave_networks_alone()
    links.follow_address()
    language = header.show_header()
    delivery.deliver(language)
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
    stay = not controls.destination(settings.classifier)
    photos = intake.Intake(settings.classifier, language, stay)
    with st.container(key="intake"):
        photo = photos.choose_photo()
    if photo is None:
        invitation.show(settings.classifier, language)
        presenting.listen(photos, [], None, language)
        return
    if cuts.show(photo, settings, language):
        presenting.listen(photos, [], None, language)
        return
    if many.show_together(photos, settings, language):
        presenting.listen(photos, [], None, language)
        if photos.open_next():
            st.rerun()
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
    """Draw one photo's explanation as far as it is, and bring it forward."""
    failed = st.session_state.pop("failed", None)
    presenting.keep_regions()
    stage = st.container(key="stage")
    with stage:
        verdict, labels_box, pictures = (
            st.container(key=f"stage-{name}") for name in ("verdict", "labels", "pictures")
        )
        with st.container(key="stage-controls"):
            view = controls.choose_view(language)
            buttons = st.container(horizontal=True, key="stage-buttons")
            progress = st.container(key="progress")
    settings = chosen = settings.seen(view)
    if samples := result.linked_samples():
        settings = settings.sharpened(samples)
    live = Live(photo, settings.classifier, settings.recipe)
    neighborhood = live.neighborhood
    classifier = load_classifier(settings.classifier) if neighborhood else None
    if neighborhood is not None and classifier is not None:
        photo = photo.seen_by(classifier)
        preview.show(photo, neighborhood, language)
    labels = live.labels
    explanation = live.explanation
    with verdict:
        if failed is not None:
            st.error(language.error(failed), icon=":material/error:")
        result.show_verdict(labels, classifier, language)
    with labels_box:
        label = result.choose_label(labels, language)
    reading = Reading.of(explanation, label.index, view.positive_only) if explanation and label else None
    with pictures:
        result.show_pictures(photo, live, reading, label, view, language)
    with buttons:
        result.offer_buttons(live, reading, language)
    found = result.Result(photo, reading, view.palette, language) if reading else None
    presenting.listen(photos, labels, found, language)
    pinned = None
    questions: list[inquiries.Asked[Any]] = []
    if found is None:  # in the sections' place: what is in a container stays until a run comes to its end
        st.html("<div class='pending'></div>")
    else:
        live.give_way()
        with st.container(key="sections"):
            pinned, questions = _show_sections(found, chosen, live, photos)
    if labels:
        photos.note(photo, labels[0])
    if failed is not None and neighborhood is None:
        preview.refuse(failed, language)
    # Other photos wait until there is a first picture of this one.
    if (not photo.is_open or reading or failed) and photos.open_next():
        st.session_state.failed = failed
        st.rerun()
    if failed is not None:
        return
    if live.is_growing:
        bar = progress.progress(0.0)

        def report(done: int, total: int) -> None:
            bar.progress(done / total)

        try:
            live.advance(report)
        except ExplainerError as error:
            st.session_state.failed = error
        st.rerun()
    if pinned is not None:
        compare.advance(pinned)
        st.rerun()
    for question in questions:
        if question.is_growing:
            question.advance(live.seconds_of_step, live.give_way)
            st.rerun()


def _show_sections(
    found: result.Result, settings: controls.Settings, live: Live, photos: intake.Intake
) -> tuple[Live | None, list[inquiries.Asked[Any]]]:
    """Draw what stands below the pictures; returns what may still be to do: what is pinned, and questions."""
    fewest = evidence.show(found, live)
    st.divider()
    test = opinions.show(found, live)
    st.divider()
    try_it.show(found)
    st.divider()
    contrast.show(found)
    st.divider()
    downloads.show(found)
    st.divider()
    pinned = compare.show(found, settings, live, photos.own_photos)
    st.divider()
    about.show(found)
    sanity = figures.show(found, live)
    return pinned, [question for question in (fewest, test, sanity) if question is not None]

"""What the page shows while there is no photo: what will happen, in three small pictures of an example."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import streamlit as st
from PIL import Image

from ..classifiers.catalogue import built_in_names, default_classifier_name, load_classifier
from ..errors import ExplainerError
from ..lime.designs import make_design
from ..lime.explain import explain, open_neighborhood
from ..photos.examples import example_photo
from ..pictures.draw import draw_reading, draw_superpixels, fit_frame, hide_regions
from ..pictures.encode import data_uri, jpeg
from ..reading import Reading
from ..recipe import Recipe
from ..words.language import Language
from .markup import escape

_EXAMPLE = "chelsea"
_SIZE = (480, 320)  # pixels, twice what is shown
_SAMPLES = 128
_logger = logging.getLogger(__name__)


@dataclass
class Rehearsal:
    """An example's explanation, made before anyone asks: the classifier is converted and loaded by the way.

    Attributes
    ----------
    pictures : list of str
        Addresses of those there are by now, of the three: cut, hidden, compared.
    is_over : bool
        Whether no more will come.
    """

    pictures: list[str] = field(default_factory=list)
    is_over: bool = False


_rehearsals: dict[str, Rehearsal] = {}
_starting = threading.Lock()
_working = threading.Lock()  # on one classifier at a time


def rehearse(name: str) -> Rehearsal:
    """Explain the example with a classifier in the background, once for the process."""
    with _starting:
        if name not in _rehearsals:
            _rehearsals[name] = Rehearsal()
            threading.Thread(
                target=_rehearse, args=(name, _rehearsals[name]), name="rehearsal", daemon=True
            ).start()
        return _rehearsals[name]


def _rehearse(name: str, rehearsal: Rehearsal) -> None:
    with _working:
        try:
            for picture in _pictures(name):
                rehearsal.pictures.append(data_uri(jpeg(picture)))
        except ExplainerError as error:
            _logger.log(logging.WARNING, "the example is not explained ahead of time: %s", error)
        except Exception:
            _logger.exception("the example could not be explained ahead of time")
        finally:
            rehearsal.is_over = True


def _pictures(name: str) -> Iterator[Image.Image]:
    """Cut and hidden, for which nothing is asked, and compared."""
    classifier, photo, recipe = load_classifier(name), example_photo(_EXAMPLE), Recipe(num_samples=_SAMPLES)
    canvas = fit_frame(photo, classifier).resize(_SIZE, Image.Resampling.LANCZOS)
    neighborhood = open_neighborhood(photo, classifier, recipe)
    yield draw_superpixels(canvas, neighborhood.segments)
    # A design of its own, for the neighborhood's is at work when somebody else has the example explained.
    design = make_design(recipe.design, neighborhood.design.superpixels, recipe.seed)
    versions = Image.new("RGB", _SIZE)
    for number, mask in enumerate(design.masks(1, 5)):
        hidden = [region for region, shown in enumerate(mask) if not shown]
        version = hide_regions(canvas, neighborhood, hidden).resize((_SIZE[0] // 2, _SIZE[1] // 2))
        versions.paste(version, (number % 2 * version.width, number // 2 * version.height))
    yield versions
    explanation = explain(photo, classifier, recipe)
    yield draw_reading(canvas, Reading.of(explanation, explanation.labels[0].index))[0]


def show(classifier: str, language: Language) -> None:
    """Draw the invitation.

    Parameters
    ----------
    classifier : str
        The one that is chosen. It explains the example if it is built in, for asking others may have a price.
    language : Language
        What it is written in.
    """
    _ = language.gettext
    rehearsal = rehearse(classifier if classifier in built_in_names() else default_classifier_name())
    st.header(_("What you will see"), anchor=False)
    st.markdown(
        _(
            "Choose a photo, and within a second or two you see what the classifier takes it for and "
            "which parts of it decided. The picture then sharpens while you watch."
        )
    )
    is_over = rehearsal.is_over
    st.fragment(_show_pictures, run_every=None if is_over else 1.0)(rehearsal, is_over, language)


def _show_pictures(rehearsal: Rehearsal, is_over: bool, language: Language) -> None:
    _ = language.gettext
    words = (
        _("The photo is cut into regions"),
        _("Regions are hidden, again and again"),
        _("The answers are compared: this is where it looked"),
    )
    made = rehearsal.pictures[:]
    pictures = made if is_over else [*made, "", "", ""]
    figures = "".join(
        "<figure>"
        + (f"<img src='{picture}' alt=''>" if picture else "<div></div>")
        + f"<figcaption><b>{number}</b> {escape(text)}</figcaption></figure>"
        for number, (picture, text) in enumerate(zip(pictures, words, strict=False), 1)
    )
    st.html(f"<div class='invitation'>{figures}</div>")
    if rehearsal.is_over and not is_over:
        st.rerun()

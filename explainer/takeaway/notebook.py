"""A Jupyter notebook that makes an explanation again, and checks that it is the same.

InceptionV3 is explained with the `lime` package and Keras alone, so that nobody need take this package's
word for it; other networks with this package. What can't be drawn again is carried along.
"""

import base64
import io
import json
import textwrap
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from ..classifiers.catalogue import catalogue
from ..errors import ArgumentError
from ..lime.explanation import Explanation
from ..lime.hiding import BLUR
from ..pictures.draw import draw_input
from ..reading import Reading
from ..recipe import Recipe
from ..words.language import Language
from . import notebook_cells as cells

_MOST_PIXELS = 1_000_000  # of a photo that is carried as it is: Jupyter is slow with large notebooks
_SAME_ENGINE, _OTHER_ENGINE, _FAST = 1e-6, 1e-4, 0.04


def notebook(photo: Image.Image, reading: Reading, language: Language) -> str:
    """Write a notebook that makes an explanation again.

    Parameters
    ----------
    photo : PIL.Image.Image
        The photo that was explained.
    reading : Reading
        What was found, by a classifier of the catalogue; the pictures are of this label.
    language : Language
        What the text between the code is written in.

    Returns
    -------
    str
        The file's content, JSON of notebook format 4.5.

    Raises
    ------
    ArgumentError
        The classifier has no name to load it by.
    """
    name = reading.explanation.classifier.name
    if name.partition("@")[0] not in {entry.name for entry in catalogue()}:
        raise ArgumentError(
            "There is no notebook for the classifier {name}, because it can't be loaded by its name.",
            name=name,
        )
    written = _Notebook(photo, reading, language)
    document = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(written.cells(), start=1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


class _Notebook:
    """One notebook's cells."""

    def __init__(self, photo: Image.Image, reading: Reading, language: Language) -> None:
        self._explanation = reading.explanation
        self._recipe = reading.explanation.recipe
        self._classifier = reading.explanation.classifier
        self._label = reading.label
        self._positive_only = reading.positive_only
        self._language = language
        self._photo, self._is_whole = _carried(photo, reading.explanation)
        # bfloat16 is OpenVINO's, so what was computed in it only this package computes again.
        self._keras = self._classifier.name == "inception-v3" and self._recipe.precision == "exact"
        self._carries_masks = self._keras and self._recipe.design != "lime"
        lime_s, neighborhood = Recipe.notebook(), reading.explanation.neighborhood
        self._cut_by_lime = (self._recipe.segmentation, self._recipe.segmented) == (
            lime_s.segmentation,
            lime_s.segmented,
        ) and neighborhood.superpixels_found == neighborhood.design.superpixels

    def cells(self) -> Iterator[dict[str, Any]]:
        """All cells, without their ids."""
        _ = self._language.gettext
        label = self._label
        heading = _("Where {classifier} looked for “{label}”").format(
            classifier=self._classifier.title, label=self._language.class_name(label.name, label.wnid)
        )
        yield cells.markdown(f"# {heading}", *self._introduction())
        yield cells.code(cells.KERAS_IMPORTS if self._keras else cells.PACKAGE_IMPORTS)
        yield cells.markdown("## " + _("Settings"), _("What the explanation depends on besides the photo."))
        yield cells.code(self._constants())
        yield cells.markdown("## " + _("The photo"), self._about_photo())
        yield cells.code(self._data(), folded=True)
        yield cells.code(cells.UNPACK)
        yield cells.markdown(
            "## " + _("What the classifier says"),
            _("The photo is resized to what the classifier takes, and classified."),
        )
        yield cells.code(cells.KERAS_NETWORK if self._keras else cells.PACKAGE_NETWORK)
        yield cells.code(cells.LABELS)
        if self._keras:
            yield cells.markdown(
                "## " + _("Regions"),
                self._about_regions(),
                _("`hidden` is what regions show when they are switched off."),
            )
            yield cells.code(self._segments())
            yield cells.code(self._hide())
            yield cells.markdown("## " + _("Explanation"), self._about_samples())
            yield cells.code(self._by_lime())
        else:
            yield cells.markdown("## " + _("Explanation"), self._about_samples())
            yield cells.code(cells.BY_PACKAGE)
        yield cells.markdown(
            "## " + _("Pictures"),
            _("On the left the focus: the regions that speak for the label most, and nothing else."),
            _("On the right pros and cons: green regions speak for the label, red ones against it."),
        )
        yield cells.code(cells.PICTURES)
        yield cells.markdown("## " + _("The same?"), self._about_agreement())
        yield cells.code(self._tolerance() + cells.CHECK)

    def _by_lime(self) -> str:
        code = cells.BY_LIME_BASE if self._carries_masks else cells.BY_LIME
        if self._recipe.target == "probability":
            return code.replace("{explained}", "predict") + cells.LIME_WEIGHTS
        return cells.LOG_ODDS + code.replace("{explained}", "log_odds") + cells.LIME_WEIGHTS

    def _introduction(self) -> Iterator[str]:
        _ = self._language.gettext
        if self._keras:
            yield _(
                "This notebook makes the explanation again with the `lime` package and Keras alone. "
                "Run all cells: the last one checks that the weights are the same."
            )
            yield "`pip install lime==0.2.0.1 tensorflow scikit-image scikit-learn matplotlib pillow`"
        else:
            yield _(
                "This notebook makes the explanation again with Limelight's package `explainer`. "
                "Put it into Limelight's folder, or let `LIMELIGHT` name that folder. "
                "Run all cells: the last one checks that the weights are the same."
            )

    def _constants(self) -> str:
        recipe = self._recipe
        constants: dict[str, Any] = {"NUM_SAMPLES": self._explanation.num_samples}
        if self._keras:
            if not self._carries_masks:
                constants["SEED"] = recipe.seed
            constants["KERNEL_WIDTH"] = recipe.kernel_width
        else:
            constants["CLASSIFIER"] = self._classifier.name
        constants |= {
            "LABEL": self._label.index,
            "NUM_FEATURES": recipe.num_features,
            "NUM_PROS_CONS": recipe.pros_cons_features,
            "POSITIVE_ONLY": self._positive_only,
        }
        lines = [f"{name} = {cells.literal(value)}" for name, value in constants.items()]
        if not self._keras:
            first_cut = replace(recipe, cuts=1)  # which all that is shown here is of
            lines += [f'RECIPE = """\\\n{first_cut.to_json()}\n"""']
        lines += ["LABELS = {"]
        lines += [f"    {label.index}: {cells.literal(label.name)}," for label in self._explanation.labels]
        return "\n".join([*lines, "}"])

    def _about_photo(self) -> str:
        _ = self._language.gettext
        width, height = self._photo.size
        if self._is_whole:
            sentence = _(
                "The next cell, which is folded away, holds the photo, {width} × {height} pixels, "
                "and the weights that were found."
            )
        else:
            sentence = _(
                "The photo is large, so the next cell, which is folded away, holds what the classifier sees "
                "of it, {width} × {height} pixels, and the weights that were found."
            )
        return sentence.format(width=width, height=height)

    def _data(self) -> str:
        stream = io.BytesIO()
        self._photo.save(stream, "PNG", optimize=True)
        blocks = {
            "PHOTO": stream.getvalue(),
            "SEGMENTS": zlib.compress(self._explanation.segments.astype("<u2").tobytes(), 9),
        }
        if callable(self._recipe.hide_color):
            hidden = self._explanation.neighborhood.hidden.astype("<f4")
            blocks["HIDDEN"] = zlib.compress(hidden.tobytes(), 9)
        if self._carries_masks:
            masks = self._explanation.neighborhood.masks(self._explanation.num_samples)
            blocks["MASKS"] = np.packbits(masks).tobytes()
        lines = [f'{name} = """\n{_base64(block)}\n"""' for name, block in blocks.items()]
        lines += ["EXPECTED = {"]
        for label in self._explanation.labels:
            numbers = textwrap.fill(", ".join(map(repr, label.weights.tolist())), 100)
            lines += [f"    {label.index}: [", textwrap.indent(numbers, " " * 8), "    ],"]
        return "\n".join([*lines, "}"])

    def _about_regions(self) -> str:
        _ = self._language.gettext
        if self._cut_by_lime:
            return _("Quickshift with `lime`'s settings cuts what the classifier sees into regions.")
        return _("The regions were not cut with `lime`'s settings, so the notebook carries them.")

    def _segments(self) -> str:
        if not self._cut_by_lime:
            return cells.CARRIED_SEGMENTS + cells.SHOW_SEGMENTS
        return cells.SEGMENTS_BY_LIME + cells.COMPARE_SEGMENTS + cells.SHOW_SEGMENTS

    def _hide(self) -> str:
        hide_color = self._recipe.hide_color
        colour = self._explanation.neighborhood.hidden[0, 0].tolist()
        value = colour[0] if len(set(colour)) == 1 else tuple(colour)
        kind = str(hide_color) if hide_color in ("mean", "blur") else "colour"
        code = cells.HIDDEN["picture" if callable(hide_color) else kind]
        return code.replace("{colour}", repr(value)).replace("{share}", repr(BLUR))

    def _about_samples(self) -> str:
        _ = self._language.gettext
        if not self._keras:
            return _(
                "The recipe says how the photo is cut, what hidden regions show and which samples are "
                "drawn; the classifier is asked about each of them."
            )
        if self._carries_masks:
            return _(
                "The samples were not drawn by chance, as `lime` draws them, but in balanced pairs of "
                "opposites, which settle sooner. `LimeImageExplainer` can't draw those. So the notebook "
                "carries which regions are shown in which sample, a bit each, and has the weights fitted by "
                "`lime`'s own `LimeBase`, as `LimeImageExplainer` does."
            )
        return _("`LimeImageExplainer` draws the samples from the seed, asks the classifier, and fits.")

    def _tolerance(self) -> str:
        if self._keras:
            return f"TOLERANCE = {_OTHER_ENGINE!r}\n\n"
        if self._recipe.precision == "fast":
            return f"TOLERANCE = {_FAST!r}\n\n"
        engine = cells.literal(self._classifier.describe_engine())
        same = f"classifier.describe_engine() == {engine}"
        return f"TOLERANCE = {_SAME_ENGINE!r} if {same} else {_OTHER_ENGINE!r}\n\n"

    def _about_agreement(self) -> str:
        _ = self._language.gettext
        if self._keras:
            return _(
                "The weights were found with {engine}, and here Keras computes. Each rounds in its own way, "
                "so the weights can't agree in every digit: {tolerance} is asked for."
            ).format(engine=self._classifier.describe_engine(), tolerance=f"{_OTHER_ENGINE:g}")
        if self._recipe.precision == "fast":
            return _(
                "The weights were found with 16-bit floats where the processor had them, which moves "
                "probabilities by up to {tolerance}, so no closer agreement can be asked for."
            ).format(tolerance=f"{_FAST:g}")
        return _(
            "The weights were found with {engine}. The same gives the same weights, to {same}; "
            "anything else rounds in its own way, and {other} is asked of it."
        ).format(
            engine=self._classifier.describe_engine(), same=f"{_SAME_ENGINE:g}", other=f"{_OTHER_ENGINE:g}"
        )


def _carried(photo: Image.Image, explanation: Explanation) -> tuple[Image.Image, bool]:
    """The photo, or what the classifier sees of it where that is the same to the network and much smaller."""
    if photo.width * photo.height > _MOST_PIXELS:
        classifier = explanation.classifier
        seen = draw_input(classifier.to_display(explanation.image))
        if np.array_equal(classifier.preprocess(seen), explanation.image):
            return seen, False
    whole = photo.convert("RGB")
    whole.info = {}  # what a camera wrote beside the pixels
    return whole, True


def _base64(block: bytes) -> str:
    return base64.encodebytes(block).decode().rstrip("\n")

"""What an explanation was made with, found out from what it holds."""

import platform
from dataclasses import fields
from importlib.metadata import version
from typing import Literal

import numpy as np

from ..errors import ArgumentError
from ..lime.explanation import Explanation, LabelExplanation
from ..lime.superpixels import Blur, Felzenszwalb, Quickshift, Segmentation, Slic, hidden_image, segment
from .language import Language

Hidden = Literal["colour", "mean", "blur", "picture"]

_SEGMENTATIONS = (Quickshift(), Slic(), Felzenszwalb())
_PACKAGES = ("lime", "numpy", "scikit-image", "scikit-learn", "pillow")


def how_segmented(explanation: Explanation) -> Segmentation | None:
    """Which of our segmentations, with its defaults, cuts the photo so; None if none does."""
    for segmentation in _SEGMENTATIONS:
        try:
            segments = segment(explanation.image, segmentation)
        except ArgumentError:  # too many superpixels
            continue
        if np.array_equal(segments, explanation.segments):
            return segmentation
    return None


def how_hidden(explanation: Explanation) -> Hidden:
    """What hidden regions show: a colour, their own mean, the photo blurred, or any other picture."""
    image, hidden = explanation.image, explanation.neighborhood.hidden
    if (hidden == hidden[0, 0]).all():
        return "colour"
    if np.array_equal(hidden, hidden_image(image, explanation.segments, None)):
        return "mean"
    if np.array_equal(hidden, hidden_image(image, explanation.segments, Blur())):
        return "blur"
    return "picture"


def title(explanation: Explanation) -> str:
    """The classifier as people write it."""
    return str(getattr(explanation.neighborhood.classifier, "title", explanation.settings.classifier))


def settings_in_words(
    explanation: Explanation,
    label: LabelExplanation,
    language: Language,
    segmentation: Segmentation | None = None,
) -> list[tuple[str, str]]:
    """What an explanation was made with, as names and values.

    Parameters
    ----------
    explanation : Explanation
        What was found.
    label : LabelExplanation
        Whose fidelity is told.
    language : Language
        Of the names and values.
    segmentation : callable, optional
        What cut the photo; without it, it is told only if it was one of ours with its defaults.
    """
    _ = language.gettext
    settings = explanation.settings
    describe_engine = getattr(explanation.neighborhood.classifier, "describe_engine", None)
    classifier = title(explanation)
    packages = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)]
    designs = {
        "balanced": _("balanced, in pairs of opposites"),
        "lime": _("as in LIME, each region by chance"),
    }
    precisions = {
        "exact": _("exact, 32-bit floats"),
        "fast": _("fast, 16-bit floats where possible"),
    }
    return [
        (_("Classifier"), f"{classifier}, {describe_engine()}" if describe_engine else classifier),
        (_("Samples"), language.number(explanation.num_samples)),
        (_("Samples are"), designs.get(settings.design, settings.design)),
        (_("Seed"), str(settings.seed)),
        (_("Regions"), _regions(explanation, language, segmentation or how_segmented(explanation))),
        (_("Hidden regions show"), _hidden(explanation, language)),
        (_("Kernel width"), f"{settings.kernel_width:g}"),
        (_("Arithmetic"), precisions.get(settings.precision, settings.precision)),
        (_("Fidelity (weighted R²)"), language.number(label.fidelity, 2)),
        (_("Versions"), ", ".join(packages)),
    ]


def _regions(explanation: Explanation, language: Language, segmentation: Segmentation | None) -> str:
    _ = language.gettext
    names = {Quickshift: "Quickshift", Slic: "SLIC", Felzenszwalb: "Felzenszwalb"}
    number = language.number(explanation.num_superpixels)
    if not isinstance(segmentation, Quickshift | Slic | Felzenszwalb):
        return _("{number}, found in a way of their own").format(number=number)
    settings = ", ".join(
        f"{field.name} {getattr(segmentation, field.name):g}" for field in fields(segmentation)
    )
    return _("{number}, found by {method} ({settings})").format(
        number=number, method=names[type(segmentation)], settings=settings
    )


def _hidden(explanation: Explanation, language: Language) -> str:
    _ = language.gettext
    shown = explanation.neighborhood.classifier.to_display(explanation.neighborhood.hidden[:1, :1])
    red, green, blue = np.round(255 * shown[0, 0]).astype(int)
    return {
        "colour": _("the colour {colour}").format(colour=f"#{red:02x}{green:02x}{blue:02x}"),
        "mean": _("their mean colour"),
        "blur": _("the photo, blurred"),
        "picture": _("another picture"),
    }[how_hidden(explanation)]

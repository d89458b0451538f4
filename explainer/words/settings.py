"""What an explanation was made with, in words."""

from typing import Any

import numpy as np

from ..classifiers.added.served.address import is_exposed
from ..lime.explanation import Explanation, versions
from ..reading import Reading
from ..recipe import Felzenszwalb, Quickshift, Slic
from .language import Language


def settings_in_words(reading: Reading, language: Language) -> list[tuple[str, str]]:
    """What an explanation was made with, as names and values."""
    _ = language.gettext
    explanation = reading.explanation
    recipe, classifier = explanation.recipe, explanation.classifier
    engine = classifier.describe_engine()
    doubt = [] if classifier.is_range_confirmed else [(_("Value range"), _("not confirmed"))]
    designs = {
        "balanced": _("balanced, in pairs of opposites"),
        "lime": _("as in LIME, each region by chance"),
    }
    precisions = {
        "exact": _("exact, 32-bit floats"),
        "fast": _("fast, 16-bit floats where possible"),
    }
    targets = {"probability": _("the label’s probability"), "log-odds": _("evidence (log-odds)")}
    pictures = {"photo": _("the photo"), "image": _("what the classifier gets")}
    return [
        (_("Classifier"), f"{classifier.title}, {engine}" if engine else classifier.title),
        *doubt,
        (_("Samples"), language.number(explanation.num_samples)),
        (_("Kind of samples"), designs[recipe.design]),
        (_("Seed"), str(recipe.seed)),
        (_("Regions"), _regions(explanation, language)),
        (_("What is cut"), pictures[recipe.segmented]),
        *([(_("Cuts"), language.number(recipe.cuts))] if recipe.cuts > 1 else []),
        (_("Hidden regions show"), _hidden(explanation, language)),
        (_("Weights add up to"), targets[recipe.target]),
        (_("Kernel width"), f"{recipe.kernel_width:g}"),
        (_("Precision"), precisions[recipe.precision]),
        (_("Fidelity (weighted R²)"), language.number(reading.label.fidelity, 2)),
        (_("Versions"), ", ".join(f"{name} {version}" for name, version in versions().items())),
    ]


def timings_in_words(explanation: Explanation, language: Language) -> list[tuple[str, str]]:
    """How long an explanation took, as names and values; what is not known any more is left out."""
    _ = language.gettext
    neighborhood, samples = explanation.neighborhood, explanation.num_samples
    cutting, sampling, drawn = neighborhood.seconds_cutting, neighborhood.seconds_sampling, neighborhood.size

    def seconds(number: float) -> str:
        return _("{seconds} s").format(seconds=language.number(number, 1))

    timings = [(_("Cutting"), seconds(cutting))]
    if sampling and drawn >= samples:
        here = sampling * samples / drawn
        rate = _("{seconds}, {number} samples a second").format(
            seconds=seconds(here), number=language.number(samples / here)
        )
        timings += [(_("Sampling"), rate), (_("Total time"), seconds(cutting + here))]
    return timings


def setting_in_words(name: str, value: Any) -> str:
    """A setting of a classifier that was added."""
    if isinstance(value, list | tuple):
        return (" × " if name == "input-size" else ", ").join(map(str, value))
    return str(value)


def destination_sentence(machine: str, language: Language) -> str:
    """That pictures leave this machine, and where they go, such as ``https://models.example.org``."""
    _ = language.gettext
    sentence = _(
        "Photos are sent to {machine}: this classifier runs there, and gets their pixels, with and without "
        "hidden regions."
    ).format(machine=machine)
    if is_exposed(machine):
        sentence += " " + _("The way there is not encrypted, so others may read them.")
    return sentence


def origin_in_words(origin: str, language: Language) -> str:
    """How a setting of a classifier that was added is known; see `new_model.Candidate`."""
    _ = language.gettext
    known = {
        "given": _("given"),
        "described": _("from the description file"),
        "found": _("found in the network"),
        "tried": _("found by trying"),
        "default": _("the default"),
        "": _("not recorded"),
    }
    return known[origin] if origin in known else _("found in {file}").format(file=origin)


def _regions(explanation: Explanation, language: Language) -> str:
    _ = language.gettext
    names = {Quickshift: "Quickshift", Slic: "SLIC", Felzenszwalb: "Felzenszwalb"}
    number, segmentation = language.number(explanation.num_superpixels), explanation.recipe.segmentation
    found = explanation.neighborhood.superpixels_found
    if found > explanation.num_superpixels:
        number = _("{number}, merged from {found}").format(number=number, found=language.number(found))
    if type(segmentation) not in names:
        return _("{number}, found in a way of their own").format(number=number)
    settings = ", ".join(f"{name} {value:g}" for name, value in vars(segmentation).items())
    return _("{number}, found by {method} ({settings})").format(
        number=number, method=names[type(segmentation)], settings=settings
    )


def _hidden(explanation: Explanation, language: Language) -> str:
    _ = language.gettext
    hide_color = explanation.recipe.hide_color
    if callable(hide_color):
        return _("another picture")
    if hide_color == "mean":
        return _("their mean colour")
    if hide_color == "blur":
        return _("the photo, blurred")
    shown = explanation.classifier.to_display(explanation.neighborhood.hidden[:1, :1])
    red, green, blue = np.round(255 * shown[0, 0]).astype(int)
    return _("the colour {colour}").format(colour=f"#{red:02x}{green:02x}{blue:02x}")

"""Options for a recipe: a file, and each setting by itself."""

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

from ..errors import ExplainerError, reason_of
from ..recipe import HIDE_COLORS, SEGMENTATIONS, Design, Precision, Recipe, Segmented, Target
from ..takeaway.code import option

_PARAMETERS = {
    parameter.name: {method for method, other in SEGMENTATIONS.items() if hasattr(other, parameter.name)}
    for kind in SEGMENTATIONS.values()
    for parameter in fields(kind)
}
_HELP = {
    "num_samples": "how many versions of the photo the classifier is asked about, or auto: until settled",
    "max_samples": "the most that auto may take",
    "stability_threshold": "from which stability, 0 to 1, a focus is settled",
    "tie_tolerance": "regions count as the same within this share of the strongest weight",
    "num_features": "regions that the focus keeps",
    "pros_cons_features": "regions that pros and cons show; twice as many by default",
    "top_labels": "how many of the best labels are explained",
    "segmentation": "how the photo is cut",
    "segmented": "the picture that is cut: the photo as people see it, or the image that the network gets",
    "cuts": "in how many ways the photo is cut, for a heat map that depends less on any; samples are shared "
    "out among them",
    "hide_color": f"what hidden regions show: {', '.join(HIDE_COLORS)}, or one or three numbers in the "
    "network's range, like 0.5 or 0.1,0.2,0.3",
    "design": "how samples are drawn",
    "seed": "another one draws other samples",
    "kernel_width": "how near to the whole photo a sample must be to count",
    "target": "what weights add up to: the probability, or log-odds, which are evidence; "
    "log-odds by default, but not with --design lime",
    "precision": "exact, or twice as fast with 16-bit floats on newer processors",
}
_TOLD = ("segmentation", "pros_cons_features", "target")
_CHOICES: dict[str, tuple[str, ...]] = {
    "segmentation": tuple(SEGMENTATIONS),
    "segmented": get_args(Segmented),
    "design": get_args(Design),
    "target": get_args(Target),
    "precision": get_args(Precision),
}


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("what the explanation depends on")
    group.add_argument(
        "--recipe", type=Path, metavar="FILE", help="a recipe, or an explanation.json to make again"
    )
    for setting, explanation in _HELP.items():
        usual = getattr(Recipe(), setting)
        told = "" if setting in _TOLD else f"; {usual} by default"
        group.add_argument(
            option(setting),
            dest=setting,
            type=_number if setting not in _CHOICES else str,
            choices=_CHOICES.get(setting),
            metavar=None if setting in _CHOICES else "N|auto" if setting == "num_samples" else "N",
            help=explanation + told,
        )
    for parameter, methods in _PARAMETERS.items():
        group.add_argument(
            option(parameter),
            dest=parameter,
            type=_number,
            metavar="N",
            help=f"of {', '.join(sorted(methods))}",
        )


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe that the options describe.

    Raises
    ------
    ExplainerError
        The file can't be read, or a setting is not accepted.
    """
    recipe = Recipe()
    if options.recipe is not None:
        try:
            recipe = Recipe.from_json(options.recipe.read_bytes())
        except OSError as error:
            raise ExplainerError(
                "{path} can't be read: {reason}.", path=options.recipe, reason=reason_of(error)
            ) from error
    given = {name: getattr(options, name) for name in _HELP if getattr(options, name) is not None}
    parameters = {name: getattr(options, name) for name in _PARAMETERS if getattr(options, name) is not None}
    segmentation = SEGMENTATIONS[given["segmentation"]]() if "segmentation" in given else recipe.segmentation
    for name in parameters:
        if not hasattr(segmentation, name):
            raise ExplainerError(
                "{option} is for {methods}: --segmentation chooses how the photo is cut.",
                option=option(name),
                methods=", ".join(sorted(_PARAMETERS[name])),
            )
    changed: Any = replace(segmentation, **parameters) if parameters else segmentation  # type: ignore[type-var]
    return Recipe.of(recipe, **{**given, "segmentation": changed})


def _number(text: str) -> Any:
    """A number, several with commas between them, or else the text itself, for the recipe to judge."""
    numbers = []
    for part in text.split(","):
        try:
            numbers.append(int(part))
        except ValueError:
            try:
                numbers.append(float(part))  # type: ignore[arg-type]
            except ValueError:
                return text
    return numbers[0] if len(numbers) == 1 else tuple(numbers)

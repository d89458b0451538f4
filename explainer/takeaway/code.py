"""A recipe as what can be typed: a command, or Python."""

import shlex
from dataclasses import fields
from typing import Any

from ..errors import ArgumentError
from ..recipe import SEGMENTATIONS, Recipe

_OPTION_NAMES = {"hide_color": "hide", "stability_threshold": "threshold"}


def option(setting: str) -> str:
    """A setting's name on the command line, such as ``--num-samples``."""
    return "--" + _OPTION_NAMES.get(setting, setting).replace("_", "-")


def command_line(recipe: Recipe, classifier: str, photo: str) -> str:
    """The command that explains a photo with a recipe.

    Parameters
    ----------
    recipe : Recipe
        Without functions of one's own.
    classifier, photo : str
        The classifier's name, and the photo's file name.

    Raises
    ------
    ArgumentError
        The recipe has a function of one's own, which can't be typed.

    Examples
    --------
    >>> command_line(Recipe(num_samples=300, seed=7), "efficientnet-lite0", "my cat.jpg")
    "limelight explain 'my cat.jpg' --out results --classifier efficientnet-lite0 --seed 7 --num-samples 300"
    """
    changes = _changes(recipe)
    photo = f"./{photo}" if photo.startswith("-") else photo
    words = ["limelight", "explain", photo, "--out", "results", "--classifier", classifier]
    for setting, value in changes.items():
        if setting == "segmentation":
            method = next(name for name, kind in SEGMENTATIONS.items() if type(value) is kind)
            words += [option(setting), method]
            usual = type(value)()
            for parameter in fields(value):
                chosen = getattr(value, parameter.name)
                if chosen != getattr(usual, parameter.name):
                    words += [option(parameter.name), f"{chosen!r}"]
        else:
            written = _written(value)  # with an equals sign where it looks like an option itself
            words += (
                [f"{option(setting)}={written}"] if written.startswith("-") else [option(setting), written]
            )
    return shlex.join(words)


def python_code(recipe: Recipe, classifier: str, photo: str) -> str:
    """The Python that explains a photo with a recipe.

    Parameters
    ----------
    recipe, classifier, photo
        As for `command_line`.

    Raises
    ------
    ArgumentError
        The recipe has a function of one's own.

    Examples
    --------
    >>> print(python_code(Recipe(num_samples=300), "efficientnet-lite0", "cat.jpg"))
    from explainer import explain, load_classifier, load_photo
    <BLANKLINE>
    explanation = explain(
        load_photo("cat.jpg"),
        load_classifier("efficientnet-lite0"),
        num_samples=300,
    )
    """
    changes = _changes(recipe)
    names = ["explain", "load_classifier", "load_photo"]
    if "segmentation" in changes:
        names.insert(0, type(changes["segmentation"]).__name__)
    lines = [f"load_photo({_literal(photo)})", f"load_classifier({_literal(classifier)})"]
    lines += [f"{setting}={_literal(value)}" for setting, value in changes.items()]
    arguments = "".join(f"    {line},\n" for line in lines)
    return f"from explainer import {', '.join(names)}\n\nexplanation = explain(\n{arguments})"


def _changes(recipe: Recipe) -> dict[str, Any]:
    if recipe.has_functions:
        raise ArgumentError("A function of one's own can't be typed.")
    return recipe.changes()


def _literal(value: Any) -> str:
    text = repr(value)
    return '"' + text[1:-1] + '"' if isinstance(value, str) and text[0] == "'" and '"' not in text else text


def _written(value: Any) -> str:
    return ",".join(map(repr, value)) if isinstance(value, tuple) else str(value)

"""A recipe as what can be typed: a command, Python, or Python for the `lime` package."""

import shlex
from dataclasses import fields
from typing import Any

from ..errors import ArgumentError
from ..recipe import SEGMENTATIONS, Recipe
from ..words.language import Language

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


def lime_code(recipe: Recipe, classifier: str, photo: str, samples: int, language: Language) -> str:
    """The Python that has the `lime` package itself explain a photo, with the same regions.

    With ``design="lime"`` and exact arithmetic its weights are the same, to 1e-6. What `lime` can't do is
    said in comments.

    Parameters
    ----------
    recipe, classifier, photo
        As for `command_line`.
    samples : int
        How many it is to take.
    language : Language
        Of the comments.

    Raises
    ------
    ArgumentError
        The recipe has a function of one's own.
    """
    _ = language.gettext
    changes = _changes(recipe)
    names = ["explain", "load_classifier", "load_photo"]
    if "segmentation" in changes:
        names.insert(0, type(changes["segmentation"]).__name__)
    imports = f"from explainer import {', '.join(names)}\n"
    notes = [_("Asks the classifier about the photo only, for its regions and what hides them.")]
    if recipe.design == "balanced":
        notes.append(
            _("lime tosses a coin for each region and has no balanced samples: weights are alike, not equal.")
        )
    if recipe.num_samples == "auto":
        notes.append(
            _("It can't stop by itself when the picture has settled: this is how many samples it took.")
        )
    if recipe.cuts > 1:
        notes.append(
            _("lime cuts a photo in one way: here, the first of {number}.").format(number=recipe.cuts)
        )
    cut: dict[str, Any] = {
        name: changes[name] for name in ("segmentation", "segmented", "design") if name in changes
    }
    hide_color = {"grey": "0", "mean": "None"}.get(str(recipe.hide_color), _literal(recipe.hide_color))
    if recipe.hide_color in ("black", "blur"):
        cut["hide_color"], hide_color = recipe.hide_color, "cut.neighborhood.hidden"
    precision = f", {_literal(recipe.precision)}" if recipe.precision == "fast" else ""
    asked = f"classifier.predict(images{precision})"
    predict = f"lambda images: {asked}" if precision else "classifier.predict"
    if recipe.target == "log-odds":
        imports += "from explainer.lime.surrogate import log_odds\n"
        notes.append(_("lime itself explains probabilities; here it is given log-odds."))
        predict = f"lambda images: log_odds({asked}, range(len(classifier.class_names)))"
    options = "".join(f", {name}={_literal(value)}" for name, value in cut.items())
    comments = "".join(f"# {note}\n" for note in notes)
    return f"""\
from lime.lime_image import LimeImageExplainer

{imports}
classifier = load_classifier({_literal(classifier)})
{comments}cut = explain(load_photo({_literal(photo)}), classifier, num_samples=1{options})
lime = LimeImageExplainer(kernel_width={recipe.kernel_width!r}, random_state={recipe.seed})
explanation = lime.explain_instance(
    cut.image,
    {predict},
    top_labels={recipe.top_labels},
    hide_color={hide_color},
    num_samples={samples},
    segmentation_fn=lambda image: cut.segments,
)
focus, mask = explanation.get_image_and_mask(
    explanation.top_labels[0], num_features={recipe.num_features}, hide_rest=True
)
"""


def _changes(recipe: Recipe) -> dict[str, Any]:
    if recipe.has_functions:
        raise ArgumentError("A function of one's own can't be typed.")
    return recipe.changes()


def _literal(value: Any) -> str:
    text = repr(value)
    return '"' + text[1:-1] + '"' if isinstance(value, str) and text[0] == "'" and '"' not in text else text


def _written(value: Any) -> str:
    return ",".join(map(repr, value)) if isinstance(value, tuple) else str(value)

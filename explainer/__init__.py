"""Limelight's engine: where does an image classifier look?

>>> from explainer import explain, load_classifier, load_photo
>>> classifier = load_classifier()
>>> explanation = explain(load_photo("cat.jpg"), classifier)
"""

from typing import TYPE_CHECKING, Any

from .classifiers.catalogue import catalogue, load_classifier
from .classifiers.classifier import Classifier
from .classifiers.preprocessing import Preprocessing
from .errors import ArgumentError, ClassifierError, ExplainerError, PhotoError, WeightsError
from .lime.explain import classify, explain, explain_live
from .lime.explanation import Explanation, Label, LabelExplanation, Presenter
from .photos.load import load_photo
from .reading import Reading
from .recipe import Felzenszwalb, Quickshift, Recipe, Slic
from .version import __version__

if TYPE_CHECKING:
    from .folders.comparison.compare import compare_results
    from .folders.run import explain_folder
    from .judging.opinions import second_opinions
    from .takeaway.display import watch

__all__ = [
    "ArgumentError",
    "Classifier",
    "ClassifierError",
    "ExplainerError",
    "Explanation",
    "Felzenszwalb",
    "Label",
    "LabelExplanation",
    "PhotoError",
    "Preprocessing",
    "Quickshift",
    "Reading",
    "Recipe",
    "Slic",
    "WeightsError",
    "__version__",
    "catalogue",
    "classify",
    "compare_results",
    "explain",
    "explain_folder",
    "explain_live",
    "load_classifier",
    "load_photo",
    "second_opinions",
    "watch",
]


# Galleries and pictures need SciPy, Babel and matplotlib, which double the time that importing this takes.
def __getattr__(name: str) -> Any:
    if name == "compare_results":
        from .folders.comparison.compare import compare_results

        return compare_results
    if name == "explain_folder":
        from .folders.run import explain_folder

        return explain_folder
    if name == "second_opinions":
        from .judging.opinions import second_opinions

        return second_opinions
    if name == "watch":
        from .takeaway.display import watch

        return watch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _presenter(_explanation: Explanation) -> Presenter:
    from .takeaway import display

    return display


Explanation.presenter = _presenter

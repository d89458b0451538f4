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
from .lime.explanation import Explanation, Label, LabelExplanation
from .photos.load import load_photo
from .version import __version__

if TYPE_CHECKING:
    from .folders.run import explain_folder

__all__ = [
    "ArgumentError",
    "Classifier",
    "ClassifierError",
    "ExplainerError",
    "Explanation",
    "Label",
    "LabelExplanation",
    "PhotoError",
    "Preprocessing",
    "WeightsError",
    "__version__",
    "catalogue",
    "classify",
    "explain",
    "explain_folder",
    "explain_live",
    "load_classifier",
    "load_photo",
]


def __getattr__(name: str) -> Any:
    # A folder's gallery needs SciPy and Babel, which double the time that importing this takes.
    if name == "explain_folder":
        from .folders.run import explain_folder

        return explain_folder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

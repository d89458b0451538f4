"""Limelight's engine: where does an image classifier look?

>>> from explainer import explain, load_classifier, load_photo
>>> classifier = load_classifier()
>>> explanation = explain(load_photo("cat.jpg"), classifier)  # doctest: +SKIP
"""

from .classifiers import Classifier, catalogue, load_classifier
from .errors import ArgumentError, ClassifierError, ExplainerError, PhotoError, WeightsError
from .explanation import Explanation, Label, LabelExplanation
from .live import classify, explain, explain_live
from .photo import load_photo

__all__ = [
    "ArgumentError",
    "Classifier",
    "ClassifierError",
    "ExplainerError",
    "Explanation",
    "Label",
    "LabelExplanation",
    "PhotoError",
    "WeightsError",
    "catalogue",
    "classify",
    "explain",
    "explain_live",
    "load_classifier",
    "load_photo",
]

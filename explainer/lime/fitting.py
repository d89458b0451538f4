"""From a neighborhood to an explanation: a surrogate for each label. Asks the classifier nothing."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..arguments import check_whole_number
from .explanation import Explanation, Label, LabelExplanation, Settings
from .neighborhood import Neighborhood
from .surrogate import fit_surrogates


def best_labels(neighborhood: Neighborhood, number: int) -> list[Label]:
    """The most probable labels of the whole photo, best first."""
    whole = neighborhood.probabilities(1)[0]
    return [_label(neighborhood, int(index)) for index in np.argsort(whole)[::-1][:number]]


def fit_labels(
    neighborhood: Neighborhood, settings: Settings, samples: int, labels: Sequence[Label]
) -> list[LabelExplanation]:
    """Fit a surrogate to each label, on the first so many samples."""
    surrogates = fit_surrogates(
        neighborhood.masks(samples),
        neighborhood.probabilities(samples)[:, [label.index for label in labels]],
        neighborhood.design.groups(samples),
        settings.kernel_width,
    )
    return [
        LabelExplanation(label.index, label.wnid, label.name, label.probability, surrogate)
        for label, surrogate in zip(labels, surrogates, strict=True)
    ]


def explanation_of(
    neighborhood: Neighborhood, settings: Settings, samples: int, top_labels: int
) -> Explanation:
    """Explain the most probable labels from the first so many samples."""
    return Explanation(
        image=neighborhood.image,
        segments=neighborhood.segments,
        labels=tuple(fit_labels(neighborhood, settings, samples, best_labels(neighborhood, top_labels))),
        num_samples=samples,
        settings=settings,
        neighborhood=neighborhood,
    )


def with_label(explanation: Explanation, label_index: int) -> Explanation:
    """The same explanation with one more label explained, after those it has.

    Parameters
    ----------
    explanation : Explanation
        Of the photo.
    label_index : int
        A class' index, however improbable the class is.

    Raises
    ------
    ArgumentError
        There is no class of this index.
    """
    if any(label.index == label_index for label in explanation.labels):
        return explanation
    neighborhood, samples = explanation.neighborhood, explanation.num_samples
    classes = neighborhood.probabilities(1).shape[1]
    label_index = check_whole_number("label_index", label_index, least=0, most=classes - 1)
    more = fit_labels(neighborhood, explanation.settings, samples, [_label(neighborhood, label_index)])
    return replace(explanation, labels=(*explanation.labels, *more))


def _label(neighborhood: Neighborhood, index: int) -> Label:
    classifier = neighborhood.classifier
    probability = float(neighborhood.probabilities(1)[0, index])
    return Label(index, classifier.wnids[index], classifier.class_names[index], probability)

"""Says in one plain sentence what a figure or a picture shows."""

import numpy as np

from .explanation import PROS_CONS_REGIONS, Explanation, Label
from .language import Language

SETTLED = 0.9  # stability from which a picture is called settled
_ALMOST_SETTLED = 0.75
_WEAK = 0.25  # a region that speaks this much less than the strongest hardly counts


def verdict(classifier_title: str, label: Label, language: Language) -> str:
    """What the classifier says, and how surely."""
    _ = language.gettext
    if label.probability >= 0.9:
        sentence = _("{classifier} says “{label}”, and is very sure: {probability}.")
    elif label.probability >= 0.6:
        sentence = _("{classifier} says “{label}”, and is fairly sure: {probability}.")
    elif label.probability >= 0.3:
        sentence = _("{classifier} leans towards “{label}”, without being sure: {probability}.")
    else:
        sentence = _("{classifier} is unsure; its best guess is “{label}”, at only {probability}.")
    return sentence.format(
        classifier=classifier_title,
        label=language.class_name(label.name, label.wnid),
        probability=language.percent(label.probability),
    )


def focus_sentence(explanation: Explanation, label: Label, num_features: int, language: Language) -> str:
    """Which part of the photo spoke for the label."""
    _ = language.gettext
    regions = explanation.regions(label.index, True, num_features)
    name = language.class_name(label.name, label.wnid)
    if not regions:
        return _("No region speaks for “{label}”.").format(label=name)
    mask = np.isin(explanation.segments, list(regions))
    return _("For “{label}” it looked mostly at the {place}: {share} of the photo.").format(
        label=name,
        place=place(mask, language),
        share=language.percent(float(mask.mean())),
    )


def pros_cons_sentence(
    explanation: Explanation,
    label: Label,
    language: Language,
    num_features: int = PROS_CONS_REGIONS,
) -> str:
    """What speaks against the label."""
    _ = language.gettext
    regions = explanation.regions(label.index, False, num_features)
    name = language.class_name(label.name, label.wnid)
    against = {region: weight for region, weight in regions.items() if weight < 0}
    if not against:
        return _("Among the strongest regions, none speaks against “{label}”.").format(label=name)
    worst = min(against, key=lambda region: against[region])
    strongest = max(abs(weight) for weight in regions.values())
    where = place(explanation.segments == worst, language)
    if abs(against[worst]) < _WEAK * strongest:
        sentence = _("Little speaks against “{label}”; a bit does at the {place}.")
    else:
        sentence = _("What speaks against “{label}” most is at the {place}.")
    return sentence.format(label=name, place=where)


def stability_sentence(stability: float, num_samples: int, language: Language) -> str:
    """How settled the picture is."""
    _ = language.gettext
    if stability >= SETTLED:
        sentence = _("Settled: another run would choose {share} of the same regions.")
    elif stability >= _ALMOST_SETTLED:
        sentence = _("Nearly settled: another run would choose {share} of the same regions.")
    else:
        sentence = _("Still moving: another run would choose only {share} of the same regions.")
    counted = language.ngettext("{number} sample.", "{number} samples.", num_samples)
    return " ".join(
        (
            sentence.format(share=language.percent(stability)),
            counted.format(number=language.number(num_samples)),
        )
    )


def place(mask: np.ndarray, language: Language) -> str:
    """Where in the photo a region's middle is, such as “upper left”.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, W)
        The region; at least one pixel.
    """
    _ = language.gettext
    rows, columns = np.nonzero(mask)
    vertical = min(2, int(3 * (rows.mean() + 0.5) / mask.shape[0]))
    horizontal = min(2, int(3 * (columns.mean() + 0.5) / mask.shape[1]))
    names = (
        (_("upper left"), _("top"), _("upper right")),
        (_("left"), _("middle"), _("right")),
        (_("lower left"), _("bottom"), _("lower right")),
    )
    return names[vertical][horizontal]

"""Says in one plain sentence what a figure or a picture shows."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from ..judging.evidence import Answer, Comparison, Finding, Question
from ..lime.explanation import Explanation, Label
from ..reading import Reading, Settledness
from ..recipe import Target
from .language import Language
from .places import PARTS, place, place_names, place_numbers, region_places

_WEAK = 0.25  # a region that speaks this much less than the strongest hardly counts
_CLOSE = 0.7  # a runner-up with this much of the winner's probability is worth a word
_MOSTLY = 0.6  # so much of what speaks for a label is called most of it
_NOTHING = 0.0005  # a smaller change of a probability is written as none
_NO_EVIDENCE = 0.005  # and a smaller one of log-odds


def verdict(classifier_title: str, label: Label, language: Language, runner_up: Label | None = None) -> str:
    """What the classifier says, and how surely; names the second best too where it is close."""
    _ = language.gettext
    if label.probability >= 0.9:
        sentence = _("{classifier} says “{label}”, and is very sure: {probability}.")
    elif label.probability >= 0.6:
        sentence = _("{classifier} says “{label}”, and is fairly sure: {probability}.")
    elif runner_up is not None and runner_up.probability >= max(_CLOSE * label.probability, _NOTHING):
        sentence = _("{classifier} wavers between “{label}”, at {probability}, and “{other}”, at {second}.")
    elif label.probability >= 0.3:
        sentence = _("{classifier} leans towards “{label}”, without being sure: {probability}.")
    else:
        sentence = _("{classifier} is unsure; its best guess is “{label}”, at only {probability}.")
    return sentence.format(
        classifier=classifier_title,
        label=_name(label, language),
        probability=language.percent(label.probability),
        other=_name(runner_up or label, language),
        second=language.percent((runner_up or label).probability),
    )


def focus_sentence(reading: Reading, language: Language) -> str:
    """Which part of the photo spoke for the label."""
    _ = language.gettext
    label = reading.label
    weights = label.weights
    if reading.explanation.num_samples == 1:
        sentence = _("Nothing was hidden yet, so it is not known which part speaks for “{label}”.")
    elif not weights.any():
        sentence = _("No region speaks for “{label}”: whatever was hidden, it stayed at {probability}.")
    elif not reading.focus:
        sentence = _("No region speaks for “{label}”.")
    elif len(weights) == 1:
        sentence = _(
            "The photo is one single region, so no part of it speaks for “{label}” more than others."
        )
    elif max(abs(label.change_of_probability(side * np.abs(weights).sum())) for side in (1, -1)) < _NOTHING:
        sentence = _(
            "Whatever was hidden, “{label}” stayed near {probability}: this focus means very little."
        )
    elif reading.focus.keys() <= reading.uncertain:
        sentence = _("No region clearly speaks for “{label}” so far.")
    else:
        return _where_it_looked(reading, language)
    return sentence.format(label=_name(label, language), probability=language.percent(label.probability))


def _where_it_looked(reading: Reading, language: Language) -> str:
    _ = language.gettext
    segments = reading.explanation.segments
    focus = _known(reading.focus, reading)
    strength = np.zeros(PARTS)
    np.add.at(strength, place_numbers(segments)[list(focus)], list(focus.values()))
    strength /= strength.sum()
    first, second = (int(number) for number in np.argsort(-strength, kind="stable")[:2])
    if strength[first] >= _MOSTLY:
        sentence = _("For “{label}” it looked mostly at the {place}: {share} of the photo.")
    elif strength[first] + strength[second] >= _MOSTLY:
        sentence = _(
            "For “{label}” it looked mostly at the {place} and the {other_place}: {share} of the photo."
        )
    else:
        sentence = _(
            "For “{label}” it looked mostly at parts in several places, first of all at the {place}: "
            "together {share} of the photo."
        )
    places = place_names(language)
    return sentence.format(
        label=_name(reading.label, language),
        place=places[first],
        other_place=places[second],
        share=language.percent(float(np.isin(segments, list(focus)).mean())),
    )


def pros_cons_sentence(reading: Reading, language: Language) -> str:
    """What speaks against the label."""
    _ = language.gettext
    name = _name(reading.label, language)
    if not reading.against:
        return _("Among the strongest regions, none speaks against “{label}”.").format(label=name)
    against = _known(reading.against, reading)
    if not against:
        return _("Among the strongest regions, none is known to speak against “{label}”.").format(label=name)
    worst = min(against, key=lambda region: against[region])
    strongest = max(abs(weight) for weight in (*reading.pros_cons.values(), *against.values()))
    if abs(against[worst]) < _WEAK * strongest:
        sentence = _("Little speaks against “{label}”; a bit does at the {place}.")
    else:
        sentence = _("What speaks against “{label}” most is at the {place}.")
    return sentence.format(label=name, place=place(reading.explanation.segments == worst, language))


def _known(weights: Mapping[int, float], reading: Reading) -> dict[int, float]:
    """Those regions of which something can be said."""
    return {region: weight for region, weight in weights.items() if region not in reading.uncertain}


def reliability(reading: Reading, language: Language) -> tuple[float | None, str]:
    """How far another run would show the same, for a meter: the share, if there is one, and plain words."""
    _ = language.gettext
    words = {
        Settledness.UNSTEADY: _("Not to be relied on: asked twice, the classifier answers differently"),
        Settledness.FEW_REGIONS: _("No choice: the photo has no more regions than are shown"),
        Settledness.TOO_FEW: _("Too early to tell"),
        Settledness.NOTHING: _("Reliable: next time, no region would matter either"),
        Settledness.SETTLED: _("Reliability {share} – it would look much the same next time"),
        Settledness.NEARLY: _("Reliability {share} – it might look a little different next time"),
        Settledness.MOVING: _("Reliability {share} – it may well look different next time"),
    }[reading.settledness]
    has_share = reading.settledness in (Settledness.SETTLED, Settledness.NEARLY, Settledness.MOVING)
    share = reading.stability if has_share else None
    return share, words.format(share=language.percent(reading.stability))


def settledness_sentence(reading: Reading, language: Language) -> str:
    """How settled the focus is, by the recipe's threshold; and whether regions had to be merged."""
    _ = language.gettext
    explanation = reading.explanation
    regions, found = explanation.num_superpixels, explanation.neighborhood.superpixels_found
    asked_twice = explanation.disagreement
    if reading.is_settled and reading.stability >= 0.995:  # which would be written as 100%
        settled = _("Settled: another run would show regions that matter as much as these.")
    else:
        settled = _("Settled: {share} of the regions that another run would show matter as much as these.")
    sentence = {
        Settledness.UNSTEADY: unsteady_sentence(asked_twice, asked_twice.again, language)
        if asked_twice
        else "",
        Settledness.FEW_REGIONS: few_regions_sentence(regions, language),
        Settledness.TOO_FEW: _(
            "Too few samples yet for {number} regions: another run may well choose others."
        ),
        Settledness.NOTHING: _("Settled: another run would find no region either."),
        Settledness.SETTLED: settled,
        Settledness.NEARLY: _(
            "Nearly settled: {share} of the regions that another run would show matter as much as these."
        ),
        Settledness.MOVING: _(
            "Still moving: only {share} of the regions that another run would show matter as much as these."
        ),
    }[reading.settledness]
    told = sentence.format(
        share=language.percent(reading.stability),
        number=language.number(regions),
    )
    merged = [merged_sentence(found, regions, language)] if found > regions else []
    return " ".join([told, *_shared(reading, language), _counted(explanation.num_samples, language), *merged])


def _shared(reading: Reading, language: Language) -> list[str]:
    """Which regions share the last place of the focus, if any do."""
    others = reading.focus_last.others
    if not others or reading.settledness not in (Settledness.SETTLED, Settledness.NEARLY):
        return []
    sentence = language.ngettext(
        "The last place of the focus is shared: {number} more region matters as much.",
        "The last place of the focus is shared: {number} more regions matter as much.",
        len(others),
    )
    return [sentence.format(number=language.number(len(others)))]


class NamedProbability(Protocol):
    """A label, of an explanation or of a record of one."""

    @property
    def wnid(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def probability(self) -> float: ...


def unsteady_sentence(label: NamedProbability, again: float, language: Language) -> str:
    """That the classifier answers the same photo differently each time, and by how much."""
    digits = 1
    while digits < 4 and round(label.probability, 2 + digits) == round(again, 2 + digits):
        digits += 1  # until the two look as different as they are
    return language.gettext(
        "Not to be relied on: asked twice about the same photo, the classifier gave “{label}” {first} and "
        "then {second}. Whoever made it has to switch off what is random in it, such as dropout."
    ).format(
        label=language.class_name(label.name, label.wnid),
        first=language.percent(label.probability, digits),
        second=language.percent(again, digits),
    )


def few_regions_sentence(regions: int, language: Language) -> str:
    """That there are no more regions than are shown, and what to do."""
    return language.ngettext(
        "Nothing to choose from: the photo is one single region. Cut it more finely.",
        "Nothing to choose from: the photo has only {number} regions. Cut it more finely, or show fewer.",
        regions,
    ).format(number=language.number(regions))


def merged_sentence(found: int, regions: int, language: Language) -> str:
    """That a photo was cut into more regions than can be told apart."""
    return language.gettext(
        "The photo was cut into {found} regions, more than can be told apart: "
        "neighbours that look alike were merged into {number}."
    ).format(found=language.number(found), number=language.number(regions))


def _counted(samples: int, language: Language) -> str:
    counted = language.ngettext("{number} sample.", "{number} samples.", samples)
    return counted.format(number=language.number(samples))


def focus_evidence_sentence(reading: Reading, language: Language) -> str:
    """What came of hiding the focus."""
    _ = language.gettext
    sentence = {
        Finding.CONFIRMED: _(
            "Hiding the focus lowers “{label}” from {before} to {after}: it did speak for the label."
        ),
        Finding.CONTRADICTED: _(
            "The picture says that the focus speaks for it, but hiding the focus raises “{label}” "
            "from {before} to {after}: do not trust this part."
        ),
        Finding.UNNOTICEABLE: _(
            "Hiding the focus hardly changes “{label}”, from {before} to {after}: "
            "too little to confirm the picture."
        ),
        Finding.NO_CLAIM: _("Nothing speaks for “{label}”, so there was no focus to hide."),
        Finding.INCONCLUSIVE: _(
            "With the focus hidden, “{label}” goes from {before} to {after}; that proves nothing here."
        ),
    }[reading.evidence.focus_finding]
    return _with_figures(sentence, reading, Question.FOCUS_HIDDEN, language)


def against_evidence_sentence(reading: Reading, language: Language) -> str:
    """What came of hiding the regions that speak against the label."""
    _ = language.gettext
    sentence = {
        Finding.CONFIRMED: _(
            "Hiding the regions that speak against it raises “{label}” from {before} to {after}: "
            "they did hold it down."
        ),
        Finding.CONTRADICTED: _(
            "The picture says that these regions speak against it, but hiding them lowers “{label}” "
            "from {before} to {after}: do not trust this part."
        ),
        Finding.SLIGHTLY_CONTRADICTED: _(
            "Little speaks against “{label}”, and hiding that lowers it slightly instead of raising it, "
            "from {before} to {after}: those regions hardly count either way."
        ),
        Finding.UNNOTICEABLE: _(
            "Hiding the regions that speak against it hardly changes “{label}”, from {before} to {after}: "
            "too little to confirm the picture."
        ),
        Finding.NO_CLAIM: _(
            "Among the strongest regions, none is against “{label}”, so there was nothing more to hide."
        ),
        Finding.INCONCLUSIVE: _(
            "With the regions hidden that speak against it, “{label}” goes from {before} to {after}; "
            "that proves nothing here."
        ),
    }[reading.evidence.against_finding]
    return _with_figures(sentence, reading, Question.AGAINST_HIDDEN, language)


def question_title(question: Question, language: Language) -> str:
    """What is shown to the classifier when it is asked again."""
    _ = language.gettext
    return {
        Question.WHOLE: _("The whole photo"),
        Question.FOCUS_ONLY: _("Only the focus"),
        Question.FOCUS_HIDDEN: _("The focus hidden"),
        Question.AGAINST_HIDDEN: _("Opposing regions hidden"),
    }[question]


def answer_sentence(answer: Answer, label: Label, language: Language) -> str:
    """One answer in words, for those who can't see its picture."""
    _ = language.gettext
    if answer.question is Question.WHOLE:
        sentence = _("{picture}: “{label}” gets {probability}.")
    else:
        sentence = _("{picture}: “{label}” gets {probability} ({change}).")
    return sentence.format(
        picture=question_title(answer.question, language),
        label=_name(label, language),
        probability=language.percent(answer.probability),
        change=change_in_points(answer.change, language),
    )


def change_in_points(change: float, language: Language) -> str:
    """A change of a probability in percentage points, with its sign, such as “+19 points”."""
    _ = language.gettext
    if abs(change) < 0.0005:
        return _("no change")
    points = language.number(100 * abs(change), digits=0 if abs(change) >= 0.0995 else 1)
    sentence = _("+{points} points") if change > 0 else _("−{points} points")
    return sentence.format(points=points)


def weight_in_words(weight: float, target: Target, language: Language) -> str:
    """A region's weight, such as “+19 points” of probability or “evidence +0.84”."""
    if target == "probability":
        return change_in_points(weight, language)
    _ = language.gettext
    if abs(weight) < _NO_EVIDENCE:
        return _("no evidence")
    sentence = _("evidence +{number}") if weight > 0 else _("evidence −{number}")
    return sentence.format(number=language.number(abs(weight), digits=2))


def weights_meaning(target: Target, language: Language) -> str:
    """What weights add up to."""
    _ = language.gettext
    if target == "probability":
        return _("Weights are percentage points of the label’s probability, and add up.")
    return _(
        "Weights are evidence, which adds up: 0.7 more doubles the odds of the label, 0.7 less halves them."
    )


def comparison_sentence(comparison: Comparison, original: Label, hidden: int, language: Language) -> str:
    """What the classifier says with so many regions hidden; `original` is what it says of the whole photo."""
    _ = language.gettext
    best = comparison.best[0]
    if not hidden:
        sentence = _("Nothing is hidden: it says “{label}”, at {now}.")
    elif best.index == original.index:
        sentence = language.ngettext(
            "With {number} region hidden it still says “{label}”: {before} before, {now} now.",
            "With {number} regions hidden it still says “{label}”: {before} before, {now} now.",
            hidden,
        )
    else:
        sentence = language.ngettext(
            "With {number} region hidden it says “{label}”, at {now}, and no longer “{original}”.",
            "With {number} regions hidden it says “{label}”, at {now}, and no longer “{original}”.",
            hidden,
        )
    return sentence.format(
        number=language.number(hidden),
        label=_name(best, language),
        original=_name(original, language),
        before=language.percent(best.probability),
        now=language.percent(best.now),
    )


def contrast_sentence(explanation: Explanation, label: Label, other: Label, language: Language) -> str:
    """Which part of the photo speaks for one label rather than for another, and which the other way round."""
    _ = language.gettext
    differences = explanation.contrast(label.index, other.index)
    places = region_places(explanation.segments, language)
    first = max(differences, key=lambda region: differences[region], default=None)
    second = min(differences, key=lambda region: differences[region], default=None)
    if first is None or second is None:
        sentence = _("No region tells “{label}” from “{other}”.")
        return sentence.format(label=_name(label, language), other=_name(other, language))
    if differences[second] > 0:
        sentence = _(
            "Every strong region speaks for “{label}” rather than “{other}”, most of all the {place}."
        )
    elif differences[first] < 0:
        sentence = _(
            "Every strong region speaks for “{other}” rather than “{label}”, most of all the {other_place}."
        )
    elif places[first] == places[second]:
        sentence = _(
            "The strongest regions for “{label}” and for “{other}” both lie in the same part: the {place}."
        )
    else:
        sentence = _(
            "The {place} speaks for “{label}” rather than “{other}”; "
            "the {other_place} speaks for “{other}” instead."
        )
    return sentence.format(
        label=_name(label, language),
        other=_name(other, language),
        place=places[first],
        other_place=places[second],
    )


def region_names(reading: Reading, language: Language) -> dict[int, str]:
    """What to call each superpixel, such as “Region 12 · upper left”; the strongest first."""
    _ = language.gettext
    explanation = reading.explanation
    places = region_places(explanation.segments, language)
    return {
        region: _("Region {number} · {place}").format(
            number=language.number(region + 1), place=places[region]
        )
        for region in explanation.regions(reading.label.index, False, explanation.num_superpixels)
    }


def region_descriptions(reading: Reading, language: Language) -> dict[int, str]:
    """What is known of each superpixel, such as “Region 12 · upper left · speaks for · evidence +0.84”.

    Whether it speaks for or against the label is said only of those that count most.
    """
    _ = language.gettext
    weights, strongest = reading.label.weights, reading.strongest
    told = {}
    for region, name in region_names(reading, language).items():
        parts = [name]
        if weight := strongest.get(region):
            parts.append(_("speaks for") if weight > 0 else _("speaks against"))
        if reading.explanation.num_samples > 1:
            parts.append(weight_in_words(weights[region], reading.label.target, language))
        told[region] = " · ".join(parts)
    return told


def _name(label: Label, language: Language) -> str:
    return language.class_name(label.name, label.wnid)


def _with_figures(sentence: str, reading: Reading, question: Question, language: Language) -> str:
    answer = reading.evidence.answer(question)
    return sentence.format(
        label=_name(reading.label, language),
        before=language.percent(answer.probability - answer.change if answer else 0),
        after=language.percent(answer.probability if answer else 0),
    )

"""Says in plain sentences whether a picture is right: how well it passes its test, and what others say."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from babel.lists import format_list

from ..judging.curves import Curves
from ..judging.methods import Method
from ..judging.opinions import Opinion, SecondOpinions
from ..judging.sanity import SanityCheck
from ..judging.smallest import SmallestSets
from ..lime.explanation import Explanation, Label
from .language import Language
from .places import PARTS, place_names, shares_of_parts

_IMPROBABLE = 0.02  # of what is less probable, a half is hardly a change
_AS_SOON = 0.03  # of the photo's area: less than that between two curves is chance
_CLEARLY = 0.05  # of the whole photo's probability: a smaller gain is chance
_ABOUT_EQUAL = 0.02  # a difference of gains
_POINTS_TO = 0.2  # of the most important tenth of the area lies there; twice as much as by chance
_SINGLE = 1 / 3  # and this much where it is to be called a place of its own
_CUTS_AGREE = 0.35  # good photos' cuts: 0.35 to 0.55 at 256 samples
_CUTS_HARDLY_AGREE = 0.15
_ANOTHER_PICTURE = 0.3  # rank correlation with a network that has learned nothing
_SAME_PICTURE = 0.6
_ROUNDING = 1e-5


class Explained(Protocol):
    """What sentences on deciding regions need of an explanation."""

    @property
    def labels(self) -> Sequence[Label]: ...

    @property
    def num_superpixels(self) -> int: ...

    def label(self, label_index: int, /) -> Label: ...


def quality_sentence(curves: Curves, chance: Curves, label: Label, language: Language) -> str:
    """How soon hiding what a picture points to halves the probability, compared with a random order."""
    _ = language.gettext
    whole, half, by_chance = float(curves.deletion[0]), curves.half, chance.half
    is_sooner = half is not None and (by_chance is None or half < by_chance - _AS_SOON)
    if _is_improbable(curves):
        sentence = _("The whole photo gets only {whole} for “{label}”, too little to test a picture by.")
    elif half is None and by_chance is None:
        sentence = _("Even with everything hidden, “{label}” keeps {left} of its probability.")
    elif half is None:
        sentence = _("Hiding what it points to never halves “{label}”; in a random order it takes {chance}.")
    elif by_chance is None:
        sentence = _(
            "Hiding the first {share} of the photo that it points to halves “{label}”; "
            "in a random order it never falls so far."
        )
    elif is_sooner:
        sentence = _(
            "Hiding the first {share} of the photo that it points to halves “{label}”; "
            "in a random order it takes {chance}."
        )
    else:
        sentence = _(
            "To halve “{label}” by hiding what it points to takes {share} of the photo, "
            "and in a random order {chance}."
        )
    told = [
        sentence.format(
            label=_name(label, language),
            whole=language.percent(whole),
            left=language.percent(curves.left(1), 0),
            share=language.percent(half or 0, 0),
            chance=language.percent(by_chance or 0, 0),
        )
    ]
    if _is_improbable(curves) or (is_sooner and _beats_chance(curves)):
        return told[0]
    if is_sooner:
        verdict = _("All in all, though, this picture is no better than chance.")
    elif _beats_chance(curves):
        verdict = _("All in all, though, this picture is better than chance.")
    elif curves.gain < -_CLEARLY * whole:
        verdict = _("This picture is worse than chance.")
    else:
        verdict = _("This picture is no better than chance.")
    return " ".join([*told, verdict])


def cross_check_sentence(opinion: Opinion, language: Language) -> str:
    """Whether a picture passes its test hidden in another way, too; empty where there is nothing to say."""
    _ = language.gettext
    if opinion.curves is None or opinion.check is None or _is_improbable(opinion.curves):
        return ""
    return {
        (True, True): _(
            "With parts hidden in another way than when it was made, this picture beats chance too."
        ),
        (True, False): _(
            "With parts hidden in another way than when it was made, this picture is no better than chance: "
            "it may depend on how they are hidden."
        ),
        (False, True): _(
            "With parts hidden in another way than when it was made, this picture does beat chance."
        ),
        (False, False): _(
            "With parts hidden in another way than when it was made, this picture is no better than chance "
            "either."
        ),
    }[_beats_chance(opinion.curves), _beats_chance(opinion.check)]


def method_title(method: Method, language: Language) -> str:
    """What a method is called."""
    _ = language.gettext
    titles = {
        "lime-cuts": _("LIME with three cuts"),
        "occlusion": _("Occlusion"),
        "shapley": _("Shapley values"),
    }
    return titles.get(method.name, method.title)


def method_meaning(method: Method, language: Language) -> str:
    """What a method does, in one plain sentence."""
    _ = language.gettext
    return {
        "lime": _(
            "Hides about half of the regions at a time, in many ways, and works out what each one adds."
        ),
        "lime-cuts": _(
            "The same with the photo cut into regions in three ways, so that less depends on one cut."
        ),
        "occlusion": _("Hides each region on its own, shows each on its own, and looks at what changes."),
        "rise": _(
            "Covers the photo with random patches, whatever is in it, and looks at where it helps to see it."
        ),
        "shapley": _(
            "Shares out among the regions what they achieve together: what each one adds on average, "
            "whichever others are shown."
        ),
        "grad-cam": _(
            "Hides nothing, but looks inside the network: at where the patterns lie that raise the label."
        ),
    }[method.name]


def best_sentence(opinions: SecondOpinions, language: Language) -> str:
    """Whose map passed the test best; empty as long as there are no two to compare, or nothing to say."""
    _ = language.gettext
    gains = {o.method.name: (o.curves.gain, o) for o in opinions.opinions if o.curves is not None}
    best = opinions.best
    if best is None or best.curves is None or len(gains) < 2 or _is_improbable(best.curves):
        return ""
    near = [found for gain, found in gains.values() if gain >= best.curves.gain - _ABOUT_EQUAL]
    if not _beats_chance(best.curves):
        sentence = _("On this photo, none of these pictures passed the test clearly better than chance.")
    elif len(near) == 1:
        sentence = _("{methods} passed the test best, with at most {number} questions for each.")
    elif any(found.method.name == "lime" for found in near):
        sentence = _("None passed the test clearly better than Limelight’s own picture.")
    else:
        sentence = _(
            "{methods} passed the test best, about equally well, with at most {number} questions for each."
        )
    return sentence.format(
        methods=_titles(near, language),
        number=language.number(max(found.passes for _gain, found in gains.values())),
    )


def figure_sentence(centre: Curves, language: Language) -> str:
    """What the figure of a map means, and how a map is to be read."""
    return language.gettext(
        "Each figure is how much more probable the label is, on average, with the most important part shown "
        "than with it hidden: 0 is chance, and covering the photo from its middle outwards gets {centre}. "
        "The stronger the colour, the more important the place; the line is around the most important tenth."
    ).format(centre=language.number(centre.gain, 2))


def agreement_sentences(opinions: SecondOpinions, language: Language) -> list[str]:
    """To which part of the photo the methods point: a sentence where they agree, and one where they don't."""
    _ = language.gettext
    finished = [opinion for opinion in opinions.opinions if _points_anywhere(opinion)]
    if len(finished) < 2:
        return []
    shares = np.array([shares_of_parts(opinions.strongest(opinion)) for opinion in finished])
    first = shares.argmax(axis=1)
    points_to = shares >= _POINTS_TO
    # Where most of them point to, and of such places the one to which they do the most.
    common = int(np.lexsort((shares.sum(axis=0), points_to.sum(axis=0)))[-1])
    places = place_names(language)
    agreeing = int(points_to[:, common].sum())
    if 2 * agreeing <= len(finished):
        sentence, points_to[:] = _("They point to different places."), False
    elif agreeing < len(finished):
        sentence = _("{some} of {number} methods point to the {place}.")
    elif agreeing == 2:
        sentence = _("Both methods point to the {place}.")
    else:
        sentence = _("All {number} methods point to the {place}.")
    told = [
        sentence.format(
            some=language.number(agreeing), number=language.number(len(finished)), place=places[common]
        )
    ]
    elsewhere = np.where(shares.max(axis=1) >= _SINGLE, first, PARTS)
    for part in dict.fromkeys(elsewhere[~points_to[:, common]].tolist()):
        others = [
            opinion
            for opinion, own, agrees in zip(finished, elsewhere, points_to[:, common], strict=True)
            if own == part and not agrees
        ]
        if part == PARTS:
            sentence = _("According to {methods}, it is no single place.")
        else:
            sentence = _("According to {methods}, it is rather the {place}.")
        told.append(sentence.format(methods=_titles(others, language), place=(*places, "")[part]))
    return told


def _points_anywhere(opinion: Opinion) -> bool:
    """Whether there is a map, and more to it than rounding."""
    heat_map = opinion.heat_map
    return heat_map is not None and bool(np.ptp(heat_map) > _ROUNDING * np.abs(heat_map).max())


def enough_sentence(sets: SmallestSets, explanation: Explained, language: Language) -> str:
    """On which regions alone a label stands."""
    _ = language.gettext
    label, found = explanation.label(sets.label_index), sets.enough
    name = _name(label, language)
    if found is None:
        return _("However many of the regions are shown alone, it does not say “{label}”.").format(label=name)
    number, probability = len(found.regions), language.percent(found.probability)
    if not number:
        sentence = _("It says “{label}” even with everything hidden ({probability}): no region is needed.")
    elif number == explanation.num_superpixels:
        sentence = _("It takes all regions together for it to say “{label}” ({probability}).")
    elif explanation.labels[0].index == label.index:
        sentence = language.ngettext(
            "This region is enough: with all else hidden, it still says “{label}” ({probability}).",
            "These {number} regions are enough: with all else hidden, it still says “{label}” "
            "({probability}).",
            number,
        )
    else:
        sentence = language.ngettext(
            "With all but this region hidden, it does say “{label}” ({probability}).",
            "With all but these {number} regions hidden, it does say “{label}” ({probability}).",
            number,
        )
    told = sentence.format(label=name, probability=probability, number=language.number(number))
    if number < 2 or number == explanation.num_superpixels:
        return told
    return " ".join(
        [told, _("Fewer are not enough.") if found.is_fewest else _("None of them can be left out.")]
    )


def without_sentence(sets: SmallestSets, explanation: Explained, language: Language) -> str:
    """Without which regions a label falls."""
    _ = language.gettext
    label, found = explanation.label(sets.label_index), sets.without
    name = _name(label, language)
    if explanation.labels[0].index != label.index:
        return _(
            "Of the whole photo it says something else than “{label}”: there is nothing to topple."
        ).format(label=name)
    if found is None:
        return _("However many regions are hidden, it goes on saying “{label}”.").format(label=name)
    number = len(found.regions)
    if number == explanation.num_superpixels:
        sentence = _("Only with all regions hidden would it say “{other}” ({probability}).")
    else:
        sentence = language.ngettext(
            "Without this region it would say “{other}” ({probability}).",
            "Without these {number} regions it would say “{other}” ({probability}).",
            number,
        )
    told = sentence.format(
        other=_name(found.best, language),
        probability=language.percent(found.best.probability),
        number=language.number(number),
    )
    if number < 2 or number == explanation.num_superpixels:
        return told
    return " ".join(
        [told, _("Hiding fewer is not enough.") if found.is_fewest else _("None of them can be left out.")]
    )


def sanity_sentence(check: SanityCheck, explanation: Explanation, language: Language) -> str:
    """Whether a picture comes from what the network has learned."""
    _ = language.gettext
    if check.agreement < _ANOTHER_PICTURE:
        sentence = _(
            "The same network with random weights gives another picture (rank correlation {agreement}): "
            "this one comes from what {classifier} has learned."
        )
    elif check.agreement < _SAME_PICTURE:
        sentence = _(
            "The same network with random weights gives a picture that is partly alike (rank correlation "
            "{agreement}): not all of this one comes from what {classifier} has learned."
        )
    else:
        sentence = _(
            "The same network with random weights gives much the same picture (rank correlation "
            "{agreement}): do not trust this one, it would look so whatever {classifier} had learned."
        )
    return sentence.format(
        agreement=_correlation(check.agreement, language), classifier=explanation.classifier.title
    )


def cuts_sentence(explanation: Explanation, label_index: int, language: Language) -> str:
    """Whether several cuts agree on where the weights are, and where the least; empty for one cut."""
    _ = language.gettext
    agreement = explanation.cut_agreement(label_index)
    if agreement is None:
        return ""
    cuts = (explanation, *explanation.further)
    differences = np.std([cut.spread(cut.label(label_index).weights) for cut in cuts], axis=0)
    if agreement >= _CUTS_AGREE:
        sentence = _(
            "The photo was cut in {number} ways, which agree on where the weights are (correlation "
            "{agreement}); they differ the most at the {place}."
        )
    elif agreement >= _CUTS_HARDLY_AGREE:
        sentence = _(
            "The photo was cut in {number} ways, which agree only roughly on where the weights are "
            "(correlation {agreement}); they differ the most at the {place}."
        )
    else:
        sentence = _(
            "The photo was cut in {number} ways, which hardly agree on where the weights are (correlation "
            "{agreement}), least of all at the {place}: more samples may help."
        )
    return sentence.format(
        number=language.number(len(cuts)),
        agreement=_correlation(agreement, language),
        place=place_names(language)[int(shares_of_parts(differences).argmax())],
    )


def _is_improbable(curves: Curves) -> bool:
    return float(curves.deletion[0]) < _IMPROBABLE


def _beats_chance(curves: Curves) -> bool:
    return curves.gain > _CLEARLY * float(curves.deletion[0])


def _titles(opinions: Iterable[Opinion], language: Language) -> str:
    titles = [method_title(opinion.method, language) for opinion in opinions]
    return str(format_list(titles, locale=language.code))


def _correlation(value: float, language: Language) -> str:
    return language.number(round(value, 2) + 0.0, 2)  # no minus before 0


def _name(label: Label, language: Language) -> str:
    return language.class_name(label.name, label.wnid)

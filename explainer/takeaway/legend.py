"""What the colours of pros and cons mean: a scale of strength for each side, as data and as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..pictures.draw import DEFAULT_PALETTE, PALE, Palette, shades
from ..reading import Reading
from ..recipe import Target
from ..words.language import Language
from ..words.sentences import weight_in_words
from .templates import environment

if TYPE_CHECKING:
    from markupsafe import Markup

_STEPS = 6  # of a scale


@dataclass(frozen=True)
class LegendEntry:
    """One side of a picture.

    Attributes
    ----------
    meaning : str
        What its regions say.
    line : {"solid", "dashed", "dotted"}
        The outline around them.
    colour : str
        Of the outline, for CSS.
    scale : tuple of str
        The colours within, from the weakest to that of the strongest region of this side.
    ends : tuple of str
        What stands at the two ends of the scale; empty where no region is of this side.
    """

    meaning: str
    line: str
    colour: str
    scale: tuple[str, ...]
    ends: tuple[str, str] = ("", "")


def legend(
    weights: Mapping[int, float],
    meanings: Sequence[str],
    palette: Palette,
    language: Language,
    target: Target = "probability",
    of_two_labels: bool = False,
) -> list[LegendEntry]:
    """The legend of what `draw_pros_cons` draws.

    Parameters
    ----------
    weights, palette
        As for `draw_pros_cons`.
    meanings : sequence of str
        What regions of a positive weight say and, unless there can't be any, those of a negative one.
    language : Language
        What the ends of the scales are written in.
    target : {"probability", "log-odds"}
        What the weights add up to.
    of_two_labels : bool
        The two sides are those of two labels, so that what is negative is a gain of the second.
    """
    strongest = max((abs(weight) for weight in weights.values()), default=0.0)
    entries = []
    for meaning, sign in zip(meanings, (1, -1), strict=False):
        most = max((sign * weight for weight in weights.values()), default=0.0)
        if most > 0:
            weight = most if of_two_labels else sign * most
            ends = (language.number(0), _weight(weight, target, language))
            entries.append(_entry(meaning, sign, palette, ends, most / strongest))
        else:
            entries.append(_entry(meaning, sign, palette))
    return entries


def reading_legend(
    reading: Reading, palette: Palette, language: Language, every: bool = False
) -> list[LegendEntry]:
    """The legend of a reading's pictures; `every` is for one that stays as long as pictures change."""
    meanings = _meanings(language)[: 1 if reading.positive_only else 2]
    entries = legend(reading.pros_cons, meanings, palette, language, reading.label.target)
    shared, uncertain = _doubts(palette, language)
    if every or reading.focus_last.shown or reading.pros_cons_last.shown:
        entries.append(shared)
    if every or reading.uncertain & (reading.focus.keys() | reading.pros_cons.keys()):
        entries.append(uncertain)
    return entries


def general_legend(
    language: Language, palette: Palette = DEFAULT_PALETTE, positive_only: bool = False
) -> list[LegendEntry]:
    """The legend of many pictures, each of which has a scale of its own."""
    ends = language.gettext("weak"), language.gettext("strong")
    sides = list(zip(_meanings(language), (1, -1), strict=True))[: 1 if positive_only else 2]
    entries = [_entry(meaning, sign, palette, ends) for meaning, sign in sides]
    return [*entries, *_doubts(palette, language)]


def legend_html(entries: Sequence[LegendEntry]) -> "Markup":
    """The same as HTML that needs no style sheet."""
    from markupsafe import Markup

    template = environment(Path(__file__).with_name("templates")).get_template("legend.html")
    return Markup(template.render(entries=entries))  # nosec B704


def _meanings(language: Language) -> tuple[str, str]:
    return language.gettext("speaks for the label"), language.gettext("speaks against it")


def _doubts(palette: Palette, language: Language) -> tuple[LegendEntry, LegendEntry]:
    """Regions that share the last place, and those that are not told from chance."""
    _ = language.gettext
    colour, none = _css(palette.speaks_for), ("transparent", "transparent")
    return (
        LegendEntry(_("others matter as much"), "dotted", colour, none),
        LegendEntry(_("pale: not known yet"), "solid", _css(PALE), (_css(PALE),) * 2),
    )


def _weight(weight: float, target: Target, language: Language) -> str:
    if target == "probability" and abs(weight) < 0.0005:  # no change elsewhere, but it is coloured here
        return language.gettext("under {points} points").format(points=language.number(0.1, 1))
    return weight_in_words(weight, target, language)


def _entry(
    meaning: str, sign: int, palette: Palette, ends: tuple[str, str] = ("", ""), reach: float = 1.0
) -> LegendEntry:
    colour, line = (palette.speaks_for, "solid") if sign > 0 else (palette.speaks_against, "dashed")
    every = shades(colour)
    last = round(reach * (len(every) - 1))
    scale = tuple(_css(every[last * step // (_STEPS - 1)]) for step in range(_STEPS))
    return LegendEntry(meaning, line, _css(colour), scale, ends)


def _css(colour: Sequence[int]) -> str:
    red, green, blue = colour
    return f"rgb({red}, {green}, {blue})"

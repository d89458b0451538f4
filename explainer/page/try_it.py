"""Hiding regions by hand, to see what the classifier says then."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import streamlit as st

from ..errors import ExplainerError
from ..judging.evidence import ComparedLabel, Comparison, compare
from ..pictures.draw import draw_hidden, region_middles, region_paths
from ..pictures.encode import data_uri, jpeg
from ..words.language import Language
from ..words.sentences import comparison_sentence, region_descriptions, region_names
from . import links
from .evidence import change_markup
from .markup import escape, plain
from .result import Result
from .scripts import mount

_MOST_STEPS = 200  # that can be undone
_PHOTO = "try-photo"


@dataclass
class Trial:
    """What a visitor did to one photo: the hidden regions after each step, the last one being now."""

    place: str
    regions: int
    steps: list[frozenset[int]] = field(default_factory=lambda: [frozenset()])
    last_click: int = 0

    @property
    def hidden(self) -> frozenset[int]:
        return self.steps[-1]

    def hide(self, regions: Iterable[int]) -> None:
        """Hide exactly these."""
        hidden = frozenset(regions)
        if hidden != self.hidden and hidden <= {*range(self.regions)}:
            self.steps = [*self.steps, hidden][-_MOST_STEPS:]

    def click(self, clicks: Iterable[tuple[int, int]]) -> None:
        """Hide each region that was clicked, or show it again.

        Parameters
        ----------
        clicks : iterable of (int, int)
            The number of each click, and its region. The browser sends a click again until it is told that it
            was taken, so that none is lost where one request takes another's place.
        """
        for number, region in clicks:
            if number > self.last_click:
                self.last_click = number
                self.hide(self.hidden ^ {region})

    def read(self, link: str) -> frozenset[int]:
        """The regions that a link holds, as `link` writes them; none if they are of another cut."""
        found = re.fullmatch(rf"(\d{{1,4}}(?:-\d{{1,4}})*)_of_{self.regions}", link, re.ASCII)
        return frozenset(int(number) - 1 for number in found[1].split("-")) if found else frozenset()

    @property
    def link(self) -> str:
        """What is hidden, as a link holds it, such as “3-7-12_of_52”."""
        numbers = "-".join(str(region + 1) for region in sorted(self.hidden))
        return f"{numbers}_of_{self.regions}" if numbers else ""

    def undo(self) -> None:
        if len(self.steps) > 1:
            self.steps = self.steps[:-1]


@st.fragment
def show(result: Result) -> None:
    """Draw the section; a click draws this section alone again."""
    language = result.language
    _ = language.gettext
    trial = _trial(result)
    st.header(_("Try it yourself"), anchor=False)
    st.caption(_("Click a region to hide it, and click it again to show it."))
    photo_column, table_column = st.columns(2, gap="medium")
    with photo_column:
        _show_photo(result, trial)
        sentence = st.container()
        _show_buttons(result, trial)
    try:
        comparison = compare(result.explanation, trial.hidden)
    except ExplainerError as error:
        sentence.error(language.error(error), icon=":material/error:")
        return
    original = result.explanation.labels[0]
    text = comparison_sentence(comparison, original, len(trial.hidden), language)
    sentence.html(f"<p class='finding' role='status'>{escape(text)}</p>")
    with table_column:
        st.html(_table(comparison, result.label.index, language))
        st.caption(_("A bar is the probability now; the upright line is what the whole photo gets."))


def _trial(result: Result) -> Trial:
    """What was done to the photo: first what the link says, which then follows."""
    trial: Trial | None = st.session_state.get("trial")
    is_other = trial is None or trial.place != result.place
    if trial is None or is_other:
        trial = st.session_state.trial = Trial(result.place, result.explanation.num_superpixels)
    if links.is_new("hidden") or is_other:
        trial.hide(trial.read(links.asked("hidden") or ""))
    else:
        links.ask("hidden", trial.link or None)
    return trial


def _show_photo(result: Result, trial: Trial) -> None:
    language, palette = result.language, result.palette
    _ = language.gettext
    hide_color = str(result.explanation.recipe.hide_color)
    regions, strongest = range(trial.regions), result.reading.strongest
    names = region_names(result.reading, language)
    descriptions = region_descriptions(result.reading, language)
    mount(
        "try_it",
        _PHOTO,
        {
            **_drawing(trial.place, hide_color, result),
            "place": trial.place,
            "names": [names[region] for region in regions],
            "descriptions": [descriptions[region] for region in regions],
            "weights": [strongest.get(region, 0) for region in regions],
            "order": list(names),
            "hidden": sorted(trial.hidden),
            "lastClick": trial.last_click,
            "colours": [palette.speaks_for, palette.speaks_against],
            "words": {
                "photo": _("The photo’s regions"),
                "sides": [_("speaks for the label"), _("speaks against it")],
                "isHidden": _("hidden"),
                "hidden": _("Hidden regions"),
                "choose": _("Choose here or click in the photo"),
                "show": _("Show it again"),
            },
        },
        {"clicks": _take_clicks},
    )


def _take_clicks() -> None:
    sent, trial = st.session_state[_PHOTO].clicks, st.session_state.trial
    if sent["place"] == trial.place:  # else another photo is looked at by now
        trial.click(sent["clicks"])


@st.cache_data(show_spinner=False, max_entries=16)
def _drawing(place: str, hide_color: str, _result: Result) -> dict[str, Any]:
    """What of the photo depends on neither clicks nor weights."""
    canvas, neighborhood = _result.photo.canvas, _result.explanation.neighborhood
    return {
        "drawing": f"{place}-{hide_color}",
        "size": canvas.size,
        "picture": data_uri(jpeg(canvas, quality=88)),
        "behind": data_uri(jpeg(draw_hidden(neighborhood), quality=95)),
        "paths": region_paths(neighborhood.segments, canvas.size),
        "middles": region_middles(neighborhood.segments),
    }


def _show_buttons(result: Result, trial: Trial) -> None:
    language, reading = result.language, result.reading
    _ = language.gettext
    name = plain(language.class_name(result.label.name, result.label.wnid))
    rest = {*range(trial.regions)} - {*reading.focus}
    nothing_against = _("Among the strongest regions, none speaks against “{label}”.").format(label=name)
    nothing_for = _("No region speaks for “{label}”.").format(label=name)
    hide = trial.hide
    with st.container(horizontal=True, gap="small", key="try-buttons"):
        _button(
            "against",
            _("Hide what speaks against"),
            partial(hide, reading.against),
            not reading.against and nothing_against,
        )
        _button("focus", _("Keep only the focus"), partial(hide, rest), not reading.focus and nothing_for)
        _button(
            "undo",
            _("Undo"),
            trial.undo,
            len(trial.steps) == 1 and _("There is nothing to undo."),
            ":material/undo:",
        )
        _button(
            "reset",
            _("Reset"),
            partial(hide, ()),
            not trial.hidden and _("Nothing is hidden."),
            ":material/restart_alt:",
        )


def _button(
    name: str, text: str, act: Callable[[], None], obstacle: str | Literal[False], icon: str | None = None
) -> None:
    """Draw a button; an obstacle says why it can't be pressed."""
    st.button(
        text, key=f"try-{name}", icon=icon, on_click=act, disabled=bool(obstacle), help=obstacle or None
    )


def _table(comparison: Comparison, explained: int, language: Language) -> str:
    _ = language.gettext
    rows = "".join(_row(label, explained, language) for label in comparison.best)
    if comparison.displaced:
        heading = escape(_("No longer among the best"))
        rows += f"<tr><th colspan='2' scope='colgroup' class='displaced'>{heading}</th></tr>"
        rows += "".join(_row(label, explained, language) for label in comparison.displaced)
    return (
        f"<table class='labels trial'><thead><tr><th scope='col'>{escape(_('Best labels now'))}</th>"
        f"<th scope='col' class='number'>{escape(_('Before → now'))}</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _row(label: ComparedLabel, explained: int, language: Language) -> str:
    name = escape(language.class_name(label.name, label.wnid))
    if label.index == explained:
        name = f"<b>{name}</b>"
    return (
        f"<tr><td class='moved'>{name}<span class='track' aria-hidden='true'>"
        f"<span style='width:{100 * label.now:.1f}%'></span>"
        f"<i style='left:{100 * label.probability:.1f}%'></i></span></td>"
        f"<td class='number'>{escape(language.percent(label.probability))} → "
        f"<b>{escape(language.percent(label.now))}</b><br>{change_markup(label.change, language)}</td></tr>"
    )

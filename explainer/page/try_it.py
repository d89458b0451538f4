"""Hiding regions by hand, to see what the classifier says then."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st
from PIL import Image
from streamlit_image_coordinates import streamlit_image_coordinates

from ..errors import ExplainerError
from ..judging.evidence import ComparedLabel, Comparison, compare
from ..lime.explanation import Explanation
from ..lime.neighborhood import digest
from ..pictures.draw import hide_regions, outline_regions, paste_layer, region_at
from ..words.language import Language
from ..words.sentences import comparison_sentence, region_names
from .evidence import change_markup
from .markup import escape
from .result import Result

_KEPT_TRIALS = 8
_MOST_STEPS = 200  # that can be undone


@dataclass
class Trial:
    """What a visitor did to one photo: the hidden regions after each step, the last one being now."""

    steps: list[frozenset[int]] = field(default_factory=lambda: [frozenset()])
    last_click: float | None = None

    @property
    def hidden(self) -> frozenset[int]:
        return self.steps[-1]

    def hide(self, regions: Iterable[int]) -> None:
        """Hide exactly these."""
        hidden = frozenset(regions)
        if hidden != self.hidden:
            self.steps = [*self.steps, hidden][-_MOST_STEPS:]

    def click(self, point: Mapping[str, float] | None, explanation: Explanation) -> None:
        """Hide the region that was clicked, or show it again.

        The component keeps its last click for ever; its time tells a new one.
        """
        if not point or point["unix_time"] == self.last_click or not point["width"] or not point["height"]:
            return
        self.last_click = point["unix_time"]
        across, down = point["x"] / point["width"], point["y"] / point["height"]
        self.hide(self.hidden ^ {region_at(explanation.segments, across, down)})

    def undo(self) -> None:
        if len(self.steps) > 1:
            self.steps = self.steps[:-1]


@st.fragment
def show(result: Result) -> None:
    """Draw the section; a click draws this section alone again."""
    language = result.language
    _ = language.gettext
    segmentation = digest(result.explanation.segments)[:16]
    place = f"{result.photo.key}-{result.explanation.classifier.name}-{segmentation}"
    trial = _trial(place)
    st.markdown(f"#### {_('Try it yourself')}")
    st.caption(_("Click a region to hide it, and click it again to show it."))
    photo_column, table_column = st.columns(2, gap="medium")
    with photo_column:
        with st.container(key="try-photo"):
            _show_photo(result, trial, place, segmentation)
        sentence = st.empty()
        _show_buttons(result, trial)
        _choose_regions(result, trial, place)
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


def _trial(place: Hashable) -> Trial:
    trials: OrderedDict[Hashable, Trial] = st.session_state.setdefault("trials", OrderedDict())
    trial = trials.setdefault(place, Trial())
    trials.move_to_end(place)
    while len(trials) > _KEPT_TRIALS:
        trials.popitem(last=False)
    return trial


def _show_photo(result: Result, trial: Trial, place: str, segmentation: str) -> None:
    canvas, segments = result.photo.canvas, result.explanation.segments
    picture = hide_regions(canvas, segments, trial.hidden)
    key = f"try-{place}"
    # The component's frame keeps its height when the window changes its width.
    st.html(
        f"<style>.st-key-try-photo iframe {{ aspect-ratio: {canvas.width} / {canvas.height}; "
        "height: auto; }</style>"
    )
    streamlit_image_coordinates(
        paste_layer(picture, _outlines(segmentation, canvas.size, segments)),
        key=key,
        width="stretch",
        image_format="JPEG",
        jpeg_quality=88,
        cursor="pointer",
        on_click=lambda: trial.click(st.session_state.get(key), result.explanation),
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _outlines(segmentation: str, size: tuple[int, int], _segments: Any) -> Image.Image:
    """Lines take ten times as long as all else that a click draws, and are always the same."""
    return outline_regions(_segments, size)


def _show_buttons(result: Result, trial: Trial) -> None:
    _ = result.language.gettext
    focus, against = result.reading.focus, result.reading.against
    rest = set(range(result.explanation.num_superpixels)) - set(focus)
    with st.container(horizontal=True, gap="small", key="try-buttons"):
        _button("against", _("Hide what speaks against"), partial(trial.hide, against), not against)
        _button("focus", _("Keep only the focus"), partial(trial.hide, rest), not focus)
        _button("undo", _("Undo"), trial.undo, len(trial.steps) == 1, ":material/undo:")
        _button("reset", _("Reset"), partial(trial.hide, ()), not trial.hidden, ":material/restart_alt:")


def _button(name: str, text: str, act: Callable[[], None], disabled: bool, icon: str | None = None) -> None:
    st.button(text, key=f"try-{name}", icon=icon, on_click=act, disabled=disabled)


def _choose_regions(result: Result, trial: Trial, place: str) -> None:
    """The same as the clicks, for a keyboard and a screen reader."""
    _ = result.language.gettext
    names = region_names(result.reading, result.language)
    key = f"try-regions-{place}"

    def choose() -> None:
        trial.hide(region for region in st.session_state[key] if region in names)

    st.session_state[key] = [region for region in names if region in trial.hidden]
    st.multiselect(
        _("Hidden regions"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        placeholder=_("None; choose here or click in the photo"),
        help=_("The same as clicking, for a keyboard. The regions that count most come first."),
        select_all=False,
        on_change=choose,
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

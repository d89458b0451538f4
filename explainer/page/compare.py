"""Two results side by side: one that is pinned, and whatever the page shows now; and the last few again.

A pinned result is what was set for it, which the link holds; for another photo it is made anew.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from ..classifiers.catalogue import catalogue, load_classifier
from ..errors import ExplainerError
from ..lime.explanation import Label
from ..pictures.draw import DEFAULT_PALETTE, draw_reading
from ..pictures.encode import data_uri, jpeg, smaller
from ..reading import Reading, area_in_common
from ..recipe import Recipe
from ..words.language import Language
from ..words.sentences import focus_sentence, pros_cons_sentence, reliability
from ..words.settings import settings_in_words, timings_in_words
from . import links
from .controls import FEWEST_REGIONS, MOST_REGIONS, Settings, tell_where_photos_go
from .intake import EXAMPLE, take_example, take_photo
from .live import Live
from .markup import plain
from .result import MOST_SAMPLES, Result, linked_samples
from .scripts import mount
from .session import remembered
from .tuning import LIMITS, USUAL, from_widgets, in_widgets, set_widgets

BEST = -1
"""In place of a label's index: whichever is the best one."""
_SIDE = 480  # pixels of the longer side: two fit beside each other on most screens
_EARLIER = 8
_LONGEST = 1000  # characters of a link's pin; all settings together have half as many
_LIMITS: dict[str, tuple[Any, Any]] = {
    "num_samples": (1, MOST_SAMPLES),
    "samples_here": (0, MOST_SAMPLES),
    "num_features": (FEWEST_REGIONS, MOST_REGIONS),
    "label": (0, 1_000_000),
    **{key: (least, most) for key, (least, most, _step) in LIMITS.items()},
}
_BESIDE_THE_PANEL = ("classifier", "auto", "num_samples", "num_features", "positive_only")


@dataclass(frozen=True)
class _Drawn:
    """What is kept of a result: no samples, and pictures as they are sent."""

    side: dict[str, Any]
    facts: Mapping[str, str]
    mask: Any = field(repr=False)
    size: tuple[int, int]


@dataclass(frozen=True)
class _Earlier:
    """A result that can be looked at again."""

    photo: str
    pin: str
    label: Label
    photo_name: str


def show(result: Result, settings: Settings, live: Live, own_photos: Mapping[str, str]) -> Live | None:
    """Draw the section; returns the pinned result's explanation, if it is not there yet.

    Parameters
    ----------
    result : Result
        What the page shows.
    settings : Settings
        With which it was made, without what this photo in particular was sharpened by.
    live : Live
        Where it comes from.
    own_photos : mapping of str to str
        The visitor's own photos, as the intake has them.
    """
    language = result.language
    _ = language.gettext
    pinned = links.asked("pin") or ""
    chosen = read_pin(pinned) if pinned else None
    st.header(_("Compare two results"), anchor=False)
    best = live.labels[0].index
    label = BEST if result.label.index == best else result.label.index
    here = write_pin(settings, linked_samples() or 0, label)
    if live.is_finished:
        _note(_Earlier(result.photo.key, here, result.label, result.photo.name))
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare-buttons"):
        if chosen is None:
            st.button(
                _("Pin this as A"), key="pin", icon=":material/keep:", on_click=links.ask, args=("pin", here)
            )
        else:
            st.button(
                _("Unpin"), key="unpin", icon=":material/keep_off:", on_click=links.ask, args=("pin", None)
            )
        _offer_earlier(result.photo.key, here, own_photos, language)
    if chosen is None:
        st.caption(
            _("Pin this result, then change anything, the classifier first of all: both stand side by side.")
        )
        return None
    if pinned == here:
        st.caption(_("This is A. Change the classifier, the label or any setting, and B stands beside it."))
        return None
    if chosen[0].classifier != settings.classifier:
        tell_where_photos_go(chosen[0].classifier, language)
    first, unfinished = _pinned(result, pinned, *chosen)
    second = _drawn("compared", result)
    _show_both(first, second, chosen[0], result)
    return unfinished


def advance(live: Live) -> None:
    """Bring the pinned result's explanation a step forward; what goes wrong is said in the section."""
    try:
        live.advance(lambda done, total: None)
    except ExplainerError as error:
        st.session_state.pin_failed = (links.asked("pin"), live.photo_key, error)


def _pinned(
    result: Result, pinned: str, settings: Settings, label: int
) -> tuple[_Drawn | ExplainerError | None, Live | None]:
    """What is pinned, as far as it is known; and where it comes from, if there is to be more."""
    photo, language = result.photo, result.language
    failed = st.session_state.get("pin_failed")
    if failed and failed[:2] == (pinned, photo.key):
        return failed[2], None
    place = (photo.key, pinned, result.palette.name, language.code)
    kept = st.session_state.get("pinned_result")
    if kept is not None and kept[0] == place:
        return kept[1], None
    live = Live(photo, settings.classifier, settings.recipe)
    explanation = live.explanation
    if explanation is None:
        return None, live
    known = {found.index for found in explanation.labels}
    reading = Reading.of(explanation, label if label in known else None, settings.positive_only)
    seen = photo.seen_by(load_classifier(settings.classifier))
    drawn = _drawn("pinned", Result(seen, reading, result.palette, language))
    if live.is_growing:
        return drawn, live
    st.session_state.pinned_result = (place, drawn)
    return drawn, None


def _drawn(kept_as: str, result: Result) -> _Drawn:
    """A result as it is sent to the browser, made once for as long as it stays the same."""
    reading, explanation = result.reading, result.explanation
    asked = (result.place, explanation.num_samples, explanation.recipe)
    shown = (reading.label.index, reading.positive_only, result.palette.name, result.language.code)
    return remembered(kept_as, (asked, shown), lambda: _draw(result))


def _draw(result: Result) -> _Drawn:
    photo, reading, explanation, language = result.photo, result.reading, result.explanation, result.language
    canvas = smaller(photo.canvas, _SIDE)
    focus, pros_cons = (
        data_uri(jpeg(picture, 85)) for picture in draw_reading(canvas, reading, result.palette)
    )
    _ = language.gettext
    side = {
        "title": explanation.classifier.title,
        "aspect": canvas.width / canvas.height,
        "labels": [
            {
                "name": language.class_name(label.name, label.wnid),
                "share": label.probability,
                "percent": language.percent(label.probability),
                "explained": label.index == reading.label.index,
            }
            for label in explanation.labels
        ],
        "pictures": [
            {"title": _("Focus"), "source": focus, "words": focus_sentence(reading, language)},
            {
                "title": _("Pros and cons"),
                "source": pros_cons,
                "words": pros_cons_sentence(reading, language),
            },
        ],
    }
    share, words = reliability(reading, language)
    facts = {
        _("Reliability"): words if share is None else language.percent(share),
        **dict(settings_in_words(reading, language)),
        **dict(timings_in_words(explanation, language)),
    }
    return _Drawn(side, facts, reading.focus_mask, photo.canvas.size)


def _show_both(
    first: _Drawn | ExplainerError | None, second: _Drawn, settings: Settings, result: Result
) -> None:
    language = result.language
    _ = language.gettext
    if isinstance(first, ExplainerError):
        st.error(plain(language.error(first)), icon=":material/error:")
        return
    waiting = second.side | {"labels": [], "title": _titles().get(settings.classifier, settings.classifier)}
    waiting |= {"pictures": [figure | {"source": "", "words": ""} for figure in second.side["pictures"]]}
    always = (_("Reliability"), _("Fidelity (weighted R²)"), _("Samples"), _("Total time"))
    of_first = first.facts if first else {}
    every = dict.fromkeys([*second.facts, *of_first])  # how many cuts there are is said of one side alone
    names = [name for name in every if name in always or of_first.get(name) != second.facts.get(name)]
    mount(
        "compare",
        "compare",
        {
            "sides": [{"name": "A", **(first.side if first else waiting)}, {"name": "B", **second.side}],
            "headings": [_("Labels"), _("In figures")],
            "explained": _("explained"),
            "common": _in_common(first, second, language) if first else "",
            "facts": [
                [name, of_first.get(name, "–" if first else "…"), second.facts.get(name, "–")]
                for name in names
            ],
        },
    )


def _in_common(first: _Drawn, second: _Drawn, language: Language) -> str:
    _ = language.gettext
    if first.size != second.size:
        return _("The two classifiers see different parts of the photo, so their focus is not compared.")
    share = area_in_common(first.mask, second.mask)
    return _("Focus in common: {share} of the area that A or B covers.").format(share=language.percent(share))


def _offer_earlier(photo: str, here: str, own_photos: Mapping[str, str], language: Language) -> None:
    """The last few results, each to be looked at again."""
    _ = language.gettext
    earlier = {
        key: found
        for key, found in reversed(_noted().items())
        if key != (photo, here) and (found.photo in own_photos or found.photo.startswith(EXAMPLE))
    }
    if not earlier:
        return
    titles = _titles()

    def written(key: tuple[str, str]) -> str:
        found = earlier[key]
        said = dict(parse_qsl(found.pin))
        classifier = said.pop("classifier")
        said.pop("label", None)
        parts = [language.class_name(found.label.name, found.label.wnid), titles.get(classifier, classifier)]
        parts += [f"{name}={value}" for name, value in said.items()]
        if found.photo != photo:
            parts.append(found.photo_name)
        return " · ".join(map(plain, parts))

    def recall() -> None:
        key = st.session_state.earlier
        st.session_state.earlier = None
        if key in earlier:
            _recall(earlier[key])

    st.selectbox(
        _("Earlier results"),
        list(earlier),
        index=None,
        format_func=written,
        key="earlier",
        placeholder=_("Look at one again"),
        on_change=recall,
    )


def _recall(earlier: _Earlier) -> None:
    """Set the page as it was for a result."""
    found = _values(earlier.pin)
    if found is None:
        return
    if earlier.photo.startswith(EXAMPLE):
        take_example(earlier.photo.removeprefix(EXAMPLE))
    else:
        take_photo(earlier.photo)
    st.session_state.update({key: found[key] for key in _BESIDE_THE_PANEL})
    set_widgets({key: found[key] for key in in_widgets(USUAL)})
    links.ask("label", None if found["label"] == BEST else str(found["label"]))
    links.ask("samples_here", str(found["samples_here"]) if found["samples_here"] else None)


def _note(result: _Earlier) -> None:
    noted = _noted()
    key = (result.photo, result.pin)
    if key not in noted:
        noted[key] = result
        while len(noted) > _EARLIER + 1:  # the one that is looked at is not offered
            noted.popitem(last=False)


def _noted() -> "OrderedDict[tuple[str, str], _Earlier]":
    noted: OrderedDict[tuple[str, str], _Earlier] = st.session_state.setdefault(
        "noted_results", OrderedDict()
    )
    return noted


def write_pin(settings: Settings, samples_here: int = 0, label: int = BEST) -> str:
    """What is not as usual, as the link has it; the classifier always, for the usual one may change.

    Parameters
    ----------
    settings : Settings
        All that is set.
    samples_here : int
        How many samples the photo was sharpened to; 0 if it was not.
    label : int
        The index of the label that is explained, or `BEST` for whichever is the best one.
    """
    values, usual = _as_values(settings, samples_here, label), _usual()
    return urlencode(
        {
            key: str(value).lower() if isinstance(value, bool) else value
            for key, value in values.items()
            if value != usual[key]
        }
    )


def _as_values(settings: Settings, samples_here: int, label: int) -> dict[str, Any]:
    recipe = settings.recipe
    return {
        "classifier": settings.classifier,
        "label": label,
        "auto": recipe.num_samples == "auto",
        "num_samples": recipe.most_samples,
        "samples_here": samples_here,
        "num_features": recipe.num_features,
        "positive_only": settings.positive_only,
        **in_widgets(recipe),
    }


def _usual() -> dict[str, Any]:
    return _as_values(Settings("", USUAL, False, DEFAULT_PALETTE), 0, BEST)


def _values(pin: str) -> dict[str, Any] | None:
    """What a pin says, or nothing where the page could not have written it."""
    values = _usual()
    try:
        if len(pin) > _LONGEST:
            raise ValueError
        for key, text in parse_qsl(pin, strict_parsing=True, max_num_fields=len(values)):
            values[key] = _value(key, text, values[key])
    except (KeyError, ValueError):
        return None
    return values if values["classifier"] in _titles() else None


def _value(key: str, text: str, usual: Any) -> Any:
    if isinstance(usual, bool):
        return {"true": True, "false": False}[text]
    if isinstance(usual, str):
        return text
    number = type(usual)(text)
    least, most = _LIMITS[key]
    if not least <= number <= most:
        raise ValueError
    return number


def read_pin(pin: str) -> tuple[Settings, int] | None:
    """The settings and the label of a pin; none where the page could not have written it."""
    values = _values(pin)
    if values is None:
        return None
    samples = values["num_samples"]
    taken = {"num_samples": "auto", "max_samples": samples} if values["auto"] else {"num_samples": samples}
    try:
        recipe = Recipe.of(num_features=values["num_features"], **taken, **from_widgets(values))
    except (ExplainerError, KeyError):
        return None
    settings = Settings(values["classifier"], recipe, values["positive_only"], DEFAULT_PALETTE)
    if values["samples_here"]:
        settings = settings.sharpened(values["samples_here"])
    return settings, values["label"]


def _titles() -> dict[str, str]:
    """The classifiers that can be asked, and what they are called."""
    linked = st.session_state.get("linked_classifier")
    return {entry.name: entry.title for entry in catalogue() if entry.is_ready()} | dict(
        [linked] if linked else []
    )

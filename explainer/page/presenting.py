"""For an audience: the answer alone, as large as the screen, and moved through by keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ..judging.evidence import Answer, Question
from ..lime.explanation import Label
from ..photos.examples import EXAMPLES
from ..pictures.draw import hide_regions
from ..pictures.encode import data_uri, jpeg
from ..words.language import Language
from ..words.sentences import change_in_points
from . import intake, links
from .controls import FEWEST_REGIONS, MOST_REGIONS
from .result import Result
from .scripts import mount
from .session import remembered


@dataclass
class _State:
    """What the keys have done; changed in one go, since a run of the page may be cut short anywhere else.

    Attributes
    ----------
    done : int
        The last key that was obeyed.
    regions : links.Said, optional
        How many are shown, as text.
    hiding : bool
        Whether the photo is shown without what speaks against the label.
    """

    done: int = 0
    regions: links.Said | None = None
    hiding: bool = False


def start() -> None:
    """Show it to an audience from now on."""
    links.ask("present", "1")


def keep_regions() -> None:
    """Show as many regions as the keys have asked for, before the slider is drawn.

    A browser that has not heard of it still sends the slider's number from before.
    """
    state = _state()
    if links.asked("present") is None or links.is_history_navigation():
        state.regions = None
    elif state.regions and str(st.session_state.get("num_features")) in state.regions.before:
        st.session_state.num_features = int(state.regions.chosen or FEWEST_REGIONS)


def listen(photos: intake.Intake, labels: Sequence[Label], found: Result | None, language: Language) -> None:
    """Have the keys act on what the page shows; only P does while nothing is presented.

    Parameters
    ----------
    photos : Intake
        The visitor's own photos, which are gone through; without any, the examples.
    labels : sequence of Label
        The best labels.
    found : Result, optional
        What the pictures show.
    language : Language
        What the page is written in.
    """
    own, indices = list(photos.own_photos), [str(label.index) for label in labels]

    def act() -> None:
        pressed = st.session_state["keys"]["pressed"]
        choices, state = links.said("present", *links.OF_LOOKING), _state()
        regions = str(st.session_state.get("num_features", ""))
        if regions and state.regions is None:
            state.regions = links.Said(regions)
        for number, command in pressed:  # from here on, nothing that may cut the run short
            if number > state.done:
                state.done = number
                _obey(command, choices, state, own, indices)
        links.write(choices)

    state = _state()
    mount(
        "keys",
        "keys",
        {
            "presenting": links.asked("present") is not None,
            "done": state.done,
            "language": language.code,
            "hiding": _hiding(found) if found and state.hiding else None,
            "help": _help(language),
        },
        {"pressed": act},
    )


def _obey(
    command: str,
    choices: Mapping[str, links.Said],
    state: _State,
    own: list[str],
    indices: list[str],
) -> None:
    name, _, direction = command.partition(" ")
    step = -1 if direction == "back" else 1
    if name == "present":
        choices["present"].change(None if choices["present"].chosen else "1")
    elif name == "leave":
        choices["present"].change(None)
    elif name == "hide":
        state.hiding = not state.hiding
        return
    elif name == "label" and indices:
        label = _neighbour(indices, choices["label"].chosen or indices[0], step)
        links.look_at_label(choices, label, indices[0])
    elif name == "regions" and state.regions and state.regions.chosen:
        number = int(state.regions.chosen) + step
        state.regions.change(str(min(MOST_REGIONS, max(FEWEST_REGIONS, number))))
    elif name == "photo" and own:
        links.look_at(choices, photo=_neighbour(own, choices["photo"].chosen, step))
    elif name == "photo":
        links.look_at(choices, sample=_neighbour(list(EXAMPLES), choices["sample"].chosen, step))
    if name != "regions":
        state.hiding = False


def _neighbour(names: list[str], now: str | None, step: int) -> str:
    place = names.index(now) if now in names else (-1 if step > 0 else 0)
    return names[(place + step) % len(names)]


def _help(language: Language) -> list[tuple[str, str]]:
    _ = language.gettext
    return [
        ("← →", _("label")),
        ("+ −", _("regions")),
        ("H", _("hide what speaks against")),
        ("N B", _("next photo, and back")),
        ("?", _("these keys")),
        ("Esc", _("leave")),
    ]


def _hiding(found: Result) -> dict[str, Any]:
    """How the label fares without what speaks against it."""
    language, evidence = found.language, found.reading.evidence
    name = language.class_name(found.label.name, found.label.wnid)
    answer = evidence.answer(Question.AGAINST_HIDDEN)
    if answer is None:
        nothing = language.gettext("Nothing speaks against “{label}”.").format(label=name)
        return {"label": name, "words": nothing, "before": None, "now": None, "change": "", "picture": ""}
    return {
        "label": name,
        "words": language.gettext("without what speaks against it"),
        "before": answer.probability - answer.change,
        "now": answer.probability,
        "change": change_in_points(answer.change, language),
        "picture": _without(answer, found),
    }


def _without(answer: Answer, found: Result) -> str:
    def draw() -> str:
        picture = hide_regions(found.photo.canvas, found.explanation.neighborhood, answer.hidden)
        return data_uri(jpeg(picture))

    key = (found.place, str(found.explanation.recipe.hide_color), tuple(answer.hidden))
    return remembered("drawn_without", key, draw)


def _state() -> _State:
    state: _State = st.session_state.setdefault("presented", _State())
    return state

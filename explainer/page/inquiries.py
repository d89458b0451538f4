"""Questions that a visitor has put about a picture, which take many answers: found where they were left, and
brought forward a step at a time.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import script_runner

from ..errors import ExplainerError
from ..judging.inquiry import Inquiry
from ..words.language import Language
from .live import Live
from .markup import show_nothing
from .result import Result

Found = TypeVar("Found")
Question = TypeVar("Question", bound="Asked[Any]")
FEWEST, OPINIONS, SANITY = "fewest", "opinions", "sanity"
"""The kinds of questions: for the fewest regions, for second opinions, and for a sanity check."""
_KEPT = 3  # of each kind


def leave_networks_alone() -> None:
    """Keep Streamlit from resetting Keras after every run of the page.

    A network that is being built meanwhile, for this visitor or another, would not be whole. Nothing of what
    is reset is used from run to run, nor are figures of matplotlib's pyplot, which Streamlit closes too.
    """
    script_runner._clean_problem_modules = lambda: None


class Asked(Generic[Found]):
    """A question, as far as it has come.

    A run of the page draws what there is of it, and at its end calls `advance`.

    Parameters
    ----------
    begin : callable
        Begins the inquiry; once more where it had failed.

    Attributes
    ----------
    passes : int
        How many pictures the classifier was asked about.
    found : object or None
        What was found, once it is.
    error : ExplainerError or None
        What went wrong, until it is resumed.
    """

    def __init__(self, begin: Callable[[], Inquiry[Found]]) -> None:
        self.passes = 0
        self.found: Found | None = None
        self.error: ExplainerError | None = None
        self.is_stopped = False
        self._begin = begin
        self._work: Inquiry[Found] | None = None
        self._batch: _Batch | None = None
        self._turn = threading.Lock()  # a run that was cut short may still be at it

    @property
    def is_growing(self) -> bool:
        """Whether `advance` has something to do."""
        return self.found is None and self.error is None and not self.is_stopped

    def advance(self, seconds: float, give_way: Callable[[], None]) -> None:
        """Work for a moment; `give_way` is called between two batches."""
        until = time.monotonic() + seconds
        with self._turn:
            while self.is_growing and time.monotonic() < until:
                if self._work is None:
                    self._work, self.passes = self._begin(), 0
                if self._batch is None:
                    give_way()
                    self._batch = _Batch(self._work)
                self._batch.join(max(0.0, until - time.monotonic()))
                if self._batch.is_alive():
                    return
                batch, self._batch = self._batch, None
                self._take(batch)

    def _take(self, batch: "_Batch") -> None:
        """Note what has come of a batch."""
        try:
            self.passes += batch.result()
        except StopIteration as end:
            self.found, self._work = end.value, None
        except ExplainerError as error:
            self.error, self._work = error, None
        except BaseException:
            self.is_stopped, self._work = True, None
            raise

    def stop(self) -> None:
        """Leave it where it is."""
        self.is_stopped = True

    def resume(self) -> None:
        """Go on where it was stopped, or had failed."""
        self.is_stopped, self.error = False, None

    def close(self) -> None:
        """Let go of what it holds."""
        with self._turn:
            if self._work is not None and self._batch is None:  # else it ends with the batch
                self._work.close()
            self._work = None


class _Batch(threading.Thread):
    """The next batch of an inquiry, in a thread of its own: building a network may be part of it, which takes
    seconds, and the page does not wait for that.
    """

    def __init__(self, work: Inquiry[Any]) -> None:
        super().__init__(name="inquiry", daemon=True)
        self._work = work
        self._passes = 0
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._passes = next(self._work)
        except BaseException as error:
            self._error = error

    def result(self) -> int:
        """How many pictures were asked about; raises what the inquiry raised, `StopIteration` at its end."""
        if self._error is not None:
            raise self._error
        return self._passes


def asked(kind: str, result: Result, live: Live, make: Callable[[], Question]) -> Question | None:
    """The question of a kind that was put about what the page shows, if one was.

    It belongs to the picture as it is: where that changes, by more samples too, it is to be put again. One
    that is put while the picture still grows waits for it.
    """
    kept = _kept(kind)
    if _wished().get(kind) == _wish(result) and not live.is_growing:
        del _wished()[kind]
        kept[result.made_of] = make()
        while len(kept) > _KEPT:
            kept.popitem(last=False)[1].close()
    question: Question | None = kept.get(result.made_of)
    return question


def found_of(kind: str, result: Result) -> Any:
    """What was found on a question of a kind about what the page shows, if it was put and is answered."""
    question = _kept(kind).get(result.made_of)
    return question.found if question is not None else None


def offer(
    kind: str,
    text: str,
    icon: str,
    result: Result,
    found: Asked[Any] | None,
    language: Language,
    may_try_again: bool = True,
) -> None:
    """Draw the button of a question: to put it, to stop it, or to go on; and what went wrong."""
    _ = language.gettext
    is_waiting = _wished().get(kind) == _wish(result)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{kind}-buttons"):
        if is_waiting or (found is not None and found.is_growing):
            icon = ":material/stop_circle:"
            st.button(_("Stop"), key=f"{kind}-stop", icon=icon, on_click=_stop, args=(kind, found))
        elif found is None:
            st.button(text, key=f"{kind}-ask", icon=icon, on_click=_ask, args=(kind, result))
        elif found.is_stopped:
            st.button(_("Resume"), key=f"{kind}-resume", icon=":material/play_circle:", on_click=found.resume)
        elif found.error is not None and may_try_again:
            st.button(_("Try again"), key=f"{kind}-again", icon=":material/refresh:", on_click=found.resume)
        else:
            show_nothing()
        if is_waiting:
            st.caption(_("Begins when the pictures above are finished."))
        elif found is not None and found.error is None:
            pictures = language.ngettext(
                "{number} picture asked about", "{number} pictures asked about", found.passes
            )
            st.caption(pictures.format(number=language.number(found.passes)))
        else:
            show_nothing()
    if found is not None and found.error is not None:
        st.error(language.error(found.error), icon=":material/error:")
    else:
        show_nothing()


def _ask(kind: str, result: Result) -> None:
    _wished()[kind] = _wish(result)


def _stop(kind: str, found: Asked[Any] | None) -> None:
    _wished().pop(kind, None)
    if found is not None:
        found.stop()


def _wish(result: Result) -> Hashable:
    """What stays the same while a picture grows."""
    return result.place, result.label.index


def _wished() -> dict[str, Hashable]:
    """What waits for a picture, by the kind of question."""
    wished: dict[str, Hashable] = st.session_state.setdefault("wished", {})
    return wished


def _kept(kind: str) -> "OrderedDict[Hashable, Any]":
    kept: OrderedDict[Hashable, Any] = st.session_state.setdefault(f"asked-{kind}", OrderedDict())
    return kept

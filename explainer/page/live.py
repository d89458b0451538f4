"""The explanation of the photo at hand: found where it was left, and brought forward a step at a time."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from ..classifiers.calls import Newcomers
from ..classifiers.catalogue import load_classifier
from ..errors import ExplainerError
from ..lime.explain import (
    FIRST_PICTURE,
    OnProgress,
    best_labels,
    explanation_at,
    next_cut,
    next_explanation,
    open_neighborhood,
)
from ..lime.explanation import Explanation, Label
from ..lime.neighborhood import Neighborhood
from ..recipe import Recipe
from .intake import Photo

_KEPT = 3  # without their samples, which the store keeps for all visitors
_SECONDS = 0.4  # a step, so that with drawing there are two a second
_OF_DRAWING = 2  # a step in terms of what drawing took: a busy machine would else do little but draw
_USUAL = Recipe()
_newcomers = Newcomers(patience=5.0)  # of all visitors


@dataclass(frozen=True)
class _Progress:
    explanation: Explanation
    cut_finished: bool  # the first one, which all pictures but the heat map are of
    finished: bool


class Live:
    """One photo's explanation by one recipe, in one visitor's session.

    A run of the page draws what there is of it, and at its end calls `advance`.

    Parameters
    ----------
    photo : Photo
        Which need not be open yet.
    classifier : str
        Its name, as `load_classifier` takes it.
    recipe : Recipe
        How it is explained.
    """

    def __init__(self, photo: Photo, classifier: str, recipe: Recipe) -> None:
        self._begun = time.monotonic()
        self._photo = photo
        self._classifier = classifier
        self._recipe = recipe
        asked = (recipe.hide_color, recipe.design, recipe.seed, recipe.precision)
        self._place = (photo.key, classifier, recipe.segmentation, recipe.segmented, *asked)
        self._job = (photo.key, classifier, recipe)
        self._run = (photo.key, classifier, _samples_only(recipe))
        self._catch_up()

    @property
    def neighborhood(self) -> Neighborhood | None:
        """The photo as it was cut, and what was asked about it; none as long as it was not cut."""
        found: Neighborhood | None = _kept("neighborhoods").get(self._place)
        if found is not None and found.classifier is not load_classifier(self._classifier):
            return None  # another model has taken the name
        return found

    @property
    def labels(self) -> list[Label]:
        """The best labels, best first."""
        neighborhood = self.neighborhood
        return best_labels(neighborhood, self._recipe.top_labels) if neighborhood else []

    @property
    def explanation(self) -> Explanation | None:
        """What is known by now; none before the first samples."""
        progress = self._progress
        return progress.explanation if progress else None

    @property
    def is_finished(self) -> bool:
        """Whether there is all that the recipe asks for."""
        return self._progress is not None and self._progress.finished

    @property
    def is_stopped(self) -> bool:
        """Whether the visitor has stopped it."""
        return not self.is_finished and self._run in _stopped()

    @property
    def is_growing(self) -> bool:
        """Whether `advance` has something to do."""
        return not self.is_finished and not (self.is_stopped and self._progress)

    @property
    def photo_key(self) -> str:
        return self._photo.key

    def stop(self) -> None:
        """Leave it at the samples that are shown, or else at the first picture."""
        _stopped()[self._run] = self.explanation.num_samples if self.explanation else 0

    def resume(self) -> None:
        """Go on where it was stopped."""
        _stopped().pop(self._run, None)

    def take(self, explanation: Explanation) -> None:
        """Have an explanation that was made elsewhere."""
        _keep("neighborhoods", self._place, explanation.neighborhood)
        self._remember(explanation, cut_finished=True, further=True)

    def advance(self, on_progress: OnProgress) -> None:
        """Work for a moment: cut the photo and ask what it is, or ask about more samples.

        What comes after the first picture stands back while other visitors have none.

        Raises
        ------
        ExplainerError
            The photo can't be opened or cut, or the classifier failed.
        """
        try:
            self._take_step(on_progress)
        except ExplainerError:
            _newcomers.serve(_visitor())  # there will be no picture to wait for
            raise

    def _take_step(self, on_progress: OnProgress) -> None:
        def report(done: int, total: int) -> None:
            on_progress(done, total)
            self.give_way()

        self.give_way()
        neighborhood = self.neighborhood
        if neighborhood is None:
            neighborhood = open_neighborhood(
                self._photo.original, load_classifier(self._classifier), self._recipe
            )
            neighborhood.grow(to=1)
            _keep("neighborhoods", self._place, neighborhood)
            self.give_way()
            return
        seconds = self.seconds_of_step
        progress = self._progress
        if progress is not None and progress.cut_finished:
            found = next_cut(self._photo.original, progress.explanation, report, seconds)
            self._remember(found[0], cut_finished=True, further=found[1])
        else:
            samples = progress.explanation.num_samples if progress else 0
            self._remember(*next_explanation(neighborhood, self._recipe, samples, report, seconds))

    @property
    def seconds_of_step(self) -> float:
        """How long a step at the end of this run may take."""
        return max(_SECONDS, _OF_DRAWING * (time.monotonic() - self._begun))

    def give_way(self) -> None:
        """Stand back for a moment if there is a picture, and other visitors have none."""
        if self.explanation is None:
            _newcomers.expect(_visitor())
            return
        _newcomers.serve(_visitor())
        start = time.monotonic()
        _newcomers.stand_back(_visitor)  # which looks at the session, where Streamlit ends a run for the next
        self._begun += time.monotonic() - start  # it took no drawing

    def _catch_up(self) -> None:
        """Make the explanation of samples that are there already; asks next to nothing."""
        neighborhood = self.neighborhood
        if neighborhood is None or self.is_finished or neighborhood.size < FIRST_PICTURE:
            return
        if self._run in _stopped():
            samples = _stopped()[self._run] = _stopped()[self._run] or min(
                neighborhood.size, self._recipe.samples_a_cut
            )
            if self.explanation is None or self.explanation.num_samples != samples:
                self._remember(explanation_at(neighborhood, self._recipe, samples), cut_finished=False)
        elif self.explanation is None:
            self._remember(*next_explanation(neighborhood, self._recipe, seconds=0))

    @property
    def _progress(self) -> _Progress | None:
        progress: _Progress | None = _kept("explanations").get(self._job)
        if progress is not None and progress.explanation.neighborhood is not self.neighborhood:
            return None
        return progress

    def _remember(self, explanation: Explanation, cut_finished: bool, further: bool = False) -> None:
        finished = cut_finished and (further or self._recipe.cuts == 1)
        _keep("explanations", self._job, _Progress(explanation, cut_finished, finished))


def _visitor() -> Hashable:
    visitor: Hashable = st.session_state.setdefault("visitor", object())
    return visitor


def _samples_only(recipe: Recipe) -> Recipe:
    """A recipe without what is made of the samples: whatever that is, a stopped run stays stopped."""
    return replace(
        recipe,
        kernel_width=_USUAL.kernel_width,
        num_features=_USUAL.num_features,
        pros_cons_features=_USUAL.pros_cons_features,
    )


def _stopped() -> dict[Hashable, int]:
    """The runs that were stopped, with how many samples; with 0 if there was no picture yet."""
    stopped: dict[Hashable, int] = st.session_state.setdefault("stopped", {})
    return stopped


def _kept(name: str) -> "OrderedDict[Hashable, Any]":
    kept: OrderedDict[Hashable, Any] = st.session_state.setdefault(name, OrderedDict())
    return kept


def _keep(name: str, key: Hashable, value: object) -> None:
    kept = _kept(name)
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)

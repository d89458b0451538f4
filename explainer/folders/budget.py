"""What a run over a folder may spend, and on which photos it spends that."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arguments import check_positive, check_whole_number
from ..classifiers.answers import checked_answers
from ..classifiers.classifier import ClassifierLike
from ..errors import PhotoError
from ..photos.load import load_photo, read_file
from ..recipe import Recipe
from .task import ATTEMPTS, Outcome, PhotoResult, PhotoTask

SURE = 0.5
"""From which probability of the best label on a photo counts as sure: no other label can have more."""
SAMPLES_OF_SURE_ONES = 256  # at most
_BATCH = 16  # photos
_FOR_LOOKING = 0.5  # of the time, at most: what is looked at and never explained is of no use


@dataclass(frozen=True)
class Planned:
    """A photo that is to be explained, and how."""

    photo: str
    recipe: Recipe

    @property
    def most_samples(self) -> int:
        """How many samples it may take, in all cuts together."""
        return self.recipe.samples_a_cut * self.recipe.cuts


class Budget:
    """What a run may spend, and what it has spent; the time counts from when this is made.

    With a limit, every missing photo is classified first. Then the wrong ones come first, the surest of them
    before all others; then the unsure ones, the least sure first; then the sure ones, with fewer samples.
    What is left when the samples no longer suffice for the next photo goes to the next ones, each with as few
    as sure ones get. Without a limit, all photos come as they are, and nothing is asked for it.

    Parameters
    ----------
    recipe : Recipe
        How photos are explained.
    time_limit : float, optional
        Seconds after which no other photo is begun.
    max_samples_total : int, optional
        How many samples there are for all photos together. What it takes to classify them, and to check what
        was found, does not count.

    Attributes
    ----------
    samples : int
        How many samples were spent so far.

    Raises
    ------
    ArgumentError
        A limit is no number above 0.
    """

    def __init__(
        self, recipe: Recipe, time_limit: float | None = None, max_samples_total: int | None = None
    ) -> None:
        if time_limit is not None:
            check_positive("time_limit", time_limit)
        if max_samples_total is not None:
            check_whole_number("max_samples_total", max_samples_total)
        self.samples = 0
        self._time_limit = time_limit
        self._most_samples = max_samples_total
        self._full = recipe
        few = recipe.most_samples <= SAMPLES_OF_SURE_ONES
        fewer = Recipe.of(recipe, num_samples="auto", max_samples=SAMPLES_OF_SURE_ONES)
        self._light = recipe if few else fewer
        self._places: dict[str, tuple[int, float]] = {}
        self._begun = time.monotonic()

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._time_limit is not None or self._most_samples is not None

    @property
    def seconds(self) -> float:
        """How much time was spent so far."""
        return time.monotonic() - self._begun

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """With which of them a photo need not be explained again."""
        return (self._full, self._light) if self.is_limited else (self._full,)

    def is_time_up(self, share: float = 1.0) -> bool:
        """Whether such a share of the time is spent."""
        return self._time_limit is not None and self.seconds >= share * self._time_limit

    def look(
        self,
        photos: Mapping[str, Path],
        truths: Mapping[str, Collection[int]],
        classifier: ClassifierLike,
    ) -> Iterator[None]:
        """Classify photos, to know where to spend what there is; yields after every few.

        Parameters
        ----------
        photos : mapping of str to pathlib.Path
            What they are called, and where they are.
        truths : mapping of str to collection of int
            For each the classes any of which would be right.
        classifier : ClassifierLike
            What is asked. What it can't say of a photo is left to the explanation to report; if it keeps
            failing, no more is asked of it.

        Raises
        ------
        ClassifierError
            It can't be loaded.
        """
        if not self.is_limited or not photos:
            return
        classifier.describe_engine()
        names, failures = list(photos), 0
        for start in range(0, len(names), _BATCH):
            if self.is_time_up(_FOR_LOOKING) or failures == ATTEMPTS:
                return
            batch = {photo: photos[photo] for photo in names[start : start + _BATCH]}
            answers = _answers(batch, classifier)
            failures = 0 if answers else failures + 1
            for photo in batch:
                self._places[photo] = _place(answers.get(photo), truths[photo])
            yield

    def rounds(self, photos: Collection[str]) -> Iterator[Sequence[Planned]]:
        """Which photos are to be explained now: each round after all of the one before was spent.

        A round's photos together may take no more than there is, and what they left is the next round's. So
        which photos are explained does not depend on how many are worked on at once.

        Parameters
        ----------
        photos : collection of str
            Those that are missing.
        """
        waiting = [
            Planned(photo, self._light if self._place(photo)[0] == _SURE_ONES else self._full)
            for photo in sorted(photos, key=self._place)  # which keeps the order of equal ones
        ]
        while waiting and not self.is_time_up():
            planned = self._affordable(waiting)
            if not planned:
                waiting = [Planned(left.photo, self._light) for left in waiting]
                planned = self._affordable(waiting)
            if not planned:
                return
            yield planned
            waiting = waiting[len(planned) :]

    def spend(self, task: PhotoTask, outcome: Outcome) -> None:
        """Count what a photo took; one that failed while it was explained, all that it might have taken."""
        recipe = task.recipe or self._full
        if isinstance(outcome, PhotoResult):
            self.samples += outcome.record.num_samples * recipe.cuts
        elif not isinstance(outcome, PhotoError):
            self.samples += Planned(task.photo, recipe).most_samples

    def _place(self, photo: str) -> tuple[int, float]:
        return self._places.get(photo, (_NOT_LOOKED_AT, 0.0))

    def _affordable(self, waiting: Sequence[Planned]) -> list[Planned]:
        """The first ones, as many as there are enough samples for."""
        if self._most_samples is None:
            return list(waiting)
        left, planned = self._most_samples - self.samples, []
        for next_one in waiting:
            left -= next_one.most_samples
            if left < 0:
                break
            planned.append(next_one)
        return planned


_WRONG_ONES, _UNSURE_ONES, _SURE_ONES, _NOT_LOOKED_AT = range(4)


def _place(answer: np.ndarray | None, truth: Collection[int]) -> tuple[int, float]:
    """Of which kind a photo is, and what it comes by among these, the lowest first."""
    if answer is None:
        return _UNSURE_ONES, 0.0
    best = int(answer.argmax())
    probability = float(answer[best])
    if truth and best not in truth:
        return _WRONG_ONES, -probability
    return _UNSURE_ONES if probability < SURE else _SURE_ONES, probability


def _answers(photos: Mapping[str, Path], classifier: ClassifierLike) -> dict[str, np.ndarray]:
    """What the classifier says of each photo of which it says something."""
    images = {}
    for photo, path in photos.items():
        with suppress(Exception):  # classifiers are anybody's code
            images[photo] = classifier.preprocess(load_photo(read_file(path)))
    if images:
        with suppress(Exception):
            found = classifier.predict(np.stack(list(images.values())))
            rows = checked_answers(found, len(images), len(classifier.class_names), classifier.name)
            return dict(zip(images, rows, strict=True))
    return {}

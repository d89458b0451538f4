"""Second opinions: other methods' heat maps of the same photo, each put to the same test."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arguments import check_callable
from ..errors import ArgumentError, ClassifierError, ClassifierFailedError
from ..lime.explain import explain, with_label
from ..lime.explanation import Explanation
from ..photos.load import load_photo
from ..recipe import Recipe
from .curves import STEPS, Curves, centre_map, chance_curves, curves_of, other_hiding, ranked
from .inquiry import Inquiry
from .methods import METHODS, Method

OnProgress = Callable[[int, int], None]

STRONGEST = 0.1
"""Which share of the photo's area is called what a map points to."""
MOST_PASSES = 2000  # of each method: a minute for a large network
_A_TEST = 2 * STEPS - 1  # pictures


@dataclass(frozen=True, eq=False)
class Opinion:
    """What one method says of a photo, and how good that is.

    Attributes
    ----------
    method : Method
        Who says it.
    passes : int
        How many pictures it asked the classifier about; of LIME, its samples.
    heat_map : numpy.ndarray of float64, shape (H, W), or None
        The higher, the more important; each method has units of its own. None where the method can't run.
    curves : Curves or None
        What comes of covering the photo as the map says, hidden as the recipe hides.
    check : Curves or None
        The same, hidden in another way: blurred, or grey where the recipe blurs.
    error : ClassifierError or None
        Why the method can't run.
    """

    method: Method
    passes: int
    heat_map: NDArray[np.float64] | None = field(default=None, repr=False)
    curves: Curves | None = field(default=None, repr=False)
    check: Curves | None = field(default=None, repr=False)
    error: ClassifierError | None = None


class SecondOpinions:
    """Opinions on where a classifier looks for one label of one photo, as far as they have come.

    Parameters
    ----------
    photo : PIL.Image.Image
        The photo.
    explanation : Explanation
        Of it. The other methods may ask about as many pictures as it has samples, up to 2000, and hide in the
        same way.
    label_index : int
        A class' index, one of those explained.
    methods : iterable of str, optional
        Names out of `METHODS`, all by default, in this order.

    Attributes
    ----------
    chance, centre : Curves or None
        What hiding in a random order does, and hiding from the middle outwards, so that a figure means
        something; None as long as that was not asked.
    opinions : tuple of Opinion
        Those that are finished, in order.
    passes : int
        How many pictures were asked about.

    Raises
    ------
    ArgumentError
        There is no method of a name, or the label is not explained.
    """

    def __init__(
        self,
        photo: Image.Image,
        explanation: Explanation,
        label_index: int,
        methods: Iterable[str] | None = None,
    ) -> None:
        names = list(METHODS if methods is None else dict.fromkeys(methods))
        for name in names:
            if name not in METHODS:
                raise ArgumentError(
                    "There is no method {name}; there are {names}.", name=repr(name), names=", ".join(METHODS)
                )
        explanation.label(label_index)
        self.photo = photo
        self.explanation = explanation
        self.label_index = label_index
        self.chance: Curves | None = None
        self.centre: Curves | None = None
        self.opinions: tuple[Opinion, ...] = ()
        self.passes = 0
        self._methods = [METHODS[name] for name in names]
        self._strongest: dict[str, NDArray[np.bool_]] = {}
        self._work: Inquiry[None] | None = None
        self._finished_passes = 0

    @property
    def budget(self) -> int:
        """How many pictures each method may ask about."""
        return min(self.explanation.num_samples, MOST_PASSES)

    @property
    def total(self) -> int:
        """How many pictures it takes, about."""
        return 4 * _A_TEST + sum(
            method.cost(self.explanation, self.budget) + 2 * _A_TEST for method in self._methods
        )

    @property
    def is_finished(self) -> bool:
        return self.centre is not None and len(self.opinions) == len(self._methods)

    @property
    def best(self) -> Opinion | None:
        """The one whose curves are the farthest apart, if there is any."""
        tested = [(opinion.curves.gain, opinion) for opinion in self.opinions if opinion.curves is not None]
        return max(tested, key=lambda gained: gained[0])[1] if tested else None

    def opinion(self, name: str) -> Opinion | None:
        """That of one method, if it is finished."""
        return next((opinion for opinion in self.opinions if opinion.method.name == name), None)

    def strongest(self, opinion: Opinion) -> NDArray[np.bool_]:
        """Where a map points to: the most important tenth of the area, bool, shape (H, W)."""
        assert opinion.heat_map is not None
        name = opinion.method.name
        if name not in self._strongest:  # a page that is drawn again need not sort again
            places = ranked(self.explanation, opinion.heat_map)
            self._strongest[name] = places < STRONGEST * places.size
        return self._strongest[name]

    def advance(self, seconds: float) -> bool:
        """Work for so long, a batch more or less; returns whether all is finished.

        What is finished stays if the classifier fails, and the next call begins with what is not.

        Raises
        ------
        ClassifierError
            The classifier failed.
        """
        until = time.monotonic() + seconds
        while not self.is_finished:
            self._work = self._work or self._next()
            try:
                self.passes += next(self._work)
            except StopIteration:
                self._work, self._finished_passes = None, self.passes
                continue
            except BaseException:
                self._work, self.passes = None, self._finished_passes
                raise
            if time.monotonic() >= until:
                break
        return self.is_finished

    def _next(self) -> Inquiry[None]:
        """What is to be done next: a method and its test, or what all are compared with."""
        if self.chance is None:
            self.chance = yield from chance_curves(self.explanation, self.label_index)
        elif self.centre is None:
            middle = centre_map(self.explanation)
            self.centre = yield from curves_of(self.explanation, self.label_index, middle)
        else:
            opinion = yield from self._ask(self._methods[len(self.opinions)])
            self.opinions += (opinion,)

    def _ask(self, method: Method) -> Inquiry[Opinion]:
        explanation, label = self.explanation, self.label_index
        passes = method.cost(explanation, self.budget) or explanation.num_samples
        try:
            heat_map = yield from method.find(self.photo, explanation, label, self.budget)
        except ClassifierFailedError:
            raise
        except ClassifierError as error:
            if method.needs_gradients:
                return Opinion(method, 0, error=error)
            raise
        tested = yield from curves_of(explanation, label, heat_map)
        check = yield from curves_of(explanation, label, heat_map, other_hiding(explanation))
        return Opinion(method, passes, heat_map, tested, check)


def second_opinions(
    photo: Any,
    classifier: Any,
    recipe: Recipe | None = None,
    *,
    label: int | None = None,
    methods: Iterable[str] | None = None,
    on_progress: OnProgress | None = None,
    **changes: Any,
) -> SecondOpinions:
    """Explain a photo, have other methods explain it too, and test all of them on the photo itself.

    Parameters
    ----------
    photo, classifier, recipe, **changes
        As for `explain`.
    label : int, optional
        A class' index; the most probable class' by default.
    methods : iterable of str, optional
        Which methods: ``lime``, ``lime-cuts`` (several cuts of the photo), ``occlusion``, ``rise``,
        ``shapley``, ``grad-cam``; all by default. Each may ask about as many pictures as the explanation has
        samples.
    on_progress : callable, optional
        Called after every batch with the pictures asked about, beyond the explanation's samples, and about
        how many there are to be. What it raises ends the run.

    Raises
    ------
    ArgumentError
        An argument is outside of what is accepted; the message names it.
    PhotoError
        The photo can't be used.
    ClassifierError
        The classifier failed, or its answer is no answer.

    Examples
    --------
    >>> from explainer import load_classifier, second_opinions
    >>> found = second_opinions("cat.jpg", load_classifier(), num_samples=64, methods=["lime", "occlusion"])
    >>> [opinion.method.name for opinion in found.opinions]
    ['lime', 'occlusion']
    """
    if on_progress is not None:
        check_callable("on_progress", on_progress)
    if not isinstance(photo, Image.Image):
        photo = load_photo(photo)
    explanation = explain(photo, classifier, recipe, **changes)
    index = explanation.labels[0].index if label is None else label
    found = SecondOpinions(photo, with_label(explanation, index), index, methods)
    while not found.advance(0):
        if on_progress is not None:
            on_progress(found.passes, max(found.passes, found.total))
    return found

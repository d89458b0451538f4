"""Explaining a photo: a picture after a few dozen samples that only gets better."""

import math
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arguments import check_callable, check_whole_number
from ..classifiers.classifier import adapted
from ..photos.load import load_photo
from ..recipe import Recipe
from .designs import make_design, most_superpixels
from .explanation import Explanation, Label, LabelExplanation, few_regions, stability
from .hiding import hidden_image
from .neighborhood import BATCH_SIZE, Neighborhood, digest
from .store import Store
from .superpixels import Cut, cut_image, cut_photo, picture_to_cut
from .surrogate import fit_surrogates, log_odds

# Samples. With 32, one in eleven of the regions that the first picture says something of turned around later;
# with 48, one in a hundred did.
FIRST_PICTURE = 48
SECONDS_BETWEEN_PICTURES = 0.5
# At least; not seconds: where "auto" ends must not depend on the machine's speed.
_SAMPLES_BETWEEN_CHECKS = 64
_REMEMBERED_FITS = 64  # of a neighborhood, so that a view that changes need not wait for them
_MEBIBYTE = 1 << 20

OnProgress = Callable[[int, int], None]

_cuts: Store[Cut] = Store(32 * _MEBIBYTE)
_neighborhoods: Store[Neighborhood] = Store(224 * _MEBIBYTE, Neighborhood.release)


def explain_live(
    photo: Any,
    classifier: Any,
    recipe: Recipe | None = None,
    *,
    on_progress: OnProgress | None = None,
    **changes: Any,
) -> Iterator[Explanation]:
    """Explain a photo, again and again while its neighborhood grows.

    The first explanation comes after a few dozen samples, or at once where they are there from before;
    then one about every half a second; the last is the one that was asked for. Samples are kept: asking
    again with another number of labels or regions, kernel width or fewer samples does not ask the classifier,
    and asking for more samples costs the difference. Abandoning the iterator loses nothing either.

    Parameters
    ----------
    photo : PIL.Image.Image, or anything that `load_photo` takes
    classifier : Classifier
        What `load_classifier` returns, or any object with at least its ``predict``, ``preprocess``,
        ``class_names`` and ``wnids``.
    recipe : Recipe, optional
        All that the explanation depends on besides; the usual one by default.
    on_progress : callable, optional
        Called with the samples done and the samples wanted after every batch. What it raises ends the
        run, and what was computed is kept.
    **changes
        Settings of the recipe, such as ``num_samples=300``: `recipe` with these changed.

    Yields
    ------
    Explanation

    Raises
    ------
    ArgumentError
        An argument is outside of what is accepted; the message names it.
    PhotoError
        The photo can't be used.
    ClassifierError
        The classifier failed, or its answer is no answer.

    References
    ----------
    Ribeiro, Singh and Guestrin: "Why Should I Trust You?" Explaining the predictions of any classifier.
    KDD 2016, arXiv:1602.04938.
    """
    recipe = Recipe.of(recipe, **changes)
    if on_progress is not None:
        check_callable("on_progress", on_progress)
    neighborhood = open_neighborhood(photo, classifier, recipe)
    return grow_explanation(photo, neighborhood, recipe, on_progress)


def explain(
    photo: Any,
    classifier: Any,
    recipe: Recipe | None = None,
    *,
    on_progress: OnProgress | None = None,
    **changes: Any,
) -> Explanation:
    """Explain the best labels of a photo: the last value of `explain_live`, which has the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from PIL import Image
    >>> from explainer import Classifier, explain
    >>> def predict(batch):  # looks at the upper left only
    ...     bright = batch[:, :16, :16].mean(axis=(1, 2, 3))
    ...     return np.stack([1 - bright, bright], axis=1)
    >>> classifier = Classifier.from_function(predict, input_size=(32, 32), class_names=["dark", "bright"])
    >>> quarters = lambda image: np.arange(32)[:, np.newaxis] // 16 * 2 + np.arange(32) // 16
    >>> photo = Image.new("RGB", (64, 64), "white")
    >>> explanation = explain(photo, classifier, num_samples=64, segmentation=quarters)
    >>> best = explanation.labels[0]
    >>> best.name
    'bright'
    >>> list(explanation.regions(best.index, num_features=1))  # the upper left
    [0]
    """
    recipe = Recipe.of(recipe, **changes)
    if on_progress is not None:
        check_callable("on_progress", on_progress)
    neighborhood = open_neighborhood(photo, classifier, recipe)
    *_, last = grow_explanation(photo, neighborhood, recipe, on_progress, math.inf)
    return last


def classify(photo: Any, classifier: Any, recipe: Recipe | None = None, **changes: Any) -> list[Label]:
    """The most probable labels of a photo, best first; the first sample of its neighborhood.

    Parameters
    ----------
    photo, classifier, recipe, **changes
        As for `explain_live`; explaining with the same ones does not ask again.
    """
    recipe = Recipe.of(recipe, **changes)
    return best_labels(open_neighborhood(photo, classifier, recipe), recipe.top_labels)


def open_neighborhood(photo: Any, classifier: Any, recipe: Recipe) -> Neighborhood:
    """The shared neighborhood of a photo, as large as it has become; see `explain_live`.

    Here a photo is preprocessed, cut and hidden, once for all that is made of it.
    """
    classifier = adapted(classifier)
    if not isinstance(photo, Image.Image):
        photo = load_photo(photo)
    image = classifier.preprocess(photo)
    digests = digest(np.asarray(photo)), digest(image)
    frame = classifier.frame(photo)
    cut = _cut(frame, image, digests, recipe)
    segments = cut.segments
    hidden = hidden_image(image, segments, recipe.hide_color, classifier)
    parts = (*digests, digest(segments), digest(hidden))
    key = (classifier, *parts, cut.found, recipe.design, recipe.seed, recipe.precision)

    def make() -> Neighborhood:
        made = Neighborhood(
            classifier,
            digests[0],
            image,
            segments,
            hidden,
            make_design(recipe.design, int(segments.max()) + 1, recipe.seed),
            recipe.precision,
            frame.size,
            cut.found,
            cut.seconds,
        )
        made.on_growth = lambda: _neighborhoods.keep(key, made)
        return made

    return _neighborhoods.get(key, make)


def _cut(frame: Image.Image, image: NDArray[np.float32], digests: tuple[str, str], recipe: Recipe) -> Cut:
    """Cut a photo, of which `frame` and `image` were made; the digests are the photo's and the image's."""
    segmentation, most = recipe.segmentation, most_superpixels(recipe.design)
    size = image.shape[:2]

    def make() -> Cut:
        start = time.perf_counter()
        if recipe.segmented == "image":
            cut = cut_image(image, segmentation, most)
        else:
            cut = cut_photo(picture_to_cut(frame, size, segmentation), size, segmentation, most)
        return replace(cut, seconds=time.perf_counter() - start)

    if not isinstance(segmentation, Hashable):
        return make()
    # Not of the picture that is cut: making it of a large photo would take its time for each question.
    key = (recipe.segmented, *digests, frame.size, segmentation, most)
    return _cuts.get(key, make)


def grow_explanation(
    photo: Any,
    neighborhood: Neighborhood,
    recipe: Recipe,
    on_progress: OnProgress | None = None,
    seconds_between_pictures: float = SECONDS_BETWEEN_PICTURES,
) -> Iterator[Explanation]:
    """What `explain_live` yields, from a neighborhood that `open_neighborhood` gave for the same recipe."""
    samples, finished, further = 0, False, recipe.cuts == 1
    with neighborhood.holding():
        while not finished:
            explanation, finished = next_explanation(
                neighborhood, recipe, samples, on_progress, seconds_between_pictures
            )
            samples = explanation.num_samples
            yield explanation
        while not further:
            explanation, further = next_cut(photo, explanation, on_progress, seconds_between_pictures)
            yield explanation


def next_explanation(
    neighborhood: Neighborhood,
    recipe: Recipe,
    samples: int = 0,
    on_progress: OnProgress | None = None,
    seconds: float = SECONDS_BETWEEN_PICTURES,
) -> tuple[Explanation, bool]:
    """One step of `grow_explanation`: of a photo's first cut, which focus and pros and cons are of.

    Parameters
    ----------
    neighborhood, recipe, on_progress
        As for `grow_explanation`.
    samples : int
        With how many the step before ended; 0 for the first one, which ends with the first picture.
    seconds : float
        How long the step may take, a batch more or less.

    Returns
    -------
    explanation : Explanation
    finished : bool
        Whether it is the one that the recipe asks for, but for further cuts. Which that is depends on the
        recipe and the samples alone, and not on the steps.
    """
    total, auto = recipe.samples_a_cut, recipe.num_samples == "auto"
    is_first, until = samples == 0 and seconds < math.inf, time.monotonic() + seconds

    def check_after(samples: int) -> int:
        check = 0
        while check <= samples:
            check = _next_check(check, total) if auto else total
        return check

    reported = samples

    def report(done: int) -> None:
        nonlocal reported
        if on_progress is not None and done > reported:
            reported = done
            on_progress(done, total * recipe.cuts)

    samples = min(samples, total - 1)
    with neighborhood.holding():
        check = check_after(samples)
        while True:
            step = FIRST_PICTURE if samples == 0 else samples + BATCH_SIZE
            neighborhood.grow(to=min(step, check), on_batch=report)
            samples = min(neighborhood.size, check)
            finished = samples == total or (
                auto and samples == check and _is_settled(neighborhood, recipe, samples)
            )
            if finished or (samples < check and (is_first or time.monotonic() >= until)):
                report(samples)
                return explanation_at(neighborhood, recipe, samples), finished
            if samples == check:
                check = check_after(samples)


def next_cut(
    photo: Any,
    explanation: Explanation,
    on_progress: OnProgress | None = None,
    seconds: float = SECONDS_BETWEEN_PICTURES,
) -> tuple[Explanation, bool]:
    """One step of `grow_explanation` once its first cut is finished: of the further cuts of the recipe.

    Each of them gets as many samples as the first.

    Parameters
    ----------
    photo
        What is explained.
    explanation : Explanation
        What the step before gave.
    on_progress, seconds
        As for `next_explanation`.

    Returns
    -------
    explanation : Explanation
        The same one with as much of the further cuts as there is.
    finished : bool
        Whether there is all of them.
    """
    until, samples, worked = time.monotonic() + seconds, explanation.num_samples, False
    known = {cut.recipe: cut.neighborhood for cut in explanation.further}
    recipe, further = explanation.recipe, []
    for number, cut in enumerate(recipe.further, 1):
        if worked and cut not in known and time.monotonic() >= until:
            break
        neighborhood = known.get(cut) or open_neighborhood(photo, explanation.classifier, cut)
        while neighborhood.size < samples and not (worked and time.monotonic() >= until):
            neighborhood.grow(to=min(samples, max(FIRST_PICTURE, neighborhood.size + BATCH_SIZE)))
            worked = True
            if on_progress is not None:
                on_progress(number * samples + neighborhood.size, recipe.samples_a_cut * recipe.cuts)
        if neighborhood.size >= min(samples, FIRST_PICTURE):
            there = min(samples, neighborhood.size)
            further.append(explanation_at(neighborhood, cut, there, explanation.labels))
    finished = len(further) == len(recipe.further) and all(cut.num_samples == samples for cut in further)
    return replace(explanation, further=tuple(further)), finished


def _next_check(samples: int, total: int) -> int:
    """Where "auto" looks next whether the focus is settled; steps grow, for looking costs time too."""
    return min(total, samples + max(_SAMPLES_BETWEEN_CHECKS, samples // 8 // BATCH_SIZE * BATCH_SIZE))


def _is_settled(neighborhood: Neighborhood, recipe: Recipe, samples: int) -> bool:
    superpixels = neighborhood.design.superpixels
    if few_regions(superpixels, recipe):  # all are shown, so there is nothing to wait for
        return True
    if samples <= superpixels:  # too few to tell them apart
        return False
    (best,) = _fit(neighborhood, recipe, samples, best_labels(neighborhood, 1))
    found = stability(best.surrogate, recipe.num_features, tolerance=recipe.tie_tolerance)
    return found >= recipe.stability_threshold


def best_labels(neighborhood: Neighborhood, number: int) -> list[Label]:
    """The most probable labels of the whole photo, best first."""
    neighborhood.grow(to=1)
    whole = neighborhood.probabilities(1)[0]
    return [_label(neighborhood, int(index)) for index in np.argsort(whole)[::-1][:number]]


def with_label(explanation: Explanation, label_index: int) -> Explanation:
    """The same explanation with one more label explained, after those it has.

    Parameters
    ----------
    explanation : Explanation
        Of the photo.
    label_index : int
        A class' index, however improbable the class is.

    Raises
    ------
    ArgumentError
        There is no class of this index.
    """
    if any(label.index == label_index for label in explanation.labels):
        return explanation
    neighborhood, samples = explanation.neighborhood, explanation.num_samples
    most = len(neighborhood.classifier.class_names) - 1
    label = _label(neighborhood, check_whole_number("label_index", label_index, least=0, most=most))
    with neighborhood.holding(samples):
        more = _fit(neighborhood, explanation.recipe, samples, [label])
    further = tuple(with_label(cut, label_index) for cut in explanation.further)
    return replace(explanation, labels=(*explanation.labels, *more), further=further)


def explanation_at(
    neighborhood: Neighborhood, recipe: Recipe, samples: int, labels: Sequence[Label] | None = None
) -> Explanation:
    """Explain labels, the most probable ones by default, from the first so many samples."""
    with neighborhood.holding(samples):
        asked = best_labels(neighborhood, recipe.top_labels) if labels is None else labels
        explained = _fit(neighborhood, recipe, samples, asked)
    return Explanation(
        image=neighborhood.image,
        segments=neighborhood.segments,
        labels=tuple(explained),
        num_samples=samples,
        recipe=recipe,
        neighborhood=neighborhood,
    )


def _fit(
    neighborhood: Neighborhood, recipe: Recipe, samples: int, labels: Sequence[Label]
) -> list[LabelExplanation]:
    """Fit a surrogate to each label, on the first so many samples; the last few fits are remembered."""
    fits = neighborhood.fits
    keys = [(label.index, samples, recipe.kernel_width, recipe.target) for label in labels]
    found = {key: fits[key] for key in keys if key in fits}
    missing = [key for key in keys if key not in found]
    if missing:
        answers, classes = neighborhood.probabilities(samples), [index for index, *_ in missing]
        fitted = fit_surrogates(
            neighborhood.masks(samples),
            answers[:, classes] if recipe.target == "probability" else log_odds(answers, classes),
            neighborhood.design.groups(samples),
            recipe.kernel_width,
        )
        found.update(zip(missing, fitted, strict=True))
        fits.update(found)
        for oldest in list(fits)[: max(0, len(fits) - _REMEMBERED_FITS)]:
            fits.pop(oldest, None)
    return [
        LabelExplanation(label.index, label.wnid, label.name, label.probability, found[key], recipe.target)
        for label, key in zip(labels, keys, strict=True)
    ]


def _label(neighborhood: Neighborhood, index: int) -> Label:
    classifier = neighborhood.classifier
    probability = float(neighborhood.probabilities(1)[0, index])
    return Label(index, classifier.wnids[index], classifier.class_names[index], probability)


@dataclass(frozen=True)
class Sample:
    """One perturbed version of the photo.

    Attributes
    ----------
    shown : numpy.ndarray of bool, shape (superpixels,)
        True where a superpixel is on.
    probability : float
        Of one class.
    """

    shown: np.ndarray
    probability: float

    @property
    def hidden(self) -> list[int]:
        """The superpixels that are off."""
        return [int(region) for region in np.flatnonzero(~self.shown)]


def contrasting_samples(explanation: Explanation, class_index: int, samples: int = 200) -> list[Sample]:
    """Of an explanation's first samples, those that give a class the least, the middle and the most.

    Parameters
    ----------
    explanation : Explanation
        What to choose from; the whole photo is not chosen.
    class_index : int
        The class.
    samples : int
        Among how many of the first samples.

    Returns
    -------
    list of Sample
        The lowest first; fewer than three if there are no more.

    Raises
    ------
    ArgumentError
        There is no class of this index, or `samples` is no number of samples.
    """
    neighborhood = explanation.neighborhood
    number = min(check_whole_number("samples", samples), explanation.num_samples)
    classes = len(neighborhood.classifier.class_names)
    check_whole_number("class_index", class_index, least=0, most=classes - 1)
    with neighborhood.holding(number):
        probabilities = neighborhood.probabilities(number)[1:, class_index]
        masks = neighborhood.masks(number)[1:].astype(bool)
    order = np.argsort(probabilities, kind="stable")
    ranks = sorted({0, len(order) // 2, len(order) - 1}) if len(order) else []
    return [Sample(masks[order[rank]], float(probabilities[order[rank]])) for rank in ranks]

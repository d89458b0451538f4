"""Explaining a photo: a picture after a few dozen samples that only gets better."""

import math
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from ..arguments import check_callable, check_positive, check_share, check_whole_number
from ..classifiers.predictor import Precision
from ..errors import ArgumentError, check_classifier
from ..photos.load import load_photo
from .designs import make_design
from .explanation import FOCUS_REGIONS, Explanation, Label, Settings, stability
from .fitting import best_labels, explanation_of, fit_labels
from .neighborhood import BATCH_SIZE, Neighborhood, NeighborhoodStore, digest
from .superpixels import HideColor, Quickshift, Segmentation, hidden_image, segment
from .surrogate import KERNEL_WIDTH

FIRST_PICTURE = 32  # samples
SECONDS_BETWEEN_PICTURES = 0.5
MAX_AUTO_SAMPLES = 3000
STABILITY_THRESHOLD = 0.9
_SAMPLES_BETWEEN_CHECKS = (
    64  # at least; not seconds: where "auto" ends must not depend on the machine's speed
)

_store = NeighborhoodStore()


NumSamples = int | Literal["auto"]
OnProgress = Callable[[int, int], None]


def explain_live(
    photo: Any,
    classifier: Any,
    *,
    num_samples: NumSamples = 1000,
    top_labels: int = 5,
    hide_color: HideColor = 0.0,
    segmentation: Segmentation | None = None,
    design: str = "balanced",
    seed: int = 0,
    on_progress: OnProgress | None = None,
    kernel_width: float = KERNEL_WIDTH,
    precision: Precision = "exact",
    max_samples: int = MAX_AUTO_SAMPLES,
    stability_threshold: float = STABILITY_THRESHOLD,
    num_features: int = FOCUS_REGIONS,
    _seconds_between_pictures: float = SECONDS_BETWEEN_PICTURES,
) -> Iterator[Explanation]:
    """Explain a photo, again and again while its neighborhood grows.

    The first explanation comes after a few dozen samples, or at once where they are there from before;
    then one about every half a second; the last is the one that was asked for. Neighborhoods are kept:
    asking again with another label count, kernel width or fewer samples does not ask the classifier, and
    asking for more samples costs the difference. Abandoning the iterator loses nothing either.

    Parameters
    ----------
    photo : PIL.Image.Image, or anything that `load_photo` takes
    classifier : Classifier
        What `load_classifier` returns, or any object with its public attributes.
    num_samples : int or "auto"
        Size of the neighborhood, the photo itself included. ``"auto"`` grows it until the best label's
        focus is stable, or `max_samples` are reached; where that is depends only on photo and seed.
    top_labels : int
        How many of the most probable labels to explain.
    hide_color : float, 3 floats, callable or None
        What hidden superpixels show, in the preprocessed space; see `hidden_image`.
    segmentation : callable, optional
        From image to segment map; `Quickshift` by default.
    design : {"balanced", "lime"}
        How samples are drawn. ``"lime"`` draws those of the `lime` package.
    seed : int
        0 to 2**32 - 1. The same seed gives the same explanation.
    on_progress : callable, optional
        Called with the samples done and the samples wanted after every batch. What it raises ends the
        run, and what was computed is kept.
    kernel_width : float
        Of lime's exponential kernel, in cosine distance.
    precision : {"exact", "fast"}
        ``"fast"`` lets perturbed samples be computed in bfloat16. The labels' probabilities are exact
        all the same.
    max_samples : int
        The most that ``"auto"`` may take.
    stability_threshold : float
        The stability that ``"auto"`` waits for, 0 to 1.
    num_features : int
        How many regions the focus has whose stability ``"auto"`` waits for.

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
    """
    auto = num_samples == "auto"
    if auto:
        total = check_whole_number("max_samples", max_samples)
    else:
        total = check_whole_number("num_samples", num_samples, or_auto=True)
    top_labels = check_whole_number("top_labels", top_labels)
    num_features = check_whole_number("num_features", num_features, least=0)
    seed = _checked_seed(seed)
    kernel_width = check_positive("kernel_width", kernel_width)
    threshold = check_share("stability_threshold", stability_threshold)
    if on_progress is not None:
        check_callable("on_progress", on_progress)
    neighborhood = open_neighborhood(
        photo,
        classifier,
        hide_color=hide_color,
        segmentation=segmentation,
        design=design,
        seed=seed,
        precision=precision,
    )
    settings = Settings(
        getattr(classifier, "name", type(classifier).__name__),
        design,
        seed,
        kernel_width,
        precision,
    )
    return _explanations(
        neighborhood,
        settings,
        total=total,
        top_labels=top_labels,
        settled_at=threshold if auto else None,
        num_features=num_features,
        on_progress=on_progress,
        seconds_between_pictures=_seconds_between_pictures,
    )


def explain(
    photo: Any,
    classifier: Any,
    *,
    num_samples: NumSamples = 1000,
    top_labels: int = 5,
    hide_color: HideColor = 0.0,
    segmentation: Segmentation | None = None,
    design: str = "balanced",
    seed: int = 0,
    on_progress: OnProgress | None = None,
    **more: Any,
) -> Explanation:
    """Explain the best labels of a photo: the last value of `explain_live`, which has the parameters."""
    *_, last = explain_live(
        photo,
        classifier,
        num_samples=num_samples,
        top_labels=top_labels,
        hide_color=hide_color,
        segmentation=segmentation,
        design=design,
        seed=seed,
        on_progress=on_progress,
        _seconds_between_pictures=math.inf,
        **more,
    )
    return last


def classify(photo: Any, classifier: Any, *, top_labels: int = 5, **settings: Any) -> list[Label]:
    """The most probable labels of a photo, best first; the first sample of its neighborhood.

    Parameters
    ----------
    photo, classifier, top_labels
        As for `explain_live`.
    **settings
        As for `open_neighborhood`; explaining with the same ones does not ask again.
    """
    top_labels = check_whole_number("top_labels", top_labels)
    neighborhood = open_neighborhood(photo, classifier, **settings)
    neighborhood.grow(to=1)
    return best_labels(neighborhood, top_labels)


def open_neighborhood(
    photo: Any,
    classifier: Any,
    *,
    hide_color: HideColor = 0.0,
    segmentation: Segmentation | None = None,
    design: str = "balanced",
    seed: int = 0,
    precision: Precision = "exact",
) -> Neighborhood:
    """The shared neighborhood of a photo, as large as it has become; see `explain_live`."""
    seed = _checked_seed(seed)
    if precision not in get_args(Precision):
        raise ArgumentError("precision must be 'exact' or 'fast', and is {value}.", value=repr(precision))
    check_classifier(classifier)
    if not isinstance(photo, Image.Image):
        photo = load_photo(photo)
    image = classifier.preprocess(photo)
    image_digest = digest(image)
    segments = _segments(image, image_digest, segmentation)
    hidden = hidden_image(image, segments, hide_color)
    sampler = make_design(design, int(segments.max()) + 1, seed)
    key = (id(classifier), image_digest, digest(segments), digest(hidden), design, seed, precision)
    # The neighborhood holds the classifier, so that no other object can get its id.
    return _store.get(key, lambda: Neighborhood(classifier, image, segments, hidden, sampler, precision))


def superpixels_of(photo: Any, classifier: Any, segmentation: Segmentation | None = None) -> np.ndarray:
    """The superpixels that `explain_live` will use, int64, shape (H, W); asks the classifier nothing."""
    check_classifier(classifier)
    if not isinstance(photo, Image.Image):
        photo = load_photo(photo)
    image = classifier.preprocess(photo)
    return _segments(image, digest(image), segmentation)


def _segments(image: np.ndarray, image_digest: str, segmentation: Segmentation | None) -> np.ndarray:
    if segmentation is None:
        segmentation = Quickshift()
    if not isinstance(segmentation, Hashable):
        return segment(image, segmentation)
    return _store.get((image_digest, segmentation), lambda: segment(image, segmentation))


def _explanations(
    neighborhood: Neighborhood,
    settings: Settings,
    *,
    total: int,
    top_labels: int,
    settled_at: float | None,
    num_features: int,
    on_progress: OnProgress | None,
    seconds_between_pictures: float,
) -> Iterator[Explanation]:
    reported = 0

    def report(samples: int) -> None:
        nonlocal reported
        if on_progress is not None and samples > reported:
            reported = samples
            on_progress(samples, total)

    shown = 0
    last_picture = 0.0
    samples = 0
    while samples < total:
        checkpoint = total if settled_at is None else _next_check(samples, total)
        while samples < checkpoint:
            step = FIRST_PICTURE if samples == 0 else samples + BATCH_SIZE
            neighborhood.grow(to=min(step, checkpoint), on_batch=report)
            samples = min(neighborhood.size, checkpoint)
            if samples < checkpoint and time.monotonic() - last_picture >= seconds_between_pictures:
                yield explanation_of(neighborhood, settings, samples, top_labels)
                shown = samples
                last_picture = time.monotonic()
        if settled_at is not None:
            best = fit_labels(neighborhood, settings, samples, best_labels(neighborhood, 1))[0]
            if stability(best.surrogate, num_features=num_features) >= settled_at:
                break
    report(samples)
    if samples > shown:
        yield explanation_of(neighborhood, settings, samples, top_labels)


def _next_check(samples: int, total: int) -> int:
    """Where "auto" looks next whether the focus is stable; steps grow, for looking costs time too."""
    return min(total, samples + max(_SAMPLES_BETWEEN_CHECKS, samples // 8 // BATCH_SIZE * BATCH_SIZE))


def _checked_seed(seed: Any) -> int:
    return check_whole_number("seed", seed, least=0, most=2**32 - 1)

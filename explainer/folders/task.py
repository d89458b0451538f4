"""One photo of a folder: what goes in, and what comes out. The same on any machine."""

import hashlib
import io
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from PIL import Image

from ..arguments import check_whole_number
from ..errors import ClassifierFailedError, ExplainerError
from ..judging.evidence import Question, gather_evidence
from ..lime.explain import NumSamples, explain
from ..lime.explanation import FOCUS_REGIONS, Explanation
from ..lime.fitting import with_label
from ..photos.load import load_photo
from ..pictures.draw import draw_focus, draw_pros_cons, fit_frame
from ..takeaway.report import Drawing, png
from . import record
from .focus_map import focus_grid
from .record import ExplainedLabel, PhotoRecord

THUMBNAIL = (320, 320)  # pixels, at most
ATTEMPTS = 3  # a photo gets, where something else than the photo may have been at fault
FILES = (
    "explanation.json",
    "focus.png",
    "pros_cons.png",
    "true_focus.png",
    "true_pros_cons.png",
    "thumbnail.jpg",
)
"""All that there can be beside a photo's record."""


@dataclass(frozen=True)
class TaskSettings:
    """How every photo is explained; `explainer.explain` says what each setting means.

    Raises
    ------
    ArgumentError
        A setting is outside of what is accepted; the message names it.
    """

    num_samples: NumSamples = 1000
    num_features: int = FOCUS_REGIONS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.num_samples != "auto":
            check_whole_number("num_samples", self.num_samples, or_auto=True)
        check_whole_number("num_features", self.num_features, least=0)
        check_whole_number("seed", self.seed, least=0, most=2**32 - 1)


@dataclass(frozen=True)
class PhotoTask:
    """A photo to explain.

    Attributes
    ----------
    photo : str
        Its path below the folder that is explained, with forward slashes.
    contents : bytes
        The file's.
    truth : tuple of int
        The classes any of which would be right; none where that is not known.
    key : str
        From `task_key`.
    place : str
        The folder of its results, as a path relative to the folder of all results.
    """

    photo: str
    contents: bytes = field(repr=False)
    truth: tuple[int, ...]
    key: str
    place: str


@dataclass(frozen=True)
class PhotoResult:
    """What came of a photo: its record, and the files beside it by name."""

    record: PhotoRecord
    files: dict[str, bytes] = field(repr=False)


Outcome = PhotoResult | ExplainerError
"""What came of a photo, or why nothing did."""


def task_key(contents: bytes, truth: tuple[int, ...], fingerprint: str, settings: TaskSettings) -> str:
    """A hash of all that decides a photo's result: SHA-256 in hexadecimal."""
    told = json.dumps([record.FORMAT, fingerprint, list(truth), asdict(settings)])
    return hashlib.sha256(hashlib.sha256(contents).digest() + told.encode()).hexdigest()


def make_ready(classifier: Any) -> Any:
    """Load the network, so that what is wrong with it is not taken for a photo's fault; returns the same.

    Raises
    ------
    ClassifierError
        It can't be loaded.
    """
    if hasattr(classifier, "describe_engine"):
        classifier.describe_engine()
    return classifier


def attempt(task: PhotoTask, classifier: Any, settings: TaskSettings) -> Outcome:
    """Explain a photo; an error of ours is returned, because another attempt would end in it too.

    Raises
    ------
    Exception
        Something unexpected, which another attempt may be spared.
    """
    try:
        return explain_photo(task, classifier, settings)
    except ClassifierFailedError as error:
        raise (error.__cause__ or error) from None
    except ExplainerError as error:
        return error


def explain_photo(task: PhotoTask, classifier: Any, settings: TaskSettings) -> PhotoResult:
    """Explain a photo's predicted label and, where that is wrong, the true one too.

    Raises
    ------
    PhotoError, ArgumentError, ClassifierError
        As `explainer.explain`.
    """
    photo = load_photo(task.contents)
    explanation = explain(
        photo,
        classifier,
        num_samples=settings.num_samples,
        seed=settings.seed,
        num_features=settings.num_features,
    )
    drawing = Drawing(settings.num_features, 2 * settings.num_features)
    return photo_result(task, photo, explanation, drawing)


def photo_result(
    task: PhotoTask, photo: Image.Image, explanation: Explanation, drawing: Drawing
) -> PhotoResult:
    """What is kept of a photo that has been explained; asks the classifier to check it.

    Parameters
    ----------
    task : PhotoTask
        What the photo is called; its contents are not looked at.
    photo : PIL.Image.Image
        The photo.
    explanation : Explanation
        What was found.
    drawing : Drawing
        How many regions the pictures show, and in which colours.

    Raises
    ------
    ClassifierError
        As `gather_evidence`.
    """
    predicted = explanation.labels[0].index
    whole = explanation.neighborhood.probabilities(1)[0]
    truth = predicted if predicted in task.truth else max(task.truth, key=lambda i: whole[i], default=None)
    wrong = truth is not None and truth != predicted
    if truth is not None:
        explanation = with_label(explanation, truth)
    canvas = fit_frame(photo, explanation.neighborhood.classifier)
    files = {"explanation.json": explanation.to_json().encode(), "thumbnail.jpg": _thumbnail(canvas)}

    def explained(index: int, prefix: str = "") -> ExplainedLabel:
        names = (f"{prefix}focus.png", f"{prefix}pros_cons.png")
        files.update(zip(names, _pictures(canvas, explanation, index, drawing), strict=True))
        focus, pros_cons = (f"{task.place}/{name}" for name in names)
        return _explained_label(explanation, index, drawing, focus, pros_cons)

    found = PhotoRecord(
        photo=task.photo,
        key=task.key,
        classifier=explanation.settings.classifier,
        num_samples=explanation.num_samples,
        thumbnail=f"{task.place}/thumbnail.jpg",
        predicted=explained(predicted),
        truth="" if truth is None else explanation.neighborhood.classifier.class_names[truth],
        true_label=explained(truth, "true_") if truth is not None and wrong else None,
    )
    return PhotoResult(found, files)


def _pictures(
    canvas: Image.Image, explanation: Explanation, index: int, drawing: Drawing
) -> tuple[bytes, bytes]:
    focus = explanation.regions(index, True, drawing.num_features)
    strongest = explanation.regions(index, drawing.positive_only, drawing.pros_cons_features)
    return (
        png(draw_focus(canvas, explanation.segments, focus, drawing.palette)),
        png(draw_pros_cons(canvas, explanation.segments, strongest, drawing.palette)),
    )


def _explained_label(
    explanation: Explanation, index: int, drawing: Drawing, focus: str, pros_cons: str
) -> ExplainedLabel:
    label = explanation.label(index)
    evidence = gather_evidence(explanation, index, drawing.num_features, drawing.pros_cons_features)
    answers = {answer.question: answer.probability for answer in evidence.answers}
    return ExplainedLabel(
        index=index,
        wnid=label.wnid,
        name=label.name,
        probability=label.probability,
        fidelity=label.fidelity,
        stability=explanation.stability(index, True, drawing.num_features),
        focus_only=answers.get(Question.FOCUS_ONLY),
        focus_hidden=answers.get(Question.FOCUS_HIDDEN),
        against_hidden=answers.get(Question.AGAINST_HIDDEN),
        contradicted=evidence.contradicted,
        focus=focus,
        pros_cons=pros_cons,
        focus_grid=focus_grid(explanation, index, drawing.num_features),
    )


def _thumbnail(canvas: Image.Image) -> bytes:
    small = canvas.copy()
    small.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=85)
    return stream.getvalue()

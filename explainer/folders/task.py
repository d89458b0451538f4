"""One photo among many: what goes in, and what comes out. The same on any machine."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from ..classifiers.classifier import ClassifierLike
from ..errors import ClassifierFailedError, ExplainerError, PhotoNote, reason_of
from ..judging.evidence import Question
from ..lime.explain import OnProgress, explain, with_label
from ..lime.explanation import Explanation
from ..photos.load import load_photo, notes_of
from ..pictures.draw import DEFAULT_PALETTE, Palette, draw_input, draw_reading, fit_frame
from ..pictures.encode import jpeg, png, smaller
from ..reading import Reading
from ..recipe import Recipe
from ..words.language import Language
from . import record
from .focus_map import focus_grid
from .judgement import judgement_of
from .record import AskedTwice, ExplainedLabel, PhotoRecord

THUMBNAIL_SIDE = 320  # pixels, at most
ATTEMPTS = 3  # a photo gets, where something else than the photo may have been at fault
FILES = (
    "explanation.json",
    "segments.png",
    "preprocessed.png",
    "focus.png",
    "pros_cons.png",
    "true_focus.png",
    "true_pros_cons.png",
    "enough.jpg",
    "without.jpg",
    "true_enough.jpg",
    "true_without.jpg",
    "thumbnail.jpg",
)
"""All that there can be beside a photo's record."""


@dataclass(frozen=True)
class PhotoTask:
    """A photo to explain.

    Attributes
    ----------
    photo : str
        What it is called: its path below the folder that is explained, with forward slashes.
    subfolder : str
        Of its results, as a path relative to the folder of all results.
    key : str
        From `task_key`.
    truth : tuple of int
        The classes any of which would be right; none where that is not known.
    judge : bool
        Whether its pictures are judged.
    content : str
        SHA-256 of its file in hexadecimal.
    recipe : Recipe or None
        How it is explained, if not as the others of the run are.
    """

    photo: str
    subfolder: str
    key: str
    truth: tuple[int, ...] = ()
    judge: bool = False
    content: str = ""
    recipe: Recipe | None = None


@dataclass(frozen=True)
class PhotoResult:
    """What came of a photo: its record, and the files beside it by name, and in which folder they belong."""

    subfolder: str
    record: PhotoRecord
    files: dict[str, bytes] = field(repr=False)
    notes: tuple[PhotoNote, ...] = ()

    def told(self, language: Language) -> "PhotoResult":
        """The same with the notes in its record, in a language."""
        notes = tuple(language.error(note) for note in self.notes)
        return replace(self, record=replace(self.record, notes=notes))


Outcome = PhotoResult | ExplainerError
"""What came of a photo, or why nothing did."""

Job = tuple[PhotoTask, bytes]
"""A photo to explain, and what is in its file."""

Executor = Callable[[Iterable[Job]], Iterator[tuple[PhotoTask, Outcome]]]
"""Does photos, in any order; takes the next ones only when it can start on them."""


def task_key(
    contents: bytes, truth: tuple[int, ...], fingerprint: str, recipe: Recipe, judge: bool = False
) -> str:
    """A hash of all that decides a photo's result: SHA-256 in hexadecimal."""
    return key_of_content(hashlib.sha256(contents).hexdigest(), truth, fingerprint, recipe, judge)


def key_of_content(
    content: str, truth: tuple[int, ...], fingerprint: str, recipe: Recipe, judge: bool = False
) -> str:
    """What `task_key` gives, where the SHA-256 of the photo's file is known already."""
    settings = recipe.to_dict()
    if recipe.cuts == 1:  # keys are those of before there was a choice, lest finished folders be done again
        del settings["cuts"]
    told = json.dumps([record.FORMAT, fingerprint, list(truth), settings, *(["judged"] if judge else [])])
    return hashlib.sha256(bytes.fromhex(content) + told.encode()).hexdigest()


def attempt(
    task: PhotoTask,
    contents: bytes,
    classifier: ClassifierLike,
    recipe: Recipe,
    on_samples: OnProgress | None = None,
) -> Outcome:
    """Explain a photo's predicted label and, where that is wrong, the true one too.

    An error of ours is returned, because another attempt would end in it too.

    Raises
    ------
    Exception
        Something unexpected, which another attempt may be spared.
    """
    try:
        photo = load_photo(contents)
        explanation = explain(photo, classifier, task.recipe or recipe, on_progress=on_samples)
        return photo_result(task, photo, explanation)
    except ClassifierFailedError as error:
        raise (error.__cause__ or error) from None
    except ExplainerError as error:
        return error


def failed(error: Exception) -> ExplainerError:
    """What is said of a photo that unexpectedly failed in every attempt."""
    return ExplainerError(
        "Explaining this photo failed {times} times: {reason}.", times=ATTEMPTS, reason=reason_of(error)
    )


def photo_result(
    task: PhotoTask,
    photo: Image.Image,
    explanation: Explanation,
    positive_only: bool = False,
    palette: Palette = DEFAULT_PALETTE,
) -> PhotoResult:
    """What is kept of a photo that has been explained; asks the classifier to check it.

    Parameters
    ----------
    task : PhotoTask
        What the photo is called, and where its results go.
    photo : PIL.Image.Image
        The photo.
    explanation : Explanation
        What was found.
    positive_only, palette
        How the pictures are drawn.

    Raises
    ------
    ClassifierError
        The classifier failed.
    """
    classifier = explanation.classifier
    predicted = explanation.labels[0].index
    whole = explanation.neighborhood.probabilities(1)[0]
    truth = predicted if predicted in task.truth else max(task.truth, key=lambda i: whole[i], default=None)
    if truth is not None:
        explanation = with_label(explanation, truth)
    canvas = fit_frame(photo, classifier)
    small = smaller(canvas, THUMBNAIL_SIDE)
    files = {
        "explanation.json": explanation.to_json().encode(),
        "segments.png": explanation.segments_png(),
        "preprocessed.png": png(draw_input(classifier.to_display(explanation.image))),
        "thumbnail.jpg": jpeg(small, quality=85),
    }

    def explained(index: int, prefix: str = "") -> ExplainedLabel:
        reading = Reading.of(explanation, index, positive_only)
        names = (f"{prefix}focus.png", f"{prefix}pros_cons.png")
        files.update(zip(names, map(png, draw_reading(canvas, reading, palette)), strict=True))
        found = _explained_label(reading, *(f"{task.subfolder}/{name}" for name in names))
        if not task.judge:
            return found
        judged, shown = judgement_of(explanation, index, small, f"{task.subfolder}/{prefix}")
        files.update({path.rpartition("/")[2]: picture for path, picture in shown.items()})
        return replace(found, judged=judged)

    found = PhotoRecord(
        photo=task.photo,
        key=task.key,
        classifier=classifier.name,
        num_samples=explanation.num_samples,
        thumbnail=f"{task.subfolder}/thumbnail.jpg",
        predicted=explained(predicted),
        truth="" if truth is None else classifier.class_names[truth],
        true_label=explained(truth, "true_") if truth is not None and truth != predicted else None,
        regions=explanation.num_superpixels,
        regions_found=explanation.neighborhood.superpixels_found,
        asked_twice=_asked_twice(explanation),
        content=task.content,
        fingerprint=classifier.fingerprint,
        frame=classifier.box(photo),
    )
    return PhotoResult(task.subfolder, found, files, notes_of(photo))


def not_explained(task: PhotoTask, classifier: ClassifierLike, reason: str) -> PhotoResult:
    """What is kept of a photo that could not be explained."""
    truth = classifier.class_names[task.truth[0]] if task.truth else ""
    return PhotoResult(
        task.subfolder,
        PhotoRecord(
            task.photo,
            task.key,
            classifier.name,
            0,
            "",
            None,
            truth=truth,
            error=reason,
            content=task.content,
            fingerprint=classifier.fingerprint,
        ),
        {},
    )


def _asked_twice(explanation: Explanation) -> AskedTwice | None:
    label = explanation.disagreement
    return AskedTwice(label.wnid, label.name, label.probability, label.again) if label else None


def _explained_label(reading: Reading, focus: str, pros_cons: str) -> ExplainedLabel:
    label = reading.label
    answers: dict[Any, float] = {answer.question: answer.probability for answer in reading.evidence.answers}
    return ExplainedLabel(
        index=label.index,
        wnid=label.wnid,
        name=label.name,
        probability=label.probability,
        fidelity=label.fidelity,
        stability=reading.stability,
        focus_only=answers.get(Question.FOCUS_ONLY),
        focus_hidden=answers.get(Question.FOCUS_HIDDEN),
        against_hidden=answers.get(Question.AGAINST_HIDDEN),
        contradicted=reading.evidence.contradicted,
        focus=focus,
        pros_cons=pros_cons,
        settled=reading.is_settled,
        focus_grid=focus_grid(reading),
        settledness=reading.settledness.value,
    )

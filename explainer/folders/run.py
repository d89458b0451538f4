"""Explain every photo below a folder, here or on other machines, and go on where a run was stopped."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..arguments import check_callable, check_whole_number
from ..errors import ArgumentError, ExplainerError, PhotoError, check_classifier
from ..lime.explain import NumSamples
from ..lime.explanation import FOCUS_REGIONS
from ..names import natural_order, printable
from ..photos.load import read_file
from ..words.language import LANGUAGES, Language
from .gallery import write_gallery
from .photos import find_photos, true_classes
from .record import PhotoRecord
from .results import ResultsFolder, places
from .summary import write_summary
from .task import ATTEMPTS, Outcome, PhotoResult, PhotoTask, TaskSettings, attempt, make_ready, task_key

SECONDS_BETWEEN_GALLERIES = 60.0

OnProgress = Callable[[int, int], None]
Executor = Callable[[Iterable[PhotoTask]], Iterator[tuple[PhotoTask, Outcome]]]
"""Does photos, in any order; takes the next ones only when it can start on them."""


@dataclass(frozen=True)
class FolderResult:
    """What came of a folder of photos.

    Attributes
    ----------
    records : tuple of PhotoRecord
        One for each photo: the wrongly classified first, then by name.
    reused : int
        How many photos were finished before this run.
    unreadable : tuple of ExplainerError
        One for each sub-folder that could not be looked into.
    gallery, summary : pathlib.Path
        The files that show all of it.
    """

    records: tuple[PhotoRecord, ...]
    reused: int
    unreadable: tuple[ExplainerError, ...]
    gallery: Path
    summary: Path


def explain_folder(
    folder: str | Path,
    out: str | Path,
    classifier: Any,
    *,
    num_samples: NumSamples = 1000,
    num_features: int = FOCUS_REGIONS,
    seed: int = 0,
    language: str = "en",
    workers: int | None = None,
    scheduler: str | None = None,
    on_progress: OnProgress | None = None,
) -> FolderResult:
    """Explain every photo below a folder.

    Each photo's results are written as soon as they are there. Calling it again does only what is
    missing: photos that are new, have changed, or were explained by another classifier or with other
    settings. A photo that can't be explained is reported, and the others are done. However this ends, the
    gallery and the summary show what is finished.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where the photos are. Sub-folders named after classes are taken for the truth.
    out : str or pathlib.Path
        Where the results go: ``index.html``, ``summary.csv``, and ``photos/`` with a folder for each photo.
    classifier : Classifier
        What `load_classifier` returns, or any object with its public attributes. One without a
        `fingerprint` can't be recognised, so that every call does all photos.
    num_samples, num_features, seed
        As for `explain`.
    language : {"en", "ja"}
        Of the gallery.
    workers : int, optional
        Start so many processes on this machine. A script that does this must be importable: its own work
        belongs under ``if __name__ == "__main__":``.
    scheduler : str, optional
        Use the workers of a running Dask scheduler, such as ``tcp://192.0.2.1:8786``. Whoever reaches it
        can run programs on its workers, so it must not be open to strangers.
    on_progress : callable, optional
        Called with the photos done and the photos there are, first before the first one is begun. What it
        raises ends the run, and what is finished is kept.

    Returns
    -------
    FolderResult

    Raises
    ------
    ArgumentError
        An argument is outside of what is accepted; the message names it.
    ClassifierError
        The classifier can't be used at all.
    ExplainerError
        There is no photo, the results can't be written, or there are no workers.
    """
    settings = TaskSettings(num_samples, num_features, seed)
    check_classifier(classifier)
    if on_progress is not None:
        check_callable("on_progress", on_progress)
    for name, value in (("folder", folder), ("out", out)):
        if not isinstance(value, str | os.PathLike):
            raise ArgumentError(
                "{name} must be a folder's path, and is {value}.", name=name, value=repr(value)
            )
    if language not in LANGUAGES:
        raise ArgumentError("language must be 'en' or 'ja', and is {value}.", value=repr(language))
    executor = _executor(workers, scheduler, classifier, settings)
    folder, results = Path(folder), ResultsFolder(Path(out))
    results.check_apart_from(folder)
    found = find_photos(folder, leave_out=results.path)
    if not found.photos:
        raise ExplainerError("There is no photo in the folder {folder}.", folder=folder)
    results.prepare()
    run = _Run(folder, results, found.photos, classifier, settings, Language(language), on_progress)
    with executor as start:
        try:
            run.explain(start)
        finally:
            run.take_up_the_last()
            gallery, summary = run.write_overview()
    return FolderResult(run.sorted_records(), run.reused, found.unreadable, gallery, summary)


def _executor(
    workers: int | None, scheduler: str | None, classifier: Any, settings: TaskSettings
) -> AbstractContextManager[Executor]:
    if workers is not None and scheduler is not None:
        raise ArgumentError("Give either workers or a scheduler, and not both.")
    if workers is None and scheduler is None:
        return nullcontext(lambda tasks: _in_this_process(tasks, classifier, settings))
    from . import cluster

    cluster.check_installed()
    if scheduler is not None:
        return cluster.remote_executor(scheduler, classifier, settings)
    return cluster.local_executor(check_whole_number("workers", workers), classifier, settings)


def _in_this_process(
    tasks: Iterable[PhotoTask], classifier: Any, settings: TaskSettings
) -> Iterator[tuple[PhotoTask, Outcome]]:
    for task in tasks:
        make_ready(classifier)
        for _ in range(ATTEMPTS):
            try:
                outcome = attempt(task, classifier, settings)
                break
            except Exception as error:
                outcome = failed(error)
        yield task, outcome


class _Run:
    """One run over a folder: which photos are finished, and what came of them."""

    def __init__(
        self,
        folder: Path,
        results: ResultsFolder,
        photos: tuple[str, ...],
        classifier: Any,
        settings: TaskSettings,
        language: Language,
        on_progress: OnProgress | None,
    ) -> None:
        self._folder = folder
        self._results = results
        self._photos = photos
        self._classifier = classifier
        self._fingerprint = getattr(classifier, "fingerprint", "")
        self._settings = settings
        self._language = language
        self._on_progress = on_progress
        self._places = places(photos)
        self._truths = true_classes(photos, classifier)
        self._records: dict[str, PhotoRecord] = {}
        self._being_written: PhotoTask | None = None
        self._last_overview = time.monotonic()
        self.reused = 0

    def explain(self, execute: Executor) -> None:
        self._results.set_aside_all_but(self._places.values())
        for photo in self._photos if self._fingerprint else ():
            record = self._results.finished(photo, self._places[photo], partial(self._key, photo))
            if record is not None:
                self._records[photo] = record
        self.reused = len(self._records)
        self._report()
        for task, outcome in execute(self._tasks()):
            self._keep(task, outcome)

    def _key(self, photo: str) -> str:
        contents = read_file(self._folder / photo)
        return task_key(contents, self._truths[photo], self._fingerprint, self._settings)

    def _tasks(self) -> Iterator[PhotoTask]:
        for photo in [photo for photo in self._photos if photo not in self._records]:
            truth, place = self._truths[photo], self._places[photo]
            try:
                contents = read_file(self._folder / photo)
            except PhotoError as error:
                self._keep(PhotoTask(photo, b"", truth, "", place), error)
                continue
            key = task_key(contents, truth, self._fingerprint, self._settings)
            yield PhotoTask(photo, contents, truth, key, place)

    def _keep(self, task: PhotoTask, outcome: Outcome) -> None:
        if isinstance(outcome, ExplainerError):
            outcome = self._not_explained(task, outcome)
        self._being_written = task
        self._results.write(task.place, outcome)
        self._records[task.photo] = outcome.record
        self._report()
        if time.monotonic() - self._last_overview > SECONDS_BETWEEN_GALLERIES:
            self.write_overview()

    def _not_explained(self, task: PhotoTask, error: ExplainerError) -> PhotoResult:
        record = PhotoRecord(
            photo=task.photo,
            key=task.key,
            classifier=getattr(self._classifier, "name", type(self._classifier).__name__),
            num_samples=0,
            thumbnail="",
            predicted=None,
            truth=self._classifier.class_names[task.truth[0]] if task.truth else "",
            error=self._language.error(error),
        )
        return PhotoResult(record, {})

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(len(self._records), len(self._photos))

    def take_up_the_last(self) -> None:
        """Count the photo whose results were just written when the run was stopped, if they are all there."""
        task = self._being_written
        if task is not None and task.photo not in self._records:
            record = self._results.finished(task.photo, task.place, lambda: task.key)
            if record is not None:
                self._records[task.photo] = record
                self._report()

    def sorted_records(self) -> tuple[PhotoRecord, ...]:
        """What is finished; the wrongly classified first."""
        return tuple(
            sorted(
                self._records.values(),
                key=lambda record: (not record.is_wrong, natural_order(record.photo), record.photo),
            )
        )

    def write_overview(self) -> tuple[Path, Path]:
        """Write the gallery and the summary of what is finished."""
        records, folder = self.sorted_records(), self._results.path
        title = printable(self._folder.resolve().name)
        written = write_gallery(records, folder, self._language, title), write_summary(records, folder)
        self._last_overview = time.monotonic()
        return written


def failed(error: Exception) -> ExplainerError:
    """What is said of a photo that unexpectedly failed in every attempt."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return ExplainerError(
        "Explaining this photo failed {times} times: {reason}.", times=ATTEMPTS, reason=reason.rstrip(".")
    )

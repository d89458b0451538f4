"""Explain many photos, here or on other machines, and go on where a run was stopped."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..arguments import check_callable, check_whole_number
from ..classifiers.classifier import ClassifierLike, adapted
from ..errors import ArgumentError, ExplainerError, PhotoError, ServerError
from ..lime.explain import OnProgress
from ..names import natural_order, printable
from ..photos.load import read_file
from ..recipe import Recipe
from ..words.language import LANGUAGES, Language
from .budget import Budget, Planned
from .gallery.document import write_gallery
from .metadata import USUAL_TABLE, Metadata, read_metadata, with_classes_of_table
from .objects.marked import MarkedObjects
from .photos import find_photos, kinds_in_words, kinds_of, true_classes, without_class
from .record import PhotoRecord
from .results import ResultsFolder, subfolders, subfolders_by_stem
from .summary import write_summary
from .task import (
    ATTEMPTS,
    Executor,
    Job,
    Outcome,
    PhotoResult,
    PhotoTask,
    attempt,
    failed,
    key_of_content,
    not_explained,
)

SECONDS_BETWEEN_GALLERIES = 60.0
PHOTOS_UNANSWERED = 3
"""So many in a row, and a run ends: each takes as long as a server is waited for."""


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
    left_out : mapping of str to int
        How many files are neither photos nor of any use, by the endings of their names.
    without_class : tuple of str
        The sub-folders with photos that are named after no class.
    remarks : tuple of ExplainerError
        What was assumed of the table and the annotations beside the photos, or could not be used of them.
    gallery, summary : pathlib.Path
        The files that show all of it.
    not_reached : tuple of str
        The photos that a budget did not suffice for, which have no record; the next run begins with them.
    samples : int
        How many samples were spent in this run.
    seconds : float
        How long it took.
    """

    records: tuple[PhotoRecord, ...]
    reused: int
    unreadable: tuple[ExplainerError, ...]
    left_out: Mapping[str, int]
    without_class: tuple[str, ...]
    remarks: tuple[ExplainerError, ...]
    gallery: Path
    summary: Path
    not_reached: tuple[str, ...] = ()
    samples: int = 0
    seconds: float = 0.0


def explain_folder(
    folder: str | Path,
    out: str | Path,
    classifier: Any,
    recipe: Recipe | None = None,
    *,
    language: str = "en",
    judge: bool = False,
    objects: str | Path | None = None,
    mask_values: Sequence[int] = (),
    metadata: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    time_limit: float | None = None,
    max_samples_total: int | None = None,
    on_progress: OnProgress | None = None,
    **changes: Any,
) -> FolderResult:
    """Explain every photo below a folder.

    Each photo's results are written as soon as they are there. Calling it again does only what is
    missing: photos that are new, have changed, or were explained by another classifier or with another
    recipe. A photo that can't be explained is reported, and the others are done. However this ends, the
    gallery and the summary show what is finished.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where the photos are. Sub-folders named after classes are taken for the truth.
    out : str or pathlib.Path
        Where the results go: ``index.html``, ``summary.csv``, and ``photos/`` with a folder for each photo.
    classifier : Classifier
        As for `explain`. One without a `fingerprint` can't be recognised, so that every call does all
        photos; so does a recipe with functions of one's own.
    recipe : Recipe, optional
        How every photo is explained; the usual one by default.
    language : {"en", "ja"}
        Of the gallery.
    judge : bool
        Put each photo's heat map to the test and look for the smallest sets of regions that decide, which
        about doubles what is asked. What was finished without is done again; what was judged counts without
        `judge` too.
    objects : str or pathlib.Path, optional
        A file or folder that says where the objects in the photos are: Pascal VOC XML, COCO JSON, YOLO text,
        or mask pictures. By default such files are looked for beside the photos and in the folders that tools
        keep them in. The records then say how much of each focus lies on the object.
    mask_values : sequence of int
        The values of mask pictures that mark the object; by default all but 0, and but the border of VOC's.
    metadata : str or pathlib.Path, optional
        A table with a row a photo, as `read_metadata` takes it; by default ``photos.csv`` in the folder,
        where there is one. Of photos in no class' sub-folder, a column ``class``, ``label`` or ``truth``
        is taken for the truth.
    workers : int, optional
        Start so many processes on this machine. A script that does this must be importable: its own work
        belongs under ``if __name__ == "__main__":``.
    scheduler : str, optional
        Use the workers of a running Dask scheduler, such as ``tcp://192.0.2.1:8786``. Whoever reaches it
        can run programs on its workers, so it must not be open to strangers.
    time_limit : float, optional
        Seconds after which no other photo is begun. With this or `max_samples_total`, all missing photos are
        classified first, and then the wrong ones are explained first, the unsure ones next, and the sure
        ones last and with fewer samples; a run without a limit explains those again.
    max_samples_total : int, optional
        How many samples there are for all photos together, without those it takes to check what was found.
        Which photos are explained does not depend on `workers`.
    on_progress : callable, optional
        Called with the photos done and the photos there are, first before the first one is begun. What it
        raises ends the run, and what is finished is kept.
    **changes
        Settings of the recipe, as for `explain`.

    Returns
    -------
    FolderResult

    Raises
    ------
    ArgumentError
        An argument is outside of what is accepted; the message names it.
    ClassifierError
        The classifier can't be used at all, or the server behind it did not answer about three photos in a
        row, which the next call begins with.
    ExplainerError
        There is no photo, the results can't be written, another run writes them, the table that was given
        can't be read, or there are no workers.
    """
    recipe = Recipe.of(recipe, **changes)
    classifier = adapted(classifier)
    if on_progress is not None:
        check_callable("on_progress", on_progress)
    for name, value in (("folder", folder), ("out", out), ("metadata", metadata)):
        if not isinstance(value, str | os.PathLike) and (value is not None or name != "metadata"):
            raise ArgumentError(
                "{name} must be a folder's path, and is {value}.", name=name, value=repr(value)
            )
    if language not in LANGUAGES:
        raise ArgumentError("language must be 'en' or 'ja', and is {value}.", value=repr(language))
    budget = Budget(recipe, time_limit, max_samples_total)
    if objects is not None and not isinstance(objects, str | os.PathLike):
        raise ArgumentError("objects must be a file's or folder's path, and is {value}.", value=repr(objects))
    for mask_value in mask_values:
        check_whole_number("mask_values", mask_value, least=0)
    executor = _executor(workers, scheduler, classifier, recipe)
    folder, results = Path(folder), ResultsFolder(Path(out))
    results.check_apart_from(folder)
    table = Path(metadata) if metadata is not None else folder / USUAL_TABLE
    found = find_photos(folder, leave_out=results.path, used=[table])
    if not found.photos:
        if found.left_out:
            raise ExplainerError(
                "There is no photo in the folder {folder}, only other files: {files}.",
                folder=folder,
                files=kinds_in_words(found.left_out),
            )
        raise ExplainerError("There is no photo in the folder {folder}.", folder=folder)
    marked = MarkedObjects(folder, found, None if objects is None else Path(objects), mask_values)
    told = _metadata(table, marked.photos, required=metadata is not None)
    truths, remarks = with_classes_of_table(true_classes(marked.photos, classifier), told, classifier)
    with_object = marked.completion(classifier, truths, results.path)
    run = _Run(
        {photo: folder / photo for photo in marked.photos},
        subfolders(marked.photos),
        truths,
        results,
        classifier,
        recipe,
        Language(language),
        judge,
        complete=lambda record: with_object(replace(record, metadata=told.rows.get(record.photo, {}))),
        budget=budget,
    )
    gallery = _Gallery(run, results.path, Language(language), printable(folder.resolve().name))
    with results.in_use(), executor as start:
        results.set_aside_all_but(run.subfolders.values())
        try:
            for done in run.explain(start):
                if on_progress is not None:
                    on_progress(done, len(marked.photos))
                gallery.write_now_and_then()
        finally:
            if run.take_up_the_last() and on_progress is not None:
                on_progress(len(run.records), len(marked.photos))
            index, summary = gallery.write()
    return FolderResult(
        run.sorted_records(),
        run.reused,
        found.unreadable,
        kinds_of(marked.left_out),
        without_class(truths),
        (*told.remarks, *remarks, *marked.remarks()),
        index,
        summary,
        not_reached=run.not_reached,
        samples=budget.samples,
        seconds=budget.seconds,
    )


def _metadata(table: Path, photos: Sequence[str], required: bool) -> Metadata:
    """What the table says; where nobody asked for it, a fault of it is only remarked on."""
    if not required and not table.is_file():
        return Metadata()
    try:
        return read_metadata(table, photos)
    except ExplainerError as error:
        if required:
            raise
        return Metadata(remarks=(error,))


def explain_photos(
    photos: Sequence[Path],
    out: Path,
    classifier: Any,
    recipe: Recipe,
    *,
    language: str = "en",
    judge: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    on_result: Callable[[Path, PhotoRecord, Path], None],
    on_samples: OnProgress | None = None,
) -> None:
    """Explain some photos, each into a folder of its own below `out` that is named after it.

    Parameters
    ----------
    photos : sequence of pathlib.Path
        The files.
    out, classifier, recipe, language, judge, workers, scheduler
        As for `explain_folder`; the language is that of errors.
    on_result : callable
        Called with each photo, its record and the folder of its results; those that were finished before
        come first. Of a photo that can't be explained nothing is written.
    on_samples : callable, optional
        Called with the samples done and wanted of the photo that is being explained, without workers.
    """
    classifier = adapted(classifier)
    paths = {str(path): path for path in photos}
    places = subfolders_by_stem(paths)
    results = ResultsFolder(out)
    run = _Run(
        paths,
        places,
        dict.fromkeys(paths, ()),
        results,
        classifier,
        recipe,
        Language(language),
        judge,
        keep_failures=False,
    )
    told: set[str] = set()
    executor = _executor(workers, scheduler, classifier, recipe, on_samples)
    with results.in_use(places.values()), executor as start:
        for _done in run.explain(start):
            for photo in [photo for photo in run.records if photo not in told]:
                told.add(photo)
                on_result(paths[photo], run.records[photo], out / run.subfolders[photo])


def _executor(
    workers: int | None,
    scheduler: str | None,
    classifier: ClassifierLike,
    recipe: Recipe,
    on_samples: OnProgress | None = None,
) -> AbstractContextManager[Executor]:
    if workers is not None and scheduler is not None:
        raise ArgumentError("Give either workers or a scheduler, and not both.")
    if workers is None and scheduler is None:
        return nullcontext(lambda jobs: _in_this_process(jobs, classifier, recipe, on_samples))
    from . import cluster

    cluster.check_installed()
    if scheduler is not None:
        return cluster.remote_executor(scheduler, classifier, recipe)
    return cluster.local_executor(check_whole_number("workers", workers), classifier, recipe)


def _in_this_process(
    jobs: Iterable[Job], classifier: ClassifierLike, recipe: Recipe, on_samples: OnProgress | None
) -> Iterator[tuple[PhotoTask, Outcome]]:
    for task, contents in jobs:
        classifier.describe_engine()  # which loads it, lest its faults be taken for a photo's
        for _ in range(ATTEMPTS):
            try:
                outcome = attempt(task, contents, classifier, recipe, on_samples)
                break
            except Exception as error:
                outcome = failed(error)
        yield task, outcome


class _Run:
    """One run over photos: which of them are finished, and what came of them.

    Parameters
    ----------
    photos : mapping of str to pathlib.Path
        What they are called, and where they are.
    subfolders : mapping of str to str
        For each that of its results, relative to the folder of all results.
    truths : mapping of str to tuple of int
        For each the classes any of which would be right.
    judge : bool
        Whether pictures are judged.
    keep_failures : bool
        Whether a photo that can't be explained has a record that says so.
    complete : callable
        Adds to a record what lies beside the photos and can change without them; the photo's results are
        written by then.
    budget : Budget, optional
        What may be spent; as much as it takes by default.
    """

    def __init__(
        self,
        photos: Mapping[str, Path],
        subfolders: Mapping[str, str],
        truths: Mapping[str, tuple[int, ...]],
        results: ResultsFolder,
        classifier: ClassifierLike,
        recipe: Recipe,
        language: Language,
        judge: bool,
        keep_failures: bool = True,
        complete: Callable[[PhotoRecord], PhotoRecord] = lambda record: record,
        budget: Budget | None = None,
    ) -> None:
        self.subfolders = subfolders
        self.records: dict[str, PhotoRecord] = {}
        self.reused = 0
        self.not_reached: tuple[str, ...] = ()
        self._photos = photos
        self._truths = truths
        self._results = results
        self._classifier = classifier
        self._recipe = recipe
        self._language = language
        self._judge = judge
        self._keep_failures = keep_failures
        self._complete = complete
        self._budget = budget or Budget(recipe)
        self._being_written: PhotoTask | None = None

    def explain(self, execute: Executor) -> Iterator[int]:
        """Do what is missing; yields how many are done, first those of before, then after each photo."""
        if self._classifier.fingerprint and not self._recipe.has_functions:
            for photo in self._photos:
                record = self._results.finished(photo, self.subfolders[photo], partial(self._keys, photo))
                if record is not None:
                    self.records[photo] = self._completed(record)
        self.reused = len(self.records)
        yield self.reused
        missing = {photo: path for photo, path in self._photos.items() if photo not in self.records}
        for _ in self._budget.look(missing, self._truths, self._classifier):
            yield len(self.records)
        unreadable: list[tuple[PhotoTask, PhotoError]] = []
        unanswered: list[tuple[PhotoTask, ServerError]] = []  # in a row
        for planned in self._budget.rounds(missing):
            for task, outcome in execute(self._jobs(planned, unreadable)):
                self._budget.spend(task, outcome)
                if isinstance(outcome, ServerError):
                    unanswered.append((task, outcome))
                    if len(unanswered) == PHOTOS_UNANSWERED:
                        raise outcome
                    continue
                self._keep(task, outcome)
                yield len(self.records)
                while unanswered and isinstance(outcome, PhotoResult):
                    self._keep(*unanswered.pop(0))
                    yield len(self.records)
        for task, error in (*unanswered, *unreadable):
            self._keep(task, error)
            yield len(self.records)
        self.not_reached = tuple(photo for photo in self._photos if photo not in self.records)

    def _keys(self, photo: str) -> set[str]:
        content = _content(read_file(self._photos[photo]))
        return {
            self._task(Planned(photo, recipe), content, judge).key
            for judge in {self._judge, True}
            for recipe in self._budget.recipes
        }

    def _task(self, planned: Planned, content: str, judge: bool) -> PhotoTask:
        photo, recipe = planned.photo, planned.recipe
        truth = self._truths[photo]
        key = key_of_content(content, truth, self._classifier.fingerprint, recipe, judge)
        other = None if recipe == self._recipe else recipe
        return PhotoTask(photo, self.subfolders[photo], key, truth, judge, content, other)

    def _jobs(
        self, planned: Sequence[Planned], unreadable: list[tuple[PhotoTask, PhotoError]]
    ) -> Iterator[Job]:
        for next_one in planned:
            if self._budget.is_time_up():
                return
            photo = next_one.photo
            try:
                contents = read_file(self._photos[photo])
            except PhotoError as error:
                unreadable.append((PhotoTask(photo, self.subfolders[photo], "", self._truths[photo]), error))
                continue
            yield self._task(next_one, _content(contents), self._judge), contents

    def _keep(self, task: PhotoTask, outcome: Outcome) -> None:
        if not isinstance(outcome, PhotoResult):
            outcome = not_explained(task, self._classifier, self._language.error(outcome))
        outcome = outcome.told(self._language)
        self._being_written = task
        if self._keep_failures or not outcome.record.error:
            self._results.write(outcome)
            outcome = replace(outcome, record=self._completed(outcome.record))
        self.records[task.photo] = outcome.record

    def take_up_the_last(self) -> bool:
        """Count the photo whose results were just written when the run was stopped, if they are all there.

        Returns whether there was one.
        """
        task = self._being_written
        if task is None or task.photo in self.records:
            return False
        record = self._results.finished(task.photo, task.subfolder, lambda: {task.key})
        if record is None:
            return False
        self.records[task.photo] = self._completed(record)
        return True

    def _completed(self, record: PhotoRecord) -> PhotoRecord:
        known = record
        if not record.content and not record.error:  # of an older version, which did not write it down
            content = _content(read_file(self._photos[record.photo]))
            known = replace(record, content=content, fingerprint=self._classifier.fingerprint)
        completed = self._complete(known)
        if completed != record:
            self._results.write_record(self.subfolders[record.photo], completed)
        return completed

    def sorted_records(self) -> tuple[PhotoRecord, ...]:
        """What is finished; the wrongly classified first."""
        return tuple(
            sorted(
                self.records.values(),
                key=lambda record: (not record.is_wrong, natural_order(record.photo), record.photo),
            )
        )


def _content(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()


class _Gallery:
    """The files that show what is finished of a run."""

    def __init__(self, run: _Run, folder: Path, language: Language, title: str) -> None:
        self._run = run
        self._folder = folder
        self._language = language
        self._title = title
        self._written = time.monotonic()

    def write_now_and_then(self) -> None:
        if time.monotonic() - self._written > SECONDS_BETWEEN_GALLERIES:
            self.write()

    def write(self) -> tuple[Path, Path]:
        records = self._run.sorted_records()
        left = len(self._run.not_reached)
        index = write_gallery(records, self._folder, self._language, self._title, left)
        summary = write_summary(records, self._folder)
        self._written = time.monotonic()
        return index, summary

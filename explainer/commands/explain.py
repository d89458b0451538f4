"""``explain``: explain photos, or every photo of a folder, and write what was found."""

import argparse
import json
import sys
from pathlib import Path

from ..classifiers.classifier import Classifier
from ..errors import ExplainerError, ServerError
from ..folders.gallery.parts import cut_and_answer_notes, judged_sentences
from ..folders.gate import FOLDER, judge_folder, with_known_classes
from ..folders.objects.inside import inside_sentence
from ..folders.photos import kinds_in_words
from ..folders.record import PhotoRecord
from ..folders.run import FolderResult, explain_folder, explain_photos
from ..names import printable
from ..recipe import Recipe
from ..words.language import LANGUAGES, Language
from . import (
    BAD_INPUT,
    INTERRUPTED,
    Commands,
    budget_options,
    classifier_options,
    gate_options,
    recipe_options,
)
from .progress import Bar

_FOR_FOLDERS = ("metadata", "objects", "mask_values", "time_limit", "max_samples_total", "fail_if")


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "explain",
        help="explain photos, or all photos of a folder",
        description="Explain photos, or all photos below one folder, and write what was found. A folder's "
        "results are a gallery, DIR/index.html, and a table, DIR/summary.csv. The same command again does "
        "only what is missing.",
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results go")
    classifier_options.add_to(parser)
    parser.add_argument("--language", choices=tuple(LANGUAGES), default="en", help="of a folder's gallery")
    parser.add_argument(
        "--judge", action="store_true", help="put each picture to the test, and find the regions that decide"
    )
    parser.add_argument(
        "--metadata",
        type=Path,
        metavar="FILE",
        help="a table with a row for each photo of a folder (default: photos.csv in the folder)",
    )
    parser.add_argument(
        "--objects",
        type=Path,
        metavar="PATH",
        help="a file or folder that says where the objects in a folder's photos are (Pascal VOC, COCO, YOLO, "
        "masks); by default looked for beside the photos",
    )
    parser.add_argument(
        "--mask-values",
        type=_whole_numbers,
        default=(),
        metavar="N,…",
        help="the values of masks that mark the object (all but 0)",
    )
    machines = parser.add_mutually_exclusive_group()
    machines.add_argument("--workers", type=int, metavar="N", help="work on N processes of this machine")
    machines.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="work on the machines of a Dask scheduler; it must not be open to strangers",
    )
    recipe_options.add_to(parser)
    budget_options.add_to(parser)
    gate_options.add_to(parser, FOLDER)
    parser.set_defaults(run=_run)


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


_whole_numbers.__name__ = "list of whole numbers"  # as argparse tells it


def _run(options: argparse.Namespace) -> int:
    recipe, gates = recipe_options.recipe_of(options), gate_options.gates_of(options, FOLDER)
    folders = [path for path in options.photos if path.is_dir()]
    if folders and len(options.photos) > 1:
        raise ExplainerError("Give either photos or one folder; each folder needs a --out of its own.")
    alone = [name for name in _FOR_FOLDERS if getattr(options, name) not in (None, (), [])]
    if alone and not folders:
        raise ExplainerError(
            "{option} is for the photos of a folder; please give a folder.",
            option="--" + alone[0].replace("_", "-"),
        )
    classifier = classifier_options.classifier_of(options)
    gates = with_known_classes(gates, classifier)
    bar = Bar()
    try:
        if folders:
            result = _explain_folder(options, classifier, recipe, bar)
            bar.close()
            told = _tell(result)
            if budget_options.are_given(options):
                _tell_spent(result)
            verdicts = judge_folder(gates, result.records, result.not_reached)
            return gate_options.tell(verdicts, options, "limelight explain") or told
        return _explain_photos(options, classifier, recipe, bar)
    except ServerError:
        if so_far := bar.so_far():
            print(f"\nexplainer: Stopped{so_far}; run the same command to go on.", file=sys.stderr)
        raise
    except KeyboardInterrupt:
        print(f"\nexplainer: Stopped{bar.so_far()}; run the same command to go on.", file=sys.stderr)
        return INTERRUPTED
    finally:
        bar.close()


def _explain_folder(
    options: argparse.Namespace, classifier: Classifier, recipe: Recipe, bar: Bar
) -> FolderResult:
    return explain_folder(
        options.photos[0],
        options.out,
        classifier,
        recipe,
        language=options.language,
        judge=options.judge,
        metadata=options.metadata,
        workers=options.workers,
        scheduler=options.scheduler,
        time_limit=options.time_limit,
        max_samples_total=options.max_samples_total,
        objects=options.objects,
        mask_values=options.mask_values,
        # What was done before took no time, and says nothing about how long the rest takes.
        on_progress=lambda done, total: bar.show(done, total, "photos", initial=done),
    )


def _tell(result: FolderResult) -> int:
    """Print what came of a folder; returns the exit code."""
    records = result.records
    failed = [record for record in records if record.error]
    for error in result.unreadable:
        print(f"explainer: {error}", file=sys.stderr)
    for record in records:
        for sentence in (*record.notes, *filter(None, [record.error])):
            print(f"explainer: {printable(record.photo)}: {sentence}", file=sys.stderr)
    for remark in result.remarks:
        print(f"explainer: {remark}", file=sys.stderr)
    print(f"{len(records) - len(failed)} of {len(records)} photos explained", end="")
    print(f", {result.reused} of them before" if result.reused else "", end=".\n")
    unsteady = sum(record.asked_twice is not None for record in records)
    if unsteady:
        print(f"The classifier answers {unsteady} photos differently each time: do not rely on it.")
    with_truth = [record for record in records if record.truth and not record.error]
    if with_truth:
        wrong = sum(record.is_wrong for record in with_truth)
        print(f"{wrong} of {len(with_truth)} whose class is known are wrongly classified.")
    inside = inside_sentence(records, Language("en"))
    if inside:
        print(inside)
    if result.without_class:
        folders = ", ".join(map(printable, result.without_class[:5]))
        more = " …" if len(result.without_class) > 5 else ""
        number = len(result.without_class)
        are = "1 folder is" if number == 1 else f"{number} folders are"
        print(f"{are} named after no class: {folders}{more}.")
    if result.left_out:
        number = sum(result.left_out.values())
        were = "1 file was" if number == 1 else f"{number} files were"
        print(f"{were} left out: {kinds_in_words(result.left_out)}.")
    print(f"{result.gallery}\n{result.summary}")
    return BAD_INPUT if failed or result.unreadable else 0


def _tell_spent(result: FolderResult) -> None:
    print(f"{result.samples} samples were spent, in {budget_options.in_words(result.seconds)}.")
    left = len(result.not_reached)
    if left:
        photos = "1 photo was" if left == 1 else f"{left} photos were"
        print(f"{photos} not reached; run the same command to go on.")


def _explain_photos(options: argparse.Namespace, classifier: Classifier, recipe: Recipe, bar: Bar) -> int:
    failed = False

    def tell(photo: Path, record: PhotoRecord, results: Path) -> None:
        nonlocal failed
        bar.close()
        if record.error:
            print(f"explainer: {printable(str(photo))}: {record.error}", file=sys.stderr)
            failed = True
            return
        for note in record.notes:
            print(f"explainer: {printable(str(photo))}: {note}", file=sys.stderr)
        print(f"{printable(str(photo))}:")
        for label in json.loads((results / "explanation.json").read_bytes())["labels"]:
            wnid = f" ({label['wnid']})" if label["wnid"] else ""
            print(f"  {label['probability']:7.2%}  {label['name']}{wnid}")
        assert record.predicted is not None
        language = Language("en")
        for note in (
            *cut_and_answer_notes(record, language),
            *judged_sentences(record.predicted, record, language),
        ):
            print(f"  {note}")

    explain_photos(
        options.photos,
        options.out,
        classifier,
        recipe,
        language=options.language,
        judge=options.judge,
        workers=options.workers,
        scheduler=options.scheduler,
        on_result=tell,
        on_samples=lambda done, total: bar.show(done, total, "samples"),
    )
    return BAD_INPUT if failed else 0

"""``explain``: explain photos, or every photo of a folder, and write what was found."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from ..classifiers.catalogue import catalogue, load_classifier
from ..classifiers.classifier import Classifier
from ..errors import ExplainerError
from ..folders.run import FolderResult, explain_folder
from ..lime.explain import explain
from ..lime.explanation import FOCUS_REGIONS, Explanation
from ..names import printable
from ..photos.load import load_photo
from ..pictures.draw import draw_focus, draw_input, draw_pros_cons, fit_frame
from ..takeaway.files import not_writable
from ..words.language import LANGUAGES
from . import Commands

_BAD_INPUT = 2
_INTERRUPTED = 130  # what shells take for Ctrl-C


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "explain",
        help="explain photos, or all photos of a folder",
        description="Explain photos, or all photos below one folder, and write what was found. A folder's "
        "results are a gallery, DIR/index.html, and a table, DIR/summary.csv; the same command again does "
        "only what is missing.",
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results go")
    parser.add_argument(
        "--classifier",
        default="auto",
        metavar="NAME",
        help=f"one of {', '.join(entry.name for entry in catalogue())}; "
        "by default inception-v3 where its weights are, else efficientnet-lite2",
    )
    parser.add_argument("--num-samples", default=1000, type=_samples, metavar="N|auto")
    parser.add_argument("--num-features", default=FOCUS_REGIONS, type=int, metavar="N")
    parser.add_argument("--seed", default=0, type=int, metavar="N")
    of_a_folder = parser.add_argument_group("for a folder")
    of_a_folder.add_argument("--language", choices=tuple(LANGUAGES), help="of the gallery")
    machines = of_a_folder.add_mutually_exclusive_group()
    machines.add_argument("--workers", type=int, metavar="N", help="work on N processes of this machine")
    machines.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="work on the machines of a Dask scheduler; it must not be open to strangers",
    )
    parser.set_defaults(run=_run)


def _samples(text: str) -> int | str:
    try:
        return text if text == "auto" else int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number or auto, and is {text!r}") from error


def _run(options: argparse.Namespace) -> int:
    if any(path.is_dir() for path in options.photos):
        return _explain_folder(options)
    if options.workers is not None or options.scheduler or options.language:
        raise ExplainerError("--workers, --scheduler and --language are for a folder of photos.")
    return _explain_photos(options)


def _explain_folder(options: argparse.Namespace) -> int:
    if len(options.photos) > 1:
        raise ExplainerError("Give either photos or one folder; each folder needs a --out of its own.")
    classifier = load_classifier(options.classifier)
    bar: Any = None

    def show_progress(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            # What was done before took no time, and says nothing about how long the rest takes.
            bar = tqdm(desc=options.photos[0].name, unit=" photos", total=total, initial=done)
        bar.update(done - bar.n)

    try:
        result = explain_folder(
            options.photos[0],
            options.out,
            classifier,
            num_samples=options.num_samples,
            num_features=options.num_features,
            seed=options.seed,
            language=options.language or "en",
            workers=options.workers,
            scheduler=options.scheduler,
            on_progress=show_progress,
        )
    except KeyboardInterrupt:
        so_far = f" with {bar.n} of {bar.total} photos done" if bar is not None else ""
        print(f"\nexplainer: Stopped{so_far}; run the same command to go on.", file=sys.stderr)
        return _INTERRUPTED
    finally:
        if bar is not None:
            bar.close()
    return _tell(result)


def _tell(result: FolderResult) -> int:
    """Print what came of a folder; returns the exit code."""
    records = result.records
    failed = [record for record in records if record.error]
    for error in result.unreadable:
        print(f"explainer: {error}", file=sys.stderr)
    for record in failed:
        print(f"explainer: {printable(record.photo)}: {record.error}", file=sys.stderr)
    print(f"{len(records) - len(failed)} of {len(records)} photos explained", end="")
    print(f", {result.reused} of them before" if result.reused else "", end=".\n")
    with_truth = [record for record in records if record.truth and not record.error]
    if with_truth:
        wrong = sum(record.is_wrong for record in with_truth)
        print(f"{wrong} of {len(with_truth)} whose class is known are wrongly classified.")
    print(f"{result.gallery}\n{result.summary}")
    return _BAD_INPUT if failed or result.unreadable else 0


def _explain_photos(options: argparse.Namespace) -> int:
    classifier = load_classifier(options.classifier)
    failed = False
    for path, folder in zip(options.photos, _folders(options.photos, options.out), strict=True):
        try:
            _explain_one(path, folder, classifier, options)
        except ExplainerError as error:
            print(f"explainer: {path}: {error}", file=sys.stderr)
            failed = True
    return _BAD_INPUT if failed else 0


def _folders(photos: list[Path], out: Path) -> list[Path]:
    """A folder for each photo, named after it; photos of the same name are numbered."""
    taken: set[str] = set()
    folders = []
    for photo in photos:
        name, number = photo.stem, 1
        while name.casefold() in taken:  # many file systems take "Cat" and "cat" for the same
            number += 1
            name = f"{photo.stem}-{number}"
        taken.add(name.casefold())
        folders.append(out / name)
    return folders


def _explain_one(path: Path, folder: Path, classifier: Classifier, options: argparse.Namespace) -> None:
    photo = load_photo(path)
    _check_writable(folder)
    with tqdm(desc=path.name, unit=" samples", total=None) as bar:

        def show_progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        explanation = explain(
            photo,
            classifier,
            num_samples=options.num_samples,
            seed=options.seed,
            num_features=options.num_features,
            on_progress=show_progress,
        )
    print(f"{path}:")
    for label in explanation.labels:
        wnid = f" ({label.wnid})" if label.wnid else ""
        print(f"  {label.probability:7.2%}  {label.name}{wnid}")

    best = explanation.labels[0].index
    canvas, segments = fit_frame(photo, classifier), explanation.segments
    pictures = {
        "preprocessed.png": draw_input(classifier.to_display(explanation.image)),
        "focus.png": draw_focus(canvas, segments, explanation.regions(best, True, options.num_features)),
        "pros_cons.png": draw_pros_cons(
            canvas, segments, explanation.regions(best, False, 2 * options.num_features)
        ),
    }
    _write(folder, explanation, pictures)


def _check_writable(folder: Path) -> None:
    """See that results can be written to a folder, before they take minutes; leaves nothing behind."""
    try:
        existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
        tempfile.TemporaryDirectory(dir=existing, prefix=".unfinished-").cleanup()
    except OSError as error:
        raise not_writable(folder, error) from error


def _write(folder: Path, explanation: Explanation, pictures: dict[str, Image.Image]) -> None:
    """Write all of a photo's files, each whole or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unfinished-") as unfinished:
            for name, picture in pictures.items():
                picture.save(Path(unfinished) / name)
            json = Path(unfinished) / "explanation.json"
            json.write_text(explanation.to_json(), encoding="utf-8")
            folder.mkdir(exist_ok=True)
            for file in (*pictures, json.name):
                (Path(unfinished) / file).replace(folder / file)
    except OSError as error:
        raise not_writable(folder, error) from error

"""``explain``: explain photos, and write what was found."""

import argparse
import sys
import tempfile
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from .. import explain, load_classifier, load_photo
from ..classifiers import Classifier, catalogue
from ..errors import ExplainerError
from ..explanation import FOCUS_REGIONS, Explanation
from ..render import draw_focus, draw_input, draw_pros_cons, fit_photo
from . import Commands

_BAD_INPUT = 2


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("explain", help="explain photos, and write what was found")
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
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
    parser.set_defaults(run=_run)


def _samples(text: str) -> int | str:
    try:
        return text if text == "auto" else int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number or auto, and is {text!r}") from error


def _run(options: argparse.Namespace) -> int:
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
        print(f"  {label.probability:7.2%}  {label.name} ({label.wnid})")

    best = explanation.labels[0].index
    canvas, segments = fit_photo(photo), explanation.segments
    pictures = {
        "preprocessed.png": draw_input(classifier.to_display(explanation.image)),
        "focus.png": draw_focus(canvas, segments, explanation.regions(best, True, options.num_features)),
        "pros_cons.png": draw_pros_cons(
            canvas, segments, explanation.regions(best, False, 2 * options.num_features)
        ),
    }
    _write(folder, explanation, pictures)


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
        raise ExplainerError(
            "The result can't be written to {folder}: {reason}.",
            folder=folder,
            reason=error.strerror or error,
        ) from error

"""``judge``: have other methods explain a photo too, and put all of them to the test."""

import argparse
import sys
from pathlib import Path

from ..classifiers.classifier import Classifier
from ..errors import ArgumentError, ClassifierError, ClassifierFailedError, ExplainerError
from ..files import write_whole
from ..folders.photos import class_finder
from ..judging.inquiry import finish
from ..judging.methods import METHODS
from ..judging.opinions import SecondOpinions
from ..judging.sanity import SanityCheck, check_sanity
from ..judging.smallest import smallest_sets
from ..lime.explain import explain, with_label
from ..names import printable
from ..photos.load import load_photo, notes_of
from ..pictures.encode import png
from ..reading import Reading
from ..recipe import Recipe
from ..takeaway.opinions import curves_csv, drawn_maps, maps, opinions_json, opinions_table, quality_sentences
from ..takeaway.report import html_report
from ..words.language import LANGUAGES, Language
from ..words.opinions import (
    agreement_sentences,
    best_sentence,
    enough_sentence,
    sanity_sentence,
    without_sentence,
)
from . import BAD_INPUT, INTERRUPTED, Commands, classifier_options, recipe_options
from .columns import aligned
from .progress import Bar


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "judge",
        help="put a photo's picture to the test, beside those of other methods",
        description="Explain a photo by several methods and put all of them to the test on the photo itself: "
        "is the most important part of each map what the classifier goes by? Writes a report, the figures, "
        "the curves and the maps.",
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results go")
    parser.add_argument(
        "--label", metavar="NAME|INDEX", help="which class is explained; the most probable one by default"
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        choices=tuple(METHODS),
        metavar="METHOD",
        help=f"some of {', '.join(METHODS)}; all by default",
    )
    parser.add_argument(
        "--sanity",
        action="store_true",
        help="explain the photo for the same network with random weights, too: does the picture change?",
    )
    classifier_options.add_to(parser)
    parser.add_argument(
        "--language", choices=tuple(LANGUAGES), default="en", help="of what is said, and of the report"
    )
    recipe_options.add_to(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    recipe, language = recipe_options.recipe_of(options), Language(options.language)
    classifier = classifier_options.classifier_of(options)
    bar = Bar()
    try:
        _judge(options, classifier, recipe, language, bar)
        return 0
    except KeyboardInterrupt:
        bar.close()
        print("\nexplainer: Stopped; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except ExplainerError as error:
        bar.close()
        print(f"explainer: {language.error(error)}", file=sys.stderr)
        return BAD_INPUT
    finally:
        bar.close()


def _judge(
    options: argparse.Namespace, classifier: Classifier, recipe: Recipe, language: Language, bar: Bar
) -> None:
    indices = _classes(options.label, classifier)
    photo = load_photo(options.photo)
    explanation = explain(
        photo, classifier, recipe, on_progress=lambda done, total: bar.show(done, total, "samples")
    )
    bar.close()
    index = explanation.labels[0].index
    if indices:
        whole = explanation.neighborhood.probabilities(1)[0]
        index = max(indices, key=lambda found: float(whole[found]))
        explanation = with_label(explanation, index)
    opinions = SecondOpinions(photo, explanation, index, options.methods)
    while not opinions.advance(0):
        bar.show(opinions.passes, max(opinions.passes, opinions.total), "pictures")
    sets = finish(smallest_sets(explanation, index))
    bar.close()
    sanity = _sanity(opinions, language, bar) if options.sanity else None
    reading = Reading.of(explanation, index)
    name = options.photo.name
    files = {
        "opinions.json": opinions_json(opinions, sets, sanity).encode(),
        "curves.csv": curves_csv(opinions).encode(),
        **maps(opinions),
        **{f"{name}.png": png(drawn) for name, drawn in drawn_maps(opinions, sanity).items()},
        "report.html": html_report(
            photo, reading, language, name=name, opinions=opinions, sets=sets, sanity=sanity
        ).encode(),
    }
    for file, content in files.items():
        write_whole(options.out / file, content)
    for note in notes_of(photo):
        print(f"explainer: {printable(str(options.photo))}: {language.error(note)}", file=sys.stderr)
    label = explanation.label(index)
    shown = language.class_name(label.name, label.wnid)
    print(f"{printable(str(options.photo))}: {shown}, {language.percent(label.probability)}\n")
    print(*quality_sentences(opinions, language), sep="\n", end="\n\n")
    print(aligned(opinions_table(opinions, language)), end="\n\n")
    told = [best_sentence(opinions, language), *agreement_sentences(opinions, language)]
    told += [enough_sentence(sets, explanation, language), without_sentence(sets, explanation, language)]
    told += [sanity_sentence(sanity, explanation, language)] if sanity else []
    print(*filter(None, told), sep="\n", end="\n\n")
    print(options.out / "report.html")


def _classes(label: str | None, classifier: Classifier) -> tuple[int, ...]:
    """The indices that a label may mean: a name, or else a number."""
    if label is None:
        return ()
    found = class_finder(classifier)(label)
    if not found and label.isdecimal() and int(label) < len(classifier.class_names):
        found = (int(label),)
    if not found:
        raise ArgumentError(
            "{classifier} knows no class {label}; classes go by their names, or by numbers from 0 to {last}.",
            classifier=classifier.title,
            label=repr(label),
            last=len(classifier.class_names) - 1,
        )
    return found


def _sanity(opinions: SecondOpinions, language: Language, bar: Bar) -> SanityCheck | None:
    explanation = opinions.explanation
    try:
        return finish(
            check_sanity(opinions.photo, explanation, opinions.label_index),
            lambda asked: bar.show(asked, explanation.num_samples, "samples"),
        )
    except ClassifierFailedError:
        raise
    except ClassifierError as error:
        print(f"explainer: {language.error(error)}", file=sys.stderr)
        return None
    finally:
        bar.close()

"""Options for a classifier: its name, and how photos get to its size."""

import argparse
import sys

from ..classifiers.catalogue import catalogue, load_classifier
from ..classifiers.classifier import Classifier
from ..classifiers.preprocessing import RESAMPLINGS
from ..words.language import Language
from ..words.settings import destination_sentence


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--classifier",
        default="auto",
        metavar="NAME",
        help=f"one of {', '.join(entry.name for entry in catalogue())}; "
        "by default inception-v3 where its weights are, else efficientnet-lite2",
    )
    parser.add_argument(
        "--resample",
        choices=tuple(RESAMPLINGS),
        help="how pixels are interpolated, instead of the classifier's usual way; the same as "
        "--classifier NAME@RESAMPLE. With inception-v3, nearest sees what Keras' load_img makes of a photo",
    )


def classifier_of(options: argparse.Namespace) -> Classifier:
    """The classifier that the options name; what is to be known before it is asked is said.

    Raises
    ------
    ExplainerError
        There is none, or it can't be loaded.
    """
    resample = f"@{options.resample}" if options.resample else ""
    classifier = load_classifier(options.classifier + resample)
    if not classifier.is_range_confirmed:
        print(
            f"explainer: Which values {classifier.name} takes was not confirmed when it was added; if they "
            "are wrong, so is every answer. Add it again with --try PHOTO --expect LABEL, or with --range.",
            file=sys.stderr,
        )
    if classifier.sent_to:
        print(f"explainer: {destination_sentence(classifier.sent_to, Language('en'))}", file=sys.stderr)
    return classifier

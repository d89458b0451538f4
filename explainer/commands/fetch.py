"""``fetch``: download a classifier's weights."""

import argparse

from ..classifiers.published.keras_applications import APPLICATIONS, INCEPTION_V3, application
from . import Commands


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("fetch", help="download a classifier's weights")
    parser.add_argument(
        "classifier",
        choices=(INCEPTION_V3, *APPLICATIONS),
        metavar="NAME",
        help="whose weights: inception-v3, or any network of keras.applications, such as keras:ResNet50",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    print(f"The weights are in {application(options.classifier).fetch_weights()}.")
    return 0

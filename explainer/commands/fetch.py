"""``fetch``: download a classifier's weights."""

import argparse
from pathlib import Path

from ..classifiers.published.inception_v3 import fetch_weights
from ..classifiers.published.keras_applications import APPLICATIONS
from . import Commands

_INCEPTION = ("inception-v3", "keras:InceptionV3")


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("fetch", help="download a classifier's weights")
    parser.add_argument(
        "classifier",
        choices=(_INCEPTION[0], *APPLICATIONS),
        metavar="NAME",
        help="whose weights: inception-v3, or any network of keras.applications, such as keras:ResNet50",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    print(f"The weights are in {_fetch(options.classifier)}.")
    return 0


def _fetch(name: str) -> Path:
    return fetch_weights() if name in _INCEPTION else APPLICATIONS[name].fetch_weights()

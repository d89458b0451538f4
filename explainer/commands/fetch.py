"""``fetch``: download a classifier's weights."""

import argparse

from ..classifiers.inception_v3 import fetch_weights
from . import Commands


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("fetch", help="download a classifier's weights")
    parser.add_argument("classifier", choices=["inception-v3"], help="whose weights")
    parser.set_defaults(run=_run)


def _run(_options: argparse.Namespace) -> int:
    print(f"The weights are in {fetch_weights()}.")
    return 0

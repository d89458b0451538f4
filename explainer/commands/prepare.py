"""``prepare``: convert the built-in networks, so that the first photo need not wait for it."""

import argparse

from ..classifiers.catalogue import built_in_names, catalogue, load_classifier
from . import Commands


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "prepare",
        help="convert the built-in classifiers ahead of time",
        description="Convert those built-in classifiers whose weights are on this machine to what runs them "
        "fastest, which else happens with the first photo and takes some seconds. Those that are converted "
        "already are left as they are.",
    )
    parser.set_defaults(run=_run)


def _run(_options: argparse.Namespace) -> int:
    for entry in catalogue():
        if entry.name in built_in_names() and entry.is_ready():
            print(f"{entry.title}: {load_classifier(entry.name).describe_engine()}.", flush=True)
    return 0

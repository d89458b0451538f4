"""What the person who runs the machine started the page with; a visitor has no say in it."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import ExplainerError

RESULTS_VARIABLE = "EXPLAINER_RESULTS"
MOST_RESULTS = 2  # folders, which are then compared


def results_folders(arguments: Sequence[str] | None = None) -> list[Path]:
    """The folders of results to show, where the page was started with any.

    They are what follows each ``--results``, as in ``limelight page --results DIR`` or ``streamlit run
    dashboard.py -- --results DIR``, or else what the environment variable ``EXPLAINER_RESULTS`` names,
    parted as the folders in ``PATH`` are.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line's; what belongs to others is passed over.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--results", nargs="?", action="append", default=[])
    known, _others = parser.parse_known_args(sys.argv[1:] if arguments is None else arguments)
    named = [*filter(None, known.results)] or os.environ.get(RESULTS_VARIABLE, "").split(os.pathsep)
    return [Path(name).expanduser() for name in named if name]


def too_many(folders: Sequence[Path]) -> ExplainerError:
    """The error that there are more folders of results than the page shows."""
    return ExplainerError(
        "The page shows one folder of results, or two against each other, and {number} were named.",
        number=len(folders),
    )

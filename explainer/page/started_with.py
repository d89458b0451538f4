"""What the person who runs the machine started the page with; a visitor has no say in it."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

RESULTS_VARIABLE = "EXPLAINER_RESULTS"


def results_folder(arguments: Sequence[str] | None = None) -> Path | None:
    """The folder of results to show, if the page was started with one.

    It is what follows ``--results``, as in ``limelight page --results DIR`` or ``streamlit run dashboard.py
    -- --results DIR``, or else the environment variable ``EXPLAINER_RESULTS``.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line's; what belongs to others is passed over.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--results", nargs="?", default="")
    known, _others = parser.parse_known_args(sys.argv[1:] if arguments is None else arguments)
    named = known.results or os.environ.get(RESULTS_VARIABLE, "")
    return Path(named).expanduser() if named else None

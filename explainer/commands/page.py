"""``page``: start the page."""

import argparse
from pathlib import Path

from ..errors import ExplainerError
from . import Commands


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "page",
        help="start the page",
        description="Start the page, for browsers on this machine. Other options go to Streamlit, such as "
        "--server.port 8502; `streamlit run --help` lists them.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--results",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="show a folder's results as well; given twice, the two are compared",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the page until it is stopped."""
    if options.others and not options.others[0].startswith("-"):
        raise ExplainerError(
            "page takes no {value}; results to show are named by --results DIR.",
            value=repr(options.others[0]),
        )
    from ..page.launch import launch  # Streamlit is for the page alone

    return launch(options.others, options.results)

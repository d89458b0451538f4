"""The command line: ``limelight COMMAND``, or ``python -m explainer COMMAND``."""

import argparse
import sys

from .commands import compare, explain, fetch, judge, models, page, prepare
from .errors import ExplainerError
from .version import __version__

_BAD_INPUT = 2


def main(arguments: list[str] | None = None, prog: str = "limelight") -> int:
    """Run one command; returns the exit code."""
    parser = _parser(prog)
    options, others = parser.parse_known_args(arguments)
    if others and options.run is not page.run:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    options.others = others
    try:
        return int(options.run(options))
    except ExplainerError as error:
        print(f"explainer: {error}", file=sys.stderr)
        return _BAD_INPUT


def _parser(prog: str = "limelight") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="See where an image classifier looks.")
    parser.add_argument("--version", action="version", version=f"Limelight {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (page, explain, compare, judge, fetch, prepare, models):
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main(prog="python -m explainer"))

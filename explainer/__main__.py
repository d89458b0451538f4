"""The command line: ``python -m explainer COMMAND``."""

import argparse
import sys

from .commands import explain, fetch, models
from .errors import ExplainerError

_BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ExplainerError as error:
        print(f"explainer: {error}", file=sys.stderr)
        return _BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m explainer", description="See where an image classifier looks."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (explain, fetch, models):
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())

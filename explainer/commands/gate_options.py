"""Options for a gate: conditions under which a command fails, and how that is reported."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import ArgumentError, ExplainerError, reason_of
from ..files import write_whole
from ..folders.gate import Figures, Gate, Verdict, read_gates
from ..folders.gate_report import gate_table, github_annotations, github_summary, junit, where_to_look
from . import GATE_FAILED
from .columns import aligned

_SUMMARY = "GITHUB_STEP_SUMMARY"  # GitHub names a file there


def add_to(parser: argparse.ArgumentParser, figures: Figures) -> None:
    """Add the options; `figures` are those that conditions can name."""
    group = parser.add_argument_group(
        "whether it may ship",
        f"CONDITION is a figure, <, <=, > or >=, and a number, such as {_example(figures)}; a figure in "
        "square brackets after its name is of one class, and one that can't be known fails. Figures: "
        + "; ".join(f"{name}, {figure.meaning}" for name, figure in figures.items())
        + ".",
    )
    group.add_argument(
        "--fail-if",
        action="append",
        default=[],
        metavar="CONDITION",
        help=f"end with exit code {GATE_FAILED} if that is so; may be given several times",
    )
    group.add_argument(
        "--junit", type=Path, metavar="FILE", help="write what was found as a JUnit report, too"
    )
    group.add_argument(
        "--github",
        action="store_true",
        help="say it as GitHub Actions wants it, too: errors beside the run, and a table in its summary",
    )


def gates_of(options: argparse.Namespace, figures: Figures) -> list[Gate]:
    """The conditions that the options describe.

    Raises
    ------
    ArgumentError
        One of them is not understood, or there is none to report.
    """
    if not options.fail_if and (options.junit or options.github):
        raise ArgumentError("There is nothing to report without a condition; please give one with --fail-if.")
    return read_gates(options.fail_if, figures)


def tell(verdicts: Sequence[Verdict], options: argparse.Namespace, name: str) -> int:
    """Print and write what was found, if anything was asked; returns the exit code.

    Parameters
    ----------
    verdicts : sequence of Verdict
        From `judge_folder` or `judge_comparison`.
    options : argparse.Namespace
        The options of the command.
    name : str
        What the gate is called in reports, such as ``limelight explain``.

    Raises
    ------
    ExplainerError
        A report can't be written.
    """
    if not verdicts:
        return 0
    print(f"\n{aligned(gate_table(verdicts))}")
    print(*where_to_look(verdicts), sep="\n", end="\n" if where_to_look(verdicts) else "")
    if options.github:
        print(*github_annotations(verdicts), sep="\n")
        if summary := os.environ.get(_SUMMARY):
            _append(Path(summary), github_summary(verdicts, name))
    if options.junit:
        write_whole(options.junit, junit(verdicts, name))
    return GATE_FAILED if any(verdict.failed for verdict in verdicts) else 0


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ExplainerError(
            "{path} can't be written: {reason}.", path=path, reason=reason_of(error)
        ) from error


def _example(figures: Figures) -> str:
    return '"accuracy < 0.95"' if "accuracy" in figures else '"broken > 0"'

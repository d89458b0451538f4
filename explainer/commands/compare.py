"""``compare``: compare two folders of results, and write a gallery of what became of each photo."""

import argparse
import sys
from pathlib import Path

from ..folders.comparison.compare import compare_results
from ..folders.comparison.gallery import kind_counts, notable, verdict
from ..folders.comparison.pairs import Comparison
from ..folders.gate import COMPARISON, judge_comparison
from ..words.language import LANGUAGES, Language
from . import INTERRUPTED, Commands, gate_options
from .progress import Bar


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "compare",
        help="compare two folders of results",
        description="Compare what two classifiers, versions or recipes made of the same photos: which are "
        "broken, which are fixed, and where the second looks elsewhere. DIR/index.html shows it, "
        "DIR/comparison.csv has it as a table.",
    )
    parser.add_argument(
        "a", type=Path, metavar="RESULTS_A", help="a folder of results, such as the old version's"
    )
    parser.add_argument("b", type=Path, metavar="RESULTS_B", help="another one, such as the new version's")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the comparison goes")
    parser.add_argument("--language", choices=tuple(LANGUAGES), default="en", help="of the gallery")
    gate_options.add_to(parser, COMPARISON)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    gates = gate_options.gates_of(options, COMPARISON)
    bar = Bar()
    try:
        found = compare_results(
            options.a,
            options.b,
            options.out,
            language=options.language,
            on_progress=lambda done, total: bar.show(done, total, "photos"),
        )
    except KeyboardInterrupt:
        print("\nexplainer: Stopped; nothing was compared.", file=sys.stderr)
        return INTERRUPTED
    finally:
        bar.close()
    _tell(found)
    return gate_options.tell(judge_comparison(gates, found), options, "limelight compare")


def _tell(found: Comparison) -> None:
    language = Language("en")
    for sentence in (*verdict(found, language), *notable(found, language)):
        print(sentence)
    print(", ".join(name for kind, name in kind_counts(found, language).items() if kind != "all"), end=".\n")
    print(f"{found.gallery}\n{found.table}")

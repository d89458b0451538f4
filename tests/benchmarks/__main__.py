"""Measures everything in one run, prints a table, and writes ``build/benchmark.json``."""

import argparse
import json
import os
import platform
from pathlib import Path

from . import cluster, cuts, designs, faithful, settling, speed, start
from .recipe import make_inception_available

_PARTS = ("speed", "settling", "page", "start", "designs", "cluster")
# Only where they are asked for. They print tables of their own, and keep what was done.
_LONG_PARTS = {"cuts": cuts.measure_cuts, "faithful": faithful.measure_faithfulness}
_RESULT = Path("build/benchmark.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=(*_PARTS, *_LONG_PARTS), default=_PARTS)
    parser.add_argument("--repeats", type=int, default=3, help="for times; medians are shown")
    parser.add_argument("--seeds", type=int, default=10, help="for the comparison of designs")
    options = parser.parse_args()

    rows: list[speed.Row] = []
    if "speed" in options.parts:
        lite_targets = {"exact": 3.5}
        rows += speed.measure_network("efficientnet-lite0", 1000, options.repeats, lite_targets)
        rows += speed.measure_network("efficientnet-lite2", 1000, options.repeats, lite_targets)
        random = make_inception_available()
        inception = speed.measure_network("inception-v3", 300, options.repeats, {"exact": 1.8, "fast": 3.0})
        for row in inception:
            row["what"] += ", random weights" if random else ""
        rows += inception
    if "settling" in options.parts:
        rows += settling.measure_settling("efficientnet-lite0")
        rows += settling.measure_settling("efficientnet-lite2")
    if "page" in options.parts:
        rows += speed.measure_page_work(options.repeats)
    if "start" in options.parts:
        rows += start.measure_start(options.repeats)
    if "designs" in options.parts:
        rows.append(designs.samples_for_the_same_error("efficientnet-lite0", range(options.seeds)))
    if "cluster" in options.parts:
        rows += cluster.measure_cluster(options.repeats)
    for part, measure in _LONG_PARTS.items():
        if part in options.parts:
            measure()
    if not set(_PARTS) & set(options.parts):
        return
    report = {"machine": platform.machine(), "cores": _cores(), "rows": rows}
    _RESULT.parent.mkdir(exist_ok=True)
    _RESULT.write_text(json.dumps(report, indent=2), encoding="utf-8")
    _print(report)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print(report: dict) -> None:
    print(f"\n{report['machine']}, {report['cores']} cores; medians; written to {_RESULT}\n")
    for row in report["rows"]:
        verdict = ""
        if row["target"] is not None:
            better = (
                row["value"] >= row["target"] if row["higher_is_better"] else row["value"] <= row["target"]
            )
            verdict = f"target {row['target']:g}: {'reached' if better else 'MISSED'}"
        absolute = f"{row['seconds']:.2f} s" if "seconds" in row else ""
        against = f"recipe {row['recipe_seconds']:.1f} s" if "recipe_seconds" in row else ""
        print(f"{row['value']:8.2f} {row['unit']:<13} {row['what']}")
        details = ", ".join(part for part in (absolute, against, verdict) if part)
        if details:
            print(f"{'':23}{details}")


if __name__ == "__main__":
    main()

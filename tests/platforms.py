"""Checks that requirements.txt can be installed on every supported platform: ``make platforms``.

Asks the package index, so this is no part of the tests. Nothing is installed.
"""

import itertools
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
# One file and no wheel, in Python alone: pip builds it anywhere.
SOURCE_ONLY = ("lime",)
SHOWN = ("tensorflow", "openvino", "streamlit", "keras", "numpy")
SECONDS = 300


@dataclass(frozen=True)
class Target:
    """A kind of machine."""

    name: str
    platform: str  # as uv calls it
    without: tuple[str, ...] = field(default=())  # what has no wheel there, and is not needed


TARGETS = (
    Target("Linux x86-64", "x86_64-manylinux_2_28"),
    Target("Linux arm64", "aarch64-manylinux_2_31"),
    Target("Linux arm64, glibc before 2.31", "aarch64-manylinux_2_28", without=("openvino",)),
    Target("macOS arm64", "aarch64-apple-darwin"),
    Target("Windows x86-64", "x86_64-pc-windows-msvc"),
)


def resolve(target: Target, python: str) -> subprocess.CompletedProcess[str]:
    """Ask which versions would be installed."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith(target.without)] if target.without else lines
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--no-header", "--no-annotate"),
        *("--python-platform", target.platform, "--python-version", python, "--only-binary", ":all:"),
        *itertools.chain.from_iterable(("--no-binary", package) for package in SOURCE_ONLY),
    ]
    return subprocess.run(
        command, input="\n".join(wanted), capture_output=True, text=True, timeout=SECONDS, check=False
    )


def main() -> int:
    failures = 0
    for target, python in itertools.product(TARGETS, PYTHONS):
        answer = resolve(target, python)
        failures += answer.returncode != 0
        versions = dict(re.findall(r"^([\w.-]+)==(\S+)", answer.stdout, re.MULTILINE))
        shown = ", ".join(f"{name} {versions.get(name, '-')}" for name in SHOWN)
        what_failed = answer.stderr.strip()
        print(f"{target.name}, Python {python}: {what_failed if answer.returncode else shown}", flush=True)
    print(f"{len(TARGETS) * len(PYTHONS)} combinations, {failures} can't be installed")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())

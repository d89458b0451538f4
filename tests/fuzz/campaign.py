"""Judges many files, in processes that may die of them."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .judge import PHOTO
from .mutations import SOUND, generated_file

ROOT = Path(__file__).parent.parent.parent
MOST_SECONDS = 5.0  # of processor time, for other programs may be busy too
MOST_MEMORY = 1 << 30  # bytes, interpreter and all
_FILES_A_PROCESS = 100
_SILENCE = 120.0  # seconds after which a process is taken for hung


@dataclass
class Findings:
    """What came of all files."""

    files: int = 0
    photos: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    printed: int = 0  # lines that decoders wrote to the console themselves
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")

    def add(self, name: str, verdict: str, seconds: float, memory: int) -> None:
        """Take one file into account; `memory` is the most its process held, in bytes."""
        self.files += 1
        if verdict == PHOTO:
            self.photos += 1
        elif verdict.startswith("WRONG") or f"({SOUND}" in name:
            self.wrong.append(f"{name}: {verdict}")
        else:
            self.refusals[verdict] += 1
        self.slowest = max(self.slowest, (seconds, name))
        self.largest = max(self.largest, (memory, name))
        if seconds > MOST_SECONDS:
            self.wrong.append(f"{name}: took {seconds:.1f} s")
        if memory > MOST_MEMORY:
            self.wrong.append(f"{name}: {memory >> 20} MB were held")


class Campaign:
    """The first files of a seed, each made, judged and counted once.

    Parameters
    ----------
    seed : int
        Which files.
    deadline : float
        By `time.monotonic`, when to begin no further process.
    """

    def __init__(self, seed: int = 0, deadline: float = float("inf")) -> None:
        self.findings = Findings()
        self._seed = seed
        self._deadline = deadline
        self._adding = threading.Lock()

    def run(self, files: int, jobs: int = 2) -> Findings:
        """Judge so many files, in so many processes at once."""
        with ThreadPoolExecutor(jobs) as pool:
            chunks = (
                range(first, min(files, first + _FILES_A_PROCESS))
                for first in range(0, files, _FILES_A_PROCESS)
            )
            list(pool.map(self._judge, chunks))
        return self.findings

    def _judge(self, numbers: range) -> None:
        with tempfile.TemporaryDirectory(prefix="limelight-fuzz-") as folder:
            left: list[tuple[str, str]] = []
            for number in numbers:
                kind, content = generated_file(number, self._seed)
                path = Path(folder) / f"{number}.jpg"
                path.write_bytes(content)
                left.append((f"file {number} ({kind})", str(path)))
            while left and time.monotonic() < self._deadline:
                left = left[
                    self._judge_until_one_kills([name for name, _ in left], [path for _, path in left]) :
                ]

    def _judge_until_one_kills(self, names: list[str], paths: list[str]) -> int:
        """How many files a process got through, the one that it died of among them."""
        command = [sys.executable, "-m", "tests.fuzz.judge", *paths]
        done = 0
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as console:
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=console, text=True)
            for answer in _answers(process):
                with self._adding:
                    self.findings.add(names[done], **answer)
                done += 1
            code = process.wait()
            console.seek(0)
            said = console.readlines()
            with self._adding:
                self.findings.printed += len(said)
                if code:
                    last_words = " ".join(said[-3:]).strip()
                    name = names[done] if done < len(names) else "after the last file"
                    self.findings.add(name, f"WRONG: the process ended with {code}: {last_words}", 0.0, 0)
                    done += 1
        return done


def _answers(process: "subprocess.Popen[str]") -> Iterator[dict]:
    """The lines of a process, which is killed where it falls silent."""
    assert process.stdout is not None
    while True:
        watchdog = threading.Timer(_SILENCE, process.kill)
        watchdog.start()
        line = process.stdout.readline()
        watchdog.cancel()
        if not line:
            return
        yield json.loads(line)

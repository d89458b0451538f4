"""The page, run as a process of its own."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
_START = 120.0  # seconds
# Streamlit closes a connection that is closed, and not one frame of that is ours.
_GONE_WHILE_GREETED = (
    r"Exception in ASGI application(?:(?!Exception in ASGI application|/explainer/).)*"
    r"WebSocketDisconnected: Cannot call \"send\" once a close message has been sent\."
)
_STREAMLIT = (sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard.py"))


@dataclass(frozen=True)
class RunningPage:
    """The page's process.

    Attributes
    ----------
    process : psutil.Process
    address : str
        Where a browser finds it, with a slash at the end.
    log : pathlib.Path
        What it writes.
    """

    process: psutil.Process
    address: str
    log: Path

    def seconds_used(self) -> float:
        """Processor time until now."""
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def written(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def check_no_traceback(self) -> None:
        """See that nothing went wrong, but for what Streamlit writes of visitors who leave at once."""
        written = re.sub(_GONE_WHILE_GREETED, "", self.written(), flags=re.DOTALL)
        assert "Traceback" not in written, written


@contextlib.contextmanager
def running_page(
    log: Path,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] = _STREAMLIT,
    folder: Path = ROOT,
) -> Iterator[RunningPage]:
    """Start the page on a free port of the loopback, and stop it in the end.

    Parameters
    ----------
    log : pathlib.Path
        The file that takes what it writes.
    environment : mapping of str to str, optional
        What it finds in its environment besides what is there already.
    command : sequence of str
        What starts it, without Streamlit's options.
    folder : pathlib.Path
        Where that is called.
    """
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    options = ["--server.headless", "true", "--server.port", str(port)]
    with log.open("wb") as output:
        process = psutil.Popen(
            [*command, *options],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    page = RunningPage(process, f"http://localhost:{port}/", log)
    try:
        _wait_until_healthy(page)
        yield page
    finally:
        process.terminate()
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(page: RunningPage) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError):
            opener.open(f"{page.address}_stcore/health", timeout=5).close()
            return
        try:
            page.process.wait(0.1)  # the pause between two questions ends early if the page does
        except psutil.TimeoutExpired:
            continue
        break
    raise AssertionError(f"The page did not start:\n{page.written()}")

"""How long the page takes to start a second time, and whether that imports TensorFlow."""

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_ROOT = Path(__file__).parents[2]
_MODULES = """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("dashboard.py", default_timeout=120)
page.query_params["sample"] = "coffee"
page.query_params["auto"] = "false"
page.query_params["num_samples"] = "100"
page.run()
assert not page.exception, page.exception
print("tensorflow" in sys.modules or "keras" in sys.modules)
"""


def measure_start(repeats: int) -> list[Row]:
    """From the command to an upload field that can be used, in a real browser."""
    from playwright.sync_api import sync_playwright

    from tests.browser.ensure_browser import find_browser

    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(repeats + 1):
            page = browser.new_page()
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            command = [sys.executable, "-m", "streamlit", "run", "dashboard.py"]
            options = ["--server.headless", "true", "--server.port", str(port)]
            started = time.perf_counter()
            server = subprocess.Popen(
                command + options, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                while not _listens(port):
                    time.sleep(0.01)
                page.goto(f"http://localhost:{port}")
                page.locator("input[type=file]").wait_for(state="attached")
                times.append(time.perf_counter() - started)
            finally:
                server.kill()
                server.wait()
                page.close()
        browser.close()
    imported = subprocess.run(
        [sys.executable, "-c", _MODULES],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return [
        {
            "what": "starting the page again, until it can take a photo",
            "value": statistics.median(times[1:]),
            "unit": "s",
            "target": 3.0,
            "higher_is_better": False,
        },
        {
            "what": "TensorFlow or Keras imported by an explanation after that (0 is no)",
            "value": float(imported == "True"),
            "unit": "",
            "target": 0.0,
            "higher_is_better": False,
        },
    ]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

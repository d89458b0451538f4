"""A process that ends while a classifier is being asked, as with Ctrl-C."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import threading
import time
from explainer.classifiers.calls import WatchedCalls

begun = threading.Event()

def network(pictures):
    begun.set()
    threading.main_thread().join()
    for _ in range(20):
        time.sleep(0.01)  # each gives way to whoever ends Python
    print("came back", flush=True)

threading.Thread(target=WatchedCalls().ask, args=(network, [1]), daemon=True).start()
begun.wait()
"""


def test_a_call_under_way_is_waited_for():
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "came back\n"

"""Waiting for what happens in another thread."""

import threading
from collections.abc import Callable


def wait_until(happened: Callable[[], bool]) -> None:
    """Return as soon as it has happened.

    Raises
    ------
    AssertionError
        It did not happen within twenty seconds.
    """
    pause = threading.Event()
    for _ in range(4000):
        if happened():
            return
        pause.wait(0.005)
    raise AssertionError("it did not happen within twenty seconds")

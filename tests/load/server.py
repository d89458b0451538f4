"""What the running page takes of the machine."""

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator

import psutil

from tests.running_page import RunningPage

_BETWEEN_LOOKS = 1.0  # seconds
_COMPLAINTS = ("Traceback", "Error", "ERROR", "WARNING")
_MOST_LINES = 200


class Watch:
    """Looks at the page's process, and those that it starts, once a second."""

    def __init__(self, page: RunningPage) -> None:
        self.page = page
        self.memory: list[int] = []  # bytes
        self._filled = 0

    def look(self) -> None:
        with contextlib.suppress(psutil.Error):
            family = [self.page.process, *self.page.process.children(recursive=True)]
            self.memory.append(sum(process.memory_info().rss for process in family))

    def most_memory(self) -> int:
        return max(self.memory)

    def fill(self) -> None:
        """What the page keeps of each visitor, within bounds, is there: from now on its memory may stay."""
        self._filled = len(self.memory)

    def growth(self) -> float:
        """How much more the second half of the time since `fill` held than the first, as a share; medians."""
        since = self.memory[self._filled :]
        half = len(since) // 2
        return statistics.median(since[half:]) / statistics.median(since[:half]) - 1

    def threads(self) -> int:
        return int(self.page.process.num_threads())

    def idle_share(self, seconds: float = 10.0) -> float:
        """Processor time in a second, of a page that nobody looks at."""
        before = self.page.seconds_used()
        time.sleep(seconds)
        return (self.page.seconds_used() - before) / seconds

    def complaints(self) -> str:
        """What the server wrote that it should not have had to, from the first line on."""
        lines = self.page.written().splitlines()
        wrong = (at for at, line in enumerate(lines) if any(word in line for word in _COMPLAINTS))
        return "\n".join(lines[next(wrong, len(lines)) :][:_MOST_LINES])


@contextlib.contextmanager
def watched(page: RunningPage) -> Iterator[Watch]:
    """Watch its memory for as long as this lasts."""
    watch = Watch(page)
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_BETWEEN_LOOKS):
            watch.look()

    watch.look()
    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield watch
    finally:
        ended.set()
        looking.join()

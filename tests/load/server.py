"""What the running page takes of the machine."""

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator

import psutil

from tests.running_page import RunningPage

_BETWEEN_LOOKS = 1.0  # seconds


class Watch:
    """Looks at the page's process, and those that it starts, once a second."""

    def __init__(self, page: RunningPage) -> None:
        self.page = page
        self.memory: list[int] = []  # bytes

    def look(self) -> None:
        with contextlib.suppress(psutil.Error):
            family = [self.page.process, *self.page.process.children(recursive=True)]
            self.memory.append(sum(process.memory_info().rss for process in family))

    def most_memory(self) -> int:
        return max(self.memory)

    def growth(self) -> float:
        """How much more the last third of the time held than the second, as a share; medians."""
        third = len(self.memory) // 3
        second, last = self.memory[third : 2 * third], self.memory[2 * third :]
        return statistics.median(last) / statistics.median(second) - 1

    def threads(self) -> int:
        return int(self.page.process.num_threads())

    def idle_share(self, seconds: float = 10.0) -> float:
        """Processor time in a second, of a page that nobody looks at."""
        before = self.page.seconds_used()
        time.sleep(seconds)
        return (self.page.seconds_used() - before) / seconds

    def complaints(self) -> list[str]:
        """What the server wrote that it should not have had to."""
        lines = self.page.written().splitlines()
        return [line for line in lines if "Traceback" in line or "Error" in line or "WARNING" in line]


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

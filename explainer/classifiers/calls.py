"""Who comes before whom: calls in the order they were asked for, and newcomers before all that can wait."""

import atexit
import contextvars
import queue
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Any, TypeVar

SECONDS_A_BATCH = 180.0  # for each so many pictures; far more than the slowest network needs
_BATCH = 16  # pictures

_BETWEEN_LOOKS = 0.1  # seconds
_SECONDS_AT_EXIT = 5.0

Answer = TypeVar("Answer")
_Outcome = tuple[Any, BaseException | None]
_Job = tuple[Callable[[], Any], "queue.SimpleQueue[_Outcome]"]
_AT_WORK: weakref.WeakKeyDictionary[threading.Thread, "queue.SimpleQueue[_Job | None]"]
_AT_WORK = weakref.WeakKeyDictionary()


class Turns:
    """A lock that is given to whoever has waited longest.

    `threading.Lock` makes no such promise: a thread that lets go and asks again at once mostly gets it again,
    and the others wait for as long as it has work.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:  # Ctrl-C while waiting
            with self._guard:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                    raise
            self._pass_on()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Newcomers:
    """Those who have nothing yet, for whom the others stand back, though not for ever.

    Parameters
    ----------
    patience : float
        For how many seconds one stands back; and for how many a newcomer who is not heard of again counts.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._heard_of: dict[Hashable, float] = {}
        self._changed = threading.Condition()

    def expect(self, newcomer: Hashable) -> None:
        """Somebody has nothing yet; to be said again with each thing that is done for them."""
        with self._changed:
            self._heard_of[newcomer] = time.monotonic()

    def serve(self, newcomer: Hashable) -> None:
        """They have something now."""
        with self._changed:
            self._heard_of.pop(newcomer, None)
            self._changed.notify_all()

    def stand_back(self, look_up: Callable[[], object]) -> None:
        """Wait until there is no newcomer, but no longer than is due.

        Parameters
        ----------
        look_up : callable
            Called now and then while this waits; what it raises ends the wait.
        """
        tired = time.monotonic() + self._patience
        while self._wait_until(tired):
            look_up()

    def _wait_until(self, tired: float) -> bool:
        with self._changed:
            now = time.monotonic()
            self._heard_of = {who: at for who, at in self._heard_of.items() if now < at + self._patience}
            if not self._heard_of or now >= tired:
                return False
            self._changed.wait(_BETWEEN_LOOKS)
            return True


class NeverAnsweredError(Exception):
    """A call took longer than it may.

    Attributes
    ----------
    seconds : float
        How long was waited.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"no answer within {seconds:g} seconds")


class WatchedCalls:
    """Makes calls one at a time, in the order in which they are asked for, and gives up any that never ends.

    All calls are made in one thread, which is none of the callers'. A call that takes too long is left to
    itself in there, and the next one gets another thread; `ThreadPoolExecutor(1)` can't do that, and would
    wait for the stuck thread at exit. Waiting for a turn does not count.
    """

    def __init__(self) -> None:
        self._turns = Turns()
        self._thread: threading.Thread | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()

    def __reduce__(self) -> tuple[type["WatchedCalls"], tuple[()]]:
        return WatchedCalls, ()  # threads stay in their process

    def ask(self, function: Callable[[Any], Answer], pictures: Any, seconds: float | None = None) -> Answer:
        """Call a function with pictures.

        Parameters
        ----------
        function : callable
            What to call.
        pictures : sized
            What with; the more there are, the longer it may take. Anything, where `seconds` is given.
        seconds : float, optional
            How long it may take.

        Raises
        ------
        NeverAnsweredError
            It did not come back in time.
        """
        if seconds is None:
            seconds = SECONDS_A_BATCH * max(1.0, len(pictures) / _BATCH)
        context = contextvars.copy_context()  # such as NumPy's error state
        with self._turns:
            if self._thread is None or not self._thread.is_alive():
                self._start()
            outcome: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
            self._jobs.put((lambda: context.run(function, pictures), outcome))
            try:
                answer, error = outcome.get(timeout=seconds)
            except queue.Empty:
                self._jobs.put(None)  # should it come back one day, that is the end of it
                assert self._thread is not None
                del _AT_WORK[self._thread]
                self._thread = None
                raise NeverAnsweredError(seconds) from None
        if error is not None:
            raise error
        return answer  # type: ignore[no-any-return]

    def _start(self) -> None:
        self._jobs = queue.SimpleQueue()
        self._thread = threading.Thread(target=_work, args=(self._jobs,), name="classifier", daemon=True)
        self._thread.start()
        _AT_WORK[self._thread] = self._jobs
        weakref.finalize(self, self._jobs.put, None).atexit = False


@atexit.register
def _end_calls() -> None:
    """Wait for calls that are under way: one that came back when Python is gone would abort the process."""
    threads = dict(_AT_WORK)
    for jobs in threads.values():
        jobs.put(None)
    for thread in threads:
        thread.join(_SECONDS_AT_EXIT)


def _work(jobs: "queue.SimpleQueue[_Job | None]") -> None:
    while (job := jobs.get()) is not None:
        call, outcome = job
        try:
            outcome.put((call(), None))
        except BaseException as error:
            outcome.put((None, error))
        del job, call, outcome  # pictures are not kept while there is nothing to do

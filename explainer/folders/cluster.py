"""Photos on many processes or machines, with Dask's `distributed`.

A photo's bytes go out with its task and its results come back as bytes, so that no disk need be shared.
Workers are sent the classifier once, and load it at their first photo.
"""

import importlib.util
import logging
import math
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from typing import TYPE_CHECKING

from ..classifiers.classifier import ClassifierLike
from ..errors import ExplainerError, reason_of
from ..recipe import Recipe
from .sent_classifier import LoadedOnce, SentClassifier, pack_classifier
from .task import ATTEMPTS, Executor, Job, Outcome, PhotoTask, attempt, failed

if TYPE_CHECKING:
    from distributed import Client, Future, Worker, WorkerPlugin

SECONDS_TO_CONNECT = 20
SECONDS_FOR_WORKERS = 120
TASKS_A_THREAD = 2
"""One photo under way, and one that is there when it ends."""
_MOST_BYTES_UNDER_WAY = 1 << 30
_SECONDS_BETWEEN_COUNTS = 1.0  # of the workers: asking the scheduler takes as long as handing out a photo


def check_installed() -> None:
    """See that `distributed` is installed, which is an extra.

    Raises
    ------
    ExplainerError
        It is not.
    """
    if importlib.util.find_spec("distributed") is None:
        raise ExplainerError(
            "Working on many processes needs Dask; please run pip install distributed first."
        )


@contextmanager
def local_executor(workers: int, classifier: ClassifierLike, recipe: Recipe) -> Iterator[Executor]:
    """So many processes on this machine, reachable from this machine only.

    Raises
    ------
    ClassifierError
        The classifier can't be loaded.
    """
    import distributed

    classifier.describe_engine()  # converts the network once, where else each worker would
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with (
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            worker_dashboard_address=None,
            memory_limit=None,
            silence_logs=logging.CRITICAL,  # deaths of workers are reported with their photos
            scheduler_kwargs={"allowed_failures": 0},  # they are counted here
            env={"EXPLAINER_THREADS": str(max(1, cores // workers))},
        ) as cluster,
        distributed.Client(cluster) as client,
        ExitStack() as at_the_end,
    ):
        yield _executor(client, classifier, recipe, at_the_end, on_this_machine=True)


@contextmanager
def remote_executor(address: str, classifier: ClassifierLike, recipe: Recipe) -> Iterator[Executor]:
    """The workers of a running scheduler.

    Raises
    ------
    ExplainerError
        There is no scheduler, or it has no workers.
    """
    import distributed

    try:
        client = distributed.Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError, TypeError) as error:
        raise ExplainerError(
            "There is no Dask scheduler at {address}; please check that it runs and can be reached.",
            address=address,
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
        except distributed.TimeoutError as error:
            raise ExplainerError(
                "The Dask scheduler at {address} has no workers; please start some.", address=address
            ) from error
        with ExitStack() as at_the_end:
            yield _executor(client, classifier, recipe, at_the_end, on_this_machine=False)


def _executor(
    client: "Client",
    classifier: ClassifierLike,
    recipe: Recipe,
    at_the_end: ExitStack,
    on_this_machine: bool,
) -> Executor:
    @cache
    def send() -> str:
        # Of its own for each run: another client may use the same classifier, and end sooner.
        name = f"limelight-{uuid.uuid4().hex}"
        at_the_end.callback(_forget, client, name)
        try:
            client.register_plugin(
                _classifier_plugin(pack_classifier(classifier), on_this_machine), name=name
            )
        except ExplainerError:
            raise
        except Exception as error:
            raise ExplainerError(
                "The workers can't take the classifier; please check that they have the same version of "
                "Limelight and of its packages: {reason}.",
                reason=reason_of(error),
            ) from error
        return name

    def execute(jobs: Iterable[Job]) -> Iterator[tuple[PhotoTask, Outcome]]:
        attempt_there = partial(_attempt_on_worker, plugin=send(), recipe=recipe)
        yield from Conversation(client, attempt_there).outcomes(jobs)

    return execute


def _forget(client: "Client", plugin: str) -> None:
    try:
        client.unregister_worker_plugin(plugin)
    except Exception as error:  # the scheduler is gone, or a worker is just dying
        logging.getLogger(__name__).info("The workers keep the classifier: %s", error)


class Conversation:
    """Hands out photos, a bounded number at a time, and finds out whose fault a worker's death is.

    Dask blames a worker's death on every task the worker had, also on those that only waited. So a photo
    that was there when a worker died is done again alone, and that twice before it is given up: a worker
    that is just being started again may end under an innocent one.

    Parameters
    ----------
    client : distributed.Client
        Whose workers do it.
    do : callable
        What they do with a photo.
    """

    def __init__(self, client: "Client", do: Callable[[PhotoTask, bytes], Outcome]) -> None:
        from distributed import as_completed

        self._client = client
        self._do = do
        self._under_way: dict[Future[Outcome], Job] = {}
        self._bytes = 0
        self._deaths: dict[str, int] = {}
        self._suspects: list[Job] = []
        self._alone: PhotoTask | None = None
        self._completed = as_completed()
        self._threads = 0
        self._counted = -math.inf

    def outcomes(self, jobs: Iterable[Job]) -> Iterator[tuple[PhotoTask, Outcome]]:
        """What came of each photo, in any order; see `Executor`."""
        jobs = iter(jobs)
        try:
            self._top_up(jobs)
            while self._under_way or self._suspects:
                if not self._under_way:
                    job = self._suspects.pop(0)
                    self._alone = job[0]
                    self._submit(job)
                yield from self._next_outcome()
                self._top_up(jobs)
        finally:
            self._client.cancel(list(self._under_way))

    def _top_up(self, jobs: Iterator[Job]) -> None:
        while self._has_room():
            job = next(jobs, None)
            if job is None:
                return
            self._submit(job)

    def _has_room(self) -> bool:
        if time.monotonic() - self._counted > _SECONDS_BETWEEN_COUNTS:
            with suppress(OSError):  # a lost scheduler shows in the photos that are under way
                self._threads = sum(self._client.nthreads().values())
            self._counted = time.monotonic()
        return not self._under_way or (
            len(self._under_way) < TASKS_A_THREAD * self._threads and self._bytes < _MOST_BYTES_UNDER_WAY
        )

    def _submit(self, job: Job) -> None:
        import dask

        # Large photos are no mistake that Dask need warn of.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": _MOST_BYTES_UNDER_WAY}):
            future = self._client.submit(self._do, *job, pure=False, retries=ATTEMPTS - 1)
        self._under_way[future] = job
        self._bytes += len(job[1])
        self._completed.add(future)

    def _next_outcome(self) -> Iterator[tuple[PhotoTask, Outcome]]:
        from distributed import KilledWorker

        future = next(self._completed)
        job = self._under_way.pop(future)
        task, contents = job
        self._bytes -= len(contents)
        try:
            outcome = future.result()
        except ExplainerError:  # the classifier can't be loaded
            raise
        except KilledWorker as error:
            deaths = self._deaths.get(task.photo, 0) + error.allowed_failures + 1
            self._deaths[task.photo] = deaths
            if deaths < ATTEMPTS or task is not self._alone:
                self._suspects.append(job)
                return
            outcome = ExplainerError(
                "Explaining this photo ended its worker {times} times; it may need more memory than there "
                "is.",
                times=deaths,
            )
        except Exception as error:
            if future.status != "error":  # cancelled or lost, with the scheduler
                raise ExplainerError(
                    "The connection to the Dask scheduler was lost; run the same again to go on."
                ) from error
            outcome = failed(error)
        yield task, outcome


def _classifier_plugin(sent: SentClassifier, on_this_machine: bool) -> "WorkerPlugin":
    """A plugin, for those reach workers that join later or are started again, too."""
    from distributed import WorkerPlugin

    class SentPlugin(WorkerPlugin):  # type: ignore[misc]
        # Loading is left to the first photo: a plugin that fails here stops its worker without a word.
        def setup(self, worker: "Worker") -> None:
            self.loaded = LoadedOnce(sent)
            if on_this_machine and threading.current_thread() is threading.main_thread():
                # A terminal sends Ctrl-C to workers too; it is this program that ends them.
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    return SentPlugin()


def _attempt_on_worker(task: PhotoTask, contents: bytes, plugin: str, recipe: Recipe) -> Outcome:
    from distributed import get_worker

    return attempt(task, contents, get_worker().plugins[plugin].loaded.get(), recipe)

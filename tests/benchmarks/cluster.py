"""How many photos a second many machines would explain: measured on one machine, then simulated.

Measured are the seconds a photo takes, and what one more task costs the program that hands photos out and the
scheduler, with the same bytes to send and to receive but nothing to do. Both are taken to do one task after
the other, so that what a task costs them is the limit that more workers can't get past.
"""

import heapq
import io
import os
import statistics
import time
from typing import Any

from distributed import Client, LocalCluster
from PIL import Image

from explainer import ExplainerError, Recipe, load_classifier
from explainer.folders.cluster import TASKS_A_THREAD, Conversation
from explainer.folders.record import PhotoRecord
from explainer.folders.task import Job, PhotoResult, PhotoTask, attempt

from .speed import fresh_photos, seconds

Row = dict[str, Any]
WORKERS = (1, 8, 64, 512)
_SAMPLES = 300
_EMPTY_TASKS = 300
_BYTES_A_SECOND = 125e6  # one gigabit, for the machine that hands photos out


def measure_cluster(repeats: int) -> list[Row]:
    """Seconds a photo, seconds a task, and the photos a second that follow for so many workers."""
    photos = fresh_photos()
    classifier = load_classifier("efficientnet-lite0")
    recipe = Recipe(num_samples=_SAMPLES)
    done = attempt(*_job(next(photos)), classifier, recipe)
    assert not isinstance(done, ExplainerError), done
    photo_seconds = statistics.median(
        seconds(lambda: attempt(*_job(next(photos)), classifier, recipe)) for _ in range(max(3, repeats))
    )
    job, answer_bytes = _job(next(photos)), sum(map(len, done.files.values()))
    task_seconds = statistics.median(_seconds_a_task(job, answer_bytes) for _ in range(3))
    size = len(job[1]) + answer_bytes
    serial = task_seconds + size / _BYTES_A_SECOND
    rows = [
        _row(f"one photo, {_SAMPLES} samples, efficientnet-lite0, in process", photo_seconds, "s", False),
        _row(
            f"a task that does nothing, {size / 1e6:.1f} MB there and back", 1000 * task_seconds, "ms", False
        ),
    ]
    for workers in WORKERS:
        rate = simulated_rate(workers, photo_seconds, serial)
        busy = rate * photo_seconds / workers
        rows.append(_row(f"simulated: {workers} workers, each busy {busy:.0%} of the time", rate, "photos/s"))
    limit = photo_seconds / serial
    rows.append(_row("simulated: from here on the scheduler is the limit", limit, "workers"))
    return rows


def simulated_rate(workers: int, photo_seconds: float, serial_seconds: float) -> float:
    """Photos a second in a long run.

    Parameters
    ----------
    workers : int
        Each does one photo at a time, and has a bounded number of them.
    photo_seconds : float
        What a worker takes for a photo.
    serial_seconds : float
        What handing out a photo and taking in its result take together, one photo after the other.
    """
    photos = 200 * workers
    now = 0.0  # for the program that hands photos out
    free = [0.0] * workers  # when each worker has time again
    under_way: list[float] = []  # when each photo that was handed out ends
    for photo in range(photos + TASKS_A_THREAD * workers):
        if len(under_way) == TASKS_A_THREAD * workers or photo >= photos:
            now = max(now, heapq.heappop(under_way)) + serial_seconds / 2
        if photo < photos:
            now += serial_seconds / 2
            end = max(now, heapq.heappop(free)) + photo_seconds
            heapq.heappush(free, end)
            heapq.heappush(under_way, end)
    return photos / now


def _seconds_a_task(job: Job, answer_bytes: int) -> float:
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, memory_limit=None
        ) as cluster,
        Client(cluster) as client,
    ):
        nothing = _Nothing(answer_bytes)
        list(Conversation(client, nothing).outcomes([job] * 20))
        started = time.perf_counter()
        list(Conversation(client, nothing).outcomes([job] * _EMPTY_TASKS))
        return (time.perf_counter() - started) / _EMPTY_TASKS


class _Nothing:
    """Answers with so many bytes, which can't be compressed."""

    def __init__(self, answer_bytes: int) -> None:
        self.answer_bytes = answer_bytes

    def __call__(self, task: PhotoTask, contents: bytes) -> PhotoResult:
        record = PhotoRecord(task.photo, task.key, "", 0, "", None)
        return PhotoResult(task.subfolder, record, {"answer": os.urandom(self.answer_bytes)})


def _job(photo: Image.Image) -> Job:
    stream = io.BytesIO()
    photo.save(stream, "JPEG", quality=92)
    return PhotoTask("photo.jpg", "photos/photo.jpg", ""), stream.getvalue()


def _row(what: str, value: float, unit: str, higher: bool = True) -> Row:
    return {"what": what, "value": value, "unit": unit, "target": None, "higher_is_better": higher}

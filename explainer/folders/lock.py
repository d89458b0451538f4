"""One run at a time writes to a folder of results."""

import errno
import json
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import ExplainerError
from ..names import printable

LOCK = ".limelight-lock"
_SECONDS_TO_WAIT = 0.2  # for a run that is just ending
_CAN_NOT_LOCK = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}
_START = 1  # byte; Windows lets nobody else read the one before it, which is the one that is locked
_MOST = 1000  # bytes


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Keep other runs away from a folder while this one writes to it.

    The system itself holds the lock and lets go of it when the process ends, however it ends: what a killed
    run leaves of the file keeps nobody out. Where a file system knows no locks, a warning is logged.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results, which is there.

    Raises
    ------
    ExplainerError
        Another run writes to it.
    OSError
        The folder can't be written to.
    """
    from filelock import FileLock, Timeout  # which takes a tenth of a second

    path = folder / LOCK
    lock = FileLock(path, fallback_to_soft=False)
    try:
        lock.acquire(timeout=_SECONDS_TO_WAIT)
        with suppress(OSError), path.open("r+b", buffering=0) as file:
            file.seek(_START)
            file.write(_holder())
    except Timeout:
        raise _in_use(folder, path) from None
    except OSError as error:
        if error.errno not in _CAN_NOT_LOCK:
            raise
        logging.getLogger("limelight").warning(
            "%s is on a file system without locks: let no other run write to it.", folder
        )
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # Windows deletes it when it is released, and not before
                path.unlink()
            lock.release()


def _holder() -> bytes:
    since = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return json.dumps({"host": platform.node(), "pid": os.getpid(), "since": since}).encode()


def _in_use(folder: Path, path: Path) -> ExplainerError:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(_START)
            holder: dict[str, Any] = json.loads(file.read(_MOST))
        return ExplainerError(
            "Another run writes its results to {folder}: process {process} on {host}, since {since}; please "
            "wait until it has ended, or choose another folder.",
            folder=folder,
            process=int(holder["pid"]),
            host=printable(str(holder["host"])),
            since=f"{datetime.fromisoformat(holder['since']):%Y-%m-%d %H:%M %Z}",
        )
    except (OSError, ValueError, TypeError, KeyError):  # it is just beginning, or just ending
        return ExplainerError(
            "Another run writes its results to {folder}; please wait until it has ended, or choose another "
            "folder.",
            folder=folder,
        )

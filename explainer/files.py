"""Files and folders that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ExplainerError, reason_of

UNFINISHED = ".unfinished-"
"""How the names of what is being written begin."""


@contextmanager
def whole(target: Path, scratch: Path | None = None) -> Iterator[Path]:
    """A place to write a file or a folder to, which becomes `target` at the end, and only if all went well.

    Until then, what was there before stays.

    Parameters
    ----------
    target : pathlib.Path
        Where it is to be; its folder is made if there is none.
    scratch : pathlib.Path, optional
        A folder of the same file system, in which it lies until then; by default the one it is to be in.

    Raises
    ------
    OSError
        It can't be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch or target.parent, prefix=UNFINISHED) as folder:
        unfinished = Path(folder, target.name)
        yield unfinished
        put(unfinished, target)


def put(finished: Path, target: Path) -> None:
    """Move a file or a folder to where it is to be, in place of what is there.

    Raises
    ------
    OSError
        It can't be moved; what was there before stays.
    """
    if finished.is_file() or not target.is_dir():  # a file does not take the place of a folder
        os.replace(finished, target)
        return
    before = finished.with_name(f"{finished.name}-before")
    target.rename(before)  # for a folder can't be replaced
    try:
        finished.rename(target)
    except OSError:
        before.rename(target)
        raise


def write_whole(path: Path, content: bytes, scratch: Path | None = None) -> Path:
    """Write a file; until all of it is written, what was there before stays; see `whole`.

    Raises
    ------
    ExplainerError
        It can't be written.
    """
    try:
        with whole(path, scratch) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise not_writable(path.parent, error) from error
    return path


def not_writable(folder: Path, error: OSError) -> ExplainerError:
    """The error that results can't be written to a folder."""
    return ExplainerError(
        "The result can't be written to {folder}: {reason}.", folder=folder, reason=reason_of(error)
    )

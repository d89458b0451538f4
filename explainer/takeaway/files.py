"""Files that are there whole or not at all."""

from pathlib import Path

from ..errors import ExplainerError


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file; until all of it is written, what was there before stays.

    Parameters
    ----------
    path : pathlib.Path
        Where; its folder is made if there is none.
    content : bytes
        What.

    Raises
    ------
    ExplainerError
        It can't be written.
    """
    unfinished = path.with_name(f".unfinished-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise not_writable(path.parent, error) from error
    return path


def not_writable(folder: Path, error: OSError) -> ExplainerError:
    """The error that results can't be written to a folder."""
    return ExplainerError(
        "The result can't be written to {folder}: {reason}.", folder=folder, reason=error.strerror or error
    )

"""Pictures as part of a page, for where a browser can't open files."""

import base64
import io
from pathlib import Path

from PIL import Image

LONGEST_SIDE = 480  # pixels: about twice what a card shows


def data_uri(picture: bytes) -> str:
    """A picture's file as a data URI, as small as a card needs it.

    Parameters
    ----------
    picture : bytes
        What is in the file.

    Returns
    -------
    str
        A JPEG; empty where the file holds no picture.
    """
    try:
        with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as opened:
            small = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # as Pillow says it
        return ""
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def file_below(folder: Path, path: str) -> Path | None:
    """The file that a record names; None where there is none in the folder of results.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.
    path : str
        The file's path in it, with forward slashes. What it names outside of the folder is not found.
    """
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None

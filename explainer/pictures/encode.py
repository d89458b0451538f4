"""Pictures as files, and as part of a page."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin


def png(picture: Image.Image) -> bytes:
    """Encode the pixels of a picture without loss, and nothing of what a camera wrote beside them."""
    stream = io.BytesIO()
    _bare(picture).save(stream, "PNG")
    return stream.getvalue()


def jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    """Encode the pixels of a picture for looking at, and nothing of what a camera wrote beside them."""
    stream = io.BytesIO()
    _bare(picture).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def npy(heat_map: NDArray[np.float64]) -> bytes:
    """Encode a map as NumPy's own file: float32, shape (H, W)."""
    stream = io.BytesIO()
    np.save(stream, heat_map.astype(np.float32), allow_pickle=False)
    return stream.getvalue()


def grey16(heat_map: NDArray[np.float64]) -> bytes:
    """Encode a map as a 16-bit grey PNG, from black for the lowest value to white for the highest.

    The PNG's texts ``minimum`` and ``maximum`` say which values these are, so that all can be put back:
    ``minimum + (maximum - minimum) * grey / 65535``.
    """
    least, most = float(heat_map.min()), float(heat_map.max())
    grey = np.round((heat_map - least) / ((most - least) or 1.0) * 65535).astype(np.uint16)
    scale = PngImagePlugin.PngInfo()
    scale.add_text("minimum", repr(least))
    scale.add_text("maximum", repr(most))
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, "PNG", pnginfo=scale)
    return stream.getvalue()


def map_files(name: str, heat_map: NDArray[np.float64]) -> dict[str, bytes]:
    """A map as numbers, by the files' names: ``NAME.npy`` as it is, and ``NAME-16-bit.png`` as grey."""
    return {f"{name}.npy": npy(heat_map), f"{name}-16-bit.png": grey16(heat_map)}


def data_uri(contents: bytes, kind: str = "jpeg") -> str:
    """An encoded picture as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(contents).decode()}"


def card_jpeg(contents: bytes, longest_side: int = 480) -> bytes:
    """An encoded picture as a JPEG, as small as a gallery's card needs it.

    Parameters
    ----------
    contents : bytes
        What is in the picture's file.
    longest_side : int
        In pixels, at most; about twice what a card shows by default.

    Returns
    -------
    bytes
        Empty where the file holds no picture.
    """
    try:
        with Image.open(io.BytesIO(contents), formats=("PNG", "JPEG")) as opened:
            small = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # as Pillow says it
        return b""
    small.thumbnail((longest_side, longest_side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return jpeg(small, quality=80)


def card_uri(contents: bytes) -> str:
    """What `card_jpeg` makes of a picture as an address that holds it; empty where there is none."""
    picture = card_jpeg(contents)
    return data_uri(picture) if picture else ""


def smaller(picture: Image.Image, longest_side: int) -> Image.Image:
    """A copy whose longer side has at most so many pixels."""
    small = picture.copy()
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return small


def _bare(picture: Image.Image) -> Image.Image:
    bare = picture.convert("RGB")  # always a copy
    bare.info = {}
    return bare

"""Pictures as files, and as part of a page."""

import base64
import io

from PIL import Image


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


def data_uri(contents: bytes, kind: str = "jpeg") -> str:
    """An encoded picture as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(contents).decode()}"


def smaller(picture: Image.Image, longest_side: int) -> Image.Image:
    """A copy whose longer side has at most so many pixels."""
    small = picture.copy()
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return small


def _bare(picture: Image.Image) -> Image.Image:
    bare = picture.convert("RGB")  # always a copy
    bare.info = {}
    return bare

"""Turn what a person hands over into an upright RGB picture, or say plainly why not.

Files come from strangers, so nothing in them is believed: what a file claims is checked before
memory or time is spent on it, and every failure of a decoder becomes one :class:`PhotoError`.
"""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import math
import os
import re
import stat
import warnings
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from ..errors import PhotoError
from ..names import printable
from .limits import (
    MAX_BYTES,
    MAX_PIXELS,
    CountingReader,
    check_header,
    check_jpeg,
    check_size,
    check_tags,
    damaged,
    tenths,
    too_many_pixels,
)

try:
    import pillow_heif
except ImportError:
    pillow_heif = None

FORMATS = ("JPEG", "PNG", "WebP", "AVIF", "HEIC", "BMP", "GIF", "TIFF")
"""The file formats that are opened, by the names people know them by."""

# fmt: off
FILE_EXTENSIONS = (
    "jpg", "jpeg", "png", "webp", "avif", "heic", "heif", "bmp", "gif", "tif", "tiff",
)
# fmt: on
"""The file name endings of those formats, in lower case and without the dot."""

PhotoSource: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
    | Image.Image | np.ndarray[Any, np.dtype[np.uint8]]
)  # fmt: skip

_HEIC_START = re.compile(rb"(?s:....)ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)")
_MAX_PROFILE_BYTES = 4 * 1024 * 1024
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_photo(source: PhotoSource) -> Image.Image:
    """Open a photo, whatever its format, as an upright 8-bit RGB picture.

    Parameters
    ----------
    source : str, os.PathLike, bytes-like, binary file, PIL.Image.Image or numpy.ndarray
        A path, the bytes of a file, a file open in binary mode (read from its start where it can
        seek; Streamlit's uploads are such files), an opened picture, or an array of dtype uint8
        and shape (height, width), (height, width, 3) or (height, width, 4), 0 to 255.

    Returns
    -------
    PIL.Image.Image
        Mode "RGB", at the photo's own resolution and independent of `source`, with the EXIF
        orientation applied, transparent parts over white, an embedded colour profile converted
        to sRGB (a broken one is ignored), and no metadata. Of an animation or a document with
        pages, the first picture.

    Raises
    ------
    PhotoError
        If `source` is not a photo in one of `FORMATS`, is empty, damaged or unreadable, is larger
        than `MAX_BYTES` or `MAX_PIXELS`, or has a side shorter than `MIN_SIDE` pixels. The message
        is one sentence for the person who chose the photo.

    Examples
    --------
    >>> from explainer import load_photo
    >>> load_photo("cat.jpg").size
    (451, 300)
    """
    _silence_pillow()
    try:
        image = _open(source)
        check_header(image)
        image.load()
        # Some decoders only learn the real size while they decode.
        check_size(*image.size)
        profile = image.info.get("icc_profile")
        # One name throughout, so that each full-size picture is freed as soon as it is replaced.
        image = _upright_copy(image)
        image = _eight_bits(image)
        image = _over_white(image)
        image = _in_srgb(image, profile)
        image.info = {}
        return image
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        found = re.search(r"\((\d+) pixels\)", str(error))
        raise too_many_pixels(int(found[1]) if found else MAX_PIXELS + 1) from error
    except MemoryError as error:
        raise PhotoError(
            "There is not enough memory to open this picture; please make it smaller."
        ) from error
    except Exception as error:
        # Decoders answer hostile bytes with nearly every exception there is.
        raise damaged() from error


def _silence_pillow() -> None:
    # What Pillow warns or logs about odd files would be printed. The filter is for Pillow's own modules,
    # and lasts: warnings.catch_warnings would swap the filters of the whole process under other threads.
    if ("ignore", None, Warning, re.compile(r"PIL\."), 0) not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")
    logger = logging.getLogger("PIL")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _open(source: PhotoSource) -> Image.Image:
    if isinstance(source, Image.Image):
        return source
    if isinstance(source, np.ndarray):
        return _open_array(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        _check_bytes(memoryview(source).nbytes)
        return _open_bytes(bytes(source))
    if isinstance(source, (str, os.PathLike)):
        return _open_bytes(read_file(source))
    if hasattr(source, "read"):
        return _open_bytes(_read_stream(source))
    raise PhotoError(
        "A photo must be a file name, bytes, an open file, a Pillow picture or a NumPy array, not {kind}.",
        kind=_printable(type(source).__name__),
    )


def _open_array(array: np.ndarray[Any, Any]) -> Image.Image:
    colours = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.dtype != np.uint8 or not (array.ndim == 2 or colours):
        raise PhotoError(
            "An array must hold uint8 values in the shape (height, width), (height, width, 3) or "
            "(height, width, 4), not {dtype} in {shape}.",
            dtype=_printable(array.dtype),
            shape=_printable(array.shape),
        )
    check_size(array.shape[1], array.shape[0])
    return Image.fromarray(np.ascontiguousarray(array))


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a photo's file, for `load_photo`; a file that it would refuse unread raises PhotoError."""
    name = type(path).__name__
    try:
        name = _printable(os.path.basename(os.fsdecode(path)) or os.fsdecode(path))
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise PhotoError("“{name}” is a folder; please choose a photo inside it.", name=name)
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError("“{name}” is not an ordinary file; please choose a photo.", name=name)
        _check_bytes(status.st_size)
        with open(path, "rb") as stream:
            return _read_stream(stream)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PhotoError("There is no file named “{name}”; please check where it is.", name=name) from error
    except (OSError, ValueError, TypeError) as error:
        raise PhotoError(
            "The computer could not read “{name}”; please check that you are allowed to open it.",
            name=name,
        ) from error


def _read_stream(stream: BinaryIO) -> bytes:
    size = getattr(stream, "size", None)
    if isinstance(size, int) and size > MAX_BYTES:
        _check_bytes(size)
    contents = bytearray()
    try:
        with contextlib.suppress(AttributeError, OSError):
            stream.seek(0)
        while len(contents) <= MAX_BYTES:
            piece = stream.read(MAX_BYTES + 1 - len(contents))
            if not piece:
                break
            contents += piece
    except Exception as error:
        raise PhotoError(
            "The open file could not be read; it must be open for reading in binary mode."
        ) from error
    _check_bytes(len(contents))
    return bytes(contents)


def _check_bytes(size: int) -> None:
    if size == 0:
        raise PhotoError("This file is empty; please choose another one.")
    if size > MAX_BYTES:
        # A stream is read no further than one byte beyond the limit.
        if size > MAX_BYTES + 1:
            raise PhotoError(
                "This file of {size} MB is larger than the limit of {limit} MB; "
                "please choose or export a smaller one.",
                size=tenths(size / 2**20),
                limit=MAX_BYTES // 2**20,
            )
        raise PhotoError(
            "This file is larger than the limit of {limit} MB; please choose or export a smaller one.",
            limit=MAX_BYTES // 2**20,
        )


def _open_bytes(contents: bytes) -> Image.Image:
    check_tags(contents)
    if contents.startswith(b"\xff\xd8"):
        check_jpeg(contents)
    try:
        return Image.open(CountingReader(contents), formats=_decoders())
    except UnidentifiedImageError as error:
        if _HEIC_START.match(contents) and pillow_heif is None:
            raise PhotoError(
                "This is a HEIC photo, which needs the Python package pillow-heif (“pip install "
                "pillow-heif”); please install it or use a JPEG copy of the photo."
            ) from error
        raise PhotoError(
            "This file is damaged or is not a picture in a format that can be opened; "
            "please use {formats} or {last}.",
            formats=", ".join(FORMATS[:-1]),
            last=FORMATS[-1],
        ) from error


@functools.cache
def _decoders() -> list[str]:
    """Pillow's names of `FORMATS`, all of them registered; threads may do that at the same time."""
    if pillow_heif is None:
        return [name for name in FORMATS if name != "HEIC"]
    pillow_heif.register_heif_opener()
    return [name.replace("HEIC", "HEIF") for name in FORMATS]


def _upright_copy(image: Image.Image) -> Image.Image:
    transpose = None
    # Broken EXIF is no reason to refuse a picture that decodes, nor for one that lies on its side: unlike
    # ImageOps.exif_transpose, this needs no other tag than the one that it reads.
    with contextlib.suppress(Exception):
        transpose = _TRANSPOSES.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image.copy() if transpose is None else image.transpose(transpose)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and floating-point grey to 8 bits."""
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        grey = values.astype(np.uint32)
        grey += 128
        grey //= 257
        grey[values == image.info.get("transparency", -1)] = 255
        return Image.fromarray(grey.astype(np.uint8))
    if image.mode == "I":
        return _stretched(image, tops=(65535.0,))
    if image.mode == "F":
        return _stretched(image, tops=(1.0, 255.0, 65535.0))
    return image


def _stretched(image: Image.Image, tops: tuple[float, ...]) -> Image.Image:
    """Map the first range 0 to top that holds all values, or else their own, to 0 to 255."""
    values = np.array(image, dtype=np.float32)
    finite = np.isfinite(values)
    low = float(values.min(where=finite, initial=math.inf))
    high = float(values.max(where=finite, initial=-math.inf))
    low, high = next(((0.0, top) for top in tops if low >= 0 and high <= top), (low, high))
    with np.errstate(all="ignore"):
        np.nan_to_num(values, copy=False, nan=low, posinf=high, neginf=low)
        values -= low
        values *= 255 / ((high - low) or 1)
    return Image.fromarray(np.rint(values, out=values).clip(0, 255).astype(np.uint8))


def _over_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image, (0, 0), image)
    return canvas


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    # A profile that can't be used is ignored, as web browsers do.
    with contextlib.suppress(Exception):
        if profile and len(profile) <= _MAX_PROFILE_BYTES:
            embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            space = embedded.profile.xcolor_space.strip().replace("GRAY", "L")
            if space == image.mode and "sRGB" not in ImageCms.getProfileDescription(embedded):
                converted = ImageCms.profileToProfile(
                    image,
                    embedded,
                    ImageCms.createProfile("sRGB"),
                    renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                    outputMode="RGB",
                    flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
                )
                image = converted or image
    return image if image.mode == "RGB" else image.convert("RGB")


def _printable(value: object) -> str:
    text = str(value)
    return printable(text if len(text) <= 60 else f"{text[:59]}…")

"""Turn what a person hands over into an upright RGB picture, or say plainly why not.

Files come from strangers, so nothing in them is believed: what a file claims is checked before
memory or time is spent on it, and every failure of a decoder becomes one :class:`PhotoError`.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import os
import re
import stat
import struct
import warnings
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin, UnidentifiedImageError

from .errors import PhotoError

try:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    _HEIF_INSTALLED = True
except ImportError:
    _HEIF_INSTALLED = False

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is read, in bytes."""

MAX_PIXELS = 40_000_000
"""The largest picture that is decoded, in pixels (width times height)."""

MIN_SIDE = 16
"""The shortest side a picture may have, in pixels."""

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

# A small file can keep a decoder busy for minutes or fill gigabytes with small objects. These
# limits are far above what cameras and editors write.
_MAX_READS = 500_000
_MAX_TAG_VALUES = 250_000
_MAX_JPEG_MARKERS = 10_000
_MAX_JPEG_SCANS = 50
_MAX_EXIF_SEGMENTS = 16
_MAX_RUN_LENGTH_PIXELS = 10_000_000
_MAX_PROFILE_BYTES = 4 * 1024 * 1024

_DECODERS = [name.replace("HEIC", "HEIF") for name in FORMATS if _HEIF_INSTALLED or name != "HEIC"]
_HEIC_START = re.compile(rb"(?s:....)ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)")
_TAGS_START = re.compile(rb"II(?:[*+]\0|\0\*)|MM(?:\0[*+]|\*\0)")
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DAMAGED = (
    "This picture file is damaged, incomplete or of an unusual kind; "
    "please save it again as a JPEG or PNG file."
)

# Without a handler, Python prints what Pillow logs about odd files.
logging.getLogger("PIL").addHandler(logging.NullHandler())


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
    """
    _silence_pillow_warnings()
    try:
        image = _open(source)
        _check_header(image)
        image.load()
        # Some decoders only learn the real size while they decode.
        _check_size(*image.size)
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
        raise _too_many_pixels(int(found[1]) if found else MAX_PIXELS + 1) from error
    except MemoryError as error:
        raise PhotoError(
            "There is not enough memory to open this picture; please make it smaller."
        ) from error
    except Exception as error:
        # Decoders answer hostile bytes with nearly every exception there is.
        raise PhotoError(_DAMAGED) from error


def _silence_pillow_warnings() -> None:
    # A lasting filter for Pillow's own modules: warnings.catch_warnings would swap the filters of
    # the whole process under the other sessions' threads.
    if ("ignore", None, Warning, re.compile(r"PIL\."), 0) not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")


def _open(source: PhotoSource) -> Image.Image:
    if isinstance(source, Image.Image):
        return source
    if isinstance(source, np.ndarray):
        return _open_array(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        _check_bytes(memoryview(source).nbytes)
        return _open_bytes(bytes(source))
    if isinstance(source, (str, os.PathLike)):
        return _open_bytes(_read_path(source))
    if hasattr(source, "read"):
        return _open_bytes(_read_stream(source))
    raise PhotoError(
        "A photo must be a file name, bytes, an open file, a Pillow picture or a NumPy array, "
        f"not {_printable(type(source).__name__)}."
    )


def _open_array(array: np.ndarray[Any, Any]) -> Image.Image:
    colours = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.dtype != np.uint8 or not (array.ndim == 2 or colours):
        raise PhotoError(
            "An array must hold uint8 values in the shape (height, width), (height, width, 3) or "
            f"(height, width, 4), not {_printable(array.dtype)} in {_printable(array.shape)}."
        )
    _check_size(array.shape[1], array.shape[0])
    return Image.fromarray(np.ascontiguousarray(array))


def _read_path(path: str | os.PathLike[str]) -> bytes:
    name = "the file"
    try:
        name = f"“{_printable(os.path.basename(os.fsdecode(path)) or os.fsdecode(path))}”"
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise PhotoError(f"{name} is a folder; please choose a photo inside it.")
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError(f"{name} is not an ordinary file; please choose a photo.")
        _check_bytes(status.st_size)
        with open(path, "rb") as stream:
            return _read_stream(stream)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PhotoError(f"There is no file named {name}; please check where it is.") from error
    except (OSError, ValueError, TypeError) as error:
        raise PhotoError(
            f"The computer could not read {name}; please check that you are allowed to open it."
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
        figure = f" of {_tenths(size / 2**20)} MB" if size > MAX_BYTES + 1 else ""
        raise PhotoError(
            f"This file{figure} is larger than the limit of {MAX_BYTES // 2**20} MB; "
            "please choose or export a smaller one."
        )


class _CountingReader(io.BytesIO):
    """The contents of a file, which can't be read in an absurd number of small pieces."""

    reads_left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise OSError("the file consists of too many small pieces")
        return super().read(size)


def _open_bytes(contents: bytes) -> Image.Image:
    _check_tags(contents)
    if contents.startswith(b"\xff\xd8"):
        _check_jpeg(contents)
    try:
        return Image.open(_CountingReader(contents), formats=_DECODERS)
    except UnidentifiedImageError as error:
        if _HEIC_START.match(contents) and not _HEIF_INSTALLED:
            raise PhotoError(
                "This is a HEIC photo, which needs the Python package pillow-heif (“pip install "
                "pillow-heif”); please install it or use a JPEG copy of the photo."
            ) from error
        raise PhotoError(
            "This file is damaged or is not a picture in a format that can be opened; "
            f"please use {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
        ) from error


def _check_tags(contents: bytes) -> None:
    """Refuse TIFF or EXIF tags that Pillow would unpack into millions of objects."""
    if contents.startswith((b"BM", b"GIF8")):
        return  # bare pixels without EXIF, which may look like tags
    values = 0
    for match in _TAGS_START.finditer(contents):
        values += 1 + _count_tag_values(contents, match.start())
        if values > _MAX_TAG_VALUES:
            raise PhotoError(_DAMAGED)
        if match.start() == 0:
            break  # a TIFF, whose pixels may look like tags


def _count_tag_values(contents: bytes, start: int) -> int:
    order = "<" if contents.startswith(b"I", start) else ">"
    big = contents[start + 2] == 43
    first, number, entry = ("8xQ", "Q", "HHQQ") if big else ("4xL", "H", "HHLL")
    width = struct.calcsize(order + entry)
    values = 0
    with contextlib.suppress(struct.error, IndexError, OverflowError):
        directories = list(struct.unpack_from(order + first, contents, start))
        for directory in directories:
            begin = start + directory + struct.calcsize(order + number)
            (entries,) = struct.unpack_from(order + number, contents, start + directory)
            entries = min(entries, _MAX_TAG_VALUES, max(0, len(contents) - begin) // width)
            table = contents[begin : begin + entries * width]
            for tag, kind, amount, value in struct.iter_unpack(order + entry, table):
                if tag in (273, 324):  # where the strips or tiles are
                    amount *= 5
                elif kind in (5, 10):  # fractions
                    amount *= 4
                elif kind in (1, 2, 7):  # bytes and text stay in one piece
                    amount = 0
                elif tag in (34665, 34853, 40965):  # more directories
                    short = value & 0xFFFF if order == "<" else value >> (48 if big else 16)
                    directories.append(short if kind == 3 else value)
                values += 1 + amount
            if values > _MAX_TAG_VALUES:
                break
    return values


def _check_jpeg(contents: bytes) -> None:
    """Refuse a JPEG with many scans, each of which means going over the whole picture."""
    position, markers, scans = 2, 0, 0
    while match := _JPEG_MARKER.search(contents, position):
        marker = contents[match.end() - 1]
        if marker == 0xD9:  # the end of the picture
            break
        markers += 1
        scans += marker == 0xDA
        if scans > _MAX_JPEG_SCANS or markers > _MAX_JPEG_MARKERS:
            raise PhotoError(_DAMAGED)
        position = match.end() + int.from_bytes(contents[match.end() : match.end() + 2], "big")
    if contents.count(b"Exif\0\0") > _MAX_EXIF_SEGMENTS:
        raise PhotoError(_DAMAGED)


def _check_header(image: Image.Image) -> None:
    _check_size(*image.size)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # A tile is decoded as a whole, even where only a corner of it lies in the picture.
        tile = image.tag_v2.get(322, 0) * image.tag_v2.get(323, 0)
        if tile > MAX_PIXELS:
            raise _too_many_pixels(tile)
    # Pillow decodes these in Python, byte by byte.
    run_length_encoded = image.format == "BMP" and image.info.get("compression") in (1, 2)
    if run_length_encoded and image.width * image.height > _MAX_RUN_LENGTH_PIXELS:
        raise PhotoError(_DAMAGED)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(width * height)
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"This picture is {width} × {height} pixels, and each side must be at least "
            f"{MIN_SIDE} pixels; please choose a larger one."
        )


def _too_many_pixels(pixels: int) -> PhotoError:
    return PhotoError(
        f"This picture has {_tenths(pixels / 10**6)} megapixels, and the limit is "
        f"{MAX_PIXELS // 10**6} megapixels; please make it smaller."
    )


def _upright_copy(image: Image.Image) -> Image.Image:
    transpose = None
    # Broken EXIF is no reason to refuse a picture that decodes.
    with contextlib.suppress(Exception):
        transpose = _TRANSPOSES.get(image.getexif().get(0x0112, 1))
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


def _tenths(figure: float) -> str:
    # Rounded up, so that a figure just above a limit never reads as the limit itself.
    return f"{math.ceil(figure * 10) / 10:,.1f}"


def _printable(value: object) -> str:
    text = str(value)
    text = text if len(text) <= 60 else f"{text[:59]}…"
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)

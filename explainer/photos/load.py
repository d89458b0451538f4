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
from collections.abc import Iterator
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFile, JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError

from ..errors import PhotoError, PhotoNote
from ..names import printable
from .kinds import FORMATS, HEIC, not_a_photo
from .limits import (
    MAX_BYTES,
    MAX_KEPT_PIXELS,
    MAX_PIXELS,
    TIFF,
    CountingReader,
    check_header,
    check_jpeg,
    check_size,
    check_tags,
    damaged,
    jpeg_scale,
    tenths,
    too_many_pixels,
    without_exif,
)

try:
    import pillow_heif
except ImportError:
    pillow_heif = None

PhotoSource: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
    | Image.Image | np.ndarray[Any, np.dtype[np.uint8]]
)  # fmt: skip

NOTES = "notes"
"""Under which name a photo's `info` holds what `notes_of` gives."""

_MAX_PROFILE_BYTES = 4 * 1024 * 1024
_LEAST_PREVIEW = 640  # pixels: a smaller one inside of a RAW file is no photo
_HDR = re.compile(rb"(?s)colrnclx..\0[\x10\x12]|\0\0\0\x04cICP.[\x10\x12]")  # PQ or HLG
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@contextlib.contextmanager
def _only_photo_errors() -> Iterator[None]:
    """Turn whatever decoders raise into a PhotoError."""
    _silence_pillow()
    try:
        yield
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


@_only_photo_errors()
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
        Mode "RGB", at the photo's own resolution (a half or a quarter of it where that has more
        than `MAX_KEPT_PIXELS`) and independent of `source`, with the EXIF
        orientation applied, transparent parts over white, an embedded colour profile converted
        to sRGB (a broken one is ignored), and no metadata. Of an animation or a document with
        pages, the first picture. What had to be assumed, `notes_of` tells.

    Raises
    ------
    PhotoError
        If `source` is not a photo in one of `FORMATS`, is empty, damaged or unreadable, is larger
        than `MAX_BYTES`, `MAX_PIXELS` or, as a JPEG, `MAX_JPEG_PIXELS`, or has a side shorter than
        `MIN_SIDE` pixels. The message is one sentence for the person who chose the photo.

    Examples
    --------
    >>> from explainer import load_photo
    >>> load_photo("cat.jpg").size
    (451, 300)
    """
    notes: list[PhotoNote] = []
    image = _open(source, notes)
    check_header(image)
    sixteen_bits = ";16" in str(image.tile[:1]) if isinstance(image, ImageFile.ImageFile) else False
    image.load()
    # Some decoders only learn the real size while they decode.
    check_size(*image.size)
    profile = image.info.get("icc_profile")
    transpose = _transpose(image)
    # One name throughout, so that each full-size picture is freed as soon as it is replaced.
    image = _eight_bits(image, notes, sixteen_bits)
    image = _reduced(image, notes)
    image = image.copy() if transpose is None else image.transpose(transpose)
    image = _over_white(image)
    image = _in_srgb(image, profile)
    image.info = {NOTES: tuple(notes)} if notes else {}
    return image


@_only_photo_errors()
def load_unchanged(source: PhotoSource) -> Image.Image:
    """Open a picture of which the values count, such as a mask: in its own mode, and as it is stored.

    Raises
    ------
    PhotoError
        As for `load_photo`.
    """
    image = _open(source, [])
    check_header(image)
    image.load()
    check_size(*image.size)
    return image


@_only_photo_errors()
def stored_size(path: str | os.PathLike[str]) -> tuple[tuple[int, int], Image.Transpose | None]:
    """A photo's width and height as its file stores it, and how `load_photo` turns it; without decoding it.

    Raises
    ------
    PhotoError
        As for `load_photo`.
    """
    contents = read_file(path)
    if contents.startswith(b"\xff\xd8"):
        check_jpeg(contents)
        image: Image.Image = JpegImagePlugin.JpegImageFile(CountingReader(contents))
    else:
        image = _open_bytes(contents, [])
    return image.size, _transpose(image)


def notes_of(photo: Image.Image) -> tuple[PhotoNote, ...]:
    """What `load_photo` had to assume about a photo, or left out of it: a sentence each."""
    return tuple(note for note in photo.info.get(NOTES, ()) if isinstance(note, PhotoNote))


def _silence_pillow() -> None:
    # What Pillow warns or logs about odd files would be printed. The filter is for Pillow's own modules,
    # and lasts: warnings.catch_warnings would swap the filters of the whole process under other threads.
    if ("ignore", None, Warning, re.compile(r"PIL\."), 0) not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")
    logger = logging.getLogger("PIL")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _open(source: PhotoSource, notes: list[PhotoNote]) -> Image.Image:
    if isinstance(source, Image.Image):
        notes += notes_of(source)
        return source
    if isinstance(source, np.ndarray):
        return _open_array(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        _check_bytes(memoryview(source).nbytes)
        return _open_bytes(bytes(source), notes)
    if isinstance(source, (str, os.PathLike)):
        return _open_bytes(read_file(source), notes)
    if hasattr(source, "read"):
        return _open_bytes(_read_stream(source), notes)
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


def _open_bytes(contents: bytes, notes: list[PhotoNote]) -> Image.Image:
    if contents.startswith(b"\xff\xd8"):
        return _open_jpeg(contents, notes)
    if TIFF.match(contents):
        check_tags(contents)
    try:
        image = Image.open(CountingReader(without_exif(contents)), formats=_decoders())
    except UnidentifiedImageError as error:
        if HEIC.match(contents) and pillow_heif is None:
            raise PhotoError(
                "This is a HEIC photo, which needs the Python package pillow-heif (“pip install "
                "pillow-heif”); please install it or use a JPEG copy of the photo."
            ) from error
        raise not_a_photo(contents) from error
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _check_raw(image, contents, notes)
    # Asking a GIF leads it to its second picture.
    with contextlib.suppress(Exception):
        other = Image.open(CountingReader(contents), formats=["GIF"]) if image.format == "GIF" else image
        if getattr(other, "is_animated", False):
            notes.append(PhotoNote("This file holds several pictures; the first one is used."))
    if image.format in ("PNG", "AVIF", "HEIF") and _HDR.search(contents):
        notes.append(
            PhotoNote(
                "This is an HDR photo (PQ or HLG), which may look dull, because its brightness is not "
                "adapted to ordinary screens; a copy exported as SDR, such as a JPEG, looks right."
            )
        )
    return image


def _open_jpeg(contents: bytes, notes: list[PhotoNote]) -> Image.Image:
    scans = check_jpeg(contents)
    # Unlike Image.open, this leaves the index of further pictures alone, such as previews and depth maps.
    image = JpegImagePlugin.JpegImageFile(CountingReader(contents))
    scale = jpeg_scale(image, scans)
    if scale > 1:
        whole = image.width * image.height
        image.draft(None, (image.width // scale, image.height // scale))
        notes.append(_reduction(whole, image))
    return image


def _check_raw(image: TiffImagePlugin.TiffImageFile, contents: bytes, notes: list[PhotoNote]) -> None:
    """Say so where a camera's RAW file only lends the preview inside of it."""
    tags = image.tag_v2
    preview = ExifTags.Base.SubIFDs in tags and tags.get(ExifTags.Base.NewSubfileType, 0) & 1
    if not (preview or ExifTags.Base.DNGVersion in tags or contents[8:10] == b"CR"):
        return
    if min(image.size) < _LEAST_PREVIEW:
        raise not_a_photo(contents)
    notes.append(
        PhotoNote(
            "This is a camera's RAW file, of which only the preview inside it is used, {width} × {height} "
            "pixels; export it as a JPEG to use the whole photo.",
            width=image.width,
            height=image.height,
        )
    )


@functools.cache
def _decoders() -> list[str]:
    """Pillow's names of `FORMATS`, all of them registered; threads may do that at the same time."""
    if pillow_heif is None:
        return [name for name in FORMATS if name != "HEIC"]
    pillow_heif.register_heif_opener()
    return [name.replace("HEIC", "HEIF") for name in FORMATS]


def _transpose(image: Image.Image) -> Image.Transpose | None:
    # Broken EXIF is no reason to refuse a picture that decodes, nor for one that lies on its side: unlike
    # ImageOps.exif_transpose, this needs no other tag than the one that it reads.
    with contextlib.suppress(Exception):
        text = image.info.get("Raw profile type exif", "")
        check_tags(image.info.get("exif") or bytes.fromhex("".join(text.split("\n")[3:])))
        return _TRANSPOSES.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return None


def _eight_bits(image: Image.Image, notes: list[PhotoNote], sixteen_bits: bool) -> Image.Image:
    """Scale 16-bit, 32-bit and floating-point values to 8 bits."""
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        top = _top(image, int(values.max()))
        if top < 65535:
            notes.append(_range(0, top))
        table = np.rint(np.arange(65536) * 255 / top).clip(0, 255).astype(np.uint8)
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            white_is_zero = image.tag_v2.get(ExifTags.Base.PhotometricInterpretation) == 0
            table = 255 - table if white_is_zero else table  # as Pillow does for 8 bits only
        if "transparency" in image.info:
            table[image.info["transparency"]] = 255
        return Image.fromarray(table[values])
    if image.mode == "I":
        return _stretched(image, (_top(image, int(np.max(image.getextrema()))),), notes)
    if image.mode == "F":
        return _stretched(image, (1, *((1 << bits) - 1 for bits in (*range(8, 15), 16))), notes)
    if sixteen_bits:  # of which Pillow has read the upper eight
        bands = zip(image.getbands(), np.reshape(image.getextrema(), (-1, 2)), strict=True)
        bits = 8 + max(int(most).bit_length() for band, (_, most) in bands if band != "A")
        if 8 < bits < 15:
            levels = 1 << (bits - 8)
            notes.append(
                PhotoNote(
                    "The values of this 16-bit file have no more than {bits} bits, so they were brightened, "
                    "and only {levels} levels of each colour could be read; save it with 8 bits a colour "
                    "for a better picture.",
                    bits=bits,
                    levels=levels,
                )
            )
            brighter = [min(255, round(level * 255 / (levels - 1))) for level in range(256)]
            tables = [range(256) if band == "A" else brighter for band in image.getbands()]
            return image.point([level for table in tables for level in table])
    return image


def _top(image: Image.Image, most: int) -> int:
    """The value that stands for white: what the file says, or else the least that has the bits of `most`."""
    top = 65535
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        top = (1 << min(16, *image.tag_v2.get(ExifTags.Base.BitsPerSample, (16,)))) - 1
        with contextlib.suppress(TypeError, ValueError):
            top = min(top, int(max(np.atleast_1d(image.tag_v2.get(ExifTags.Base.MaxSampleValue, top)))))
    bits = max(8, most.bit_length())
    if most > top or top == 65535:
        top = (1 << bits) - 1 if bits < 15 else 65535  # no camera has 15
    return top


def _range(low: float, high: float) -> PhotoNote:
    return PhotoNote(
        "This file's values were taken for a range from {low} (black) to {high} (white).",
        low=f"{low:g}",
        high=f"{high:g}",
    )


def _reduced(image: Image.Image, notes: list[PhotoNote]) -> Image.Image:
    whole = image.width * image.height
    if whole <= MAX_KEPT_PIXELS:
        return image
    if image.has_transparency_data or image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image = image.reduce(2)
    notes.append(_reduction(whole, image))
    return image


def _reduction(whole: int, image: Image.Image) -> PhotoNote:
    return PhotoNote(
        "This photo of {megapixels} megapixels is used at {width} × {height} pixels.",
        megapixels=tenths(whole / 10**6),
        width=image.width,
        height=image.height,
    )


def _stretched(image: Image.Image, tops: tuple[int, ...], notes: list[PhotoNote]) -> Image.Image:
    """Map the first range 0 to top that holds all values, or else their own, to 0 to 255."""
    values = np.array(image, dtype=np.float32)
    finite = np.isfinite(values)
    low = float(values.min(where=finite, initial=math.inf))
    high = float(values.max(where=finite, initial=-math.inf))
    low, high = next(((0.0, float(top)) for top in tops if low >= 0 and high <= top), (low, high))
    if (low, high) not in ((0, 1), (0, 65535)):
        notes.append(_range(low, high))
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
            if embedded.profile.xcolor_space.strip().replace("GRAY", "L") == image.mode:
                to_srgb = ImageCms.buildTransform(
                    embedded,
                    ImageCms.createProfile("sRGB"),
                    image.mode,
                    "RGB",
                    ImageCms.Intent.RELATIVE_COLORIMETRIC,
                    ImageCms.Flags.BLACKPOINTCOMPENSATION,
                )
                if not _changes_nothing(to_srgb, image.mode):
                    image = ImageCms.applyTransform(image, to_srgb) or image
    return image if image.mode == "RGB" else image.convert("RGB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a profile is that of sRGB, whatever it is called: colours and greys stay what they are."""
    if mode != "RGB":
        return False
    steps = np.arange(0, 256, 15, dtype=np.uint8)  # 18 from black to white
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(18, -1, 3)
    converted = ImageCms.applyTransform(Image.fromarray(colours), transform)
    return int(np.abs(np.asarray(converted).astype(int) - colours).max()) <= 2


def _printable(value: object) -> str:
    text = str(value)
    return printable(text if len(text) <= 60 else f"{text[:59]}…")

"""What a photo's file may be: limits on its size, and on what it makes decoders do.

Nothing in a file is believed: what it claims is checked before memory or time is spent on it.
"""

import contextlib
import io
import math
import re
import struct

from PIL import ExifTags, Image, TiffImagePlugin, TiffTags

from ..errors import PhotoError

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is read, in bytes."""

MAX_PIXELS = 40_000_000
"""The largest picture that is decoded, in pixels (width times height)."""

MIN_SIDE = 16
"""The shortest side a picture may have, in pixels."""

# A small file can keep a decoder busy for minutes or fill gigabytes with small objects. These
# limits are far above what cameras and editors write.
_MAX_READS = 500_000
_MAX_TAG_VALUES = 250_000
_MAX_JPEG_MARKERS = 10_000
_MAX_JPEG_SCANS = 50
_MAX_EXIF_SEGMENTS = 16
_MAX_RUN_LENGTH_PIXELS = 10_000_000

_TAGS_START = re.compile(rb"II(?:[*+]\0|\0\*)|MM(?:\0[*+]|\*\0)")
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


class CountingReader(io.BytesIO):
    """The contents of a file, which can't be read in an absurd number of small pieces."""

    reads_left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise OSError("the file consists of too many small pieces")
        return super().read(size)


def check_tags(contents: bytes) -> None:
    """Refuse TIFF or EXIF tags that Pillow would unpack into millions of objects."""
    if contents.startswith((b"BM", b"GIF8")):
        return  # bare pixels without EXIF, which may look like tags
    values = 0
    for match in _TAGS_START.finditer(contents):
        values += 1 + _count_tag_values(contents, match.start())
        if values > _MAX_TAG_VALUES:
            raise damaged()
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
                if tag in (ExifTags.Base.StripOffsets, ExifTags.Base.TileOffsets):
                    amount *= 5
                elif kind in (TiffTags.RATIONAL, TiffTags.SIGNED_RATIONAL):
                    amount *= 4
                elif kind in (TiffTags.BYTE, TiffTags.ASCII, TiffTags.UNDEFINED):
                    amount = 0  # it stays in one piece
                elif tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop):
                    short = value & 0xFFFF if order == "<" else value >> (48 if big else 16)
                    directories.append(short if kind == TiffTags.SHORT else value)
                values += 1 + amount
            if values > _MAX_TAG_VALUES:
                break
    return values


def check_jpeg(contents: bytes) -> None:
    """Refuse a JPEG with many scans, each of which means going over the whole picture."""
    position, markers, scans = 2, 0, 0
    while match := _JPEG_MARKER.search(contents, position):
        marker = contents[match.end() - 1]
        if marker == 0xD9:  # the end of the picture
            break
        markers += 1
        scans += marker == 0xDA
        if scans > _MAX_JPEG_SCANS or markers > _MAX_JPEG_MARKERS:
            raise damaged()
        position = match.end() + int.from_bytes(contents[match.end() : match.end() + 2], "big")
    if contents.count(b"Exif\0\0") > _MAX_EXIF_SEGMENTS:
        raise damaged()


def check_header(image: Image.Image) -> None:
    check_size(*image.size)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # A tile is decoded as a whole, even where only a corner of it lies in the picture.
        tags = image.tag_v2
        tile = tags.get(ExifTags.Base.TileWidth, 0) * tags.get(ExifTags.Base.TileLength, 0)
        if tile > MAX_PIXELS:
            raise too_many_pixels(tile)
    # Pillow decodes these in Python, byte by byte.
    run_length_encoded = image.format == "BMP" and image.info.get("compression") in (1, 2)
    if run_length_encoded and image.width * image.height > _MAX_RUN_LENGTH_PIXELS:
        raise damaged()


def check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise too_many_pixels(width * height)
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            "This picture is {width} × {height} pixels, and each side must be at least "
            "{least} pixels; please choose a larger one.",
            width=width,
            height=height,
            least=MIN_SIDE,
        )


def damaged() -> PhotoError:
    return PhotoError(
        "This picture file is damaged, incomplete or of an unusual kind; "
        "please save it again as a JPEG or PNG file."
    )


def too_many_pixels(pixels: int) -> PhotoError:
    return PhotoError(
        "This picture has {megapixels} megapixels, and the limit is {limit} megapixels; "
        "please make it smaller.",
        megapixels=tenths(pixels / 10**6),
        limit=MAX_PIXELS // 10**6,
    )


def tenths(figure: float) -> str:
    # Rounded up, so that a figure just above a limit never reads as the limit itself.
    return f"{math.ceil(figure * 10) / 10:,.1f}"

"""What a photo's file may be: limits on its size, and on what it makes decoders do.

Nothing in a file is believed: what it claims is checked before memory or time is spent on it.
"""

import io
import math
import re
import struct

from PIL import ExifTags, Image, JpegImagePlugin, TiffImagePlugin, TiffTags

from ..errors import PhotoError

MAX_BYTES = 50 * 1024 * 1024
"""The largest file that is read, in bytes."""

MAX_PIXELS = 65_000_000
"""The largest picture that is decoded, in pixels (width times height)."""

MAX_JPEG_PIXELS = 202_000_000
"""The same for JPEGs, which can be decoded at a reduced scale."""

MAX_KEPT_PIXELS = 40_000_000
"""The largest picture that is handed on; larger ones are reduced to half or a quarter of their width."""

MIN_SIDE = 16
"""The shortest side a picture may have, in pixels."""

TIFF = re.compile(rb"II(?:[*+]\0|\0\*)|MM(?:\0[*+]|\*\0)")
"""How a TIFF, or a block of EXIF, begins."""

# A small file can keep a decoder busy for minutes or fill gigabytes with small objects. These
# limits are far above what cameras and editors write.
_MAX_READS = 500_000
_MAX_TAG_VALUES = 250_000
_MAX_JPEG_MARKERS = 10_000
_MAX_JPEG_SCANS = 50
_MAX_EXIF_SEGMENTS = 16
_MAX_COEFFICIENT_BYTES = 640_000_000
_MAX_RUN_LENGTH_PIXELS = 10_000_000

_TAG_VALUE_BYTES = {
    TiffTags.BYTE: 1, TiffTags.ASCII: 1, TiffTags.SHORT: 2, TiffTags.LONG: 4, TiffTags.RATIONAL: 8,
    TiffTags.SIGNED_BYTE: 1, TiffTags.UNDEFINED: 1, TiffTags.SIGNED_SHORT: 2, TiffTags.SIGNED_LONG: 4,
    TiffTags.SIGNED_RATIONAL: 8, TiffTags.FLOAT: 4, TiffTags.DOUBLE: 8, TiffTags.IFD: 4, TiffTags.LONG8: 8,
}  # fmt: skip
_JPEG_SEGMENT = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")  # with a length, and the end
_AVIF_EXIF = re.compile(rb"(?s)(infe(?:\x02.{7}|\x03.{9}))Exif")


class CountingReader(io.BytesIO):
    """The contents of a file, which can't be read in an absurd number of small pieces."""

    reads_left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise OSError("the file consists of too many small pieces")
        return super().read(size)


def check_tags(block: bytes) -> None:
    """Refuse a TIFF or a block of EXIF whose tags Pillow would unpack into millions of objects.

    Only the directories that Pillow reads are looked at: what is inside of a tag, such as a camera maker's
    own notes, may look like anything.
    """
    block = block.removeprefix(b"Exif\0\0").removeprefix(b"Exif\0\0")
    if not TIFF.match(block):
        return
    order = "<" if block.startswith(b"I") else ">"
    big = block[2] == 43
    number, entry, pointer = ("Q", "HHQQ", 8) if big else ("H", "HHLL", 4)
    width = struct.calcsize(order + entry)
    values = held = 0
    directories = [int.from_bytes(block[pointer : 2 * pointer], "little" if order == "<" else "big")]
    for directory in directories:
        begin = directory + struct.calcsize(number)
        if begin > len(block):
            continue
        (entries,) = struct.unpack_from(order + number, block, directory)
        entries = min(entries, _MAX_TAG_VALUES, (len(block) - begin) // width)
        values += entries
        for tag, kind, amount, value in struct.iter_unpack(
            order + entry, block[begin : begin + entries * width]
        ):
            size = amount * _TAG_VALUE_BYTES.get(kind, 0)
            if size == 0 or (size > pointer and value + size > len(block)):
                continue  # there is no such data, so Pillow reads none
            held += size
            if tag in (ExifTags.Base.StripOffsets, ExifTags.Base.TileOffsets):
                values += 5 * amount
            elif kind in (TiffTags.RATIONAL, TiffTags.SIGNED_RATIONAL):
                values += 4 * amount
            elif kind not in (TiffTags.BYTE, TiffTags.ASCII, TiffTags.UNDEFINED):  # which stay in one piece
                values += amount
                if tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop):
                    short = value & 0xFFFF if order == "<" else value >> (8 * pointer - 16)
                    target = short if kind == TiffTags.SHORT else value
                    if target not in directories:
                        directories.append(target)
        # Tags that share their data would have it read once for each.
        if values > _MAX_TAG_VALUES or held > 2 * len(block):
            raise damaged()


def without_exif(avif: bytes) -> bytes:
    """An AVIF whose EXIF Pillow does not find; in this format it has no say in how a picture is turned."""
    return _AVIF_EXIF.sub(rb"\1skip", avif)


def check_jpeg(contents: bytes) -> list[int]:
    """Refuse a JPEG that would keep Pillow busy before it is decoded; returns how many colours each scan has.

    Each scan means going over the whole picture.
    """
    position, markers = 2, 0
    scans: list[int] = []
    exif: list[bytes] = []
    while match := _JPEG_SEGMENT.search(contents, position):
        marker, position = contents[match.end() - 1], match.end()
        if marker == 0xD9:
            if scans:
                break  # the end of the picture
            continue  # which Pillow takes no notice of
        length = int.from_bytes(contents[position : position + 2], "big")
        if marker == 0xE1 and not scans and contents.startswith(b"Exif\0\0", position + 2):
            exif.append(contents[position + 8 : position + length])
        if marker == 0xDA:
            scans += contents[position + 2 : position + 3]
        position += max(2, length)
        markers += 1
        if len(scans) > _MAX_JPEG_SCANS or markers > _MAX_JPEG_MARKERS or len(exif) > _MAX_EXIF_SEGMENTS:
            raise damaged()
    check_tags(b"".join(exif))
    return scans


def jpeg_scale(image: JpegImagePlugin.JpegImageFile, scans: list[int]) -> int:
    """By how much a JPEG's sides have to be divided while it is decoded: 1, 2, 4 or 8."""
    pixels = image.width * image.height
    if pixels > MAX_JPEG_PIXELS:
        raise too_many_pixels(pixels, MAX_JPEG_PIXELS)
    if image.info.get("progressive") or scans != [image.layers]:
        # All of it has to be held before any of it can be reduced.
        blocks = [across * down for _, across, down, _ in image.layer]
        held = 2 * pixels * sum(blocks) // max(blocks)
        if max(held, held * len(scans) // 20) > _MAX_COEFFICIENT_BYTES:
            raise PhotoError(
                "This progressive JPEG of {megapixels} megapixels would take too much memory; please save "
                "it again without the option “progressive”, or make it smaller.",
                megapixels=tenths(pixels / 10**6),
            )
    return next((scale for scale in (1, 2, 4) if pixels <= MAX_KEPT_PIXELS * scale**2), 8)


def check_header(image: Image.Image) -> None:
    # These decoders hold a picture four times.
    greedy = image.format == "WEBP" or (image.format == "AVIF" and image.mode == "RGBA")
    check_size(*image.size, MAX_KEPT_PIXELS if greedy else MAX_PIXELS)
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


def check_size(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    if width * height > limit:
        raise too_many_pixels(width * height, limit)
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


def too_many_pixels(pixels: int, limit: int = MAX_PIXELS) -> PhotoError:
    return PhotoError(
        "This picture has {megapixels} megapixels, and the limit is {limit} megapixels; "
        "please make it smaller.",
        megapixels=tenths(pixels / 10**6),
        limit=limit // 10**6,
    )


def tenths(figure: float) -> str:
    # Rounded up, so that a figure just above a limit never reads as the limit itself.
    return f"{math.ceil(figure * 10) / 10:,.1f}"

"""Sound files with EXIF as cameras write it: makers' notes hold TIFF headers of their own, and noise."""

import struct
from collections.abc import Callable

import numpy as np

from .valid import encoded, picture

Random = np.random.Generator
Tag = tuple[int, int, int, bytes]  # number, kind, how many values, and the values

_ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 2, 3, 4, 5, 7
_FORMATS = ("JPEG", "JPEG", "JPEG", "PNG", "WEBP", "HEIF", "AVIF")


def directory(tags: list[Tag], order: str, start: int, next_one: int = 0) -> bytes:
    """A directory of tags that begins at `start`, and their values behind it."""
    table, values = b"", b""
    behind = start + 2 + 12 * len(tags) + 4
    for number, kind, amount, value in sorted(tags):
        if len(value) > 4:
            place = struct.pack(f"{order}L", behind + len(values))
            values += value + bytes(len(value) % 2)
        else:
            place = value.ljust(4, b"\0")
        table += struct.pack(f"{order}HHL", number, kind, amount) + place
    return struct.pack(f"{order}H", len(tags)) + table + struct.pack(f"{order}L", next_one) + values


def _header(order: str, first: int = 8) -> bytes:
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", first)


def _numbers(random: Random, order: str, start: int) -> bytes:
    """What a maker writes: tables of numbers, and blocks that only the maker can read."""
    tags = [
        (number, _SHORT, 500, random.integers(0, 65536, 500).astype(f"{order}u2").tobytes())
        for number in range(1, 6)
    ]
    return directory([*tags, (0x97, _UNDEFINED, 2000, random.bytes(2000))], order, start)


# Canon ends its notes with a header and where they were; Nikon and Kodak begin theirs with one.
MAKERS: dict[str, Callable[[Random, str], bytes]] = {
    "Canon": lambda random, order: (
        _numbers(random, order, 1000) + random.bytes(600) + _header(order, int(random.integers(8, 4000)))
    ),
    "NIKON CORPORATION": lambda random, order: (
        b"Nikon\0\2\x10\0\0" + _header(">") + _numbers(random, ">", 8) + random.bytes(600)
    ),
    "SONY": lambda random, order: (
        b"SONY DSC \0\0\0" + _numbers(random, order, 1000) + _header("<") + random.bytes(9000)
    ),
    "Panasonic": lambda random, order: (
        b"Panasonic\0\0\0" + _numbers(random, order, 1000) + b"Exif\0\0" + _header("<") + random.bytes(900)
    ),
    "Eastman Kodak Company": lambda random, order: (
        _header(order) + _numbers(random, order, 8) + _header(order) + random.bytes(2000)
    ),
}


def camera_exif(maker: str, random: Random, orientation: int = 1) -> bytes:
    """EXIF with a maker's own notes, a place, and a thumbnail."""
    order = "<" if maker in ("Canon", "SONY", "Panasonic") else ">"
    notes = MAKERS[maker](random, order)
    one = struct.pack(f"{order}LL", 1, 125)
    short = struct.Struct(f"{order}H").pack
    long = struct.Struct(f"{order}L").pack
    text = maker.encode() + b"\0"
    thumbnail = encoded(picture(), "JPEG")

    own = 8 + 2 + 12 * 7 + 4 + len(text) + len(text) % 2 + 16  # behind the first directory
    camera = [
        (0x829A, _RATIONAL, 1, one),
        (0x9000, _UNDEFINED, 4, b"0231"),
        (0x927C, _UNDEFINED, len(notes), notes),
    ]
    place = own + len(directory(camera, order, own))
    position = directory([(1, _ASCII, 2, b"N\0"), (2, _RATIONAL, 3, one * 3)], order, place)
    small = place + len(position)
    behind = small + 2 + 12 * 3 + 4
    first = [
        (0x010F, _ASCII, len(text), text),
        (0x0112, _SHORT, 1, short(orientation)),
        (0x011A, _RATIONAL, 1, one),
        (0x011B, _RATIONAL, 1, one),
        (0x0128, _SHORT, 1, short(2)),
        (0x8769, _LONG, 1, long(own)),
        (0x8825, _LONG, 1, long(place)),
    ]
    preview = [
        (0x0103, _SHORT, 1, short(6)),
        (0x0201, _LONG, 1, long(behind)),
        (0x0202, _LONG, 1, long(len(thumbnail))),
    ]
    return (
        b"Exif\0\0"
        + _header(order)
        + directory(first, order, 8, next_one=small)
        + directory(camera, order, own)
        + position
        + directory(preview, order, small)
        + thumbnail
    )


def camera_file(number: int, seed: int = 0) -> tuple[str, bytes]:
    """Sound file number `number`, and what it is."""
    maker = tuple(MAKERS)[number % len(MAKERS)]
    form = _FORMATS[number // len(MAKERS) % len(_FORMATS)]
    random = np.random.default_rng([seed, number])
    return f"{form} by {maker}", encoded(picture(), form, exif=camera_exif(maker, random, 1 + number % 8))

"""Files made to do harm, one of each kind that is known."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from .valid import encoded, picture, valid_file

MEGABYTE = 1 << 20


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], colour_type: int, rows: bytes, depth: int = 8, before: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + before
        + png_chunk(b"IDAT", zlib.compress(rows, 1))
        + png_chunk(b"IEND", b"")
    )


def tiff(tags: list[tuple[int, int]], tail: bytes) -> bytes:
    """A grey TIFF of one deflated strip, with these tags instead of the usual ones."""
    usual = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 273: 512, 277: 1, 278: 64, 279: len(tail)}
    entries = sorted({**usual, **dict(tags)}.items())
    directory = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in entries)
    start = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + directory + bytes(4)
    return start.ljust(512, b"\0") + tail


def _with_size(name: str, marker: bytes, skip: int, form: str, *values: int) -> bytes:
    """A valid file that lies about its size."""
    data = bytearray(valid_file(name))
    position = data.index(marker) + skip
    data[position : position + struct.calcsize(form)] = struct.pack(form, *values)
    return bytes(data)


def _jpeg_size(width: int, height: int) -> bytes:
    return _with_size("colour.jpg", b"\xff\xc0", 5, ">HH", height, width)


def _one_colour(mode: str, size: tuple[int, int], format_name: str, **options: object) -> bytes:
    return encoded(Image.new(mode, size, 90), format_name, **options)


def _png_with_a_comment_of(size: int) -> bytes:
    comment = png_chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(size)))
    return png((64, 64), 0, bytes(65 * 64), before=comment)


def _zip_of_zeros() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50 * MEGABYTE))
    return stream.getvalue()


def _tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("../../photo.jpg")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"boom"))
    return stream.getvalue()


class _Boom:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (open, ("executed", "w"))  # type: ignore[return-value]


HTML = b"<script>document.title='executed'</script>"
HOSTILE: dict[str, Callable[[], bytes]] = {
    # Decompression bombs
    "a PNG of 10 gigapixels": lambda: png((100_000, 100_000), 0, bytes(MEGABYTE)),
    "a PNG of 64 megapixels in bits": lambda: png((8000, 8000), 0, bytes(1001 * 8000), depth=1),
    "a PNG of 64 transparent megapixels": lambda: png((8000, 8000), 6, bytes(32_001 * 8000)),
    "a PNG with more rows than it says": lambda: png((64, 64), 0, bytes(100 * MEGABYTE)),
    "a PNG with a compressed comment": lambda: _png_with_a_comment_of(100 * MEGABYTE),
    "a GIF of 4 gigapixels": lambda: _with_size("still.gif", b"GIF8", 6, "<HH", 0xFFFF, 0xFFFF),
    "a GIF of 64 megapixels": lambda: _one_colour("P", (8000, 8000), "GIF"),
    "a BMP of 4 gigapixels": lambda: _with_size("colour.bmp", b"BM", 18, "<LL", 0xFFFF, 0xFFFF),
    "a BMP of a negative height": lambda: _with_size("colour.bmp", b"BM", 18, "<ll", 56, -(1 << 31)),
    "a JPEG of 4 gigapixels": lambda: _jpeg_size(65_500, 65_500),
    "a JPEG of 39 megapixels": lambda: _one_colour("RGB", (6200, 6200), "JPEG"),
    "a progressive JPEG of 200 megapixels": lambda: _one_colour(
        "RGB", (16_000, 12_500), "JPEG", progressive=True
    ),
    "a WebP of 39 megapixels": lambda: _one_colour("RGB", (6200, 6200), "WEBP", lossless=True, method=0),
    "a WebP of 39 moving megapixels": lambda: _one_colour(
        "RGB", (6200, 6200), "WEBP", save_all=True, append_images=[Image.new("RGB", (6200, 6200), 9)]
    ),
    "an AVIF of 16 megapixels": lambda: _one_colour("L", (4000, 4000), "AVIF", speed=10),
    "an AVIF that lies about its size": lambda: _with_size(
        "colour.avif", b"ispe", 8, ">II", 60_000, 60_000
    ),
    "a HEIC of 16 megapixels": lambda: _one_colour("RGB", (4000, 4000), "HEIF", quality=10),
    "a HEIC that lies about its size": lambda: _with_size(
        "colour.heic", b"ispe", 8, ">II", 60_000, 60_000
    ),
    "a TIFF of 64 deflated megapixels": lambda: tiff(
        [(256, 8000), (257, 8000), (278, 8000)], zlib.compress(bytes(8000 * 8000))
    ),
    "a TIFF of 4 gigapixels": lambda: tiff([(256, 65_535), (257, 65_535)], zlib.compress(bytes(MEGABYTE))),
    "a TIFF whose first page is itself": lambda: tiff([(34665, 8), (330, 8)], zlib.compress(bytes(4096))),
    # Sizes that are no sizes
    "nothing": lambda: b"",
    "one byte": lambda: b"\xff",
    "a PNG without pixels": lambda: png((0, 0), 0, b""),
    "a GIF without pixels": lambda: _with_size("still.gif", b"GIF8", 6, "<HH", 0, 0),
    "a JPEG without pixels": lambda: _jpeg_size(0, 0),
    "a BMP without pixels": lambda: _with_size("colour.bmp", b"BM", 18, "<LL", 0, 0),
    "1 x 20000": lambda: encoded(Image.new("RGB", (1, 20_000)), "PNG"),
    "20000 x 1": lambda: encoded(Image.new("RGB", (20_000, 1)), "JPEG"),
    "16 x 20000": lambda: encoded(Image.new("RGB", (16, 20_000)), "PNG"),
    # Other things under a photo's name
    "text": lambda: b"This is no photo. " * 1000,
    "HTML": lambda: b"<!doctype html>" + HTML,
    "SVG": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>" + HTML + b"</svg>",
    "a ZIP archive of zeros": _zip_of_zeros,
    "a TAR archive that leaves its folder": _tar,
    "a gzip of zeros": lambda: gzip.compress(bytes(50 * MEGABYTE)),
    "a pickle that opens a file": lambda: pickle.dumps(_Boom()),
    "a NumPy array of objects": lambda: _array_of_objects(),
    "a PDF": lambda: b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>",
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(x) run\n",
    "an ELF program": lambda: b"\x7fELF" + bytes(4096),
    # Two things at once
    "a GIF that is a script": lambda: b"GIF89a/*" + valid_file("still.gif")[8:] + b"*/=1;alert(1)",
    "a JPEG that is an archive": lambda: valid_file("colour.jpg") + _zip_of_zeros(),
    "a PNG that is HTML": lambda: valid_file("colour.png") + HTML,
    "a PNG that is a JPEG": lambda: valid_file("colour.png")[:8] + valid_file("colour.jpg"),
    # Metadata
    "EXIF of garbage": lambda: encoded(
        picture(), "JPEG", exif=b"Exif\0\0" + np.random.default_rng(1).bytes(60_000)
    ),
    "EXIF that points to itself": lambda: encoded(
        picture(),
        "JPEG",
        exif=b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHLLL", 1, 34665, 4, 1, 8, 8),
    ),
    "a profile of garbage": lambda: encoded(
        picture(), "PNG", icc_profile=np.random.default_rng(2).bytes(200_000)
    ),
    "a profile with a large table": lambda: encoded(
        picture(), "JPEG", icc_profile=struct.pack(">L", 0xFFFFFFFF) + bytes(124) + b"\xff" * 60_000
    ),
}  # fmt: skip


def _array_of_objects() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([_Boom()], dtype=object), allow_pickle=True)
    return stream.getvalue()

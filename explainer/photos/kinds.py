"""What a file is, by its first bytes: a photo in a format that is opened, or something else."""

import re

from ..errors import PhotoError
from .limits import TIFF, damaged

FORMATS = ("JPEG", "PNG", "WebP", "AVIF", "HEIC", "BMP", "GIF", "TIFF")
"""The file formats that are opened, by the names people know them by."""

# fmt: off
FILE_EXTENSIONS = (
    "jpg", "jpeg", "jpe", "jfif", "mpo", "png", "webp", "avif", "heic", "heif", "hif", "bmp", "gif",
    "tif", "tiff",
)
# fmt: on
"""The file name endings of those formats, in lower case and without the dot."""

HEIC = re.compile(rb"(?s)....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)")
START = 64
"""How many of its first bytes `looks_like_a_photo` wants."""

_PHOTO = re.compile(
    rb"(?s)\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF....WEBP|BM.{4}\0{4}|....ftypavi[fs]|"
    + TIFF.pattern + rb"|" + HEIC.pattern.removeprefix(b"(?s)")
)  # fmt: skip

# fmt: off
_OTHERS: tuple[tuple[bytes, PhotoError], ...] = (
    (
        rb"....ftypcrx|IIU\0|IIR[OS]|MMOR|II.{4}HEAPCCDR|FUJIFILMCCD-RAW|FOVb|\0MRM|II\*\0.{4}CR",
        PhotoError("This is a camera's RAW file; please export it as a JPEG file."),
    ),
    (
        TIFF.pattern,
        PhotoError(
            "This TIFF file is damaged or of an unusual kind, such as a camera's RAW file; please export it "
            "as a JPEG or PNG file."
        ),
    ),
    (
        rb"....(?:ftyp|moov|mdat|wide|free)|\x1aE\xdf\xa3|RIFF....AVI |\0\0\x01[\xb3\xba]|0&\xb2u|FLV",
        PhotoError("This is a video; please save one picture of it as a JPEG or PNG file."),
    ),
    (
        rb"%PDF|%!PS|\xc5\xd0\xd3\xc6",
        PhotoError(
            "This is a PDF or PostScript document; please save the picture in it as a JPEG or PNG file."
        ),
    ),
    (
        rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg",
        PhotoError("This is a drawing in SVG format; please export it as a PNG file."),
    ),
    (
        rb"8BPS|gimp xcf|\xff\n|\0\0\0\x0c(?:JXL |jP  )|\xff\x4f\xff\x51|II\xbc|\0\0\x01\0|icns|v/1\x01|#\?R",
        PhotoError(
            "This is a picture, but in a format that can't be opened; please save it as a JPEG or PNG file."
        ),
    ),
    (
        rb"PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b|\xd0\xcf\x11\xe0",
        PhotoError("This is an archive or an office document; please take the picture out of it."),
    ),
    (
        rb"[\t\n\r -\x7e]{32}",
        PhotoError("This is a text file, and not a picture; please choose a photo."),
    ),
)
# fmt: on


def looks_like_a_photo(start: bytes) -> bool:
    """Whether a file that begins like this is in one of `FORMATS`, whatever it is called."""
    return _PHOTO.match(start) is not None


def not_a_photo(contents: bytes) -> PhotoError:
    """What a file is that can't be opened, and what to do."""
    if looks_like_a_photo(contents) and not TIFF.match(contents):
        return damaged()
    for start, error in _OTHERS:
        if re.match(rb"(?s)" + start, contents[:1024]):
            return error.about()  # another one, for what is raised holds on to where
    return PhotoError(
        "This file is damaged or is not a picture in a format that can be opened; "
        "please use {formats} or {last}.",
        formats=", ".join(FORMATS[:-1]),
        last=FORMATS[-1],
    )

"""Valid files of every format and of many kinds, small enough to be mutated thousands of times."""

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

pillow_heif.register_heif_opener()
WIDTH, HEIGHT = 56, 40


def picture(mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Noise over a gradient: cutting its file loses something."""
    noise = np.random.default_rng(seed).integers(0, 60, (HEIGHT, WIDTH, 3))
    slope = np.linspace(0, 195, WIDTH)[None, :, None]
    return Image.fromarray((noise + slope).astype(np.uint8)).convert(mode)


def encoded(image: Image.Image, format_name: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def _frames(mode: str = "RGB") -> dict[str, Any]:
    return {"save_all": True, "append_images": [picture(mode, 1), picture(mode, 2)]}


def _sixteen_bits() -> Image.Image:
    return Image.fromarray(np.arange(WIDTH * HEIGHT, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 29)


def _floats() -> Image.Image:
    return Image.fromarray(np.linspace(0, 1, WIDTH * HEIGHT, dtype=np.float32).reshape(HEIGHT, WIDTH))


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8769] = orientation, "A camera", {0x9003: "2024:05:06 07:08:09"}
    return exif.tobytes()


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


_MAKERS: dict[str, Callable[[], bytes]] = {
    "colour.jpg": lambda: encoded(picture(), "JPEG", exif=_exif(6), icc_profile=_profile()),
    "grey.jpg": lambda: encoded(picture("L"), "JPEG"),
    "ink.jpg": lambda: encoded(picture("CMYK"), "JPEG"),
    "progressive.jpg": lambda: encoded(picture(), "JPEG", progressive=True, exif=_exif(8)),
    "several.jpg": lambda: encoded(picture(), "MPO", **_frames()),
    "colour.png": lambda: encoded(picture(), "PNG", exif=_exif(3), icc_profile=_profile()),
    "transparent.png": lambda: encoded(picture("RGBA"), "PNG"),
    "indexed.png": lambda: encoded(picture("P"), "PNG", transparency=3),
    "bits.png": lambda: encoded(picture("1"), "PNG"),
    "sixteen.png": lambda: encoded(_sixteen_bits(), "PNG"),
    "animated.png": lambda: encoded(picture(), "PNG", **_frames()),
    "still.gif": lambda: encoded(picture("P"), "GIF", transparency=5),
    "animated.gif": lambda: encoded(picture("P"), "GIF", **_frames("P"), loop=0),
    "lossy.webp": lambda: encoded(picture(), "WEBP", exif=_exif(5)),
    "lossless.webp": lambda: encoded(picture("RGBA"), "WEBP", lossless=True),
    "animated.webp": lambda: encoded(picture(), "WEBP", **_frames()),
    "colour.avif": lambda: encoded(picture(), "AVIF", speed=10, exif=_exif(6)),
    "transparent.avif": lambda: encoded(picture("RGBA"), "AVIF", speed=10),
    "animated.avif": lambda: encoded(picture(), "AVIF", speed=10, **_frames()),
    "colour.heic": lambda: encoded(picture(), "HEIF", exif=_exif(6)),
    "transparent.heic": lambda: encoded(picture("RGBA"), "HEIF"),
    "colour.bmp": lambda: encoded(picture(), "BMP"),
    "indexed.bmp": lambda: encoded(picture("P"), "BMP"),
    "bits.bmp": lambda: encoded(picture("1"), "BMP"),
    "colour.tif": lambda: encoded(picture(), "TIFF", exif=_exif(7)),
    "packed.tif": lambda: encoded(picture(), "TIFF", compression="tiff_lzw"),
    "deflated.tif": lambda: encoded(picture("RGBA"), "TIFF", compression="tiff_adobe_deflate"),
    "jpeg.tif": lambda: encoded(picture(), "TIFF", compression="jpeg"),
    "fax.tif": lambda: encoded(picture("1"), "TIFF", compression="group4"),
    "ink.tif": lambda: encoded(picture("CMYK"), "TIFF"),
    "sixteen.tif": lambda: encoded(_sixteen_bits(), "TIFF"),
    "floats.tif": lambda: encoded(_floats(), "TIFF"),
    "pages.tif": lambda: encoded(picture(), "TIFF", **_frames()),
}
NAMES = tuple(_MAKERS)


@cache
def valid_file(name: str) -> bytes:
    """The content of one of `NAMES`."""
    return _MAKERS[name]()

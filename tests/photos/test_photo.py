"""What becomes of the photos, and of the files that are none, that people choose."""

import io
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from pillow_heif import register_heif_opener

from explainer.errors import ExplainerError, PhotoError
from explainer.photos.kinds import FILE_EXTENSIONS, FORMATS
from explainer.photos.limits import MAX_BYTES, MAX_KEPT_PIXELS, MIN_SIDE
from explainer.photos.load import load_photo, notes_of
from tests.fuzz.cameras import camera_file

register_heif_opener()

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
COLOURS = {"R": RED, "G": GREEN, "B": BLUE, "Y": YELLOW}
WIDTH, HEIGHT = 64, 48
PILLOW_NAMES = {"WebP": "WEBP", "HEIC": "HEIF"}
TOLERANCE = {"JPEG": 6, "WebP": 6, "AVIF": 8, "HEIC": 8}
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WebP": {"quality": 95},
    "AVIF": {"quality": 95, "subsampling": "4:4:4", "speed": 10},
    "HEIC": {"quality": 95, "chroma": 444},
}


def quadrants() -> Image.Image:
    """Red and green above, blue and yellow below."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), RED)
    picture.paste(GREEN, (WIDTH // 2, 0, WIDTH, HEIGHT // 2))
    picture.paste(BLUE, (0, HEIGHT // 2, WIDTH // 2, HEIGHT))
    picture.paste(YELLOW, (WIDTH // 2, HEIGHT // 2, WIDTH, HEIGHT))
    return picture


def textured() -> Image.Image:
    """A picture that doesn't compress to nothing, so that cutting its file loses something."""
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def encoded(picture: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pillow_name = PILLOW_NAMES.get(name, name)
    picture.save(buffer, pillow_name, **{**SAVE_OPTIONS.get(name, {}), **options})
    return buffer.getvalue()


@cache
def textured_file(name: str) -> bytes:
    return encoded(textured(), name)


def tag_directory(tags: list[tuple[int, int, int, int]]) -> bytes:
    """A little-endian directory of TIFF tags (tag, type, count, value), at the start of a file."""
    entries = b"".join(struct.pack("<HHLL", *tag) for tag in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)


def exif_with_orientation(orientation: int) -> bytes:
    return b"Exif\0\0" + tag_directory([(0x0112, 3, 1, orientation)])


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    size: tuple[int, int],
    colour_type: int,
    depth: int,
    rows: bytes,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    header = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + before
        + png_chunk(b"IDAT", zlib.compress(rows))
        + after
        + png_chunk(b"IEND", b"")
    )


def corner_colours(picture: Image.Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quadrants, in reading order."""
    right, bottom = picture.width, picture.height
    places = [(x, y) for y in (bottom // 4, bottom * 3 // 4) for x in (right // 4, right * 3 // 4)]
    return [picture.getpixel(place) for place in places]  # type: ignore[misc]


def assert_colours(picture: Image.Image, expected: Any, tolerance: int = 0) -> None:
    assert picture.mode == "RGB"
    difference = np.abs(np.array(corner_colours(picture)) - np.array(expected))
    assert difference.max() <= tolerance, corner_colours(picture)


def assert_is_one_sentence(message: str) -> None:
    assert message.isprintable(), message
    assert message.endswith(".")
    assert not re.search(r"[.!?]\s", message), message
    assert "Traceback" not in message
    assert 20 < len(message) < 250


def refusal(source: Any) -> str:
    with pytest.raises(PhotoError) as caught:
        load_photo(source)
    message = str(caught.value)
    assert_is_one_sentence(message)
    return message


def assert_photo_or_refusal(source: Any) -> None:
    try:
        picture = load_photo(source)
    except PhotoError as error:
        assert_is_one_sentence(str(error))
    else:
        assert picture.mode == "RGB"
        assert picture.width * picture.height <= MAX_KEPT_PIXELS
        assert min(picture.size) >= MIN_SIDE
        np.asarray(picture)


class TestFormats:
    @pytest.mark.parametrize("name", FORMATS)
    def test_every_format_keeps_its_colours(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / f"photo.{name.lower()}"
        path.write_bytes(encoded(quadrants(), name))
        picture = load_photo(path)
        assert type(picture) is Image.Image
        assert picture.size == (WIDTH, HEIGHT)
        assert_colours(picture, [RED, GREEN, BLUE, YELLOW], TOLERANCE.get(name, 0))

    @pytest.mark.parametrize("extension", FILE_EXTENSIONS)
    def test_the_contents_and_not_the_name_decide(self, extension: str, tmp_path: Path) -> None:
        path = tmp_path / f"photo.{extension}"
        path.write_bytes(encoded(quadrants(), "PNG"))
        assert_colours(load_photo(path), [RED, GREEN, BLUE, YELLOW])

    @pytest.mark.parametrize("name", ["GIF", "WebP", "PNG", "TIFF", "AVIF"])
    def test_the_first_frame_counts(self, name: str) -> None:
        frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in (BLUE, RED, GREEN)]
        data = encoded(frames[0], name, save_all=True, append_images=frames[1:])
        assert_colours(load_photo(data), [BLUE] * 4, TOLERANCE.get(name, 0))

    def test_a_jpeg_of_several_pictures(self) -> None:
        other = Image.new("RGB", (WIDTH, HEIGHT), RED)
        data = encoded(quadrants(), "MPO", save_all=True, append_images=[other], quality=95)
        assert_colours(load_photo(data), [RED, GREEN, BLUE, YELLOW], 40)

    def test_a_heic_file_of_the_general_brand(self) -> None:
        data = bytearray(encoded(quadrants(), "HEIC"))
        data[8:12] = b"mif1"
        assert_colours(load_photo(data), [RED, GREEN, BLUE, YELLOW], TOLERANCE["HEIC"])

    @pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
    def test_compressed_tiff(self, compression: str | None) -> None:
        data = encoded(quadrants(), "TIFF", compression=compression)
        assert_colours(load_photo(data), [RED, GREEN, BLUE, YELLOW])

    def test_a_gif_whose_first_frame_is_smaller_than_the_canvas(self) -> None:
        frame = encoded(Image.new("P", (20, 20), 1), "GIF")
        start = frame.rindex(b",\0\0\0\0" + struct.pack("<HH", 20, 20))
        canvas = frame[:6] + struct.pack("<HH", WIDTH, HEIGHT) + frame[10:start]
        placed = b"," + struct.pack("<HHHH", 30, 20, 20, 20) + frame[start + 9 :]
        assert load_photo(canvas + placed).size == (WIDTH, HEIGHT)

    def test_a_run_length_encoded_bmp(self) -> None:
        palette = bytes((0, 0, 255, 0)) + bytes((255, 0, 0, 0)) + bytes(254 * 4)
        rows = b"\x10\x00\x10\x01\0\0" * 32 + b"\0\1"
        header = struct.pack("<IiiHHIIiiII", 40, 32, 32, 1, 8, 1, len(rows), 0, 0, 256, 0)
        offset = 14 + len(header) + len(palette)
        data = b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset)
        assert_colours(load_photo(data + header + palette + rows), [RED, BLUE, RED, BLUE])


class TestOrientation:
    # How red-green over blue-yellow has to be shown for each value, after the EXIF standard.
    SHOWN: ClassVar = {
        1: "RGBY",
        2: "GRYB",
        3: "YBGR",
        4: "BYRG",
        5: "RBGY",
        6: "BRYG",
        7: "YGBR",
        8: "GYRB",
    }

    @pytest.mark.parametrize("name", ["JPEG", "PNG", "WebP", "AVIF", "HEIC", "TIFF"])
    @pytest.mark.parametrize("orientation", SHOWN)
    def test_every_orientation_is_made_upright(self, name: str, orientation: int) -> None:
        if name == "TIFF":
            data = encoded(quadrants(), name, tiffinfo={0x0112: orientation})
        else:
            data = encoded(quadrants(), name, exif=exif_with_orientation(orientation))
        picture = load_photo(data)
        turned = orientation >= 5
        assert picture.size == ((HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT))
        expected = [COLOURS[letter] for letter in self.SHOWN[orientation]]
        assert_colours(picture, expected, TOLERANCE.get(name, 0))

    @pytest.mark.parametrize("name", ["JPEG", "TIFF"])
    def test_is_not_applied_twice(self, name: str) -> None:
        options = {"exif": exif_with_orientation(6), "tiffinfo": {0x0112: 6}}
        data = encoded(quadrants(), name, **options)
        picture = load_photo(data)
        assert dict(picture.getexif()) == {}
        assert picture.info == {}
        assert load_photo(picture).tobytes() == picture.tobytes()

    def test_of_an_opened_picture(self) -> None:
        data = encoded(quadrants(), "JPEG", exif=exif_with_orientation(8))
        expected = [COLOURS[letter] for letter in self.SHOWN[8]]
        assert_colours(load_photo(Image.open(io.BytesIO(data))), expected, TOLERANCE["JPEG"])

    @pytest.mark.parametrize("orientation", [0, 9, 65535])
    def test_unknown_values_are_ignored(self, orientation: int) -> None:
        data = encoded(quadrants(), "JPEG", exif=exif_with_orientation(orientation))
        assert_colours(load_photo(data), [RED, GREEN, BLUE, YELLOW], TOLERANCE["JPEG"])

    def test_counts_where_other_tags_are_broken(self) -> None:
        maker_as_fraction = (0x010F, 5, 1, 8)
        exif = b"Exif\0\0" + tag_directory([(0x0112, 3, 1, 6), maker_as_fraction])
        expected = [COLOURS[letter] for letter in self.SHOWN[6]]
        assert_colours(load_photo(encoded(quadrants(), "JPEG", exif=exif)), expected, TOLERANCE["JPEG"])

    @pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"nonsense"])
    def test_broken_exif_is_ignored(self, exif: bytes) -> None:
        chunk = png_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
        data = encoded(quadrants(), "PNG")
        position = data.index(b"IDAT") - 4
        picture = load_photo(data[:position] + chunk + data[position:])
        assert_colours(picture, [RED, GREEN, BLUE, YELLOW])

    @pytest.mark.parametrize("number", range(35))
    def test_of_what_cameras_write(self, number: int) -> None:
        kind, content = camera_file(number)
        upright = load_photo(content).size
        assert upright == ((56, 40) if number % 8 < 4 else (40, 56)), kind


class TestModes:
    @pytest.mark.parametrize("name", ["PNG", "TIFF", "JPEG", "BMP"])
    def test_grey(self, name: str) -> None:
        data = encoded(Image.new("L", (32, 32), 100), name)
        assert_colours(load_photo(data), [(100, 100, 100)] * 4, 1)

    @pytest.mark.parametrize("name", ["PNG", "TIFF", "BMP"])
    def test_one_bit(self, name: str) -> None:
        picture = Image.new("1", (32, 32), 0)
        picture.paste(1, (0, 0, 16, 32))
        white, black = (255,) * 3, (0,) * 3
        assert_colours(load_photo(encoded(picture, name)), [white, black, white, black])

    @pytest.mark.parametrize("name", ["PNG", "TIFF", "BMP", "GIF"])
    def test_palette(self, name: str) -> None:
        picture = quadrants().quantize(8)
        assert_colours(load_photo(encoded(picture, name)), [RED, GREEN, BLUE, YELLOW], 1)

    @pytest.mark.parametrize("name", ["PNG", "GIF"])
    def test_palette_with_a_transparent_colour(self, name: str) -> None:
        picture = Image.new("P", (32, 32), 0)
        picture.putpalette([*BLUE, *RED])
        picture.paste(1, (0, 0, 16, 32))
        data = encoded(picture, name, transparency=1)
        white = (255, 255, 255)
        assert_colours(load_photo(data), [white, BLUE, white, BLUE])

    def test_palette_with_half_transparent_colours(self) -> None:
        picture = Image.new("P", (32, 32), 0)
        picture.putpalette([*BLUE, *RED])
        picture.paste(1, (0, 0, 16, 32))
        data = encoded(picture, "PNG", transparency=bytes((255, 128)))
        pink = (255, 127, 127)
        assert_colours(load_photo(data), [pink, BLUE, pink, BLUE])

    @pytest.mark.parametrize("name", ["PNG", "WebP", "TIFF", "AVIF", "HEIC"])
    @pytest.mark.parametrize(("alpha", "level"), [(0, 255), (51, 204), (255, 0)])
    def test_alpha_is_over_white(self, name: str, alpha: int, level: int) -> None:
        options = {"WebP": {"lossless": True}}.get(name, {})
        data = encoded(Image.new("RGBA", (32, 32), (255, 0, 0, alpha)), name, **options)
        tolerance = TOLERANCE[name] if name in ("AVIF", "HEIC") else 1
        assert_colours(load_photo(data), [(255, level, level)] * 4, tolerance)

    @pytest.mark.parametrize("name", ["PNG", "TIFF"])
    def test_grey_with_alpha(self, name: str) -> None:
        data = encoded(Image.new("LA", (32, 32), (0, 51)), name)
        assert_colours(load_photo(data), [(204, 204, 204)] * 4, 1)

    @pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBa"])
    def test_opened_pictures_with_alpha(self, mode: str) -> None:
        picture = Image.new("RGBA", (32, 32), (0, 0, 0, 51))
        picture = picture.convert("LA").convert("La") if mode == "La" else picture.convert(mode)
        assert_colours(load_photo(picture), [(204, 204, 204)] * 4, 1)

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"])
    def test_opened_pictures_without_alpha(self, mode: str) -> None:
        picture = Image.new("RGB", (32, 32), "white").convert(mode)
        assert_colours(load_photo(picture), [(255, 255, 255)] * 4, 2)

    def test_a_single_transparent_grey_or_colour(self) -> None:
        white = (255, 255, 255)
        row = b"\0" + b"\x40" * 16 + b"\x80" * 16
        data = png((32, 32), 0, 8, row * 32, before=png_chunk(b"tRNS", b"\0\x40"))
        assert_colours(load_photo(data), [white, (128,) * 3] * 2)
        row = b"\0" + bytes(RED) * 16 + bytes(BLUE) * 16
        key = struct.pack(">HHH", *RED)
        data = png((32, 32), 2, 8, row * 32, before=png_chunk(b"tRNS", key))
        assert_colours(load_photo(data), [white, BLUE] * 2)
        row = b"\0" + struct.pack(">H", 0x1234) * 16 + struct.pack(">H", 257 * 9) * 15 + b"\xff\xff"
        data = png((32, 32), 0, 16, row * 32, before=png_chunk(b"tRNS", b"\x12\x34"))
        assert_colours(load_photo(data), [white, (9,) * 3] * 2)

    @pytest.mark.parametrize(
        ("value", "level"), [(0, 0), (128, 0), (129, 1), (25700, 100), (32896, 128), (65535, 255)]
    )
    @pytest.mark.parametrize("name", ["PNG", "TIFF"])
    def test_sixteen_bit_grey_is_scaled(self, name: str, value: int, level: int) -> None:
        values = np.full((32, 32), value, np.uint16)
        values[0, 0] = 65535
        data = encoded(Image.fromarray(values), name)
        assert Image.open(io.BytesIO(data)).mode == "I;16"
        assert_colours(load_photo(data), [(level,) * 3] * 4)

    def test_big_endian_sixteen_bit_grey_is_scaled(self) -> None:
        tags = [(256, 4, 1, 32), (257, 4, 1, 32), (258, 3, 1, 16 << 16), (259, 3, 1, 1 << 16)]
        tags += [(262, 3, 1, 1 << 16), (273, 4, 1, 512), (278, 4, 1, 32), (279, 4, 1, 2048)]
        entries = b"".join(struct.pack(">HHLL", *tag) for tag in tags)
        start = b"MM\0*\0\0\0\x08" + struct.pack(">H", len(tags)) + entries
        data = start.ljust(512, b"\0") + struct.pack(">H", 25700) * 1024
        assert Image.open(io.BytesIO(data)).mode == "I;16B"
        assert_colours(load_photo(data), [(100,) * 3] * 4)

    @pytest.mark.parametrize("name", ["PNG", "TIFF"])
    @pytest.mark.parametrize(
        ("most", "top"), [(200, 255), (1000, 1023), (2900, 4095), (9000, 16383), (30000, 65535)]
    )
    def test_fewer_bits_in_a_sixteen_bit_file_are_stretched(self, name: str, most: int, top: int) -> None:
        values = np.full((32, 32), most // 2, np.uint16)
        values[0, 0] = most
        photo = load_photo(encoded(Image.fromarray(values), name))
        assert_colours(photo, [(round(most // 2 * 255 / top),) * 3] * 4)
        said = [str(note) for note in notes_of(photo)]
        assert said == [note for note in said if f"from 0 (black) to {top} (white)" in note]
        assert bool(said) == (top < 65535)

    @pytest.mark.parametrize(("tag", "top"), [(281, 4000), (258, 65535)])
    def test_a_tiff_that_says_its_range(self, tag: int, top: int) -> None:
        values = np.full((32, 32), 1000, np.uint16)
        values[0, 0] = 2000 if tag == 281 else 65535
        image = Image.fromarray(values)
        photo = load_photo(encoded(image, "TIFF", tiffinfo={tag: top} if tag == 281 else {}))
        assert_colours(photo, [(round(1000 * 255 / top),) * 3] * 4)

    def test_a_tiff_in_which_white_is_zero(self) -> None:
        values = np.zeros((32, 32), np.uint16)
        values[0, 0] = 65535
        photo = load_photo(encoded(Image.fromarray(values), "TIFF", tiffinfo={262: 0}))
        assert_colours(photo, [(255,) * 3] * 4)
        assert photo.getpixel((0, 0)) == (0, 0, 0)

    def test_a_tiff_of_twelve_bits(self) -> None:
        row = b"\x10\x01\x00" * 16  # twice 256
        tags = [(256, 4, 1, 32), (257, 4, 1, 32), (258, 3, 1, 12), (273, 4, 1, 512), (279, 4, 1, 1536)]
        photo = load_photo(tiff(tags, row * 32))
        assert_colours(photo, [(16,) * 3] * 4)
        assert "to 4095 (white)" in str(notes_of(photo))

    def test_colours_of_fewer_bits_are_brightened(self) -> None:
        row = b"\0" + struct.pack(">HHHH", 4095, 2048, 0, 65535) * 32
        photo = load_photo(png((32, 32), 6, 16, row * 32))
        assert_colours(photo, [(255, 136, 0)] * 4)
        assert "no more than 12 bits" in str(notes_of(photo)[0])
        assert "16 levels" in str(notes_of(photo)[0])

    @pytest.mark.parametrize(("value", "level"), [(0, 0), (25700, 100), (65535, 255)])
    def test_integers_are_scaled_like_sixteen_bits(self, value: int, level: int) -> None:
        picture = Image.new("I", (32, 32), value)
        assert_colours(load_photo(picture), [(level,) * 3] * 4)
        data = encoded(picture, "TIFF")
        assert Image.open(io.BytesIO(data)).mode == "I"
        assert_colours(load_photo(data), [(level,) * 3] * 4)

    @pytest.mark.parametrize("top", [1, 255, 4095, 65535])
    def test_floating_point_grey(self, top: int) -> None:
        values = np.full((32, 32), top * 0.4, np.float32)
        values[0, 0] = top
        data = encoded(Image.fromarray(values), "TIFF")
        assert Image.open(io.BytesIO(data)).mode == "F"
        assert_colours(load_photo(data), [(102,) * 3] * 4)

    def test_odd_floating_point_grey(self) -> None:
        values = np.full((32, 32), -1e30, np.float32)
        values[:, 16:] = 1e30
        values[0, :3] = np.nan, np.inf, -np.inf
        picture = load_photo(encoded(Image.fromarray(values), "TIFF"))
        assert_colours(picture, [(0,) * 3, (255,) * 3] * 2)
        assert [picture.getpixel((x, 0)) for x in range(3)] == [(0,) * 3, (255,) * 3, (0,) * 3]
        nothing = np.full((32, 32), np.nan, np.float32)
        assert_colours(load_photo(encoded(Image.fromarray(nothing), "TIFF")), [(0,) * 3] * 4)

    def test_sixteen_bit_colours(self) -> None:
        row = b"\0" + struct.pack(">HHH", 65535, 32896, 0) * 32
        assert_colours(load_photo(png((32, 32), 2, 16, row * 32)), [(255, 128, 0)] * 4, 1)
        row = b"\0" + struct.pack(">HHHH", 65535, 0, 0, 13107) * 32
        assert_colours(load_photo(png((32, 32), 6, 16, row * 32)), [(255, 204, 204)] * 4, 1)
        row = b"\0" + struct.pack(">HH", 0, 13107) * 32
        assert_colours(load_photo(png((32, 32), 4, 16, row * 32)), [(204,) * 3] * 4, 1)

    @pytest.mark.parametrize("name", ["JPEG", "TIFF"])
    def test_cmyk(self, name: str) -> None:
        data = encoded(quadrants().convert("CMYK"), name)
        assert Image.open(io.BytesIO(data)).mode == "CMYK"
        assert_colours(load_photo(data), [RED, GREEN, BLUE, YELLOW], 8)

    def test_ycck_jpeg(self) -> None:
        inks = quadrants().convert("CMYK").split()
        luminance, blueness, redness = Image.merge("RGB", inks[:3]).convert("YCbCr").split()
        inverted = [plane.point(lambda v: 255 - v) for plane in (luminance, blueness, redness)]
        data = bytearray(encoded(Image.merge("CMYK", [*inverted, inks[3]]), "JPEG"))
        # Byte 11 after Adobe's name says that the planes are YCCK instead of CMYK.
        assert data[data.index(b"Adobe") + 11] == 0
        data[data.index(b"Adobe") + 11] = 2
        assert_colours(load_photo(data), [RED, GREEN, BLUE, YELLOW], 12)


class TestNotes:
    @pytest.mark.parametrize("name", ["GIF", "WebP", "PNG", "TIFF", "AVIF"])
    def test_the_first_of_several(self, name: str) -> None:
        frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in (BLUE, RED)]
        photo = load_photo(encoded(frames[0], name, save_all=True, append_images=frames[1:]))
        assert [str(note) for note in notes_of(photo)] == [
            "This file holds several pictures; the first one is used."
        ]
        assert_colours(photo, [BLUE] * 4, TOLERANCE.get(name, 0))

    @pytest.mark.parametrize("name", FORMATS)
    def test_usual_photos_have_none(self, name: str) -> None:
        assert notes_of(load_photo(textured_file(name))) == ()

    @pytest.mark.parametrize("tags", [{0xC612: b"\1\4\0\0"}, {254: 1, 330: 8}])
    def test_the_preview_inside_of_a_raw_file(self, tags: dict[int, Any]) -> None:
        large = encoded(Image.new("RGB", (960, 640), RED), "TIFF", tiffinfo=tags)
        photo = load_photo(large)
        assert "RAW file, of which only the preview inside it is used, 960 × 640" in str(notes_of(photo)[0])
        small = encoded(Image.new("RGB", (256, 171), RED), "TIFF", tiffinfo=tags)
        assert "a camera's RAW file" in refusal(small)

    @pytest.mark.parametrize("transfer", [16, 18])
    def test_high_dynamic_range(self, transfer: int) -> None:
        before = png_chunk(b"cICP", bytes((9, transfer, 0, 1)))
        photo = load_photo(png((64, 64), 0, 8, bytes(65) * 64, before=before))
        assert "HDR" in str(notes_of(photo)[0])
        heic = encoded(quadrants(), "HEIC", color_primaries=9, transfer_characteristics=transfer)
        assert "HDR" in str(notes_of(load_photo(heic))[0])
        srgb = png((64, 64), 0, 8, bytes(65) * 64, before=png_chunk(b"cICP", bytes((1, 13, 0, 1))))
        assert notes_of(load_photo(srgb)) == ()

    def test_stay_with_a_photo(self) -> None:
        values = np.full((32, 32), 3000, np.uint16)
        photo = load_photo(encoded(Image.fromarray(values), "PNG"))
        assert len(notes_of(photo)) == 1
        assert notes_of(load_photo(photo)) == notes_of(photo)
        assert [str(note) for note in notes_of(pickle.loads(pickle.dumps(photo)))] == [
            str(note) for note in notes_of(photo)
        ]
        assert notes_of(photo.crop((0, 0, 20, 20))) == notes_of(photo)

    def test_are_not_taken_from_a_file(self) -> None:
        text = png_chunk(b"tEXt", b"notes\0This was written by a stranger.")
        data = png((64, 64), 0, 8, bytes(65) * 64, before=text)
        assert notes_of(load_photo(data)) == notes_of(Image.open(io.BytesIO(data))) == ()


class TestColourProfiles:
    @staticmethod
    def profile(swapped: bool) -> bytes:
        """Like sRGB under another name, with red and green swapped on request."""
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        profile = profile.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
        if swapped:
            for old, new in ((b"rXYZ", b"????"), (b"gXYZ", b"rXYZ"), (b"????", b"gXYZ")):
                profile = profile.replace(old, new)
        return profile

    @pytest.mark.parametrize("name", ["PNG", "JPEG", "WebP", "AVIF", "HEIC", "TIFF"])
    def test_other_profiles_are_converted(self, name: str) -> None:
        data = encoded(Image.new("RGB", (32, 32), (200, 60, 20)), name)
        assert_colours(load_photo(data), [(200, 60, 20)] * 4, 8)
        profile = self.profile(swapped=True)
        data = encoded(Image.new("RGB", (32, 32), (200, 60, 20)), name, icc_profile=profile)
        assert_colours(load_photo(data), [(60, 200, 20)] * 4, 10)

    def test_is_converted_and_dropped(self) -> None:
        picture = load_photo(encoded(quadrants(), "PNG", icc_profile=self.profile(swapped=True)))
        assert "icc_profile" not in picture.info
        assert_colours(picture, [GREEN, RED, BLUE, YELLOW], 2)

    @pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "CMYK"])
    def test_of_other_modes(self, mode: str) -> None:
        name = "JPEG" if mode == "CMYK" else "PNG"
        white = Image.new("RGB", (32, 32), "white").convert(mode)
        data = encoded(white, name, icc_profile=self.profile(swapped=False))
        assert_colours(load_photo(data), [(255, 255, 255)] * 4, 2)

    def test_srgb_is_told_by_its_colours_and_not_by_its_name(self) -> None:
        display_p3 = {
            b"rXYZ": (0.51512, 0.24120, -0.00105),
            b"gXYZ": (0.29198, 0.69225, 0.04189),
            b"bXYZ": (0.15710, 0.06657, 0.78407),
        }
        profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        for start in range(132, 132 + 12 * struct.unpack_from(">L", profile, 128)[0], 12):
            name, place, _ = struct.unpack_from(">4sLL", profile, start)
            if name in display_p3:
                fixed = [round(65536 * value) for value in display_p3[name]]
                struct.pack_into(">3l", profile, place + 8, *fixed)
        data = encoded(Image.new("RGB", (32, 32), (60, 180, 70)), "PNG", icc_profile=bytes(profile))
        assert b"sRGB" in bytes(profile).replace(b"\0", b"")
        assert_colours(load_photo(data), [(0, 183, 49)] * 4, 2)
        data = encoded(textured(), "PNG", icc_profile=self.profile(swapped=False))  # named "mine"
        assert load_photo(data).tobytes() == textured().tobytes()

    def test_an_srgb_profile_changes_nothing(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        data = encoded(textured(), "PNG", icc_profile=profile)
        assert load_photo(data).tobytes() == textured().tobytes()

    @pytest.mark.parametrize("cut", [0, 1, 130, 400])
    def test_broken_profiles_are_ignored(self, cut: int) -> None:
        data = encoded(quadrants(), "PNG", icc_profile=self.profile(swapped=True)[:cut] or b"?")
        assert_colours(load_photo(data), [RED, GREEN, BLUE, YELLOW])


class Unseekable(io.RawIOBase):
    """A file like a network connection: no seeking, and a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self.rest = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.rest.read(min(size, 1000))


class TestSources:
    def test_paths(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.png"
        path.write_bytes(textured_file("PNG"))
        assert load_photo(path).tobytes() == textured().tobytes()
        assert load_photo(str(path)).tobytes() == textured().tobytes()

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO, Unseekable])
    def test_bytes_and_files(self, kind: Any) -> None:
        assert load_photo(kind(textured_file("PNG"))).tobytes() == textured().tobytes()

    def test_an_open_file_is_read_from_its_start_and_twice(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.png"
        path.write_bytes(textured_file("PNG"))
        with path.open("rb") as file:
            file.read(100)
            for _ in range(2):
                assert load_photo(file).tobytes() == textured().tobytes()
            assert not file.closed

    def test_an_upload_twice(self) -> None:
        manager = pytest.importorskip("streamlit.runtime.uploaded_file_manager")
        record = manager.UploadedFileRec("1", "a.png", "image/png", textured_file("PNG"))
        upload = manager.UploadedFile(record, None)
        upload.read()
        for _ in range(2):
            assert load_photo(upload).tobytes() == textured().tobytes()

    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
    def test_arrays(self, mode: str) -> None:
        source = np.array(textured().convert(mode))
        picture = load_photo(source)
        assert picture.tobytes() == textured().convert(mode).convert("RGB").tobytes()
        source[:] = 0
        assert picture.tobytes() == textured().convert(mode).convert("RGB").tobytes()

    def test_arrays_of_any_memory_layout(self) -> None:
        source = np.asarray(textured())[::-1, ::-1]
        assert load_photo(source).tobytes() == source.tobytes()

    @pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
    def test_opened_pictures_are_left_alone(self, mode: str) -> None:
        source = textured().convert(mode)
        source.info["note"] = "mine"
        before = source.tobytes()
        picture = load_photo(source)
        picture.paste(0, (0, 0, *picture.size))
        assert (source.mode, source.tobytes(), source.info) == (mode, before, {"note": "mine"})

    def test_several_threads_at_once(self) -> None:
        expected = {name: load_photo(textured_file(name)).tobytes() for name in FORMATS}
        results: list[bool] = []

        def load_all() -> None:
            for name in FORMATS:
                results.append(load_photo(textured_file(name)).tobytes() == expected[name])

        threads = [threading.Thread(target=load_all) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 6 * len(FORMATS)


class TestRefusals:
    def test_belong_to_the_family(self) -> None:
        assert issubclass(PhotoError, ExplainerError)

    @pytest.mark.parametrize("name", ["notes.txt", "notes.jpg"])
    def test_text(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / name
        path.write_text("Dear diary, " * 50)
        assert "text file" in refusal(path)

    def test_a_renamed_zip(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.png"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("photo.png", textured_file("PNG"))
        assert "archive" in refusal(path)

    @pytest.mark.parametrize(
        ("start", "said"),
        [
            (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41", "a video"),
            (b"\0\0\0\x14ftypqt  \0\0\2\0qt  \0\0\0\x08wide", "a video"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1webm", "a video"),
            (b"%PDF-1.7\n1 0 obj", "a PDF"),
            (
                b"<?xml version='1.0'?>\n<!-- made by hand -->\n<svg xmlns='http://www.w3.org/2000/svg'>",
                "SVG",
            ),
            (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "RAW file"),
            (b"II*\0\x10\0\0\0CR\2\0", "RAW file"),
            (b"IIU\0\x18\0\0\0\x88\xe7", "RAW file"),
            (b"FUJIFILMCCD-RAW 0201FF383501", "RAW file"),
            (b"MM\0*\0\0\0\x08\0\1\x01\x00\0\3\0\0", "such as a camera's RAW file"),
            (b"8BPS\0\1\0\0\0\0\0\0\0\3", "a picture, but"),
            (b"\0\0\0\x0cJXL \r\n\x87\n", "a picture, but"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office document"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:", "text file"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", "damaged"),
            (b"\x7fELF\2\1\1", "is not a picture in a format"),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    def test_what_is_no_photo_is_named(self, start: bytes, said: str) -> None:
        assert said in refusal(start.ljust(2000, b"\0"))

    @pytest.mark.parametrize("name", ["ICO", "PPM", "TGA", "EPS", "JPEG2000", "PCX", "DDS"])
    def test_formats_that_are_not_taken(self, name: str) -> None:
        assert "JPEG" in refusal(encoded(quadrants(), name))

    @pytest.mark.parametrize("source", [b"", bytearray(), memoryview(b"")])
    def test_empty_bytes(self, source: Any, tmp_path: Path) -> None:
        assert "empty" in refusal(source)
        assert "empty" in refusal(io.BytesIO(source))
        (tmp_path / "empty.jpg").write_bytes(source)
        assert "empty" in refusal(tmp_path / "empty.jpg")

    def test_missing_files(self, tmp_path: Path) -> None:
        message = refusal(tmp_path / "cat.jpg")
        assert "no file" in message
        assert "“cat.jpg”" in message
        (tmp_path / "file").write_bytes(b"x")
        assert "no file" in refusal(tmp_path / "file" / "cat.jpg")
        refusal("")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "folder" in refusal(tmp_path)
        assert "folder" in refusal(f"{tmp_path}{os.sep}")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
    def test_a_named_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "ordinary file" in refusal(tmp_path / "pipe")

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may read all")
    def test_an_unreadable_file(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.png"
        path.write_bytes(textured_file("PNG"))
        path.chmod(0)
        assert "could not read" in refusal(path)

    def test_a_file_that_fails_while_it_is_opened(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "photo.png"
        path.write_bytes(textured_file("PNG"))

        def denied(*arguments: object, **options: object) -> None:
            raise PermissionError("denied")

        monkeypatch.setattr("builtins.open", denied)
        message = refusal(path)
        assert "could not read “photo.png”" in message

    @pytest.mark.parametrize("name", ["a\0b.jpg", "\ud800.jpg", "a" * 5000, "a/" * 5000])
    def test_impossible_file_names(self, name: str) -> None:
        refusal(name)

    def test_control_characters_of_file_names_are_not_repeated(self, tmp_path: Path) -> None:
        hostile = "a\nb\r\x1b[31m\u202egpj.\u2028\x7f"
        assert "a\N{REPLACEMENT CHARACTER}b" in refusal(tmp_path / hostile)

    @pytest.mark.parametrize("source", [None, 3, 1.5, True, [], {}, object(), "é".encode, int])
    def test_other_objects(self, source: Any) -> None:
        assert "file name" in refusal(source)

    def test_objects_with_a_hostile_name(self) -> None:
        assert "file name" in refusal(type("a\nb" * 50, (), {})())

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros((32, 32), np.float32),
            np.zeros((32, 32, 3), np.int64),
            np.zeros((32, 32, 2), np.uint8),
            np.zeros((32, 32, 3, 1), np.uint8),
            np.zeros(32, np.uint8),
            np.zeros((1,) * 60, np.uint8),
            np.zeros((32, 32), [(f"field {i}", "u1") for i in range(50)]),
        ],
        ids=lambda array: str(array.ndim),
    )
    def test_other_arrays(self, array: Any) -> None:
        assert "uint8" in refusal(array)

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        class Broken:
            def read(self, size: int) -> bytes:
                raise RuntimeError("boom\nboom")

        assert "binary mode" in refusal(Broken())
        assert "binary mode" in refusal(io.StringIO("text"))
        closed = io.BytesIO(textured_file("PNG"))
        closed.close()
        assert "could not be read" in refusal(closed)

    def test_more_than_fifty_megabytes(self, tmp_path: Path) -> None:
        too_much = textured_file("PNG") + bytes(MAX_BYTES)
        path = tmp_path / "photo.png"
        path.write_bytes(too_much)
        upload = io.BytesIO(too_much)
        upload.size = len(too_much)  # type: ignore[attr-defined]
        for source in (path, too_much, upload):
            message = refusal(source)
            assert "50 MB" in message
            assert "50.1 MB" in message
        assert "50 MB" in refusal(io.BytesIO(too_much))
        padded = textured_file("PNG").ljust(MAX_BYTES, b"\0")
        assert load_photo(io.BytesIO(padded)).tobytes() == textured().tobytes()
        assert "50 MB" in refusal(padded + b"\0")

    def test_endless_files_are_not_read_to_their_end(self) -> None:
        class Endless:
            taken = 0

            def read(self, size: int) -> bytes:
                self.taken += min(size, 1 << 20)
                return bytes(min(size, 1 << 20))

        source = Endless()
        assert "50 MB" in refusal(source)
        assert source.taken <= MAX_BYTES + 1

    @pytest.mark.parametrize("size", [(50_000, 50_000), (12_000, 12_000), (8_000, 8_126)])
    def test_megapixels_are_counted_before_decoding(self, size: tuple[int, int]) -> None:
        figure = {50_000: "2,500.0", 12_000: "144.0", 8_000: "65.1"}[size[0]]
        message = refusal(png(size, 2, 8, b""))  # decoding would find this damaged
        assert "65 megapixels" in message
        assert f"{figure} megapixels" in message

    @pytest.mark.parametrize(
        ("name", "before_size", "layout"),
        [
            ("JPEG", b"\xff\xc0\0\x11\x08", ">HH"),
            ("GIF", b"GIF87a", "<HH"),
            ("BMP", b"\x28\0\0\0", "<II"),
            ("WebP", b"\x9d\x01\x2a", "<HH"),
        ],
    )
    def test_megapixels_in_every_header(self, name: str, before_size: bytes, layout: str) -> None:
        data = bytearray(textured_file(name))
        struct.pack_into(layout, data, data.index(before_size) + len(before_size), 16_000, 16_000)
        assert "256.0 megapixels" in refusal(data)

    def test_megapixels_of_a_tiff(self) -> None:
        data = tiff([(256, 4, 1, 9000), (257, 4, 1, 9000), (273, 4, 1, 512)], bytes(5000))
        assert "81.0 megapixels" in refusal(data)

    def test_megapixels_of_opened_pictures_and_arrays(self) -> None:
        picture = Image.new("1", (8000, 8126))
        assert "65 megapixels" in refusal(picture)
        array = np.broadcast_to(np.uint8(0), (8126, 8000, 3))
        assert "65 megapixels" in refusal(array)

    def test_exactly_forty_megapixels(self) -> None:
        photo = load_photo(encoded(Image.new("1", (8000, 5000)), "PNG"))
        assert (photo.size, notes_of(photo)) == ((8000, 5000), ())

    @pytest.mark.parametrize("mode", ["1", "P", "I;16"])
    def test_what_is_larger_is_reduced_to_half(self, mode: str) -> None:
        picture = Image.new(mode, (8001, 5000), 1)
        photo = load_photo(encoded(picture, "PNG"))
        assert photo.size == (4001, 2500)
        assert "40.1 megapixels is used at 4001 × 2500 pixels" in str(notes_of(photo)[-1])

    @pytest.mark.parametrize(
        ("size", "reduced", "progressive"),
        [((12_000, 9000), (6000, 4500), True), ((16_384, 12_288), (4096, 3072), False)],
    )
    def test_a_jpeg_may_be_larger(
        self, size: tuple[int, int], reduced: tuple[int, int], progressive: bool
    ) -> None:
        picture = Image.new("L", size, 90)
        picture.paste(200, (0, 0, size[0] // 2, size[1]))
        exif = exif_with_orientation(6)
        photo = load_photo(encoded(picture, "JPEG", progressive=progressive, exif=exif))
        assert photo.size == reduced[::-1]
        assert_colours(photo, [(200,) * 3] * 2 + [(90,) * 3] * 2, 3)
        (note,) = notes_of(photo)
        assert f"is used at {reduced[0]:} × {reduced[1]} pixels" in str(note)

    def test_a_progressive_jpeg_that_would_fill_the_memory(self) -> None:
        data = bytearray(encoded(textured(), "JPEG", progressive=True, subsampling=0))
        frame = data.index(b"\xff\xc2\0\x11\x08") + 5
        struct.pack_into(">HH", data, frame, 12_288, 16_384)
        assert "save it again without the option “progressive”" in refusal(data)
        one_scan = data[: data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)]
        assert "save it again without the option “progressive”" in refusal(one_scan)
        struct.pack_into(">HH", data, frame, 9000, 12_000)
        assert "progressive" in refusal(data)
        struct.pack_into(">HH", data, frame, 6000, 8000)
        assert load_photo(bytes(data)).size == (4000, 3000)

    @pytest.mark.parametrize("size", [(1, 20_000), (20_000, 1), (15, 64), (64, 15), (1, 1)])
    def test_short_sides(self, size: tuple[int, int]) -> None:
        picture = Image.new("RGB", size)
        for source in (picture, encoded(picture, "PNG"), np.asarray(picture)):
            message = refusal(source)
            assert "16 pixels" in message
            assert f"{size[0]} × {size[1]}" in message

    def test_the_shortest_sides(self) -> None:
        assert load_photo(encoded(Image.new("RGB", (16, 16)), "PNG")).size == (16, 16)
        refusal(np.zeros((0, 0, 3), np.uint8))

    def test_closed_pictures(self) -> None:
        picture = Image.open(io.BytesIO(textured_file("PNG")))
        picture.close()
        refusal(picture)

    def test_the_cause_is_kept(self) -> None:
        with pytest.raises(PhotoError) as caught:
            load_photo(textured_file("JPEG")[:2000])
        assert isinstance(caught.value.__cause__, OSError)


class TestDamage:
    @pytest.mark.parametrize("name", FORMATS)
    def test_cut_anywhere(self, name: str) -> None:
        data = textured_file(name)
        for twentieth in range(20):
            assert_photo_or_refusal(data[: len(data) * twentieth // 20])
        for missing in (1, 2, 3, 8, 12):
            assert_photo_or_refusal(data[:-missing])

    @pytest.mark.parametrize("name", FORMATS)
    def test_half_a_file(self, name: str) -> None:
        data = textured_file(name)
        assert "damaged" in refusal(data[: len(data) // 2])

    @pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
    def test_half_a_compressed_tiff(self, compression: str) -> None:
        data = encoded(textured(), "TIFF", compression=compression)
        refusal(data[: len(data) // 2])

    @pytest.mark.parametrize("name", FORMATS)
    def test_start_followed_by_zeros(self, name: str) -> None:
        data = textured_file(name)
        for kept in (12, 30, 100, len(data) // 2):
            assert_photo_or_refusal(data[:kept].ljust(len(data), b"\0"))

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(
        name=st.sampled_from(FORMATS),
        changes=st.lists(
            st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)),
            min_size=1,
            max_size=6,
        ),
        start_only=st.booleans(),
        inserted=st.binary(max_size=8),
        kept=st.floats(0.5, 1),
    )
    def test_changed_bytes(
        self,
        name: str,
        changes: list[tuple[float, bytes]],
        start_only: bool,
        inserted: bytes,
        kept: float,
    ) -> None:
        data = bytearray(textured_file(name))
        # Headers are short, and most of what can go wrong goes wrong there.
        reach = min(len(data), 200) if start_only else len(data)
        for place, value in changes:
            position = int(place * reach)
            data[position : position + len(value)] = value
        position = int(changes[0][0] * reach)
        data[position:position] = inserted
        assert_photo_or_refusal(data[: int(len(data) * kept)])

    @settings(max_examples=50, deadline=None, derandomize=True, database=None)
    @given(
        data=st.binary(max_size=200),
        start=st.sampled_from(
            [
                b"",
                b"\xff\xd8\xff\xe0",
                b"\x89PNG\r\n\x1a\n",
                b"GIF89a",
                b"BM",
                b"II*\0\x08\0\0\0",
                b"MM\0*\0\0\0\x08",
                b"II+\0\x08\0\0\0",
                b"RIFF\0\0\0\0WEBPVP8X",
                b"\0\0\0\x18ftypavif",
                b"\0\0\0\x18ftypheic",
                b"\0\0\0\x18ftypmif1",
            ]
        ),
    )
    def test_arbitrary_bytes(self, data: bytes, start: bytes) -> None:
        assert_photo_or_refusal(start + data)


MEGABYTE = 2**20


def after_start(name: str, filler: bytes, position: int) -> bytes:
    data = textured_file(name)
    many = filler * (10 * MEGABYTE // len(filler))
    return data[:position] + many + data[position:]


def tiff(tags: list[tuple[int, int, int, int]], tail: bytes) -> bytes:
    """A grey TIFF of 64 × 64 pixels with more tags, and what they point to from byte 512 on."""
    usual = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 277: 1, 278: 64}
    given_tags = {tag[0] for tag in tags}
    all_tags = [(tag, 4, 1, value) for tag, value in usual.items() if tag not in given_tags]
    return tag_directory(all_tags + tags).ljust(512, b"\0") + tail


def many_scans() -> bytes:
    data = encoded(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last_scan, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:end] + data[last_scan:end] * 10_000 + data[end:]


def fractions(number: int) -> bytes:
    """EXIF that is a list of so many fractions, twice."""
    tags = tag_directory([(0x011A, 5, number, 50), (0x0112, 5, number, 50)])
    return tags + struct.pack("<LL", 1, 7) * number


def exif_of_fractions(number: int, before: bytes = b"") -> bytes:
    """A JPEG whose EXIF, spread over many segments, is one list of fractions."""
    exif = fractions(number)
    parts = [exif[start : start + 65_000] for start in range(0, len(exif), 65_000)]
    segments = [struct.pack(">HH", 0xFFE1, len(part) + 8) + b"Exif\0\0" + part for part in parts]
    data = textured_file("JPEG")
    frame = data.index(b"\xff\xdb")  # without the JFIF segment, which would settle the resolution
    return data[:2] + before + b"".join(segments) + data[frame:]


def index_of_fractions() -> bytes:
    """A JPEG with an index of further pictures, whose tags are all the same long list."""
    tags = tag_directory([(number, 5, 3000, 40_000) for number in range(3000)])
    index = b"MPF\0" + tags + struct.pack("<LL", 1, 7) * 3000
    data = textured_file("JPEG")
    return data[:2] + struct.pack(">HH", 0xFFE2, len(index) + 2) + index + data[2:]


def png_with_exif(exif: bytes) -> bytes:
    return png((64, 64), 0, 8, GREY_ROW * 64, before=png_chunk(b"eXIf", exif))


def avif_with_fractions() -> bytes:
    data = encoded(textured(), "AVIF", exif=exif_with_orientation(6))
    tags = tag_directory([(0x9999, 5, 2_000_000, 50)])
    return data + tags + bytes(16 * MEGABYTE)


def huge_tile() -> bytes:
    tile = zlib.compress(bytes(16_384 * 8_192), 1)
    tags = [(322, 4, 1, 16_384), (323, 4, 1, 8_192), (324, 4, 1, 512), (325, 4, 1, len(tile))]
    return tiff([*tags, (259, 4, 1, 8)], tile)


def zeros_chunk(kind: bytes, start: bytes) -> bytes:
    return png_chunk(kind, start + zlib.compress(bytes(100 * MEGABYTE), 1))


def canvas_of_webp(side: int) -> bytes:
    frames = [Image.new("RGBA", (64, 64), (level, 0, 0, 9)) for level in (1, 2)]
    data = bytearray(encoded(frames[0], "WebP", save_all=True, append_images=frames[1:]))
    assert data[12:16] == b"VP8X"
    data[24:30] = (side - 1).to_bytes(3, "little") * 2
    return bytes(data)


def lying_avif() -> bytes:
    data = bytearray(encoded(Image.new("RGB", (2000, 1000), RED), "AVIF"))
    position = data.index(b"ispe") + 8
    data[position : position + 8] = struct.pack(">II", 100, 100)
    return bytes(data)


GREY_ROW = bytes(65)
NUMBERS = bytes(16 * MEGABYTE)
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a JPEG with a desert of padding": lambda: after_start("JPEG", b"\xff", 2),
    "a JPEG with a desert of zeros": lambda: after_start("JPEG", b"\0", 20),
    "a JPEG of tiny segments": lambda: after_start("JPEG", b"\xff\xe1\0\x02", 2),
    "a JPEG of tiny comments": lambda: after_start("JPEG", b"\xff\xfe\0\x02", 2),
    "a JPEG of ten thousand scans": many_scans,
    "a JPEG with EXIF of fractions": lambda: exif_of_fractions(1_000_000),
    "a JPEG with EXIF of fractions behind its end": lambda: exif_of_fractions(120_000, b"\xff\xd9\xff\xd8"),
    "a JPEG with an index of fractions": index_of_fractions,
    "a WebP with EXIF of fractions": lambda: encoded(textured(), "WebP", exif=fractions(1_000_000)),
    "a PNG with EXIF of fractions": lambda: png_with_exif(fractions(1_000_000)),
    "a PNG with EXIF whose tags are all the same": lambda: png_with_exif(
        tag_directory([(tag, 7, 10 * MEGABYTE, 600_000) for tag in range(49_000)]).ljust(12 * MEGABYTE)
    ),
    "a TIFF whose tags are all the same": lambda: tiff(
        [(273, 4, 1, 512), (279, 4, 1, 4096), *((tag, 7, 15 * MEGABYTE, 512) for tag in range(300, 330))],
        NUMBERS,
    ),
    "a PNG of tiny chunks": lambda: after_start("PNG", png_chunk(b"prIv", b""), 33),
    "a PNG with zeros as a comment": lambda: png(
        (64, 64), 0, 8, GREY_ROW * 64, before=zeros_chunk(b"zTXt", b"note\0\0")
    ),
    "a PNG with zeros as a profile": lambda: png(
        (64, 64), 0, 8, GREY_ROW * 64, before=zeros_chunk(b"iCCP", b"name\0\0")
    ),
    "a PNG with more rows than it says": lambda: png((64, 64), 0, 8, bytes(100 * MEGABYTE)),
    "a GIF of tiny comments": lambda: after_start("GIF", b"!\xfe\0", 13 + 768),
    "a GIF with a comment of tiny blocks": lambda: after_start("GIF", b"!\xfe" + b"\1a" * 999, 781),
    "a GIF with a desert": lambda: after_start("GIF", b"\1", 13 + 768),
    "a TIFF of a million strips": lambda: tiff(
        [(273, 4, 4_000_000, 512), (279, 4, 1, 4096)], NUMBERS
    ),
    "a TIFF of a million tiny strips": lambda: tiff(
        [(273, 1, 16_000_000, 512), (279, 4, 1, 4096)], NUMBERS
    ),
    "a TIFF with a million resolutions": lambda: tiff(
        [(273, 4, 1, 512), (279, 4, 1, 4096), (282, 5, 2_000_000, 512)], NUMBERS
    ),
    "a TIFF with a tile of 134 megapixels": huge_tile,
    "a TIFF whose strip has four gigabytes": lambda: tiff(
        [(273, 4, 1, 512), (279, 4, 1, 0xFFFFFFF0), (278, 4, 1, 0xFFFFFFFF)], bytes(100)
    ),
    "a big TIFF of a million tags": lambda: (
        b"II+\0\x08\0\0\0"
        + struct.pack("<QQ", 16, 500_000)
        + struct.pack("<HHQQ", 5000, 99, 1, 0) * 500_000
    ),
    "an AVIF with EXIF of fractions": avif_with_fractions,
    "an AVIF larger than it says": lying_avif,
    "a WebP of 36 megapixels": lambda: canvas_of_webp(6_000),
    "a WebP of 169 megapixels": lambda: canvas_of_webp(13_000),
    "a WebP of 268 megapixels": lambda: canvas_of_webp(16_383),
    "an animation of a thousand frames": lambda: encoded(
        Image.new("L", (16, 16)),
        "GIF",
        save_all=True,
        append_images=[Image.new("L", (16, 16), level % 256) for level in range(999)],
    ),
}  # fmt: skip


class TestHostileFiles:
    @pytest.mark.parametrize("kind", HOSTILE)
    def test_end_soon(self, kind: str) -> None:
        data = HOSTILE[kind]()
        assert len(data) <= MAX_BYTES
        start = time.process_time()  # other programs may be busy too
        assert_photo_or_refusal(data)
        assert time.process_time() - start < 5

    @pytest.mark.slow
    def test_neither_fill_the_memory_nor_the_console(self, tmp_path: Path) -> None:
        resource = pytest.importorskip("resource")
        assert resource
        kinds = ["a TIFF with a tile of 134 megapixels", "a PNG of tiny chunks"]
        kinds += ["a TIFF of a million strips", "a GIF with a comment of tiny blocks"]
        kinds += ["a JPEG with EXIF of fractions"]
        files = [HOSTILE[kind]() for kind in kinds]
        large = Image.new("RGBA", (8000, 5000), (9, 99, 199, 200))
        files.append(encoded(large, "WebP", lossless=True, method=0, quality=0))
        # These make Pillow warn, or log.
        files.append(png((12_000, 12_000), 2, 8, b""))
        broken_exif = tag_directory([(0x010F, 2, 5000, 9999)])
        files.append(encoded(textured(), "JPEG", exif=b"Exif\0\0" + broken_exif))
        files.append(tiff([(277, 4, 1, 99), (273, 4, 1, 512)], b""))
        files.append(png((64, 64), 0, 8, GREY_ROW * 64, before=png_chunk(b"acTL", bytes(8))))
        paths = [tmp_path / str(number) for number in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        program = (
            "import resource\n"
            "from explainer.photos.load import PhotoError, load_photo\n"
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "for path in sys.argv[1:]:\n"
            "    try: load_photo(path)\n"
            "    except PhotoError: pass\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
        )
        result = run_python(program, *map(str, paths))
        assert result.stderr == ""
        unit = 1 if sys.platform == "darwin" else 1024
        assert int(result.stdout) * unit < 800 * MEGABYTE

    def test_filters_for_warnings_do_not_pile_up(self) -> None:
        load_photo(textured_file("PNG"))
        before = list(warnings.filters)
        load_photo(textured_file("PNG"))
        assert list(warnings.filters) == before


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that imports `explainer.photos.load` without the rest of the package."""
    package = Path(__file__).resolve().parents[2] / "explainer"
    alone = (
        "import sys, types\n"
        "sys.modules['explainer'] = types.ModuleType('explainer')\n"
        f"sys.modules['explainer'].__path__ = [{str(package)!r}]\n"
    )
    return subprocess.run(
        [sys.executable, "-c", alone + program, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=True,
    )


def test_first_photos_of_many_threads_at_once(tmp_path: Path) -> None:
    heic = tmp_path / "photo.heic"
    heic.write_bytes(textured_file("HEIC"))
    program = (
        "import threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from explainer.photos.load import load_photo\n"
        "ready = threading.Barrier(8)\n"
        "def load(_):\n"
        "    ready.wait()\n"
        "    return load_photo(sys.argv[1]).size\n"
        "with ThreadPoolExecutor(8) as threads: print({*threads.map(load, range(8))})\n"
    )
    assert run_python(program, str(heic)).stdout.strip() == str({(WIDTH, HEIGHT)})


def test_without_pillow_heif_only_heic_is_missing(tmp_path: Path) -> None:
    heic, jpeg = tmp_path / "photo.heic", tmp_path / "photo.jpg"
    heic.write_bytes(textured_file("HEIC"))
    jpeg.write_bytes(textured_file("JPEG"))
    program = (
        "sys.modules['pillow_heif'] = None\n"
        "from explainer.photos.load import PhotoError, load_photo\n"
        "assert load_photo(sys.argv[2]).mode == 'RGB'\n"
        "try: load_photo(sys.argv[1])\n"
        "except PhotoError as error: print(error)\n"
    )
    message = run_python(program, str(heic), str(jpeg)).stdout.strip()
    assert_is_one_sentence(message)
    assert "pip install pillow-heif" in message

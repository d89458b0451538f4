"""How much of a visitor's photos the page keeps in memory."""

import io

import pytest
from PIL import Image
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from explainer.page import intake, uploads
from tests.page.scripted import look_at, own_photos
from tests.running_page import ROOT

pytestmark = pytest.mark.slow


def png(colour: int, side: int = 64) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (side, side), (colour, 90, 120)).save(stream, "PNG")
    return stream.getvalue()


def bring(*files: bytes, names: tuple[str, ...] = (), language: str = "en") -> AppTest:
    page = AppTest.from_file(ROOT / "dashboard.py", default_timeout=120)
    page.query_params.update(
        {"classifier": "efficientnet-lite0", "auto": "false", "num_samples": "100", "language": language}
    )
    page.run()
    names = names or tuple(f"{number}.png" for number in range(len(files)))
    page.file_uploader(key="uploads").set_value(
        [(name, content, "image/png") for name, content in zip(names, files, strict=True)]
    )
    return page.run()


@pytest.fixture
def held(monkeypatch) -> dict[str, int]:
    """How many bytes of each file, by its name, are in Streamlit's memory."""
    sizes = {}
    add_file = MemoryUploadedFileManager.add_file

    def note(self, session_id: str, file) -> None:
        sizes[file.name] = len(file.data)
        add_file(self, session_id, file)

    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", note)
    return sizes


def test_only_so_many_photos_are_kept(monkeypatch, held):
    monkeypatch.setattr(uploads, "MOST_PHOTOS", 2)
    files = [png(colour) for colour in range(5)]
    page = bring(*files)
    assert not page.exception
    assert len(own_photos(page)) == 2
    assert "at most 2 photos and 200 MB for you, so 3 photos were left out" in page.error[0].value
    assert held == {"0.png": len(files[0]), "1.png": len(files[1]), "2.png": 0, "3.png": 0, "4.png": 0}


def test_only_so_many_megabytes_are_kept(monkeypatch, held):
    files = [png(colour) for colour in range(3)]
    monkeypatch.setattr(uploads, "MOST_BYTES", 2 * len(files[0]))
    page = bring(*files)
    assert not page.exception
    assert len(own_photos(page)) == 2
    assert "so 1 photo was left out" in page.error[0].value
    assert held["2.png"] == 0


def test_a_file_that_is_no_photo_takes_no_memory(held):
    page = bring(png(1), b"no photo" * 100_000)
    assert "**1\\.png**" in page.error[0].value
    assert held["1.png"] == 0
    page.run()
    assert "**1\\.png**" in page.error[0].value


def test_any_name_is_taken_and_what_is_no_photo_is_named(held):
    deep = io.BytesIO()
    Image.linear_gradient("L").convert("I;16").point(lambda value: value * 16).save(deep, "TIFF")
    page = bring(b"%PDF-1.7" * 9, deep.getvalue(), png(1), names=("b.pdf", "c.tif", "a"), language="ja")
    assert not page.exception
    assert own_photos(page) == ["c.tif", "a"]
    (error,) = page.error
    assert error.value.startswith("**b\\.pdf** – これはPDFまたはPostScriptの文書です。")


def test_only_so_many_pixels_are_kept_decoded(monkeypatch):
    monkeypatch.setattr(intake, "_KEPT_PIXELS", 2 * 64 * 64)
    page = bring(*(png(colour) for colour in range(4)))
    assert len(own_photos(page)) == 4
    for name in own_photos(page):
        look_at(page, name)
    assert len(page.session_state.decoded) == 2

"""Many photos on the page: all of a visitor's explained at once, and the results of a folder."""

import csv
import io
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer.__main__ import main
from explainer.folders.bundle import bundle
from explainer.folders.record import PhotoRecord
from explainer.folders.task import PhotoResult
from explainer.page.gallery_view import CARDS_AT_ONCE
from explainer.page.started_with import RESULTS_VARIABLE, results_folders
from explainer.words.language import Language
from tests.made_up_comparison import KIND_OF, write_two
from tests.made_up_results import HOSTILE_NAMES, LOWER_RIGHT, a_grid, a_record, write_pictures
from tests.page.scripted import look_at

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard.py"


def visit(**query: str) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    settings = {"auto": "false", "num_samples": "100", "classifier": "efficientnet-lite0"}
    page.query_params.update({**settings, **query})
    return page.run()


def photo_file(photo: Image.Image, degrees: float) -> bytes:
    """A photo's file; turned a little, it is one that no other test has asked about."""
    stream = io.BytesIO()
    photo.rotate(degrees).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def upload(page: AppTest, files: dict[str, bytes]) -> AppTest:
    named = [(name, content, "image/jpeg") for name, content in files.items()]
    page.file_uploader(key="uploads").set_value(named)
    return page.run()


def buttons(page: AppTest) -> dict[str, str]:
    return {button.key: button.label for button in page.button if button.key}


def markup(page: AppTest) -> str:
    """The HTML of all galleries on the page."""
    given = (json.loads(element.proto.json) for element in page.get("bidi_component"))
    return "".join(data["markup"] for data in given if "markup" in data)


def names(page: AppTest) -> list[str]:
    return re.findall(r"<bdi>(.*?)</bdi>", markup(page))


def assert_fine(page: AppTest) -> None:
    assert not page.exception
    assert [element.value for element in page.error] == []


@pytest.mark.slow
def test_all_photos_are_explained_with_one_click(chelsea: Image.Image, coffee: Image.Image, asked: list[int]):
    files = {"cat.jpg": photo_file(chelsea, 31), "cup.jpg": photo_file(coffee, 31)}
    page = upload(visit(), files)
    assert buttons(page)["explain-all"] == "Explain all 2 photos"
    asked.clear()
    page.button(key="explain-all").click().run()
    assert_fine(page)
    assert names(page) == ["cat.jpg", "cup.jpg"]
    assert markup(page).count("data:image/jpeg") == 2 * 3
    assert 100 <= sum(asked) <= 200 + 2 * 3  # one of them was asked about already
    assert "stop-all" not in buttons(page)

    asked.clear()
    page.button(key="back").click().run()
    assert_fine(page)
    assert names(page) == []
    look_at(page, "cat.jpg")
    assert_fine(page)
    assert sum(asked) == 0  # what the gallery found is what the page shows
    assert buttons(page)["explain-all"] == "Show all 2 photos"
    page.button(key="explain-all").click().run()
    assert names(page) == ["cat.jpg", "cup.jpg"]

    page.slider(key="num_features").set_value(2).run()  # other pictures, of the same samples
    assert_fine(page)
    assert len(names(page)) == 2
    assert sum(asked) <= 2 * 3


@pytest.mark.slow
def test_a_photo_that_is_there_twice_is_explained_once_and_two_of_a_name_both(
    chelsea: Image.Image, coffee: Image.Image
):
    page = visit()
    cat, cup = photo_file(chelsea, 32), photo_file(coffee, 32)
    named = [(name, content, "image/jpeg") for name, content in (("a.jpg", cat), ("b.jpg", cat))]
    page.file_uploader(key="uploads").set_value(named)
    page.run()
    assert "explain-all" not in buttons(page)
    named = [("image.jpg", cat, "image/jpeg"), ("image.jpg", cup, "image/jpeg")]
    page.file_uploader(key="uploads").set_value(named)
    page.run()
    page.button(key="explain-all").click().run()
    assert_fine(page)
    assert names(page) == ["image.jpg", "image.jpg"]


def test_one_photo_is_no_gallery():
    page = visit()
    assert "explain-all" not in buttons(page)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of more results than the page shows at once, some of them with odd names."""
    ships = [a_record(f"ship {i}.jpg", "ship", "ship", focus_grid=a_grid(LOWER_RIGHT)) for i in range(30)]
    odd = [a_record(name, "cat", "dog", probability=0.9 - i / 100) for i, name in enumerate(HOSTILE_NAMES)]
    write_pictures(ships + odd, tmp_path / "results")
    return tmp_path / "results"


def test_the_results_of_a_folder_are_a_page_of_their_own(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(RESULTS_VARIABLE, str(results))
    page = visit(view="results")
    assert_fine(page)
    assert "For “ship”, most of the focus lies at the lower right in 30 of 30 photos." in markup(page)
    first = names(page)
    assert len(first) == CARDS_AT_ONCE
    assert first[1].startswith("&#34;&gt;&lt;img")
    assert markup(page).count("data:image/jpeg") == 5 * len(HOSTILE_NAMES) + 3 * (
        CARDS_AT_ONCE - len(HOSTILE_NAMES)
    )
    assert any("Showing 36 of 36" in caption.value for caption in page.caption)

    page.selectbox(key="results-order").set_value("name").run()
    page.selectbox(key="results-class").set_value("ship").run()
    page.text_input(key="results-search").set_value("SHIP 2").run()
    assert_fine(page)
    assert names(page) == [f"ship {i}.jpg" for i in (2, 12, *range(20, 30))]
    page.text_input(key="results-search").set_value("nowhere").run()
    assert "There are no photos here." in markup(page)


def test_without_the_link_the_page_is_about_the_visitors_photos(
    results: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(RESULTS_VARIABLE, str(results))
    page = visit()
    assert_fine(page)
    assert markup(page) == ""
    assert [uploader.key for uploader in page.file_uploader] == ["uploads"]


def test_a_visitor_cannot_name_a_folder(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(RESULTS_VARIABLE, raising=False)
    page = visit(view="results", results=str(results), EXPLAINER_RESULTS=str(results))
    assert_fine(page)
    assert markup(page) == ""
    assert [uploader.key for uploader in page.file_uploader] == ["uploads"]


def test_a_record_shows_no_file_of_somewhere_else(results: Path, monkeypatch: pytest.MonkeyPatch):
    Image.new("RGB", (20, 20)).save(results.parent / "secret.png")
    spy = a_record("spy.jpg", "cat", focus="../secret.png", pros_cons=str(results.parent / "secret.png"))
    spy = PhotoRecord(**{**vars(spy), "thumbnail": "photos/../../secret.png"})
    (results / "photos" / "spy").mkdir()
    (results / "photos" / "spy" / "record.json").write_text(spy.to_json(), "utf-8")
    monkeypatch.setenv(RESULTS_VARIABLE, str(results))
    page = visit(view="results")
    page.text_input(key="results-search").set_value("spy").run()
    assert_fine(page)
    assert names(page) == ["spy.jpg"]
    assert "data:image/jpeg" not in markup(page)


def test_two_folders_of_results_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(RESULTS_VARIABLE, os.pathsep.join(map(str, write_two(tmp_path))))
    page = visit(view="results")
    assert_fine(page)
    assert "B is right in 3 of 5 photos (60.0%), A in 3 (60.0%)." in markup(page)
    assert names(page) == list(KIND_OF)
    assert markup(page).count("data:image/jpeg") == 9 + 8 + 7
    page.selectbox(key="comparison-show").set_value("broken").run()
    assert_fine(page)
    assert names(page) == ["broken.jpg"]
    assert any("Showing 1 of 9" in caption.value for caption in page.caption)
    page.selectbox(key="comparison-show").set_value("all").run()
    page.selectbox(key="comparison-order").set_value("gained").run()
    assert names(page)[0] == "fixed.jpg"
    for side, own in (("a", "only in a.jpg"), ("b", "only in b.jpg")):
        one = visit(view="results", results=side)
        assert_fine(one)
        assert own in names(one)
        assert len(names(one)) == 8


def test_two_folders_of_which_one_is_empty_say_so(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv(RESULTS_VARIABLE, f"{results}{os.pathsep}{tmp_path / 'empty'}")
    page = visit(view="results")
    assert_fine(page)
    (info,) = page.info
    assert "There are no results of a folder of photos in empty;" in info.value


def test_three_folders_of_results_are_too_many(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(RESULTS_VARIABLE, os.pathsep.join([str(results)] * 3))
    page = visit(view="results")
    assert not page.exception
    assert [error.value.replace("\\", "") for error in page.error] == [
        "The page shows one folder of results, or two against each other, and 3 were named."
    ]


def test_three_folders_of_results_do_not_start_the_page(capsys: pytest.CaptureFixture[str]):
    assert main(["page", "--results", "a", "--results", "b", "--results", "c"]) == 2
    assert "or two against each other, and 3 were named." in capsys.readouterr().err


@pytest.mark.parametrize("contents", ["nothing", "no folder"])
def test_a_folder_without_results_says_so(contents: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / contents
    if contents == "nothing":
        folder.mkdir()
    monkeypatch.setenv(RESULTS_VARIABLE, str(folder))
    page = visit(view="results")
    assert_fine(page)
    assert [info.value for info in page.info] == ["There are no results in this folder yet."]


def test_a_japanese_visitor_reads_japanese(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(RESULTS_VARIABLE, str(results))
    page = visit(language="ja", view="results")
    assert_fine(page)
    assert "注目領域" in markup(page)


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"),
    [
        (["--results", "/there"], "", ["/there"]),
        (["--results=/there"], "/elsewhere", ["/there"]),
        ([], "/elsewhere", ["/elsewhere"]),
        (["--results"], "", []),
        (["-x", "--server.port", "80", "--resultsx", "a", "file.py"], "", []),
        (["-q", "--results", "/there", "-k", "words"], "", ["/there"]),
        (["--results", "/a", "-q", "--results=/b"], "/elsewhere", ["/a", "/b"]),
        ([], os.pathsep.join(["/a", "/b", ""]), ["/a", "/b"]),
    ],
)
def test_who_starts_the_page_names_the_folder(
    arguments: list[str], variable: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(RESULTS_VARIABLE, variable)
    assert results_folders(arguments) == [Path(folder) for folder in expected]


def test_what_is_taken_away_is_a_folder_of_results():
    record = a_record("ねこ.jpg", "cat")
    place = record.thumbnail.rpartition("/")[0]
    files = {"focus.png": b"focus", "pros_cons.png": b"pros and cons", "thumbnail.jpg": b"small"}
    failed = PhotoResult("photos/b.jpg", a_record("b.jpg", None), {})
    content = bundle([PhotoResult(place, record, files), failed], Language("ja"), "写真")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == sorted(
            [
                "index.html",
                "summary.csv",
                "photos/b.jpg/record.json",
                f"{place}/record.json",
                *(f"{place}/{name}" for name in files),
            ]
        )
        assert archive.read(f"{place}/focus.png") == b"focus"
        assert PhotoRecord.from_json(archive.read(f"{place}/record.json")) == record
        assert "<h1>写真</h1>" in archive.read("index.html").decode()
        rows = list(csv.DictReader(io.StringIO(archive.read("summary.csv").decode("utf-8-sig"))))
        assert [row["photo"] for row in rows] == ["ねこ.jpg", "b.jpg"]

"""A folder's gallery on the page: a table filters and groups it, and what stays is worked out once."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explainer.page import gallery_view
from explainer.page.started_with import RESULTS_VARIABLE
from tests.made_up_results import HOSTILE_NAMES, a_record, write_pictures

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard.py"
PHOTOS = 40


@pytest.fixture
def open_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens the page on the results of photos, of which a table says something."""

    def open_page(column: str = "camera", other: str = "B [x](y)") -> AppTest:
        records = [
            replace(a_record(f"{i:02}.jpg", "cat", "dog" if i % 8 == 0 else "cat"), metadata={column: cell})
            for i, cell in enumerate(["A", other] * (PHOTOS // 2))
        ]
        write_pictures(records, tmp_path)
        monkeypatch.setenv(RESULTS_VARIABLE, str(tmp_path))
        page = AppTest.from_file(DASHBOARD, default_timeout=120)
        page.query_params.update({"auto": "false", "view": "results"})
        page.run()
        assert not page.exception
        return page

    return open_page


def markup(page: AppTest) -> str:
    given = (json.loads(element.proto.json) for element in page.get("bidi_component"))
    return "".join(data["markup"] for data in given if "markup" in data)


def names(page: AppTest) -> list[str]:
    return re.findall(r"<bdi>(.*?)\.jpg</bdi>", markup(page))


def headings(page: AppTest) -> list[str]:
    return re.findall(r'<h2 class="group">(.*?)</h2>', markup(page))


def test_a_table_filters_and_groups(open_results):
    page = open_results()
    camera = page.selectbox(key="results-only-metadata_camera")
    assert (camera.label, camera.options) == ("camera", ["All", "A (20)", "B [x](y) (20)"])
    camera.set_value("B [x](y)").run()
    assert names(page) == [f"{i:02}" for i in range(1, PHOTOS, 2)]
    page.selectbox(key="results-only-metadata_camera").set_value("").run()
    page.selectbox(key="results-order").set_value("name").run()
    page.selectbox(key="results-group").set_value("camera").run()
    assert headings(page) == [
        "camera: A (20) · right in 15 of 20",
        "camera: B [x](y) (20) · right in 20 of 20",
    ]
    assert names(page)[18:22] == ["36", "38", "01", "03"]
    page.session_state["results-page"] = 2
    page.run()
    assert headings(page) == ["camera: B [x](y) (20) · right in 20 of 20"]
    assert not page.exception


def test_what_does_not_change_is_worked_out_once(open_results, monkeypatch: pytest.MonkeyPatch):
    times = []
    whole = gallery_view.overview_markup
    monkeypatch.setattr(gallery_view, "overview_markup", lambda *given: times.append(given) or whole(*given))
    page = open_results()
    page.selectbox(key="results-order").set_value("name").run()
    page.selectbox(key="results-only-metadata_camera").set_value("A").run()
    assert len(times) == 1


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_column_may_be_called_anything(open_results, name: str):
    page = open_results(name, name)
    (camera,) = [box for box in page.selectbox if str(box.key).startswith("results-only-metadata_")]
    camera.set_value("A").run()
    assert not page.exception
    assert len(names(page)) == PHOTOS // 2

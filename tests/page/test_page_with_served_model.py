"""The page with a classifier that is served elsewhere: visitors know it before a photo is sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explainer.classifiers.added import new_service
from explainer.classifiers.added.served.address import Key
from explainer.page import compare
from tests.own_networks import write_lines
from tests.page.test_page import DASHBOARD, assert_fine, labels, text, visit
from tests.servers import COLOURS, HEIGHT, KEY, WIDTH, Server, fault, serving


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """One whose network was added as ``colours``; it wants a key."""
    monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("MODEL_KEY", KEY)
    with serving() as server:
        server.told["key"] = f"Bearer {KEY}"
        _add(server, tmp_path)
        yield server


def _add(server: Server, folder: Path, max_calls: int = 0) -> None:
    (folder / "template.toml").write_text('request.inputs = "$pictures"\nscores = "predictions"\n')
    with new_service.prepare(
        f"{server.address}/invocations",
        write_lines(folder / "labels.txt", *COLOURS),
        name="colours",
        title="Colours",
        given={"range": "0-to-1", "input-size": [HEIGHT, WIDTH]},
        template=folder / "template.toml",
        key=Key("MODEL_KEY"),
        max_calls=max_calls,
    ) as candidate:
        candidate.keep(replace=True)
    server.asked.clear()


def notes(page: AppTest) -> str:
    return " ".join(element.value.replace("\\", "").replace("\u2060", "") for element in page.info)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Photos are sent to {}: this classifier runs there"), ("ja", "{}")]
)
def test_it_says_where_photos_go_before_one_is_sent(language, words, server):
    page = visit(language=language)
    assert server.address not in notes(page)
    page.selectbox(key="classifier").set_value("colours").run()
    assert words.format(server.address) in notes(page)
    assert server.asked == [], "there is no photo yet"
    page.query_params["sample"] = "coffee"
    page.run()
    assert_fine(page)
    assert sorted(labels(page).options)[:2] == ["blue", "green"]
    assert words.format(server.address) in notes(page)
    assert server.questions != []
    assert all(asked[2]["Authorization"] == f"Bearer {KEY}" for asked in server.asked)
    everything = text(page) + notes(page) + " ".join(code.value for code in page.code)
    (beside,) = (element.value for element in page.sidebar.markdown if "cloud_upload" in element.value)
    assert server.address in beside.replace("\\", "").replace("\u2060", "")
    assert KEY not in everything + str(page.main) + str(page.sidebar)


def test_nothing_says_then_that_photos_stay_here(server):
    def promised(page: AppTest) -> bool:
        drawn = [page.main]
        for element in drawn:  # which grows
            drawn += getattr(element, "children", {}).values()
        return any("Photos stay on the machine" in str(getattr(element, "proto", "")) for element in drawn)

    page = visit()
    assert promised(page)
    page.selectbox(key="classifier").set_value("colours").run()
    assert not promised(page)


def test_a_budget_that_ends_leaves_what_was_found(server, tmp_path):
    _add(server, tmp_path, max_calls=12)
    page = visit(sample="rocket", num_samples="300")
    page.selectbox(key="classifier").set_value("colours").run()
    assert not page.exception
    (error,) = page.error
    assert "The budget of 12 calls to" in error.value
    assert len(server.questions) == 12
    assert set(labels(page).options) == {*COLOURS}
    assert KEY not in text(page)


def test_what_a_server_says_is_only_text(server):
    server.faults = [fault(500, {"error": "![a](http://elsewhere.example/a.png) <b>no</b>"})] * 4
    page = visit(sample="coffee")
    page.selectbox(key="classifier").set_value("colours").run()
    assert not page.exception
    (error,) = page.error
    assert "elsewhere.example" in error.value
    assert not {*"![]()<>"} & {*error.value.replace("(500", "").replace(").", "")}


def test_one_that_is_pinned_is_named_too(server):
    pinned = AppTest.from_file(DASHBOARD, default_timeout=120)
    pinned.query_params.update(
        {"auto": "false", "num_samples": "100", "classifier": "efficientnet-lite0", "sample": "coffee"}
    )
    pinned.query_params["pin"] = "classifier=colours&num_samples=100"
    pinned.run()
    assert not pinned.exception
    assert f"Photos are sent to {server.address}" in notes(pinned)
    assert compare.read_pin("classifier=colours&num_samples=100") is not None

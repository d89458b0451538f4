"""A folder's results on the running page: what the overview names opens its photos."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from explainer.page.started_with import RESULTS_VARIABLE
from tests.made_up_results import RECORDS, write_pictures
from tests.running_page import RunningPage, running_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def page_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPage]:
    """The page, started with results of a folder."""
    folder = tmp_path_factory.mktemp("results")
    records = [replace(record, metadata={"lot": str(i // 3)}) for i, record in enumerate(RECORDS)]
    write_pictures(records, folder)
    with running_page(folder.with_suffix(".log"), {RESULTS_VARIABLE: str(folder)}) as page:
        yield page
    page.check_no_traceback()


@pytest.fixture(scope="module")
def address(page_process: RunningPage) -> str:
    return page_process.address


def photos(page: Page, *expected: str) -> None:
    expect(page.locator("article h3")).to_have_text([f"{name}.jpg" for name in expected])


def test_a_click_on_the_matrix_shows_its_photos(visit):
    page = visit("view=results&auto=false")
    photos(page, "surely wrong", "wrong", "contradicted", "right 9", "right 10", "failed")
    page.locator(".matrix td.mistaken").get_by_role("link").click()
    photos(page, "surely wrong", "wrong")
    expect(page.get_by_text("Showing 2 of 6")).to_be_in_viewport()
    page.get_by_role("button", name="It is “dog”, and it said “cat” ✕").click()
    photos(page, "surely wrong", "wrong", "contradicted", "right 9", "right 10", "failed")
    page.locator(".matrix").get_by_role("rowheader", name="cat").get_by_role("link").click()
    photos(page, "right 9", "right 10")
    assert "#" not in page.url

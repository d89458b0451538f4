"""All photos of a visitor explained at once, stopped and taken up again, looked at and taken away."""

import zipfile
from pathlib import Path

import pytest
from barriers import serious_barriers
from PIL import Image
from playwright.sync_api import Page, expect
from waiting import press, wait_until_still

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETTINGS = "classifier=efficientnet-lite0&auto=false&num_samples="
NAMES = ["chelsea.jpg", "coffee.jpg"]


@pytest.fixture
def files(chelsea: Image.Image, coffee: Image.Image, tmp_path: Path) -> list[Path]:
    for name, photo in zip(NAMES, (chelsea, coffee), strict=True):
        photo.save(tmp_path / name)
    return [tmp_path / name for name in NAMES]


def button(page: Page, text: str):
    return page.get_by_role("button", name=text, exact=True)


def test_all_photos_are_explained_and_one_is_looked_at_closely(visit, files, tmp_path):
    page = visit(SETTINGS + "100")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    press(button(page, "Explain all 2 photos"))
    expect(page.get_by_text("Showing 2 of 2")).to_be_visible()
    cards = page.locator("article")
    expect(cards).to_have_count(2)
    for picture in cards.locator("img").all():
        picture.evaluate("picture => picture.decode()")  # fails for one that is not there

    wait_until_still(page)
    page.get_by_role("combobox", name="Order").click()
    page.get_by_role("option", name="By name").click()
    expect(cards.locator("h3")).to_have_text(NAMES)

    wait_until_still(page)  # a file is offered anew with every drawing, and Streamlit forgets the one before
    with page.expect_download() as download:
        button(page, "Take all away").click()
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        archive.extractall(tmp_path / "all")
    alone = page.context.new_page()
    alone.goto((tmp_path / "all" / "index.html").as_uri())
    expect(alone.locator("article h3")).to_have_count(2)
    for picture in alone.locator("article img").all():
        picture.scroll_into_view_if_needed()
        picture.evaluate("picture => picture.decode()")
    alone.close()

    wait_until_still(page)
    assert serious_barriers(page) == []

    button(page, "Look at it closely: coffee.jpg").click()
    # By its level: the cards, which have headings too, may go a moment later.
    expect(page.get_by_role("heading", name="espresso", level=2)).to_be_visible()
    expect(page.get_by_text("Weights and figures, for engineers")).to_be_visible()
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0
    expect(cards).to_have_count(0)
    button(page, "Show all 2 photos").click()
    expect(cards).to_have_count(2)


def test_it_can_be_stopped_and_goes_on_where_it_was(visit, files):
    page = visit(SETTINGS + "5000", width=400)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    press(button(page, "Explain all 2 photos"))
    expect(page.get_by_text("Photo 1 of 2: chelsea.jpg")).to_be_visible()
    press(button(page, "Stop"))
    go_on = button(page, "Explain the missing 2 photos")
    expect(go_on).to_be_visible()
    wait_until_still(page)
    go_on.click()
    expect(page.get_by_text("Photo 1 of 2: chelsea.jpg")).to_be_visible()
    press(button(page, "Stop"))
    expect(go_on).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 400

"""Two folders of results against each other in a real browser: the file, and the page."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from barriers import serious_barriers
from playwright.sync_api import Browser, Page, expect

from explainer import compare_results
from tests.made_up_comparison import KIND_OF, write_two
from tests.running_page import ROOT, running_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Open = Callable[..., Page]

SCREENSHOTS = ROOT / "build" / "screenshots"


@pytest.fixture
def open_page(browser: Browser, problems: list[str]) -> Iterator[Open]:
    """Opens an address; no script may complain."""
    contexts = []

    def open_address(address: str, width: int = 1280, height: int = 900, **options) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: message.type == "error" and problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert problems == []


def names(page: Page) -> list[str]:
    return page.locator("article:visible h3").all_text_contents()


def test_the_file_is_filtered_and_sorted(open_page: Open, tmp_path: Path, problems: list[str]):
    out = tmp_path / "comparison 100% #1"
    compare_results(*write_two(tmp_path), out)
    page = open_page((out / "index.html").as_uri())
    page.on("requestfailed", lambda request: problems.append(f"not found: {request.url}"))
    assert names(page) == list(KIND_OF)
    expect(page.locator(".verdict")).to_have_text("B is right in 3 of 5 photos (60.0%), A in 3 (60.0%).")
    page.get_by_role("link", name="Broken 1").click()
    expect(page.get_by_label("Show")).to_have_value("broken")
    assert names(page) == ["broken.jpg"]
    expect(page.get_by_role("status")).to_have_text("Showing 1 of 9")
    expect(page).to_have_url(re.compile("#show=broken$"))
    card = page.locator("article:visible")
    expect(card.get_by_role("heading", level=4)).to_have_text(["A: cat", "B: dog"])
    expect(card).to_contain_text("Wrong: it is “cat”")
    expect(card).to_contain_text("80% → 10%")
    for picture in card.locator("img").all():
        picture.evaluate("picture => picture.decode()")  # fails for a picture that is not there
    page.get_by_label("Show").select_option(value="all")
    page.get_by_label("Order").select_option(label="Largest rise of the score first")
    assert names(page)[0] == "fixed.jpg"
    page.get_by_label("Class").select_option(label="bird")
    assert names(page) == ["still wrong.jpg"]
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("Search").fill("only b")
    assert names(page) == ["only in b.jpg"]


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("en", "light", 1280), ("en", "dark", 400), ("ja", "dark", 1280), ("ja", "light", 400)],
)
def test_nothing_keeps_anybody_out(open_page: Open, tmp_path: Path, language: str, scheme: str, width: int):
    found = compare_results(*write_two(tmp_path), tmp_path / "out", language=language)
    page = open_page(found.gallery.as_uri(), width, 860, color_scheme=scheme)
    assert serious_barriers(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"comparison-{language}-{scheme}-{width}.png", full_page=True)


def test_without_scripts_all_is_listed(open_page: Open, tmp_path: Path):
    found = compare_results(*write_two(tmp_path), tmp_path / "out")
    page = open_page(found.gallery.as_uri(), java_script_enabled=False)
    assert page.locator("article h3").all_text_contents() == list(KIND_OF)
    expect(page.get_by_label("Order")).to_be_hidden()


def test_the_page_opens_both_and_compares_them(open_page: Open, tmp_path: Path):
    a, b = map(str, write_two(tmp_path))
    command = (sys.executable, "-m", "explainer", "page", "--results", a, "--results", b)
    with running_page(tmp_path / "log", command=command) as running:
        page = open_page(running.address)
        page.get_by_text("Results of a folder").click()
        expect(page.get_by_role("heading", name="A: old → B: new")).to_be_visible()
        expect(page.locator(".verdict")).to_have_text("B is right in 3 of 5 photos (60.0%), A in 3 (60.0%).")
        expect(page.locator("article")).to_have_count(9)
        page.get_by_role("link", name="Broken 1").click()
        expect(page.locator("article h3")).to_have_text(["broken.jpg"])
        expect(page.get_by_text("Showing 1 of 9")).to_be_visible()
        page.screenshot(path=SCREENSHOTS / "comparison-page.png")
        page.get_by_text("A: old", exact=True).click()
        expect(page.locator("article")).to_have_count(8)
        page.get_by_text("B: new", exact=True).click()
        expect(page.locator("article h3", has_text="only in b.jpg")).to_have_count(1)
        page.close()  # or it would complain that the server is gone
    running.check_no_traceback()

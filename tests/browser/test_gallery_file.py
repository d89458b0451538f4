"""The gallery of a folder in a real browser: sorted, filtered, without scripts, on a telephone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from barriers import serious_barriers
from playwright.sync_api import Browser, Page, expect

from explainer.folders.gallery import write_gallery
from explainer.words.language import Language
from tests.made_up_results import HOSTILE_NAMES, LOWER_RIGHT, RECORDS, a_grid, a_record, write_pictures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = 2000
WRONG_FIRST = ["surely wrong", "wrong", "contradicted", "right 9", "right 10", "failed"]

Open = Callable[..., Page]


@pytest.fixture
def open_gallery(browser: Browser, tmp_path: Path, problems: list[str]) -> Iterator[Open]:
    """Writes a gallery and opens its file; nothing else may be opened, and no script may complain."""
    contexts = []

    def open_page(
        records=RECORDS, language: str = "en", width: int = 1280, fragment: str = "", **options
    ) -> Page:
        folder = tmp_path / "results 100% #1"
        if not folder.exists():
            write_pictures(records, folder)
            write_gallery(records, folder, Language(language), "My photos")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: message.type == "error" and problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda request: problems.append(f"not found: {request.url}"))
        page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                request.url.startswith((folder.as_uri() + "/", "data:image/")) or problems.append(request.url)
            ),
        )
        page.goto((folder / "index.html").as_uri() + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def names(page: Page) -> list[str]:
    shown = page.locator("article:visible h3").all_text_contents()  # also of those out of sight
    return [name.removesuffix(".jpg") for name in shown]


def test_it_can_be_sorted(open_gallery: Open):
    page = open_gallery()
    assert names(page) == WRONG_FIRST
    for order, expected in {
        "Contradicted ones first": ["contradicted", "surely wrong", "wrong", "right 9", "right 10", "failed"],
        "Least reliable first": ["right 10", "contradicted", "right 9", "surely wrong", "wrong", "failed"],
        "Lowest fidelity first": ["right 9", "contradicted", "right 10", "surely wrong", "wrong", "failed"],
        "Least sure first": ["right 9", "wrong", "contradicted", "right 10", "surely wrong", "failed"],
        "By name": ["contradicted", "failed", "right 9", "right 10", "surely wrong", "wrong"],
        "Wrong ones first": WRONG_FIRST,
    }.items():
        page.get_by_label("Order").select_option(label=order)
        assert names(page) == expected, order


def test_it_can_be_filtered_and_says_how_many_are_left(open_gallery: Open):
    page = open_gallery()
    count = page.get_by_role("status")
    expect(count).to_have_text("Showing 6 of 6")
    show = page.get_by_label("Show")
    for kind, expected in {
        "Wrong (2)": ["surely wrong", "wrong"],
        "Contradicted (1)": ["contradicted"],
        "Not settled (1)": ["right 10"],
        "Not explained (1)": ["failed"],
    }.items():
        show.select_option(label=kind)
        assert names(page) == expected, kind
        expect(count).to_have_text(f"Showing {len(expected)} of 6")
    show.select_option(value="all")
    page.get_by_label("Class").select_option(label="dog")
    assert names(page) == ["surely wrong", "wrong", "contradicted", "failed"]
    page.get_by_label("Search").fill("SURELY")
    assert names(page) == ["surely wrong"]
    expect(count).to_have_text("Showing 1 of 6")
    page.get_by_role("button", name="Reset").click()
    expect(count).to_have_text("Showing 6 of 6")


def test_its_address_keeps_what_was_chosen(open_gallery: Open):
    page = open_gallery()
    page.get_by_label("Order").select_option(label="By name")
    page.get_by_label("Search").fill("right")
    expect(page).to_have_url(re.compile("#sort=name&search=right$"))
    assert names(open_gallery(fragment="#sort=name&search=right")) == ["right 9", "right 10"]
    unknown = open_gallery(fragment="#sort=nonsense&show=nonsense&class=nonsense")
    assert names(unknown) == WRONG_FIRST


def test_a_keyboard_is_enough(open_gallery: Open):
    page = open_gallery()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Order")).to_be_focused()
    page.keyboard.type("By")
    assert names(page)[0] == "contradicted"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("right 10")
    assert names(page) == ["right 10"]


def test_without_scripts_all_photos_are_listed(open_gallery: Open):
    page = open_gallery(java_script_enabled=False)
    assert page.locator("article h3").all_text_contents() == [f"{name}.jpg" for name in WRONG_FIRST]
    expect(page.get_by_label("Order")).to_be_hidden()


def test_names_do_nothing_and_their_pictures_are_found(open_gallery: Open):
    page = open_gallery([a_record(name, "cat", "dog") for name in HOSTILE_NAMES])
    assert page.title() == "My photos · Limelight"
    pictures = page.locator("article img")
    expect(pictures).to_have_count(5 * len(HOSTILE_NAMES))
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        picture.evaluate("picture => picture.decode()")  # fails for a picture that is not there


def test_the_watermark_stands_out(open_gallery: Open):
    ships = [a_record(f"{i}.jpg", "ship", focus_grid=a_grid(LOWER_RIGHT)) for i in range(6)]
    page = open_gallery([*ships, a_record("cat.jpg", "cat")])
    expect(page.get_by_role("note")).to_contain_text(
        "For “ship”, most of the focus lies at the lower right in 6 of 6 photos."
    )


def test_two_thousand_photos_are_sorted_and_found(open_gallery: Open):
    without_pictures = {"focus": "", "pros_cons": ""}
    records = [
        replace(a_record(f"{i}.jpg", "cat", "cat", stability=1 - i / MANY, **without_pictures), thumbnail="")
        for i in range(MANY)
    ]
    page = open_gallery(records)
    page.get_by_label("Order").select_option(label="Least reliable first")
    first = page.locator("article:visible h3").first
    expect(first).to_have_text(f"{MANY - 1}.jpg")
    page.get_by_label("Search").fill("777.jpg")
    expect(page.get_by_role("status")).to_have_text("Showing 2 of 2,000")


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("en", "light", 1280), ("en", "dark", 400), ("ja", "dark", 1280), ("ja", "light", 400)],
)
def test_nothing_keeps_anybody_out(open_gallery: Open, language: str, scheme: str, width: int):
    ships = [a_record(f"{i}.jpg", "ship", focus_grid=a_grid(LOWER_RIGHT)) for i in range(6)]
    page = open_gallery([*RECORDS, *ships], language, width, color_scheme=scheme)
    assert serious_barriers(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width

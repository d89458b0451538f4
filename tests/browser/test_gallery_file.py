"""The gallery of a folder in a real browser: sorted, filtered, without scripts, on a telephone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from barriers import serious_barriers
from playwright.sync_api import Browser, Page, expect

from explainer.folders.gallery.document import write_gallery
from explainer.folders.record import PhotoRecord
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
    expect(page.get_by_role("link", name="To the photos")).to_be_focused()
    page.keyboard.press("Enter")
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


def test_a_click_on_the_matrix_shows_its_photos_and_the_way_back_leads_back(open_gallery: Open):
    page = open_gallery()
    count = page.get_by_role("status")
    matrix = page.locator(".matrix")
    matrix.get_by_role("link", name="2", exact=True).nth(1).click()  # dogs that were taken for cats
    expect(count).to_have_text("Showing 2 of 6")
    assert names(page) == ["surely wrong", "wrong"]
    expect(page).to_have_url(re.compile("#truth=dog&said=cat$"))
    expect(page.get_by_label("Order")).to_be_in_viewport()
    only = page.get_by_role("button", name="It is “dog”, and it said “cat” ✕")
    page.get_by_label("Order").select_option(label="By name")
    page.get_by_label("Search").fill("surely")
    assert names(page) == ["surely wrong"]
    page.get_by_role("button", name="Reset").click()
    expect(count).to_have_text("Showing 6 of 6")
    expect(only).to_be_hidden()
    matrix.get_by_role("columnheader", name="cat").get_by_role("link").click()
    expect(page.get_by_role("button", name="It said “cat” ✕")).to_be_visible()
    assert names(page) == ["surely wrong", "wrong", "right 9", "right 10"]
    matrix.get_by_role("rowheader", name="dog").get_by_role("link").click()
    expect(page.get_by_role("button", name="It is “dog” ✕")).to_be_visible()
    assert names(page) == ["surely wrong", "wrong", "contradicted", "failed"]
    page.go_back()
    expect(page.get_by_role("button", name="It said “cat” ✕")).to_be_visible()
    assert names(page) == ["surely wrong", "wrong", "right 9", "right 10"]
    page.get_by_role("button", name="It said “cat” ✕").click()
    expect(count).to_have_text("Showing 6 of 6")


def test_of_many_classes_the_others_are_opened_together(open_gallery: Open):
    pairs = [(f"class {i}", f"class {i - i % 2}") for i in range(30)]
    page = open_gallery([a_record(f"{i}.jpg", said, truth) for i, (truth, said) in enumerate(pairs)])
    page.locator(".matrix summary").click()
    page.get_by_role("rowheader", name="other classes (10)").get_by_role("link").click()
    expect(page.get_by_role("button", name="It is “other classes” ✕")).to_be_visible()
    assert len(names(page)) == 10


def by_camera() -> list[PhotoRecord]:
    """20 photos; with camera B it is wrong in most."""
    records = [a_record(f"{i:02}.jpg", "cat", "cat" if i % 2 or i > 15 else "dog") for i in range(20)]
    tables = ({"camera": "AB"[i % 2 == 0], "lot": f"L{i // 8}"} if i < 18 else {} for i in range(20))
    return [replace(record, metadata=table) for record, table in zip(records, tables, strict=True)]


def test_it_is_filtered_and_grouped_by_a_table(open_gallery: Open):
    page = open_gallery(by_camera())
    page.get_by_role("link", name="Show these photos").click()
    expect(page).to_have_url(re.compile("#metadata_camera=B$"))
    expect(page.locator("[data-column=camera]")).to_have_value("B")
    expect(page.get_by_role("status")).to_have_text("Showing 9 of 20")
    page.locator("[data-column=lot]").select_option(label="L1 (8)")
    assert names(page) == ["08", "10", "12", "14"]
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("Group by").select_option(label="lot")
    headings = page.locator(".group:visible")
    assert headings.all_text_contents() == [
        "lot: L0 (8) · right in 4 of 8",
        "lot: L1 (8) · right in 4 of 8",
        "lot: L2 (2) · right in 2 of 2",
        "lot: – (2) · right in 2 of 2",
    ]
    page.get_by_label("Order").select_option(label="By name")
    assert names(page) == [f"{i:02}" for i in range(20)]
    page.get_by_label("Search").fill("L1")
    assert headings.all_text_contents() == ["lot: L1 (8) · right in 4 of 8"]
    recalled = open_gallery(fragment="#group=lot&metadata_lot=L2&metadata_camera=none")
    assert recalled.locator(".group:visible").all_text_contents() == ["lot: L2 (2) · right in 2 of 2"]
    page.get_by_label("Search").fill("")
    page.get_by_label("Group by").select_option(label="Nothing")
    expect(headings).to_have_count(0)


def test_pictures_are_fetched_as_they_come_into_view(open_gallery: Open):
    photos = 400
    records = [a_record(f"{i}.jpg", "cat", "cat", stability=1 - i / photos) for i in range(photos)]
    page = open_gallery(records)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.reload()
    page.wait_for_load_state("networkidle")
    at_first = len(asked)
    assert 1 < at_first < photos / 4  # three pictures each
    page.get_by_label("Search").fill("nowhere")
    expect(page.get_by_role("status")).to_have_text("Showing 0 of 400")
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("Order").select_option(label="Least reliable first")
    first = page.locator("article:visible").first
    expect(first).to_contain_text("399.jpg")
    first.locator("img").first.evaluate("picture => picture.decode()")
    page.wait_for_load_state("networkidle")
    assert at_first < len(asked) < photos / 2
    assert any("/399.jpg/" in address for address in asked)


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("en", "light", 1280), ("en", "dark", 400), ("ja", "dark", 1280), ("ja", "light", 400)],
)
def test_nothing_keeps_anybody_out(open_gallery: Open, language: str, scheme: str, width: int):
    ships = [a_record(f"{i}.jpg", "ship", focus_grid=a_grid(LOWER_RIGHT)) for i in range(6)]
    page = open_gallery([*RECORDS, *ships, *by_camera()], language, width, color_scheme=scheme)
    assert serious_barriers(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width

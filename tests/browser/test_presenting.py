"""Showing it to an audience, without a pointer: what each key does, in both languages."""

import re

import pytest
from playwright.sync_api import Page, expect

from explainer.photos.examples import EXAMPLES
from explainer.words.language import Language

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETTINGS = "classifier=efficientnet-lite0&auto=false&num_samples=200"
LARGE = 0.025  # of the window's width: letters that can be read from the last row


def open_presented(visit, language: Language, width: int, height: int) -> Page:
    page = visit(f"{SETTINGS}&sample=astronaut&language={language.code}", width=width, height=height)
    page.goto(f"{page.url}&present=1")
    expect(page.locator("figure.pros_cons img")).to_be_visible()
    return page


@pytest.mark.parametrize(("code", "width", "height"), [("en", 1920, 1080), ("ja", 1280, 900)])
def test_everything_goes_by_keys(visit, code: str, width: int, height: int):
    language = Language(code)
    page = open_presented(visit, language, width, height)
    verdict = page.get_by_role("heading", level=2).first
    expect(verdict).to_be_visible()
    assert verdict.evaluate("heading => parseFloat(getComputedStyle(heading).fontSize)") >= LARGE * width
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.locator("input[type=file]").first).to_be_hidden()
    boxes = [frame.bounding_box() for frame in page.locator("figure .frame").all()]
    assert sum(box["width"] for box in boxes) > 0.8 * width
    assert all(box["y"] + box["height"] < height for box in boxes)
    expect(page.locator(".help")).to_contain_text(language.gettext("hide what speaks against"))

    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "+", "+", "+", "-"):
        page.keyboard.press(key)
    expect(page.locator("#labels input").nth(1)).to_be_checked()
    expect(page).to_have_url(re.compile("num_features=7"))

    page.keyboard.press("h")
    card = page.locator(".hiding")
    expect(card).to_contain_text(language.gettext("without what speaks against it"))
    expect(card).to_contain_text(language.class_name("football_helmet", "n03379051"))
    before = page.locator("#labels .percent").nth(1).inner_text()
    expect(card.locator(".score")).not_to_have_text(before)
    page.keyboard.press("h")
    expect(card).to_have_count(0)

    page.keyboard.press("n")
    names = list(EXAMPLES)
    following = names[(names.index("astronaut") + 1) % len(names)]
    expect(page).to_have_url(re.compile(f"sample={following}"))
    expect(page).not_to_have_url(re.compile("label="))
    page.keyboard.press("PageUp")
    expect(page).to_have_url(re.compile("sample=astronaut"))
    page.keyboard.press("?")
    expect(page.locator(".help")).to_have_count(0)

    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Limelight", level=1)).to_be_visible()
    expect(page).not_to_have_url(re.compile("present="))
    page.keyboard.press("ArrowRight")  # means nothing here
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("present=1"))
    expect(page.locator("#labels input").first).to_be_checked()


def test_keys_that_are_typed_are_text(visit):
    page = visit(f"{SETTINGS}&tuning=true")
    page.get_by_role("spinbutton").first.press("p")
    page.get_by_role("combobox").first.press("p")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+p")
    expect(page).not_to_have_url(re.compile("present="))
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("present=1"))

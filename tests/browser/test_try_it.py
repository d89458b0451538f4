"""Hiding regions by hand, and what a link restores of it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from waiting import wait_until_still

from explainer.words.language import Language

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LANGUAGES = {"en": "en-US", "ja": "ja-JP"}
ENGLISH, JAPANESE = Language("en"), Language("ja")
SETTINGS = "classifier=efficientnet-lite0&sample=astronaut&auto=false"
HIDDEN = ".regions path[aria-pressed='true']"


def open_trial(visit, language: Language, query: str) -> Page:
    page = visit(query, locale=LANGUAGES[language.code])
    expect(page.locator(".regions path").first).to_be_attached()
    expect(page.locator(".st-key-evidence img")).to_have_count(4)
    page.wait_for_function("findAll('img').every((picture) => picture.complete)")
    page.locator(".st-key-try-photo .frame").scroll_into_view_if_needed()
    return page


def middle(page: Page, region: int) -> tuple[float, float]:
    """Where on the screen a region is."""
    box = page.locator(".frame .number").nth(region).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def said(page: Page) -> Locator:
    return page.locator(".finding[role='status']")


@pytest.mark.parametrize("language", [ENGLISH, JAPANESE], ids=LANGUAGES)
def test_quick_clicks_while_the_page_runs_are_all_taken(visit, language):
    page = open_trial(visit, language, f"{SETTINGS}&num_samples=3000")
    for region in range(6):
        page.mouse.click(*middle(page, region))
        assert page.locator(HIDDEN).count() == region + 1  # at once
        page.wait_for_timeout(100)
    expect(said(page)).to_contain_text({"en": "With 6 regions hidden", "ja": "領域を6個隠"}[language.code])
    expect(page.locator(".chips button")).to_have_count(6)
    expect(page.locator(HIDDEN)).to_have_count(6)
    page.wait_for_url(re.compile("hidden=1-2-3-4-5-6_of_"))


def test_a_region_lights_up_and_is_hidden_by_pointer_or_keys(visit):
    page = open_trial(visit, ENGLISH, f"{SETTINGS}&num_samples=100")
    wait_until_still(page)
    before = page.locator("table.trial tbody tr").all_inner_texts()
    tip, regions = page.locator(".tip"), page.locator(".regions path")
    expect(tip).to_be_hidden()
    page.mouse.move(*middle(page, 3))
    expect(tip).to_have_text(re.compile(r"^Region 4 · .+ (evidence [+−]\d\.\d\d|no evidence)$"))
    expect(page.locator(".light")).to_be_visible()
    assert page.locator(".light").get_attribute("d") == regions.nth(3).get_attribute("d")
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()

    page.locator(".regions path[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".regions path[tabindex='0']")).to_have_count(1)
    expect(tip).to_be_visible()
    page.keyboard.press(" ")
    expect(tip).to_contain_text("hidden")
    expect(said(page)).to_contain_text("With 1 region hidden")
    expect(page.locator(".regions path[tabindex='0']")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="Hide what speaks against").click()
    expect(page.locator(HIDDEN)).not_to_have_count(1)  # each button once the one before it was obeyed
    expect(page.locator("table.trial tbody tr").first).to_contain_text("▲")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(HIDDEN)).to_have_count(1)
    expect(said(page)).to_contain_text("With 1 region hidden")
    page.get_by_role("button", name="Reset").click()
    expect(page.locator(HIDDEN)).to_have_count(0)
    expect(page.locator("table.trial tbody tr")).to_have_text(before, use_inner_text=True)


def test_a_link_restores_what_is_hidden_and_the_labels_that_are_compared(visit):
    page = open_trial(visit, JAPANESE, f"{SETTINGS}&num_samples=100&versus=573")
    wait_until_still(page)
    page.mouse.click(*middle(page, 2))
    page.wait_for_url(re.compile("hidden=3_of_"))
    wait_until_still(page)
    link = page.url.split("?")[1]
    assert "versus=573" in link
    other = open_trial(visit, JAPANESE, link)
    expect(other.locator(".regions path").nth(2)).to_have_attribute("aria-pressed", "true")
    expect(other.locator(HIDDEN)).to_have_count(1)
    kart = JAPANESE.class_name("go-kart", "n03444034")
    expect(other.get_by_role("combobox", name=JAPANESE.gettext("And not that"))).to_have_value(kart)

"""The browser's Back and Forward: they undo what a visitor thinks of as a step, each once."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETTINGS = "classifier=efficientnet-lite0&auto=false&num_samples=100"


def expect_view(page: Page, verdict: str, regions: int) -> None:
    expect(page.get_by_role("heading", name=verdict)).to_be_visible()
    expect(page.get_by_role("slider", name="Regions shown")).to_have_value(str(regions))


def example(page: Page, title: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^{title}( –|$)"))


def go(page: Page, steps: int) -> None:
    page.evaluate("steps => history.go(steps)", steps)


def test_back_undoes_steps_and_forward_takes_them_again(visit):
    page = visit(SETTINGS)
    entries = page.evaluate("history.length")
    example(page, "Coffee").click()
    expect_view(page, "espresso", 5)
    page.get_by_role("slider", name="Regions shown").press("ArrowRight")
    expect(page).to_have_url(re.compile("num_features=6"))
    page.get_by_role("radio", name="cup").first.check(force=True)
    expect(page).to_have_url(re.compile("label=968"))
    example(page, "Cat").click()
    expect_view(page, "Egyptian cat", 6)
    expect(page).to_have_url(re.compile("sample=chelsea"))
    expect(page).not_to_have_url(re.compile("label="))
    assert page.evaluate("history.length") == entries + 3

    go(page, -1)
    expect_view(page, "espresso", 6)
    expect(page.get_by_role("radio", name="cup").first).to_be_checked()
    go(page, -1)
    expect(page.get_by_role("radio", name="espresso").first).to_be_checked()
    go(page, -1)
    expect(page.get_by_role("heading", name="espresso")).to_have_count(0)
    go(page, 3)
    expect_view(page, "Egyptian cat", 6)
    go(page, -2)
    expect_view(page, "espresso", 6)
    assert page.evaluate("history.length") == entries + 3


def test_own_photos_and_the_palette_follow_the_address(visit, coffee: Image.Image, tmp_path: Path):
    coffee.resize((150, 100)).save(tmp_path / "cup.png")
    page = visit(f"{SETTINGS}&language=ja&palette=green-red")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "cup.png")
    expect_verdict = expect(page.get_by_role("heading", name="エスプレッソ"))
    expect_verdict.to_be_visible()
    page.get_by_text("青とオレンジ", exact=True).click()
    expect(page).not_to_have_url(re.compile("palette="))
    example(page, "ネコ").click()
    expect(page).to_have_url(re.compile("sample=chelsea"))
    expect(page.get_by_role("heading", name="エスプレッソ")).to_have_count(0)
    page.get_by_text("緑と赤", exact=True).click()
    expect(page).to_have_url(re.compile("palette=green-red"))
    go(page, -1)
    expect_verdict.to_be_visible()
    expect(page).not_to_have_url(re.compile("palette="))
    expect(page.get_by_role("radio", name="青とオレンジ")).to_be_checked()

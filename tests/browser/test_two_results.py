"""Two classifiers side by side, on the page as it is used."""

import re

import pytest
from playwright.sync_api import Page, expect
from waiting import press

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETTINGS = "sample=chelsea&auto=false&num_samples=100"


def expect_both(page: Page, common: str, samples: str) -> None:
    comparison = page.locator("#compare")
    expect(comparison.locator(".title")).to_have_text(["EfficientNet-Lite0", "EfficientNet-Lite2"])
    expect(comparison.locator("img")).to_have_count(4)
    expect(comparison.locator(".common")).to_have_text(re.compile(common))
    # Both at the same moment: what is above may still move.
    boxes = comparison.locator("img").evaluate_all("all => all.map((image) => image.getBoundingClientRect())")
    left, right = boxes[:2]
    assert left["y"] == right["y"], "side by side"
    assert left["x"] + left["width"] < right["x"]
    expect(comparison.get_by_role("row", name=f"{samples} 100 100")).to_be_visible()


def test_a_pinned_classifier_stands_beside_another_and_the_link_restores_both(visit):
    page = visit(f"{SETTINGS}&classifier=efficientnet-lite0")
    press(page.get_by_role("button", name="Pin this as A"))
    expect(page).to_have_url(re.compile("pin="))
    page.get_by_role("combobox", name=re.compile("Classifier")).fill("Lite2")
    page.get_by_role("option", name="EfficientNet-Lite2").click()
    expect_both(page, r"Focus in common: [\d.]+% of the area", "Samples")
    again = visit(page.url.partition("?")[2] + "&language=ja", width=400)
    expect_both(again, r"注目領域の重なり：.*[\d.]+%", "サンプル数")
    press(again.get_by_role("button", name="固定を解除"))
    expect(again.locator("#compare")).to_have_count(0)

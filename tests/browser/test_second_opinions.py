"""Asking how good the picture is, on the page as it is used."""

import re

import pytest
from barriers import serious_barriers
from playwright.sync_api import Locator, Page, expect
from waiting import press, wait_until_explained

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETTINGS = "sample=coffee&auto=false&num_samples=100&classifier=efficientnet-lite0"
TILES = "[class*='st-key-opinion-']"


def button(page: Page, text: str) -> Locator:
    return page.locator(".st-key-opinions-buttons").get_by_role("button", name=text, exact=True)


def asked_about(page: Page) -> int:
    (number,) = re.findall(r"([\d,]+) pictures? asked", page.locator(".st-key-opinions-buttons").inner_text())
    return int(number.replace(",", ""))


def test_opinions_are_stopped_and_resumed_and_the_best_is_marked_until_another_label_is_chosen(visit):
    page = visit(SETTINGS)
    wait_until_explained(page)
    press(button(page, "Put it to the test"))
    expect(page.locator(".st-key-opinions-quality .finding")).to_have_count(2)
    expect(page.locator(TILES)).to_have_count(6)
    expect(button(page, "Put it to the test")).to_be_hidden()
    press(button(page, "Stop"))
    expect(button(page, "Resume")).to_be_visible()
    expect(page.locator(".st-key-opinions [role='progressbar']")).to_have_count(0)
    wait_until_explained(page)
    stopped_at, tiles = asked_about(page), page.locator(f"{TILES} img").count()
    assert tiles < 6
    where = page.locator(".st-key-opinions-tiles").bounding_box()
    press(button(page, "Resume"))
    expect(page.locator(f"{TILES} img")).to_have_count(6)
    expect(page.locator(".opinion mark")).to_have_text("★ best")
    assert asked_about(page) > stopped_at
    assert page.locator(".st-key-opinions-tiles").bounding_box()["height"] == pytest.approx(
        where["height"], abs=1
    )
    expect(page.get_by_role("button", name="All as JSON")).to_be_visible()
    assert serious_barriers(page) == []

    page.locator("#labels").get_by_text("cup", exact=True).click()
    expect(button(page, "Put it to the test")).to_be_visible()
    expect(page.locator(TILES)).to_have_count(0)
    page.locator("#labels").get_by_text("espresso", exact=True).click()
    expect(page.locator(".opinion mark")).to_have_text("★ best")


def test_on_a_phone_two_pictures_stand_beside_each_other_and_nothing_is_wider_than_it(visit):
    page = visit(SETTINGS, width=400, height=860)
    wait_until_explained(page)
    press(button(page, "Put it to the test"))
    expect(page.locator(f"{TILES} img").nth(1)).to_be_visible()
    press(button(page, "Stop"))
    tops = page.locator(TILES).evaluate_all("tiles => tiles.map((tile) => tile.getBoundingClientRect().top)")
    assert tops[0] == tops[1] < tops[2] == tops[3]
    assert page.evaluate("document.documentElement.scrollWidth") <= 400

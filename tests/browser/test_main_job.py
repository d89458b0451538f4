"""What a visitor does: bring a photo, see why, play with it, stop, go on."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from skimage import data
from waiting import press, wait_until_explained

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WATCH = """
() => {
  window.seen = {pictures: [], samples: []};
  const note = (list, value) => { if (value && list.at(-1) !== value) list.push(value); };
  const look = () => {
    note(window.seen.pictures, findAll("figure.focus .frame > img")[0]?.getAttribute("src"));
    const counted = findAll("#pictures .reliability")[0]?.title.match(/([\\d,]+) samples?\\./);
    if (counted) note(window.seen.samples, Number(counted[1].replaceAll(",", "")));
    requestAnimationFrame(look);
  };
  look();
}
"""
ARRIVED = "() => findAll('img[src]').every((picture) => picture.complete && picture.naturalWidth)"
QUICK = "classifier=efficientnet-lite0&auto=false&num_samples=100"


def photo(degrees: float) -> bytes:
    """A cat, turned a little, so that no other test has had the same photo."""
    stream = io.BytesIO()
    Image.fromarray(data.chelsea()).rotate(degrees).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def upload(page: Page, *files: tuple[str, bytes]) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [{"name": name, "mimeType": "image/jpeg", "buffer": content} for name, content in files]
    )


def focus(page: Page) -> Locator:
    return page.locator("figure.focus .frame > img")


def pros_cons(page: Page) -> Locator:
    return page.locator("figure.pros_cons .frame > img")


def choose_label(page: Page, name: str) -> None:
    page.locator("#labels").get_by_role("radio", name=name).check(force=True)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def sources(page: Page) -> tuple[str, str]:
    return focus(page).get_attribute("src") or "", pros_cons(page).get_attribute("src") or ""


def count_samples(page: Page) -> int:
    """The number of samples that the pictures stand for."""
    sentence = page.locator("#pictures .reliability").get_attribute("title") or ""
    return int(re.findall(r"([\d,]+) samples?\.", sentence)[-1].replace(",", ""))


def expect_no_errors(page: Page, problems: list[str]) -> None:
    assert problems == []
    expect(page.get_by_role("alert")).to_have_count(0)
    expect_whole(page)


def expect_whole(page: Page) -> None:
    """Every picture has arrived, and nothing was raised."""
    page.wait_for_function(ARRIVED)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_photo_is_explained_and_every_setting_changes_the_pictures(visit, problems):
    page = visit("auto=false&num_samples=200")
    expect_no_errors(page, problems)
    upload(page, ("my cat.jpg", photo(1)))
    wait_until_explained(page)
    assert count_samples(page) == 200
    expect_no_errors(page, problems)
    before = sources(page)
    shown = {*before}

    page.get_by_role("slider", name="Regions shown").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("slider", name="Regions shown")).to_have_value("7")
    expect(page).to_have_url(re.compile("num_features=7"))
    expect(focus(page)).not_to_have_attribute("src", before[0])
    expect(pros_cons(page)).not_to_have_attribute("src", before[1])
    wait_until_explained(page)
    expect_no_errors(page, problems)
    before = sources(page)
    shown |= {*before}

    second = page.locator("#labels .row").nth(1)
    name = second.locator(".title").inner_text()
    second.click()
    expect(focus(page)).to_have_attribute("alt", re.compile(f"“{name}”"))
    expect(focus(page)).not_to_have_attribute("src", before[0])
    expect(pros_cons(page)).not_to_have_attribute("src", before[1])
    wait_until_explained(page)
    assert count_samples(page) == 200
    expect_no_errors(page, problems)
    assert not shown & {*sources(page)}


def test_pictures_sharpen_stop_and_go_on_from_where_they_were(visit, problems):
    page = visit("auto=false&num_samples=5000")
    page.evaluate(WATCH)
    upload(page, ("cat.jpg", photo(2)))
    page.wait_for_function("window.seen.pictures.length >= 3")
    expect(button(page, "Stop")).to_be_visible()
    assert count_samples(page) < 5000

    press(button(page, "Stop"))
    expect(button(page, "Resume")).to_be_visible()
    wait_until_explained(page)
    stopped = count_samples(page)
    assert 0 < stopped < 5000
    before = sources(page)
    page.get_by_role("slider", name="Regions shown").focus()
    page.keyboard.press("ArrowLeft")
    expect(focus(page)).not_to_have_attribute("src", before[0])
    wait_until_explained(page)
    assert count_samples(page) == stopped
    expect_no_errors(page, problems)

    page.evaluate("window.seen.samples.length = 0")
    button(page, "Resume").click()
    page.wait_for_function("stopped => Math.max(...window.seen.samples) > stopped + 100", arg=stopped)
    assert min(page.evaluate("window.seen.samples")) >= stopped
    expect(button(page, "Stop")).to_be_visible()
    expect_no_errors(page, problems)
    press(button(page, "Stop"))
    expect(button(page, "Resume")).to_be_visible()
    wait_until_explained(page)
    assert stopped < count_samples(page) < 5000


def test_stop_before_the_first_picture_stops_at_it(visit, problems):
    page = visit("auto=false&num_samples=5000")
    upload(page, ("cat.jpg", photo(6)))
    press(button(page, "Stop"))
    expect(button(page, "Resume")).to_be_visible()
    wait_until_explained(page)
    assert 0 < count_samples(page) < 5000
    expect_no_errors(page, problems)


def test_a_bad_file_gets_one_sentence_and_the_photo_beside_it_works(visit, problems):
    page = visit(QUICK)
    name = "<img src=x onerror=alert(1)> **shopping**.jpg"
    upload(page, (name, b"milk, bread, two onions\n" * 40), ("cat.jpg", photo(3)))
    wait_until_explained(page)
    alert = page.get_by_role("alert")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text(name)
    sentence = alert.inner_text().partition(name)[2].strip(" –\n")
    assert re.fullmatch(r"[A-Z][^.\n]+\.", sentence), sentence
    expect(page.locator("img[src=x]")).to_have_count(0)
    expect_whole(page)
    assert problems == []
    assert count_samples(page) == 100


def test_two_photos_can_be_looked_at_in_turn(visit, problems):
    page = visit(QUICK)
    upload(page, ("left_*cat*.jpg", photo(4)), ("right.jpg", photo(5)))
    wait_until_explained(page)
    before = sources(page)
    button(page, "right.jpg").click()
    expect(focus(page)).not_to_have_attribute("src", before[0])
    wait_until_explained(page)
    expect_no_errors(page, problems)


def test_a_sample_is_explained_by_one_click_in_both_languages(visit, problems):
    page = visit(QUICK)
    page.locator(".tile").filter(has_text="Coffee").get_by_role("button").first.click()
    wait_until_explained(page)
    expect(page.get_by_role("heading", name="espresso")).to_be_visible()
    choose_label(page, "coffee mug")
    expect(focus(page)).to_have_attribute("alt", re.compile("“coffee mug”"))
    expect_no_errors(page, problems)

    page.get_by_role("radio", name="日本語").click()
    expect(page.get_by_role("radio", name="エスプレッソ")).to_be_visible()
    expect(page.get_by_role("radio", name="マグカップ")).to_be_checked()
    wait_until_explained(page)
    expect_no_errors(page, problems)
    page.reload()
    expect(page.get_by_role("radio", name="日本語")).to_be_checked()
    expect(page.get_by_role("radio", name="エスプレッソ")).to_be_visible()


def test_a_japanese_browser_gets_japanese(visit, problems):
    page = visit(f"{QUICK}&sample=coffee", locale="ja-JP")
    expect(page.get_by_role("radio", name="エスプレッソ")).to_be_visible()
    expect(page.get_by_role("radio", name="日本語")).to_be_checked()
    expect_no_errors(page, problems)

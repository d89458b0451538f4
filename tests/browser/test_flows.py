"""Each section of the page, as a visitor uses it, in one language or the other; and whether everybody can."""

import json
import re

import pytest
from barriers import serious_barriers
from playwright.sync_api import Locator, Page, expect
from waiting import wait_until_explained, wait_until_still

from explainer.words.language import Language

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LANGUAGES = {"en": "en-US", "ja": "ja-JP"}
ENGLISH, JAPANESE = Language("en"), Language("ja")
SETTINGS = "sample=astronaut&auto=false&num_samples=300"


def open_explained(visit, language: Language, query: str = SETTINGS, **options) -> Page:
    page = visit(query, locale=LANGUAGES[language.code], **options)
    wait_until_explained(page)
    return page


def open_list(page: Page, choice: Locator) -> None:
    """Open a drop-down list; one that a part of the page that comes late closes again, again."""
    for _ in range(10):
        choice.press("ArrowDown")
        try:
            expect(page.get_by_role("option").first).to_be_visible(timeout=3000)
        except AssertionError:
            continue
        return


def heading(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", name=text, exact=True)


def button(page: Page, text: str) -> Locator:
    return page.get_by_role("button", name=text, exact=True)


def test_the_claims_are_checked_and_the_astronauts_suit_held_the_helmet_down(visit):
    language = ENGLISH
    page = open_explained(visit, language)
    _ = language.gettext
    expect(heading(page, _("Is that true? We asked again"))).to_be_visible()
    scores = page.locator(".st-key-evidence .answer b")
    expect(scores).to_have_count(4)
    whole, _focus_only, focus_hidden, against_hidden = (
        float(text.rstrip("%")) for text in scores.all_inner_texts()
    )
    assert focus_hidden < whole < against_hidden - 10
    expect(page.locator(".st-key-evidence img")).to_have_count(4)
    for picture in page.locator(".st-key-evidence img").all():
        assert re.search(r"\d%", picture.get_attribute("alt"))


def test_two_labels_are_compared_without_asking_the_classifier(visit):
    language = JAPANESE
    page = open_explained(visit, language)
    _ = language.gettext
    picture = page.get_by_role("img", name=re.compile(language.class_name("ski", "n04228054"))).last
    before = picture.get_attribute("src")
    choice = page.get_by_role("combobox", name=_("And not that"))
    open_list(page, choice)
    expect(page.get_by_role("option")).to_have_count(4)
    page.get_by_role("option").nth(2).click()
    expect(page.locator(f"img[src='{before}']")).to_have_count(0)


def test_the_method_is_explained_with_this_photos_own_samples(visit):
    language = ENGLISH
    page = open_explained(visit, language)
    _ = language.gettext
    page.get_by_text(_("What am I looking at?")).click()
    expect(heading(page, _("1. The photo is cut up"))).to_be_visible()
    expect(heading(page, _("4. What this cannot tell"))).to_be_visible()
    section = page.get_by_test_id("stExpander").filter(has_text=_("What am I looking at?"))
    expect(section.get_by_role("img")).to_have_count(4)  # the superpixels, and three samples


@pytest.mark.parametrize("language", [ENGLISH, JAPANESE], ids=LANGUAGES)
def test_everything_can_be_taken_away_in_the_chosen_language(visit, language, tmp_path):
    page = open_explained(visit, language)
    _ = language.gettext
    downloads = {}
    for name in (_("Report"), _("Numbers"), _("Notebook"), _("Pictures")):
        with page.expect_download() as download:
            button(page, name).click()
        downloads[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(downloads[name])
    report = downloads[_("Report")].read_text("utf-8")
    assert f'lang="{language.code}"' in report
    assert language.class_name("football_helmet", "n03379051") in report
    numbers = json.loads(downloads[_("Numbers")].read_text("utf-8"))
    assert numbers["num_samples"] == 300
    assert numbers["labels"][0]["name"] == "football_helmet"
    notebook = json.loads(downloads[_("Notebook")].read_text("utf-8"))
    assert any(cell["cell_type"] == "code" for cell in notebook["cells"])
    assert downloads[_("Pictures")].read_bytes().startswith(b"PK")


def test_a_link_restores_the_view(visit):
    language = JAPANESE
    settings = "auto=false&num_samples=200&num_features=3&palette=green-red&positive_only=true"
    query = f"sample=coffee&label=968&{settings}"
    page = open_explained(visit, language, query)
    _ = language.gettext
    expect(page.get_by_role("slider", name=_("Regions shown"))).to_have_value("3")
    button(page, _("Link to this view")).click()
    link = page.get_by_test_id("stCode").first.inner_text()
    chosen = page.locator("#labels .row").filter(has=page.get_by_role("radio", checked=True))
    expect(chosen.locator(".title")).to_have_text(language.class_name("cup", "n07930864"))
    for part in ("sample=coffee", "label=968", "num_samples=200", "num_features=3", "palette=green-red"):
        assert part in link


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1280), ("light", 400)])
def test_nothing_keeps_anybody_out(visit, scheme, width):
    """No serious violation of WCAG that axe-core finds, with every section open."""
    language = ENGLISH
    page = visit("", width=width)
    page.emulate_media(color_scheme=scheme)
    page.goto(page.url.split("?")[0] + "?" + SETTINGS)
    wait_until_explained(page)
    page.get_by_text(language.gettext("What am I looking at?")).click()
    page.get_by_text("Weights and figures, for engineers").click()
    wait_until_still(page)
    assert serious_barriers(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width

"""The first screen is the answer: where it stands, that nothing of it vanishes, jumps or stays too long."""

import io
import re
from base64 import b64encode

import pytest
from barriers import serious_barriers
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect
from waiting import press, wait_until_explained, wait_until_still

from explainer.page.scripts import script
from explainer.words.language import Language

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LANGUAGES = {"en": "en-US", "ja": "ja-JP"}
QUICK = "classifier=efficientnet-lite0&auto=false&num_samples=100"
TALLEST = 0.55  # of the window
JUMP = 8  # pixels
CUT_OFF = """
() => findAll("img", document.querySelector('[data-testid="stMain"]')).filter((picture) => {
  const inner = picture.getBoundingClientRect();
  const parent = (element) => element.parentElement ?? element.getRootNode().host;
  for (let around = parent(picture); around; around = parent(around)) {
    const scrolls = around.role === "toolbar";
    if (scrolls || around === document.body) return false;
    if (getComputedStyle(around).overflowX === "visible") continue;
    const outer = around.getBoundingClientRect();
    if (inner.left < outer.left - 1 || inner.right > outer.right + 1) return true;
  }
}).map((picture) => picture.alt)
"""
# Looks at every frame that the browser draws.
WATCH = """
() => {
  const frames = findAll("figure .frame");
  const pictures = frames.map((frame) => frame.querySelector("img"));
  const had = pictures.map(() => false);
  const top = () => frames[1].getBoundingClientRect().top;
  const heights = () => frames.map((frame) => Math.round(frame.getBoundingClientRect().height)).join();
  const seen = window.seen = {vanished: 0, tops: [top()], heights: [heights()], sources: []};
  const look = () => {
    pictures.forEach((picture, number) => {
      const shown = !!picture.getAttribute("src") && picture.getClientRects().length > 0;
      if (had[number] && !shown) seen.vanished += 1;
      had[number] ||= shown;
    });
    if (top() !== seen.tops.at(-1)) seen.tops.push(top());
    if (heights() !== seen.heights.at(-1)) seen.heights.push(heights());
    const source = pictures[1].getAttribute("src");
    if (source && source !== seen.sources.at(-1)) seen.sources.push(source);
    requestAnimationFrame(look);
  };
  look();
}
"""
# Takes another photo, and notes what else the page shows when it first shows that photo's labels.
TAKE_ANOTHER = """
(id) => {
  const verdict = () => findAll(".st-key-stage-verdict h2")[0]?.textContent;
  const first = () => findAll("#labels .title")[0].textContent;
  const before = [verdict(), first()];
  window.seen = null;
  const look = () => {
    if (!first() || first() === before[1]) return requestAnimationFrame(look);
    window.seen = {
      verdict: verdict(),
      isAnswered: !!findAll("figure.focus .frame > img[src]").length,
      words: findAll(".stMain p").map((each) => each.textContent).join("\\n"),
      pictures: findAll("img").map((each) => each.getAttribute("src")),
      downloads: findAll(".st-key-downloads button").length,
    };
  };
  requestAnimationFrame(look);
  findAll(`.tile[data-id="${id}"] .photo`)[0].click();
}
"""
DRAG = """
([kinds, files]) => {
  const transfer = new DataTransfer();
  for (const [name, content, size] of files) {
    const decoded = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const bytes = content ? decoded : new ArrayBuffer(size);
    transfer.items.add(new File([bytes], name, {type: "image/png"}));
  }
  for (const kind of kinds) {
    const event = new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer});
    document.body.dispatchEvent(event);
  }
}
"""


DRAW_TWICE = """
async ([script, newer, older]) => {
  const {default: draw} = await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
  document.body.innerHTML = '<div id="labels"></div>';
  for (const data of [newer, older]) await draw({data, parentElement: document.body});
  return document.querySelector(".title").textContent;
}
"""


def top_bottom(part: Locator) -> tuple[float, float]:
    box = part.bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


def png(photo: Image.Image) -> bytes:
    stream = io.BytesIO()
    photo.save(stream, "PNG")
    return stream.getvalue()


def drag(page: Page, *kinds: str, **files: bytes | int) -> None:
    """Drag files, by their content or only so large, over the page's margin."""
    expect(page.locator("#drop button")).to_be_visible()
    given = [
        [f"{name}.png", "", content]
        if isinstance(content, int)
        else [f"{name}.png", b64encode(content).decode(), 0]
        for name, content in files.items()
    ]
    page.evaluate(DRAG, [kinds, given])


def assert_whole(page: Page, width: int, height: int) -> None:
    """Verdict, all labels and all pictures are in the window, and no picture is too high."""
    top, _ = top_bottom(page.locator(".st-key-stage-verdict h2"))
    labels = [top_bottom(row) for row in page.locator("#labels .row").all()]
    frames = [top_bottom(frame) for frame in page.locator("figure .frame").all()]
    assert (len(labels), len(frames)) == (5, 3)
    assert 0 < top < labels[0][0] < labels[-1][1] < frames[0][0]
    assert max(bottom for _, bottom in frames) <= height
    assert max(bottom - top for top, bottom in frames) <= TALLEST * height + 1
    assert len({top for top, _ in frames}) == 1
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (768, 1024), (1920, 1080), (400, 860)])
def test_the_answer_is_whole_without_scrolling(visit, code, width, height):
    page = visit(f"{QUICK}&sample=chelsea", width=width, height=height, locale=LANGUAGES[code])
    wait_until_explained(page)
    if width > 640:
        assert_whole(page, width, height)
    else:
        assert_one_picture_with_a_switch(page, Language(code), height)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []
    page.get_by_role("heading", level=1).click(trial=True, position={"x": 5, "y": 5}, timeout=5000)


def assert_one_picture_with_a_switch(page: Page, language: Language, height: int) -> None:
    _ = language.gettext
    verdict, switch = (
        page.locator(".st-key-stage-verdict h2"),
        page.get_by_role("radiogroup", name=_("Picture")),
    )
    last_label = page.locator("#labels .row").last
    slider = page.get_by_role("slider", name=_("Regions shown"))
    for name, kind in ((_("Focus"), "focus"), (_("Pros and cons"), "pros_cons"), (_("Your photo"), "photo")):
        switch.get_by_text(name, exact=True).click()
        expect(page.locator(".figures figure:visible")).to_have_class(kind)
        top, bottom = top_bottom(page.locator(f"figure.{kind} .frame"))
        assert top_bottom(verdict)[0] < top_bottom(last_label)[1] < top < height
        assert bottom - top <= TALLEST * height + 1
        assert bottom < top_bottom(slider)[0]


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_tall_photo_keeps_to_the_same_height(visit, chelsea: Image.Image, code):
    page = visit(QUICK, locale=LANGUAGES[code])
    tall = FilePayload(name="tall.png", mimeType="image/png", buffer=png(chelsea.resize((500, 2135))))
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tall)
    wait_until_explained(page)
    assert_whole(page, 1280, 900)


def test_no_picture_vanishes_or_jumps(visit):
    page = visit("classifier=efficientnet-lite0&auto=false&num_samples=600")
    page.locator(".tile").filter(has_text="Astronaut").get_by_role("button").first.click()
    expect(page.locator("figure.focus .frame")).to_be_attached()
    page.evaluate(WATCH)
    wait_until_explained(page)
    slider = page.get_by_role("slider", name="Regions shown")
    for step in range(10):
        pictures = page.evaluate("seen.sources.length")
        slider.press("ArrowRight" if step < 5 else "ArrowLeft")
        page.wait_for_function("pictures => seen.sources.length > pictures", arg=pictures)
    wait_until_explained(page)
    seen = page.evaluate("seen")
    assert len(seen["sources"]) >= 12  # it was seen while it sharpened, too
    assert seen["vanished"] == 0
    assert max(seen["tops"]) - min(seen["tops"]) <= JUMP, seen["tops"]
    assert len(seen["heights"]) == 1, seen["heights"]


def test_nothing_of_the_photo_before_stands_by_another(visit):
    page = visit(f"{QUICK}&sample=chelsea")
    wait_until_explained(page)
    verdict = page.locator(".st-key-stage-verdict h2").inner_text()
    sentences = [each for each in page.locator("figure .sentence").all_inner_texts() if each]
    sentences += page.locator(".st-key-evidence .finding").all_inner_texts()
    pictures = [
        page.locator(f"figure.{kind} .frame > img").get_attribute("src") for kind in ("focus", "pros_cons")
    ]
    pictures += [each.get_attribute("src") for each in page.locator(".st-key-evidence img").all()]
    assert len(sentences) >= 4
    assert len(pictures) == 6
    page.evaluate(TAKE_ANOTHER, "example-rocket")
    seen = page.wait_for_function("seen").json_value()
    assert seen["verdict"] != verdict
    assert [each for each in sentences if each in seen["words"]] == []
    assert not {*pictures} & {*seen["pictures"]} - {None}
    assert seen["downloads"] == 0 or seen["isAnswered"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_files_dropped_on_the_margin_are_taken_or_refused_in_our_words(visit, coffee, chelsea, code):
    _ = Language(code).gettext
    page = visit(QUICK, locale=LANGUAGES[code])
    mug = png(coffee.resize((150, 100)))
    overlay, own = page.locator(".overlay"), page.locator(".tile.own")
    drag(page, "dragenter", "dragover", mug=mug)
    expect(overlay).to_be_visible()
    expect(overlay).to_have_text(_("Drop photos anywhere"))
    drag(page, "drop", mug=mug, huge=51 << 20)
    expect(overlay).to_be_hidden()
    expect(
        page.get_by_role("heading", name=Language(code).class_name("espresso", "n07920052"))
    ).to_be_visible()
    alert = page.get_by_role("alert")
    expect(alert).to_have_text(
        re.compile(re.escape(_("The file is larger than {limit} MB.").format(limit=50)))
    )
    expect(alert).to_contain_text("huge.png")
    expect(own).to_have_count(1)

    drag(page, "drop", the_same=mug, cat=png(chelsea.resize((150, 100))))
    expect(page.locator(".tile.own").filter(has_text="cat.png")).to_have_count(1)
    wait_until_explained(page)
    expect(own).to_have_count(2)
    press(page.get_by_role("button", name=_("Close")))
    expect(alert).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_empty_page_and_a_refused_file_keep_nobody_out(visit, scheme):
    page = visit()
    page.emulate_media(color_scheme=scheme)
    page.reload()
    drag(page, "dragenter", "drop", huge=51 << 20)
    expect(page.get_by_role("alert").filter(has_text="huge.png")).to_be_visible()
    drag(page, "dragenter", mug=b"mug")
    wait_until_still(page)
    assert serious_barriers(page) == []


def test_what_a_browser_brings_late_is_not_drawn_over_what_is_newer(browser):
    page = browser.new_page()

    def labels(name: str, turn: float) -> dict:
        row = {"index": "1", "name": name, "detail": "", "share": 0.5, "percent": "50%"}
        return {"question": "", "chosen": "1", "rows": [row], "pending": 1, "turn": turn}

    drawn = page.evaluate(DRAW_TWICE, [script("labels"), labels("cat", 2.0), labels("dog", 1.0)])
    assert drawn == "cat"
    assert page.evaluate(DRAW_TWICE, [script("labels"), labels("cat", 2.0), labels("dog", 2.0)]) == "dog"
    page.close()

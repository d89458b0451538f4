"""Several visitors at once: everybody gets their own answers, and whoever leaves leaves nothing running."""

import io
import json
import re
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from waiting import press, wait_until_explained

from explainer import explain, load_classifier

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PEOPLE = 3
SAMPLES = 100
QUIET = 0.2  # seconds of processor time in a second: less than any batch takes


def drop(page: Page, photo: Image.Image) -> None:
    stream = io.BytesIO()
    photo.save(stream, "PNG")  # which keeps every pixel
    payload = {"name": "photo.png", "mimeType": "image/png", "buffer": stream.getvalue()}
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files([payload])


def numbers(page: Page) -> dict:
    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers", exact=True).click()
    return json.loads(Path(download.value.path()).read_text("utf-8"))


def test_everybody_gets_what_they_would_get_alone(visit, astronaut):
    photos = [astronaut.rotate(100 + 20 * number).resize((300, 300)) for number in range(PEOPLE)]
    settings = f"classifier=efficientnet-lite0&auto=false&num_samples={SAMPLES}"
    pages = [visit(f"{settings}&seed={number}") for number in range(PEOPLE)]
    for page, photo in zip(pages, photos, strict=True):
        drop(page, photo)
    for page in pages:  # while all of them are being worked for
        slider = page.get_by_role("slider", name="Samples")
        slider.press("ArrowRight")
        expect(slider).to_have_value(str(SAMPLES + 100))
    classifier = load_classifier("efficientnet-lite0")
    for number, (page, photo) in enumerate(zip(pages, photos, strict=True)):
        wait_until_explained(page)
        shown = numbers(page)
        alone = explain(photo, classifier, num_samples=SAMPLES + 100, seed=number)
        assert (shown["num_samples"], shown["seed"]) == (SAMPLES + 100, number)
        assert [label["index"] for label in shown["labels"]] == [label.index for label in alone.labels]
        for there, here in zip(shown["labels"], alone.labels, strict=True):
            assert np.array_equal(there["weights"], here.weights)


def explained(page: Page) -> Locator:
    """The dropped photo's button, once there is a first answer about it."""
    return page.get_by_role("button", name=re.compile("^photo.png – "), pressed=True)


def test_a_visitor_who_leaves_leaves_nothing_running(visit, page_process, astronaut):
    settings = "classifier=efficientnet-lite2&auto=false&num_samples=5000"
    photo = astronaut.rotate(77).resize((300, 300))
    page = visit(settings)
    drop(page, photo)
    expect(explained(page)).to_be_visible()
    page.context.close()
    wait_until_quiet(page_process.process)

    page = visit(settings)
    drop(page, photo)
    expect(explained(page)).to_be_visible()  # lest it is the example photo that is stopped
    press(page.locator(".st-key-stop button"))  # for much was left to do
    expect(page.locator(".st-key-resume button")).to_be_visible()


def wait_until_quiet(process: psutil.Process, patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while process.cpu_percent(interval=1) > 100 * QUIET:
        assert time.monotonic() < deadline, "the page still works for somebody who has left"

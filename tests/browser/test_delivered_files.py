"""Files that are asked for while the page is drawn again and again: all of them come, once, and whole."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, expect

from tests.running_page import RunningPage, running_page

pytestmark = pytest.mark.browser

LARGE = 40 << 20  # bytes; sixty photos' gallery has about as many
RESTLESS = f"""
import time

import streamlit as st

from explainer.page.delivery import deliver, offer_file
from explainer.words.language import Language

def large():
    print("made", flush=True)
    time.sleep(1)
    return bytes({LARGE})

deliver(Language("ja"))
for name, make in dict(猫=lambda: "ねこ", 犬=lambda: "いぬ", 大=large).items():
    offer_file(name, name, make, f"{{name}}.txt", "text/plain", ":material/description:")
time.sleep(0.1)
st.rerun()
"""


@pytest.fixture
def restless_page(tmp_path: Path) -> Iterator[RunningPage]:
    """A page that never comes to rest."""
    script = tmp_path / "restless.py"
    script.write_text(RESTLESS, "utf-8")
    command = (sys.executable, "-m", "streamlit", "run", str(script))
    with running_page(tmp_path / "log.txt", command=command) as page:
        yield page
    assert "Error" not in page.written(), page.written()


def test_whatever_is_clicked_is_delivered_once(browser: Browser, restless_page: RunningPage):
    context = browser.new_context()
    page = context.new_page()
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))
    page.goto(restless_page.address)
    page.get_by_role("button", name="猫").click()
    page.wait_for_event("download")
    page.get_by_role("button", name="大").click()
    expect(page.get_by_role("status").filter(has_text="大.txtを作成中")).to_be_visible()
    page.get_by_role("button", name="犬").click()  # while the large one is being made
    while len(downloads) < 3:
        page.wait_for_event("download")
    assert [download.suggested_filename for download in downloads] == [f"{name}.txt" for name in "猫大犬"]
    contents = [Path(download.path()).read_bytes() for download in downloads]
    assert contents == ["ねこ".encode(), bytes(LARGE), "いぬ".encode()]
    assert restless_page.written().count("made") == 1
    context.close()

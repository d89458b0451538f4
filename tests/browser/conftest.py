"""The running page, and a browser to look at it with."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from ensure_browser import NoBrowserError, find_browser
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.running_page import ROOT, RunningPage, running_page

SCREENSHOTS = ROOT / "build" / "screenshots"
PATIENCE = 90  # seconds; a network's first start on a new machine takes a while

expect.set_options(timeout=PATIENCE * 1000)

Visit = Callable[..., Page]

# As querySelectorAll, and into the shadow roots too.
FIND_ALL = """
window.findAll = (selector, root = document) => [
  ...root.querySelectorAll(selector),
  ...[...root.querySelectorAll("*")].flatMap(({shadowRoot: root}) => root ? findAll(selector, root) : []),
];
"""


@pytest.fixture(scope="session")
def page_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPage]:
    """The page, which runs from here to the end of the tests."""
    with running_page(tmp_path_factory.mktemp("page") / "streamlit.log") as page:
        yield page
    page.check_no_traceback()


@pytest.fixture(scope="session")
def address(page_process: RunningPage) -> str:
    """Where a browser finds it."""
    return page_process.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module's tests; while it runs, asyncio is Playwright's."""
    try:
        executable = find_browser()
    except NoBrowserError as error:
        pytest.fail(str(error))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def problems() -> list[str]:
    """What the browser complained about; the test fails in the end if it did."""
    return []


@pytest.fixture
def visit(
    browser: Browser, address: str, problems: list[str], request: pytest.FixtureRequest
) -> Iterator[Visit]:
    """Opens the page as a new visitor: ``visit("sample=coffee", width=400)``."""
    contexts = []

    def listen(page: Page) -> None:
        def hear(message: ConsoleMessage) -> None:
            # A live picture may be gone, because there is a newer one, before a busy browser asks for it.
            source = message.location.get("url", "")
            gone = "/media/" in f"{message.text} {source}" and re.search("404|source error", message.text)
            if message.type == "error" and not gone:
                problems.append(f"console: {message.text} {source}")

        def watch(asked: Request) -> None:
            url = urlsplit(asked.url)
            if url.scheme not in ("data", "blob") and url.hostname != "localhost":
                problems.append(f"asks another machine: {asked.url}")

        page.on("console", hear)
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on("request", watch)
        page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def open_page(query: str = "", width: int = 1280, height: int = 900, locale: str = "en-US") -> Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
        contexts.append(context)
        context.add_init_script(FIND_ALL)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        listen(page)
        page.goto(f"{address}?{query}")
        expect(page.get_by_role("heading", name="Limelight", level=1)).to_be_visible()
        return page

    yield open_page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    for number, context in enumerate(contexts):
        for page in context.pages:
            page.screenshot(path=SCREENSHOTS / f"{name}{f'-{number + 1}' if number else ''}.png")
        context.close()
    assert not problems

"""What to wait for before the next thing is clicked."""

from playwright.sync_api import Locator, Page, expect

# True once nothing has moved for twenty frames; how long they take grows with how busy the machine is.
STILL = """
() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const main = document.querySelector('[data-testid="stMain"]');
  const pictures = findAll("img").filter((picture) => picture.loading !== "lazy");
  const drawn = app.dataset.testScriptState === "notRunning" && pictures.every((picture) => picture.complete);
  const seen = window.stillness;
  seen.frames = drawn && main.scrollHeight === seen.height ? seen.frames + 1 : 0;
  seen.height = main.scrollHeight;
  return seen.frames >= 20;
}
"""


def wait_until_still(page: Page) -> None:
    """Wait until the page is drawn to its end, and nothing on it moves any more under a click."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.evaluate("window.stillness = {frames: 0}")
    page.wait_for_function(STILL)


def wait_until_explained(page: Page) -> None:
    """Wait until a photo's pictures change no more, and all that is below them is drawn."""
    expect(page.locator("#pictures[aria-busy=false]")).to_be_attached()
    expect(page.locator(".figures .pending")).to_have_count(0)
    wait_until_still(page)


def press(button: Locator) -> None:
    """Press a button by the keyboard, which finds it while the page around it is being drawn too."""
    button.press("Enter")

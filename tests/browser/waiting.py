"""What to wait for before the next thing is clicked."""

from playwright.sync_api import Page, expect


def wait_until_still(page: Page) -> None:
    """Wait until the page is drawn to its end."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

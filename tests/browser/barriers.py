"""What keeps people out of a page, as axe-core finds it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def serious_barriers(page: Page) -> list[str]:
    """The serious and the critical ones."""
    return [
        f"{violation['id']}: {violation['help']} {node['target']} {node.get('failureSummary', '')}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]

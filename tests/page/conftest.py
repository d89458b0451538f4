"""What all tests of the page without a browser have in common."""

import pytest

from explainer.page import invitation


@pytest.fixture(autouse=True)
def _nothing_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have classifiers asked only what a test has them asked."""
    monkeypatch.setattr(invitation, "rehearse", lambda name: invitation.Rehearsal(is_over=True))

"""What the page does in the background while there is no photo."""

import threading

import pytest

from explainer.classifiers.classifier import adapted
from explainer.errors import ClassifierError
from explainer.page import invitation
from explainer.page.invitation import rehearse  # itself, for the tests of the page have another in its place
from tests.synthetic import CountingClassifier, Grid, LinearClassifier


def wait() -> None:
    for thread in threading.enumerate():
        if thread.name == "rehearsal":
            thread.join()


def test_the_example_is_explained_once_for_all_visitors(monkeypatch: pytest.MonkeyPatch):
    classifier = CountingClassifier(LinearClassifier(Grid(4, 4)))
    monkeypatch.setattr(invitation, "load_classifier", lambda _name: adapted(classifier))
    rehearsal = rehearse("a classifier")
    assert rehearse("a classifier") is rehearsal
    wait()
    assert rehearsal.is_over
    assert len({*rehearsal.pictures}) == 3
    asked = classifier.images
    assert asked >= 128
    rehearse("a classifier")
    wait()
    assert classifier.images == asked


def test_what_goes_wrong_ends_it(monkeypatch: pytest.MonkeyPatch):
    def fail(_name: str) -> None:
        raise ClassifierError("There is no such classifier.")

    monkeypatch.setattr(invitation, "load_classifier", fail)
    rehearsal = rehearse("none")
    wait()
    assert rehearsal.is_over
    assert rehearsal.pictures == []

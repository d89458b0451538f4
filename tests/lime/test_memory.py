"""The samples of all visitors together stay within a bound, whoever still holds their explanations."""

import gc
import threading

import numpy as np
import pytest

from explainer import explain, explain_live
from explainer.lime import explain as explaining
from explainer.lime.explain import contrasting_samples, with_label
from explainer.lime.store import Store
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, a_photo

GRID = Grid(3, 4)
CLASSES = 500
SAMPLES = 200
ONE = SAMPLES * CLASSES * 4  # bytes, and more, for arrays grow by doubling


@pytest.fixture
def store(monkeypatch) -> Store:
    store = Store(4 * ONE, explaining.Neighborhood.release)
    monkeypatch.setattr(explaining, "_neighborhoods", store)
    return store


def visit(classifier, number: int, **settings):
    return explain(a_photo(number), classifier, num_samples=SAMPLES, segmentation=GRID, **settings)


def held(explanations) -> int:
    return sum(explanation.neighborhood.nbytes for explanation in explanations)


def test_more_visitors_than_fit_stay_within_the_bound(store):
    classifier = CountingClassifier(LinearClassifier(GRID, CLASSES))
    explanations = [visit(classifier, number) for number in range(20)]
    gc.collect()
    pictures = held(explanations[:1]) - explanations[0].neighborhood._probabilities.nbytes
    assert store.nbytes() <= store.max_bytes
    assert held(explanations) <= store.max_bytes + len(explanations) * (pictures + CLASSES * 4)
    assert sum(explanation.neighborhood.size == SAMPLES for explanation in explanations) >= 2
    assert classifier.images == 20 * SAMPLES


def test_what_was_released_is_drawn_again_the_same_and_only_when_needed(store):
    classifier = CountingClassifier(LinearClassifier(GRID, CLASSES))
    first = visit(classifier, 0)
    untouched = with_label(first, 400).label(400).weights
    telling = contrasting_samples(first, 3)
    for number in range(1, 10):
        visit(classifier, number)
    assert first.neighborhood.size == 1  # the photo itself stays
    asked = classifier.images
    assert first.labels[0].weights.any()
    assert first.stability(first.labels[0].index) > 0
    assert classifier.images == asked

    assert np.array_equal(with_label(first, 400).label(400).weights, untouched)
    assert classifier.images == asked + SAMPLES - 1
    again = contrasting_samples(first, 3)
    assert [sample.probability for sample in again] == [sample.probability for sample in telling]
    assert classifier.images == asked + SAMPLES - 1
    assert store.nbytes() <= store.max_bytes


def test_somebody_else_finds_what_one_visitor_still_holds(store):
    classifier = CountingClassifier(LinearClassifier(GRID, CLASSES))
    first = visit(classifier, 0)
    for number in range(1, 10):
        visit(classifier, number)
    assert visit(classifier, 0).neighborhood is first.neighborhood


def test_samples_are_not_taken_from_under_a_run(store):
    """While one visitor's picture grows, others fill the store; no sample of his is asked for twice."""
    slow = CountingClassifier(LinearClassifier(GRID, CLASSES, seed=1))
    others = CountingClassifier(LinearClassifier(GRID, CLASSES, seed=2))
    live = explain_live(a_photo(), slow, num_samples=SAMPLES, segmentation=GRID)
    next(live)
    for number in range(12):
        visit(others, number)
    *_, last = live
    assert last.num_samples == SAMPLES
    assert slow.images == SAMPLES


def test_many_at_once(store):
    classifier = CountingClassifier(LinearClassifier(GRID, CLASSES))
    alone = [visit(LinearClassifier(GRID, CLASSES), number).labels[0].weights for number in range(6)]
    kept: dict[tuple[int, int], np.ndarray] = {}

    def visitor(number: int) -> None:
        for photo in range(6):
            kept[number, photo] = visit(classifier, photo).labels[0].weights

    threads = [threading.Thread(target=visitor, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 48
    assert all(np.array_equal(weights, alone[photo]) for (_, photo), weights in kept.items())
    gc.collect()
    assert store.nbytes() <= store.max_bytes

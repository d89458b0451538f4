"""A picture that follows the network is another for a network that has learned nothing."""

import numpy as np
import pytest
from PIL import Image

from explainer import Classifier, ClassifierError, explain
from explainer.judging.inquiry import finish
from explainer.judging.sanity import check_sanity
from tests.judging.truths import explained
from tests.synthetic import Grid, LinearClassifier, a_photo

GRID = Grid(3, 4)  # cells of the same size


@pytest.mark.slow
def test_the_picture_of_a_trained_network_is_its_own(lite0: Classifier, chelsea: Image.Image):
    explanation = explain(chelsea, lite0, num_samples=200)
    label = explanation.labels[0].index
    found = finish(check_sanity(chelsea, explanation, label))
    assert abs(found.agreement) < 0.3
    twin = found.explanation
    assert twin.num_samples == 200
    assert np.array_equal(twin.segments, explanation.segments)
    assert twin.label(label).weights.any()
    assert twin.classifier.fingerprint != lite0.fingerprint
    again = finish(check_sanity(chelsea, explanation, label))
    assert again.agreement == found.agreement


@pytest.mark.parametrize(("seed", "agreement"), [(0, 1.0), (7, 0.0)])
def test_whoever_answers_alike_agrees(seed, agreement, monkeypatch):
    explanation = explained(LinearClassifier(GRID), grid=GRID)
    twin = LinearClassifier(GRID, seed=seed)
    monkeypatch.setattr(type(explanation.classifier), "with_random_weights", lambda _self: twin)
    label = explanation.labels[0].index
    found = finish(check_sanity(a_photo(), explanation, label))
    ours = LinearClassifier(GRID).weights[label]
    ranks = [np.argsort(np.argsort(weights)) for weights in (ours, twin.weights[label])]
    expected = np.corrcoef(*ranks)[0, 1]
    assert found.agreement == pytest.approx(expected)
    assert (found.agreement > 0.99) is (agreement == 1.0)


def test_a_function_has_no_twin(raises_sentence):
    with raises_sentence(ClassifierError, "can't be reached, so they can't be made random"):
        finish(check_sanity(a_photo(), explained(LinearClassifier(GRID), grid=GRID), 0))

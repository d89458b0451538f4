import numpy as np
import pytest

from explainer import ArgumentError, explain
from explainer.lime.fitting import with_label
from tests.synthetic import CountingClassifier, Grid, NonlinearClassifier, a_photo

GRID = Grid(3, 3)


class TestWithLabel:
    @pytest.fixture
    def classifier(self):
        return CountingClassifier(NonlinearClassifier(GRID, classes=8))

    def test_explains_the_label_as_if_it_were_among_the_best(self, classifier):
        few = explain(a_photo(), classifier, num_samples=100, top_labels=2, segmentation=GRID)
        asked = classifier.images
        every = explain(a_photo(), classifier, num_samples=100, top_labels=8, segmentation=GRID)
        least = every.labels[-1]
        more = with_label(few, least.index)
        assert [label.index for label in more.labels] == [*(label.index for label in few.labels), least.index]
        found = more.label(least.index)
        assert (found.name, found.probability) == (least.name, least.probability)
        np.testing.assert_allclose(found.weights, least.weights, atol=1e-12)
        assert found.fidelity == pytest.approx(least.fidelity)
        assert classifier.images == asked
        assert len(few.labels) == 2

    def test_a_label_that_is_there_changes_nothing(self, classifier):
        explanation = explain(a_photo(), classifier, num_samples=20, segmentation=GRID)
        assert with_label(explanation, explanation.labels[3].index) is explanation

    @pytest.mark.parametrize("index", [-1, 8, 1.5, None])
    def test_no_class(self, classifier, index, raises_sentence):
        explanation = explain(a_photo(), classifier, num_samples=1, top_labels=1, segmentation=GRID)
        with raises_sentence(ArgumentError, "label_index must be a whole number, from 0 to 7"):
            with_label(explanation, index)

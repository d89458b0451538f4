"""The ``lime`` design gives what the ``lime`` package gives."""

import numpy as np
import pytest
from lime.lime_image import LimeImageExplainer

from explainer import Recipe, explain
from tests.synthetic import Grid

GRID = Grid(6, 7)  # about as many superpixels as photos have, at no cost
SAMPLES = 120


def lime_explains(photo, classifier, seed, **options):
    return LimeImageExplainer(random_state=seed).explain_instance(
        classifier.preprocess(photo), classifier.predict, top_labels=5, num_samples=SAMPLES, **options
    )


def assert_same(explanation, theirs):
    np.testing.assert_array_equal(explanation.segments, theirs.segments)
    assert [label.index for label in explanation.labels] == theirs.top_labels
    for label in explanation.labels:
        weights = np.empty(explanation.num_superpixels)
        for superpixel, weight in theirs.local_exp[label.index]:
            weights[superpixel] = weight
        np.testing.assert_allclose(label.weights, weights, atol=1e-6, rtol=0)
        assert label.intercept == pytest.approx(theirs.intercept[label.index], abs=1e-6)
    assert explanation.labels[0].fidelity == pytest.approx(theirs.score, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("photo", "seed", "hide_color"),
    [("chelsea", 0, 0), ("chelsea", 1, None), ("chelsea", 2, 0), ("coffee", 0, None), ("coffee", 1, 0)],
)
def test_same_weights_as_lime(photo, seed, hide_color, lite0, request):
    photo = request.getfixturevalue(photo)
    explanation = explain(
        photo,
        lite0,
        num_samples=SAMPLES,
        hide_color=hide_color,
        seed=seed,
        design="lime",
        segmentation=GRID,
    )
    theirs = lime_explains(photo, lite0, seed, hide_color=hide_color, segmentation_fn=GRID)
    assert_same(explanation, theirs)


@pytest.mark.slow
def test_the_notebook_s_recipe_is_lime_s(coffee, lite0):
    explanation = explain(coffee, lite0, Recipe.notebook(), num_samples=SAMPLES)
    theirs = lime_explains(coffee, lite0, 0, hide_color=0)
    assert_same(explanation, theirs)
    best = explanation.labels[0].index
    for options in (
        {"positive_only": True, "num_features": 5, "hide_rest": True},
        {"positive_only": False, "num_features": 10, "hide_rest": False},
    ):
        for ours, his in zip(
            explanation.image_and_mask(best, **options),
            theirs.get_image_and_mask(best, **options),
            strict=True,
        ):
            np.testing.assert_array_equal(ours, his)

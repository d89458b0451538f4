"""What is written for the `lime` package gives what was explained here."""

import numpy as np
import pytest
from PIL import Image

import explainer
from explainer import ArgumentError, Classifier, Quickshift, Recipe, Slic, explain
from explainer.takeaway.code import lime_code
from explainer.words.language import Language
from tests.synthetic import a_photo

ENGLISH = Language("en")
FEW = {"design": "lime", "num_samples": 40, "segmentation": Slic(n_segments=12), "top_labels": 2}


def predict(batch: np.ndarray) -> np.ndarray:
    """How bright the quarters are."""
    quarters = 0.1 + batch.reshape(len(batch), 2, 12, 2, 16, 3).mean(axis=(2, 4, 5)).reshape(len(batch), 4)
    return quarters / quarters.sum(axis=1, keepdims=True)


@pytest.fixture
def classifier(monkeypatch: pytest.MonkeyPatch) -> Classifier:
    made = Classifier.from_function(predict, input_size=(24, 32), class_names=list("abcd"))
    monkeypatch.setattr(explainer, "load_classifier", {"quarters": made}.__getitem__)
    return made


def run(recipe: Recipe, photo: Image.Image, tmp_path, samples: int = 40):
    """What lime makes of a photo; its name has a quote in it."""
    path = tmp_path / "it's.png"
    photo.save(path)
    names: dict = {}
    exec(lime_code(recipe, "quarters", str(path), samples, ENGLISH), names)
    return names["explanation"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seed": 3, "kernel_width": 0.5, "num_features": 2},
        {"segmented": "image", "segmentation": Quickshift(ratio=0.2)},
        *({"hide_color": colour} for colour in ("mean", "black", "blur", 0.3, (0.1, 0.5, 1.0))),
    ],
    ids=str,
)
def test_lime_gives_the_same_weights(changes, classifier, tmp_path):
    photo, recipe = a_photo(4), Recipe(**{**FEW, **changes})
    ours, theirs = explain(photo, classifier, recipe), run(recipe, photo, tmp_path)
    np.testing.assert_array_equal(theirs.segments, ours.segments)
    assert theirs.top_labels == [label.index for label in ours.labels]
    for label in ours.labels:
        assert label.weights.any()
        weights = dict(theirs.local_exp[label.index])
        np.testing.assert_allclose([weights[i] for i in range(len(weights))], label.weights, atol=1e-6)


def test_what_lime_lacks_is_said_in_the_code(classifier, tmp_path):
    recipe = Recipe(segmentation=Slic(n_segments=12), precision="fast", cuts=2)
    code = lime_code(recipe, "quarters", "a.jpg", 300, ENGLISH)
    assert "# lime tosses a coin for each region and has no balanced samples" in code
    assert "# It can't stop by itself" in code
    assert "# lime cuts a photo in one way: here, the first of 2.\n" in code
    assert "num_samples=300" in code
    assert lime_code(Recipe(**FEW), "quarters", "a.jpg", 40, ENGLISH).count("#") == 1
    assert "乱数" in lime_code(recipe, "quarters", "a.jpg", 300, Language("ja"))
    theirs = run(recipe, a_photo(4), tmp_path)
    ours = explain(a_photo(4), classifier, recipe, num_samples=1)
    np.testing.assert_array_equal(theirs.segments, ours.segments)


def test_a_function_of_ones_own_can_not_be_written(raises_sentence):
    with raises_sentence(ArgumentError, "A function of one's own"):
        lime_code(Recipe(hide_color=np.zeros_like), "quarters", "a.jpg", 40, ENGLISH)

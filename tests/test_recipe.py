"""One recipe: what it accepts, that JSON holds all of it, and that it is enough to repeat an explanation."""

import io
import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import ArgumentError, Felzenszwalb, Quickshift, Recipe, Slic, explain
from explainer.lime.explain import open_neighborhood
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, NonlinearClassifier, a_photo

ROOT = Path(__file__).resolve().parents[1]

# For every setting other values than the usual one, each segmentation, hiding, design and stop among them.
CHOICES = {
    "segmentation": [Quickshift(3.0, 100.0, 0.5), Slic(30, 5.0, 0.5), Felzenszwalb(100.0, 0.5, 300)],
    "segmented": ["image"],
    "hide_color": ["mean", "black", "blur", 0.25, (0.1, -0.2, 0.3)],
    "design": ["lime"],
    "seed": [1, 2**32 - 1],
    "kernel_width": [0.1, 1.0],
    "target": ["probability"],
    "precision": ["fast"],
    "num_samples": [33, 45],
    "max_samples": [40],
    "stability_threshold": [0.3],
    "tie_tolerance": [0.0],
    "num_features": [3],
    "pros_cons_features": [7],
    "top_labels": [2],
    "cuts": [3],
}
ALL = [Recipe(**{setting: value}) for setting, values in CHOICES.items() for value in values]


def test_there_is_a_choice_for_every_setting():
    assert {setting.name for setting in fields(Recipe)} == {*CHOICES}


@pytest.mark.parametrize("recipe", [Recipe(), Recipe.notebook(), *ALL], ids=repr)
def test_json_holds_all_of_it(recipe):
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert hash(again) == hash(recipe)
    assert Recipe(**recipe.changes()) == recipe


def test_changes_are_what_is_not_as_usual():
    assert Recipe().changes() == {}
    assert Recipe(seed=3, num_features=4).changes() == {"seed": 3, "num_features": 4}
    assert Recipe(num_features=4).pros_cons_features == 8
    assert Recipe.of(Recipe(num_features=4), num_features=3).pros_cons_features == 6


def test_the_notebook_s_recipe():
    recipe = Recipe.notebook()
    assert (recipe.design, recipe.num_samples, recipe.hide_color) == ("lime", 1000, "grey")
    assert (recipe.segmented, recipe.target) == ("image", "probability")
    assert recipe.segmentation == Quickshift(kernel_size=4, max_dist=200, ratio=0.2)
    assert (recipe.top_labels, recipe.num_features, recipe.pros_cons_features) == (5, 5, 10)


def test_samples_as_lime_draws_them_go_with_probabilities_as_lime_has_them():
    assert Recipe().target == Recipe.of(Recipe(design="lime"), design="balanced").target == "log-odds"
    assert Recipe(design="lime").target == Recipe.of(Recipe(seed=3), design="lime").target == "probability"
    chosen = Recipe(design="lime", target="log-odds")
    assert Recipe.of(chosen, seed=3).target == Recipe.of(chosen, design="balanced").target == "log-odds"
    assert Recipe.of(Recipe(target="probability"), design="lime").target == "probability"
    assert Recipe(design="lime").changes() == {"design": "lime"}
    assert Recipe(target="probability").changes() == {"target": "probability"}
    assert chosen.changes() == {"design": "lime", "target": "log-odds"}


def test_the_same_settings_are_the_same_recipe():
    assert Recipe(hide_color=0.0) == Recipe(hide_color=(0, 0, 0)) == Recipe(hide_color="grey") == Recipe()
    assert Recipe(hide_color=None) == Recipe(hide_color="mean")
    assert Recipe(segmentation=None) == Recipe()
    assert Recipe(segmentation=Slic(np.int64(30))).to_json() == Recipe(segmentation=Slic(30)).to_json()


def test_a_recipe_from_before_there_was_a_choice_is_what_it_was():
    told = Recipe(segmentation=Slic()).to_dict()
    before = {"segmented": "image", "target": "probability", "tie_tolerance": 0.0}
    for setting in before:
        del told[setting]
    assert Recipe.from_json(json.dumps(told)) == Recipe(segmentation=Slic(), **before)
    assert Recipe.from_json('{"seed": 3}') == Recipe(seed=3)


def test_frozen():
    with pytest.raises(FrozenInstanceError):
        Recipe().seed = 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no recipe"),
        ("[]", "no recipe"),
        ('"recipe"', "no recipe"),
        ("{}", "no recipe"),
        ('{"seed": -1}', "seed must be"),
        ('{"colour": 1}', "colour is no setting of a recipe"),
        ('{"segmentation": {"method": "voronoi"}}', "segmentation must be one of quickshift, slic"),
        ('{"segmentation": {"method": "slic", "depth": 3}}', "segmentation must be one of"),
        ('{"segmentation": {"method": "slic", "sigma": -3}}', "sigma must be a number, 0 or more"),
    ],
)
def test_what_is_no_recipe_is_refused_in_one_sentence(text, said):
    with pytest.raises(ArgumentError, match=said):
        Recipe.from_json(text)


def test_functions_of_one_s_own_are_named_and_have_to_be_handed_in():
    def quarters(image: np.ndarray) -> np.ndarray:
        return Grid(2, 2)(image)

    def white(image: np.ndarray) -> np.ndarray:
        return np.ones_like(image)

    recipe = Recipe(segmentation=quarters, hide_color=white)
    assert recipe.has_functions
    assert not Recipe(segmentation=Slic()).has_functions
    text = recipe.to_json()
    with pytest.raises(ArgumentError, match="quarters, as segmentation: hand that in too"):
        Recipe.from_json(text, hide_color=white)
    assert Recipe.from_json(text, segmentation=quarters, hide_color=white) == recipe


def test_a_recipe_and_keywords_do_the_same():
    classifier, photo = LinearClassifier(Grid(3, 4)), a_photo()
    recipe = Recipe(num_samples=40, seed=5, segmentation=Grid(3, 4), top_labels=2)
    by_recipe = explain(photo, classifier, recipe)
    by_keywords = explain(photo, classifier, num_samples=40, seed=5, segmentation=Grid(3, 4), top_labels=2)
    changed = explain(photo, classifier, Recipe(num_samples=40, seed=1), **replace(recipe).changes())
    assert by_recipe.recipe == by_keywords.recipe == changed.recipe == recipe
    for other in (by_keywords, changed):
        assert [label.weights.tolist() for label in other.labels] == [
            label.weights.tolist() for label in by_recipe.labels
        ]


def test_auto_waits_for_the_regions_that_are_shown_and_for_the_threshold():
    """The same classifier and photo: the fewer regions and the lower the threshold, the sooner it ends."""
    grid = Grid(5, 6)
    classifier = NonlinearClassifier(grid, classes=1, seed=3)
    classifier.weights[0, 0] = 0.3  # one region that stands out, and many that are alike

    def samples(**settings) -> int:
        explanation = explain(a_photo(), classifier, segmentation=grid, max_samples=1500, **settings)
        reached = explanation.stability(0) >= explanation.recipe.stability_threshold
        assert reached or explanation.num_samples == 1500
        return explanation.num_samples

    assert samples(stability_threshold=0.5) < samples(stability_threshold=0.95)
    assert samples(num_features=1) < samples(num_features=5)


def test_a_photo_is_preprocessed_once():
    class Once(CountingClassifier):
        preprocessed = 0

        def __init__(self, classifier):
            super().__init__(classifier)
            self._preprocess = classifier.preprocess
            self.preprocess = self._counting

        def _counting(self, photo: Image.Image) -> np.ndarray:
            self.preprocessed += 1
            return self._preprocess(photo)

    classifier = Once(LinearClassifier(Grid(3, 4)))
    explain(a_photo(), classifier, num_samples=30, segmentation=Grid(3, 4))
    assert classifier.preprocessed == 1


AGAIN = """
import json, sys
from pathlib import Path
from explainer.__main__ import main
from explainer import load_photo
folder = Path(sys.argv[1])
for case in sorted(folder.iterdir()):
    told = json.loads((case / "photo" / "explanation.json").read_bytes())
    assert main([
        "explain", str(folder.parent / "photo.png"), "--out", str(folder.parent / "again" / case.name),
        "--classifier", told["classifier"], "--recipe", str(case / "photo" / "explanation.json"),
    ]) == 0
"""


@pytest.mark.slow
def test_json_suffices_to_repeat_it_in_another_process(tmp_path, lite0, chelsea):
    """For every choice of every setting: the same weights, bit by bit, and the same regions."""
    chelsea.crop((60, 10, 360, 240)).save(tmp_path / "photo.png")
    for number, recipe in enumerate(ALL):
        recipe = Recipe.of(recipe, **({} if "num_samples" in recipe.changes() else {"max_samples": 40}))
        explanation = explain(tmp_path / "photo.png", lite0, recipe)
        case = tmp_path / "first" / f"{number:02}" / "photo"
        case.mkdir(parents=True)
        (case / "explanation.json").write_text(explanation.to_json(), encoding="utf-8")
        (case / "segments.png").write_bytes(explanation.segments_png())
    subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path / "first")], check=True, cwd=ROOT)
    for case in sorted((tmp_path / "first").iterdir()):
        again = tmp_path / "again" / case.name / "photo"
        before, after = (
            json.loads((path / "explanation.json").read_bytes()) for path in (case / "photo", again)
        )
        assert after == before, case.name
        segments = [np.asarray(Image.open(path / "segments.png")) for path in (case / "photo", again)]
        assert np.array_equal(*segments)
        assert segments[0].dtype == np.uint16
        assert segments[0].max() + 1 == before["segments"] == len(before["labels"][0]["weights"])
        assert segments[0].shape == tuple(before["input_size"])


def test_weights_can_be_put_back_on_the_photo():
    """The JSON and the map of superpixels alone give lime's mask."""
    explanation = explain(a_photo(), LinearClassifier(Grid(3, 4)), num_samples=40, segmentation=Grid(3, 4))
    told = json.loads(explanation.to_json())
    segments = np.asarray(Image.open(io.BytesIO(explanation.segments_png())))
    weights = np.array(told["labels"][0]["weights"])
    _, mask = explanation.image_and_mask(told["labels"][0]["index"], positive_only=False, num_features=12)
    assert np.array_equal(np.sign(weights)[segments], mask)


def test_the_photo_s_digest_tells_photos_apart():
    classifier = LinearClassifier(Grid(3, 4))
    recipe = Recipe(segmentation=Grid(3, 4))
    digests = [open_neighborhood(a_photo(seed), classifier, recipe).photo_digest for seed in (0, 0, 1)]
    assert digests[0] == digests[1] != digests[2]

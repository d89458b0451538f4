"""A recipe as it is typed: what is written for a person to run gives the same recipe back."""

import argparse
import json
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

import explainer
from explainer import ArgumentError, ExplainerError, Felzenszwalb, Quickshift, Recipe, Slic
from explainer.__main__ import main
from explainer.commands import explain as explain_command
from explainer.commands.recipe_options import recipe_of
from explainer.recipe import SEGMENTATIONS
from explainer.takeaway.code import command_line, python_code

CLASSIFIER, PHOTO = "efficientnet-lite0", "-my'cat'&\"dog\".jpg"
SETTINGS = {
    "segmentation": [Slic(), Felzenszwalb(), Quickshift(kernel_size=2.5)],
    "segmented": ["image"],
    "hide_color": ["mean", "black", "blur", 0.5, -1e-05, (0.1, 0.2, 0.3), (-0.1, 0.2, 1e-7)],
    "design": ["lime"],
    "seed": [7, 2**32 - 1],
    "kernel_width": [0.5, 1e-05],
    "precision": ["fast"],
    "num_samples": [300],
    "max_samples": [500],
    "stability_threshold": [0.8],
    "num_features": [0, 7],
    "pros_cons_features": [3],
    "top_labels": [2],
    "target": ["probability"],
    "tie_tolerance": [0.25],
    "cuts": [3],
}
PARAMETERS = {
    Quickshift: {"kernel_size": 2.5, "max_dist": 20.0, "ratio": 0.7},
    Slic: {"n_segments": 30, "compactness": 0.25, "sigma": 0.0},
    Felzenszwalb: {"scale": 75.5, "sigma": 1.5, "min_size": 0},
}
RECIPES = [
    Recipe(),
    Recipe.notebook(),
    Recipe(num_features=7, pros_cons_features=9),
    *(Recipe.of(**{name: value}) for name, values in SETTINGS.items() for value in values),
    *(
        Recipe(segmentation=kind(**{name: value}))
        for kind, parameters in PARAMETERS.items()
        for name, value in parameters.items()
    ),
]


def test_none_is_forgotten():
    assert SETTINGS.keys() == {setting.name for setting in fields(Recipe)}
    assert {*PARAMETERS} == {*SEGMENTATIONS.values()}
    for kind, parameters in PARAMETERS.items():
        assert parameters.keys() == {parameter.name for parameter in fields(kind)}


def parsed(*arguments: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    explain_command.add_to(parser.add_subparsers())
    return parser.parse_args(["explain", *map(str, arguments)])


def typed(*arguments: str | Path) -> Recipe:
    return recipe_of(parsed("cat.jpg", "--out", "results", *arguments))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: str(recipe.changes()))
def test_a_recipe_survives_the_command_line(recipe: Recipe):
    limelight, explain, *arguments = shlex.split(command_line(recipe, CLASSIFIER, PHOTO))
    assert (limelight, explain) == ("limelight", "explain")
    options = parsed(*arguments)
    assert recipe_of(options) == recipe
    assert (options.classifier, [path.name for path in options.photos]) == (CLASSIFIER, [PHOTO])


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: str(recipe.changes()))
def test_a_recipe_survives_python(recipe: Recipe, monkeypatch: pytest.MonkeyPatch):
    def explain(photo: str, classifier: str, recipe: Recipe | None = None, **changes: object):
        return photo, classifier, Recipe.of(recipe, **changes)

    for name, stub in {"explain": explain, "load_photo": str, "load_classifier": str}.items():
        monkeypatch.setattr(explainer, name, stub)
    names: dict[str, object] = {}
    exec(python_code(recipe, CLASSIFIER, PHOTO), names)
    assert names["explanation"] == (PHOTO, CLASSIFIER, recipe)


@pytest.mark.parametrize("told", [command_line, python_code])
def test_a_function_of_ones_own_has_no_name_to_type(told, raises_sentence):
    with raises_sentence(ArgumentError, "A function of one's own"):
        told(Recipe(segmentation=lambda image: image[..., 0].astype(int)), CLASSIFIER, PHOTO)


def test_an_explanation_is_made_again_from_its_own_file(chelsea, tmp_path):
    photo = tmp_path / "cat.jpg"
    chelsea.save(photo)
    options = ["--num-samples", "20", "--segmentation", "slic", "--n-segments", "15", "--seed", "3"]
    first, again = tmp_path / "first", tmp_path / "again"
    command = ["explain", str(photo), "--classifier", CLASSIFIER, "--out"]
    assert main([*command, str(first), *options]) == 0
    written = first / "cat" / "explanation.json"
    assert main([*command, str(again), "--recipe", str(written)]) == 0
    assert (again / "cat" / "explanation.json").read_bytes() == written.read_bytes()

    recipe = Recipe(num_samples=20, segmentation=Slic(n_segments=15), seed=3)
    assert typed("--recipe", written) == recipe
    assert typed("--recipe", written, "--seed", "4") == Recipe.of(recipe, seed=4)
    other_cut = Recipe.of(recipe, segmentation=Slic(n_segments=15, compactness=5.0))
    assert typed("--recipe", written, "--compactness", "5") == other_cut
    assert typed("--recipe", written, "--segmentation", "quickshift") == Recipe(num_samples=20, seed=3)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--segmentation", "slic", "--scale", "100"], "--scale is for felzenszwalb: --segmentation chooses"),
        (["--sigma", "1"], "--sigma is for felzenszwalb, slic: --segmentation chooses"),
        (["--hide", "pink"], "hide_color must be one of grey, mean, black, blur, and is 'pink'"),
        (["--hide", "0.1,0.2"], "hide_color must be a number, three numbers"),
        (["--threshold", "2"], "stability_threshold must be"),
        (["--kernel-size", "0.5"], "kernel_size must be 1 or more, and is 0.5"),
        (["--recipe", "nowhere.json"], "nowhere.json can't be read: No such file or directory"),
    ],
)
def test_what_can_not_be_is_one_sentence(more, words, raises_sentence):
    with raises_sentence(ExplainerError, words):
        typed(*more)


@pytest.mark.parametrize("content", ["", "[]", "{}", "no JSON", json.dumps({"recipe": {}}), "\0"])
def test_a_file_that_is_no_recipe(content, tmp_path, raises_sentence):
    file = tmp_path / "recipe.json"
    file.write_text(content)
    with raises_sentence(ArgumentError, "This is no recipe"):
        typed("--recipe", file)


def test_a_recipe_with_a_function_can_not_be_made_again(tmp_path, raises_sentence):
    file = tmp_path / "recipe.json"
    file.write_text(Recipe(hide_color=lambda image: 0 * image).to_json())
    with raises_sentence(ArgumentError, "function"):
        typed("--recipe", file)

"""Second opinions as files say what was found, to the last digit."""

import csv
import io
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from explainer import Recipe, explain
from explainer.errors import ClassifierError
from explainer.judging.curves import Curves
from explainer.judging.inquiry import finish
from explainer.judging.opinions import SecondOpinions
from explainer.judging.sanity import SanityCheck
from explainer.judging.smallest import SmallestSets, smallest_sets
from explainer.pictures.draw import draw_heat, fit_photo, hide_regions
from explainer.takeaway.opinions import (
    curves_csv,
    decisive_pictures,
    drawn_maps,
    maps,
    opinions_json,
    own_opinion,
    quality_sentences,
)
from explainer.words.language import Language
from tests.synthetic import Grid, LinearClassifier, UnsteadyClassifier, a_photo

ENGLISH, GRID = Language("en"), Grid(3, 4)


def asked(*methods: str, **changes) -> SecondOpinions:
    options = {"segmentation": GRID, "num_samples": 60, **changes}
    explanation = explain(a_photo(), LinearClassifier(GRID), **options)
    found = SecondOpinions(a_photo(), explanation, explanation.labels[0].index, methods)
    while not found.advance(0):
        pass
    return found


@pytest.fixture(scope="module")
def opinions() -> SecondOpinions:
    return asked("lime", "occlusion", "rise")


@pytest.fixture(scope="module")
def sets(opinions: SecondOpinions) -> SmallestSets:
    return finish(smallest_sets(opinions.explanation, opinions.label_index))


def told(curves: Curves) -> dict:
    return {
        "gain": curves.gain,
        "half": curves.half,
        "shares": curves.shares.tolist(),
        "deletion": curves.deletion.tolist(),
        "insertion": curves.insertion.tolist(),
    }


def test_json_holds_all_figures(opinions: SecondOpinions, sets: SmallestSets):
    found = json.loads(opinions_json(opinions, sets))
    label = opinions.explanation.label(opinions.label_index)
    assert found["label"] == {
        "index": label.index,
        "wnid": label.wnid,
        "name": label.name,
        "probability": label.probability,
    }
    assert Recipe.from_json(json.dumps(found), segmentation=GRID) == opinions.explanation.recipe
    assert found["hiding"] == {"curves": "grey", "check": "blur"}
    assert (found["chance"], found["centre"]) == (told(opinions.chance), told(opinions.centre))
    for written, opinion in zip(found["methods"], opinions.opinions, strict=True):
        assert written["name"] == opinion.method.name
        assert "arXiv" in written["reference"]
        assert written["passes"] == opinion.passes > 0
        assert (written["curves"], written["check"]) == (told(opinion.curves), told(opinion.check))
        assert written["error"] is None
    assert [method["name"] for method in found["methods"]] == ["lime", "occlusion", "rise"]
    assert found["best"] == max(found["methods"], key=lambda method: method["curves"]["gain"])["name"]
    assert found["smallest_sets"] == json.loads(json.dumps(asdict(sets)))
    assert found["smallest_sets"]["enough"]["probability"] == sets.enough.probability


def test_a_method_that_can_not_run_says_why(opinions: SecondOpinions, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_):
        raise ClassifierError("This classifier has no gradients.")

    monkeypatch.setattr("explainer.judging.methods.grad_cam", refuse)
    without = json.loads(opinions_json(asked("lime", "grad-cam")))
    assert without["methods"][1] == {
        "name": "grad-cam",
        "title": "Grad-CAM",
        "reference": "Selvaraju et al. 2017, arXiv:1610.02391",
        "passes": 0,
        "error": "This classifier has no gradients.",
        "curves": None,
        "check": None,
    }
    assert without["best"] == "lime"
    assert without["smallest_sets"] is None


def test_what_has_only_begun_can_be_written():
    explanation = explain(a_photo(), LinearClassifier(GRID), segmentation=GRID, num_samples=20)
    begun = SecondOpinions(a_photo(), explanation, explanation.labels[0].index)
    found = json.loads(opinions_json(begun))
    assert (found["chance"], found["centre"], found["methods"], found["best"]) == (None, None, [], None)
    assert curves_csv(begun).splitlines() == ["method,hiding,share,deletion,insertion"]


def test_csv_holds_all_points(opinions: SecondOpinions):
    rows = list(csv.DictReader(io.StringIO(curves_csv(opinions), newline="")))
    assert [*dict.fromkeys((row["method"], row["hiding"]) for row in rows)] == [
        ("chance", "grey"),
        ("centre", "grey"),
        *((name, hiding) for name in ("lime", "occlusion", "rise") for hiding in ("grey", "blur")),
    ]

    def read(method: str, hiding: str) -> np.ndarray:
        columns = ("share", "deletion", "insertion")
        chosen = [row for row in rows if (row["method"], row["hiding"]) == (method, hiding)]
        return np.array([[float(row[column]) for column in columns] for row in chosen])

    for method, hiding, curves in [
        ("chance", "grey", opinions.chance),
        ("centre", "grey", opinions.centre),
        ("rise", "grey", opinions.opinion("rise").curves),
        ("rise", "blur", opinions.opinion("rise").check),
    ]:
        expected = np.transpose([curves.shares, curves.deletion, curves.insertion])
        np.testing.assert_array_equal(read(method, hiding), expected)


def test_maps_are_there_as_numbers_and_drawn(opinions: SecondOpinions):
    files, drawn = maps(opinions), drawn_maps(opinions)
    names = [opinion.method.name for opinion in opinions.opinions]
    assert [*drawn] == names
    assert {*files} == {f"{name}{end}" for name in names for end in (".npy", "-16-bit.png")}
    for opinion in opinions.opinions:
        heat_map = np.load(io.BytesIO(files[f"{opinion.method.name}.npy"]))
        np.testing.assert_array_equal(heat_map, opinion.heat_map.astype(np.float32))
        with Image.open(io.BytesIO(files[f"{opinion.method.name}-16-bit.png"])) as grey:
            least, most = float(grey.text["minimum"]), float(grey.text["maximum"])
            back = least + (most - least) * np.asarray(grey, np.float64) / 65535
        np.testing.assert_allclose(back, opinion.heat_map, atol=(most - least) / 65535)
        assert drawn[opinion.method.name] == draw_heat(fit_photo(a_photo()), opinion.heat_map)


def test_what_random_weights_give_is_drawn_and_told(opinions: SecondOpinions):
    check = SanityCheck(opinions.label_index, opinions.explanation, 0.25)
    assert json.loads(opinions_json(opinions, sanity=check))["agreement_with_random_weights"] == 0.25
    assert drawn_maps(opinions, check)["sanity"] == drawn_maps(opinions)["lime"]


def test_the_picture_at_hand_is_lime_s_or_else_the_best(opinions: SecondOpinions):
    assert own_opinion(opinions) is opinions.opinion("lime")
    others = asked("occlusion", "rise")
    assert own_opinion(others) is others.best
    assert own_opinion(asked()) is None
    assert quality_sentences(asked(), ENGLISH) == []


def test_of_a_classifier_that_contradicts_itself_nothing_else_is_told():
    explanation = explain(a_photo(), UnsteadyClassifier(GRID), num_samples=64, segmentation=GRID)
    found = SecondOpinions(a_photo(), explanation, explanation.labels[0].index, ["lime"])
    found.advance(float("inf"))
    (sentence,) = quality_sentences(found, ENGLISH)
    assert sentence.startswith("Not to be relied on: asked twice about the same photo")


def test_deciding_regions_are_shown_and_hidden(opinions: SecondOpinions, sets: SmallestSets):
    canvas, explanation = fit_photo(a_photo()), opinions.explanation
    drawn = decisive_pictures(canvas, explanation, sets)
    assert sets.enough is not None
    rest = {*range(GRID.cells)} - {*sets.enough.regions}
    assert drawn["enough"] == hide_regions(canvas, explanation.neighborhood, rest)
    assert ("without" in drawn) == (sets.without is not None)
    assert decisive_pictures(canvas, explanation, replace(sets, enough=None, without=None)) == {}


@pytest.mark.parametrize(
    ("hide_color", "own", "other"),
    [
        ("blur", "blur", "grey"),
        (0.5, "0.5", "blur"),
        ((-0.5, 0.25, 1.0), "'-0.5 0.25 1.0", "blur"),  # which a spreadsheet would reckon
        (lambda image: 0 * image, "<lambda>", "blur"),
    ],
    ids=["blur", "number", "colour", "function"],
)
def test_hidings(hide_color, own, other):
    rows = csv.DictReader(io.StringIO(curves_csv(asked("lime", hide_color=hide_color)), newline=""))
    assert [*dict.fromkeys(row["hiding"] for row in rows if row["method"] == "lime")] == [own, other]

"""Two results side by side, and what the link says of the one that is pinned."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from explainer.page.compare import BEST, read_pin, write_pin
from explainer.page.controls import Settings
from explainer.pictures.draw import DEFAULT_PALETTE
from explainer.recipe import Felzenszwalb, Recipe, Slic
from tests.page.scripted import given

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard.py"
USUAL = Settings("efficientnet-lite0", Recipe(), False, DEFAULT_PALETTE)
QUICK = {"classifier": "efficientnet-lite0", "auto": "false", "num_samples": "100", "sample": "chelsea"}
COARSE = {"segmentation": "slic", "n_segments": "20"}
PINNED = urlencode({"classifier": "efficientnet-lite0", "auto": "false", "num_samples": "100", **COARSE})


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({}, {}),
        ({"num_samples": 300, "seed": 2**32 - 1},
         {"auto": "false", "num_samples": "300", "seed": "4294967295"}),
        ({"segmentation": Slic(n_segments=100, sigma=0.5)},
         {"segmentation": "slic", "n_segments": "100", "slic_sigma": "0.5"}),
        ({"segmentation": Felzenszwalb(sigma=2.0), "hide_color": "blur", "num_features": 7},
         {"segmentation": "felzenszwalb", "sigma": "2.0", "hide_color": "blur", "num_features": "7"}),
        ({"max_samples": 5000, "design": "lime", "segmented": "image", "precision": "fast"},
         {"num_samples": "5000", "design": "lime", "target": "probability", "segmented": "image",
          "precision": "fast"}),
        ({"design": "lime", "target": "log-odds"}, {"design": "lime"}),
        ({"target": "probability"}, {"target": "probability"}),
        ({"cuts": 4}, {"cuts": "4"}),
        ({"kernel_width": 0.5, "stability_threshold": 0.8}, {"kernel_width": "0.5", "stability": "0.8"}),
    ],
)  # fmt: skip
def test_a_pin_holds_what_is_not_as_usual(changes, written):
    settings = replace(USUAL, recipe=Recipe.of(**changes))
    pin = write_pin(settings)
    assert dict(parse_qsl(pin)) == {"classifier": "efficientnet-lite0", **written}
    assert read_pin(pin) == (settings, BEST)


def test_a_pin_holds_view_label_and_what_was_sharpened():
    settings = replace(USUAL, positive_only=True)
    pin = write_pin(settings, 3000, 285)
    assert "positive_only=true" in pin
    assert read_pin(pin) == (settings.sharpened(3000), 285)


@pytest.mark.parametrize(
    "said",
    [
        {"classifier": "no-such-classifier"},
        {"classifier": "../../etc/passwd"},
        {"kernel_size": "1e9"},
        {"kernel_size": "nan"},
        {"num_samples": "1000000000"},
        {"samples_here": "-5"},
        {"auto": "maybe"},
        {"segmentation": "watershed"},
        {"hide_color": "<b>"},
        {"seed": "4294967296"},
        {"unknown": "1"},
        {"label": "x" * 2000},
    ],
    ids=str,
)
def test_a_pin_that_the_page_could_not_have_written_is_ignored(said):
    assert read_pin(urlencode({"classifier": "efficientnet-lite0", **said})) is None


@pytest.mark.parametrize("pin", ["", "x", "&&&", "seed=1", "%00=%ff"])
def test_what_is_no_pin_is_ignored(pin):
    assert read_pin(pin) is None


def visit(**query: str) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    page.query_params.update({**QUICK, **query})
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception
    assert [element.value for element in page.error] == []
    return page


@pytest.mark.slow
def test_two_classifiers_stand_side_by_side_and_the_link_restores_them():
    page = visit(**COARSE)
    checked(page.button(key="pin").click().run())
    assert "".join(page.query_params["pin"]) == PINNED
    assert not [each for each in page.get("bidi_component") if "compare" in each.proto.component_name]
    page.selectbox(key="segmentation").set_value("quickshift")
    checked(page.selectbox(key="classifier").set_value("efficientnet-lite2").run())
    shown = given(page, "compare")
    first, second = shown["sides"]
    assert (first["title"], second["title"]) == ("EfficientNet-Lite0", "EfficientNet-Lite2")
    for side in (first, second):
        assert [label["explained"] for label in side["labels"]] == [True, False, False, False, False]
        assert all(picture["source"].startswith("data:image/jpeg") for picture in side["pictures"])
    facts = {name: values for name, *values in shown["facts"]}
    assert facts["Samples"] == ["100", "100"]
    assert facts["Fidelity (weighted R²)"][0] != facts["Fidelity (weighted R²)"][1]
    assert facts["Regions"][0].startswith("2"), facts["Regions"]
    assert "Seed" not in facts, "which is the same"
    assert re.fullmatch(r"Focus in common: \d+(\.\d)?% of the area that A or B covers\.", shown["common"])

    again = given(visit(pin=PINNED, classifier="efficientnet-lite2"), "compare")
    assert again["sides"] == shown["sides"]
    assert again["common"] == shown["common"]

    page.selectbox(key="earlier").set_value(("example-chelsea", PINNED))
    checked(page.run())
    assert page.selectbox(key="classifier").value == "efficientnet-lite0"
    assert page.slider(key="n_segments").value == 20
    assert {key: "".join(page.query_params[key]) for key in COARSE} == COARSE
    assert "".join(page.query_params["pin"]) == PINNED
    checked(page.button(key="unpin").click().run())
    assert "pin" not in page.query_params

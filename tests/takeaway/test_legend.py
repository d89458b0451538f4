"""The legend's scales end in the colours and the points of the strongest regions."""

import re

import numpy as np
import pytest
from PIL import Image

from explainer.pictures.draw import DEFAULT_PALETTE, draw_pros_cons
from explainer.takeaway.legend import general_legend, legend, legend_html
from explainer.words.language import Language
from tests.synthetic import Grid

ENGLISH = Language("en")
MEANINGS = ["speaks for it", "speaks against it"]


def rgb(colour: str) -> list[int]:
    return [int(channel) for channel in re.findall(r"\d+", colour)]


def test_a_scale_ends_where_the_picture_s_strongest_region_of_this_side_does():
    weights = {0: 0.124, 2: 0.02, 3: -0.031}
    pro, con = legend(weights, MEANINGS, DEFAULT_PALETTE, ENGLISH)
    assert (pro.meaning, pro.line, pro.ends) == ("speaks for it", "solid", ("0", "+12 points"))
    assert (con.meaning, con.line, con.ends) == ("speaks against it", "dashed", ("0", "−3.1 points"))

    segments = Grid(1, 4)(np.empty((64, 64, 3)))
    picture = draw_pros_cons(Image.new("RGB", (640, 640), "grey"), segments, weights)
    for entry, x in ((pro, 80), (con, 560)):
        assert np.abs(np.array(picture.getpixel((x, 320))) - rgb(entry.scale[-1])).max() <= 2
    assert pro.colour == pro.scale[-1], "the strongest of all"


@pytest.mark.parametrize(
    ("weights", "ends"),
    [
        ({}, [("", ""), ("", "")]),
        ({1: 0.0}, [("", ""), ("", "")]),
        ({1: -0.5}, [("", ""), ("0", "−50 points")]),
        ({1: 0.0001}, [("0", "under 0.1 points"), ("", "")]),
    ],
)
def test_where_a_side_has_no_region_its_scale_has_no_ends(weights, ends):
    assert [entry.ends for entry in legend(weights, MEANINGS, DEFAULT_PALETTE, ENGLISH)] == ends


def test_each_of_two_labels_gains_where_its_regions_are():
    entries = legend({0: 0.2, 1: -0.1}, ["a", "b"], DEFAULT_PALETTE, ENGLISH, of_two_labels=True)
    assert [entry.ends[1] for entry in entries] == ["+20 points", "+10 points"]
    entries = legend({0: 0.2, 1: -0.1}, ["a", "b"], DEFAULT_PALETTE, ENGLISH, "log-odds", of_two_labels=True)
    assert [entry.ends[1] for entry in entries] == ["evidence +0.20", "evidence +0.10"]


def test_only_what_can_be_in_the_picture_is_in_its_legend():
    (entry,) = legend({1: 0.5}, MEANINGS[:1], DEFAULT_PALETTE, ENGLISH)
    assert entry.meaning == "speaks for it"


def test_many_pictures_have_a_legend_without_numbers():
    pro, con, shared, uncertain = general_legend(ENGLISH)
    assert pro.ends == con.ends == ("weak", "strong")
    assert (shared.line, shared.meaning) == ("dotted", "others matter as much")
    assert (uncertain.line, uncertain.meaning) == ("solid", "pale: not known yet")


def test_the_html_has_all_of_it_and_escapes_names():
    entries = legend({1: 0.5, 2: -0.2}, ["more for <b>", "less"], DEFAULT_PALETTE, ENGLISH)
    html = legend_html(entries)
    assert "more for &lt;b&gt;" in html
    assert re.findall(r"<small>(.*?)</small>", html) == ["0", "+50 points", "0", "−20 points"]
    assert html.count("stroke-dasharray") == 1
    for colour in entries[0].scale + entries[1].scale:
        assert colour in html

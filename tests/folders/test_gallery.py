"""The gallery of a folder's results: what it says, in which order, and that nothing escapes from a name."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from synthetic import Grid, LinearClassifier, a_photo

from explainer import Recipe, explain, explain_folder
from explainer.errors import ExplainerError
from explainer.folders.focus_map import focus_grid, part_shares
from explainer.folders.gallery.arrangement import arrange, choose, order_names
from explainer.folders.gallery.document import gallery, write_gallery
from explainer.folders.gallery.overview import look_sentence, overview
from explainer.folders.results import file_below
from explainer.judging.smallest import SmallestSet
from explainer.lime.explanation import Label
from explainer.pictures.encode import card_uri
from explainer.reading import Reading
from explainer.words.language import Language
from tests.folders.painted import a_disc
from tests.made_up_results import (
    HOSTILE_NAMES,
    LOWER_RIGHT,
    MIDDLE,
    RECORDS,
    a_grid,
    a_judgement,
    a_label,
    a_record,
    write_pictures,
)

ENGLISH, JAPANESE = Language("en"), Language("ja")


class Page(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.names: list[str] = []
        self._in_name = False
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._in_name = tag == "bdi"
        for name, value in attributes:
            assert not name.startswith("on"), name
            if name in ("src", "href") and not value.startswith("#"):  # a place of the page itself
                self.sources.append(value)

    def handle_data(self, data):
        if self._in_name:
            self.names.append(data)
            self._in_name = False


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("wrong", ["surely wrong", "wrong", "contradicted", "right 9", "right 10", "failed"]),
        ("contradicted", ["contradicted", "surely wrong", "wrong", "right 9", "right 10", "failed"]),
        ("stability", ["right 10", "contradicted", "right 9", "surely wrong", "wrong", "failed"]),
        ("fidelity", ["right 9", "contradicted", "right 10", "surely wrong", "wrong", "failed"]),
        ("probability", ["right 9", "wrong", "contradicted", "right 10", "surely wrong", "failed"]),
        ("name", ["contradicted", "failed", "right 9", "right 10", "surely wrong", "wrong"]),
    ],
)
def test_photos_are_put_in_order(order: str, expected: list[str]):
    assert [record.photo[:-4] for record in arrange(RECORDS, order)] == expected


def test_without_a_truth_nothing_is_called_wrong():
    unknown = [a_record("a.jpg", "cat")]
    assert next(iter(order_names(RECORDS, ENGLISH))) == "wrong"
    assert "wrong" not in order_names(unknown, ENGLISH)
    assert "Wrong" not in gallery(unknown, ENGLISH, "")


@pytest.mark.parametrize(
    ("kind", "label", "words", "expected"),
    [
        ("all", "", "", 6),
        ("wrong", "", "", 2),
        ("contradicted", "", "", 1),
        ("unsettled", "", "", 1),
        ("failed", "", "", 1),
        ("all", "dog", "", 4),  # as the truth, too
        ("wrong", "dog", "SURELY", 1),
        ("all", "", "dog wrong", 2),
        ("all", "", "no such photo", 0),
    ],
)
def test_photos_can_be_chosen(kind: str, label: str, words: str, expected: int):
    assert len(choose(RECORDS, ENGLISH, kind, label, words)) == expected


def test_the_gallery_lists_every_photo_the_wrong_ones_first(tmp_path: Path):
    path = write_gallery(RECORDS, tmp_path, ENGLISH, "My photos")
    assert path == tmp_path / "index.html"
    page = Page(path.read_text("utf-8"))
    assert [name[:-4] for name in page.names] == [
        "surely wrong", "wrong", "contradicted", "right 9", "right 10", "failed"
    ]  # fmt: skip


def test_it_says_what_the_photos_say_together():
    markup = gallery(RECORDS, ENGLISH, "My photos")
    for sentence in (
        "Right in 3 of the 5 photos whose class is known: 60%.",
        "dog → cat <b>2×</b></a>",
        "1 of 6 photos could not be explained.",
        "In 1 of 5 photos the classifier contradicts the pictures when asked again.",
        "In 1 of 5 photos the picture is not settled: more samples would help.",
        "In 1 of 5 photos the weights miss most of what the classifier does.",
        "It said “cat” because of this",
        "“dog” would have been this",
        "99% → 10%",
    ):
        assert sentence in markup


def test_it_asks_nobody_for_anything_but_the_pictures_beside_it(tmp_path: Path):
    records = [a_record(name, "cat", "dog") for name in (*HOSTILE_NAMES, "ねこ/100% #1 ?.jpg")]
    write_pictures(records, tmp_path)
    page = Page(write_gallery(records, tmp_path, ENGLISH, "").read_text("utf-8"))
    pictures = [source for source in page.sources if not source.startswith("data:image/")]
    assert len(pictures) == len(records) * (1 + 2 * 4)  # the thumbnail, and four that open when clicked
    for address in pictures:
        assert re.fullmatch(r"photos/[\w/.~%-]+", address, re.ASCII), address
        assert (tmp_path / unquote(address)).is_file()
    policy = re.search('Content-Security-Policy" content="([^"]+)"', gallery(records, ENGLISH, ""))
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_only_ever_shown(name: str):
    harmless = Page(gallery([a_record("a.jpg", "cat", "dog")], ENGLISH, "a"))
    record = a_record(name, f"cat {name}", f"dog {name}")
    page = Page(gallery([record], ENGLISH, name))
    assert page.tags == harmless.tags
    assert page.names == [name.replace("\n", "�").replace("\u202e", "�")]


JUDGED = [
    a_record("soon.jpg", "cat", judged=a_judgement(0.1, "photos/soon.jpg")),
    a_record("never judged.jpg", "cat"),
    a_record("late.jpg", "cat", "dog", judged=a_judgement(0.4, "photos/late.jpg")),
]


def test_what_was_judged_is_said_and_the_worst_can_come_first(tmp_path: Path):
    assert order_names(JUDGED, ENGLISH)["tested"] == "Worst tested first"
    assert "tested" not in order_names(RECORDS, ENGLISH)
    assert [record.photo for record in arrange(JUDGED, "tested")] == [
        "late.jpg", "soon.jpg", "never judged.jpg"
    ]  # fmt: skip
    write_pictures(JUDGED, tmp_path)
    markup = write_gallery(JUDGED, tmp_path, ENGLISH, "").read_text("utf-8")
    for sentence in (
        "Hiding the first 10% of the photo that it points to halves “cat”; in a random order it takes 50%.",
        "Hiding the first 40% of the photo that it points to halves “cat”; in a random order it takes 50%.",
        "These 2 regions are enough: with all else hidden, it still says “cat” (60%). Fewer are not enough.",
        "However many regions are hidden, it goes on saying “cat”.",
    ):
        assert sentence in markup
    assert {"photos/soon.jpg/enough.jpg", "photos/late.jpg/enough.jpg"} <= {*Page(markup).sources}
    assert all((tmp_path / unquote(source)).is_file() for source in Page(markup).sources if ":" not in source)
    assert "enough" not in gallery(RECORDS, ENGLISH, "")


def test_the_curves_of_a_test_are_drawn():
    judged = a_judgement(0.1)
    markup = gallery([a_record("a.jpg", "cat", judged=judged)], ENGLISH, "")
    lines = dict(re.findall(r'<polyline class="(\w+)" points="([^"]+)"', markup))
    heights = {
        kind: [float(point.split(",")[1]) for point in points.split()] for kind, points in lines.items()
    }
    drawn = {"most": judged.deletion, "least": judged.insertion[::-1], "chance": judged.chance}
    assert heights == {
        kind: pytest.approx([50 - 50 * p for p in line], abs=0.05) for kind, line in drawn.items()
    }
    assert "<polyline" not in gallery(RECORDS, ENGLISH, "")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_label_that_takes_the_place_is_only_ever_shown(name: str):
    def page(other: str) -> Page:
        without = SmallestSet((0,), 0.1, Label(1, "", other, 0.6), True)
        judged = replace(a_judgement(), without=without, without_picture="photos/a.jpg/without.jpg")
        return Page(gallery([a_record("a.jpg", "cat", judged=judged)], ENGLISH, ""))

    assert page(name).tags == page("dog").tags


def test_an_error_is_only_ever_shown():
    failed = a_record("a.jpg", None)
    hostile = type(failed)(**{**vars(failed), "error": "<b>No</b>"})
    assert Page(gallery([hostile], ENGLISH, "")).tags == Page(gallery([failed], ENGLISH, "")).tags
    assert "&lt;b&gt;No&lt;/b&gt;" in gallery([hostile], ENGLISH, "")


def test_without_photos_it_says_so():
    markup = gallery([], ENGLISH, "Empty")
    assert "There are no photos here." in markup
    assert "<select" not in markup


def test_where_no_photo_could_be_explained_all_are_listed():
    page = Page(gallery([a_record("a.jpg", None), a_record("b.jpg", None)], ENGLISH, ""))
    assert page.names == ["a.jpg", "b.jpg"]
    assert [source for source in page.sources if not source.startswith("data:")] == []


def test_japanese_uses_the_japanese_class_names():
    record = a_record("a.jpg", "tiger_cat", wnid="n02123159")
    markup = gallery([record], JAPANESE, "")
    assert '<html lang="ja">' in markup
    assert JAPANESE.class_name("tiger_cat", "n02123159") in markup
    assert "注目領域" in markup


def test_the_old_gallery_stays_until_the_new_one_is_there(tmp_path: Path, raises_sentence):
    (tmp_path / "index.html").mkdir()
    with raises_sentence(ExplainerError, "can't be written"):
        write_gallery(RECORDS, tmp_path, ENGLISH, "")
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_a_watermark_is_told_by_where_the_focus_always_lies():
    ships = [a_record(f"ship {i}.jpg", "ship", focus_grid=a_grid(LOWER_RIGHT)) for i in range(18)]
    ships += [a_record(f"other ship {i}.jpg", "ship", focus_grid=a_grid(MIDDLE)) for i in range(2)]
    cats = [a_record(f"cat {i}.jpg", "cat", focus_grid=a_grid(MIDDLE)) for i in range(20)]
    spread = [a_record(f"dog {i}.jpg", "dog", focus_grid=a_grid((i, 8 - i))) for i in range(9)]
    sentences = [
        sentence
        for look in overview(ships + cats + spread).looks
        if (sentence := look_sentence(look, ENGLISH))
    ]
    assert sentences == ["For “ship”, most of the focus lies at the lower right in 18 of 20 photos."]
    assert sentences[0] in gallery(ships + cats + spread, ENGLISH, "")
    assert "watermark" not in gallery(cats + spread, ENGLISH, "")


def test_four_photos_are_too_few_to_speak_of_a_watermark():
    ships = [a_record(f"ship {i}.jpg", "ship", focus_grid=a_grid(LOWER_RIGHT)) for i in range(5)]
    assert look_sentence(overview(ships).looks[0], ENGLISH)
    assert look_sentence(overview(ships[:4]).looks[0], ENGLISH) == ""


def test_the_focus_lies_where_the_weights_are():
    grid = Grid(3, 3)
    classifier = LinearClassifier(grid, classes=1)
    classifier.weights[0] = [0, 0, 0.6, 0, 0, 0, 0.2, -0.3, 0]
    recipe = Recipe(num_samples=200, segmentation=grid, num_features=2, target="probability")
    found = explain(a_photo(), classifier, recipe)
    shares = part_shares(focus_grid(Reading.of(found)))
    np.testing.assert_allclose(shares, [0, 0, 0.75, 0, 0, 0, 0.25, 0, 0], atol=0.02)


def test_without_a_focus_there_is_no_grid():
    grid = Grid(3, 3)
    classifier = LinearClassifier(grid, classes=1)
    classifier.weights[0] = -0.1
    found = explain(a_photo(), classifier, num_samples=200, segmentation=grid)
    assert focus_grid(Reading.of(found)) == ()


def test_a_picture_becomes_part_of_the_page_and_what_is_none_does_not(tmp_path: Path):
    Image.new("RGB", (2000, 1000), "navy").save(tmp_path / "large.png")
    assert card_uri((tmp_path / "large.png").read_bytes()).startswith("data:image/jpeg;base64,")
    assert card_uri(b"") == card_uri(b"no picture") == ""


@pytest.mark.parametrize(
    "path", ["../secret.png", "/etc/passwd", "photos/../../secret.png", "a\0b", "photos"]
)
def test_a_record_names_no_file_outside_of_its_folder(path: str, tmp_path: Path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "results" / "photos").mkdir(parents=True)
    (tmp_path / "results" / "photos" / "a.png").write_bytes(b"picture")
    assert file_below(tmp_path / "results", path) is None
    assert file_below(tmp_path / "results", "photos/a.png") is not None


def test_labels_that_nothing_is_known_of_still_make_a_card():
    record = a_record("a.jpg", "cat", fidelity=float("nan"), focus_grid=(), focus="", pros_cons="")
    assert Page(gallery([record], ENGLISH, "")).names == ["a.jpg"]
    assert a_label("cat").contradicted is False


@pytest.mark.slow
def test_a_network_that_looks_at_a_watermark_is_found_out(tmp_path: Path, watermark):
    for i in range(6):
        for name, mark in (("blue_disc", True), ("red_disc", False)):
            (tmp_path / "in" / name).mkdir(parents=True, exist_ok=True)
            a_disc(name, i, mark).save(tmp_path / "in" / name / f"{i}.png")
    result = explain_folder(tmp_path / "in", tmp_path / "out", watermark, num_samples=64)
    markup = result.gallery.read_text("utf-8")
    assert "Right in 12 of the 12 photos" in markup  # nothing but the focus gives it away
    assert "For “blue disc”, most of the focus lies at the lower right in 6 of 6 photos." in markup

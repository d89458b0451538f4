"""Photos and classifiers that explain nothing: what is said of them is honest, and nothing warns."""

import io
import json
import warnings

import numpy as np
import pytest
from PIL import Image

from explainer import Classifier, Explanation, Reading, explain, explain_folder
from explainer.judging.evidence import Finding, compare
from explainer.pictures.charts import bars_sentence, map_sentence, png, weight_bars, weight_map
from explainer.pictures.draw import draw_reading, draw_superpixels, fit_photo
from explainer.takeaway.report import html_report
from explainer.words.language import Language
from explainer.words.sentences import (
    against_evidence_sentence,
    comparison_sentence,
    contrast_sentence,
    focus_evidence_sentence,
    focus_sentence,
    pros_cons_sentence,
    region_descriptions,
    settledness_sentence,
    verdict,
)
from explainer.words.settings import settings_in_words
from tests.page.scripted import said_of_sampling, sentences
from tests.page.test_page import assert_fine, text, upload, visit
from tests.synthetic import ConstantClassifier, Grid, LinearClassifier, UnsteadyClassifier, a_photo

GRID = Grid(3, 4)
ENGLISH, JAPANESE = Language("en"), Language("ja")
GREY = Image.new("RGB", (64, 48), (127, 127, 127))


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def hardly_changing() -> Classifier:
    def predict(batch):
        yes = 0.9 + 1e-5 * batch.mean(axis=(1, 2, 3), dtype=np.float64)
        return np.stack([yes, 1 - yes], axis=1)

    return Classifier.from_function(predict, input_size=(24, 32), class_names=["sure", "not"])


CASES = {
    "one colour": lambda: explain(GREY, LinearClassifier(GRID), num_samples=60, segmentation=GRID),
    "one colour, as if hidden": lambda: explain(
        GREY, LinearClassifier(GRID, hide_color=0.5), num_samples=60, segmentation=GRID, hide_color=0.5
    ),
    "one colour, cut by itself": lambda: explain(GREY, LinearClassifier(GRID), num_samples=60),
    "one superpixel": lambda: explain(
        a_photo(), LinearClassifier(GRID), num_samples=60, segmentation=Grid(1, 1)
    ),
    "fewer samples than superpixels": lambda: explain(
        a_photo(), LinearClassifier(GRID), num_samples=40, segmentation=Grid(12, 16)
    ),
    "the photo alone": lambda: explain(a_photo(), LinearClassifier(GRID), num_samples=1, segmentation=GRID),
    "always 0 or 1": lambda: explain(a_photo(), ConstantClassifier(0, 1), num_samples=60, segmentation=GRID),
    "never anything": lambda: explain(a_photo(), ConstantClassifier(0, 0), num_samples=60, segmentation=GRID),
    "no more regions than are shown": lambda: explain(
        a_photo(), LinearClassifier(GRID), num_samples=60, segmentation=Grid(2, 2)
    ),
    "answers differently each time": lambda: explain(
        a_photo(), UnsteadyClassifier(GRID), num_samples=60, segmentation=GRID
    ),
    "hardly any change": lambda: explain(a_photo(), hardly_changing(), num_samples=60, segmentation=GRID),
}


@pytest.fixture(scope="module", params=CASES)
def case(request) -> Explanation:
    return CASES[request.param]()


def refuse(constant: str) -> None:
    raise AssertionError(constant)


def test_all_that_can_be_made_of_it_is_made(case: Explanation):
    photo = a_photo()
    written = json.loads(case.to_json(), parse_constant=refuse)
    for label in written["labels"]:
        assert 0 <= label["stability"] <= 1
        assert label["fidelity"] <= 1
    for label in case.labels:
        reading = Reading.of(case, label.index)
        for drawn in (*draw_reading(photo, reading), draw_superpixels(photo, case.segments)):
            assert drawn.size == photo.size
        for language in (ENGLISH, JAPANESE):
            sentences = [
                verdict("Net", label, language, *case.labels[1:2]),
                focus_sentence(reading, language),
                pros_cons_sentence(reading, language),
                settledness_sentence(reading, language),
                focus_evidence_sentence(reading, language),
                against_evidence_sentence(reading, language),
                comparison_sentence(compare(case, [0]), label, 1, language),
                contrast_sentence(case, case.labels[0], case.labels[1], language),
                map_sentence(reading, language),
                bars_sentence(reading, language),
                *region_descriptions(reading, language).values(),
                *(value for _, value in settings_in_words(reading, language)),
            ]
            assert not [sentence for sentence in sentences if "nan" in sentence.lower().split()]


@pytest.mark.parametrize(
    "case", ["fewer samples than superpixels", "the photo alone", "never anything"], indirect=True
)
def test_figures_and_the_report_are_drawn(case: Explanation):
    photo, reading = a_photo(), Reading.of(case)
    for figure in (weight_map(fit_photo(photo), reading, ENGLISH), weight_bars(reading, ENGLISH)):
        assert Image.open(io.BytesIO(png(figure))).width > 500
    report = html_report(photo, reading, ENGLISH)
    assert "nan" not in report.lower().replace("finance", "").split()
    assert settledness_sentence(reading, ENGLISH) in report


def said(name: str, label: int = 0) -> tuple[str, str]:
    explanation = CASES[name]()
    reading = Reading.of(explanation, explanation.labels[label].index)
    return focus_sentence(reading, ENGLISH), settledness_sentence(reading, ENGLISH)


@pytest.mark.parametrize(
    ("name", "focus", "settled"),
    [
        (
            "always 0 or 1",
            "No region speaks for “thing 1”: whatever was hidden, it stayed at 100%.",
            "Settled: another run would find no region either. 60 samples.",
        ),
        (
            "never anything",
            "No region speaks for “thing 1”: whatever was hidden, it stayed at 0%.",
            "Settled: another run would find no region either. 60 samples.",
        ),
        (
            "one superpixel",
            "The photo is one single region, so no part of it speaks for “thing 0” more than others.",
            "Nothing to choose from: the photo is one single region. Cut it more finely. 60 samples.",
        ),
        (
            "no more regions than are shown",
            "For “thing 0” it looked mostly at parts in several places, first of all at the lower right: "
            "together 100% of the photo.",
            "Nothing to choose from: the photo has only 4 regions. Cut it more finely, or show fewer. "
            "60 samples.",
        ),
        (
            "answers differently each time",
            "For “thing 0” it looked mostly at parts in several places, first of all at the lower left: "
            "together 42% of the photo.",
            "Not to be relied on: asked twice about the same photo, the classifier gave “thing 0” 68.4% and "
            "then 74.5%. Whoever made it has to switch off what is random in it, such as dropout. "
            "60 samples.",
        ),
        (
            "the photo alone",
            "Nothing was hidden yet, so it is not known which part speaks for “thing 0”.",
            "Too few samples yet for 12 regions: another run may well choose others. 1 sample.",
        ),
    ],
)
def test_the_words_are_honest(name: str, focus: str, settled: str):
    assert said(name) == (focus, settled)


def test_too_few_samples_are_not_called_settled_however_much_they_agree():
    _, settled = said("fewer samples than superpixels")
    assert settled == "Too few samples yet for 192 regions: another run may well choose others. 40 samples."


def test_a_change_that_nobody_would_notice_is_not_called_a_focus():
    focus, _ = said("hardly any change")
    assert focus == "Whatever was hidden, “sure” stayed near 90%: this focus means very little."


def test_a_constant_is_no_success():
    for name in ("always 0 or 1", "never anything", "one colour, as if hidden"):
        for label in CASES[name]().labels:
            assert label.fidelity == 0, "there is nothing to be faithful to"
            assert (label.weights == 0).all()
    assert CASES["the photo alone"]().stability(0) == 0, "nothing was learned yet"


def test_asking_again_claims_nothing():
    for name in ("always 0 or 1", "one colour, as if hidden"):
        evidence = Reading.of(CASES[name]()).evidence
        assert (evidence.focus_finding, evidence.against_finding) == (Finding.NO_CLAIM, Finding.NO_CLAIM)
    for name in ("no more regions than are shown", "answers differently each time"):
        reading = Reading.of(CASES[name]())
        assert not reading.is_settled
        assert reading.evidence.focus_finding is Finding.INCONCLUSIVE
        assert not reading.evidence.contradicted
    hardly = Reading.of(CASES["hardly any change"]())
    assert hardly.evidence.focus_finding is Finding.UNNOTICEABLE


def test_a_sure_verdict_over_nothing_is_not_made():
    explanation = CASES["never anything"]()
    first, second = explanation.labels
    assert verdict("Net", first, ENGLISH, second) == "Net is unsure; its best guess is “thing 1”, at only 0%."


def test_in_a_folder_they_are_photos_like_any_other(tmp_path):
    (tmp_path / "in").mkdir()
    for colour in ("white", "black", "gray"):
        Image.new("RGB", (64, 48), colour).save(tmp_path / "in" / f"{colour}.png")
    result = explain_folder(tmp_path / "in", tmp_path / "out", ConstantClassifier(0, 1), num_samples=20)
    assert [record.error for record in result.records] == [""] * 3
    for record in result.records:
        assert (record.predicted.probability, record.predicted.fidelity) == (1, 0)
        assert not record.predicted.contradicted
    assert "nan" not in result.summary.read_text("utf-8").lower()


@pytest.mark.slow
@pytest.mark.filterwarnings("default::DeprecationWarning")
@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_the_page_says_that_a_photo_of_one_colour_explains_nothing(locale: str):
    stream = io.BytesIO()
    GREY.resize((300, 200)).save(stream, "PNG")
    page = upload(
        visit(locale, num_samples="300", tuning="true", details="true"), ("grey.png", stream.getvalue())
    )
    assert_fine(page)
    if locale == "en-US":
        assert "No region speaks for “" in sentences(page)["focus"]
        assert "whatever was hidden, it stayed at" in sentences(page)["focus"]
        assert "Settled: another run would find no region either." in said_of_sampling(page)
        assert "so there was no focus to hide" in text(page)
    assert "nan" not in text(page).lower().split()

"""What can be taken away: pictures, a report that stands alone, and a notebook that finds the same again."""

import ast
import base64
import io
import re
import shlex
import sys
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer import (
    ArgumentError,
    Explanation,
    Felzenszwalb,
    Quickshift,
    Reading,
    Slic,
    explain,
    load_classifier,
)
from explainer.classifiers.classifier import Classifier
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE
from explainer.errors import ClassifierError
from explainer.judging.inquiry import finish
from explainer.judging.opinions import SecondOpinions
from explainer.judging.sanity import SanityCheck
from explainer.judging.smallest import smallest_sets
from explainer.page.downloads import file_name, zipped
from explainer.pictures.draw import PALETTES, fit_photo
from explainer.pictures.encode import png
from explainer.takeaway.notebook import notebook
from explainer.takeaway.report import heat_map_files, html_report, pictures
from explainer.words.language import Language
from explainer.words.opinions import (
    agreement_sentences,
    cross_check_sentence,
    cuts_sentence,
    enough_sentence,
    method_title,
    quality_sentence,
    without_sentence,
)
from explainer.words.settings import settings_in_words
from tests.browser.ensure_browser import NoBrowserError, find_browser
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, a_photo

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, JAPANESE = Language("en"), Language("ja")
GRID = Grid(3, 4)
HOSTILE_NAMES = [
    "<script>alert(1)</script>.jpg",
    '"><img src=http://example.com/x.png onerror=alert(1)>.jpg',
    "{{ 7 * 7 }}{% raw %}.jpg",
    "a\nb\u202egpj.exe",
]


def explained(classifier: Any = None, photo: Image.Image | None = None, **options: Any) -> Explanation:
    classifier = classifier or LinearClassifier(GRID)
    options = {"num_samples": 60, "segmentation": GRID, **options}
    return explain(photo or a_photo(), classifier, **options)


def report(explanation: Explanation, language: Language = ENGLISH, **options: Any) -> str:
    return html_report(a_photo(), Reading.of(explanation), language, **options)


class Document(HTMLParser):
    """Reads HTML, and fails where a tag is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append((tag, dict(attributes)))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


class TestPictures:
    def test_are_as_large_as_the_page_draws_them(self):
        photo = a_photo(size=(90, 60))
        drawn = pictures(photo, Reading.of(explained(photo=photo)))
        assert [*drawn] == ["preprocessed", "focus", "pros_cons", "superpixels"]
        for name, picture in drawn.items():
            decoded = Image.open(io.BytesIO(png(picture)))
            assert decoded.format == "PNG"
            assert decoded.size == ((32, 24) if name == "preprocessed" else fit_photo(photo).size)
            np.testing.assert_array_equal(np.asarray(decoded), np.asarray(picture.convert("RGB")))

    def test_follow_what_is_chosen(self):
        usual = pictures(a_photo(), Reading.of(explained()))
        fewer = Reading.of(explained(num_features=1), positive_only=True)
        other = pictures(a_photo(), fewer, PALETTES["green-red"])
        assert usual["focus"] != other["focus"]
        assert usual["pros_cons"] != other["pros_cons"]
        assert usual["superpixels"] == other["superpixels"]

    @pytest.mark.parametrize("language", [ENGLISH, JAPANESE], ids=lambda language: language.code)
    def test_heat_map_and_numbered_weights_are_drawn_on_demand(self, language: Language):
        explanation = explained()
        drawn = pictures(a_photo(), Reading.of(explanation), heat_map_in=language)
        for name in ("heat_map", "weight_map"):
            assert drawn[name].mode == "RGB"
            assert drawn[name].getpixel((0, 0)) == (255, 255, 255)
        assert drawn["heat_map"] != drawn["weight_map"]
        label = explanation.labels[0].index
        several = explained(cuts=3)
        again = pictures(a_photo(), Reading.of(several, label), heat_map_in=language)
        assert again["heat_map"] != drawn["heat_map"]

    def test_zipped_each_is_a_file(self):
        reading = Reading.of(explained())
        drawn, files = pictures(a_photo(), reading), heat_map_files(reading)
        with zipfile.ZipFile(io.BytesIO(zipped(drawn, files))) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == [
                *(f"{name}.png" for name in drawn),
                "heat_map.npy",
                "heat_map-16-bit.png",
            ]
            heat_map = np.load(io.BytesIO(archive.read("heat_map.npy")))
            grey = Image.open(io.BytesIO(archive.read("heat_map-16-bit.png")))
        expected = reading.explanation.heat_map(reading.label.index)
        np.testing.assert_array_equal(heat_map, expected.astype(np.float32))
        assert expected.flat[np.asarray(grey).argmax()] == expected.max()

    def test_nothing_a_camera_wrote_is_taken_along(self):
        photo = a_photo(size=(640, 480))
        exif = Image.Exif()
        exif[0x010E] = "SECRET"
        photo.info = {"exif": exif.tobytes(), "comment": b"SECRET", "icc_profile": b"SECRET"}
        explanation = explained(Catalogued(GRID, "inception-v3"), photo)
        document = html_report(photo, Reading.of(explanation), ENGLISH)
        embedded = re.findall(r"data:image/\w+;base64,([^\"]+)", document)
        assert len(embedded) > 5
        files = [base64.b64decode(content) for content in embedded]
        files.append(png(photo))
        data = next(cell.source for cell in cells(explanation, photo) if "PHOTO =" in cell.source)
        files.append(base64.b64decode(re.search(r'PHOTO = """(.*?)"""', data, re.DOTALL)[1]))
        assert not any(b"SECRET" in content for content in files)


class TestReport:
    @pytest.mark.parametrize("language", [ENGLISH, JAPANESE], ids=lambda language: language.code)
    def test_is_well_formed_and_fetches_nothing(self, language: Language):
        text = report(explained(), language, name="cat.jpg")
        document = Document(text)
        ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
        assert document.all("html") == [{"lang": language.code}]
        for _, attributes in document.tags:
            for name in ("src", "href", "action", "data", "srcset", "poster"):
                assert (attributes.get(name) or "data:").startswith("data:")
        assert not {tag for tag, _ in document.tags} & {"script", "link", "iframe", "object", "base", "form"}
        assert not re.search(r"@import|url\(", text)
        assert document.all("img")
        assert all(image["alt"] for image in document.all("img"))

    def test_says_what_was_found(self):
        explanation = explained()
        label = explanation.labels[0]
        text = Document(report(explanation, name="cat.jpg", day=date(2025, 3, 14))).text
        for label in explanation.labels:
            assert label.name.replace("_", " ") in text
            assert label.wnid in text
            assert ENGLISH.percent(label.probability) in text
        for words in ("cat.jpg", "March 14, 2025", "60 samples.", "looked mostly at", "Hiding the focus"):
            assert words in text

    def test_explains_the_label_that_was_asked_for(self):
        explanation = explained()
        second = explanation.labels[1]
        document = html_report(a_photo(), Reading.of(explanation, second.index), ENGLISH)
        assert f"Why “{second.name.replace('_', ' ')}”?" in Document(document).text
        row = re.search(r'<tr class="explained">.*', document)
        assert row is not None
        assert second.wnid in row[0]

    def test_is_in_japanese(self, lite0: Classifier, coffee: Image.Image):
        explanation = explained(lite0, coffee, num_samples=32)
        document = html_report(coffee, Reading.of(explanation), JAPANESE, day=date(2025, 3, 14))
        text = Document(document).text
        assert "エスプレッソ" in text
        assert "2025年3月14日" in text
        assert "espresso" in text  # the technical name

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_a_files_name_is_only_ever_text(self, name: str):
        text = report(explained(), name=name)
        harmless = Document(report(explained(), name="x"))
        document = Document(text)
        assert [tag for tag, _ in document.tags] == [tag for tag, _ in harmless.tags]
        shown = "".join(character if character.isprintable() else "�" for character in name)
        assert shown in document.text
        assert "\u202e" not in text

    @pytest.mark.parametrize("language", [ENGLISH, JAPANESE], ids=lambda language: language.code)
    def test_says_how_good_the_picture_is_where_that_was_asked(self, language: Language, monkeypatch):
        def refuse(*_):
            raise ClassifierError("This classifier has no layers to look into.")

        monkeypatch.setattr("explainer.judging.methods.grad_cam", refuse)
        explanation = explained()
        index = explanation.labels[0].index
        opinions = SecondOpinions(a_photo(), explanation, index, ["lime", "rise", "grad-cam"])
        while not opinions.advance(0):
            pass
        sets = finish(smallest_sets(explanation, index))
        usual = Document(report(explanation, language))
        text = report(explanation, language, opinions=opinions, sets=sets)
        ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
        document = Document(text)
        lime = opinions.opinion("lime")
        sentences = [
            quality_sentence(lime.curves, opinions.chance, explanation.labels[0], language),
            cross_check_sentence(lime, language),
            enough_sentence(sets, explanation, language),
            without_sentence(sets, explanation, language),
            *agreement_sentences(opinions, language),
            method_title(opinions.opinion("rise").method, language),
            language.number(opinions.opinion("rise").curves.gain, 2),
            language.error(opinions.opinion("grad-cam").error),
        ]
        for sentence in sentences:
            assert sentence in document.text
            assert sentence not in usual.text
        decisive = [sets.enough, sets.without]
        assert len(document.all("img")) - len(usual.all("img")) == 3 + sum(map(bool, decisive))
        assert all(image["alt"] for image in document.all("img"))
        best = re.findall(r'<figure class="best">.*?</figure>', text, re.S)
        assert len(best) == 1
        assert method_title(opinions.best.method, language) in best[0]

    def test_is_silent_as_long_as_nothing_is_known(self):
        explanation = explained()
        begun = SecondOpinions(a_photo(), explanation, explanation.labels[0].index)
        assert report(explanation, opinions=begun) == report(explanation)

    def test_says_so_where_only_the_smallest_sets_were_looked_for(self):
        explanation = explained()
        sets = finish(smallest_sets(explanation, explanation.labels[0].index))
        text = Document(report(explanation, sets=sets)).text
        assert enough_sentence(sets, explanation, ENGLISH) in text
        assert "Other methods" not in text

    def test_says_whether_several_cuts_agree(self):
        explanation = explained(cuts=2)
        sentence = cuts_sentence(explanation, explanation.labels[0].index, ENGLISH)
        assert sentence
        assert sentence in Document(report(explanation)).text

    def test_a_long_name_is_cut(self):
        text = Document(report(explained(), name="x" * 5000)).text
        assert "x" * 80 + "…" in text
        assert "x" * 81 not in text

    def test_a_class_name_is_only_ever_text(self):
        classifier = LinearClassifier(GRID)
        classifier.class_names = ("<b onclick='x'>", "<i>", "&amp;")
        document = Document(report(explained(classifier)))
        assert not document.all("b")
        assert "&amp;" in document.text

    def test_asks_four_pictures_at_the_most(self):
        classifier = CountingClassifier(LinearClassifier(GRID))
        explanation = explained(classifier)
        before = classifier.images
        report(explanation)
        assert 0 < classifier.images - before <= 4
        report(explanation, JAPANESE)
        assert classifier.images - before <= 4

    @pytest.mark.slow
    @pytest.mark.browser
    @pytest.mark.parametrize("language", [ENGLISH, JAPANESE], ids=lambda language: language.code)
    @pytest.mark.parametrize("size", [(600, 400), (400, 1400), (1600, 300)], ids=["usual", "tall", "wide"])
    @pytest.mark.parametrize(("judged", "pages"), [(False, 2), (True, 3)], ids=["usual", "judged"])
    def test_prints_on_few_pages_and_fits_a_telephone(
        self,
        judged: bool,
        pages: int,
        size: tuple[int, int],
        language: Language,
        lite0: Classifier,
        coffee: Image.Image,
        tmp_path: Path,
    ):
        from playwright.sync_api import sync_playwright

        photo = coffee.resize(size)
        explanation = explained(lite0, photo, num_samples=32)
        options: dict[str, Any] = {}
        if judged:
            index = explanation.labels[0].index
            opinions = options["opinions"] = SecondOpinions(photo, explanation, index)
            while not opinions.advance(0):
                pass
            options["sets"] = finish(smallest_sets(explanation, index))
            options["sanity"] = SanityCheck(index, explanation, 1.0)
        path = tmp_path / "report.html"
        path.write_text(
            html_report(photo, Reading.of(explanation), language, name="x" * 200, **options),
            encoding="utf-8",
        )
        try:
            executable = find_browser()
        except NoBrowserError as error:
            pytest.fail(str(error))
        problems: list[str] = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 400, "height": 800})
            page.on("console", lambda message: problems.append(message.text))
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto(path.as_uri())
            widest = page.evaluate("document.documentElement.scrollWidth")
            loaded = page.evaluate(
                "[...document.images].every(image => image.complete && image.naturalWidth)"
            )
            printed = page.pdf(format="A4")
            browser.close()
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == pages
        assert widest == 400
        assert loaded
        assert problems == []
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]


class TestSettings:
    @pytest.mark.parametrize(
        ("hide_color", "words"),
        [
            (0.0, "the colour #000000"),
            ((0.25, 0.5, 0.75), "the colour #3f7fbf"),
            (None, "their mean colour"),
            ("blur", "the photo, blurred"),
            (lambda image: image[::-1], "another picture"),
        ],
        ids=["black", "blue", "mean", "blur", "picture"],
    )
    def test_what_hidden_regions_show(self, hide_color: Any, words: str):
        assert told(explained(hide_color=hide_color))["Hidden regions show"] == words

    @pytest.mark.parametrize(
        ("segmentation", "words"),
        [
            (Quickshift(), "found by Quickshift (kernel_size 4, max_dist 200, ratio 1)"),
            (Slic(20), "found by SLIC (n_segments 20, compactness 10, sigma 1)"),
            (Felzenszwalb(), "found by Felzenszwalb (scale 100, sigma 0.8, min_size 200)"),
            (GRID, "found in a way of their own"),
        ],
        ids=repr,
    )
    def test_how_regions_were_found(self, segmentation: Any, words: str):
        explanation = explained(num_samples=2, segmentation=segmentation)
        assert told(explanation)["Regions"] == f"{explanation.num_superpixels}, {words}"

    def test_every_setting_is_told(self, lite0: Classifier, coffee: Image.Image):
        explanation = explained(
            lite0, coffee, num_samples=8, design="lime", seed=1234, kernel_width=0.4, precision="fast"
        )
        assert len(told(explanation)) == 12
        values = " ".join(told(explanation).values())
        for value in (
            "EfficientNet-Lite0",
            "OpenVINO",
            "1234",
            "0.4",
            "lime 0.2.0.1",
            f"numpy {np.__version__}",
        ):
            assert value in values

    def test_settings_are_told_in_japanese(self):
        explanation = explained(design="lime")
        names = {*told(explanation, JAPANESE)}
        assert all(re.search("[ぁ-んァ-ン一-龥]", name) for name in names)
        assert not names & {*told(explanation)}


def told(explanation: Explanation, language: Language = ENGLISH) -> dict[str, str]:
    return dict(settings_in_words(Reading.of(explanation), language))


class Catalogued(LinearClassifier):
    """Has a name, and can say what it is run by, as those of the catalogue have and can."""

    def __init__(self, grid: Grid, name: str) -> None:
        super().__init__(grid)
        self.name = name

    def describe_engine(self) -> str:
        return "an “engine” of its own"


def cells(
    explanation: Explanation, photo: Image.Image, language: Language = ENGLISH
) -> list[nbformat.NotebookNode]:
    text = notebook(photo, Reading.of(explanation), language)
    document = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(document)
    return document.cells


def run(code: list[nbformat.NotebookNode]) -> dict[str, Any]:
    """Run a notebook's code here and now; returns what it defined."""
    names: dict[str, Any] = {}
    for cell in code:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), names)
    return names


def run_by_jupyter(text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a notebook as Jupyter does; returns what its last cell printed."""
    monkeypatch.delenv(
        "MPLBACKEND", raising=False
    )  # Jupyter has its own, which shows figures in the notebook
    document = nbformat.reads(text, as_version=4)
    client = NotebookClient(document, timeout=280, resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    outputs = [output for cell in document.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 4
    return "".join(output.text for output in document.cells[-1].outputs)


@pytest.fixture
def _no_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    pyplot.switch_backend("Agg")


@pytest.fixture
def inception(inception_v3_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Classifier:
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(inception_v3_weights))
    return load_classifier("inception-v3")


class TestNotebook:
    @pytest.mark.parametrize(
        ("classifier", "precision", "design", "language"),
        [
            ("inception-v3", "exact", "lime", ENGLISH),
            ("inception-v3", "exact", "balanced", JAPANESE),
            ("inception-v3", "fast", "balanced", ENGLISH),
            ("efficientnet-lite2", "exact", "lime", JAPANESE),
            ("efficientnet-lite2", "fast", "balanced", JAPANESE),
        ],
    )
    def test_is_valid_and_its_code_too(
        self, classifier: str, precision: str, design: str, language: Language
    ):
        explanation = explained(Catalogued(GRID, classifier), design=design, precision=precision)
        found = cells(explanation, a_photo(), language)
        for cell in found:
            assert cell.source
            assert "�" not in cell.source
            if cell.cell_type == "code":
                ast.parse(cell.source)
        code = "\n".join(cell.source for cell in found if cell.cell_type == "code")
        assert ("from explainer import" in code) == (classifier != "inception-v3" or precision == "fast")
        assert ("MASKS" in code) == (
            classifier == "inception-v3" and precision == "exact" and design != "lime"
        )
        assert [cell.metadata for cell in found if "PHOTO =" in cell.source] == [
            {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
        ]

    def test_is_not_made_for_what_nobody_can_load(self):
        with pytest.raises(ArgumentError, match=r"^There is no notebook for the classifier linear, .*\.$"):
            notebook(a_photo(), Reading.of(explained()), ENGLISH)

    def test_a_large_photo_is_carried_as_the_network_sees_it(self, lite0: Classifier, coffee: Image.Image):
        photo = coffee.resize((1500, 1000))
        explanation = explained(lite0, photo, num_samples=2)
        text = notebook(photo, Reading.of(explanation), ENGLISH)
        assert len(text) < 400_000
        assert "224 × 224 pixels" in text

    @pytest.mark.slow
    @pytest.mark.usefixtures("_no_windows")
    @pytest.mark.parametrize(
        "options",
        [
            {"segmentation": None},
            {"hide_color": None, "design": "lime", "seed": 5, "segmentation": None},
            {"hide_color": "blur", "kernel_width": 0.5},
            {"hide_color": lambda image: image[::-1] / 2, "segmentation": Slic(30)},
            {"hide_color": (0.5, -0.25, 0.125), "precision": "fast"},
            {"cuts": 3, "segmentation": None},
        ],
        ids=["usual", "lime", "blur", "picture", "fast", "cuts"],
    )
    def test_finds_the_same_with_this_package(
        self,
        options: dict[str, Any],
        lite0: Classifier,
        coffee: Image.Image,
        capsys: pytest.CaptureFixture[str],
    ):
        explanation = explained(lite0, coffee, **options)
        names = run(cells(explanation, coffee))
        assert "All weights are those of then" in capsys.readouterr().out
        for label in explanation.labels:
            np.testing.assert_allclose(names["weights"][label.index], label.weights, atol=1e-6, rtol=0)

    @pytest.mark.slow
    @pytest.mark.usefixtures("_no_windows")
    def test_finds_the_same_of_a_large_photo(self, lite0: Classifier, coffee: Image.Image):
        photo = coffee.resize((1500, 1000))
        explanation = explained(lite0, photo)
        names = run(cells(explanation, photo))
        np.testing.assert_array_equal(names["image"], explanation.image)
        assert max(names["differences"].values()) <= 1e-6

    @pytest.mark.slow
    @pytest.mark.usefixtures("_no_windows")
    def test_notices_what_is_not_the_same(self, lite0: Classifier, coffee: Image.Image):
        found = cells(explained(lite0, coffee), coffee)
        for cell in found:
            cell.source = cell.source.replace('"seed": 0', '"seed": 1')
        with pytest.raises(AssertionError, match="not those of then"):
            run(found)

    @pytest.mark.slow
    @pytest.mark.usefixtures("_no_windows")
    @pytest.mark.parametrize(
        "options",
        [
            {"hide_color": None, "kernel_width": 0.5},
            {"design": "lime", "hide_color": "blur", "segmentation": Slic()},
        ],
        ids=["balanced", "carried"],
    )
    def test_finds_the_same_with_lime_and_keras_alone(
        self,
        options: dict[str, Any],
        inception: Classifier,
        coffee: Image.Image,
        capsys: pytest.CaptureFixture[str],
    ):
        explanation = explained(inception, coffee, num_samples=24, **options)
        found = cells(explanation, coffee)
        assert not any("from explainer" in cell.source for cell in found)
        names = run(found)
        printed = capsys.readouterr().out
        assert "All weights are those of then" in printed
        assert "cuts the photo in another way" not in printed
        assert max(names["differences"].values()) <= 1e-4

    @pytest.mark.slow
    def test_runs_in_jupyter_with_this_package(
        self, lite0: Classifier, coffee: Image.Image, monkeypatch: pytest.MonkeyPatch
    ):
        explanation = explained(lite0, coffee, segmentation=None)
        text = notebook(coffee, Reading.of(explanation, explanation.labels[1].index), JAPANESE)
        assert "All weights are those of then, to 1e-06." in run_by_jupyter(text, monkeypatch)
        with pytest.raises(CellExecutionError, match="not those of then"):
            run_by_jupyter(text.replace("NUM_SAMPLES = 60", "NUM_SAMPLES = 50"), monkeypatch)

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_runs_in_jupyter_with_lime_and_keras_alone(
        self, inception: Classifier, coffee: Image.Image, monkeypatch: pytest.MonkeyPatch
    ):
        explanation = explained(inception, coffee, num_samples=24, design="lime", seed=3, segmentation=None)
        text = notebook(coffee, Reading.of(explanation), ENGLISH)
        assert "All weights are those of then, to 0.0001." in run_by_jupyter(text, monkeypatch)


@pytest.mark.parametrize(
    ("photo", "label", "name"),
    [
        ("cat.jpg", "tiger_cat", "limelight-cat-tiger-cat.html"),
        ("My cat (1).final.JPEG", "jack-o'-lantern", "limelight-My-cat-1-final-jack-o-lantern.html"),
        ("猫の写真.heic", "tiger_cat", "limelight-猫の写真-tiger-cat.html"),
        ("cafe\u0301.png", "cup", "limelight-café-cup.html"),
        ("../../etc/passwd", "cup", "limelight-passwd-cup.html"),
        ("C:\\Users\\me\\cat.png", "cup", "limelight-cat-cup.html"),
        ("<script>alert(1)</script>.jpg", "cup", "limelight-script-cup.html"),
        ("$(rm -rf ~);`x`.jpg", "cup", "limelight-rm-rf-x-cup.html"),
        ("a\nb\u202egpj.exe", "cup", "limelight-a-b-gpj-cup.html"),
        ("", "", "limelight-photo-label.html"),
        ("...", "cup", "limelight-photo-cup.html"),
        ("x" * 300 + ".jpg", "cup", f"limelight-{'x' * 60}-cup.html"),
    ],
)
def test_a_file_to_take_away_gets_a_harmless_name(photo: str, label: str, name: str):
    assert file_name(photo, label, "html") == name


def page_with_downloads() -> None:
    import streamlit as st

    from explainer import Reading, explain, load_classifier
    from explainer.page import downloads
    from explainer.page.intake import Photo
    from explainer.page.result import Result
    from explainer.photos.examples import example_photo
    from explainer.pictures.draw import DEFAULT_PALETTE, fit_photo
    from explainer.words.language import Language

    classifier, photo = load_classifier("efficientnet-lite0"), example_photo("coffee")
    downloads.show(
        Result(
            Photo("my cup.jpg", "key", photo, fit_photo(photo)),
            Reading.of(explain(photo, classifier, num_samples=20)),
            DEFAULT_PALETTE,
            Language(st.query_params.get("language", "en")),
        )
    )


class TestDownloads:
    @pytest.fixture(autouse=True)
    def _nothing_is_made_yet(self, monkeypatch: pytest.MonkeyPatch):
        def fail(*_arguments, **_options):
            raise AssertionError("made before anybody asked")

        for function in ("html_report", "notebook", "pictures", "zipped"):
            monkeypatch.setattr(f"explainer.page.downloads.{function}", fail)
        monkeypatch.setattr(Explanation, "to_json", fail)

    def visit(self, **query: str) -> AppTest:
        page = AppTest.from_function(page_with_downloads, default_timeout=120)
        page.query_params.update(query)
        page.run()
        assert not page.exception
        return page

    def test_offers_four_files_and_a_link(self):
        page = self.visit()
        buttons = [button.label for button in page.button]
        assert buttons == ["Report", "Pictures", "Numbers", "Notebook", "Present it"]
        assert page.header[0].value == "Take it away"

    def test_the_link_holds_the_settings(self):
        page = self.visit(num_features="7", sample="coffee")
        assert page.code[0].value.endswith("/?num_features=7&sample=coffee")
        assert "example photo" in page.caption[0].value

    def test_the_link_can_not_carry_an_upload(self):
        page = self.visit(hostile="<script>&x=1")
        assert page.code[0].value.endswith("/?hostile=%3Cscript%3E%26x%3D1")
        assert "can't carry your photo" in page.caption[0].value

    def test_the_same_as_code(self):
        _link, command, python, _lime = (element.value for element in self.visit().code)
        assert shlex.split(command) == [
            *["limelight", "explain", "my cup.jpg", "--out", "results"],
            *["--classifier", "efficientnet-lite0", "--num-samples", "20"],
        ]
        ast.parse(python)
        assert 'load_photo("my cup.jpg")' in python
        assert "num_samples=20" in python

    def test_speaks_japanese(self):
        page = self.visit(language="ja")
        buttons = [button.label for button in page.button]
        assert buttons == ["レポート", "画像", "数値", "ノートブック", "プレゼンテーション"]
        assert page.header[0].value == "結果を保存・共有する"

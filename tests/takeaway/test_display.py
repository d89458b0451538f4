"""An explanation in a notebook: it shows itself, and can be watched while it grows."""

import base64
import io
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient
from PIL import Image

from explainer import ArgumentError, ExplainerError, Explanation, explain, watch
from explainer.reading import Reading
from explainer.takeaway.display import html
from explainer.words.language import Language
from explainer.words.sentences import focus_sentence, pros_cons_sentence, settledness_sentence
from tests.synthetic import ConstantClassifier, Grid, LinearClassifier, a_photo

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = Language("en")
GRID = Grid(3, 4)
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "$x^$",
    "猫 & </div>",
]


def explained(*names: str, **changes: Any) -> Explanation:
    classifier = LinearClassifier(GRID, classes=len(names) or 3)
    classifier.class_names = names or classifier.class_names
    return explain(a_photo(), classifier, **{"num_samples": 60, "segmentation": GRID, **changes})


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def words(text: str) -> str:
    return "".join(parsed(text).itertext())


def pictures(text: str) -> list[Image.Image]:
    sources = [image.attrib["src"].partition("data:image/jpeg;base64,") for image in parsed(text).iter("img")]
    assert all(before == "" for before, _, _ in sources)
    return [Image.open(io.BytesIO(base64.b64decode(content))) for _, _, content in sources]


class TestHtml:
    def test_says_what_was_found(self):
        explanation = explained()
        reading = Reading.of(explanation)
        text = explanation._repr_html_()
        rows = [["".join(cell.itertext()).strip() for cell in row] for row in parsed(text).iter("tr")]
        assert rows == [
            [label.name.replace("_", " "), ENGLISH.percent(label.probability)] for label in explanation.labels
        ]
        for sentence in (focus_sentence, pros_cons_sentence, settledness_sentence):
            assert sentence(reading, ENGLISH) in words(text)
        assert "As the classifier sees it, 32 × 24" in words(text)
        assert "of at most" not in words(text)

    def test_shows_focus_and_pros_and_cons_small(self):
        found = pictures(explained()._repr_html_())
        assert [(picture.format, picture.size) for picture in found] == [("JPEG", (480, 400))] * 2
        focus, pros_cons = (np.asarray(picture.convert("RGB"), int) for picture in found)
        assert np.abs(focus - (32, 36, 44)).max(axis=2).min() < 8  # somewhere all is hidden
        assert np.abs(focus - pros_cons).mean() > 20

    def test_over_the_photo_where_it_is_at_hand(self):
        text = html(explained(), frame=a_photo(size=(600, 200)))
        assert [picture.size for picture in pictures(text)] == [(480, 160)] * 2
        assert "As the classifier sees it" not in text

    def test_says_how_far_it_is_while_it_grows(self):
        assert "60 of at most 1,200 samples" in words(html(explained(), most_samples=1200))

    def test_has_no_pictures_of_nothing(self):
        text = explained(num_samples=1)._repr_html_()
        assert pictures(text) == []
        assert "Too few samples yet" in words(text)

    def test_is_alike_where_nothing_matters(self):
        explanation = explain(a_photo(), ConstantClassifier(1.5, -0.5), num_samples=40, segmentation=GRID)
        text = explanation._repr_html_()
        assert len(pictures(text)) == 2
        assert "width:100.0%" in text
        assert "width:0.0%" in text

    def test_names_are_only_ever_text(self):
        text = explained(*HOSTILE)._repr_html_()
        for name in HOSTILE:
            assert name in words(text)
        harmless = explained("a", "b", "c", "d", "e")._repr_html_()
        assert [part.tag for part in parsed(text).iter()] == [part.tag for part in parsed(harmless).iter()]

    def test_runs_and_fetches_nothing(self):
        for part in parsed(explained()._repr_html_()).iter():
            assert part.tag not in {"script", "style", "link", "iframe"}
            drawing = {
                "viewBox",
                "aria-hidden",
                "fill",
                "stroke",
                "stroke-width",
                "stroke-dasharray",
                "stroke-linecap",
                "stroke-opacity",
                *"xy",
            }
            assert {*part.attrib} <= {"style", "src", "alt", "lang", "width", "height", "rx", *drawing}
            assert "url(" not in part.attrib.get("style", "")

    def test_speaks_japanese(self):
        text = html(explained(), Language("ja"), most_samples=1200)
        assert parsed(text).attrib["lang"] == "ja"
        assert "注目領域" in words(text)
        assert "最大1,200サンプルのうち60サンプル" in words(text)


class TestShow:
    def test_is_of_the_best_label(self):
        explanation = explained("tiger_cat", "dog", "fox")
        figure = explanation.show()
        assert isinstance(figure, Figure)
        best = explanation.labels[0]
        assert figure.get_suptitle() == (
            f"{best.name.replace('_', ' ')} · {ENGLISH.percent(best.probability)}"
        )
        assert [axes.get_title() for axes in figure.axes] == ["Focus", "Pros and cons"]
        shapes = [axes.images[0].get_array().shape for axes in figure.axes]
        assert shapes == [(533, 640, 3)] * 2  # as the photo, 48 × 40

    @pytest.mark.parametrize("label", ["tiger_cat", "tiger cat", 0, np.int64(0)])
    def test_takes_a_name_or_an_index(self, label: Any):
        figure = explained("tiger_cat", "dog", "fox").show(label)
        assert figure.get_suptitle().startswith("tiger cat · ")

    def test_can_leave_out_what_speaks_against(self):
        explanation = explained()
        label = next(label for label in explanation.labels if Reading.of(explanation, label.index).against)
        both, one = (
            explanation.show(label.index, positive_only=only).axes[1].images[0].get_array()
            for only in (False, True)
        )
        assert (both != one).any()

    @pytest.mark.parametrize("label", ["cat", "", 3, -1])
    def test_refuses_what_is_not_explained(self, label: Any, raises_sentence):
        explanation = explained("tiger_cat", "dog", "fox", top_labels=2)
        shown = ", ".join(f"{each.name} \\({each.index}\\)" for each in explanation.labels)
        with raises_sentence(ArgumentError, f"^label must be one of {shown}, and is {label!r}\\.$"):
            explanation.show(label)

    def test_any_name_can_be_drawn(self):
        explanation = explained(*HOSTILE)
        for name in HOSTILE:
            figure = explanation.show(name)
            assert figure.get_suptitle().startswith(f"{name} · ")
            figure.savefig(io.BytesIO())


def test_watching_needs_a_notebook(raises_sentence):
    with raises_sentence(ExplainerError, "^watch needs a notebook .*; elsewhere explain does the same"):
        watch(a_photo(), LinearClassifier(GRID))


def test_importing_the_package_imports_nothing_that_draws():
    code = "import sys, explainer; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "explainer" in done.stdout.split()
    assert not {*done.stdout.split()} & {"matplotlib", "babel", "jinja2", "scipy", "skimage", "IPython"}


class Recorder(NotebookClient):
    """Runs a notebook as Jupyter does, and keeps what the kernel sends to change what is shown."""

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "update_display_data":
            updates = self.resources.setdefault("updates", {})
            updates.setdefault(cell_index, []).append(msg["content"])
        return super().process_message(msg, cell, cell_index)


CELLS = {
    "prepared": """
from explainer import explain, watch
from tests.synthetic import Grid, LinearClassifier, a_photo

class Interrupted(LinearClassifier):
    asked = 0

    def predict(self, batch):
        self.asked += len(batch)
        if self.asked > 60:
            raise KeyboardInterrupt
        return super().predict(batch)

recipe = {"num_samples": 100, "segmentation": Grid(3, 4)}
""",
    "explained": "explain(a_photo(), LinearClassifier(Grid(3, 4)), **recipe)",
    "shown": "_.show()",
    "watched": "explanation = watch(a_photo(1), LinearClassifier(Grid(3, 4)), **recipe)",
    "returned": "print(explanation.num_samples)",
    "interrupted": """
try:
    watch(a_photo(2), Interrupted(Grid(3, 4)), **recipe)
except KeyboardInterrupt:
    print("stopped")
""",
}


@pytest.fixture(scope="module")
def client() -> Recorder:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS.values()])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)
        client = Recorder(document, timeout=280, resources={"metadata": {"path": str(ROOT)}})
        client.execute()
    return client


@pytest.mark.slow
class TestInJupyter:
    def outputs(self, client: Recorder, name: str) -> list[Any]:
        return client.nb.cells[[*CELLS].index(name)].outputs

    def updates(self, client: Recorder, name: str) -> list[Any]:
        return client.resources["updates"][[*CELLS].index(name)]

    def test_a_cell_that_ends_with_an_explanation_shows_it(self, client):
        (output,) = self.outputs(client, "explained")
        assert len(pictures(output.data["text/html"])) == 2
        assert "100 samples." in words(output.data["text/html"])

    def test_a_figure_is_shown_without_pyplot(self, client):
        (output,) = self.outputs(client, "shown")
        with Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))) as picture:
            assert picture.width == 920

    def test_what_is_watched_changes_in_place(self, client):
        (output,) = self.outputs(client, "watched")
        updates = self.updates(client, "watched")
        assert len(updates) > 1
        assert len({update["transient"]["display_id"] for update in updates}) == 1
        texts = [words(update["data"]["text/html"]) for update in updates]
        assert "48 of at most 100 samples" in texts[0]
        assert "of at most" not in texts[-1]
        assert output.data["text/html"] == updates[-1]["data"]["text/html"]
        assert output.data["text/plain"] in texts[-1]
        assert output.data["text/plain"].endswith("100 samples.")
        assert [picture.size for picture in pictures(output.data["text/html"])] == [(480, 400)] * 2
        assert self.outputs(client, "returned")[0].text == "100\n"

    def test_what_is_interrupted_stays(self, client):
        shown, printed = self.outputs(client, "interrupted")
        assert printed.text == "stopped\n"
        assert len(pictures(shown.data["text/html"])) == 2
        assert "48 samples." in words(shown.data["text/html"])
        assert "of at most" not in words(shown.data["text/html"])

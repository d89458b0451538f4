"""How good the picture is, the fewest regions, several cuts and the sanity check, on the page."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explainer.classifiers.classifier import Classifier
from explainer.errors import ClassifierError, ClassifierFailedError
from explainer.judging import opinions as judging
from explainer.judging.methods import METHODS
from explainer.judging.opinions import SecondOpinions
from explainer.page import opinions
from tests.page.scripted import Labels, sentences

pytestmark = pytest.mark.slow

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard.py"
QUICK = {"classifier": "efficientnet-lite0", "auto": "false", "num_samples": "100", "sample": "coffee"}
ASK, AGAIN = "Put it to the test", "Try again"


def visit(**query: str) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=180)
    page.query_params.update({**QUICK, **query})
    return page.run()


@pytest.fixture
def few_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: METHODS[name] for name in ("lime", "occlusion")}
    monkeypatch.setattr(judging, "METHODS", few)
    monkeypatch.setattr(opinions, "METHODS", few)


def said(page: AppTest) -> str:
    """All that is written below the pictures, as it is read."""
    parts = [element.value for element in (*page.header, *page.markdown, *page.caption)]
    parts += [re.sub("<.*?>", " ", element.proto.body) for element in page.get("html")]
    return re.sub(r"\\| (?= )", "", "\n".join(parts))


def buttons(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


def marked(page: AppTest) -> int:
    return said(page).count("★ best")


def errors(page: AppTest) -> list[str]:
    assert not page.exception
    return [element.value for element in page.error]


def put(page: AppTest, kind: str) -> AppTest:
    return page.button(key=f"{kind}-ask").click().run()


def made_of(page: AppTest, kind: str) -> tuple:
    (key,) = page.session_state[f"asked-{kind}"]
    return key


def test_all_methods_are_put_to_the_test_and_the_best_is_marked(asked: list[int]):
    page = visit()
    asked.clear()
    put(page, "opinions")
    assert errors(page) == []
    assert marked(page) == 1
    text = said(page)
    assert re.search("Hiding the first .* of the photo that it points to", text)
    for title in ("LIME with three cuts", "Occlusion", "RISE", "Shapley values", "Grad-CAM"):
        assert f"**{title}**" in text
    assert "100 pictures asked · the picture above" in text
    found: SecondOpinions = page.session_state["asked-opinions"][made_of(page, "opinions")].found
    assert [opinion.error for opinion in found.opinions] == [None] * len(METHODS)
    assert {"opinions-ask", "opinions-stop", "opinions-resume"}.isdisjoint(buttons(page))
    assert {"download-curves.csv", "download-opinions.json"} <= buttons(page)
    assert sum(asked) <= found.passes <= found.total


@pytest.mark.usefixtures("few_methods")
def test_opinions_are_of_one_label_and_of_one_picture(asked: list[int]):
    page = put(visit(), "opinions")
    assert marked(page) == 1
    first, second = Labels(page).options[:2]
    Labels(page).set_value(second).run()
    assert errors(page) == []
    assert marked(page) == 0
    assert page.button(key="opinions-ask").label == ASK
    asked.clear()
    page.session_state["links"] = {}
    Labels(page).set_value(first).run()
    assert marked(page) == 1
    assert asked == [], "known from before"
    page.query_params["samples_here"] = "132"
    page.session_state["links"] = {}
    page.run()
    assert errors(page) == []
    assert marked(page) == 0
    assert page.button(key="opinions-ask").label == ASK


@pytest.mark.usefixtures("few_methods")
def test_a_question_that_is_put_while_the_picture_grows_waits_for_it():
    place, _hide_color, _samples, label, _weights = made_of(put(visit(), "opinions"), "opinions")
    page = AppTest.from_file(DASHBOARD, default_timeout=180)
    page.query_params.update({**QUICK, "num_samples": "200"})
    page.session_state["wished"] = {"opinions": (place, label)}
    page.run()
    assert errors(page) == []
    assert made_of(page, "opinions")[2] == 200
    assert marked(page) == 1


@pytest.mark.usefixtures("few_methods")
def test_a_failure_is_said_once_and_can_be_gone_on_from(monkeypatch: pytest.MonkeyPatch):
    failing = []
    advance = SecondOpinions.advance

    def fail(self: SecondOpinions, seconds: float) -> bool:
        if self.opinions and not failing:
            failing.append(True)
            raise ClassifierFailedError("The classifier {name} failed: {reason}.", name="a", reason="b")
        return advance(self, seconds)

    monkeypatch.setattr(SecondOpinions, "advance", fail)
    page = put(visit(), "opinions")
    assert errors(page) == ["The classifier a failed: b."]
    assert "100 pictures asked · the picture above" in said(page), "what is known stays"
    assert page.button(key="opinions-again").label == AGAIN
    page.button(key="opinions-again").click().run()
    assert errors(page) == []
    assert marked(page) == 1


def test_a_method_that_cannot_run_says_why_in_its_place(monkeypatch: pytest.MonkeyPatch, lite0: Classifier):
    few = {name: METHODS[name] for name in ("lime", "grad-cam")}
    monkeypatch.setattr(judging, "METHODS", few)
    monkeypatch.setattr(opinions, "METHODS", few)

    def refuse() -> None:
        raise ClassifierError("There are no gradients.")

    monkeypatch.setattr(lite0, "keras_network", refuse)
    page = put(visit(), "opinions")
    assert errors(page) == []
    assert "There are no gradients." in said(page)
    assert marked(page) == 0, "of one alone"


def test_the_fewest_regions_are_shown_with_counted_scores():
    page = put(visit(), "fewest")
    assert errors(page) == []
    (markup,) = [html.proto.body for html in page.get("html") if "class='said'" in html.proto.body]
    assert markup.count("<img ") == 2
    titles = re.findall(r"<span>(.*?)</span><b>(.*?)</b>", markup)
    assert re.match("Only th(is|ese)", titles[0][0])
    assert re.match("Without th(is|ese)", titles[1][0])
    enough, without = re.findall(r"<p class='finding'>(.*?)</p>", markup)
    assert f"it still says “espresso” ({titles[0][1]})" in enough
    assert "it would say" in without
    assert "fewest-ask" not in buttons(page)


def test_a_network_that_has_learned_nothing_is_explained_beside_the_real_one():
    page = visit(details="true")
    maps = len(page.get("image"))
    put(page, "sanity")
    assert errors(page) == []
    assert len(page.get("image")) == maps + 1
    assert "The same network with random weights" in said(page)


def test_where_weights_cannot_be_reached_it_is_said_plainly(monkeypatch, lite0: Classifier):
    def refuse() -> None:
        raise ClassifierError("The weights can't be reached.")

    monkeypatch.setattr(lite0, "with_random_weights", refuse)
    page = put(visit(details="true"), "sanity")
    assert errors(page) == ["The weights can't be reached."]
    assert "sanity-again" not in buttons(page), "it would be no different"


def test_three_cuts_make_the_heat_map_and_leave_the_other_pictures(asked: list[int]):
    page = visit(details="true", num_samples="300", sample="rocket")
    alone = sentences(page)
    assert {"download-heat.png", "download-npy", "download-16-bit.png"} <= buttons(page)
    asked.clear()
    page.button(key="three-cuts").click().run()
    assert errors(page) == []
    assert page.query_params["cuts"] == "3"
    assert page.slider(key="cuts").value == 3
    assert "three-cuts" not in buttons(page)
    assert "The photo was cut in 3 ways" in said(page)
    assert "Cuts 3" in re.sub(r"\s+", " ", said(page))
    assert page.slider(key="num_samples").value == 900
    assert sentences(page) == alone, "of the first cut, with as many samples as before"
    assert 600 <= sum(asked) <= 612, "two more cuts, and what is checked"
    again = visit(**{**page.query_params, "details": "true"})
    assert "The photo was cut in 3 ways" in said(again)

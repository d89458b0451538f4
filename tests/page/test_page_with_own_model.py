"""The page with a classifier of one's own: two classes that have no WordNet ids."""

import pytest
from streamlit.testing.v1 import AppTest

from explainer.classifiers.added import models, new_model
from tests import own_networks
from tests.own_networks import shape_photo, write_lines
from tests.page.scripted import given
from tests.page.test_page import DASHBOARD, assert_fine, jpeg, labels, picture_sentences, text, upload, visit

pytestmark = pytest.mark.slow  # a network is trained for them


@pytest.fixture
def own_model(shapes_network, tmp_path, monkeypatch) -> str:
    """A network with one output, added as ``cranes``; it crops photos."""
    monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path / "models"))
    own_networks.variants(shapes_network)["sigmoid"].save(tmp_path / "cranes.keras")
    names = write_lines(tmp_path / "labels.txt", "heron", "crane")
    with new_model.prepare(
        tmp_path / "cranes.keras", names, name="cranes", title="Cranes & co", given={"resize": "crop"}
    ) as candidate:
        candidate.keep()
    return "cranes"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_is_in_the_list_and_explains(language, own_model):
    page = visit(language=language)
    choice = page.selectbox(key="classifier")
    assert choice.options[-1] == "Cranes & co"
    assert any(tile["id"] == "example-rocket" and tile["mark"] for tile in given(page, "strip")["tiles"])
    choice.set_value(own_model)
    page.query_params["tuning"] = "true"
    square = shape_photo(1, 60_000, side=240).photo
    wide = own_networks.Image.new("RGB", (480, 240), "gray")
    wide.paste(square, (120, 0))
    upload(page, ("cranes.jpg", jpeg(wide)))
    assert_fine(page)
    assert page.query_params["classifier"] == own_model
    assert labels(page).options == ["crane", "heron"], "as written, and not what ImageNet says"
    marks = {tile["id"]: tile["mark"] for tile in given(page, "strip")["tiles"]}
    assert marks["example-rocket"] == "", "only of the embedded ones is it known that they are wrong"
    table = next(element.proto.body for element in page.get("html") if "<table" in element.proto.body)
    assert "wnid" not in table
    if language == "en":
        assert all("“crane”" in sentence for sentence in picture_sentences(page))
    labels(page).set_value("heron").run()
    assert_fine(page)
    assert "heron" in text(page)


def test_models_of_the_same_title_are_told_apart_and_say_how_they_are_known(own_model, tmp_path):
    names = tmp_path / "labels.txt"
    with new_model.prepare(
        tmp_path / "cranes.keras", names, name="more", title="Cranes & co", given={"range": "0-to-255"}
    ) as candidate:
        candidate.keep()
    page = follow(classifier="more", sample="coffee")
    assert page.selectbox(key="classifier").options[-2:] == ["Cranes & co (cranes)", "Cranes & co (more)"]
    assert page.selectbox(key="classifier").value == "more"
    assert "<td>range</td><td>0-to-255</td><td>given</td>" in html(page)
    assert "not confirmed" not in text(page) + warnings(page)
    page.selectbox(key="classifier").set_value(own_model).run()
    assert_fine(page)
    assert "<td>range</td><td>0-to-1</td><td>the default</td>" in html(page)
    assert "Value range not confirmed" in text(page)
    assert "nothing has said which values Cranes" in warnings(page)


def test_a_link_to_what_is_no_classifier_says_so(own_model):
    page = follow(classifier="cranse")
    assert "There is no classifier named 'cranse'; there are " in warnings(page)
    assert "The default is asked instead" in warnings(page)
    page.selectbox(key="classifier").set_value(own_model).run()
    page.run()
    assert "no classifier named" not in warnings(page)


def test_a_link_may_say_how_pixels_are_interpolated():
    page = follow(classifier="efficientnet-lite0@nearest", sample="coffee")
    assert_fine(page)
    assert page.selectbox(key="classifier").options[-1] == "EfficientNet-Lite0 (nearest)"
    assert "efficientnet-lite0@nearest" in page.query_params["classifier"]
    assert "EfficientNet-Lite0 (nearest)" in text(page).replace("\\", "")
    assert 'load_classifier("efficientnet-lite0@nearest")' in " ".join(code.value for code in page.code)


def follow(**query: str) -> AppTest:
    """Open a link."""
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    page.query_params.update({"auto": "false", "num_samples": "100", **query})
    page.run()
    assert not page.exception
    return page


def html(page) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def warnings(page) -> str:
    return " ".join(element.value.replace("\\", "").replace("\u2060", "") for element in page.warning)


def test_a_damaged_one_does_not_break_the_list(own_model):
    (models.model_folder(own_model) / "model.toml").write_text("nonsense")
    page = visit(sample="coffee")
    assert_fine(page)
    assert "Cranes & co" not in page.selectbox(key="classifier").options
    assert labels(page).options[0] == "espresso"


def test_a_replaced_file_is_one_sentence(own_model):
    (models.model_folder(own_model) / "network.keras").write_bytes(b"another")
    page = visit()
    page.selectbox(key="classifier").set_value(own_model)
    page.query_params["sample"] = "coffee"
    page.run()
    assert not page.exception
    (error,) = page.error
    assert "is not the file that was added as cranes" in error.value


def test_one_that_is_replaced_while_the_page_is_open_is_asked_anew(own_model, shapes_network, tmp_path):
    page = visit(sample="coffee")
    page.selectbox(key="classifier").set_value(own_model).run()
    assert sorted(labels(page).options) == ["crane", "heron"]
    shapes_network.save(tmp_path / "shapes.keras")
    names = write_lines(tmp_path / "three.txt", "circle", "square", "triangle")
    with new_model.prepare(tmp_path / "shapes.keras", names, name=own_model) as candidate:
        candidate.keep(replace=True)
    page.run()
    assert_fine(page)
    assert sorted(labels(page).options) == ["circle", "square", "triangle"]
    labels(page).set_value("triangle").run()
    assert_fine(page)
    assert all("“triangle”" in sentence for sentence in picture_sentences(page))

"""The page with a classifier of one's own: two classes that have no WordNet ids."""

import pytest

from explainer.classifiers.added import models, new_model
from tests import own_networks
from tests.own_networks import shape_photo, write_lines
from tests.page.test_page import assert_fine, jpeg, labels, picture_sentences, text, upload, visit

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
    choice.set_value(own_model)
    page.query_params["tuning"] = "true"
    square = shape_photo(1, 60_000, side=240).photo
    wide = own_networks.Image.new("RGB", (480, 240), "gray")
    wide.paste(square, (120, 0))
    upload(page, ("cranes.jpg", jpeg(wide)))
    assert_fine(page)
    assert page.query_params["classifier"] == own_model
    assert labels(page, language).options == ["crane", "heron"], "as written, and not what ImageNet says"
    table = next(element.proto.body for element in page.get("html") if "<table" in element.proto.body)
    assert "wnid" not in table
    if language == "en":
        assert all("“crane”" in sentence for sentence in picture_sentences(page))
    labels(page, language).set_value("heron").run()
    assert_fine(page)
    assert "heron" in text(page)


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

"""The settings and figures for engineers, what the method is, and several photos, on the page."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer.classifiers.classifier import Classifier
from explainer.page import intake, live
from explainer.page.controls import Settings
from explainer.pictures.draw import DEFAULT_PALETTE
from explainer.recipe import Felzenszwalb, Quickshift, Recipe, Slic
from tests.page.scripted import look_at, own_photos, said_of_sampling, sentences, taken_for

pytestmark = pytest.mark.slow  # together they take a minute

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard.py"
QUICK = {"classifier": "efficientnet-lite0", "auto": "false", "num_samples": "100"}

# Each setting by its name in a link: what is chosen for it, what the link has then, and what is passed on.
SETTINGS = [
    ("kernel_width", 0.5, "0.5", {"kernel_width": 0.5}),
    ("seed", 7, "7", {"seed": 7}),
    ("seed", 2**32 - 1, "4294967295", {"seed": 2**32 - 1}),
    ("stability", 0.8, "0.8", {"stability_threshold": 0.8}),
    ("design", "lime", "lime", {"design": "lime"}),
    ("target", "probability", "probability", {"target": "probability"}),
    ("precision", "fast", "fast", {"precision": "fast"}),
    ("hide_color", "mean", "mean", {"hide_color": "mean"}),
    ("hide_color", "black", "black", {"hide_color": "black"}),
    ("hide_color", "blur", "blur", {"hide_color": "blur"}),
    ("kernel_size", 3.0, "3.0", {"segmentation": Quickshift(kernel_size=3.0)}),
    ("max_dist", 20.0, "20.0", {"segmentation": Quickshift(max_dist=20.0)}),
    ("ratio", 0.5, "0.5", {"segmentation": Quickshift(ratio=0.5)}),
    ("segmented", "image", "image", {"segmented": "image"}),
    ("cuts", 3, "3", {"cuts": 3}),
    ("segmentation", "slic", "slic", {"segmentation": Slic()}),
    ("segmentation", "felzenszwalb", "felzenszwalb", {"segmentation": Felzenszwalb()}),
]
OF_A_METHOD = [
    ("slic", "n_segments", 80, {"segmentation": Slic(n_segments=80)}),
    ("slic", "compactness", 20.0, {"segmentation": Slic(compactness=20.0)}),
    ("slic", "slic_sigma", 0.0, {"segmentation": Slic(sigma=0.0)}),
    ("felzenszwalb", "scale", 500.0, {"segmentation": Felzenszwalb(scale=500.0)}),
    ("felzenszwalb", "sigma", 2.0, {"segmentation": Felzenszwalb(sigma=2.0)}),
    ("felzenszwalb", "min_size", 400, {"segmentation": Felzenszwalb(min_size=400)}),
]


def _sidebar() -> None:
    import streamlit as st

    from explainer.page import controls
    from explainer.words.language import Language

    st.session_state.chosen = controls.choose_settings(Language(st.query_params.get("language", "en")))


def sidebar(**query: str) -> AppTest:
    page = AppTest.from_function(_sidebar, default_timeout=60)
    page.query_params.update(query)
    page.run()
    assert not page.exception
    return page


def settings(page: AppTest) -> Settings:
    chosen: Settings = page.session_state.chosen[0]
    return chosen


def widget(page: AppTest, key: str):
    found = [
        element
        for kind in (page.slider, page.selectbox, page.pills, page.number_input)
        for element in kind
        if element.key == key
    ]
    (only,) = found
    return only


def visit(**query: str) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    page.query_params.update({**QUICK, **query})
    return page.run()


def assert_fine(page: AppTest) -> None:
    assert not page.exception
    assert [element.value for element in page.error] == []


def text(page: AppTest) -> str:
    said = (*page.header, *page.subheader, *page.markdown, *page.caption, *page.info)
    parts = [element.value for element in said]
    return "\n".join([*parts, *(element.proto.body for element in page.get("html"))])


def alternatives(page: AppTest) -> list[str]:
    """What is said of each picture to those who can't see it."""
    return [image.alt for element in page.get("image") for image in element.proto.imgs]


def test_nothing_set_is_what_the_method_always_does():
    chosen = settings(sidebar())
    assert chosen == Settings(chosen.classifier, Recipe(), False, DEFAULT_PALETTE)
    assert hash(chosen) == hash(settings(sidebar()))


@pytest.mark.parametrize(("key", "value", "linked", "expected"), SETTINGS)
def test_each_setting_is_passed_on_and_a_link_restores_it(key, value, linked, expected):
    page = sidebar()
    widget(page, key).set_value(value).run()
    assert not page.exception
    assert settings(page).recipe.changes() == expected
    assert settings(sidebar(**{key: linked})) == settings(page)


def test_samples_as_lime_draws_them_bring_probabilities_unless_one_wants_log_odds():
    page = sidebar()
    widget(page, "design").set_value("lime").run()
    assert settings(page).recipe.target == "probability"
    assert {*page.query_params} == {"design"}
    widget(page, "target").set_value("log-odds").run()
    assert (
        settings(page).recipe
        == Recipe(design="lime", target="log-odds")
        == settings(sidebar(design="lime", target="log-odds")).recipe
    )
    widget(page, "design").set_value("balanced").run()
    assert settings(page).recipe == Recipe()


def test_what_is_not_as_usual_is_named_and_set_back_at_once():
    page = sidebar(segmentation="slic", n_segments="80", seed="7", hide_color="black", num_samples="300")
    widget(page, "segmentation").set_value("felzenszwalb").run()
    widget(page, "min_size").set_value(400).run()
    assert [caption.value for caption in page.caption if caption.value.startswith("Not as usual")] == [
        "Not as usual: How regions are found, Smallest region, Hidden regions show, Seed."
    ]
    page.button(key="usual").click().run()
    assert not page.exception
    assert settings(page).recipe.changes() == {"max_samples": 300}, "no setting for engineers"
    assert {*page.query_params} == {"num_samples"}
    assert not any(button.key == "usual" for button in page.button)
    widget(page, "segmentation").set_value("slic").run()
    assert settings(page).recipe.segmentation == Slic(), "those of other methods are set back, too"


@pytest.mark.parametrize(("method", "key", "value", "expected"), OF_A_METHOD)
def test_each_method_has_its_own_settings(method, key, value, expected):
    page = sidebar(segmentation=method)
    widget(page, key).set_value(value).run()
    assert not page.exception
    assert settings(page).recipe.changes() == expected
    assert settings(sidebar(**{"segmentation": method, key: str(value)})) == settings(page)


def test_a_link_means_the_same_in_every_language():
    link = {"segmentation": "slic", "hide_color": "black", "design": "lime", "palette": "green-red"}
    english, japanese = sidebar(**link), sidebar(**link, language="ja")
    assert settings(english) == settings(japanese)
    assert widget(english, "hide_color").value == "black"


def test_a_link_has_the_options_name_and_only_what_is_unusual():
    page = sidebar(language="ja")
    widget(page, "hide_color").set_value("mean").run()
    assert page.query_params["hide_color"] == "mean"
    assert "design" not in page.query_params
    widget(page, "hide_color").set_value("grey").run()
    assert "hide_color" not in page.query_params


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("segmentation", "scissors"),
        ("hide_color", "<script>"),
        ("hide_color", ""),
        ("design", "none"),
        ("precision", "1"),
        ("kernel_width", "0"),
        ("kernel_width", "1000"),
        ("kernel_size", "many"),
        ("seed", "-1"),
        ("seed", "99999999999"),
        ("stability", "7"),
    ],
)
def test_what_a_link_can_not_mean_is_not_taken(key: str, value: str):
    assert settings(sidebar(**{key: value})) == settings(sidebar())


def test_every_setting_says_what_it_is_called_in_lime():
    for method in ("quickshift", "slic", "felzenszwalb"):
        page = sidebar(segmentation=method)
        widgets = [*page.slider, *page.selectbox, *page.pills, *page.number_input, *page.toggle]
        for found in widgets:
            assert re.match(r"[“A-Z].+\.$", found.help), found.label
        named = " ".join(found.help for found in widgets)
        for name in ("segmentation_fn", "hide_color", "kernel_width", "random_seed", "num_samples"):
            assert f"In LIME: {name}." in named


def test_the_settings_reach_the_classifier(monkeypatch: pytest.MonkeyPatch, lite0: Classifier):
    opened = []
    open_neighborhood = live.open_neighborhood

    def opening(*arguments):
        opened.append((open_neighborhood(*arguments), arguments[-1]))
        return opened[-1][0]

    monkeypatch.setattr(live, "open_neighborhood", opening)
    page = visit(
        sample="coffee", segmentation="slic", n_segments="30", hide_color="black", design="lime", seed="5"
    )
    assert_fine(page)
    ((neighborhood, recipe),) = opened
    assert recipe == Recipe(
        num_samples=100, segmentation=Slic(n_segments=30), hide_color="black", design="lime", seed=5
    )
    assert neighborhood.classifier is lite0
    assert (neighborhood.hidden == np.float32(-127 / 128)).all()


def test_another_kernel_width_asks_nothing(asked: list[int]):
    page = visit(sample="rocket", details="true")
    assert_fine(page)
    asked.clear()
    before = text(page)
    page.slider(key="kernel_width").set_value(0.6).run()
    assert_fine(page)
    assert "<td>0.6</td>" in text(page)
    assert text(page) != before
    assert sum(asked) <= 3, "other regions may be strongest, and these are checked; no sample is taken"


def test_a_stopped_run_stays_stopped_with_another_kernel_width(asked: list[int]):
    link = {**QUICK, "num_samples": "300", "seed": "11"}
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    page.query_params.update({**link, "sample": "rocket"})
    page.session_state["stopped"] = {
        ("example-rocket", QUICK["classifier"], settings(sidebar(**link)).recipe): 0
    }
    page.run()
    assert_fine(page)
    assert "48 samples." in said_of_sampling(page)
    assert page.button(key="resume")
    asked.clear()
    page.slider(key="kernel_width").set_value(0.6).run()
    assert_fine(page)
    assert "48 samples." in said_of_sampling(page)
    assert sum(asked) <= 3, "only what is checked"
    page.button(key="resume").click().run()
    assert_fine(page)
    assert "300 samples." in said_of_sampling(page)


def _preview() -> None:
    import streamlit as st

    from explainer.lime.explain import open_neighborhood
    from explainer.page import controls
    from explainer.page.intake import Photo, Pixels
    from explainer.words.language import Language
    from tests.synthetic import CountingClassifier, Grid, LinearClassifier, a_photo

    chosen, preview = controls.choose_settings(Language("en"))
    classifier = CountingClassifier(LinearClassifier(Grid(4, 4)))
    photo = Photo("a.jpg", "a-photo", lambda: Pixels(a_photo(9)))
    neighborhood = open_neighborhood(photo.original, classifier, chosen.recipe)
    preview.show(photo, neighborhood, Language("en"))
    st.session_state.asked = classifier.images


def test_the_preview_shows_the_regions_and_asks_nothing():
    page = AppTest.from_function(_preview, default_timeout=60)
    page.query_params.update({"tuning": "true", "segmentation": "slic", "n_segments": "200"})
    page.run()
    assert not page.exception
    (alternative,) = alternatives(page)
    assert re.fullmatch(r"The photo with the outlines of its regions: \d+ regions", alternative)
    assert page.session_state.asked == 0
    page.slider(key="n_segments").set_value(60).run()
    assert alternatives(page) != [alternative]
    assert page.session_state.asked == 0


def test_a_closed_panel_draws_no_preview():
    page = AppTest.from_function(_preview, default_timeout=60).run()
    assert not page.exception
    assert alternatives(page) == []


def test_too_many_regions_are_one_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("explainer.lime.superpixels.MAX_SUPERPIXELS", 4)
    page = visit(sample="coffee", tuning="true", segmentation="slic", n_segments="200")
    assert not page.exception
    sentences = {re.sub(r"\\", "", error.value) for error in page.error}
    (sentence,) = sentences
    assert re.fullmatch(r"The photo was cut into \d+ regions, .*: choose a coarser segmentation\.", sentence)


def test_details_say_what_the_figures_rest_on(lite0: Classifier):
    page = visit(sample="coffee", details="true", segmentation="slic", n_segments="30")
    assert_fine(page)
    facts = text(page)
    for fact in ("100", "0.25", "0", f"EfficientNet-Lite0, {lite0.describe_engine()}"):
        assert f"<td>{fact}</td>" in facts
    assert re.search(r"<td>\d+, found by SLIC \(n_segments 30, ", facts)
    assert re.search(r"\*\*Fidelity \d+\\?%\.\*\* ", facts)
    whole, strongest = [alt for alt in alternatives(page) if "The strongest is region" in alt]
    assert re.match(r"Of \d+ regions, \d+ speak for “espresso” and \d+ against it\. ", whole)
    assert whole.endswith(strongest)
    (table,) = [frame.value for frame in page.dataframe]
    assert f"The strongest is region {table['region'][0]} at the {table['place'][0]}" in strongest
    assert len(table) == int(re.match(r"Of (\d+)", whole).group(1))
    assert re.search(r"<td>[\d.]+ s, [\d,]+ samples a second</td>", facts)


def test_closed_sections_cost_nothing():
    page = visit(sample="coffee")
    assert_fine(page)
    assert "Fidelity" not in text(page)
    assert "The photo is cut up" not in text(page)


def test_the_method_is_told_with_this_photos_own_samples():
    page = visit(sample="coffee", about="true")
    assert_fine(page)
    headings = [heading.value for heading in page.subheader]
    assert [heading[:3] for heading in headings] == ["1. ", "2. ", "3. ", "4. "]
    samples = [
        alt for alt in alternatives(page) if alt.startswith("The photo with some of its regions hidden")
    ]
    shares = [float(re.search(r"“espresso”: ([\d.]+)%", alt).group(1)) for alt in samples]
    assert len(shares) == 3
    assert shares == sorted(shares)
    assert shares[2] - shares[0] > 10


def jpeg(photo: Image.Image, degrees: float) -> bytes:
    stream = io.BytesIO()
    photo.rotate(degrees).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader(key="uploads").set_value([(name, content, "image/jpeg") for name, content in files])
    return page.run()


def test_photos_are_switched_between_and_each_keeps_its_result(chelsea, coffee, asked: list[int]):
    page = upload(visit(), ("cup.jpg", jpeg(coffee, 3)), ("cat.jpg", jpeg(chelsea, 3)))
    assert_fine(page)
    assert own_photos(page) == ["cup.jpg", "cat.jpg"]
    look_at(page, "cat.jpg")
    cat = taken_for(page)["cat.jpg"]
    assert re.match("cat.jpg – .*cat", cat)
    asked.clear()
    look_at(page, "cup.jpg")
    assert taken_for(page)["cup.jpg"] == "cup.jpg – espresso"
    look_at(page, "cat.jpg")
    assert_fine(page)
    assert taken_for(page)["cat.jpg"] == cat
    assert asked == []


def test_a_sample_and_the_uploads_can_both_be_reached(chelsea):
    page = upload(visit(sample="coffee"), ("cat.jpg", jpeg(chelsea, 4)))
    assert_fine(page)
    assert "sample" not in page.query_params
    look_at(page, "Coffee")
    assert page.query_params["sample"] == "coffee"
    assert "“espresso”" in sentences(page)["focus"]
    look_at(page, "cat.jpg")
    assert_fine(page)
    assert "sample" not in page.query_params
    assert "“espresso”" not in sentences(page)["focus"]


def test_a_removed_photo_is_gone_and_another_is_shown(chelsea, coffee):
    cat, cup = ("cat.jpg", jpeg(chelsea, 5)), ("cup.jpg", jpeg(coffee, 5))
    page = upload(visit(), cat, cup)
    assert "“espresso”" not in sentences(page)["focus"]
    upload(page, cup)
    assert_fine(page)
    assert "“espresso”" in sentences(page)["focus"]
    upload(page)
    assert_fine(page)
    assert "Choose a photo" in text(page)


def test_a_bad_file_does_not_take_the_place_of_what_is_looked_at():
    page = upload(visit(sample="coffee"), ("notes.jpg", b"milk"))
    assert not page.exception
    assert len(page.error) == 1
    assert page.query_params["sample"] == "coffee"
    assert "“espresso”" in sentences(page)["focus"]


def test_only_the_last_few_photos_stay_decoded(chelsea, monkeypatch: pytest.MonkeyPatch):
    decoded = []
    load = intake.load_photo

    def loading(source):
        decoded.append(source)
        return load(source)

    monkeypatch.setattr(intake, "load_photo", loading)
    small = chelsea.resize((90, 60))
    page = upload(visit(), *((f"{number}.jpg", jpeg(small, number)) for number in range(7)))
    assert_fine(page)
    assert len(own_photos(page)) == 7
    opened = len(decoded)
    names = sorted(own_photos(page))
    for name in names[1:5]:
        look_at(page, name)
    assert len(decoded) == opened + 4
    look_at(page, names[2])
    assert len(decoded) == opened + 4
    look_at(page, names[0])
    assert_fine(page)
    assert len(decoded) == opened + 5, "decoded again from the file"
    assert len(page.session_state.decoded) == intake._KEPT_PHOTOS


def test_the_camera_is_not_asked_for_before_someone_wants_it():
    page = visit()
    assert not page.get("camera_input")


def test_nine_cuts_are_shown_without_a_question_and_one_of_them_is_used(asked: list[int]):
    page = visit(sample="coffee", tuning="true", seed="3")
    page.button(key="choose-cut").click()
    asked.clear()
    page.run()
    assert_fine(page)
    cuts = [alt for alt in alternatives(page) if alt.startswith("The photo with the outlines")]
    assert len(cuts) == 9
    counts = [int(re.search(r"(\d+) regions", alt).group(1)) for alt in cuts]
    for fine, medium, coarse in zip(counts[::3], counts[1::3], counts[2::3], strict=True):
        assert fine > medium > coarse
    assert page.button(key="cut-quickshift-1").label == "In use"
    page.button(key="cut-slic-0").click().run()
    assert_fine(page)
    assert page.query_params["segmentation"] == "slic"
    assert page.query_params["n_segments"] == "100"
    assert widget(page, "n_segments").value == 100
    assert f"<td>{counts[3]}, found by SLIC" in text(visit(**{**page.query_params, "details": "true"}))

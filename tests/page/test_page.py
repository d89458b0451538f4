"""The page without a browser: what it says, what it asks the network, what it does with odd input."""

import io
import re
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer.classifiers.calls import Newcomers
from explainer.classifiers.classifier import Classifier
from explainer.page import live
from tests.page.scripted import Labels, given, look_at, own_photos, said_of_sampling, sentences

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard.py"
CLASSIFIER = "efficientnet-lite0"
pytestmark = pytest.mark.slow  # together they take a minute

CHECKS = 4  # pictures at most: the photo again, only the focus, the focus hidden, what speaks against hidden
CHECKS_OF_A_RUN = 7 * CHECKS  # for 100 samples are seven batches, and at most as many pictures to check


def visit(locale: str = "", sample: str = "", **query: str) -> AppTest:
    """Open the page as a new visitor does, choose a network that is quick, and perhaps a sample."""
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    if locale:
        page.context["locale"] = locale
    page.query_params.update({"auto": "false", "num_samples": "100", **query})
    page.run()
    assert_fine(page)
    page.selectbox(key="classifier").set_value(CLASSIFIER)
    if sample:
        page.query_params["sample"] = sample
    return page.run()


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    named = [(name, content, "image/jpeg") for name, content in files]
    page.file_uploader(key="uploads").set_value(named)
    return page.run()


def jpeg(photo: Image.Image, degrees: float = 0) -> bytes:
    """A photo's file; turned a little, it is one that no other test has asked about."""
    stream = io.BytesIO()
    photo.rotate(degrees).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def assert_fine(page: AppTest) -> None:
    assert not page.exception
    assert [element.value for element in page.error] == []


def text(page: AppTest) -> str:
    """All that can be read on the page, apart from the widgets."""
    parts = [
        element.value for element in (*page.header, *page.markdown, *page.info, *page.error, *page.caption)
    ]
    parts += [re.sub("(?s)<style>.*?</style>", "", element.proto.body) for element in page.get("html")]
    return "\n".join(parts)


def picture_sentences(page: AppTest) -> list[str]:
    """What is said of the focus, and of the pros and cons."""
    said = sentences(page)
    assert re.search("looked mostly at|No region (clearly )?speaks for", said["focus"])
    assert re.search("speaks? against", said["pros_cons"])
    return [said["focus"], said["pros_cons"]]


def labels(page: AppTest) -> Labels:
    """The choice of the label to explain."""
    return Labels(page)


def test_an_empty_page_invites():
    page = visit()
    assert_fine(page)
    assert "Choose a photo" in text(page)
    assert "Limelight" in text(page)
    assert not {"labels", "pictures"} & {element.key for element in page.get("bidi_component")}


def test_a_sample_gets_five_labels_and_two_pictures():
    page = visit(sample="chelsea")
    assert_fine(page)
    names = labels(page).options
    assert len(names) == len({*names}) == 5
    shares = [row["share"] for row in given(page, "labels")["rows"]]
    assert shares == sorted(shares, reverse=True)
    assert labels(page).value == names[0]
    assert f"“{names[0]}”" in page.header[0].value.replace("\\", "")
    for sentence in picture_sentences(page):
        assert f"“{names[0]}”" in sentence
    assert "100 samples." in said_of_sampling(page)


def test_the_page_gives_way_to_newcomers_once_there_is_a_picture(monkeypatch: pytest.MonkeyPatch):
    said = []

    class Listening(Newcomers):
        def expect(self, newcomer: Hashable) -> None:
            said.append("has none")

        def stand_back(self, look_up: Callable[[], object]) -> None:
            said.append("stands back")

    monkeypatch.setattr(live, "_newcomers", Listening(patience=5))
    assert_fine(visit(sample="coffee", num_samples="200"))
    turn = said.index("stands back")
    assert 0 < turn < len(said)
    assert "has none" not in said[turn:]


def test_a_sample_is_one_click_away():
    page = visit()
    look_at(page, "Coffee")
    assert_fine(page)
    assert page.query_params["sample"] == "coffee"
    assert labels(page).options[0] == "espresso"


def test_how_the_pictures_are_drawn_takes_no_samples(chelsea: Image.Image, asked: list[int]):
    page = upload(visit(num_samples="200"), ("cat.jpg", jpeg(chelsea, 1)))
    assert_fine(page)
    assert 200 <= sum(asked) <= 200 + 2 * CHECKS_OF_A_RUN
    before = picture_sentences(page)

    asked.clear()
    page.slider(key="num_features").set_value(1).run()
    assert_fine(page)
    assert picture_sentences(page) != before
    assert sum(asked) <= CHECKS

    asked.clear()
    page.toggle(key="positive_only").set_value(True).run()
    assert_fine(page)
    page.get_by_key("palette").set_value("green-red").run()
    assert_fine(page)
    page.slider(key="num_features").set_value(5).run()
    assert_fine(page)
    assert asked == []


def test_another_label_says_other_things_and_takes_no_samples(chelsea: Image.Image, asked: list[int]):
    page = upload(visit(), ("cat.jpg", jpeg(chelsea, 2)))
    assert 100 <= sum(asked) <= 100 + CHECKS_OF_A_RUN
    before = picture_sentences(page)
    for name in labels(page).options[1:]:
        asked.clear()
        labels(page).set_value(name).run()
        assert_fine(page)
        assert picture_sentences(page) != before
        assert all(f"“{name}”" in sentence for sentence in picture_sentences(page))
        assert sum(asked) <= CHECKS
    assert "100 samples." in said_of_sampling(page)


def test_more_samples_cost_the_difference(chelsea: Image.Image, asked: list[int]):
    page = upload(visit(), ("cat.jpg", jpeg(chelsea, 3)))
    asked.clear()
    page.slider(key="num_samples").set_value(200).run()
    assert_fine(page)
    assert 100 <= sum(asked) <= 100 + CHECKS_OF_A_RUN
    assert "200 samples." in said_of_sampling(page)
    asked.clear()
    page.slider(key="num_samples").set_value(100).run()
    assert_fine(page)
    assert asked == []
    assert "100 samples." in said_of_sampling(page)


@pytest.mark.parametrize(
    "query",
    [
        {
            "num_features": "99",
            "num_samples": "1000000000",
            "auto": "perhaps",
            "positive_only": "<script>alert(1)</script>",
            "palette": "invisible",
            "language": "tlh",
            "classifier": "../../etc/passwd",
            "sample": "<img src=x onerror=alert(1)>",
            "uploads": "1",
        },
        {"num_features": "-1", "num_samples": "0", "palette": "", "language": "", "sample": "dog"},
        {"num_features": "many", "num_samples": "150.5", "classifier": "inception-v3", "unheard_of": "1"},
        {"num_samples": "", "classifier": ""},
    ],
    ids=["too much", "too little", "unfit", "empty"],
)
def test_unknown_query_values_do_no_harm(query: dict[str, str]):
    page = visit(**query)
    assert "Choose a photo" in text(page)
    assert "<img" not in text(page)
    scripts = re.findall("<script.*", text(page))
    assert scripts == ["<script>document.documentElement.lang = 'en'</script>"]  # the header's own
    assert 100 <= page.slider(key="num_samples").value <= 5000
    page.query_params["sample"] = "chelsea"
    page.slider(key="num_samples").set_value(100)
    page.toggle(key="auto").set_value(False).run()
    assert_fine(page)
    assert 1 <= page.slider(key="num_features").value <= 15


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_link_means_the_same_in_both_languages(language: str):
    page = visit(
        sample="chelsea", language=language, palette="green-red", num_features="7", positive_only="true"
    )
    assert_fine(page)
    for key, value in {"palette": "green-red", "num_features": "7", "positive_only": "true"}.items():
        assert page.query_params[key] == value
    assert page.query_params["classifier"] == CLASSIFIER
    assert page.pills(key="palette").value == "green-red"
    assert page.slider(key="num_features").value == 7
    assert page.toggle(key="positive_only").value is True


def test_japanese_says_the_classes_in_japanese():
    page = visit(sample="chelsea")
    english = labels(page).options
    page.get_by_key("language").set_value("ja").run()
    assert_fine(page)
    japanese = labels(page).options
    assert "tiger cat" in english
    assert "トラネコ" in japanese
    assert len(japanese) == 5
    assert not {*english} & {*japanese}
    assert "トラネコ" in text(page)
    assert re.search("[ぁ-ん]", text(page)), "the words around them are Japanese too"
    assert "sample" not in text(page)
    page.get_by_key("language").set_value("en").run()
    assert_fine(page)
    assert labels(page).options == english


@pytest.mark.skipif(
    not hasattr(AppTest.from_string(""), "context"),
    reason="this Streamlit's AppTest has no browser's language",
)
@pytest.mark.parametrize(
    ("locale", "language", "label"),
    [
        ("ja-JP", "ja", "トラネコ"),
        ("ja", "ja", "トラネコ"),
        ("de-DE", "en", "tiger cat"),
        ("", "en", "tiger cat"),
    ],
)
def test_the_browsers_language_is_the_first_choice(locale: str, language: str, label: str):
    page = visit(locale, sample="chelsea")
    assert_fine(page)
    assert label in labels(page).options


def test_an_upload_is_explained_and_takes_the_samples_place(coffee: Image.Image):
    page = visit(sample="chelsea")
    assert labels(page).options[0] != "espresso"
    upload(page, ("cup.jpg", jpeg(coffee)))
    assert_fine(page)
    assert "sample" not in page.query_params
    assert labels(page).options[0] == "espresso"
    assert all("“espresso”" in sentence for sentence in picture_sentences(page))


def test_several_uploads_can_be_chosen_from(chelsea: Image.Image, coffee: Image.Image):
    page = upload(visit(), ("cat.jpg", jpeg(chelsea)), ("cup.jpg", jpeg(coffee)))
    assert_fine(page)
    assert own_photos(page) == ["cat.jpg", "cup.jpg"]
    assert labels(page).options[0] != "espresso"
    look_at(page, "cup.jpg")
    assert_fine(page)
    assert labels(page).options[0] == "espresso"


@pytest.mark.parametrize(
    "content",
    [b"", b"milk, bread, two onions\n" * 40, b"\xff\xd8\xff\xe0" + bytes(400)],
    ids=["empty", "text", "cut off"],
)
def test_a_bad_file_gets_one_sentence_and_the_photo_beside_it_works(content: bytes, coffee: Image.Image):
    page = upload(visit(), ("shopping.jpg", content), ("cup.jpg", jpeg(coffee)))
    assert not page.exception
    (error,) = page.error
    name, _, sentence = error.value.replace("\\", "").partition("** – ")
    assert name == "**shopping.jpg"
    assert re.fullmatch(r"[A-Z][^.\n]+\.", sentence), sentence
    assert all("“espresso”" in sentence for sentence in picture_sentences(page))


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>.jpg",
        "[click](javascript:alert(1)).jpg",
        "![x](https://example.com/x.png).jpg",
        ":red[red] $x$ `code` **bold** :material/home:.jpg",
        "a\nb\u202egpj.exe.jpg",
    ],
)
def test_a_files_name_is_only_ever_text(name: str, chelsea: Image.Image, coffee: Image.Image):
    page = upload(visit(), (name, b"no photo"), (f"2{name}", jpeg(chelsea)), ("cup.jpg", jpeg(coffee)))
    assert not page.exception
    assert not any(element.proto.allow_html for element in page.markdown)
    assert not any("onerror" in element.proto.body for element in page.get("html"))
    (error,) = page.error
    shown = error.value.removeprefix("**").replace("** – ", " ", 1)
    markup = re.sub(r"\\.", "", shown)  # what Markdown still takes for its own
    assert not re.search(r"[<>\[\]`$*:_~&]|!\(", markup), shown
    for each in (shown, *own_photos(page)):
        assert "\n" not in each
        assert "\u202e" not in each


def test_a_fault_of_our_own_is_one_sentence_without_details(monkeypatch: pytest.MonkeyPatch):
    def fail(*_arguments, **_options):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("explainer.page.result.show_pictures", fail)
    page = visit(sample="chelsea")
    assert not page.exception
    (error,) = page.error
    assert "went wrong" in error.value
    assert "secret" not in text(page)


def test_a_network_that_runs_slower_than_it_could_says_why(lite0: Classifier, monkeypatch):
    monkeypatch.setattr(lite0, "describe_fallback", lambda: "no *such* operation")
    page = visit(language="ja", sample="chelsea", num_samples="32")
    assert_fine(page)
    (caption,) = (element.value for element in page.caption if "TensorFlow" in element.value)
    assert caption == (
        r"EfficientNet\-Lite0はOpenVINOで実行できないため、TensorFlowで動かしています。"
        r"そのぶん遅くなります：no \*such\* operation"
    )

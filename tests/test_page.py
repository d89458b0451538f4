"""The page without a browser: what it says, what it asks the classifier, what it does with odd input."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer.classifiers import Classifier

DASHBOARD = Path(__file__).resolve().parent.parent / "dashboard.py"
SETTINGS = {"classifier": "efficientnet-lite0", "auto": "false", "num_samples": "100"}

Open = Callable[..., AppTest]


@pytest.fixture
def forward_passes(lite0: Classifier, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the number of pictures each time the page asks the network."""
    batches: list[int] = []
    predict = lite0.predict

    def counting(batch, *arguments, **options):
        batches.append(len(batch))
        return predict(batch, *arguments, **options)

    monkeypatch.setattr(lite0, "predict", counting)
    return batches


def visit(**query: str) -> AppTest:
    """Open the page as a new visitor does, with a network that is quick."""
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    page.query_params.update({**SETTINGS, **query})
    return page.run()


def text(page: AppTest) -> str:
    """All that can be read on the page, apart from the widgets."""
    parts = [element.value for element in (*page.markdown, *page.info, *page.error, *page.caption)]
    return "\n".join([*parts, *(element.proto.body for element in page.html)])


def picture_sentences(page: AppTest) -> list[str]:
    """What is said of the focus, and of the pros and cons."""
    said = [element.value for element in page.markdown]
    about_focus = [
        sentence for sentence in said if re.search("looked mostly at|No region speaks for", sentence)
    ]
    about_both = [sentence for sentence in said if "speaks against" in sentence]
    assert len(about_focus) == len(about_both) == 1, said
    return about_focus + about_both


def assert_fine(page: AppTest) -> None:
    assert not page.exception
    assert [element.value for element in page.error] == []


def jpeg(photo: Image.Image) -> bytes:
    stream = io.BytesIO()
    photo.save(stream, "JPEG", quality=92)
    return stream.getvalue()


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    named = [(name, content, "image/jpeg") for name, content in files]
    page.file_uploader(key="uploads").set_value(named)
    return page.run()


def test_an_empty_page_invites():
    page = visit()
    assert_fine(page)
    assert "Choose a photo" in page.info[0].value
    assert "Limelight" in text(page)
    assert not page.pills


def test_a_sample_gets_five_labels_and_two_pictures():
    page = visit(sample="chelsea")
    assert_fine(page)
    labels = page.pills[0].options
    assert len(labels) == len({*labels}) == 5
    table = next(element.proto.body for element in page.html if "<table" in element.proto.body)
    for label in labels:
        assert f"<td>{label}</td>" in table
    assert len(re.findall(r">n\d{8}<", table)) == 5
    assert f"“{labels[0]}”" in text(page)
    for sentence in picture_sentences(page):
        assert f"“{labels[0]}”" in sentence
    assert "100 samples." in text(page)


def test_a_sample_is_one_click_away():
    page = visit()
    page.button(key="sample-coffee").click().run()
    assert_fine(page)
    assert page.query_params["sample"] == "coffee"
    assert page.pills[0].options[0] == "espresso"


def test_how_the_pictures_are_drawn_asks_nothing(forward_passes: list[int]):
    page = visit(sample="rocket", num_samples="200")
    assert_fine(page)
    assert sum(forward_passes) <= 200
    before = picture_sentences(page)
    forward_passes.clear()

    page.slider(key="num_features").set_value(1).run()
    assert_fine(page)
    assert picture_sentences(page) != before
    page.toggle(key="positive_only").set_value(True).run()
    assert_fine(page)
    assert picture_sentences(page)
    assert forward_passes == []


def test_another_label_says_other_things_and_asks_nothing(forward_passes: list[int]):
    page = visit(sample="chelsea", num_samples="200")
    labels = page.pills[0]
    before = picture_sentences(page)
    forward_passes.clear()
    for name in labels.options[1:]:
        index = labels.options.index(name)
        page.pills[0].set_value(page.pills[0].options[index]).run()
        assert_fine(page)
        assert all(f"“{name}”" in sentence for sentence in picture_sentences(page))
        assert picture_sentences(page) != before
    assert forward_passes == []
    assert "200 samples." in text(page)


def test_more_samples_cost_the_difference(forward_passes: list[int]):
    page = visit(sample="astronaut", num_samples="100")
    assert sum(forward_passes) <= 100
    forward_passes.clear()
    page.slider(key="num_samples").set_value(200).run()
    assert_fine(page)
    assert sum(forward_passes) == 100
    assert "200 samples." in text(page)


@pytest.mark.parametrize(
    "query",
    [
        {"num_features": "99"},
        {"num_features": "-1"},
        {"num_features": "many"},
        {"num_samples": "1000000000"},
        {"num_samples": "0"},
        {"num_samples": "150.5"},
        {"num_samples": ""},
        {"auto": "perhaps", "num_samples": "100"},
        {"positive_only": "<script>alert(1)</script>"},
        {"palette": "invisible"},
        {"language": "tlh"},
        {"classifier": "../../etc/passwd"},
        {"classifier": "inception-v3"},
        {"sample": "dog"},
        {"sample": "<img src=x onerror=alert(1)>"},
        {"uploads": "1"},
        {"unheard_of": "1"},
    ],
    ids=lambda query: "-".join(f"{key}={value}" for key, value in query.items()),
)
def test_unknown_query_values_do_no_harm(query: dict[str, str]):
    page = visit(**{"sample": "", **query})
    assert_fine(page)
    assert page.info
    assert "<img" not in text(page)
    assert "<script" not in text(page)
    assert 1 <= page.slider(key="num_features").value <= 15
    assert 100 <= page.slider(key="num_samples").value <= 5000
    assert page.selectbox(key="classifier").value in ("efficientnet-lite0", "efficientnet-lite2")


def test_japanese_says_the_classes_in_japanese():
    page = visit(sample="chelsea")
    english = page.pills[0].options
    page.segmented_control(key="language").set_value("ja").run()
    assert_fine(page)
    japanese = page.pills[0].options
    assert "tiger cat" in english
    assert "トラネコ" in japanese
    assert len(japanese) == 5
    assert not {*english} & {*japanese}
    assert "トラネコ" in text(page)
    assert "tiger_cat" in text(page), "the name that ImageNet gives stands beside it"
    page.segmented_control(key="language").set_value("en").run()
    assert_fine(page)
    assert page.pills[0].options == english


@pytest.mark.parametrize(
    ("locale", "label"), [("ja-JP", "トラネコ"), ("ja", "トラネコ"), ("de-DE", "tiger cat")]
)
def test_the_browsers_language_is_the_first_choice(locale: str, label: str):
    page = AppTest.from_file(DASHBOARD, default_timeout=120)
    page.query_params.update({**SETTINGS, "sample": "chelsea"})
    page.context["locale"] = locale
    page.run()
    assert_fine(page)
    assert label in page.pills[0].options


def test_an_upload_is_explained_and_takes_the_samples_place(coffee: Image.Image):
    page = visit(sample="chelsea")
    cat = page.pills[0].options
    upload(page, ("cup.jpg", jpeg(coffee)))
    assert_fine(page)
    assert "sample" not in page.query_params
    assert page.pills[0].options[0] == "espresso"
    assert page.pills[0].options != cat
    assert picture_sentences(page)


def test_several_uploads_can_be_chosen_from(chelsea: Image.Image, coffee: Image.Image):
    page = upload(visit(), ("cat.jpg", jpeg(chelsea)), ("cup.jpg", jpeg(coffee)))
    assert_fine(page)
    photos = next(pills for pills in page.pills if "cat" in pills.options[0])
    assert len(photos.options) == 2
    assert "“espresso”" in text(page)
    photos.set_value(photos.options[0]).run()
    assert_fine(page)
    assert "“espresso”" not in text(page)


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
    assert "“espresso”" in text(page)
    assert picture_sentences(page)


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>.jpg",
        "[click](javascript:alert(1)).jpg",
        "![x](https://example.com/x.png).jpg",
        ":red[red] $x$ `code` **bold**.jpg",
        "a\nb\u202egpj.exe.jpg",
    ],
)
def test_a_files_name_is_only_ever_text(name: str, chelsea: Image.Image, coffee: Image.Image):
    page = upload(visit(), (name, b"no photo"), (f"2{name}", jpeg(chelsea)), ("cup.jpg", jpeg(coffee)))
    assert not page.exception
    assert not any(element.proto.allow_html for element in (*page.markdown, *page.error))
    assert not any("onerror" in element.proto.body for element in page.html)
    photos = next(pills for pills in page.pills if "cup" in pills.options[1])
    for shown in (page.error[0].value, photos.options[0]):
        unescaped = re.sub(r"\\(.)", "", shown)  # what Markdown would still take for its own
        assert not re.search(r"[<>\[\]`$:_~]|!\(", unescaped), shown
        assert "\n" not in shown
        assert "\u202e" not in shown


def test_a_fault_of_our_own_is_one_sentence_without_details(monkeypatch: pytest.MonkeyPatch):
    def fail(*_arguments, **_options):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("explainer.page.result.show_pictures", fail)
    page = visit(sample="chelsea")
    assert not page.exception
    (error,) = page.error
    assert "went wrong" in error.value
    assert "secret" not in text(page)

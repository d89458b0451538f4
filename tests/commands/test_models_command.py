"""``add-model``, ``list-models`` and ``remove-model``, as somebody types them."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from explainer import load_classifier
from explainer.__main__ import main
from tests.own_networks import COLOURS, save_colours_onnx, shape_photo, write_lines

pytestmark = pytest.mark.slow  # a network is trained for them


@pytest.fixture(autouse=True)
def models_folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("EXPLAINER_MODELS", str(folder))
    return folder


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "photo.png"
    shape_photo(2, 50_000, side=192).photo.save(path)
    return path


def add(path: Path, *options: object) -> int:
    return main(["add-model", str(path), *map(str, options)])


def test_a_network_is_added_listed_explained_and_removed(
    shapes_files, photo, models_folder, tmp_path, capsys
):
    labels = shapes_files["labels"]
    options = (
        "--labels",
        labels,
        "--name",
        "my-shapes",
        "--title",
        "My shapes",
        "--try",
        photo,
        "--range",
        "0-to-1",
    )
    assert add(shapes_files["keras"], *options) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert lines[0] == "My shapes: 3 classes"
    assert [re.split(r"\s{2,}", line.strip()) for line in lines[1:9]] == [
        ["input-size", "48 × 48", "(found in the network)"],
        ["resize", "stretch", "(the default)"],
        ["resample", "bilinear", "(the default)"],
        ["range", "0-to-1", "(given)"],
        ["channel-order", "rgb", "(the default)"],
        ["layout", "channels-last", "(found in the network)"],
        ["channels", "3", "(found in the network)"],
        ["outputs", "probabilities", "(found in the network)"],
    ]
    assert lines[9] == f"{photo}:"
    assert re.fullmatch(r" +\d+\.\d\d%  triangle", lines[10])
    assert {line.split()[-1] for line in lines[10:13]} == {"circle", "square", "triangle"}
    assert lines[13:] == [f"Added as my-shapes, in {models_folder / 'my-shapes'}."]

    assert main(["list-models"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^efficientnet-lite2 +EfficientNet-Lite2 +ready$", listed, re.M)
    assert re.search(r"^inception-v3 .*run python -m explainer fetch inception-v3$", listed, re.M)
    assert re.search(r"^my-shapes +My shapes +48 × 48, 0-to-1, added: ", listed, re.M)

    explained = ["explain", str(photo), "--classifier", "my-shapes", "--num-samples", "64"]
    assert main([*explained, "--out", str(tmp_path / "out")]) == 0
    best = capsys.readouterr().out.splitlines()[1]
    assert re.fullmatch(r" +\d+\.\d\d%  triangle", best), "there is no WordNet id, so none is printed"
    assert (tmp_path / "out" / "photo" / "focus.png").is_file()

    assert main(["remove-model", "my-shapes"]) == 0
    assert capsys.readouterr().out == "my-shapes was removed.\n"
    assert list(models_folder.iterdir()) == []
    assert main(["remove-model", "my-shapes"]) == 2
    assert "No model named 'my-shapes' was added." in capsys.readouterr().err


def test_options_describe_the_network(shapes_files):
    options = ("--resize=pad", "--range=torch", "--channel-order=bgr", "--input-size=48", "--channels=3")
    assert add(shapes_files["onnx"], "--labels", shapes_files["labels"], *options) == 0
    classifier = load_classifier("shapes")  # named after the file
    white = shape_photo(0, 0).photo.resize((96, 48))
    assert classifier.frame(white).size == (96, 96)
    assert classifier.preprocess(white)[0, 0].tolist() == pytest.approx([-2.1179, -2.0357, -1.8044], abs=1e-3)


def test_mean_and_deviation_of_ones_own(shapes_files):
    options = ("--mean=0.485,0.456,0.406", "--std=0.229,0.224,0.225", "--resize=shorter-side")
    options += ("--crop-share=0.9", "--resample=bicubic")
    assert add(shapes_files["onnx"], "--labels", shapes_files["labels"], *options) == 0
    classifier = load_classifier("shapes")
    assert classifier.is_range_confirmed, "a mean below 1 is one of values from 0 to 1"
    white = Image.new("RGB", (96, 60), "white")
    assert classifier.frame(white).size == (54, 55)
    assert classifier.preprocess(white)[0, 0].tolist() == pytest.approx([2.2489, 2.4286, 2.64], abs=1e-4)
    assert classifier.to_display(classifier.preprocess(white))[0, 0].tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--mean=120,110,100",), "With a mean or a std above 1, --range says what values are brought to"),
        (
            ("--mean=0.5", "--range=torch"),
            "brought to before: 0-to-1 or 0-to-255, and not torch",
        ),
        (("--std=0",), "a std is above 0; it is [0.0]"),
        (("--mean=0.1,0.2",), "mean must be a number, or three for red, green and blue"),
        (
            ("--mean=dark",),
            "written like 0.5, or like 0.485,0.456,0.406, and not like dark",
        ),
        (("--crop-share=1.5",), "crop-share must be above 0 and at most 1, and is 1.5"),
        (("--crop-share=0.9", "--resize=pad"), "crop-share is for the resize shorter-side, and not for pad"),
        (("--labels", "nowhere.txt"), "The labels file nowhere.txt can't be read"),
        (
            ("--name", "../shapes"),
            "A model's name has small letters, digits, - and _ only, so '../shapes' is",
        ),
        (("--name", "efficientnet-lite2"), "efficientnet-lite2 is the name of a built-in classifier"),
        (("--name", "auto"), "auto is the name of a built-in classifier"),
        (("--input-size", "large"), "A size is written like 224, or like 240x320, and not like large"),
        (("--try", "nothing.jpg"), "nothing.jpg"),
    ],
)
def test_wrong_options_are_one_sentence_and_add_nothing(options, words, shapes_files, models_folder, capsys):
    assert add(shapes_files["onnx"], *options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not models_folder.exists() or list(models_folder.iterdir()) == []


def test_labels_are_found_beside_the_network_or_asked_for(shapes_files, tmp_path, capsys):
    network = tmp_path / "shapes.onnx"
    network.write_bytes(shapes_files["onnx"].read_bytes())
    assert add(network) == 2
    assert "--labels names a file with one name a line" in capsys.readouterr().err
    write_lines(tmp_path / "shapes_labels.txt", "0 round", "1 square", "2 pointed")
    write_lines(tmp_path / "labels.txt", "of", "another", "network")
    assert add(network) == 0
    assert "The class names are those in shapes_labels.txt, beside the network." in capsys.readouterr().out
    assert load_classifier("shapes").class_names[0] == "round"


class TestARangeThatNothingTells:
    """The network takes 0 to 1, and its file says nothing of that."""

    @pytest.fixture
    def add_colours(self, tmp_path):
        labels = write_lines(tmp_path / "labels.txt", *COLOURS)
        network = save_colours_onnx(tmp_path / "colours.onnx")
        return lambda *options: add(network, "--labels", labels, *options)

    @pytest.fixture
    def photos(self, tmp_path) -> list[str]:
        """As options: a red one and a blue one."""
        for colour in ("red", "blue"):
            Image.new("RGB", (20, 30), colour).save(tmp_path / f"{colour}.png")
        return [f"--try={tmp_path / f'{colour}.png'}" for colour in ("red", "blue")]

    def test_is_assumed_aloud(self, add_colours, photos, capsys, tmp_path):
        assert add_colours() == 0
        told = capsys.readouterr()
        assert re.search(r"^  range +0-to-1 +\(the default\)$", told.out, re.M)
        assert "Value range not confirmed: nothing says which values colours.onnx takes" in told.err
        assert not load_classifier("colours").is_range_confirmed
        assert main(["list-models"]) == 0
        assert "16 × 16, 0-to-1 (not confirmed), added: " in capsys.readouterr().out
        explained = ["explain", photos[0].partition("=")[2], "--classifier", "colours", "--num-samples", "32"]
        assert main([*explained, "--out", str(tmp_path / "out")]) == 0
        assert "Which values colours takes was not confirmed" in capsys.readouterr().err

    def test_is_found_by_the_label_that_is_expected(self, add_colours, photos, capsys):
        assert add_colours(*photos, "--expect=Red", "--expect=blue") == 0
        told = capsys.readouterr()
        assert re.search(r"^  1  0-to-1 +rgb +100.00% red +100.00% blue$", told.out, re.M)
        assert re.search(r"^  range +0-to-1 +\(found by trying\)$", told.out, re.M)
        assert told.err == ""
        assert load_classifier("colours").is_range_confirmed

    def test_a_label_that_is_expected_in_vain_is_said(self, add_colours, photos, capsys):
        assert add_colours("--range=0-to-1", *photos, "--expect=red") == 0
        told = capsys.readouterr()
        assert "  expected: red" in told.out
        assert "does not answer what was expected of blue.png." in told.err
        assert "red.png" not in told.err

    @pytest.mark.parametrize(
        ("expected", "words"),
        [
            ((), "Which row is right is not known: --expect LABEL says what is on the photos, or --range"),
            (("--expect=green",), "In no row is the expected label clearly the best"),
            (("--expect=oval",), "has no class 'oval'; its classes are red, green, blue, nothing."),
            (("--expect=red",) * 3, "there are 3 labels and 2 photos"),
        ],
    )
    def test_is_not_chosen_where_trying_does_not_tell(
        self, expected, words, add_colours, photos, capsys, models_folder
    ):
        assert add_colours(*photos, *expected) == 2
        told = capsys.readouterr()
        assert words in told.err
        assert ("minus-1-to-1" in told.out) == ("row" in words), "the table is shown to choose from"
        assert list(models_folder.iterdir()) == []

    def test_stays_open_where_the_photos_fit_several(self, add_colours, photos, tmp_path, capsys):
        save_colours_onnx(tmp_path / "colours.onnx", ("LpNormalization", {"axis": 1}))
        assert add_colours(photos[0], "--expect=red") == 0
        told = capsys.readouterr()
        assert "These photos can't tell the ranges 0-to-1, 0-to-255 apart" in told.out
        assert re.search(r"^  channel-order +rgb +\(found by trying\)$", told.out, re.M)
        assert "Value range not confirmed" in told.err
        assert not load_classifier("colours").is_range_confirmed

    @pytest.mark.parametrize("typed", ["1", ""])
    def test_is_asked_for_in_a_terminal(self, typed, add_colours, photos, capsys, monkeypatch):
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        assert add_colours(*photos) == (0 if typed else 2)
        assert "Which row is right?" in capsys.readouterr().out
        if typed:
            assert load_classifier("colours").is_range_confirmed


class Terminal(io.StringIO):
    """A person who types one line."""

    def __init__(self, line: str) -> None:
        super().__init__(f"{line}\n")

    def isatty(self) -> bool:
        return True


def test_replace(shapes_files, tmp_path, capsys):
    other = write_lines(tmp_path / "other.txt", "round", "square", "pointed")
    assert add(shapes_files["onnx"], "--labels", shapes_files["labels"]) == 0
    assert add(shapes_files["onnx"], "--labels", other) == 2
    assert "There is a model named shapes already, which --replace replaces." in capsys.readouterr().err
    assert load_classifier("shapes").class_names[0] == "circle"
    assert add(shapes_files["onnx"], "--labels", other, "--replace") == 0
    assert load_classifier("shapes").class_names[0] == "round"


def test_a_model_that_was_damaged_is_listed_with_the_reason(shapes_files, models_folder, capsys):
    assert add(shapes_files["onnx"], "--labels", shapes_files["labels"]) == 0
    (models_folder / "shapes" / "network.xml").write_bytes(b"another")
    capsys.readouterr()
    assert main(["list-models"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("shapes"))
    assert "can't be used" in line
    assert "is not the file that was added as shapes" in line

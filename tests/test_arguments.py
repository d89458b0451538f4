"""Every public function names the argument that is wrong, and says what it accepts."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import (
    ArgumentError,
    Classifier,
    ExplainerError,
    Explanation,
    Felzenszwalb,
    PhotoError,
    Preprocessing,
    Quickshift,
    Reading,
    Slic,
    classify,
    explain,
    explain_folder,
    load_classifier,
    load_photo,
)
from explainer.judging.evidence import compare
from explainer.lime.explain import contrasting_samples
from explainer.lime.superpixels import segment
from explainer.takeaway.code import command_line
from explainer.takeaway.notebook import notebook
from explainer.words.language import Language
from tests.synthetic import Grid, LinearClassifier, a_photo

GRID = Grid(3, 4)
LINEAR = LinearClassifier(GRID)
PHOTO = a_photo()


def halves(batch: np.ndarray) -> np.ndarray:
    return np.full((len(batch), 2), 0.5)


def from_function(predict=halves, **options) -> Classifier:
    return Classifier.from_function(predict, **{"input_size": (8, 8), "class_names": ["a", "b"], **options})


def prepare(*numbers, **options) -> Preprocessing:
    return Preprocessing(*(numbers or ((8, 8), 0.0, 1.0)), **options)


def folder(path: Path, **options):
    (path / "in").mkdir(exist_ok=True)
    a_photo().save(path / "in" / "a.png")
    return explain_folder(options.pop("folder", path / "in"), options.pop("out", path / "out"), **options)


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explain(PHOTO, LINEAR, num_samples=40, segmentation=GRID)


WRONG = {
    "explain: no classifier": (lambda _: explain(PHOTO, None), "classifier must be .* and is None"),
    "explain: a name": (lambda _: explain(PHOTO, "inception-v3"), "classifier must be what load_classifier"),
    "explain: a class": (lambda _: explain(PHOTO, LinearClassifier), "classifier must be what"),
    "explain: progress": (lambda _: explain(PHOTO, LINEAR, on_progress=3), "on_progress must be a function"),
    "classify": (lambda _: classify(PHOTO, 3), "classifier must be what load_classifier returns"),
    "load_classifier": (lambda _: load_classifier(None), "name must be a classifier's name or 'auto'"),
    "from_function: predict": (lambda _: from_function(3), "predict must be a function, and is 3"),
    "from_function: size": (lambda _: from_function(input_size=8), "input_size must be a height and a width"),
    "from_function: bools": (lambda _: from_function(input_size=(True, 8)), "input_size must be"),
    "from_function: names": (
        lambda _: from_function(class_names="ab"),
        "class_names must be a list of texts",
    ),
    "from_function: numbers": (lambda _: from_function(class_names=[1, 2]), "class_names must be a list"),
    "from_function: none": (lambda _: from_function(class_names=[]), "class_names .* at least one class"),
    "from_function: preprocess": (lambda _: from_function(preprocess=3), "preprocess must be a function"),
    "from_function: sizes": (
        lambda _: from_function(preprocess=prepare((9, 9), 0.0, 1.0)),
        r"preprocess must make pictures of the input_size \(8, 8\), and makes them \(9, 9\)",
    ),
    "from_function: name": (lambda _: from_function(name=3), "name must be text, and is 3"),
    "from_function: fingerprint": (lambda _: from_function(fingerprint=b"x"), "fingerprint must be text"),
    "predict: text": (lambda _: from_function().predict("x"), "batch must be an array of numbers"),
    "predict: shape": (lambda _: from_function().predict(np.zeros((8, 8, 3))), "batch must have the shape"),
    "predict: precision": (
        lambda _: from_function().predict(np.zeros((1, 8, 8, 3)), "half"),
        "precision must be 'exact' or 'fast'",
    ),
    "preprocess": (lambda _: from_function().preprocess("cat.jpg"), "photo must be a picture"),
    "Preprocessing: size": (lambda _: prepare((8,), 0.0, 1.0), "input_size must be a height and a width"),
    "Preprocessing: offset": (lambda _: prepare((8, 8), "x", 1.0), "offset must be a number, or three"),
    "Preprocessing: scale": (lambda _: prepare((8, 8), 0.0, 0.0), "scale must be .* can't be 0; it is 0.0"),
    "Preprocessing: two": (lambda _: prepare((8, 8), 0.0, (1.0, 2.0)), "scale must be a number, or three"),
    "Preprocessing: resize": (lambda _: prepare(resize="fit"), "resize must be one of stretch, crop, pad"),
    "Preprocessing: resample": (lambda _: prepare(resample="x"), "resample must be one of PIL.Image.Resampl"),
    "folder": (lambda path: folder(path, classifier=LINEAR, folder=3), "folder must be a folder's path"),
    "folder: out": (lambda path: folder(path, classifier=LINEAR, out=None), "out must be a folder's path"),
    "folder: classifier": (lambda path: folder(path, classifier=3), "classifier must be what"),
    "folder: progress": (lambda path: folder(path, classifier=LINEAR, on_progress=3), "on_progress must be"),
    "folder: workers": (lambda path: folder(path, classifier=LINEAR, workers=0), "workers must be a whole"),
    "folder: language": (lambda path: folder(path, classifier=LINEAR, language="fr"), "language must be"),
    "Language": (lambda _: Language("tlh"), "language must be one of en, ja, and is 'tlh'"),
    "segment": (
        lambda _: segment(np.zeros((8, 8)), Slic()),
        r"image must be an array of the shape \(H, W, 3\)",
    ),
    "segment: text": (lambda _: segment("cat.jpg", Slic()), "image must be an array"),
    "Quickshift": (lambda _: Quickshift(kernel_size=0.5), "kernel_size must be 1 or more, and is 0.5"),
    "Quickshift: max_dist": (lambda _: Quickshift(max_dist=-1), "max_dist must be a number above 0"),
    "Quickshift: ratio": (lambda _: Quickshift(ratio=2), "ratio must be a number from 0 to 1"),
    "Slic": (lambda _: Slic(n_segments=0), "n_segments must be a whole number, 1 or more"),
    "Slic: compactness": (lambda _: Slic(compactness=0), "compactness must be a number above 0"),
    "Slic: sigma": (lambda _: Slic(sigma=-1), "sigma must be a number, 0 or more"),
    "Felzenszwalb": (lambda _: Felzenszwalb(scale="x"), "scale must be a number above 0, and is 'x'"),
    "Felzenszwalb: min_size": (lambda _: Felzenszwalb(min_size=1.5), "min_size must be a whole number"),
}

OF_AN_EXPLANATION = {
    "regions": (lambda e: e.regions(0, True, -1), "num_features must be a whole number, 0 or more"),
    "label": (lambda e: e.label("cat"), "label_index must be one of 0, 1, 2, and is 'cat'"),
    "contrast": (lambda e: e.contrast(0, 9), "label_index must be one of"),
    "Reading": (lambda e: Reading.of(e, 9), "label_index must be one of 0, 1, 2, and is 9"),
    "compare": (lambda e: compare(e, [12]), "hidden must be a whole number, from 0 to 11, and is 12"),
    "compare: one": (lambda e: compare(e, None), "hidden must be a whole number"),
    "contrasting_samples": (lambda e: contrasting_samples(e, 3), "class_index must be .* to 2"),
    "contrasting: samples": (lambda e: contrasting_samples(e, 0, 0), "samples must be a whole"),
    "notebook": (
        lambda e: notebook(PHOTO, Reading.of(e), Language("en")),
        "no notebook for the classifier linear",
    ),
    "command_line": (
        lambda e: command_line(e.recipe, "linear", "a.jpg"),
        "A function of one's own can't be typed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", WRONG)
def test_what_is_wrong_is_named(call: str, tmp_path: Path, raises_sentence):
    do, sentence = WRONG[call]
    with raises_sentence(ArgumentError, sentence):
        do(tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("call", OF_AN_EXPLANATION)
def test_what_is_wrong_about_an_explanation_is_named(call: str, explanation: Explanation, raises_sentence):
    do, sentence = OF_AN_EXPLANATION[call]
    with raises_sentence(ArgumentError, sentence):
        do(explanation)


@pytest.mark.parametrize("photo", [None, 3, [], np.zeros((8, 8, 3)), "nowhere.jpg", b""])
@pytest.mark.parametrize("ask", [load_photo, lambda photo: explain(photo, LINEAR)])
def test_what_is_no_photo_is_a_photo_error(photo, ask):
    with pytest.raises(PhotoError):
        ask(photo)


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
def test_a_scheduler_that_is_none(address, tmp_path, monkeypatch):
    monkeypatch.setattr("explainer.folders.cluster.SECONDS_TO_CONNECT", 0.5, raising=False)
    with pytest.raises(ExplainerError, match="scheduler"):
        folder(tmp_path, classifier=LINEAR, scheduler=address)


def test_numbers_of_numpy_are_numbers():
    classifier = from_function(input_size=(np.int64(8), np.int32(8)))
    assert classifier.predict(np.zeros((1, 8, 8, 3))).tolist() == [[0.5, 0.5]]
    assert Slic(n_segments=np.int64(9)).n_segments == 9
    assert classifier.preprocess(Image.new("RGB", (30, 20), "white")).max() == 1

"""Networks of one's own, in every format and layout: they answer just as the network itself does."""

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import explain, load_classifier
from explainer.classifiers.added import models, new_model
from explainer.errors import ClassifierError
from tests import own_networks
from tests.own_networks import SHAPES, shape_photo, write_lines
from tests.synthetic import Grid

FORMATS = ("keras", "h5", "saved-model", "onnx", "openvino")
PHOTOS = [shape_photo(kind, 30_000 + kind).photo for kind in range(3)]
pytestmark = pytest.mark.slow  # a network is trained for them


@pytest.fixture(scope="module")
def true_answers(shapes_network) -> np.ndarray:
    """What the network itself says of `PHOTOS`, asked through Keras."""
    pictures = np.stack([np.asarray(photo, np.float32) / 255 for photo in PHOTOS])
    return shapes_network.predict(pictures, verbose=0)


@pytest.fixture(scope="module")
def variant_files(shapes_network, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("variants")
    files = {}
    for name, network in own_networks.variants(shapes_network).items():
        files[name] = folder / f"{name}.keras"
        network.save(files[name])
    own_networks.save_onnx(shapes_network, folder / "any-size.onnx", size="side", softmax=False)
    return files | {"any-size-onnx": folder / "any-size.onnx"}


def answers(classifier) -> np.ndarray:
    return classifier.predict(np.stack([classifier.preprocess(photo) for photo in PHOTOS]))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_answers_alike(kind, add, shapes_files, true_answers):
    classifier = add(shapes_files[kind])
    assert (classifier.input_size, tuple(classifier.class_names)) == ((48, 48), SHAPES)
    assert classifier.wnids == ("", "", "")
    np.testing.assert_allclose(answers(classifier), true_answers, rtol=0, atol=1e-4)
    assert [true_answers[kind].argmax() for kind in range(3)] == [0, 1, 2]
    assert classifier.describe_engine().startswith("OpenVINO")


@pytest.mark.parametrize("kind", ["keras", "saved-model"])
def test_tensorflow_answers_alike(kind, add, shapes_files, true_answers, monkeypatch):
    monkeypatch.setenv("EXPLAINER_ENGINE", "tensorflow")
    classifier = add(shapes_files[kind], name=f"tensorflow-{kind}")
    np.testing.assert_allclose(answers(classifier), true_answers, rtol=0, atol=1e-4)
    assert classifier.describe_engine().startswith("TensorFlow")


@pytest.mark.parametrize("kind", ["onnx", "openvino"])
def test_what_only_openvino_runs_says_so(kind, add, shapes_files, monkeypatch, raises_sentence):
    monkeypatch.setenv("EXPLAINER_ENGINE", "tensorflow")
    with raises_sentence(ClassifierError, "needs OpenVINO, and EXPLAINER_ENGINE asks for TensorFlow"):
        add(shapes_files[kind])
    assert models.model_names() == []


class TestWhatIsFoundOut:
    @pytest.mark.parametrize(
        ("variant", "found"),
        [
            ("logits", {"outputs": "logits"}),
            ("sigmoid", {"outputs": "probabilities"}),
            ("sigmoid-logit", {"outputs": "logits"}),
            ("independent", {"outputs": "independent"}),
            ("8-bit", {"range": "0-to-255"}),
            ("grey", {"channels": 1}),
            ("channels-first", {"layout": "channels-first", "channels": 3}),
            ("any-size-onnx", {"layout": "channels-first", "outputs": "logits"}),
        ],
    )
    def test_from_the_file(self, variant, found, models_folder, variant_files, shapes_files, tmp_path):
        labels = shapes_files["labels"]
        if variant.startswith("sigmoid"):
            labels = write_lines(tmp_path / "two.txt", "circle", "square")
        given = {"input-size": [48, 48]} if variant == "any-size-onnx" else {}
        with new_model.prepare(variant_files[variant], labels, name="found", given=given) as candidate:
            settings = candidate.settings
        for name, value in found.items():
            assert settings[name] == (value, "found")
        assert settings["input-size"] == ([48, 48], "given" if given else "found")
        assert settings["resize"] == ("stretch", "default")
        if "range" not in found:
            assert settings["range"] == ("0-to-1", "default")

    def test_a_description_beside_the_file_is_read_and_options_go_before_it(
        self, models_folder, shapes_files, tmp_path
    ):
        network = tmp_path / "mine.onnx"
        network.write_bytes(shapes_files["onnx"].read_bytes())
        write_lines(tmp_path / "names.txt", "round", "square", "pointed")
        description = 'title = "My shapes"\nlabels = "names.txt"\nresize = "crop"\nrange = "torch"\n'
        (tmp_path / "mine.toml").write_text(description)
        with new_model.prepare(network, name="mine", given={"range": "0-to-1"}) as candidate:
            candidate.keep()
        assert candidate.settings["resize"] == ("crop", "described")
        assert candidate.settings["range"] == ("0-to-1", "given")
        classifier = load_classifier("mine")
        assert classifier.title == "My shapes"
        assert tuple(classifier.class_names) == ("round", "square", "pointed")
        assert classifier.frame(Image.new("RGB", (100, 40))).size == (40, 40)


class TestVariants:
    @pytest.mark.parametrize(
        ("variant", "given"),
        [
            ("logits", {}),
            ("bgr", {"channel_order": "bgr"}),
            ("8-bit", {}),
            ("channels-first", {}),
            ("any-size", {"input_size": [48, 48]}),
            ("any-size-onnx", {"input_size": [48, 48]}),
        ],
    )
    def test_answers_as_the_network_itself(self, variant, given, add, variant_files, true_answers):
        classifier = add(variant_files[variant], **given)
        np.testing.assert_allclose(answers(classifier), true_answers, rtol=0, atol=1e-4)

    def test_one_channel_gets_the_grey_photo(self, add, variant_files, shapes_network):
        classifier = add(variant_files["grey"])
        greys = [np.asarray(photo.convert("L").convert("RGB"), np.float32) / 255 for photo in PHOTOS]
        np.testing.assert_allclose(classifier.preprocess(PHOTOS[0]), greys[0], atol=1e-6)
        expected = shapes_network.predict(np.stack(greys), verbose=0)
        np.testing.assert_allclose(answers(classifier), expected, rtol=0, atol=1e-4)

    @pytest.mark.parametrize("variant", ["sigmoid", "sigmoid-logit"])
    @pytest.mark.parametrize("lines", [("circle", "square"), ("square",)])
    def test_one_unit_becomes_two_classes(self, variant, lines, add, variant_files, true_answers, tmp_path):
        classifier = add(variant_files[variant], write_lines(tmp_path / "labels.txt", *lines))
        expected = true_answers[:, :2] / true_answers[:, :2].sum(axis=1, keepdims=True)
        np.testing.assert_allclose(answers(classifier), expected, rtol=0, atol=1e-4)
        first = "circle" if len(lines) == 2 else "not square"
        assert tuple(classifier.class_names) == (first, "square")

    def test_independent_probabilities_need_not_sum_to_one(self, add, variant_files):
        probabilities = answers(add(variant_files["independent"]))
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
        assert (abs(probabilities.sum(axis=1) - 1) > 0.01).any()


@pytest.mark.parametrize("kind", ["keras", "onnx"])
@pytest.mark.parametrize("shape", range(3))
def test_the_explanation_finds_the_shape(kind, shape, add, shapes_files):
    classifier = add(shapes_files[kind])
    photo, mask, _ = shape_photo(shape, 40_000 + shape)
    explanation = explain(photo, classifier, num_samples=300, segmentation=Grid(6, 6))
    best = explanation.labels[0]
    assert (best.name, len(explanation.labels)) == (SHAPES[shape], 3)
    focus = np.isin(explanation.segments, list(explanation.regions(best.index, True, 3)))
    assert mask[focus].mean() > 2.5 * mask.mean()


class TestWhatIsRefused:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_a_file_that_breaks_off(self, kind, add, shapes_files, tmp_path, raises_sentence):
        if kind == "saved-model":
            path = tmp_path / "cut"
            path.mkdir()
            whole = (shapes_files[kind] / "saved_model.pb").read_bytes()
            (path / "saved_model.pb").write_bytes(whole[: len(whole) // 2])
        else:
            path = tmp_path / f"cut{shapes_files[kind].suffix}"
            whole = shapes_files[kind].read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            if kind == "openvino":
                path.with_suffix(".bin").write_bytes(shapes_files[kind].with_suffix(".bin").read_bytes())
        with raises_sentence(ClassifierError, re.escape(str(path)) + " is damaged, or holds no"):
            add(path)
        assert models.model_names() == []

    @pytest.mark.parametrize("suffix", [".keras", ".h5"])
    def test_a_lambda_layer(self, suffix, add, tmp_path, raises_sentence):
        import keras

        picture = keras.Input((48, 48, 3))
        pooled = keras.layers.GlobalMaxPooling2D()(keras.layers.Lambda(lambda x: 2 * x)(picture))
        network = keras.Model(picture, keras.layers.Dense(3, activation="softmax")(pooled))
        network.save(tmp_path / f"code{suffix}")
        with raises_sentence(ClassifierError, "Lambda layer, which is Python code that would run"):
            add(tmp_path / f"code{suffix}")

    def test_a_lambda_layer_inside_a_network_inside(self, add, tmp_path, raises_sentence):
        with zipfile.ZipFile(tmp_path / "deep.keras", "w") as archive:
            inner = {"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda"}]}}
            archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": [inner]}))
        with raises_sentence(ClassifierError, "Lambda layer"):
            add(tmp_path / "deep.keras")

    def test_two_inputs(self, add, tmp_path, raises_sentence):
        import keras

        pictures = [keras.Input((48, 48, 3)), keras.Input((48, 48, 3))]
        both = keras.layers.GlobalMaxPooling2D()(keras.layers.Add()(pictures))
        network = keras.Model(pictures, keras.layers.Dense(3, activation="softmax")(both))
        network.save(tmp_path / "two.keras")
        with raises_sentence(ClassifierError, "with 2 inputs and 1 outputs"):
            add(tmp_path / "two.keras")

    @pytest.mark.parametrize(
        ("shape", "words"),
        [
            ((10,), r"inputs of the shape \(1, 10\), and not for pictures"),
            ((8, 8, 4), r"\(1, 8, 8, 4\), and only pictures of one or three channels"),
        ],
    )
    def test_what_takes_no_pictures(self, shape, words, add, tmp_path, raises_sentence):
        import keras

        given = keras.Input(shape)
        network = keras.Model(given, keras.layers.Dense(3)(keras.layers.Flatten()(given)))
        network.save(tmp_path / "other.keras")
        with raises_sentence(ClassifierError, words):
            add(tmp_path / "other.keras")

    def test_what_answers_with_pictures(self, add, tmp_path, raises_sentence):
        import keras

        picture = keras.Input((48, 48, 3))
        keras.Model(picture, keras.layers.Conv2D(3, 3)(picture)).save(tmp_path / "masks.keras")
        with raises_sentence(ClassifierError, "does not answer with a number for each class"):
            add(tmp_path / "masks.keras")

    @pytest.mark.parametrize("number", [2, 4])
    def test_another_number_of_labels(self, number, add, shapes_files, tmp_path, raises_sentence):
        labels = write_lines(tmp_path / "labels.txt", *(f"thing {i}" for i in range(number)))
        with raises_sentence(ClassifierError, f"tells 3 classes apart, and the labels file names {number}"):
            add(shapes_files["onnx"], labels)

    def test_three_labels_for_one_unit(self, add, variant_files, raises_sentence):
        with raises_sentence(ClassifierError, "one output, which stands for two classes, .* names 3"):
            add(variant_files["sigmoid"])

    def test_logits_described_as_probabilities(self, add, variant_files, raises_sentence):
        with raises_sentence(ClassifierError, "are no probabilities, .* --outputs logits"):
            add(variant_files["logits"], outputs="probabilities")

    def test_independent_outputs_described_as_probabilities(self, add, variant_files, raises_sentence):
        with raises_sentence(ClassifierError, "and not to 1: --outputs independent"):
            add(variant_files["independent"], outputs="probabilities")

    def test_what_contradicts_the_file(self, add, shapes_files, raises_sentence):
        with raises_sentence(ClassifierError, r"The input-size of .* is \[48, 48\], and not \[64, 64\]"):
            add(shapes_files["keras"], input_size=[64, 64])

    def test_a_size_that_nobody_says(self, add, variant_files, raises_sentence):
        with raises_sentence(ClassifierError, "how large its input is: --input-size"):
            add(variant_files["any-size"])

    def test_openvino_weights_that_are_missing(self, add, shapes_files, tmp_path, raises_sentence):
        (tmp_path / "alone.xml").write_bytes(shapes_files["openvino"].read_bytes())
        with raises_sentence(ClassifierError, "needs alone.bin beside it"):
            add(tmp_path / "alone.xml")

    @pytest.mark.parametrize(
        ("description", "words"),
        [
            ('resize = "shrink"', "resize must be one of stretch, crop, pad, shorter-side, and is 'shrink'"),
            ("input-size = 48.5", "input-size must be a height and a width"),
            ("colour = true", "says colour, which means nothing here"),
            ("resize = ", "is not written in TOML"),
        ],
    )
    def test_a_description_that_is_wrong(
        self, description, words, add, shapes_files, tmp_path, raises_sentence
    ):
        (tmp_path / "mine.onnx").write_bytes(shapes_files["onnx"].read_bytes())
        (tmp_path / "mine.toml").write_text(description)
        with raises_sentence(ClassifierError, words):
            add(tmp_path / "mine.onnx")

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("nothing.keras", "is no such file"),
            ("notes.txt", "of no kind that can be read"),
            ("folder", "There is no network in"),
        ],
    )
    def test_what_is_no_network(self, name, words, add, tmp_path, raises_sentence):
        (tmp_path / "notes.txt").write_text("milk")
        (tmp_path / "folder").mkdir()
        with raises_sentence(ClassifierError, words):
            add(tmp_path / name)


class TestTheModelsFolder:
    def test_a_folder_is_whole_in_itself(self, add, shapes_files, tmp_path):
        added = add(shapes_files["openvino"])
        before = answers(added)
        elsewhere = tmp_path / "another machine" / "received"
        elsewhere.parent.mkdir()
        models.model_folder("shapes").rename(elsewhere)
        there = models.load_model_folder(elsewhere, "shapes")
        assert there.fingerprint == added.fingerprint
        assert (there.name, there.title) == ("shapes", "shapes")
        np.testing.assert_array_equal(answers(there), before)

    def test_the_fingerprint_tells_what_is_computed(self, add, shapes_files, tmp_path):
        prints = {
            add(shapes_files["onnx"], name="a").fingerprint,
            add(shapes_files["onnx"], name="b", resize="pad").fingerprint,
            add(shapes_files["keras"], name="c").fingerprint,
            add(shapes_files["onnx"], write_lines(tmp_path / "l.txt", "a", "b", "c"), name="d").fingerprint,
        }
        assert len(prints) == 4
        assert all(re.fullmatch("[0-9a-f]{64}", one) for one in prints)
        assert add(shapes_files["onnx"], name="e").fingerprint in prints

    def test_one_that_was_added_before_origins_were_noted_is_the_same(self, add, shapes_files):
        added = add(shapes_files["onnx"])
        assert not added.is_range_confirmed
        description = models.model_folder("shapes") / "model.toml"
        description.write_text(description.read_text().partition("[origins]")[0])
        before = load_classifier("shapes")
        assert before.fingerprint == added.fingerprint
        assert before.is_range_confirmed, "nothing says that it was assumed"
        assert models.added_model(description.parent).origins == {}

    @pytest.mark.parametrize("damage", ["replaced", "cut"])
    def test_another_file_in_its_place_is_noticed(self, damage, add, shapes_files, raises_sentence):
        add(shapes_files["onnx"])
        path = models.model_folder("shapes") / "network.bin"
        whole = path.read_bytes()
        path.write_bytes(whole + b"x" if damage == "replaced" else whole[:-100])
        with raises_sentence(ClassifierError, "is not the file that was added as shapes"):
            load_classifier("shapes")

    def test_adding_twice_needs_replace(self, add, shapes_files, raises_sentence):
        add(shapes_files["onnx"])
        before = load_classifier("shapes").fingerprint
        with raises_sentence(ClassifierError, "There is a model named shapes already"):
            add(shapes_files["keras"])
        assert load_classifier("shapes").fingerprint == before
        with new_model.prepare(shapes_files["keras"], shapes_files["labels"], name="shapes") as candidate:
            candidate.keep(replace=True)
        assert load_classifier("shapes").fingerprint != before
        assert [path.name for path in models.models_folder().iterdir()] == ["shapes"]

    def test_nothing_is_left_of_what_was_not_kept(self, models_folder, shapes_files):
        with new_model.prepare(shapes_files["onnx"], shapes_files["labels"], name="shapes"):
            pass
        assert list(models_folder.iterdir()) == []

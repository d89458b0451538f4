"""What tools write: a red photo is red in every format, and what can't be used is named for what it is."""

import json
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explainer.classifiers.added import models, new_model
from explainer.classifiers.openvino_runtime import import_openvino
from explainer.errors import ClassifierError
from tests.own_networks import (
    COLOURS,
    COLOURS_SHAPE,
    COLOURS_SIDE,
    RED,
    colour_layers,
    save_colours_onnx,
    write_lines,
)

pytestmark = pytest.mark.usefixtures("own_folders")
ONE = np.float32(1)


@pytest.fixture
def labels(tmp_path) -> Path:
    return write_lines(tmp_path / "names of classes", *COLOURS)


def answer(path: Path, labels: Path | None, output: str = "", **given: Any) -> dict[str, float]:
    """What an added network says of a red photo, each class by its name."""
    settings = {name.replace("_", "-"): value for name, value in given.items()}
    with new_model.prepare(path, labels, name="colours", given=settings, output=output) as candidate:
        candidate.keep(replace=True)
    classifier = models.load_model_folder(models.model_folder("colours"))
    (probabilities,) = classifier.predict(classifier.preprocess(RED)[np.newaxis])
    return dict(zip(classifier.class_names, map(float, probabilities), strict=True))


def assert_red(path: Path, labels: Path | None, output: str = "", **given: Any) -> None:
    assert answer(path, labels, output, **given)["red"] > 0.99


def edited(path: Path) -> Any:
    """A network that takes 0 to 255, to be edited, and saved again."""
    save_colours_onnx(path, ("Div", 255 * ONE))
    return onnx.load(path)


def add_output(network: Any, operator: str, *inputs: str, kind: int = TensorProto.FLOAT, **attributes: Any):
    network.graph.node.append(helper.make_node(operator, inputs, [f"of {operator}"], **attributes))
    network.graph.output.append(helper.make_tensor_value_info(f"of {operator}", kind, None))


class TestOnnx:
    def test_weights_in_other_files(self, labels, tmp_path):
        path = tmp_path / "export" / "colours.onnx"
        path.parent.mkdir()
        location = "colours.onnx.data"
        onnx.save(edited(path), path, save_as_external_data=True, location=location, size_threshold=0)
        assert (path.parent / location).stat().st_size > 200
        before = answer(path, labels)
        assert before["red"] > 0.99
        shutil.rmtree(path.parent)
        classifier = models.load_model_folder(models.model_folder("colours"))
        (there,) = classifier.predict(classifier.preprocess(RED)[np.newaxis])
        assert list(before.values()) == [float(number) for number in there]

    @pytest.mark.parametrize(
        ("location", "words"),
        [
            ("missing.data", "needs missing.data beside it"),
            ("../outside.data", "wants its weights from .*outside.data, which is outside of its folder"),
            ("{absolute}", "outside.data, which is outside of its folder"),
            ("link.data", "outside.data, which is outside of its folder"),
        ],
    )
    def test_weights_elsewhere(self, location, words, labels, tmp_path, raises_sentence):
        path = tmp_path / "export" / "colours.onnx"
        path.parent.mkdir()
        network = edited(path)
        onnx.save(network, path, save_as_external_data=True, location="w.data", size_threshold=0)
        (path.parent / "w.data").rename(tmp_path / "outside.data")
        (path.parent / "link.data").symlink_to(tmp_path / "outside.data")
        network = onnx.load(path, load_external_data=False)
        for tensor in network.graph.initializer:
            for entry in tensor.external_data:
                if entry.key == "location":
                    entry.value = location.format(absolute=tmp_path / "outside.data")
        path.write_bytes(network.SerializeToString())
        with raises_sentence(ClassifierError, words):
            answer(path, labels)

    def test_a_map_from_names_to_probabilities(self, tmp_path):
        """As Custom Vision used to export, and scikit-learn's converter does."""
        network = edited(tmp_path / "map.onnx")
        probabilities = network.graph.output.pop().name
        network.graph.initializer.append(
            helper.make_tensor("names", TensorProto.STRING, [4], [name.encode() for name in COLOURS])
        )
        ml = {"domain": "ai.onnx.ml"}
        network.graph.node.extend(
            [
                helper.make_node("ArgMax", [probabilities], ["best"], axis=1, keepdims=0),
                helper.make_node("ArrayFeatureExtractor", ["names", "best"], ["classLabel"], **ml),
                helper.make_node("ZipMap", [probabilities], ["loss"], classlabels_strings=COLOURS, **ml),
            ]
        )
        tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, [])
        of_maps = helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.STRING, tensor))
        network.graph.output.extend(
            [
                helper.make_tensor_value_info("classLabel", TensorProto.STRING, [None, 1]),
                helper.make_value_info("loss", of_maps),
            ]
        )
        network.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
        for external in ({}, {"save_as_external_data": True, "location": "map.data", "size_threshold": 0}):
            onnx.save(network, tmp_path / "map.onnx", **external)
            assert answer(tmp_path / "map.onnx", None)["red"] > 0.99

    def test_a_sequence(self, labels, tmp_path):
        network = edited(tmp_path / "sequence.onnx")
        probabilities = network.graph.output.pop().name
        network.graph.node.append(helper.make_node("SequenceConstruct", [probabilities], ["all"]))
        network.graph.output.append(helper.make_tensor_sequence_value_info("all", TensorProto.FLOAT, None))
        onnx.save(network, tmp_path / "sequence.onnx")
        assert_red(tmp_path / "sequence.onnx", labels)

    @pytest.mark.parametrize(
        "other",
        [
            ("ArgMax", "step6", {"axis": 1, "kind": TensorProto.INT64}),  # the best class
            ("Identity", "step3", {}),  # three mean colours
            ("Log", "step6", {}),  # as many numbers, which are no probabilities
        ],
    )
    def test_the_output_that_looks_like_classes(self, other, labels, tmp_path):
        operator, source, attributes = other
        network = edited(tmp_path / "two.onnx")
        add_output(network, operator, source, **attributes)
        network.graph.output.reverse()
        onnx.save(network, tmp_path / "two.onnx")
        with new_model.prepare(tmp_path / "two.onnx", labels, name="colours") as candidate:
            assert candidate.facts.outputs == ("step7", f"of {operator}")
        assert_red(tmp_path / "two.onnx", labels)

    def test_outputs_that_are_alike(self, labels, tmp_path, raises_sentence):
        network = edited(tmp_path / "alike.onnx")
        add_output(network, "Softmax", "of Neg")
        network.graph.node.insert(-1, helper.make_node("Neg", ["step6"], ["of Neg"]))
        onnx.save(network, tmp_path / "alike.onnx")
        words = r"several .* classes, step7 \(any, 4\), of Softmax \(any, 4\): --output names the right one"
        with raises_sentence(ClassifierError, words):
            answer(tmp_path / "alike.onnx", labels)
        assert_red(tmp_path / "alike.onnx", labels, output="step7")
        assert answer(tmp_path / "alike.onnx", labels, output="of Softmax")["red"] < 0.01
        with raises_sentence(ClassifierError, r"has no output logits; its outputs are step7 \(any, 4\), of"):
            answer(tmp_path / "alike.onnx", labels, output="logits")

    def test_only_for_eight_pictures(self, labels, tmp_path):
        network = edited(tmp_path / "eight.onnx")
        for end in (network.graph.input[0], network.graph.output[0]):
            end.type.tensor_type.shape.dim[0].dim_value = 8
        onnx.save(network, tmp_path / "eight.onnx")
        assert_red(tmp_path / "eight.onnx", labels)

    def test_for_pictures_of_any_shape(self, labels, tmp_path):
        network = edited(tmp_path / "any.onnx")
        for length, name in zip(network.graph.input[0].type.tensor_type.shape.dim, "nchw", strict=True):
            length.dim_param = name
        onnx.save(network, tmp_path / "any.onnx")
        given = {"input_size": [COLOURS_SIDE, COLOURS_SIDE], "range": "0-to-255"}
        assert_red(tmp_path / "any.onnx", labels, **given)

    def test_weights_that_are_inputs_too(self, labels, tmp_path):
        network = edited(tmp_path / "old.onnx")
        network.ir_version = 3
        for tensor in network.graph.initializer:
            network.graph.input.append(
                helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            )
        onnx.save(network, tmp_path / "old.onnx")
        assert_red(tmp_path / "old.onnx", labels)

    def test_grey_pictures_without_channels(self, tmp_path):
        answers = np.array([[-9, 9], [5, -5]], np.float32)  # from mean and 1: dark, bright
        nodes = [
            helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
            helper.make_node("Pad", ["column", "pads", "one"], ["both"]),
            helper.make_node("MatMul", ["both", "answers"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"]),
        ]
        constants = {"axis": [1], "pads": [0, 0, 0, 1], "one": ONE, "answers": answers}
        graph = helper.make_graph(
            nodes,
            "grey",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 28, 28])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 2])],
            [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
        )
        path = tmp_path / "grey.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        dark = answer(path, write_lines(tmp_path / "two names", "dark", "bright"), range="0-to-1")
        assert dark["dark"] == pytest.approx(1 / (1 + np.exp(18 * 90 / 255 - 10)), abs=0.05)

    def test_steps_that_openvino_does_not_know(self, labels, tmp_path, raises_sentence):
        network = edited(tmp_path / "own.onnx")
        network.graph.node[0].domain = "my.tools"
        network.opset_import.append(helper.make_opsetid("my.tools", 1))
        onnx.save(network, tmp_path / "own.onnx")
        with raises_sentence(ClassifierError, "OpenVINO can't run .*: No conversion rule .* my.tools.Div"):
            answer(tmp_path / "own.onnx", labels)

    @pytest.mark.parametrize(
        ("shapes", "words"),
        [
            (
                ([1, 3, 8, 8], [1, 84, 900]),
                r"the shape \(1, 84, 900\), as those do that find or cut out",
            ),
            (([1, 3, 8, 8], [1, 4, 8, 8]), r"not answer .* \(1, 4, 8, 8\), .* so it is no classifier"),
            (([1, 4, 8, 8], [1, 4]), r"\(1, 4, 8, 8\), and only pictures of one or three channels"),
            (([1, 784], [1, 10]), r"\(1, 784\), and not for pictures: .* Keras' Input and Flatten"),
            (([1, 12, 300], [1, 2]), r"inputs of the shape \(1, 12, 300\), and not for pictures"),
        ],
    )
    def test_what_is_no_classifier_of_pictures(self, shapes, words, labels, tmp_path, raises_sentence):
        (given, answers), path = shapes, tmp_path / "other.onnx"
        weights = numpy_helper.from_array(np.zeros(answers, np.float32), "zeros")
        nodes = [
            helper.make_node("ReduceMean", ["given"], ["mean"], keepdims=0),
            helper.make_node("Add", ["mean", "zeros"], ["answers"]),
        ]
        ends = [
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
            for name, shape in (("given", given), ("answers", answers))
        ]
        graph = helper.make_graph(nodes, "other", *ends, [weights])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        with raises_sentence(ClassifierError, words):
            answer(path, labels)

    def test_what_is_kept_answers_bit_by_bit_as_the_file(self, labels, tmp_path):
        path = save_colours_onnx(tmp_path / "colours.onnx", ("Div", 255 * ONE))
        kept = answer(path, labels)
        openvino = import_openvino()
        compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        picture = np.full((1, *COLOURS_SHAPE), (250, 8, 12), np.float32).transpose(0, 3, 1, 2)
        assert list(kept.values()) == compiled(picture)[0][0].tolist()


def keras_colours(keras: Any, takes: tuple[int, int], first: Sequence[Any] = ()) -> Any:
    """In the shape of Teachable Machine's: two networks in a network, and in the first another one."""
    layers = keras.layers
    picture = x = keras.Input(COLOURS_SHAPE)
    for layer in (*first, layers.DepthwiseConv2D(1, depthwise_initializer="ones", use_bias=False)):
        x = layer(x)
    features = keras.Sequential([keras.Model(picture, x), layers.GlobalAveragePooling2D()])
    hidden = layers.Dense(9, activation="relu")
    last = layers.Dense(4, use_bias=False, activation="softmax")
    network = keras.Sequential([features, keras.Sequential([keras.Input((3,)), hidden, last])])
    network.build((None, *COLOURS_SHAPE))
    *of_hidden, answers = colour_layers(*takes)
    hidden.set_weights(of_hidden)
    last.set_weights([answers])
    return network


@pytest.fixture(scope="module")
def of_tensorflow(tmp_path_factory) -> Path:
    """A folder with a network for 0 to 255 in TensorFlow's formats."""
    import keras
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    folder = tmp_path_factory.mktemp("tensorflow")
    network = keras_colours(keras, (0, 1), [keras.layers.Rescaling(1 / 255)])
    network.export(folder / "saved", verbose=False)
    random = np.random.RandomState(0)
    pictures = [random.randint(0, 256, (1, *COLOURS_SHAPE)).astype(np.float32) for _ in range(10)]
    pictures += [
        np.full((1, *COLOURS_SHAPE), colour, np.float32) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    ]
    for name, kind in (("float", None), ("uint8", tf.uint8), ("int8", tf.int8)):
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved"))
        if kind:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([picture] for picture in pictures)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = kind
        (folder / f"{name}.tflite").write_bytes(converter.convert())
    shutil.copy(folder / "float.tflite", folder / "CAPITALS.TFLITE")

    asked = tf.function(lambda pictures: network(pictures, training=False))
    concrete = asked.get_concrete_function(tf.TensorSpec((None, *COLOURS_SHAPE), tf.float32))
    graph = convert_to_constants.convert_variables_to_constants_v2(concrete).graph.as_graph_def()
    (folder / "frozen.pb").write_bytes(graph.SerializeToString())

    archive = tf.Module()
    archive.kept = network
    training = tf.function(
        lambda pictures, right: {"loss": tf.reduce_sum((network(pictures) - right) ** 2)},
        input_signature=[
            tf.TensorSpec((None, *COLOURS_SHAPE), name="pictures"),
            tf.TensorSpec((None, 4), name="right"),
        ],
    )
    tf.saved_model.save(archive, folder / "trainable", signatures={"train": training, "infer": concrete})
    tf.saved_model.save(archive, folder / "other", signatures={"predict": concrete})
    return folder


@pytest.mark.slow
class TestTensorFlow:
    @pytest.mark.parametrize(
        "name",
        [
            "float.tflite", "CAPITALS.TFLITE", "uint8.tflite", "int8.tflite", "frozen.pb", "saved",
            "saved/saved_model.pb", "trainable", "other",
        ],
    )  # fmt: skip
    def test_red_is_red(self, name, of_tensorflow, labels):
        assert_red(of_tensorflow / name, labels, range="0-to-255")

    @pytest.mark.parametrize("names", [COLOURS, (*COLOURS, "one more")])
    def test_labels_in_a_tflite_file(self, names, of_tensorflow, labels, tmp_path, raises_sentence):
        path = Path(shutil.copy(of_tensorflow / "uint8.tflite", tmp_path))
        with zipfile.ZipFile(path, "a") as archive:  # as its tools do
            archive.writestr("labels.txt", "\n".join(names))
        if names == COLOURS:
            assert_red(path, None)
        else:
            assert_red(path, labels)
            with raises_sentence(ClassifierError, "The classes need names"):
                answer(path, None)

    def test_a_saved_model_is_kept_for_tensorflow_where_it_can_run_it(self, of_tensorflow, labels):
        for name, kept in (("saved", "network"), ("other", "network.xml")):
            answer(of_tensorflow / name, labels)
            assert (models.model_folder("colours") / kept).exists()

    def test_8_bit_outputs_become_probabilities(self, of_tensorflow, labels):
        probabilities = answer(of_tensorflow / "uint8.tflite", labels)
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-3)

    @pytest.mark.parametrize("name", ["float.tflite", "frozen.pb"])
    def test_what_breaks_off(self, name, of_tensorflow, labels, tmp_path, raises_sentence):
        path = tmp_path / name
        whole = (of_tensorflow / name).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with raises_sentence(ClassifierError, "is damaged, or holds no network"):
            answer(path, labels)


def test_8_bit_networks_get_the_nearest_value(labels, tmp_path):
    """A colour between two 8-bit values, as of a hidden region, is rounded and not cut off."""
    path = save_colours_onnx(
        tmp_path / "8-bit.onnx", ("Cast", {"to": 1}), takes=(0, 255), kind="uint8", ends=[("Identity",)]
    )
    with new_model.prepare(path, labels, name="colours", given={"outputs": "logits"}) as candidate:
        network, values = candidate.network, (100.0, 100.4, 100.6, 101.0, -3.0, 0.0)
        exact, low, high, above, below, black = network.predict(
            np.stack([np.full((3, COLOURS_SIDE, COLOURS_SIDE), value, np.float32) for value in values])
        )
    assert low.tolist() == exact.tolist() != above.tolist() == high.tolist()
    assert below.tolist() == black.tolist()


@pytest.fixture(scope="module")
def of_keras_2(tmp_path_factory) -> Path:
    """A folder with a network for -1 to 1 in Keras 2's formats."""
    import h5py
    import tf_keras

    folder = tmp_path_factory.mktemp("keras-2")
    network = keras_colours(tf_keras, (-1, 1))
    network.save(folder / "network.keras")
    network.save(folder / "saved", save_format="tf")
    network.save(folder / "teachable.H5", save_format="h5")
    with h5py.File(folder / "teachable.H5", "a") as file:  # as Teachable Machine's converter writes it
        config = json.loads(file.attrs["model_config"])
        depthwise = config["config"]["layers"][1]["config"]["layers"][1]["config"]["layers"][1]
        assert depthwise["class_name"] == "DepthwiseConv2D"
        depthwise["config"]["groups"] = 1
        file.attrs["model_config"] = json.dumps(config)
    shutil.copy(folder / "teachable.H5", folder / "hdf5.keras")  # which Keras 2 wrote for a while
    return folder


@pytest.mark.slow
class TestKeras2:
    @pytest.mark.parametrize("name", ["network.keras", "hdf5.keras", "teachable.H5", "saved"])
    def test_red_is_red(self, name, of_keras_2, labels):
        assert_red(of_keras_2 / name, labels, range="minus-1-to-1")

    def test_tensorflow_answers_alike(self, of_keras_2, labels, monkeypatch):
        monkeypatch.setenv("EXPLAINER_ENGINE", "tensorflow")
        assert_red(of_keras_2 / "network.keras", labels, range="minus-1-to-1")

    @pytest.mark.parametrize("name", ["lambda.h5", "lambda.keras"])
    def test_a_lambda_layer(self, name, labels, tmp_path, raises_sentence):
        import tf_keras

        layers = [tf_keras.Input((8, 8, 3)), tf_keras.layers.Lambda(lambda x: 2 * x)]
        tf_keras.Sequential([*layers, tf_keras.layers.GlobalAveragePooling2D()]).save(tmp_path / name)
        with raises_sentence(ClassifierError, "Lambda layer, which is Python code that would run"):
            answer(tmp_path / name, labels)

    @pytest.mark.parametrize(
        ("part", "words"),
        [
            ({"module": "shutil", "class_name": "rmtree"}, "has the part rmtree, which is not one of Keras'"),
            ({"module": "keras.utils", "class_name": "get_file"}, "has the part get_file"),
            ({"module": "builtins", "class_name": "function", "config": "exec"}, "has the part exec"),
            ({"module": "os", "class_name": "function", "config": "system"}, "has the part system"),
            (
                {"class_name": "TFOpLambda", "config": {"function": "io.write_file"}},
                "has the part io.write_file",
            ),
            (
                {"class_name": "TFOpLambda", "config": {"function": "load_library"}},
                "has the part load_library",
            ),
        ],
    )
    def test_code_of_others(self, part, words, of_keras_2, labels, tmp_path, raises_sentence):
        path = with_part(of_keras_2 / "network.keras", tmp_path / "code.keras", part)
        with raises_sentence(ClassifierError, words):
            answer(path, labels)

    def test_functions_of_tensorflow_that_only_compute(self, labels, tmp_path):
        import tf_keras

        picture = tf_keras.Input(COLOURS_SHAPE)
        scaled = tf_keras.applications.mobilenet_v2.preprocess_input(picture)
        network = tf_keras.Model(picture, keras_colours(tf_keras, (-1, 1))(scaled[..., ::-1][..., ::-1]))
        network.save(tmp_path / "with functions.h5")
        assert_red(tmp_path / "with functions.h5", labels)


def with_part(path: Path, target: Path, part: dict[str, Any], version: str = "") -> Path:
    """Copy a ``.keras`` file, with another first layer, and perhaps as if by another version of Keras."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                layers = config["config"]["layers"]
                layers[1] = layers[1] | part
                content = json.dumps(config).encode()
            if name == "metadata.json" and version:
                content = json.dumps({"keras_version": version}).encode()
            archive.writestr(name, content)
    return target


@pytest.fixture(scope="module")
def of_keras_3(tmp_path_factory) -> Path:
    import keras

    path = tmp_path_factory.mktemp("keras-3") / "network.keras"
    layers = [
        keras.Input(COLOURS_SHAPE),
        keras.layers.ReLU(name="first"),
        keras.layers.GlobalAveragePooling2D(),
    ]
    keras.Sequential(layers).save(path)
    return path


class TestKeras3:
    def test_layers_of_ones_own(self, of_keras_3, labels, tmp_path, raises_sentence):
        part = {"module": None, "class_name": "Sharpen", "registered_name": "mine>Sharpen"}
        path = with_part(of_keras_3, tmp_path / "own.keras", part)
        with raises_sentence(ClassifierError, "part Sharpen, .* ONNX, or write .* Classifier.from_function"):
            answer(path, labels)

    def test_layers_of_ones_own_in_an_old_file(self, labels, tmp_path, raises_sentence):
        import h5py

        config = {"name": "n", "layers": [{"class_name": "Sharpen", "config": {"name": "sharpen"}}]}
        with h5py.File(tmp_path / "own.h5", "w") as file:
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
            file.attrs["keras_version"] = "3.1.0"
        with raises_sentence(ClassifierError, "part Sharpen, which is not one of Keras' own"):
            answer(tmp_path / "own.h5", labels)

    @pytest.mark.parametrize(
        ("version", "words"),
        [
            ("99.1.0", r"was written by Keras 99.1.0, and Keras 3.*: pip install --upgrade keras, or export"),
            ("3.0.0", r"Keras 3.* can't load .*, which Keras 3.0.0 wrote: .*{'flavour': 'sweet'}"),
        ],
    )
    def test_another_version(self, version, words, of_keras_3, labels, tmp_path):
        part = {"config": {"name": "first", "flavour": "sweet"}}
        path = with_part(of_keras_3, tmp_path / "newer.keras", part, version)
        with pytest.raises(ClassifierError, match=words):
            answer(path, labels)

    def test_weights_without_a_network(self, labels, tmp_path, raises_sentence):
        import h5py

        with h5py.File(tmp_path / "Meso4.h5", "w") as file:
            file.attrs["layer_names"] = ["conv2d"]
        with raises_sentence(
            ClassifierError, "holds weights without their network: .* in Keras by network.save"
        ):
            answer(tmp_path / "Meso4.h5", labels)

    def test_several_outputs(self, labels, tmp_path):
        import keras

        picture = keras.Input(COLOURS_SHAPE)
        mean = keras.layers.GlobalAveragePooling2D(name="colours")(keras.layers.Rescaling(1 / 255)(picture))
        answers = keras_colours(keras, (0, 255))(picture)
        keras.Model(picture, [mean, answers]).save(tmp_path / "two.keras")
        assert_red(tmp_path / "two.keras", labels, range="0-to-255")
        assert [path.name for path in models.model_folder("colours").glob("network*")] != ["network.keras"]


@pytest.mark.parametrize(
    ("name", "start", "words"),
    [
        ("a.onnx", b"", "is an empty file: copy or download it again"),
        ("a.h5", b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull downloads the network"),
        ("a.onnx", b"\n<!DOCTYPE html>\n<html>", "is a web page, and not a network: download it again"),
        ("a.h5", b"PK\x03\x04" + bytes(26) + b"archive/data.pkl", "PyTorch or pickle .* torch.onnx.export"),
        ("script.pt", b"PK\x03\x04" + bytes(26) + b"net/code/__torch__.py", "PyTorch or pickle"),
        ("pytorch_model.bin", b"\x80\x02\x8a\x0a", "PyTorch or pickle .* Classifier.from_function"),
        ("best.pt", b"\0", "is for PyTorch, which does not run here: in PyTorch, torch.onnx.export"),
        ("a.weights.h5", b"\x89HDF", "holds weights without their network: add the file of the network"),
        ("model.safetensors", b"\x10", "holds weights without their network"),
        ("variables.data-00000-of-00001", b"\x10", "holds weights without their network"),
        ("model.ckpt.index", b"\x10", "holds weights without their network"),
        ("a.onnx.data", b"\x10", "holds weights only: add the .onnx file that they belong to"),
        ("a.joblib", b"\x10", "Python objects, which can be a program, so it is not opened"),
        ("model.json", b'{"format": "layers-model"}', "TensorFlow.js, what tensorflowjs_converter"),
        ("model.tar.gz", b"\x1f\x8b\x08", "is an archive: unpack it"),
        ("a.mlmodel", b"\x08", "in a format that can't be read: export the network as ONNX"),
        ("a.engine", b"ftrt", "was compiled for one device: add the file that it was made from"),
        ("a.caffemodel", b"\x0a", "in a format that can't be read"),
        ("a.pb", b"\x0a\x10", "is damaged, or holds no network"),
        ("a.keras", b"PK\x03\x04", "is damaged, or holds no whole Keras network"),
    ],
)
def test_what_can_not_be(name, start, words, labels, tmp_path, raises_sentence):
    (tmp_path / name).write_bytes(start)
    with raises_sentence(ClassifierError, words):
        answer(tmp_path / name, labels)
    assert os.listdir(models.models_folder()) in ([], ["colours"])

"""The same architecture with weights in random places: another network, and nothing wrong with it."""

from pathlib import Path

import numpy as np
import pytest

from explainer import ArgumentError, Classifier, ClassifierError, load_classifier
from explainer.classifiers.cache import cache_folder
from explainer.classifiers.classifier import adapted
from explainer.classifiers.engine import Network
from tests.own_networks import shape_photo, write_lines


@pytest.fixture(scope="module")
def lite0_batch(lite0, chelsea, coffee, astronaut):
    return np.stack([lite0.preprocess(photo) for photo in (chelsea, coffee, astronaut)])


def shape_pictures(classifier: Classifier) -> np.ndarray:
    return np.stack([classifier.preprocess(shape_photo(seed % 3, seed).photo) for seed in range(12)])


def check_alive(answers: np.ndarray, originals: np.ndarray) -> None:
    assert np.isfinite(answers).all()
    assert np.ptp(answers, axis=0).max() > 0.01, "photos are told apart"
    assert np.abs(answers - originals).max() > 0.3, "and not as the original does"


def test_a_real_network(lite0, lite0_batch):
    originals = lite0.predict(lite0_batch)
    answers = lite0.with_random_weights(0).predict(lite0_batch)
    check_alive(answers, originals)
    # Nobody holds the first one any more, so that this is another.
    np.testing.assert_array_equal(lite0.with_random_weights(0).predict(lite0_batch), answers)
    other = lite0.with_random_weights(1)
    assert lite0.with_random_weights(1) is other
    check_alive(other.predict(lite0_batch), answers)
    np.testing.assert_array_equal(lite0.predict(lite0_batch), originals)
    np.testing.assert_array_equal(load_classifier("efficientnet-lite0").predict(lite0_batch), originals)


def test_it_is_mixed_up_with_no_other(lite0, chelsea):
    twin, again, other = (lite0.with_random_weights(seed) for seed in (0, 0, 1))
    assert (twin.name, twin.title) == (
        "efficientnet-lite0 with random weights",
        "EfficientNet-Lite0 with random weights",
    )
    assert (lite0.name, lite0.title) == ("efficientnet-lite0", "EfficientNet-Lite0")
    assert twin.fingerprint == again.fingerprint
    prints = {one.fingerprint for one in (lite0, twin, other, twin.with_random_weights())}
    assert len(prints) == 4
    assert all(len(fingerprint) == 64 for fingerprint in prints)
    assert twin.class_names == lite0.class_names
    np.testing.assert_array_equal(twin.preprocess(chelsea), lite0.preprocess(chelsea))


def test_the_cache_neither_keeps_nor_changes_it(add, shapes_files, tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
    classifier = add(shapes_files["keras"])
    for file in cache_folder().iterdir():
        file.unlink()
    batch = shape_pictures(classifier)
    converted = classifier.with_random_weights().predict(batch)
    (kept,) = cache_folder().iterdir()
    contents = kept.read_bytes()
    np.testing.assert_array_equal(classifier.with_random_weights().predict(batch), converted)
    assert [*cache_folder().iterdir()] == [kept]
    assert kept.read_bytes() == contents


@pytest.mark.parametrize("kind", ["keras", "h5", "saved-model", "onnx", "openvino"])
def test_every_format(add, shapes_files, kind):
    classifier = add(shapes_files[kind])
    batch = shape_pictures(classifier)
    twin = classifier.with_random_weights(1)
    check_alive(twin.predict(batch), classifier.predict(batch))
    assert twin.describe_engine().startswith("OpenVINO ")


def quantized(path: Path, new: Path) -> Path:
    """An ONNX file whose kernels are 8-bit and whose last weights are 16-bit numbers."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(path)
    before = []
    for tensor in list(model.graph.initializer):
        name, values = tensor.name, numpy_helper.to_array(tensor)
        if name.startswith("kernel"):
            scale = np.abs(values).max(axis=(1, 2, 3)) / 127
            parts = {
                f"{name} values": np.round(values / scale[:, None, None, None]).astype(np.int8),
                f"{name} scale": scale.astype(np.float32),
                f"{name} zero": np.zeros(len(scale), np.int8),
            }
            before.append(helper.make_node("DequantizeLinear", [*parts], [name], axis=0))
        elif name == "weights":
            parts = {"half": values.astype(np.float16)}
            before.append(helper.make_node("Cast", ["half"], [name], to=onnx.TensorProto.FLOAT))
        else:
            continue
        model.graph.initializer.remove(tensor)
        model.graph.initializer.extend(numpy_helper.from_array(part, key) for key, part in parts.items())
    nodes = [*before, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, new)
    return new


def test_quantized_weights(add, shapes_files, tmp_path):
    original = add(shapes_files["onnx"], name="original")
    classifier = add(quantized(shapes_files["onnx"], tmp_path / "small.onnx"), name="small")
    batch = shape_pictures(classifier)
    answers = classifier.predict(batch)
    np.testing.assert_allclose(answers, original.predict(batch), rtol=0, atol=0.1)
    check_alive(classifier.with_random_weights(1).predict(batch), answers)


def test_only_weights_change_places(tmp_path):
    """What a convolution, its normalization and a matrix product become, number by number."""
    import openvino
    from openvino import opset13

    from explainer.classifiers.random_weights import permuted

    random = np.random.RandomState(0)
    kernel, weights = random.rand(4, 3, 2, 2).astype(np.float32), random.rand(4, 5).astype(np.float32)
    scale, offset = (random.rand(1, 4, 1, 1).astype(np.float32) for _ in range(2))
    mean = random.rand(1, 3, 1, 1).astype(np.float32)
    picture = opset13.parameter([1, 3, 2, 2], np.float32)
    maps = opset13.convolution(opset13.subtract(picture, mean), kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    maps = opset13.add(opset13.multiply(maps, scale), offset)
    steep = opset13.add(maps, np.float32(3))  # as in hard swish
    answers = opset13.matmul(opset13.reshape(steep, [1, 4], False), weights, False, False)
    model = permuted(openvino.Model([answers], [picture], "network"), 0, "network")
    constants = [step.data for step in model.get_ordered_ops() if step.get_type_name() == "Constant"]
    for values in (kernel, weights):
        (found,) = (constant for constant in constants if constant.shape == values.shape)
        assert (found != values).mean() > 0.5
        np.testing.assert_array_equal(np.sort(found, axis=None), np.sort(values, axis=None))
    floats = [constant.ravel().tolist() for constant in constants if constant.dtype == np.float32]
    assert scale.ravel().tolist() in floats
    assert mean.ravel().tolist() in floats, "photos are prepared as before"
    assert [3.0] in floats
    assert offset.ravel().tolist() not in floats
    assert [0.0] * 4 in floats


def test_who_has_no_weights_says_so(tmp_path, add, raises_sentence):
    import onnx
    from onnx import helper

    own = Classifier.from_function(
        lambda batch: np.full((len(batch), 2), 0.5), input_size=(20, 20), class_names=["a", "b"]
    )
    with raises_sentence(ClassifierError, "The weights behind a Python function can't be reached"):
        own.with_random_weights()

    class Anybodys:
        class_names, wnids, preprocess, predict = ("a", "b"), ("", ""), own.preprocess, own.predict

    with raises_sentence(ClassifierError, "The weights of the classifier Anybodys can't be reached"):
        adapted(Anybodys()).with_random_weights()
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Softmax", ["flat"], ["answers"], axis=1),
    ]
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("picture", [1, 3, 16, 16]), ("answers", [1, 3]))
    ]
    graph = helper.make_graph(nodes, "colours", ends[:1], ends[1:])
    path = tmp_path / "colours.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    labels = write_lines(tmp_path / "labels.txt", "red", "green", "blue")
    twin = add(path, labels, range="0-to-1").with_random_weights()
    with raises_sentence(ClassifierError, "The network .* has no weights that could be made random"):
        twin.predict(np.zeros((1, 16, 16, 3), np.float32))


def test_what_only_tensorflow_runs_has_none(raises_sentence):
    def read():
        raise RuntimeError("not on this processor")

    network = Network("tiny", "0", lambda: pytest.fail("it is not built"), read)
    with raises_sentence(ClassifierError, "OpenVINO can't run the network tiny with random weights"):
        network.with_random_weights(0).predict(np.zeros((1, 4, 4, 3), np.float32))


def test_seeds_are_numbers(lite0, raises_sentence):
    with raises_sentence(ArgumentError, "seed must be a whole number"):
        lite0.with_random_weights(-1)

"""Grad-CAM against closed forms, and against its formula written out with submodels."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from explainer import ArgumentError, Classifier, ClassifierError
from explainer.classifiers.adapter import Adapter
from explainer.classifiers.added import network_file
from explainer.classifiers.added.description import Description
from explainer.classifiers.classifier import adapted
from explainer.classifiers.engine import Network
from explainer.classifiers.preprocessing import Preprocessing
from explainer.judging.grad_cam import grad_cam
from tests.own_networks import SIDE, shape_photo, variants

# How each variant of the shapes network is asked, where that is not as the network itself is.
ASKED = {
    "logits": {"outputs": "logits"},
    "bgr": {"channel_order": "bgr"},
    "sigmoid": {},
    "sigmoid-logit": {"outputs": "logits"},
    "independent": {"outputs": "independent"},
    "grey": {"channels": 1},
    "channels-first": {"layout": "channels-first"},
    "any-size": {},
}


class InKeras:
    """A Keras network, asked by Keras itself."""

    def __init__(self, network) -> None:
        self.network = network

    def keras_network(self):
        return self.network

    def predict(self, batch, precision="exact"):
        return self.network.predict(batch, verbose=0)


def classifier_of(network, classes=3, **asked) -> Classifier:
    """A classifier of a Keras network for values from 0 to 1."""
    predictor = Adapter(InKeras(network), **asked)
    size = network.input_shape[2:] if asked.get("layout") == "channels-first" else network.input_shape[1:3]
    preprocessing = Preprocessing(tuple(side or SIDE for side in size), 0.0, 255.0)
    names = [f"class {number}" for number in range(classes)]
    independent = asked.get("outputs") == "independent"
    return Classifier("own", "Own", predictor, preprocessing, names, [""] * classes, independent=independent)


def convolutions(package, side=20, dense=None):
    """Two convolutions, a global average, and a dense layer, with weights as Keras draws them."""
    package.utils.set_random_seed(3)
    layers = package.layers
    picture = package.Input((side, side, 3))
    x = layers.Conv2D(6, 3, strides=2, activation="relu")(picture)
    features = layers.Conv2D(8, 3, activation="relu")(x)
    dense = dense or layers.Dense(3, activation="softmax")
    return package.Model(picture, dense(layers.GlobalAveragePooling2D()(features)))


def noise(side=20, seed=0):
    return np.random.RandomState(seed).rand(side, side, 3).astype(np.float32)


def features_of(network, image, layer):
    """What a layer makes of a picture, by a network that ends there."""
    part = type(network)(network.input, layer.output)
    return np.asarray(part(image[np.newaxis]))[0]


def class_activation_map(features, weights, size):
    """CAM (Zhou et al. 2016), as the gradient of a mean over places scales it."""
    places = np.maximum((features @ weights) / (features.shape[0] * features.shape[1]), 0)
    return np.asarray(Image.fromarray(places.astype(np.float32)).resize(size[::-1], Image.BILINEAR))


def by_formula(features, head, image, label_index):
    """Grad-CAM as Keras' own documentation writes it, with the network cut in two."""
    import tensorflow as tf

    maps = tf.constant(features(image[np.newaxis]))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        score = head(maps)[0, label_index]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
    places = np.maximum(tf.squeeze(maps[0] @ weights[..., tf.newaxis]), 0)
    return np.asarray(Image.fromarray(places).resize(image.shape[1::-1], Image.BILINEAR))


@pytest.fixture(params=["keras", "tf_keras"])
def package(request):
    return pytest.importorskip(request.param)


def test_after_a_global_average_it_is_cam(package):
    network = convolutions(package)
    image = noise()
    features = features_of(network, image, network.layers[-3])
    found = [grad_cam(classifier_of(network), image, label_index) for label_index in range(3)]
    for places, weights in zip(found, network.layers[-1].get_weights()[0].T, strict=True):
        assert (places.dtype, places.shape) == (np.float64, (20, 20))
        expected = class_activation_map(features, weights, (20, 20))
        np.testing.assert_allclose(places, expected, rtol=0, atol=1e-6)
    assert sum(places.max() > 1e-4 for places in found) > 1, "or there would be nothing to compare"


def test_after_a_global_maximum_it_is_as_the_formula_says(shapes_network):
    import keras

    logits = variants(shapes_network)["logits"]
    features = keras.Model(logits.input, logits.layers[-3].output)
    maps = keras.Input(features.output_shape[1:])
    head = keras.Model(maps, logits.layers[-1](logits.layers[-2](maps)))
    for kind in range(3):
        image = np.asarray(shape_photo(kind, 7).photo, np.float32) / 255
        expected = by_formula(features, head, image, kind)
        assert np.ptp(expected) > 1e-3
        found = grad_cam(classifier_of(shapes_network), image, kind)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_a_real_network(lite0, chelsea):
    image = lite0.preprocess(chelsea)
    label_index = int(lite0.predict(image[np.newaxis]).argmax())
    network = lite0.keras_network()
    found = grad_cam(lite0, image, label_index)
    assert found.shape == (224, 224)
    assert np.ptp(found) > 0.1
    features = features_of(network, image, network.layers[-3])
    expected = class_activation_map(features, network.layers[-1].get_weights()[0][:, label_index], (224, 224))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(
        np.asarray(network(image[np.newaxis])), lite0.predict(image[np.newaxis]), rtol=0, atol=1e-4
    )
    assert lite0.keras_network() is network


def test_networks_within_networks(package):
    flat = convolutions(package)
    base = package.Model(flat.inputs, flat.layers[-3].output)
    head = package.Sequential([package.layers.GlobalAveragePooling2D(), flat.layers[-1]])
    nested = package.Sequential([package.Input((20, 20, 3)), package.Sequential([base]), head])
    image = noise()
    expected = grad_cam(classifier_of(flat), image, 1)
    assert expected.max() > 0
    np.testing.assert_allclose(grad_cam(classifier_of(nested), image, 1), expected, rtol=0, atol=1e-6)


def test_transfer_learning_on_a_whole_application():
    import keras

    keras.utils.set_random_seed(0)
    base = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, include_top=False, weights=None)
    base.trainable = False
    layers = [keras.Input((96, 96, 3)), keras.layers.Rescaling(2.0, -1.0), base]
    dense = keras.layers.Dense(3, activation="softmax")
    network = keras.Sequential([*layers, keras.layers.GlobalAveragePooling2D(), dense])
    image = noise(96)
    features = np.asarray(base(2 * image[np.newaxis] - 1))[0]
    for label_index, weights in enumerate(dense.get_weights()[0].T):
        found = grad_cam(classifier_of(network), image, label_index)
        expected = class_activation_map(features, weights, (96, 96))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-7 + 1e-4 * expected.max())


@pytest.mark.parametrize("variant", ASKED)
def test_however_a_network_takes_pictures(shapes_network, variant):
    classifier = classifier_of(variants(shapes_network)[variant], **ASKED[variant])
    images = np.stack([np.asarray(shape_photo(kind, 7).photo, np.float32) / 255 for kind in range(3)])
    answers = np.asarray(classifier.keras_network()(images))
    if "sigmoid" in variant:  # "circle or square" has two classes, and one output unit
        classifier.class_names = ["circle", "square"]
        answers = np.concatenate([1 - answers, answers], axis=1)
    np.testing.assert_allclose(answers, classifier.predict(images), rtol=0, atol=1e-5)
    if variant in ("grey", "sigmoid", "sigmoid-logit"):
        return
    found, expected = (grad_cam(asked, images[2], 2) for asked in (classifier, classifier_of(shapes_network)))
    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("outputs", ["probabilities", "logits"])
def test_yes_and_no_of_a_single_output_unit(package, outputs):
    activation = "sigmoid" if outputs == "probabilities" else None
    network = convolutions(package, dense=package.layers.Dense(1, activation=activation))
    network.layers[-1].set_weights([100 * network.layers[-1].get_weights()[0], np.float32([50])])  # very sure
    image = noise()
    features = features_of(network, image, network.layers[-3])
    weights = network.layers[-1].get_weights()[0][:, 0]
    maps = [grad_cam(classifier_of(network, 2, outputs=outputs), image, label) for label in (0, 1)]
    for found, sign in zip(maps, (-1, 1), strict=True):
        expected = class_activation_map(features, sign * weights, (20, 20))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert max(found.max() for found in maps) > 0.01


def test_the_logarithm_where_there_is_no_softmax_to_look_behind(package):
    network = convolutions(package)
    behind = package.Model(network.inputs, package.layers.Rescaling(1.0)(network.outputs[0]))
    image = noise()
    kernel = network.layers[-1].get_weights()[0]
    probabilities = np.asarray(network(image[np.newaxis]))[0]
    features = features_of(network, image, network.layers[-3])
    for label_index in range(3):
        weights = kernel[:, label_index] - kernel @ probabilities
        expected = class_activation_map(features, weights, (20, 20))
        found = grad_cam(classifier_of(behind), image, label_index)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_files_of_networks(package, tmp_path):
    network = convolutions(package)
    path = tmp_path / "network.keras"
    network.save(path)
    settings = {
        "input-size": [20, 20],
        "resize": "stretch",
        "range": "0-to-1",
        "channel-order": "rgb",
        "layout": "channels-last",
        "channels": 3,
        "outputs": "probabilities",
    }
    description = Description.from_settings(settings)
    predictor = description.adapted(network_file.open_network("own", path, description))
    read = Classifier("own", "Own", predictor, description.preprocessing(), ["a", "b", "c"], [""] * 3)
    expected = grad_cam(classifier_of(network), noise(), 1)
    assert expected.max() > 0
    np.testing.assert_allclose(grad_cam(read, noise(), 1), expected, rtol=0, atol=1e-6)


def test_many_may_ask_at_once_and_it_is_built_once():
    import keras

    built = []

    def build():
        built.append(convolutions(keras))
        return built[-1]

    preprocessing = Preprocessing((20, 20), 0.0, 255.0)
    classifier = Classifier(
        "own", "Own", Network("own", "0", build), preprocessing, ["a", "b", "c"], [""] * 3
    )
    images = [noise(seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda image: grad_cam(classifier, image, 0), images * 3))
    assert len(built) == 1
    alone = [grad_cam(classifier_of(convolutions(keras)), image, 0) for image in images]
    np.testing.assert_allclose(together, alone * 3, rtol=0, atol=1e-6)
    assert len({found.tobytes() for found in together}) == 4


def transformer(layers, picture):
    patches = layers.Conv2D(8, 4, strides=4)(picture)
    tokens = layers.Reshape((25, 8))(patches)
    tokens = layers.Add()([tokens, layers.MultiHeadAttention(2, 4)(tokens, tokens)])
    return layers.GlobalAveragePooling1D()(tokens)


def flattened(layers, picture):
    return layers.Dense(4)(layers.Flatten()(layers.Rescaling(2.0)(picture)))


def averaged(layers, picture):
    return layers.GlobalAveragePooling2D()(picture)


@pytest.mark.parametrize("body", [transformer, flattened, averaged])
def test_without_places_there_is_none(package, body, raises_sentence):
    picture = package.Input((20, 20, 3))
    answers = package.layers.Dense(3, activation="softmax")(body(package.layers, picture))
    with raises_sentence(ClassifierError, "own does not keep the places of the photo apart"):
        grad_cam(classifier_of(package.Model(picture, answers)), noise(), 0)


def test_attention_over_channels_is_no_row_of_places():
    import keras

    layers = keras.layers
    picture = keras.Input((20, 20, 3))
    maps = layers.Conv2D(8, 3, activation="relu")(picture)
    row = layers.Reshape((8, 1))(layers.GlobalAveragePooling2D()(maps))
    share = layers.Reshape((1, 1, 8))(layers.Conv1D(1, 3, padding="same", activation="sigmoid")(row))
    kept = layers.Multiply()([maps, share])
    answers = layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(kept))
    network = keras.Model(picture, answers)
    weights = network.layers[-1].get_weights()[0][:, 1]
    expected = class_activation_map(features_of(network, noise(), network.layers[-3]), weights, (20, 20))
    np.testing.assert_allclose(grad_cam(classifier_of(network), noise(), 1), expected, rtol=0, atol=1e-6)


def test_who_has_no_gradients_says_so(shapes_files, raises_sentence):
    own = Classifier.from_function(
        lambda batch: np.full((len(batch), 2), 0.5), input_size=(20, 20), class_names=["a", "b"]
    )
    with raises_sentence(ClassifierError, "A Python function gives answers and no gradients"):
        grad_cam(own, noise(), 0)

    class Anybodys:
        class_names, wnids, preprocess, predict = ("a", "b"), ("", ""), own.preprocess, own.predict

    with raises_sentence(ClassifierError, "The classifier Anybodys gives answers and no gradients"):
        grad_cam(adapted(Anybodys()), noise(), 0)
    description = Description((SIDE, SIDE), "stretch", "0-to-1", "rgb", "channels-last", 3, "probabilities")
    for kind, words in (
        ("saved-model", "shapes is a SavedModel, which can't be looked into"),
        ("onnx", "shapes runs in OpenVINO, which gives answers and no gradients"),
        ("openvino", "shapes runs in OpenVINO, which gives answers and no gradients"),
    ):
        network = network_file.open_network("shapes", shapes_files[kind], description)
        classifier = Classifier(
            "shapes", "Shapes", description.adapted(network), description.preprocessing(), ["a"], [""]
        )
        with raises_sentence(ClassifierError, words):
            grad_cam(classifier, noise(SIDE), 0)


def test_there_has_to_be_such_a_label(raises_sentence):
    import keras

    with raises_sentence(ArgumentError, "label_index must be a whole number, from 0 to 2, and is 3"):
        grad_cam(classifier_of(convolutions(keras)), noise(), 3)

"""What the tests share: folders of their own, photos, and loaded classifiers."""

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from explainer.classifiers.catalogue import load_classifier
from explainer.classifiers.classifier import Classifier
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE
from tests import own_networks

TEST_CACHE = Path(__file__).resolve().parent.parent / "build" / "test-cache"


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from the user's caches and settings.

    Converted networks are kept between runs, because converting one takes about ten seconds.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLAINER_CACHE_DIR", str(TEST_CACHE))
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        patch.setenv("EXPLAINER_MODELS", str(tmp_path_factory.mktemp("models")))
        patch.delenv(WEIGHTS_VARIABLE, raising=False)
        patch.delenv("EXPLAINER_ENGINE", raising=False)
        yield


@pytest.fixture(scope="session")
def chelsea() -> Image.Image:
    return Image.fromarray(data.chelsea())


@pytest.fixture(scope="session")
def coffee() -> Image.Image:
    return Image.fromarray(data.coffee())


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    return Image.fromarray(data.astronaut())


@pytest.fixture(scope="session")
def lite0() -> Classifier:
    return load_classifier("efficientnet-lite0")


@pytest.fixture(scope="session")
def lite2() -> Classifier:
    return load_classifier("efficientnet-lite2")


@pytest.fixture(scope="session")
def shapes_network():
    """A small Keras network that tells circles, squares and triangles apart."""
    return own_networks.train_shapes()


@pytest.fixture(scope="session")
def shapes_files(shapes_network, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shapes network in every format, and ``labels``: its class names."""
    folder = tmp_path_factory.mktemp("shapes")
    files = own_networks.save_everywhere(shapes_network, folder)
    return files | {"labels": own_networks.write_lines(folder / "labels.txt", *own_networks.SHAPES)}


@pytest.fixture(scope="session")
def inception_v3_weights() -> Path:
    """A file of weights as InceptionV3 takes them, random but with definite answers.

    It is kept as converted networks are, which it makes one of.
    """
    import keras

    path = TEST_CACHE / f"inception-v3-keras-{keras.__version__}.h5"
    if path.is_file():
        return path
    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(weights=None)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):  # else the picture fades from layer to layer
            layer.set_weights([1.41 * layer.get_weights()[0]])
    kernel, bias = network.layers[-1].get_weights()
    network.layers[-1].set_weights([10 * kernel, bias])
    TEST_CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TEST_CACHE) as folder:
        network.save(Path(folder) / path.name)
        with contextlib.suppress(FileExistsError):  # tests that run beside these were quicker
            os.link(Path(folder) / path.name, path)
    return path


@pytest.fixture
def asked(lite0: Classifier, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures the network is asked about, question by question."""
    questions: list[int] = []
    predict = lite0.predict

    def counting(batch, *arguments, **options):
        questions.append(len(batch))
        return predict(batch, *arguments, **options)

    monkeypatch.setattr(lite0, "predict", counting)
    return questions


RaisesSentence = Callable[[type[Exception], str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def raises_sentence() -> RaisesSentence:
    """Like `pytest.raises`, and the message has to be one sentence."""

    @contextmanager
    def raises(error: type[Exception], words: str) -> Iterator[None]:
        with pytest.raises(error, match=words) as caught:
            yield
        message = str(caught.value)
        assert re.fullmatch(r"[^\n]+[^.]\.", message), message
        assert not re.search(r"[.!?] [A-Z]", message), message

    return raises

import gc
import json
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageOps

from explainer.classifiers import cache as network_cache
from explainer.classifiers.catalogue import load_classifier
from explainer.classifiers.classifier import Classifier
from explainer.classifiers.engine import Network, TensorFlowEngine
from explainer.classifiers.published import efficientnet_lite
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE, application
from explainer.errors import WeightsError

PROJECT = Path(__file__).resolve().parents[2]
BATCH_SIZES = (0, 1, 3, 7, 16, 33)


def pictures(classifier: Classifier, *photos: Image.Image) -> np.ndarray:
    """33 different pictures: the photos, mirrored, turned, and cut ever smaller."""
    made = []
    while len(made) < 33:
        step = len(made) // len(photos)
        photo = photos[len(made) % len(photos)]
        photo = ImageOps.crop(photo, 9 * step).rotate(90 * (step % 4))
        made.append(classifier.preprocess(ImageOps.mirror(photo) if step % 2 else photo))
    return np.stack(made)


class Case(NamedTuple):
    """One network by all ways of running it, and what Keras itself answers."""

    classifier: Classifier
    tensorflow: TensorFlowEngine
    pictures: np.ndarray
    expected: np.ndarray


@pytest.fixture(scope="module", params=["efficientnet-lite0", "efficientnet-lite2", "inception-v3"])
def case(request, chelsea, coffee, astronaut):
    if request.param in efficientnet_lite.VARIANTS:
        network = efficientnet_lite.build(efficientnet_lite.VARIANTS[request.param])
        classifier = load_classifier(request.param)
    else:
        weights = request.getfixturevalue("inception_v3_weights")
        network = application("inception-v3").build(weights)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(WEIGHTS_VARIABLE, str(weights))
            classifier = load_classifier("inception-v3")
    batch = pictures(classifier, chelsea, coffee, astronaut)
    expected = network.predict(batch, verbose=0)
    return Case(classifier, TensorFlowEngine(network), batch, expected)


@pytest.mark.slow
def test_openvino_answers_as_keras_does(case):
    assert re.fullmatch(r"OpenVINO [\d.]+ on CPU", case.classifier.describe_engine())
    assert (case.expected.max(axis=1) > 0.2).sum() > 16, "the answers are definite"
    assert np.ptp(case.expected, axis=0).max() > 0.2, "and differ between pictures"
    for size in BATCH_SIZES:
        answers = case.classifier.predict(case.pictures[:size])
        assert answers.shape == (size, 1000)
        assert answers.dtype == np.float32
        np.testing.assert_allclose(answers, case.expected[:size], rtol=0, atol=1e-4)


@pytest.mark.slow
def test_tensorflow_answers_as_keras_does(case):
    assert case.tensorflow.description.startswith("TensorFlow ")
    for size in BATCH_SIZES:
        answers = case.tensorflow.run(case.pictures[:size])
        assert answers.shape == (size, 1000)
        assert answers.dtype == np.float32
        np.testing.assert_allclose(answers, case.expected[:size], rtol=0, atol=1e-4)


@pytest.mark.slow
def test_fast_is_close_and_leaves_exact_as_it_was(case):
    before = case.classifier.predict(case.pictures[:9])
    fast = case.classifier.predict(case.pictures[:9], "fast")
    np.testing.assert_allclose(fast, case.expected[:9], rtol=0, atol=0.1)
    np.testing.assert_array_equal(case.classifier.predict(case.pictures[:9]), before)


@pytest.fixture(scope="module")
def lite0_pictures(lite0, chelsea, coffee, astronaut):
    return pictures(lite0, chelsea, coffee, astronaut)


def test_answer_does_not_depend_on_batch_or_position(lite0, lite0_pictures):
    together = lite0.predict(lite0_pictures)
    assert len({answer.tobytes() for answer in together}) == 33
    for index, picture in enumerate(lite0_pictures):
        np.testing.assert_array_equal(lite0.predict(picture[np.newaxis])[0], together[index])
    np.testing.assert_array_equal(lite0.predict(lite0_pictures[::-1]), together[::-1])
    np.testing.assert_array_equal(lite0.predict(lite0_pictures[5:12]), together[5:12])
    repeated = lite0.predict(np.repeat(lite0_pictures[3:4], 17, axis=0))
    np.testing.assert_array_equal(repeated, np.repeat(together[3:4], 17, axis=0))


def test_any_memory_layout_and_float_type(lite0, lite0_pictures):
    expected = lite0.predict(lite0_pictures[:4])
    read_only = lite0_pictures[:4].copy()
    read_only.flags.writeable = False
    for batch in (
        read_only,
        np.asfortranarray(lite0_pictures[:4]),
        lite0_pictures[:4].astype(np.float64),
        np.repeat(lite0_pictures[:4], 2, axis=0)[::2],
    ):
        np.testing.assert_array_equal(lite0.predict(batch), expected)


def test_batch_is_left_as_it_was(lite0, lite0_pictures):
    batch = lite0_pictures[:5].copy()
    lite0.predict(batch)
    np.testing.assert_array_equal(batch, lite0_pictures[:5])


def test_eight_threads_at_once_get_their_own_answers(lite0, lite0_pictures):
    expected = lite0.predict(lite0_pictures)
    together = threading.Barrier(8)

    def ask(number: int) -> bool:
        together.wait()
        parts = [lite0_pictures[number : number + size] for size in (1, 5, 9)]
        return all(
            np.array_equal(lite0.predict(part), expected[number : number + len(part)]) for part in parts
        )

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(0, 24, 3))) == [True] * 8


class TinyNetwork:
    """A Keras network that is built in no time, and counts how often."""

    def __init__(self):
        self.builds = 0

    def build(self):
        import keras

        self.builds += 1
        generator = np.random.default_rng(0)
        picture = keras.Input((8, 8, 3))
        features = keras.layers.Conv2D(4, 3, activation="relu")(picture)
        features = keras.layers.GlobalAveragePooling2D()(features)
        network = keras.Model(picture, keras.layers.Dense(5, activation="softmax")(features))
        network.set_weights([generator.normal(size=w.shape) for w in network.get_weights()])
        return network

    def batch(self):
        return np.random.default_rng(1).normal(size=(40, 8, 8, 3)).astype(np.float32)

    def assert_answers(self, network: Network):
        expected = self.build().predict(self.batch(), verbose=0)
        for precision, tolerance in (("exact", 1e-5), ("fast", 0.1)):
            answers = network.predict(self.batch(), precision)
            np.testing.assert_allclose(answers, expected, rtol=0, atol=tolerance)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
    return TinyNetwork()


@pytest.mark.slow
def test_network_runs_on_openvino_and_is_built_once(tiny, caplog):
    network = Network("tiny", "0" * 64, tiny.build)
    assert tiny.builds == 0
    assert network.describe().startswith("OpenVINO ")
    network.predict(tiny.batch(), "fast")
    assert tiny.builds == 1
    assert caplog.messages == []
    tiny.assert_answers(network)


@pytest.mark.slow
def test_answers_are_the_same_from_the_converted_and_the_kept_network(tiny):
    converted = Network("tiny", "0" * 64, tiny.build).predict(tiny.batch())
    kept = Network("tiny", "0" * 64, tiny.build).predict(tiny.batch())
    assert tiny.builds == 1
    np.testing.assert_array_equal(kept, converted)


@pytest.mark.slow
def test_converted_network_outlives_the_one_it_was_made_of(tiny, monkeypatch):
    def load(_name, _weights_hash, convert):
        model = convert()
        gc.collect()
        reused = [np.full(size, 9, np.float32) for size in range(1, 2000) for _ in range(20)]
        del reused
        return model

    monkeypatch.setattr(network_cache, "load", load)
    tiny.assert_answers(Network("tiny", "0" * 64, tiny.build))


@pytest.mark.slow
def test_layers_that_change_pictures_at_random_do_so_in_training_only(tiny):
    import keras

    def build():
        layers = keras.layers
        changed = [layers.RandomFlip(), layers.RandomRotation(0.5), layers.Dropout(0.5)]
        rest = [layers.Rescaling(0.5), *tiny.build().layers[1:]]
        return keras.Sequential([keras.Input((8, 8, 3)), *changed, *rest])

    network = Network("random", "0" * 64, build)
    expected = tiny.build().predict(tiny.batch() / 2, verbose=0)
    np.testing.assert_allclose(network.predict(tiny.batch()), expected, rtol=0, atol=1e-5)
    assert network.describe().startswith("OpenVINO ")


@pytest.mark.slow
def test_tensorflow_where_openvino_cannot_be_imported(tiny, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "openvino", None)
    network = Network("tiny", "0" * 64, tiny.build)
    assert network.describe().startswith("TensorFlow ")
    tiny.assert_answers(network)
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "tiny runs in TensorFlow here, which is slower, because OpenVINO can't run it" in caplog.text


class ConverterError(Exception):
    """The converter raises exceptions that are derived from `Exception` alone."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", ["openvino.Core", "keras.export.ExportArchive", "openvino.Core.compile_model"]
)
@pytest.mark.parametrize("error", [RuntimeError, ConverterError])
def test_tensorflow_where_openvino_fails(step, error, tiny, monkeypatch, caplog):
    def fail(*_, **__):
        raise error("Exception from core.cpp:\nSummary:\n-- not on this processor\nSee the documentation")

    monkeypatch.setattr(step, fail)
    network = Network("tiny", "0" * 64, tiny.build)
    assert network.describe().startswith("TensorFlow ")
    assert network.fallback() == "not on this processor"
    assert caplog.messages == [
        "tiny runs in TensorFlow here, which is slower, because OpenVINO can't run it: not on this processor"
    ]
    tiny.assert_answers(network)


@pytest.mark.slow
def test_tensorflow_where_the_user_wants_it(tiny, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("EXPLAINER_ENGINE", "tensorflow")
    monkeypatch.setitem(sys.modules, "openvino", None)
    network = Network("tiny", "0" * 64, tiny.build)
    assert network.describe().startswith("TensorFlow ")
    network.predict(tiny.batch(), "fast")
    assert tiny.builds == 1, "both precisions share one engine"
    assert network.fallback() == ""
    assert caplog.messages == []
    tiny.assert_answers(network)
    assert not (tmp_path / "cache").exists()


def test_bad_weights_are_told_and_not_covered_up(tiny, caplog):
    def fail():
        raise WeightsError("The weights are damaged.")

    network = Network("tiny", "0" * 64, fail)
    for _ in range(2):
        with pytest.raises(WeightsError, match="The weights are damaged"):
            network.predict(tiny.batch())
    assert caplog.messages == []


def run_python(code: str, **settings: str) -> dict:
    """Run code in a process of its own; it prints one JSON object as its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_import_changes_nothing_in_the_process():
    changed = run_python(
        "import json, logging, os, sys, warnings\n"
        "import numpy, scipy  # which add warning filters\n"
        "def state():\n"
        "    root = logging.getLogger()\n"
        "    blocked = [name for name, module in sys.modules.items() if module is None]\n"
        "    return [dict(os.environ), blocked, warnings.filters[:], root.level, root.handlers[:]]\n"
        "before = state()\n"
        "import explainer.classifiers.catalogue\n"
        "heavy = ('tensorflow', 'keras', 'openvino', 'streamlit', 'pooch')\n"
        "print(json.dumps({\n"
        "    'heavy': [name for name in heavy if name in sys.modules], 'same': state() == before\n"
        "}))\n"
    )
    assert changed == {"heavy": [], "same": True}


def test_second_start_needs_neither_tensorflow_nor_keras(lite0):
    zeros = np.zeros((2, 224, 224, 3), np.float32)
    expected = lite0.predict(zeros)  # from here on the converted network is in the cache
    second = run_python(
        "import json, sys\n"
        "import numpy as np\n"
        "from explainer.classifiers.catalogue import load_classifier\n"
        "lite0 = load_classifier('efficientnet-lite0')\n"
        "answers = lite0.predict(np.zeros((2, 224, 224, 3), np.float32))\n"
        "heavy = [name for name in ('tensorflow', 'keras') if name in sys.modules]\n"
        "print(json.dumps({'heavy': heavy, 'answers': answers.tolist()}))\n"
    )
    assert second["heavy"] == []
    np.testing.assert_array_equal(np.array(second["answers"], np.float32), expected)


@pytest.mark.slow
def test_conversion_reaches_for_no_network_and_leaves_no_trace(tmp_path, lite0):
    """OpenVINO's mere import would report itself, were its telemetry package imported."""
    zeros = np.zeros((1, 224, 224, 3), np.float32)
    (tmp_path / "home").mkdir()
    (tmp_path / "temporary").mkdir()
    first = run_python(
        "import json, sys\n"
        "import numpy as np\n"
        "attempts = []\n"
        "def watch(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        "        attempts.append(event)\n"
        "sys.addaudithook(watch)\n"
        "from explainer.classifiers.catalogue import load_classifier\n"
        "lite0 = load_classifier('efficientnet-lite0')\n"
        "answers = lite0.predict(np.zeros((1, 224, 224, 3), np.float32))\n"
        "print(json.dumps({\n"
        "    'converted': 'keras' in sys.modules and 'openvino' in sys.modules,\n"
        "    'telemetry': [name for name in sys.modules if 'openvino_telemetry' in name],\n"
        "    'attempts': attempts,\n"
        "    'answers': answers.tolist(),\n"
        "}))\n",
        EXPLAINER_CACHE_DIR=str(tmp_path / "cache"),
        HOME=str(tmp_path / "home"),
        TMPDIR=str(tmp_path / "temporary"),
    )
    assert first["converted"]
    assert first["telemetry"] == []
    assert first["attempts"] == []
    assert not (tmp_path / "home" / "intel").exists()
    assert os.listdir(tmp_path / "temporary") == []
    np.testing.assert_array_equal(np.array(first["answers"], np.float32), lite0.predict(zeros))

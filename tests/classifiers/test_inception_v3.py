import hashlib
import http.server
import os
import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from explainer.classifiers.catalogue import catalogue, default_classifier_name, load_classifier
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE, application
from explainer.errors import WeightsError

INCEPTION = application("inception-v3")
CONTENT = bytes(range(256)) * 256


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where Keras keeps weights; there are none, and what is published is `CONTENT`."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(INCEPTION, "known_hash", md5(CONTENT))
    return tmp_path / "keras" / "models"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


class Server:
    """Serves one answer for every request, on 127.0.0.1."""

    def __init__(self):
        self.status = 200
        self.content = CONTENT
        self.claimed_length = None  # what is sent, unless told otherwise
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests.append(self.path)
                self.send_response(server.status)
                length = server.claimed_length or len(server.content)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(server.content)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/weights.h5"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch):
    server = Server()
    monkeypatch.setattr(INCEPTION, "url", server.url)
    yield server
    server.stop()


def fetch(**options):
    return INCEPTION.fetch_weights(progress=False, **options)


def listing(folder):
    return os.listdir(folder) if folder.exists() else []


def test_good_file_gets_its_place(server, folder):
    path = fetch()
    assert path == folder / INCEPTION.weights_file
    assert path.read_bytes() == CONTENT
    assert listing(folder) == [INCEPTION.weights_file]
    assert server.requests == ["/weights.h5"]


def test_file_that_is_there_is_not_requested(server, folder):
    first = fetch()
    modified = first.stat().st_mtime_ns
    assert fetch() == first
    assert len(server.requests) == 1
    assert first.stat().st_mtime_ns == modified


def test_damaged_file_is_downloaded_again(server, folder):
    folder.mkdir(parents=True)
    (folder / INCEPTION.weights_file).write_bytes(CONTENT[:-1])
    assert fetch().read_bytes() == CONTENT
    assert listing(folder) == [INCEPTION.weights_file]


def test_progress_is_shown_on_standard_error(server, folder, capfd):
    INCEPTION.fetch_weights()
    shown = capfd.readouterr()
    assert "100%" in shown.err
    assert shown.out == ""


def test_silent_without_progress(server, folder, capfd):
    fetch()
    assert capfd.readouterr() == ("", "")


def test_another_file_is_thrown_away(server, folder, raises_sentence):
    server.content = CONTENT[:-1] + b"!"
    with raises_sentence(WeightsError, "not the published file, and were thrown away"):
        fetch()
    assert listing(folder) == []


def test_download_that_breaks_off_leaves_nothing(server, folder, raises_sentence):
    server.claimed_length = len(CONTENT)
    server.content = CONTENT[: len(CONTENT) // 2]
    with raises_sentence(WeightsError, "could not be downloaded: .* or broke off"):
        fetch()
    assert listing(folder) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_server_that_does_not_have_it(status, server, folder, raises_sentence):
    server.status = status
    with raises_sentence(WeightsError, "could not be downloaded: .* does not have them"):
        fetch()
    assert listing(folder) == []


def test_server_that_is_down(folder, monkeypatch, raises_sentence):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and never listens, so that connections are refused
        monkeypatch.setattr(INCEPTION, "url", f"http://127.0.0.1:{unused.getsockname()[1]}/weights.h5")
        with raises_sentence(WeightsError, "could not be downloaded: the server can't be reached"):
            fetch()
    assert listing(folder) == []


def test_server_that_never_answers(folder, monkeypatch, raises_sentence):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(INCEPTION, "url", f"http://127.0.0.1:{silent.getsockname()[1]}/weights.h5")
        with raises_sentence(WeightsError, "could not be downloaded: the server can't be reached"):
            fetch(timeout=0.5)
    assert listing(folder) == []


def test_address_that_is_none(folder, monkeypatch, raises_sentence):
    monkeypatch.setattr(INCEPTION, "url", "http://127.0.0.1:port/weights.h5")
    with raises_sentence(WeightsError, "could not be downloaded"):
        fetch()
    assert listing(folder) == []


def test_damaged_file_stays_useless_where_the_server_is_down(server, folder, raises_sentence):
    folder.mkdir(parents=True)
    (folder / INCEPTION.weights_file).write_bytes(CONTENT[:-1])
    server.status = 404
    with raises_sentence(WeightsError, "could not be downloaded"):
        fetch()
    assert listing(folder) == [INCEPTION.weights_file]
    assert default_classifier_name() == "efficientnet-lite2"


def test_folder_that_cannot_be_made(server, folder, raises_sentence):
    folder.parent.write_text("in the way")
    with raises_sentence(WeightsError, "The weights can't be kept in .*: Not a directory"):
        fetch()
    assert server.requests == []


def test_folder_that_may_not_be_written_to(server, monkeypatch, raises_sentence):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "makedirs", refuse)
    with raises_sentence(WeightsError, "The weights can't be kept in .*: .*Permission denied"):
        fetch()
    assert server.requests == []


@pytest.fixture
def cached(folder):
    """A file in Keras' cache that is as published."""
    folder.mkdir(parents=True)
    path = folder / INCEPTION.weights_file
    path.write_bytes(CONTENT)
    return path


def inception_is_ready():
    (entry,) = (entry for entry in catalogue() if entry.name == "inception-v3")
    return entry.is_ready()


def test_published_file_in_keras_cache_is_the_default(cached):
    assert INCEPTION.find_weights() == cached
    assert inception_is_ready()
    assert default_classifier_name() == "inception-v3"
    assert load_classifier().name == "inception-v3"


def test_damaged_file_in_keras_cache_is_not_used(cached, raises_sentence):
    assert inception_is_ready()
    cached.write_bytes(CONTENT[:-1])
    assert not inception_is_ready()
    assert default_classifier_name() == "efficientnet-lite2"
    with raises_sentence(WeightsError, "is damaged or not the published file: run python -m"):
        load_classifier("inception-v3")
    cached.write_bytes(CONTENT)
    assert inception_is_ready()


def test_keras_cache_is_in_the_home_folder_by_default(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert INCEPTION.cached_file == tmp_path / ".keras" / "models" / INCEPTION.weights_file


def test_missing_file_says_how_to_get_it(raises_sentence):
    with raises_sentence(WeightsError, "run python -m explainer fetch inception-v3 where there is"):
        INCEPTION.find_weights()
    assert not inception_is_ready()


def test_configured_file_goes_before_the_cached_one(cached, tmp_path, monkeypatch):
    configured = tmp_path / "mine.h5"
    configured.write_bytes(b"of any hash")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(configured))
    assert INCEPTION.find_weights() == configured
    assert inception_is_ready()


def test_configured_file_that_is_missing(cached, tmp_path, monkeypatch, raises_sentence):
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "none.h5"))
    words = r"EXPLAINER_INCEPTION_V3_WEIGHTS names .*none\.h5, and there is no such file"
    with raises_sentence(WeightsError, words):
        load_classifier("inception-v3")


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="needs a file that can't be read")
def test_configured_file_that_cannot_be_read(monkeypatch, raises_sentence):
    monkeypatch.setenv(WEIGHTS_VARIABLE, "/proc/self/mem")
    with raises_sentence(WeightsError, "/proc/self/mem can't be read: "):
        load_classifier("inception-v3")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["garbage.h5", "garbage.weights.h5", "garbage.keras", "garbage"])
def test_file_without_weights_is_told_at_the_first_question(name, tmp_path, monkeypatch, raises_sentence):
    garbage = tmp_path / name
    garbage.write_bytes(CONTENT)
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(garbage))
    classifier = load_classifier("inception-v3")
    with raises_sentence(WeightsError, f"{name} does not hold InceptionV3's weights"):
        classifier.predict(np.zeros((1, 299, 299, 3), np.float32))


@pytest.mark.slow
def test_weights_of_another_network_are_refused(tmp_path, raises_sentence):
    import keras

    path = tmp_path / "another.h5"
    picture = keras.Input((299, 299, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(picture)
    keras.Model(picture, keras.layers.Dense(1000)(pooled)).save(path)
    with raises_sentence(WeightsError, r"another\.h5 does not hold InceptionV3's weights"):
        INCEPTION.build(path)


@pytest.mark.slow
def test_truncated_weights_are_refused(inception_v3_weights, tmp_path, raises_sentence):
    path = tmp_path / "truncated.h5"
    with inception_v3_weights.open("rb") as file:
        path.write_bytes(file.read(1 << 20))
    with raises_sentence(WeightsError, r"truncated\.h5 does not hold InceptionV3's weights"):
        INCEPTION.build(path)


@pytest.mark.slow
def test_fetched_weights_answer_as_the_network_they_were_saved_from(
    inception_v3_weights, server, folder, monkeypatch, coffee
):
    import keras

    server.content = inception_v3_weights.read_bytes()
    monkeypatch.setattr(INCEPTION, "known_hash", md5(server.content))
    fetched = fetch()
    assert listing(folder) == [INCEPTION.weights_file]
    assert default_classifier_name() == "inception-v3"
    batch = load_classifier().preprocess(coffee)[np.newaxis]
    saved = keras.models.load_model(inception_v3_weights, compile=False)
    expected = np.asarray(saved(batch, training=False))
    assert expected.max() > 0.2
    answers = np.asarray(INCEPTION.build(fetched)(batch, training=False))
    np.testing.assert_array_equal(answers, expected)
    fetched.unlink()

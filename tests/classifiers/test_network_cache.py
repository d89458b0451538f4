import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pytest

from explainer.classifiers import cache as network_cache
from explainer.classifiers.openvino_runtime import import_openvino

openvino = import_openvino()
ops = openvino.opset13

PROJECT = Path(__file__).resolve().parents[2]
HASH = "0123456789abcdef" * 4
PICTURES = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)


class Converter:
    """Makes a small network: a matrix product and a softmax. Counts how often."""

    def __init__(self, seed: int = 1) -> None:
        self.weights = np.random.default_rng(seed).normal(size=(6, 5)).astype(np.float32)
        self.calls = 0
        self._lock = threading.Lock()

    def __call__(self) -> openvino.Model:
        with self._lock:
            self.calls += 1
        pictures = ops.parameter([4, 6], np.float32, "pictures")
        scores = ops.matmul(pictures, ops.constant(self.weights), False, False)
        return openvino.Model([ops.softmax(scores, 1)], [pictures], "small")

    def assert_answers(self, model: openvino.Model) -> None:
        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino.Core().compile_model(model, "CPU", exact)
        scores = np.exp(PICTURES @ self.weights)
        expected = scores / scores.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(compiled(PICTURES)[0], expected, rtol=0, atol=1e-5)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "new" / "cache"
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def kept(folder):
    """The file after a first load, and the only one in the folder."""
    network_cache.load("small", HASH, Converter())
    (path,) = folder.iterdir()
    return path


def test_folder_is_the_configured_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path))
    assert network_cache.cache_folder() == tmp_path
    monkeypatch.delenv("EXPLAINER_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of the user"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert network_cache.cache_folder().name == "limelight"
    assert tmp_path in network_cache.cache_folder().parents


def test_file_is_made_once_and_used_from_then_on(folder, caplog):
    convert = Converter()
    for _ in range(3):
        convert.assert_answers(network_cache.load("small", HASH, convert))
    assert convert.calls == 1
    version = openvino.__version__.split("-")[0]
    assert os.listdir(folder) == [f"small-0123456789abcdef-openvino-{version}.zip"]
    assert caplog.messages == []


def test_weights_are_kept_in_full_precision(kept):
    with zipfile.ZipFile(kept) as archive:
        weights = Converter().weights.tobytes()
        assert weights in archive.read("network.bin")


def test_other_weights_and_other_networks_get_files_of_their_own(folder):
    first, second, third = Converter(1), Converter(2), Converter(3)
    for _ in range(2):
        first.assert_answers(network_cache.load("small", HASH, first))
        second.assert_answers(network_cache.load("small", HASH[::-1], second))
        third.assert_answers(network_cache.load("other", HASH, third))
    assert (first.calls, second.calls, third.calls) == (1, 1, 1)
    assert len(os.listdir(folder)) == 3


def assert_is_replaced(path, caplog):
    convert = Converter()
    caplog.clear()
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert convert.calls == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"{path.name} is damaged and is made anew" in caplog.text
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert convert.calls == 1
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"garbage",
        lambda content: bytes(len(content)),
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content[len(content) // 2 :],
    ],
    ids=["empty", "garbage", "zeros", "end cut off", "second half cut off", "first half cut off"],
)
def test_damaged_file_is_replaced(damage, kept, caplog):
    kept.write_bytes(damage(kept.read_bytes()))
    assert_is_replaced(kept, caplog)


@pytest.mark.parametrize(
    "members",
    [
        {"another.txt": b"not a network"},
        {"network.xml": b"<net", "network.bin": b""},
        {"network.xml": b"", "network.bin": b""},
        {"network.xml": None, "network.bin": b""},
        {"network.xml": None, "network.bin": b"too short"},
    ],
    ids=["another", "no xml", "empty members", "no weights", "too few weights"],
)
def test_whole_zip_file_without_a_whole_network_is_replaced(members, kept, caplog):
    with zipfile.ZipFile(kept) as archive:
        structure = archive.read("network.xml")
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, structure if content is None else content)
    assert_is_replaced(kept, caplog)


@pytest.mark.slow
def test_whatever_bit_flips_the_answer_is_right(kept):
    """Either the file is still good, or it is replaced."""
    content = kept.read_bytes()
    with zipfile.ZipFile(kept) as archive:
        weights_begin = archive.getinfo("network.bin").header_offset
    headers_and_weights = [*range(60), *range(weights_begin, len(content))]
    random = Random(0)
    convert = Converter()
    for position in headers_and_weights:
        flipped = bytearray(content)
        flipped[position] ^= 1 << random.randrange(8)
        kept.write_bytes(flipped)
        model = network_cache.load("small", HASH, convert)
        constants = [node for node in model.get_ops() if node.get_type_name() == "Constant"]
        (weights,) = (node.data for node in constants if list(node.shape) == [6, 5])
        np.testing.assert_array_equal(weights, convert.weights)
    assert convert.calls > len(headers_and_weights) // 2
    convert.assert_answers(model)


def test_folder_that_cannot_be_made_is_no_hindrance(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "file" / "cache"))
    convert = Converter()
    for calls in (1, 2):
        caplog.clear()
        convert.assert_answers(network_cache.load("small", HASH, convert))
        assert convert.calls == calls
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "can't be kept in" in caplog.text
    assert (tmp_path / "file").read_text() == "in the way"


def test_folder_that_is_a_file_is_no_hindrance(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "file"))
    convert = Converter()
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert len(caplog.records) == 1
    assert "can't be kept in" in caplog.text


@pytest.mark.parametrize("step", ["saving", "packing"])
def test_disk_that_is_or_becomes_full_is_told_with_what_to_do(step, folder, monkeypatch, caplog):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "saving":
        monkeypatch.setattr(openvino, "save_model", full)
    else:
        monkeypatch.setattr(zipfile.ZipFile, "write", full)
    convert = Converter()
    convert.assert_answers(network_cache.load("small", HASH, convert))
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        f"The converted network can't be kept in {folder}, so each start takes longer "
        "([Errno 28] No space left on device); make room there, or have EXPLAINER_CACHE_DIR name a folder "
        "that can be written to"
    )
    assert os.listdir(folder) == []


def test_folder_that_may_only_be_read_is_told_and_still_read_from(kept, monkeypatch, caplog):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    convert = Converter()
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert (convert.calls, caplog.messages) == (0, [])
    convert.assert_answers(network_cache.load("small", HASH[::-1], convert))
    (message,) = caplog.messages
    assert "Permission denied" in message
    assert "EXPLAINER_CACHE_DIR" in message
    assert os.listdir(kept.parent) == [kept.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_no_hindrance(folder, monkeypatch, caplog):
    def save(model, path, **_):
        with open("/dev/full", "wb") as full:
            full.write(b"x" * 100_000)

    monkeypatch.setattr(openvino, "save_model", save)
    convert = Converter()
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert "No space left on device" in caplog.text
    assert os.listdir(folder) == []


def test_network_that_cannot_be_saved_is_no_hindrance(folder, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("Can't open bin file")

    monkeypatch.setattr(openvino, "save_model", fail)
    convert = Converter()
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert "can't be kept" in caplog.text
    assert os.listdir(folder) == []


def test_error_of_the_conversion_comes_through_and_leaves_nothing(folder):
    def fail():
        raise KeyError("from the conversion")

    with pytest.raises(KeyError, match="from the conversion"):
        network_cache.load("small", HASH, fail)
    assert not folder.exists()


def test_threads_at_once_get_right_answers_and_leave_one_file(folder):
    convert = Converter()
    together = threading.Barrier(4)

    def load(_: int) -> openvino.Model:
        together.wait()
        return network_cache.load("small", HASH, convert)

    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(load, range(4)))
    for model in models:
        convert.assert_answers(model)
    assert len(os.listdir(folder)) == 1
    calls = convert.calls
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert convert.calls == calls


def test_replacing_while_another_reads_is_no_hindrance(kept):
    """One thread damages the file over and over, while others load it."""
    content = kept.read_bytes()
    convert = Converter()
    done = threading.Event()

    def damage() -> None:
        while not done.is_set():
            unfinished = kept.with_name("damaged")
            unfinished.write_bytes(content[:-1])
            os.replace(unfinished, kept)

    def load(_: int) -> openvino.Model:
        return network_cache.load("small", HASH, convert)

    with ThreadPoolExecutor(5) as pool:
        damaging = pool.submit(damage)
        try:
            models = list(pool.map(load, range(20)))
        finally:
            done.set()
        damaging.result()
    for model in models:
        convert.assert_answers(model)


def test_what_a_killed_process_leaves_is_not_taken_for_the_file(folder):
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sys\n"
            "sys.path[:0] = [sys.argv[1]]\n"
            "from explainer.classifiers import cache as network_cache\n"
            "from test_network_cache import HASH, Converter\n"
            "os.replace = lambda *_: os._exit(9)\n"
            "network_cache.load('small', HASH, Converter())\n",
            str(Path(__file__).parent),
        ],
        cwd=PROJECT,
        check=False,
    )
    assert killed.returncode == 9
    (left,) = folder.iterdir()
    assert left.is_dir()
    assert any(path.suffix == ".zip" for path in left.iterdir()), "it got as far as that"

    convert = Converter(2)
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert convert.calls == 1
    shutil.rmtree(left)
    convert.assert_answers(network_cache.load("small", HASH, convert))
    assert convert.calls == 1


def test_killed_with_9_in_the_middle_of_writing(folder, caplog):
    """The next start makes the network anew, and tidies once what is left is certainly nobody's."""
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "sys.path[:0] = [sys.argv[1]]\n"
            "from explainer.classifiers import cache as network_cache\n"
            "from test_network_cache import HASH, Converter, openvino\n"
            "def save(model, path, **_):\n"
            "    path.write_bytes(b'<net')\n"
            "    print('half way', flush=True)\n"
            "    sys.stdin.read()\n"
            "openvino.save_model = save\n"
            "network_cache.load('small', HASH, Converter())\n",
            str(Path(__file__).parent),
        ],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writing:
        assert writing.stdout.readline() == b"half way\n"
        convert = Converter()
        convert.assert_answers(network_cache.load("other", HASH, convert))
        (in_use,) = folder.glob(".unfinished-*")
        assert (in_use / "network.xml").read_bytes() == b"<net", "what is being written is left alone"
        writing.kill()
    assert writing.returncode == -signal.SIGKILL
    (left,) = folder.glob(".unfinished-*")

    for calls in (2, 2):
        convert.assert_answers(network_cache.load("small", HASH, convert))
        assert convert.calls == calls
    assert left.exists(), "it might still be somebody's"

    two_hours_ago = time.time() - 7200
    for path in (left / "network.xml", left):
        os.utime(path, (two_hours_ago, two_hours_ago))
    convert.assert_answers(network_cache.load("third", HASH, convert))
    assert not left.exists()
    assert len(os.listdir(folder)) == 3
    assert caplog.messages == []

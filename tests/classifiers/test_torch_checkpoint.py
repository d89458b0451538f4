"""Checkpoints are written here as PyTorch's old `torch.save` does it, without PyTorch."""

import hashlib
import io
import pickle
import struct
import sys
import tracemalloc
import types
from collections import OrderedDict
from random import Random

import numpy as np
import pytest

from explainer.classifiers.published.torch_checkpoint import read_torch_checkpoint
from explainer.errors import WeightsError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
SYSTEM_INFO = {
    "protocol_version": 1001,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}
PROTOCOL_2 = b"\x80\x02"
MEGABYTE = 1 << 20


class Storage:
    def __init__(self, key, values):
        self.key = key
        self.values = values


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class CheckpointPickler(pickle.Pickler):
    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        torch = sys.modules["torch"]
        kind = torch.FloatStorage if value.values.dtype == np.float32 else torch.LongStorage
        return "storage", kind, value.key, "cpu", value.values.size, None


@pytest.fixture(autouse=True)
def _names_of_torch(monkeypatch):
    """Stand-ins that a checkpoint's pickle can name while it is written."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2():
        raise AssertionError("only its name is used")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch._utils = utils
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    torch.LongStorage = type("LongStorage", (), {"__module__": "torch"})
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def pickled(value):
    file = io.BytesIO()
    CheckpointPickler(file, protocol=2).dump(value)
    return file.getvalue()


def checkpoint(state, storages=(), keys=None, counts=None):
    """All of a file's parts; `state` may be a pickle already."""
    keys = [storage.key for storage in storages] if keys is None else keys
    counts = [storage.values.size for storage in storages] if counts is None else counts
    return [
        pickled(MAGIC_NUMBER),
        pickled(1001),
        pickled(SYSTEM_INFO),
        state if isinstance(state, bytes) else pickled(state),
        pickled(keys),
        *(
            struct.pack("<Q", count) + storage.values.tobytes()
            for count, storage in zip(counts, storages, strict=True)
        ),
    ]


def good_checkpoint():
    floats = Storage("94001", np.arange(24, dtype="<f4") / 2)
    integers = Storage("94002", np.array([7, -(2**40)], dtype="<i8"))
    state = OrderedDict(
        [
            ("plain", Tensor(floats, 0, (2, 3), (3, 1))),
            ("transposed", Tensor(floats, 6, (3, 2), (1, 3))),
            ("every other", Tensor(floats, 13, (4,), (2,))),
            ("channels last", Tensor(floats, 0, (1, 2, 3, 2), (12, 1, 4, 2))),
            ("count", Tensor(integers, 1, (), ())),
            ("integers", Tensor(integers, 0, (2,), (1,))),
            ("empty", Tensor(floats, 0, (0, 3), (3, 1))),
        ]
    )
    state._metadata = OrderedDict([("", {"version": 1}), ("_bn0", {"version": 2})])
    return b"".join(checkpoint(state, [floats, integers]))


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "weights.pth"
        path.write_bytes(content if isinstance(content, bytes) else b"".join(content))
        return path

    return write


def test_values_shapes_and_types(write):
    tensors = read_torch_checkpoint(write(good_checkpoint()))
    assert list(tensors) == [
        "plain",
        "transposed",
        "every other",
        "channels last",
        "count",
        "integers",
        "empty",
    ]
    np.testing.assert_array_equal(tensors["plain"], [[0, 0.5, 1], [1.5, 2, 2.5]])
    np.testing.assert_array_equal(tensors["transposed"], [[3, 4.5], [3.5, 5], [4, 5.5]])
    np.testing.assert_array_equal(tensors["every other"], [6.5, 7.5, 8.5, 9.5])
    np.testing.assert_array_equal(
        tensors["channels last"],
        [[[[0, 1], [2, 3], [4, 5]], [[0.5, 1.5], [2.5, 3.5], [4.5, 5.5]]]],
    )
    assert tensors["count"].shape == ()
    assert tensors["count"] == -(2**40)
    np.testing.assert_array_equal(tensors["integers"], [7, -(2**40)])
    assert tensors["empty"].shape == (0, 3)
    assert {name: tensor.dtype.name for name, tensor in tensors.items()} == {
        "plain": "float32",
        "transposed": "float32",
        "every other": "float32",
        "channels last": "float32",
        "count": "int64",
        "integers": "int64",
        "empty": "float32",
    }


def test_tensors_that_share_a_storage_cannot_write_into_each_other(write):
    tensors = read_torch_checkpoint(write(good_checkpoint()))
    with pytest.raises(ValueError, match="read-only"):
        tensors["plain"][0, 0] = 9
    assert tensors["channels last"][0, 0, 0, 0] == 0


def test_right_sha256_is_accepted_and_a_wrong_one_refused(write, raises_sentence):
    content = good_checkpoint()
    path = write(content)
    sha256 = hashlib.sha256(content).hexdigest()
    assert read_torch_checkpoint(path, sha256)["integers"][0] == 7
    with raises_sentence(WeightsError, r"weights\.pth is damaged or was replaced"):
        read_torch_checkpoint(path, "0" * 64)


def test_missing_file_and_folder(tmp_path, raises_sentence):
    with raises_sentence(WeightsError, r"none\.pth can't be read: No such file or directory"):
        read_torch_checkpoint(tmp_path / "none.pth")
    with raises_sentence(WeightsError, "can't be read: Is a directory"):
        read_torch_checkpoint(str(tmp_path))


def test_every_truncation_is_refused(write, raises_sentence):
    content = good_checkpoint()
    for length in range(len(content)):
        with raises_sentence(WeightsError, "not a PyTorch checkpoint"):
            read_torch_checkpoint(write(content[:length]))


def test_every_changed_byte_is_either_read_or_refused(write):
    content = good_checkpoint()
    refused = 0
    random = Random(0)
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= random.randrange(1, 256)
        try:
            tensors = read_torch_checkpoint(write(bytes(changed)))
        except WeightsError:
            refused += 1
        else:
            assert all(isinstance(tensor, np.ndarray) for tensor in tensors.values())
    assert refused > len(content) // 3


@pytest.mark.parametrize(
    "call",
    [
        b"cos\nsystem\n(X%(length)s%(command)stR.",
        b"cposix\nsystem\n(X%(length)s%(command)stR.",
        b"cbuiltins\neval\n(X%(length)s%(python)stR.",
        b"c__builtin__\neval\n(X%(length)s%(python)stR.",
        b"(X%(length)s%(command)sios\nsystem\n.",
        b"X\x02\x00\x00\x00osX\x06\x00\x00\x00system\x93(X%(length)s%(command)stR.",
    ],
    ids=["os.system", "posix.system", "eval", "eval of Python 2", "inst", "stack global"],
)
@pytest.mark.parametrize("position", range(5))
def test_commands_are_refused_and_not_run(call, position, tmp_path, write, raises_sentence):
    ran = tmp_path / "ran"
    command = f"touch {ran}".encode()
    python = f"open({str(ran)!r}, 'w')".encode()
    argument = python if b"eval" in call else command
    attack = PROTOCOL_2 + call % {
        b"length": struct.pack("<I", len(argument)),
        b"command": command,
        b"python": python,
    }
    pickle.loads(attack)
    assert ran.exists(), "the attack itself works"
    ran.unlink()

    parts = checkpoint(OrderedDict())
    parts[position] = attack
    with raises_sentence(WeightsError, "not a PyTorch checkpoint of plain tensors"):
        read_torch_checkpoint(write(parts))
    assert not ran.exists()


def test_refused_name_is_told(write, raises_sentence):
    attack = PROTOCOL_2 + b"cos\nsystem\n."
    with raises_sentence(WeightsError, r"it names 'os\.system'\.$"):
        read_torch_checkpoint(write(checkpoint(attack)))


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (9,), (1,)),
        (8, (1,), (1,)),
        (1, (2, 4), (4, 1)),
        (0, (3, 3), (4, 1)),
        (-1, (2,), (1,)),
        (4, (2,), (-1,)),
        (0, (-2,), (1,)),
        (0, (2**62, 2**62), (2**62, 1)),
        (2**70, (), ()),
        (0, (2, 2), (1,)),
        (0, (1,) * 65, (1,) * 65),
        (0, (2.0,), (1,)),
        (0, ("2",), (1,)),
        (0, [2], [1]),
        (None, (2,), (1,)),
    ],
)
def test_tensor_outside_of_its_storage_is_refused(offset, shape, strides, write, raises_sentence):
    storage = Storage("1", np.arange(8, dtype="<f4"))
    content = checkpoint({"x": Tensor(storage, offset, shape, strides)}, [storage])
    with raises_sentence(WeightsError, "not a PyTorch checkpoint of plain tensors"):
        read_torch_checkpoint(write(content))


def test_other_state_than_named_tensors_is_refused(write, raises_sentence):
    storage = Storage("1", np.arange(8, dtype="<f4"))
    tensor = Tensor(storage, 0, (8,), (1,))
    for state in ([tensor], tensor, {"x": 3}, {3: tensor}, {"x": {"y": tensor}}, None, "x"):
        with raises_sentence(WeightsError, "its parts do not fit together"):
            read_torch_checkpoint(write(checkpoint(state, [storage])))


def test_tensor_without_values_is_refused(write, raises_sentence):
    storage = Storage("1", np.arange(8, dtype="<f4"))
    content = checkpoint({"x": Tensor(storage, 0, (8,), (1,))})
    with raises_sentence(WeightsError, "its parts do not fit together"):
        read_torch_checkpoint(write(content))


def doubling_tuples(depth):
    """A pickle's beginning that leaves a tuple whose hash takes ``2 ** depth`` steps."""
    levels = [
        b"h" + bytes([level]) + b"h" + bytes([level]) + b"\x86q" + bytes([level + 1])
        for level in range(depth)
    ]
    return b")q\x00" + b"".join(levels)


SMALL_FILES_WITH_LARGE_CLAIMS = {
    "memo index": PROTOCOL_2 + b"}r\xff\xff\xff\x7f.",
    "bytes": PROTOCOL_2 + b"\x8e" + struct.pack("<Q", 1 << 40) + b".",
    "bytearray": PROTOCOL_2 + b"\x96" + struct.pack("<Q", 1 << 40) + b".",
    "text": PROTOCOL_2 + b"X\xff\xff\xff\xff.",
    "long text": PROTOCOL_2 + b"\x8d" + struct.pack("<Q", 1 << 62) + b".",
    "number": PROTOCOL_2 + b"\x8b\xff\xff\xff\x7f.",
    "frame": PROTOCOL_2 + b"\x95" + struct.pack("<Q", 1 << 62) + b".",
    "nested lists": PROTOCOL_2 + b"]" * 100_000 + b"a" * 99_999 + b".",
    "nested tuples": PROTOCOL_2 + b")" + b"\x85" * 100_000 + b".",
    "nested tuples as a key": PROTOCOL_2 + b"}(" + b")" + b"\x85" * 100_000 + b"K\x01u.",
    "doubling tuples as a key": PROTOCOL_2 + b"}(" + doubling_tuples(100) + b"K\x01u.",
    "doubling tuples": PROTOCOL_2 + doubling_tuples(100) + b".",
}


@pytest.mark.parametrize("claim", SMALL_FILES_WITH_LARGE_CLAIMS)
def test_small_file_with_a_large_claim_takes_little_memory(claim, write, raises_sentence):
    path = write(checkpoint(SMALL_FILES_WITH_LARGE_CLAIMS[claim]))
    tracemalloc.start()
    try:
        if claim == "memo index":  # an empty dict at a strange place is still an empty dict
            assert read_torch_checkpoint(path) == {}
        else:
            with raises_sentence(WeightsError, "not a PyTorch checkpoint of plain tensors"):
                read_torch_checkpoint(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * MEGABYTE


@pytest.mark.parametrize("count", [9, 1 << 40, 1 << 62, (1 << 64) - 1])
def test_storage_that_claims_too_many_values_is_refused(count, write, raises_sentence):
    storage = Storage("1", np.arange(8, dtype="<f4"))
    state = {"x": Tensor(storage, 0, (8,), (1,))}
    with raises_sentence(WeightsError, "it breaks off"):
        read_torch_checkpoint(write(checkpoint(state, [storage], counts=[count])))


def test_repeated_values_are_refused(write, raises_sentence):
    """With strides of zero, one value in the file would become any number of values."""
    storage = Storage("1", np.arange(8, dtype="<f4"))
    state = {"x": Tensor(storage, 0, (1 << 20, 1 << 20), (0, 0))}
    with raises_sentence(WeightsError, "a tensor reaches outside of its storage"):
        read_torch_checkpoint(write(checkpoint(state, [storage])))


def test_many_tensors_of_one_storage_take_its_memory_once(write):
    storage = Storage("1", np.arange(MEGABYTE // 4, dtype="<f4"))
    state = {f"tensor {n}": Tensor(storage, 0, (512, 512), (1, 512)) for n in range(200)}
    path = write(checkpoint(state, [storage]))
    tracemalloc.start()
    try:
        tensors = read_torch_checkpoint(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(tensors) == 200
    assert tensors["tensor 199"][1, 2] == 1025
    assert peak < 16 * MEGABYTE

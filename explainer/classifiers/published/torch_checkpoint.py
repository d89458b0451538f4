"""Reads the tensors of an old-format PyTorch checkpoint, without PyTorch.

The format (`torch.save` before version 1.6, or with ``_use_new_zipfile_serialization=False``) is a
sequence of pickles: a magic number, the protocol's version, facts about the writing system, the
state dict, and the list of storage keys; then for each key a little-endian 64-bit count and the raw
values. A tensor names its storage, an offset, a shape and strides, and is often not contiguous.

The pickles are read by a small interpreter of the few opcodes that such a file needs. Python's own
unpickler believes what a file claims: a few bytes make it call functions or take gigabytes.
"""

import hashlib
import io
import math
import pickletools  # nosec B403
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import WeightsError

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001
_MAX_DIMENSIONS = 8
_DTYPES: dict[str, np.dtype[Any]] = {
    "torch FloatStorage": np.dtype("<f4"),
    "torch LongStorage": np.dtype("<i8"),
}
_ORDERED_DICT = "collections OrderedDict"
_REBUILD_TENSOR = "torch._utils _rebuild_tensor_v2"


@dataclass(frozen=True)
class _Global:
    """A class or function that the file names; it is never looked up."""

    name: str


@dataclass(frozen=True)
class _Storage:
    """Values that stand later in the file."""

    key: str
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class _Tensor:
    """A view into a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def view(self, storages: dict[str, np.ndarray]) -> np.ndarray:
        values = storages[self.storage.key]
        if min((self.offset, *self.shape, *self.strides)) < 0:
            raise ValueError("a tensor has a negative size")
        size = math.prod(self.shape)
        if size == 0:
            return np.empty(self.shape, values.dtype)
        reach = sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        if self.offset + reach >= values.size or size > values.size:
            raise ValueError("a tensor reaches outside of its storage")
        return np.lib.stride_tricks.as_strided(
            values[self.offset :],
            self.shape,
            [stride * values.itemsize for stride in self.strides],
            writeable=False,
        )


def read_torch_checkpoint(path: str | Path, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Read the state dict of an old-format PyTorch checkpoint.

    Nothing in the file can run code, and what is read takes no more memory than the file's size
    warrants: only plain containers and float32 and int64 tensors are admitted.

    Parameters
    ----------
    path : str or Path
        The ``.pth`` file.
    sha256 : str, optional
        The file's expected SHA-256, in hexadecimal.

    Returns
    -------
    dict of str to numpy.ndarray
        The tensors by name, float32 or int64, in PyTorch's axis order. They are read-only views,
        often not contiguous.

    Raises
    ------
    WeightsError
        The file is missing, damaged, not the expected one, or holds anything but tensors.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            "The weights file {name} can't be read: {reason}.", name=path.name, reason=error.strerror
        ) from error
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsError(
            "The weights file {name} is damaged or was replaced: reinstall the package it came with.",
            name=path.name,
        )
    try:
        return _parse(io.BytesIO(content))
    except (ValueError, TypeError, KeyError, IndexError) as error:
        reason = error if isinstance(error, ValueError) else "its parts do not fit together"
        raise WeightsError(
            "The weights file {name} is not a PyTorch checkpoint of plain tensors: {reason}.",
            name=path.name,
            reason=reason,
        ) from error


def _parse(file: io.BytesIO) -> dict[str, np.ndarray]:
    if _read_pickle(file) != _MAGIC_NUMBER:
        raise ValueError("it does not begin with the format's magic number")
    if _read_pickle(file) != _PROTOCOL_VERSION:
        raise ValueError("its protocol version is unknown")
    _read_pickle(file)  # facts about the writing system
    state = _expect(dict, _read_pickle(file))
    tensors = {name: _expect(_Tensor, tensor) for name, tensor in state.items()}
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    storages = {}
    for key in _expect(list, _read_pickle(file)):
        count = int.from_bytes(file.read(8), "little")
        dtype = dtypes[_expect(str, key)]
        remaining = file.getbuffer().nbytes - file.tell()
        if count * dtype.itemsize > remaining:
            raise ValueError("it breaks off")
        storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
    return {name: tensor.view(storages) for name, tensor in tensors.items()}


def _read_pickle(file: io.BytesIO) -> Any:
    """Read one pickle, up to its end; dicts in it have text keys only."""
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}
    argument: Any

    def pop_to_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    for opcode, argument, _ in pickletools.genops(file):
        match opcode.name:
            case "PROTO":
                pass
            case "MARK":
                marks.append(len(stack))
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINUNICODE":
                stack.append(argument)
            case "NONE":
                stack.append(None)
            case "NEWTRUE":
                stack.append(True)
            case "NEWFALSE":
                stack.append(False)
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(opcode.name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case "TUPLE":
                stack.append(tuple(pop_to_mark()))
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "APPEND" | "APPENDS":
                items = pop_to_mark() if opcode.name == "APPENDS" else [stack.pop()]
                _expect(list, stack[-1]).extend(items)
            case "SETITEM" | "SETITEMS":
                if opcode.name == "SETITEM":
                    marks.append(len(stack) - 2)
                items = pop_to_mark()
                keys = [_expect(str, key) for key in items[::2]]
                _expect(dict, stack[-1]).update(zip(keys, items[1::2], strict=True))
            case "GLOBAL":
                if argument not in (_ORDERED_DICT, _REBUILD_TENSOR, *_DTYPES):
                    raise ValueError(f"it names {argument.replace(' ', '.')[:80]!r}")
                stack.append(_Global(argument))
            case "REDUCE":
                arguments = stack.pop()
                stack.append(_call(stack.pop(), arguments))
            case "BINPERSID":
                stack.append(_storage(*stack.pop()))
            case "BUILD":
                stack.pop()  # an OrderedDict's attributes, such as the modules' versions
            case "STOP":
                return stack.pop()
            case other:
                raise ValueError(f"it uses pickle's {other}")


def _call(function: Any, arguments: tuple[Any, ...]) -> Any:
    if function == _Global(_ORDERED_DICT) and not arguments:
        return {}
    if function != _Global(_REBUILD_TENSOR):
        raise ValueError("it calls what is no function")
    storage, offset, shape, strides, *_ = arguments
    if not len(_expect(tuple, shape)) == len(_expect(tuple, strides)) <= _MAX_DIMENSIONS:
        raise ValueError("a tensor has another number of strides than dimensions")
    for number in (offset, *shape, *strides):
        _expect(int, number)
    return _Tensor(_expect(_Storage, storage), offset, shape, strides)


def _storage(kind: Any, storage_type: Any, key: Any, _location: Any, _size: Any, view: Any) -> Any:
    if kind != "storage" or view is not None:
        raise ValueError("it refers to something outside of it")
    return _Storage(_expect(str, key), _DTYPES[_expect(_Global, storage_type).name])


def _expect(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} is expected")
    return value

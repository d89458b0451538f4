"""Damage to files, drawn from a seed: file number *i* is the same whenever it is asked for."""

import struct
from collections.abc import Callable

import numpy as np

from .cameras import camera_file
from .hostile import HOSTILE
from .valid import NAMES, valid_file

Random = np.random.Generator

_EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEADER = 160  # bytes: where a mutation changes most


def _place(data: bytearray, random: Random) -> int:
    """Anywhere, and half of the time near the start."""
    end = min(len(data), _HEADER) if random.random() < 0.5 else len(data)
    return int(random.integers(0, max(1, end)))


def _flip_bits(data: bytearray, random: Random) -> None:
    for _ in range(int(random.integers(1, 9))):
        data[_place(data, random)] ^= 1 << int(random.integers(0, 8))


def _set_bytes(data: bytearray, random: Random) -> None:
    for _ in range(int(random.integers(1, 9))):
        data[_place(data, random)] = int(random.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))


def _set_number(data: bytearray, random: Random) -> None:
    """A length, a width or an offset that lies."""
    for _ in range(int(random.integers(1, 4))):
        form = str(random.choice(["<H", ">H", "<L", ">L"]))
        value = int(random.choice(_EXTREMES)) & (0xFFFF if form.endswith("H") else 0xFFFFFFFF)
        position = _place(data, random)
        data[position : position + struct.calcsize(form)] = struct.pack(form, value)


def _cut_short(data: bytearray, random: Random) -> None:
    del data[int(random.integers(0, len(data))) :]


def _cut_out(data: bytearray, random: Random) -> None:
    start = _place(data, random)
    del data[start : start + int(random.integers(1, 200))]


def _double(data: bytearray, random: Random) -> None:
    start = _place(data, random)
    data[start:start] = data[start : start + int(random.integers(1, 2000))] * int(random.integers(1, 20))


def _insert(data: bytearray, random: Random) -> None:
    start = _place(data, random)
    data[start:start] = random.bytes(int(random.integers(1, 400)))


def _splice(data: bytearray, random: Random) -> None:
    """The start of one file and the end of another."""
    other = valid_file(str(random.choice(NAMES)))
    del data[_place(data, random) :]
    data += other[int(random.integers(0, len(other))) :]


def _start_of_another(data: bytearray, random: Random) -> None:
    other = valid_file(str(random.choice(NAMES)))
    length = int(random.integers(4, 64))
    data[:length] = other[:length]


SOUND = "a sound "
"""How what `generated_file` calls a file begins where it must not be refused."""

MUTATIONS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip_bits, _set_bytes, _set_number, _cut_short, _cut_out, _double, _insert, _splice, _start_of_another,
)  # fmt: skip


def generated_file(number: int, seed: int = 0) -> tuple[str, bytes]:
    """File number `number` and what it is: hostile ones first, then mutations of valid ones in turn.

    Every tenth is a sound one instead, as cameras write it.
    """
    kinds = tuple(HOSTILE)
    if number < len(kinds):
        return kinds[number], HOSTILE[kinds[number]]()
    if number % 10 == 0:
        kind, content = camera_file(number // 10, seed)
        return SOUND + kind, content
    random = np.random.default_rng([seed, number])
    name = NAMES[number % len(NAMES)]
    data = bytearray(valid_file(name))
    done = [name]
    for _ in range(int(random.integers(1, 4))):
        mutation = MUTATIONS[int(random.integers(0, len(MUTATIONS)))]
        if data:
            mutation(data, random)
            done.append(mutation.__name__.strip("_"))
    return " + ".join(done), bytes(data)

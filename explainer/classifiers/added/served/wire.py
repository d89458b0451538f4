"""What all servers share: pictures in JSON, in bytes and as files, and what is told of a network."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ....errors import ClassifierError
from ..network_facts import input_facts, output_units

DTYPES: dict[str, type[np.generic]] = {
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "uint8": np.uint8,
    "int32": np.int32,
}
"""By the names that `dtype` has in a description file."""
_WHOLE = ("uint8", "int32")


def dtype_of(kind: str, kinds: Mapping[str, str], where: str) -> str:
    """Which of `DTYPES` an input takes, by what the server at `where` calls it.

    Raises
    ------
    ClassifierError
        It takes something else.
    """
    if kind not in kinds:
        raise ClassifierError(
            "The network at {machine} takes {dtype}, and pictures are sent as {dtypes}: where it takes "
            "files, --template says how they are sent.",
            machine=where,
            dtype=kind.removeprefix("DT_").lower(),
            dtypes=", ".join(DTYPES),
        )
    return kinds[kind]


def check_one_input(number: int, where: str) -> None:
    """Check that a network takes pictures and nothing else.

    Raises
    ------
    ClassifierError
        It has another number of inputs.
    """
    if number != 1:
        raise ClassifierError(
            "The network at {machine} takes {number} inputs, and only one, a picture, can be explained.",
            machine=where,
            number=number,
        )


def facts_of_input(shape: Sequence[int | None], dtype: str, where: str) -> dict[str, Any]:
    """What the shape, the batch first or empty, and the type of an input tell; see `input_facts`."""
    settings = input_facts(where, shape) if shape else {}
    return settings | ({"range": "0-to-255"} if dtype in _WHOLE else {})


def units_of(shape: Sequence[int | None], where: str) -> int | None:
    """How many numbers a picture an output of this shape, the batch first, has; None for no classifier's."""
    try:
        return output_units(where, shape)
    except ClassifierError:
        return None


def settings_of(asking: Any) -> dict[str, Any]:
    """How a server is asked, as a description file has it; the address stands beside it there."""
    return {name: value for name, value in asdict(asking).items() if name != "url"}


def as_type(pictures: NDArray[np.float32], dtype: str) -> NDArray[Any]:
    """Pictures in another type; whole numbers are rounded."""
    if dtype in _WHOLE:
        pictures = np.clip(np.round(pictures), 0, 255)
    return pictures.astype(DTYPES[dtype])


def in_json(array: NDArray[Any]) -> str:
    """An array as nested lists in JSON, each number with as many digits as its type can tell apart.

    Several times as quick as `json.dumps` where many are the same, as in pictures of 8 bits, and shorter.
    """
    values, inverse = np.unique(array, return_inverse=True)
    exact = str if values.dtype.kind in "iu" or values.dtype == np.float64 else "%.9g".__mod__
    told = np.array([*map(exact, values.tolist())], object)
    start, between, end = _brackets(array.shape)
    return start + "".join(chain.from_iterable(zip(told[inverse.ravel()], between, strict=True))) + end


@lru_cache(maxsize=8)
def _brackets(shape: tuple[int, ...]) -> tuple[str, list[str], str]:
    """What stands before, behind each, and behind all numbers of an array of this shape."""
    depth = len(shape)
    numbers = int(np.prod(shape))
    between = [","] * numbers
    length = 1
    for level in range(1, depth):
        length *= shape[depth - level]
        between[length - 1 :: length] = ["]" * level + "," + "[" * level] * (numbers // length)
    between[-1] = ""
    return "[" * depth, between, "]" * depth


def as_file(picture: NDArray[np.float32], kind: str) -> str:
    """A picture, float32 (H, W, channels) from 0 to 255, as a PNG or JPEG file in base64."""
    pixels = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    options: dict[str, Any] = {"quality": 95, "subsampling": 0} if kind == "jpeg" else {"compress_level": 1}
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(stream, kind, **options)
    return base64.b64encode(stream.getvalue()).decode()


def inner(told: Any, *names: str) -> Any:
    """What stands in JSON under names, each within the one before; None where there is nothing."""
    for name in names:
        told = told.get(name) if isinstance(told, Mapping) else None
    return told


def without(url: str, verb: str) -> str:
    """An address whose path does not end in a verb."""
    path, mark, query = url.partition("?")
    return path.rstrip("/").removesuffix(verb) + mark + query


def chosen_output(
    outputs: Sequence[tuple[str, int | None]], wanted: str, classes: int, where: str
) -> tuple[str, ...]:
    """The names of a network's outputs, first the one that answers with the classes.

    Parameters
    ----------
    outputs : sequence of tuple
        The name of each, and how many numbers a picture it has; None where that is no classifier's output.
    wanted : str
        The name of the right one; found out where it is empty.
    classes : int
        How many there are.
    where : str
        The machine, for messages.

    Raises
    ------
    ClassifierError
        There is none, or none can be told from the others.
    """
    names = [name for name, _ in outputs]
    fitting = [name for name, units in outputs if units == classes or (units == 1 and classes <= 2)]
    if wanted in names:
        fitting = [wanted]
    elif not wanted and len(names) == 1:
        fitting = names
    if (wanted and wanted not in names) or len(fitting) != 1:
        raise ClassifierError(
            "Which output of the network at {machine} answers with the {classes} classes is not clear: "
            "--output names one of {names}.",
            machine=where,
            classes=classes,
            names=", ".join(names),
        )
    return (fitting[0], *(name for name in names if name != fitting[0]))

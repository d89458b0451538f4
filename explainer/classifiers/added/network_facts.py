"""What a network's file says about itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ClassifierError


@dataclass(frozen=True)
class NetworkFacts:
    """What was found out about a network.

    Attributes
    ----------
    units : int or None
        How many numbers it answers with; None where the file leaves that open.
    settings : mapping of str to object
        Those of a `Description`'s settings that the file tells, by the names they have in a description
        file.
    labels : tuple of str, optional
        The class names, where the file has them.
    unread : str
        Why the network's steps could not be looked at; empty where they were.
    outputs : tuple of str
        The names of the network's outputs, first the one that is used.
    """

    units: int | None
    settings: Mapping[str, Any]
    labels: tuple[str, ...] | None = None
    unread: str = ""
    outputs: tuple[str, ...] = ()


def check_one_of_each(path: Path, inputs: int, outputs: int) -> None:
    """Check that a network has one input and one output.

    Raises
    ------
    ClassifierError
        It has more, or none.
    """
    if (inputs, outputs) != (1, 1):
        raise ClassifierError(
            "{path} is a network with {inputs} inputs and {outputs} outputs, and only one of each can be "
            "explained.",
            path=path,
            inputs=inputs,
            outputs=outputs,
        )


def input_facts(path: Path | str, shape: Sequence[int | None]) -> dict[str, Any]:
    """What the shape of the input tells.

    Parameters
    ----------
    path : Path or str
        The network's file, or where it is served, for messages.
    shape : sequence of int or None
        The batch first; None stands for any number.

    Raises
    ------
    ClassifierError
        Pictures of one or three channels don't have this shape.
    """
    if len(shape) == 2:
        raise ClassifierError(
            "{path} is a network for inputs of the shape {shape}, and not for pictures: if these are a "
            "picture's values one after the other, put layers before it that take a picture and flatten it, "
            "such as Keras' Input and Flatten.",
            path=path,
            shape=told(shape),
        )
    if len(shape) != 4:
        raise ClassifierError(
            "{path} is a network for inputs of the shape {shape}, and not for pictures.",
            path=path,
            shape=told(shape),
        )
    _, second, third, last = shape
    if last in (1, 3):
        layout, size, channels = "channels-last", (second, third), last
    elif second in (1, 3):
        layout, size, channels = "channels-first", (third, last), second
    elif None in (second, last):
        return {}
    else:
        raise ClassifierError(
            "{path} is a network for inputs of the shape {shape}, and only pictures of one or three channels "
            "can be explained.",
            path=path,
            shape=told(shape),
        )
    facts: dict[str, Any] = {"layout": layout, "channels": channels}
    if None not in size:
        facts["input-size"] = list(size)
    return facts


def output_units(path: Path | str, shape: Sequence[int | None]) -> int | None:
    """How many numbers a network of this output shape, the batch first, answers with.

    Raises
    ------
    ClassifierError
        It answers with more than one list of numbers a picture.
    """
    long = [number for number in shape[1:] if number != 1]
    if len(shape) < 2 or len(long) > 1:
        raise ClassifierError(
            "{path} is a network that does not answer with a number for each class, but with the shape "
            "{shape}, as those do that find or cut out objects, so it is no classifier.",
            path=path,
            shape=told(shape),
        )
    return long[0] if long else 1


def told(shape: Sequence[int | None]) -> str:
    """A shape as messages have it; None stands for any number."""
    return "(" + ", ".join("any" if number is None else str(number) for number in shape) + ")"


def outputs_fact(activation: str, units: int | None) -> dict[str, Any]:
    """What the network's last step, ``softmax``, ``sigmoid`` or ``linear``, tells; nothing of another."""
    if activation == "sigmoid" and units != 1:
        return {"outputs": "independent"}
    known = {"softmax": "probabilities", "sigmoid": "probabilities", "linear": "logits"}
    return {"outputs": known[activation]} if activation in known else {}

"""Checks of arguments: each returns the value as it is to be used, or says which argument is wrong."""

import math
from numbers import Integral, Real
from typing import Any

from .errors import ArgumentError


def check_whole_number(
    name: str, value: Any, least: int = 1, most: int | None = None, or_auto: bool = False
) -> int:
    """The value as an int; `or_auto` has the message say that ``"auto"`` would do too.

    Raises
    ------
    ArgumentError
        It is no whole number from `least` to `most`; the message names the argument.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if whole and value >= least and (most is None or value <= most):
        return int(value)
    values = {"name": name, "least": least, "most": most, "value": repr(value)}
    if or_auto:
        raise ArgumentError(
            "{name} must be a whole number, {least} or more or 'auto', and is {value}.", **values
        )
    if most is None:
        raise ArgumentError("{name} must be a whole number, {least} or more, and is {value}.", **values)
    raise ArgumentError("{name} must be a whole number, from {least} to {most}, and is {value}.", **values)


def check_positive(name: str, value: Any) -> float:
    """The value as a float.

    Raises
    ------
    ArgumentError
        It is no finite number above 0; the message names the argument.
    """
    if _is_number(value) and 0 < value < math.inf:
        return float(value)
    raise ArgumentError("{name} must be a number above 0, and is {value}.", name=name, value=repr(value))


def check_not_negative(name: str, value: Any) -> float:
    """The value as a float.

    Raises
    ------
    ArgumentError
        It is no finite number from 0; the message names the argument.
    """
    if _is_number(value) and 0 <= value < math.inf:
        return float(value)
    raise ArgumentError("{name} must be a number, 0 or more, and is {value}.", name=name, value=repr(value))


def check_share(name: str, value: Any) -> float:
    """The value as a float.

    Raises
    ------
    ArgumentError
        It is no number from 0 to 1; the message names the argument.
    """
    if _is_number(value) and 0 <= value <= 1:
        return float(value)
    raise ArgumentError("{name} must be a number from 0 to 1, and is {value}.", name=name, value=repr(value))


def check_callable(name: str, value: Any) -> None:
    """Check that something can be called.

    Raises
    ------
    ArgumentError
        It can't; the message names the argument.
    """
    if not callable(value):
        raise ArgumentError("{name} must be a function, and is {value}.", name=name, value=repr(value))


def check_text(name: str, value: Any) -> None:
    """Check that something is text.

    Raises
    ------
    ArgumentError
        It is not; the message names the argument.
    """
    if not isinstance(value, str):
        raise ArgumentError("{name} must be text, and is {value}.", name=name, value=repr(value))


def check_size(name: str, value: Any) -> None:
    """Check that something is a height and a width, in pixels.

    Raises
    ------
    ArgumentError
        It is not; the message names the argument.
    """
    numbers = value if isinstance(value, tuple | list) else ()
    whole = all(isinstance(n, Integral) and not isinstance(n, bool) and int(n) > 0 for n in numbers)
    if len(numbers) != 2 or not whole:
        raise ArgumentError(
            "{name} must be a height and a width, and is {value}.", name=name, value=repr(value)
        )


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)

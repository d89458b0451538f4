"""The one family of exceptions that this package raises on purpose.

Every message is one sentence that a person who does not program can act on. It is kept as a template
with its values beside it, so that a page can show it in another language.
"""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any


class ExplainerError(Exception):
    """Something a user can do something about; the message says what.

    Parameters
    ----------
    template : str
        The sentence, with names in braces where `values` go. Without values it is taken as it is.
    **values
        What to put into the sentence.
    """

    def __init__(self, template: str, **values: object) -> None:
        if not values:
            template = template.replace("{", "{{").replace("}", "}}")
        super().__init__(template.format(**values))
        self.template = template
        self.values = values


class PhotoError(ExplainerError):
    """A file is not a photo that can be used."""


class ClassifierError(ExplainerError):
    """A classifier can't be loaded, or answered with something that is no answer."""


class WeightsError(ClassifierError):
    """A network's weights are missing, damaged, or could not be downloaded."""


class ArgumentError(ExplainerError, ValueError):
    """An argument is outside of what a function accepts."""


def check_whole_number(
    name: str, value: Any, least: int = 1, most: int | None = None, or_else: str = ""
) -> int:
    """The value as an int.

    Raises
    ------
    ArgumentError
        It is no whole number from `least` to `most`; the message names the argument.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        limits = f"{least} or more" if most is None else f"from {least} to {most}"
        raise ArgumentError(f"{name} must be a whole number, {limits}{or_else}, and is {value!r}.")
    return int(value)


def check_number(name: str, value: Any, limits: str, within: Callable[[Any], bool]) -> float:
    """The value as a float.

    Raises
    ------
    ArgumentError
        It is no number, or not `within` the `limits`; the message names the argument.
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not within(value):
        raise ArgumentError(f"{name} must be a number {limits}, and is {value!r}.")
    return float(value)

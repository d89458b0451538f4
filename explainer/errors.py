"""The one family of exceptions that this package raises on purpose.

Every message is one sentence that a person who does not program can act on. It is kept as a template
with its values beside it, so that a page can show it in another language. The template is written where
it is raised, as a literal: that is where Babel finds it.
"""

from collections.abc import Callable
from typing import Any


class ExplainerError(Exception):
    """Something a user can do something about; the message says what.

    Parameters
    ----------
    template : str
        The sentence, with names in braces where `values` go. Without values it is taken as it is.
    **values
        What to put into the sentence; braces in them are only braces.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.template = template
        self.values = values
        super().__init__(self.told(str))

    def told(self, translate: Callable[[str], str]) -> str:
        """The sentence, its template as `translate` puts it."""
        template = translate(self.template)
        return template.format(**self.values) if self.values else template


class PhotoError(ExplainerError):
    """A file is not a photo that can be used."""


class ClassifierError(ExplainerError):
    """A classifier can't be loaded, or answered with something that is no answer."""


class ClassifierFailedError(ClassifierError):
    """A classifier raised something unexpected, its `__cause__`; another attempt may be spared that."""


class WeightsError(ClassifierError):
    """A network's weights are missing, damaged, or could not be downloaded."""


class ArgumentError(ExplainerError, ValueError):
    """An argument is outside of what a function accepts."""


def check_classifier(value: Any) -> None:
    """Check that something can be explained.

    Raises
    ------
    ArgumentError
        It lacks what a classifier has.
    """
    needed = ("predict", "preprocess", "class_names", "wnids")
    if isinstance(value, type) or not all(hasattr(value, attribute) for attribute in needed):
        raise ArgumentError(
            "classifier must be what load_classifier returns, or have its {attributes}, and is {value}.",
            attributes=", ".join(needed),
            value=repr(value),
        )

"""The one family of exceptions that this package raises on purpose.

Every message is one sentence that a person who does not program can act on. It is kept as a template
with its values beside it, so that a page can show it in another language. The template is written where
it is raised, as a literal: that is where Babel finds it.
"""

from collections.abc import Callable
from typing import TypeVar

_Error = TypeVar("_Error", bound="ExplainerError")


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

    def about(self: _Error, **values: object) -> _Error:
        """The same error once more, with other values if there are any."""
        return type(self)(self.template, **self.values | values)


def reason_of(error: BaseException) -> str:
    """What somebody else's exception says, in one line without a full stop, or else its kind."""
    reason = getattr(error, "strerror", None) or str(error)
    return " ".join(str(reason).split()).rstrip(".") or type(error).__name__


class PhotoError(ExplainerError):
    """A file is not a photo that can be used."""


class PhotoNote(ExplainerError):  # noqa: N818 - for it is never raised
    """What was assumed about a photo, or left out of it; kept beside the photo, and not raised."""


class ClassifierNote(ExplainerError):  # noqa: N818 - for it is never raised
    """What was assumed about a network that is added; kept beside it, and not raised."""


class ClassifierError(ExplainerError):
    """A classifier can't be loaded, or answered with something that is no answer."""


class ClassifierFailedError(ClassifierError):
    """A classifier raised something unexpected, its `__cause__`; another attempt may be spared that."""


class ServerError(ClassifierError):
    """A network that is served elsewhere can't be asked; which photo it was asked about hardly matters."""


class WeightsError(ClassifierError):
    """A network's weights are missing, damaged, or could not be downloaded."""


class ArgumentError(ExplainerError, ValueError):
    """An argument is outside of what a function accepts."""

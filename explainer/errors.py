"""The one family of exceptions that this package raises on purpose.

Every message is one sentence that a person who does not program can act on. It is kept as a template
with its values beside it, so that a page can show it in another language.
"""


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

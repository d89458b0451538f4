"""Japanese and English: which one, and the words in it.

Catalogues are gettext's, kept by Babel in ``locale/<language>/LC_MESSAGES/limelight.po``; ``make
messages`` brings them up to date. They are read as they are, so that there is nothing to compile and
nothing to forget to compile. The words in the code are the English ones.
"""

import functools
import gettext
import io
import re
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.numbers import format_decimal, format_percent

from ..classifiers.published import imagenet
from ..errors import ArgumentError, ExplainerError

LANGUAGES = {"en": "English", "ja": "日本語"}
CATALOGUES = Path(__file__).with_name("locale")


@dataclass(frozen=True)
class Language:
    """One language: its words, numbers and class names.

    Parameters
    ----------
    code : {"en", "ja"}
        One of `LANGUAGES`.

    Raises
    ------
    ArgumentError
        It is another one.
    """

    code: str

    def __post_init__(self) -> None:
        if self.code not in LANGUAGES:
            raise ArgumentError(
                "language must be one of {names}, and is {value}.",
                names=", ".join(LANGUAGES),
                value=repr(self.code),
            )

    def gettext(self, message: str) -> str:
        """The message in this language."""
        # To gettext, the empty message is the catalogue's header.
        return _catalogue(self.code).gettext(message) if message else ""

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The message for this number of things, in this language."""
        return _catalogue(self.code).ngettext(singular, plural, number)

    def percent(self, share: float, digits: int | None = None) -> str:
        """A share as a percentage; by default with a digit behind the point below ten, as ``9.9%``."""
        if digits is None:
            digits = 1 if 0 < abs(share) < 0.0995 else 0
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        return str(format_percent(share, pattern, _locale(self.code)))

    def number(self, value: float, digits: int = 0) -> str:
        """A number with so many digits behind the point."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, pattern, _locale(self.code)))

    def class_name(self, name: str, wnid: str = "") -> str:
        """A class as people would say it: ``tiger cat``, or トラネコ in Japanese."""
        if self.code == "ja" and wnid in _japanese_names():
            return _japanese_names()[wnid]
        return name.replace("_", " ")

    def error(self, error: ExplainerError) -> str:
        """An error's one sentence, in this language."""
        return error.told(self.gettext)


def negotiate_language(wanted: str | None) -> str:
    """The language of ours that suits a browser's, such as ``ja-JP``; English where none does."""
    code = re.split("[-_]", wanted or "")[0].lower()
    return code if code in LANGUAGES else "en"


@functools.cache
def _locale(code: str) -> Locale:
    return Locale(code)


@functools.cache
def _catalogue(code: str) -> gettext.NullTranslations:
    path = CATALOGUES / code / "LC_MESSAGES" / "limelight.po"
    if not path.is_file():
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@functools.cache
def _japanese_names() -> dict[str, str]:
    return dict(zip(imagenet.wnids(), imagenet.class_names_ja(), strict=True))

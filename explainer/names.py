"""Names of photos, as any computer may have given them: shown, and put in order."""

import re
import unicodedata


def printable(name: str) -> str:
    """The name with � where a character can't be shown, such as a line break or half a character."""
    return "".join(character if character.isprintable() else "�" for character in name)


def natural_order(name: str) -> list[tuple[int, str]]:
    """What to sort names by, so that ``cat 2`` comes before ``cat 10`` and capitals make no difference."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    text_and_digits = re.split("([0-9]+)", folded)  # in turn, text first
    significant = [part.lstrip("0") if i % 2 else part for i, part in enumerate(text_and_digits)]
    return [(len(part) if i % 2 else 0, part) for i, part in enumerate(significant)]

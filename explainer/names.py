"""Names of photos, as any computer may have given them: shown, put in order, and in a spreadsheet."""

import unicodedata

from natsort import natsort_keygen, ns

Cell = str | int | float | None
_FORMULA = ("=", "+", "-", "@")

natural_order = natsort_keygen(alg=ns.COMPATIBILITYNORMALIZE | ns.IGNORECASE)
"""What to sort names by, so that ``cat 2`` comes before ``cat 10`` and capitals make no difference."""


def printable(name: str) -> str:
    """The name with � where a character can't be shown, such as a line break or half a character."""
    return "".join(character if character.isprintable() else "�" for character in name)


def harmless_cell(cell: Cell) -> Cell:
    """The cell of a table, with an apostrophe before text that a spreadsheet would take for a formula."""
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    # Japanese spreadsheets take the wide forms of these signs for them, too.
    starts = unicodedata.normalize("NFKC", text.lstrip(" �'"))[:1]
    return f"'{text}" if starts in _FORMULA else text

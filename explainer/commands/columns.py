"""Tables as text."""

import unicodedata
from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns, figures to the right. Japanese characters are twice as wide."""

    def padding(text: str, column: int) -> str:
        return " " * (max(_width(row[column]) for row in rows) - _width(text))

    return "\n".join(
        "  ".join(
            text + padding(text, column) if column in (0, len(row) - 1) else padding(text, column) + text
            for column, text in enumerate(row)
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

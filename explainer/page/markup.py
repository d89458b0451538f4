"""Text and pictures in the forms that Streamlit and a browser take."""

import html
import io
import re

from PIL import Image

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>:$~&])")
_LONGEST_NAME = 60


def plain(text: str) -> str:
    """Escape text for Streamlit's Markdown, so that a file's name is only ever shown."""
    printable = "".join(character if character.isprintable() else "�" for character in text)
    if len(printable) > _LONGEST_NAME * 5:
        printable = printable[: _LONGEST_NAME * 5] + "…"
    return _MARKDOWN.sub(r"\\\1", printable)


def escape(text: str) -> str:
    """Escape text for HTML."""
    return html.escape(text, quote=True)


def jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    """Encode a picture for the browser."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()

"""The templates of what is written as HTML, each beside the code that fills it in."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.cache
def environment(folder: Path) -> "Environment":
    """What fills in the templates of a folder; everything that is put into them is escaped."""
    import jinja2  # here, so that the page need not wait for it

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

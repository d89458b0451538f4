"""The templates of what is written as HTML, in ``assets/``."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS = Path(__file__).parent.parent / "assets"


@functools.cache
def environment() -> "Environment":
    """What fills in the templates; everything that is put into them is escaped."""
    import jinja2  # here, so that the page need not wait for it

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

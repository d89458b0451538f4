"""Example photos that come with scikit-image, so that a first visit needs no file and no network."""

import functools

from PIL import Image, ImageOps
from skimage import data

from ..errors import ArgumentError

EXAMPLES = ("coffee", "rocket", "cat-and-coffee", "chelsea", "astronaut")
"""The one that networks know best comes first; docs/speed-and-stability.md has what they take each for."""

_HALF = (300, 400)  # pixels


@functools.cache
def example_photo(name: str) -> Image.Image:
    """One of `EXAMPLES` as an RGB picture.

    Raises
    ------
    ArgumentError
        There is no example of this name.
    """
    if name not in EXAMPLES:
        raise ArgumentError(
            "name must be one of {names}, and is {value}.", names=", ".join(EXAMPLES), value=repr(name)
        )
    if name == "cat-and-coffee":
        both = Image.new("RGB", (2 * _HALF[0], _HALF[1]))
        for number, half in enumerate(("chelsea", "coffee")):
            both.paste(ImageOps.fit(example_photo(half), _HALF), (number * _HALF[0], 0))
        return both
    return Image.fromarray(getattr(data, name)())

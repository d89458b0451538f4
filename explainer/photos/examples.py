"""Example photos that come with scikit-image, so that a first visit needs no file and no network."""

import functools

from PIL import Image
from skimage import data

from ..errors import ArgumentError

EXAMPLES = ("chelsea", "coffee", "astronaut", "rocket")


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
    return Image.fromarray(getattr(data, name)())

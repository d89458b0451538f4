"""Sample photos that come with scikit-image, so that a first visit needs no file and no network."""

import functools

from PIL import Image
from skimage import data

from ..errors import ArgumentError

SAMPLES = ("chelsea", "coffee", "astronaut", "rocket")


@functools.cache
def sample_photo(name: str) -> Image.Image:
    """One of `SAMPLES` as an RGB picture.

    Raises
    ------
    ArgumentError
        There is no sample of this name.
    """
    if name not in SAMPLES:
        raise ArgumentError(
            "name must be one of {names}, and is {value}.", names=", ".join(SAMPLES), value=repr(name)
        )
    return Image.fromarray(getattr(data, name)())

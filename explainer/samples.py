"""Sample photos that come with scikit-image, so that a first visit needs no file and no network."""

import functools

from PIL import Image
from skimage import data

SAMPLES = ("chelsea", "coffee", "astronaut", "rocket")


@functools.cache
def sample_photo(name: str) -> Image.Image:
    """One of `SAMPLES` as an RGB picture."""
    if name not in SAMPLES:
        raise KeyError(name)
    return Image.fromarray(getattr(data, name)())

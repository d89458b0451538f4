"""What is done to a photo before a network sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arguments import check_size
from ..errors import ArgumentError

Resize = Literal["stretch", "crop", "pad"]

_LARGEST_PADDED_FRAME = 2048  # pixels: a padded panorama would else be a huge square


class PhotoPreprocessing(Protocol):
    """Turns photos into what a network takes, and back into colours; see `Preprocessing`."""

    @property
    def input_size(self) -> tuple[int, int]: ...

    def frame(self, photo: Image.Image) -> Image.Image: ...

    def preprocess(self, photo: Image.Image) -> NDArray[np.float32]: ...

    def to_display(self, image: NDArray[Any]) -> NDArray[np.float64]: ...


@dataclass(frozen=True)
class Preprocessing:
    """Resize, then ``(value - offset) / scale``.

    Parameters
    ----------
    input_size : tuple of int
        Height and width that the network takes, in pixels.
    offset, scale : float or 3 floats
        In units of 8-bit values, 0 to 255; three of them are for red, green and blue.
    resample : PIL.Image.Resampling
        How pixels are interpolated.
    resize : {"stretch", "crop", "pad"}
        What becomes of another aspect ratio: ``stretch`` squeezes the photo, ``crop`` cuts off what is too
        much on both sides, ``pad`` adds black on both sides.
    grey : bool
        Make the photo grey; it has three equal channels then.

    Raises
    ------
    ArgumentError
        One of them is outside of what is accepted; the message names it.

    Examples
    --------
    >>> from explainer import Preprocessing, load_photo
    >>> minus_one_to_one = Preprocessing((224, 224), offset=127.5, scale=127.5, resize="crop")
    >>> minus_one_to_one.preprocess(load_photo("cat.jpg")).shape
    (224, 224, 3)
    """

    input_size: tuple[int, int]
    offset: float | tuple[float, float, float]
    scale: float | tuple[float, float, float]
    resample: Image.Resampling = Image.Resampling.BILINEAR
    resize: Resize = "stretch"
    grey: bool = False

    def __post_init__(self) -> None:
        check_size("input_size", self.input_size)
        for name, value in (("offset", self.offset), ("scale", self.scale)):
            numbers = np.asarray(value)
            fits = numbers.shape in ((), (3,)) and numbers.dtype.kind in "fiu" and np.isfinite(numbers).all()
            if not fits or (name == "scale" and not numbers.all()):
                raise ArgumentError(
                    "{name} must be a number, or three for red, green and blue, and a scale can't be 0; it "
                    "is {value}.",
                    name=name,
                    value=repr(value),
                )
        if self.resize not in get_args(Resize):
            raise ArgumentError(
                "resize must be one of {choices}, and is {value}.",
                choices=", ".join(get_args(Resize)),
                value=repr(self.resize),
            )
        if self.resample not in list(Image.Resampling):
            raise ArgumentError(
                "resample must be one of PIL.Image.Resampling, and is {value}.", value=repr(self.resample)
            )

    def frame(self, photo: Image.Image) -> Image.Image:
        """What of a photo the network sees: the photo itself, cropped, or padded with black.

        Returns
        -------
        PIL.Image.Image
            At the photo's own resolution; a padded one is at least as large as the input and at most 2048
            pixels long. Stretched over the input, it is what the network sees.
        """
        if self.resize == "crop":
            return self._cropped(photo)
        if self.resize == "pad":
            return self._padded(photo)
        return photo

    def preprocess(self, photo: Image.Image) -> NDArray[np.float32]:
        """Turn a photo into what the network takes.

        Returns
        -------
        numpy.ndarray of float32, shape (H, W, 3)
        """
        height, width = self.input_size
        resized = self.frame(photo.convert("RGB")).resize((width, height), self.resample)
        if self.grey:
            resized = resized.convert("L").convert("RGB")
        pixels = np.asarray(resized, dtype=np.float32)
        scaled = (pixels - np.array(self.offset, np.float32)) / np.array(self.scale, np.float32)
        return scaled.astype(np.float32, copy=False)

    def to_display(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """Undo the scaling of `preprocess`, for showing.

        Returns
        -------
        numpy.ndarray of float64, same shape, in [0, 1]
        """
        colours = np.asarray(image, np.float64) * np.asarray(self.scale) + np.asarray(self.offset)
        display: NDArray[np.float64] = np.clip(colours / 255.0, 0.0, 1.0)
        return display

    def _cropped(self, photo: Image.Image) -> Image.Image:
        """The largest part of the photo's middle that has the input's aspect ratio."""
        height, width = self.input_size
        scale = min(photo.width / width, photo.height / height)
        kept_width, kept_height = max(1, round(scale * width)), max(1, round(scale * height))
        left, upper = (photo.width - kept_width) // 2, (photo.height - kept_height) // 2
        return photo.crop((left, upper, left + kept_width, upper + kept_height))

    def _padded(self, photo: Image.Image) -> Image.Image:
        """The photo in the middle of a black picture that has the input's aspect ratio."""
        height, width = self.input_size
        needed = max(
            photo.width / width, photo.height / height
        )  # of the photo's pixels for one of the input's
        scale = min(max(needed, 1.0), max(_LARGEST_PADDED_FRAME / max(width, height), 1.0))
        zoom = scale / needed
        inner = (max(1, round(zoom * photo.width)), max(1, round(zoom * photo.height)))
        padded = Image.new("RGB", (max(inner[0], round(scale * width)), max(inner[1], round(scale * height))))
        photo = photo.convert("RGB").resize(inner, self.resample)
        padded.paste(photo, ((padded.width - inner[0]) // 2, (padded.height - inner[1]) // 2))
        return padded


@dataclass(frozen=True)
class AskedPreprocessing:
    """A function that resizes a photo, and scales and shifts its colours; how, it is asked.

    Parameters
    ----------
    input_size : tuple of int
        Height and width of what it returns, in pixels.
    function : callable
        From an RGB photo to float (H, W, 3).
    """

    input_size: tuple[int, int]
    function: Callable[[Image.Image], NDArray[Any]]

    def frame(self, photo: Image.Image) -> Image.Image:
        """The photo, which is stretched."""
        return photo

    def preprocess(self, photo: Image.Image) -> NDArray[np.float32]:
        """Ask the function: float32, shape (H, W, 3).

        Raises
        ------
        ArgumentError
            It returns another shape.
        """
        image = np.asarray(self.function(photo.convert("RGB")), np.float32)
        if image.shape != (*self.input_size, 3):
            raise ArgumentError(
                "preprocess must return the shape ({height}, {width}, 3), and returned {shape}.",
                height=self.input_size[0],
                width=self.input_size[1],
                shape=image.shape,
            )
        return image

    def to_display(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """Undo what the function does to colours, for showing; float64 in [0, 1]."""
        black, white = self._black_and_white
        colours: NDArray[np.float64] = (np.asarray(image, np.float64) - black) / (white - black)
        return np.clip(colours, 0.0, 1.0)

    @cached_property
    def _black_and_white(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        height, width = self.input_size
        black, white = (
            self.preprocess(Image.new("RGB", (width, height), colour)).mean(axis=(0, 1), dtype=np.float64)
            for colour in ("black", "white")
        )
        return black, white

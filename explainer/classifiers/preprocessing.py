"""What is done to a photo before a network sees it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arguments import check_size
from ..errors import ArgumentError

Resize = Literal["stretch", "crop", "pad", "shorter-side"]
RESAMPLINGS = {
    resampling.name.lower(): resampling
    for resampling in (
        Image.Resampling.NEAREST,
        Image.Resampling.BILINEAR,
        Image.Resampling.BICUBIC,
        Image.Resampling.LANCZOS,
    )
}

Box = tuple[float, float, float, float]
"""Left, upper, right and lower edge, in shares of a photo's width and height."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
_LARGEST_PADDED_FRAME = 2048  # pixels: a padded panorama would else be a huge square
_LARGEST_RESIZED = 100_000_000  # pixels: a photo of one row and a million columns would else be many more


class PhotoPreprocessing(Protocol):
    """Turns photos into what a network takes, and back into colours; see `Preprocessing`."""

    @property
    def input_size(self) -> tuple[int, int]: ...

    def frame(self, photo: Image.Image) -> Image.Image: ...

    def box(self, photo: Image.Image) -> Box | None: ...

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
    resize : {"stretch", "crop", "pad", "shorter-side"}
        What becomes of another aspect ratio: ``stretch`` squeezes the photo, ``crop`` cuts off what is too
        much on both sides, ``pad`` adds black on both sides. ``shorter-side`` does as torchvision's
        ``Resize`` and ``CenterCrop`` do: the shorter side becomes ``input_size / crop_share``, then the
        middle is cut out.
    grey : bool
        Make the photo grey; it has three equal channels then.
    crop_share : float
        Above 0, at most 1; for ``shorter-side``.

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
    crop_share: float = 0.875

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
        if not (isinstance(self.crop_share, float | int) and 0 < self.crop_share <= 1):
            raise ArgumentError(
                "crop_share must be above 0 and at most 1, and is {value}.", value=repr(self.crop_share)
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
            return photo.crop(self._largest_middle(photo))
        if self.resize == "pad":
            return self._padded(photo)
        if self.resize == "shorter-side":
            left, upper, right, lower = map(round, self._middle(photo))
            left, upper = min(left, photo.width - 1), min(upper, photo.height - 1)
            return photo.crop((left, upper, max(left + 1, right), max(upper + 1, lower)))
        return photo

    def box(self, photo: Image.Image) -> Box:
        """Where `frame` lies in a photo; a padded one reaches beyond it, below 0 and above 1."""
        width, height = photo.size
        if self.resize == "crop":
            left, upper, right, lower = map(float, self._largest_middle(photo))
        elif self.resize == "pad":
            inner, padded = self._padding(photo)
            (left, upper), (width, height) = self._margins(inner, padded), inner
            left, upper, right, lower = -left, -upper, padded[0] - left, padded[1] - upper
        elif self.resize == "shorter-side":
            left, upper, right, lower = self._middle(photo)
        else:
            return WHOLE
        return left / width, upper / height, right / width, lower / height

    def preprocess(self, photo: Image.Image) -> NDArray[np.float32]:
        """Turn a photo into what the network takes.

        Returns
        -------
        numpy.ndarray of float32, shape (H, W, 3)
        """
        resized = self._resized(photo.convert("RGB"))
        if self.grey:
            resized = resized.convert("L").convert("RGB")
        pixels = np.asarray(resized, dtype=np.float32)
        scale = np.asarray(self.scale, np.float64)
        # Divided first, as Keras has it: its last bit is the same then.
        scaled = pixels / scale.astype(np.float32) - (np.asarray(self.offset) / scale).astype(np.float32)
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

    def _resized(self, photo: Image.Image) -> Image.Image:
        height, width = self.input_size
        if self.resize != "shorter-side":
            return self.frame(photo).resize((width, height), self.resample)
        size, (left, upper) = self._shorter_side(photo)
        if math.prod(size) > _LARGEST_RESIZED:
            return photo.resize((width, height), self.resample, self._middle(photo))
        return photo.resize(size, self.resample).crop((left, upper, left + width, upper + height))

    def _shorter_side(self, photo: Image.Image) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height that a photo is resized to, and where the part that is kept begins."""
        height, width = (math.floor(side / self.crop_share + 1e-6) for side in self.input_size)
        if photo.width * height <= photo.height * width:
            height = width * photo.height // photo.width
        else:
            width = height * photo.width // photo.height
        left, upper = round((width - self.input_size[1]) / 2), round((height - self.input_size[0]) / 2)
        return (width, height), (left, upper)

    def _middle(self, photo: Image.Image) -> tuple[float, float, float, float]:
        """The part that is kept, in the photo's own pixels."""
        (width, height), (left, upper) = self._shorter_side(photo)
        across, down = photo.width / width, photo.height / height
        right, lower = left + self.input_size[1], upper + self.input_size[0]
        return left * across, upper * down, right * across, lower * down

    def _largest_middle(self, photo: Image.Image) -> tuple[int, int, int, int]:
        """The largest part of the photo's middle that has the input's aspect ratio, in its own pixels."""
        height, width = self.input_size
        scale = min(photo.width / width, photo.height / height)
        kept_width, kept_height = max(1, round(scale * width)), max(1, round(scale * height))
        left, upper = (photo.width - kept_width) // 2, (photo.height - kept_height) // 2
        return left, upper, left + kept_width, upper + kept_height

    def _padded(self, photo: Image.Image) -> Image.Image:
        """The photo in the middle of a black picture that has the input's aspect ratio."""
        inner, size = self._padding(photo)
        padded = Image.new("RGB", size)
        padded.paste(photo.convert("RGB").resize(inner, self.resample), self._margins(inner, size))
        return padded

    def _margins(self, inner: tuple[int, int], padded: tuple[int, int]) -> tuple[int, int]:
        """To the left of a photo and above it."""
        return (padded[0] - inner[0]) // 2, (padded[1] - inner[1]) // 2

    def _padding(self, photo: Image.Image) -> tuple[tuple[int, int], tuple[int, int]]:
        """Width and height of a photo that is padded, and of all."""
        height, width = self.input_size
        needed = max(
            photo.width / width, photo.height / height
        )  # of the photo's pixels for one of the input's
        scale = min(max(needed, 1.0), max(_LARGEST_PADDED_FRAME / max(width, height), 1.0))
        zoom = scale / needed
        inner = (max(1, round(zoom * photo.width)), max(1, round(zoom * photo.height)))
        return inner, (max(inner[0], round(scale * width)), max(inner[1], round(scale * height)))


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

    def box(self, photo: Image.Image) -> Box:
        """All of it."""
        return WHOLE

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

"""What has to be known of a network besides its weights: how a photo gets in, what comes out."""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from ...errors import ClassifierError
from ..adapter import Adapter, ChannelOrder, Layout, Outputs
from ..predictor import Predictor
from ..preprocessing import RESAMPLINGS, Preprocessing, Resize

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Colours = float | tuple[float, float, float]

# Offset and scale in 8-bit values. The last two are what networks trained on ImageNet with PyTorch's and
# Caffe's tools take: colours less their mean, in standard deviations or as they are.
RANGES: dict[str, tuple[Colours, Colours]] = {
    "0-to-1": (0.0, 255.0),
    "minus-1-to-1": (127.5, 127.5),
    "0-to-255": (0.0, 1.0),
    "torch": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "caffe": ((123.68, 116.779, 103.939), 1.0),
}
FOR_COLOURS = ("torch", "caffe")  # ranges that differ by channel
CHOICES: dict[str, tuple[str, ...]] = {
    "resize": get_args(Resize),
    "resample": tuple(RESAMPLINGS),
    "range": tuple(RANGES),
    "channel-order": get_args(ChannelOrder),
    "layout": get_args(Layout),
    "channels": ("3", "1"),
    "outputs": get_args(Outputs),
}
# What those settings are that are neither necessary nor known from the network.
USUAL: dict[str, Any] = {"resample": "bilinear", "crop-share": 0.875, "mean": 0.0, "std": 1.0}
SETTINGS = ("input-size", *CHOICES, "crop-share", "mean", "std")
_LARGEST_INPUT = 2048  # pixels: more is a slip, and would take all memory


@dataclass(frozen=True)
class Description:
    """How a photo becomes a network's input, and what its outputs are.

    Parameters
    ----------
    input_size : tuple of int
        Height and width, in pixels.
    resize, resample, crop_share
        See `Preprocessing`; the second by its name in small letters.
    value_range : str
        One of `RANGES`.
    mean, std : float or 3 floats
        Taken from the values in that range, and what the rest is divided by.
    channel_order, layout, channels, outputs
        See `Adapter`.
    """

    input_size: tuple[int, int]
    resize: Resize
    value_range: str
    channel_order: ChannelOrder
    layout: Layout
    channels: int
    outputs: Outputs
    resample: str = USUAL["resample"]
    crop_share: float = USUAL["crop-share"]
    mean: Colours = USUAL["mean"]
    std: Colours = USUAL["std"]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Description":
        """Check settings by the names that they have in a description file; `USUAL` ones may be missing.

        Raises
        ------
        ClassifierError
            A setting has a value that it can't have.
        """
        settings = USUAL | dict(settings)
        for name, choices in CHOICES.items():
            if str(settings[name]) not in choices:
                raise ClassifierError(
                    "{name} must be one of {choices}, and is {value}.",
                    name=name,
                    choices=", ".join(choices),
                    value=repr(settings[name]),
                )
        if int(settings["channels"]) == 1 and settings["range"] in FOR_COLOURS:
            raise ClassifierError(
                "The range {range} is for three channels, and the network takes one.", range=settings["range"]
            )
        mean, std = (_checked_colours(name, settings) for name in ("mean", "std"))
        if (mean, std) != (0.0, 1.0) and settings["range"] not in ("0-to-1", "0-to-255"):
            raise ClassifierError(
                "With mean or std, the range is what values are brought to before: 0-to-1 or 0-to-255, and "
                "not {range}.",
                range=settings["range"],
            )
        share = settings["crop-share"]
        if share != USUAL["crop-share"] and settings["resize"] != "shorter-side":
            raise ClassifierError(
                "crop-share is for the resize shorter-side, and not for {resize}.", resize=settings["resize"]
            )
        if type(share) not in (int, float) or not 0 < share <= 1:
            raise ClassifierError(
                "crop-share must be above 0 and at most 1, and is {value}.", value=repr(share)
            )
        return cls(
            checked_size(settings["input-size"]),
            cast(Resize, settings["resize"]),
            settings["range"],
            cast(ChannelOrder, settings["channel-order"]),
            cast(Layout, settings["layout"]),
            int(settings["channels"]),
            cast(Outputs, settings["outputs"]),
            settings["resample"],
            float(share),
            mean,
            std,
        )

    def settings(self) -> dict[str, Any]:
        """The settings by the names that they have in a description file; `USUAL` ones are left out."""
        others = {
            "resample": self.resample,
            "crop-share": self.crop_share,
            "mean": self.mean,
            "std": self.std,
        }
        return {
            "input-size": list(self.input_size),
            "resize": self.resize,
            "range": self.value_range,
            "channel-order": self.channel_order,
            "layout": self.layout,
            "channels": self.channels,
            "outputs": self.outputs,
        } | {name: value for name, value in others.items() if value != USUAL[name]}

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one picture as the network takes it."""
        if self.layout == "channels-first":
            return (self.channels, *self.input_size)
        return (*self.input_size, self.channels)

    def preprocessing(self) -> Preprocessing:
        """How a photo becomes an RGB picture in the network's range."""
        offset, scale = RANGES[self.value_range]
        if (self.mean, self.std) != (0.0, 1.0):
            whole = 255.0 if self.value_range == "0-to-1" else 1.0
            offset, scale = _times(self.mean, whole), _times(self.std, whole)
        return Preprocessing(
            self.input_size,
            offset,
            scale,
            RESAMPLINGS[self.resample],
            self.resize,
            self.channels == 1,
            self.crop_share,
        )

    def adapted(self, network: Predictor) -> Adapter:
        """The network, to be asked about such pictures."""
        return Adapter(network, self.channel_order, self.layout, self.channels, self.outputs)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a description file.

    Raises
    ------
    ClassifierError
        It can't be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ClassifierError("{path} can't be read: {reason}.", path=path, reason=error.strerror) from error
    except ValueError as error:  # no UTF-8, or no TOML
        raise ClassifierError(
            "{path} is not written in TOML: {reason}.", path=path, reason=str(error).rstrip(".")
        ) from error


def parse_size(text: str) -> list[int]:
    """Read a size as people write it: ``224``, or height and width as in ``240x320``.

    Raises
    ------
    ClassifierError
        It is neither.
    """
    numbers = text.lower().replace("×", "x").split("x")
    if len(numbers) > 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise ClassifierError("A size is written like 224, or like 240x320, and not like {text}.", text=text)
    return [int(numbers[0]), int(numbers[-1])]


def parse_colours(text: str) -> list[float]:
    """Read a number, or one each for red, green and blue, as in ``0.485,0.456,0.406``.

    Raises
    ------
    ClassifierError
        It is neither.
    """
    try:
        return [float(number) for number in text.split(",")]
    except ValueError as error:
        raise ClassifierError(
            "A mean and a std are written like 0.5, or like 0.485,0.456,0.406, and not like {text}.",
            text=text,
        ) from error


def _checked_colours(name: str, settings: Mapping[str, Any]) -> Colours:
    value = settings[name]
    numbers = list(value) if isinstance(value, list | tuple) else [value]
    numbers = numbers[:1] if len({*numbers}) == 1 else numbers
    finite = all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
    if len(numbers) not in (1, 3) or not finite or (name == "std" and min(numbers) <= 0):
        raise ClassifierError(
            "{name} must be a number, or three for red, green and blue, and a std is above 0; it is {value}.",
            name=name,
            value=repr(value),
        )
    if len(numbers) == 3 and int(settings["channels"]) == 1:
        raise ClassifierError(
            "The network takes grey pictures, so {name} must be one number, and is {value}.",
            name=name,
            value=repr(value),
        )
    red, *others = map(float, numbers)
    return (red, others[0], others[1]) if others else red


def _times(colours: Colours, factor: float) -> Colours:
    if isinstance(colours, tuple):
        red, green, blue = colours
        return factor * red, factor * green, factor * blue
    return factor * colours


def checked_size(size: Any) -> tuple[int, int]:
    """A height and a width, or one number for both, in pixels.

    Raises
    ------
    ClassifierError
        It is neither.
    """
    numbers = list(size) if isinstance(size, list | tuple) else [size, size]
    if len(numbers) != 2 or not all(type(n) is int and 1 <= n <= _LARGEST_INPUT for n in numbers):
        raise ClassifierError(
            "input-size must be a height and a width from 1 to {most} pixels, and is {value}.",
            most=_LARGEST_INPUT,
            value=repr(size),
        )
    return numbers[0], numbers[1]

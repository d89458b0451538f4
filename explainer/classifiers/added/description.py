"""What has to be known of a network besides its weights: how a photo gets in, what comes out."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from ...errors import ClassifierError
from ..adapter import Adapter, ChannelOrder, Layout, Outputs
from ..predictor import Predictor
from ..preprocessing import Preprocessing, Resize

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
CHOICES: dict[str, tuple[str, ...]] = {
    "resize": get_args(Resize),
    "range": tuple(RANGES),
    "channel-order": get_args(ChannelOrder),
    "layout": get_args(Layout),
    "channels": ("3", "1"),
    "outputs": get_args(Outputs),
}
SETTINGS = ("input-size", *CHOICES)
_LARGEST_INPUT = 2048  # pixels: more is a slip, and would take all memory


@dataclass(frozen=True)
class Description:
    """How a photo becomes a network's input, and what its outputs are.

    Parameters
    ----------
    input_size : tuple of int
        Height and width, in pixels.
    resize : {"stretch", "crop", "pad"}
        See `Preprocessing`.
    value_range : str
        One of `RANGES`.
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

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Description":
        """Check settings by the names that they have in a description file; all of `SETTINGS` are needed.

        Raises
        ------
        ClassifierError
            A setting has a value that it can't have.
        """
        for name, choices in CHOICES.items():
            if str(settings[name]) not in choices:
                raise ClassifierError(
                    "{name} must be one of {choices}, and is {value}.",
                    name=name,
                    choices=", ".join(choices),
                    value=repr(settings[name]),
                )
        if int(settings["channels"]) == 1 and settings["range"] in ("torch", "caffe"):
            raise ClassifierError(
                "The range {range} is for three channels, and the network takes one.", range=settings["range"]
            )
        return cls(
            checked_size(settings["input-size"]),
            cast(Resize, settings["resize"]),
            settings["range"],
            cast(ChannelOrder, settings["channel-order"]),
            cast(Layout, settings["layout"]),
            int(settings["channels"]),
            cast(Outputs, settings["outputs"]),
        )

    def settings(self) -> dict[str, Any]:
        """The settings by the names that they have in a description file."""
        return {
            "input-size": list(self.input_size),
            "resize": self.resize,
            "range": self.value_range,
            "channel-order": self.channel_order,
            "layout": self.layout,
            "channels": self.channels,
            "outputs": self.outputs,
        }

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one picture as the network takes it."""
        if self.layout == "channels-first":
            return (self.channels, *self.input_size)
        return (*self.input_size, self.channels)

    def preprocessing(self) -> Preprocessing:
        """How a photo becomes an RGB picture in the network's range."""
        offset, scale = RANGES[self.value_range]
        return Preprocessing(self.input_size, offset, scale, resize=self.resize, grey=self.channels == 1)

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

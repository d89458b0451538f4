"""What a network does first with its input, and last with its output, as OpenVINO has read it.

Whatever tool wrote it, its own preprocessing stands right after the input, and layers that change pictures in
training only are gone.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..openvino_runtime import import_openvino

if TYPE_CHECKING:
    import openvino

_REARRANGE = {
    "Concat", "Convert", "ConvertLike", "Gather", "Interpolate", "Pad", "Reshape", "Reverse", "Slice",
    "Split", "Squeeze", "StridedSlice", "Transpose", "Unsqueeze", "VariadicSplit",
}  # fmt: skip
_SCALE_OR_SHIFT = {"Add", "Multiply", "Subtract"}
_SCALE_OR_SHIFT_THE_FIRST = {"BatchNormInference", "Divide"}
_LIMIT = {"Clamp", "FakeQuantize", "Maximum", "Minimum"}
_BEYOND = 10_000.0  # any range, and within 16-bit floats
_ANY_SIZE = 224  # pixels, for a network that takes any

_BOUNDS = {"0-to-255": (0, 255), "0-to-1": (0, 1), "minus-1-to-1": (-1, 1), "torch": (-2.118, 2.64)}

_ONLY_RESHAPE = ("Convert", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
_ACTIVATIONS = {"SoftMax": "softmax", "Softmax": "softmax", "Sigmoid": "sigmoid"} | dict.fromkeys(
    ("MatMul", "Convolution", "ReduceMean", "LogSoftmax"), "linear"
)


def range_facts(model: "openvino.Model", channel_axis: int) -> dict[str, Any]:
    """The range, and the order of the channels, that a network's first steps show it to take.

    Those are the steps that rearrange values, and that scale and shift them. What they come to is asked: of
    black, and of black with one channel brighter. Empty where they show nothing, or fit several ranges.
    """
    found = [_facts(model, value, takers, channel_axis) for value, takers in _ends_of_first_steps(model)]
    facts = found[0] if found and all(one == found[0] for one in found) else {}
    if _is_8_bit(model.input(0)):
        return facts | {"range": "0-to-255"}
    if model.input(0).get_element_type().to_string() in ("i8", "int8_t"):
        return facts | {"range": "0-to-255", "mean": 128.0}  # as quantised networks take them
    return facts


def last_activation(output: Any) -> str:
    """What an output ends in: ``softmax``, ``sigmoid`` or ``linear``; empty where that is open."""
    step, is_scaled = output.get_node().input_value(0).get_node(), False
    while True:
        kind, sources = step.get_type_name(), [value.get_node() for value in step.input_values()]
        of_picture = [source for source in sources if not _is_constant(source)]
        if kind in _ONLY_RESHAPE:
            step = sources[0]
        elif kind == "FakeQuantize":
            within, onto = ([end.get_data() for end in sources[side : side + 2]] for side in (1, 3))
            step, is_scaled = sources[0], is_scaled or not np.array_equal(within, onto)
        elif kind in _SCALE_OR_SHIFT | {"Divide"} and len(of_picture) == 1:
            step, is_scaled = of_picture[0], True
        else:
            break
    activation = _ACTIVATIONS.get(kind, "")
    return "" if is_scaled and activation != "linear" else activation


def _ends_of_first_steps(model: "openvino.Model") -> list[tuple[Any, list[Any]]]:
    """What the last of the first steps give, each with the other steps that take it."""
    is_first: dict[str, bool] = {}  # of the steps that get something of the picture
    ends: dict[tuple[str, int], tuple[Any, list[Any]]] = {}
    for step in model.get_ordered_ops():
        kind, name = step.get_type_name(), step.get_name()
        values = [step.input_value(i) for i in range(step.get_input_size())]
        sources = [value.get_node().get_name() for value in values]
        of_picture = [i for i, source in enumerate(sources) if source in is_first]
        if kind == "Parameter" or kind.startswith("Random"):
            is_first[name] = kind == "Parameter"
        elif of_picture and kind != "ShapeOf":
            is_first[name] = all(is_first[sources[i]] for i in of_picture) and (
                (kind in _REARRANGE and not _is_8_bit(step.output(0)))
                or (kind in _SCALE_OR_SHIFT and len(of_picture) == 1)
                or (kind in _SCALE_OR_SHIFT_THE_FIRST and of_picture == [0])
            )
            for i in of_picture if not is_first[name] else ():
                if is_first[sources[i]]:
                    end = ends.setdefault((sources[i], values[i].get_index()), (values[i], []))
                    end[1].append(step)
    return [*ends.values()]


class _Steps:
    """The steps from a network's input to a value, to be asked what they make of colours."""

    def __init__(self, model: "openvino.Model", value: Any) -> None:
        openvino = import_openvino()
        parameter = model.input(0).get_node()
        self.shape = [
            length.get_length() if length.is_static else _ANY_SIZE if axis else 1
            for axis, length in enumerate(parameter.get_partial_shape())
        ]
        self._type = parameter.get_element_type().to_dtype()
        self._compiled = openvino.Core().compile_model(
            openvino.Model([value], [parameter]), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
        )

    def made_of(self, value: float, channel_axis: int = 0, channel: int | None = None) -> NDArray[np.float64]:
        """What they make of a picture that has this value, or has it in one channel and else 0."""
        picture = np.full(self.shape, value)
        if channel is not None:
            picture = np.zeros(self.shape)
            np.moveaxis(picture, channel_axis, 0)[channel] = value
        return np.asarray(self._compiled(picture.astype(self._type))[0], np.float64).ravel()


def _facts(model: "openvino.Model", value: Any, takers: Sequence[Any], channel_axis: int) -> dict[str, Any]:
    scale, zero = _scale_and_zero(_Steps(model, value), channel_axis)
    name = _range_of(scale, zero) or _range_within(model, takers, scale, zero)
    facts = {"range": name} if name else {}
    if len(zero) == 3:
        means = zero if name == "0-to-255" else 255 * zero if name == "0-to-1" else np.zeros(3)
        for order, imagenet in (("rgb", (123.7, 116.5, 103.7)), ("bgr", (103.7, 116.5, 123.7))):
            if np.allclose(means, imagenet, rtol=0, atol=1):
                facts["channel-order"] = order
    return facts


def _scale_and_zero(steps: _Steps, channel_axis: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how much each channel is multiplied, and which value of it becomes 0; NaN where channels mix."""
    bright = 100.0  # within any 8-bit type
    of_black = steps.made_of(0)
    of_white = (steps.made_of(bright) - of_black) / bright
    scales, zeros = [], []
    for channel in range(steps.shape[channel_axis]):
        change = (steps.made_of(bright, channel_axis, channel) - of_black) / bright
        strong = np.abs(change) > np.abs(change).max(initial=0) / 2  # no other channel, no border
        alone = strong.any() and np.allclose(change[strong], of_white[strong], rtol=0.01, atol=0)
        scale = np.median(change[strong]) if alone else np.nan
        scales.append(scale)
        zeros.append(-np.median(of_black[strong]) / scale if alone else np.nan)
    return np.array(scales), np.array(zeros)


def _range_of(scale: NDArray[np.float64], zero: NDArray[np.float64]) -> str:
    """The range that scaling and shifting is made for; empty where it could be for several.

    A network may begin with a normalization that it has learned, so numbers that several ranges could have
    led to tell nothing.
    """
    small = (scale > 1 / 1000) & (scale < 1 / 50) & (zero > -20)
    if np.all(small | ((zero > 20) & (zero < 260))):
        return "0-to-255"
    if np.all((scale > 0) & (abs(zero + 1) < 0.01)) or np.all((abs(scale - 127.5) < 2) & (abs(zero) < 0.5)):
        return "minus-1-to-1"
    usual = (scale > 3.3) & (zero > 0.2) & (zero < 0.8)  # a mean, and a deviation of less than 0.3
    around_half = (scale > 0.9) & (abs(zero - 0.5) < 0.01)
    to_8_bit = (abs(scale - 255) < 3) & (zero > -0.02) & (zero < 0.8)
    return "0-to-1" if np.all(usual | around_half | to_8_bit) else ""


def _range_within(
    model: "openvino.Model", takers: Sequence[Any], scale: NDArray[np.float64], zero: NDArray[np.float64]
) -> str:
    """The range that values are limited to after the first steps; empty where they are not."""
    for step in takers:
        limits = [0.0, 255.0] if _is_8_bit(step.output(0)) else []
        while step.get_type_name() in _LIMIT:
            steps = _Steps(model, step.output(0))
            limits = [float(np.median(steps.made_of(value))) for value in (-_BEYOND, _BEYOND)]
            step = next(iter(step.output(0).get_target_inputs())).get_node()
        for name, (least, most) in _BOUNDS.items() if limits else ():
            low, high = (np.median(limit / scale + zero) for limit in limits)
            if max(abs(low - least), abs(high - most)) < 0.02 * (most - least):
                return name
    return ""


def _is_8_bit(value: Any) -> bool:
    return value.get_element_type().to_string() in ("u8", "uint8_t")


def _is_constant(step: Any) -> bool:
    sources = [value.get_node() for value in step.input_values()]
    return step.get_type_name() == "Constant" or (bool(sources) and all(map(_is_constant, sources)))

"""Networks that OpenVINO reads as they are: ``.onnx``, its own ``.xml``, and SavedModel folders."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ClassifierError
from ..openvino_runtime import import_openvino, read_model
from .exports import from_metadata
from .graph_facts import last_activation, range_facts
from .network_facts import NetworkFacts, check_one_of_each, input_facts, output_units, outputs_fact

if TYPE_CHECKING:
    import keras
    import openvino

SUFFIXES = (".onnx", ".xml")


def is_saved_model(path: Path) -> bool:
    """Whether a path is a SavedModel folder."""
    return (path / "saved_model.pb").is_file()


def read(path: Path, input_shape: Sequence[int]) -> "openvino.Model":
    """Read a network for one picture at a time, 32-bit floats in and out; see `ready`.

    Raises
    ------
    ClassifierError
        The file is damaged, or its network does not take pictures of this shape.
    """
    return ready(path, _read(path), input_shape)


def ready(path: Path, model: "openvino.Model", input_shape: Sequence[int]) -> "openvino.Model":
    """Make a network take one picture of a shape at a time, 32-bit floats in and out.

    Raises
    ------
    ClassifierError
        It does not take pictures of this shape.
    """
    from openvino import Type
    from openvino.preprocess import PrePostProcessor

    try:
        model.reshape([1, *input_shape])
        ends = PrePostProcessor(model)
        ends.input().tensor().set_element_type(Type.f32)
        ends.output().tensor().set_element_type(Type.f32)
        return ends.build()
    except RuntimeError as error:
        raise ClassifierError(
            "{path} is a network that can't take pictures of the shape {shape}.",
            path=path,
            shape=tuple(input_shape),
        ) from error


def build_saved_model(path: Path, input_shape: Sequence[int]) -> "keras.Model":
    """Wrap a SavedModel for TensorFlow."""
    import keras

    picture = keras.Input(input_shape)
    (answer,) = keras.layers.TFSMLayer(path, call_endpoint="serving_default")(picture).values()
    return keras.Model(picture, answer)


def inspect(path: Path) -> NetworkFacts:
    """Find out what the file tells about its network.

    Raises
    ------
    ClassifierError
        The file is damaged, or is no classifier of pictures.
    """
    return facts_of(path, _read(path))


def facts_of(path: Path, model: "openvino.Model") -> NetworkFacts:
    """Find out what a network that OpenVINO has read tells; `path` is for messages.

    Raises
    ------
    ClassifierError
        It is no classifier of pictures.
    """
    check_one_of_each(path, len(model.inputs), len(model.outputs))
    units = output_units(path, _shape(path, model.output(0)))
    settings = input_facts(path, _shape(path, model.input(0)))
    if "layout" in settings:
        settings |= range_facts(model, 1 if settings["layout"] == "channels-first" else -1)
    settings |= outputs_fact(last_activation(model.output(0)), units)
    told, labels = from_metadata(_metadata(model))
    # What it does itself is certain; metadata can be those of the network that was put into it.
    return NetworkFacts(units, told | settings, labels)


def _metadata(model: "openvino.Model") -> dict[str, str]:
    """What an ONNX file's writer put into it, by name."""
    if not model.has_rt_info(["framework"]):
        return {}
    return {name: str(value) for name, value in model.get_rt_info(["framework"]).value.items()}


def _read(path: Path) -> "openvino.Model":
    try:
        import_openvino()
    except ImportError as error:
        raise ClassifierError(
            "{path} needs OpenVINO, which can't be loaded on this machine: pip install --force-reinstall "
            "openvino.",
            path=path,
        ) from error

    if path.suffix.lower() == ".xml" and not path.with_suffix(".bin").is_file():
        raise ClassifierError(
            "{path} needs {weights} beside it, which holds its weights.",
            path=path,
            weights=path.with_suffix(".bin").name,
        )
    try:
        return read_model(path)
    except Exception as error:  # openvino's readers have exceptions of their own
        raise ClassifierError(
            "{path} is damaged, or holds no network that OpenVINO can run.", path=path
        ) from error


def _shape(path: Path, end: Any) -> list[int | None]:
    shape = end.get_partial_shape()
    if shape.rank.is_dynamic:
        raise ClassifierError(
            "{path} is a network whose inputs and outputs have no definite shape, so it can't be used.",
            path=path,
        )
    return [None if length.is_dynamic else length.get_length() for length in shape]

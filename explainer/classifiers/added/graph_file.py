"""Networks that OpenVINO reads: ``.onnx``, ``.tflite``, frozen ``.pb``, its own ``.xml``, and SavedModels."""

import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import ClassifierError
from ..openvino_runtime import import_openvino, read_model, reasons_of
from . import onnx_file
from .exports import from_metadata
from .graph_facts import last_activation, range_facts
from .labels import tidy
from .network_facts import NetworkFacts, check_one_of_each, input_facts, output_units, outputs_fact, told

if TYPE_CHECKING:
    import keras
    import openvino

SUFFIXES = (".onnx", ".tflite", ".pb", ".xml")

_PICTURES = ("f16", "bf16", "f32", "f64", "u8", "i8")
_DEFAULT_SIGNATURE = b"\n\x0fserving_default\x12"  # a key, as protobuf writes it
_QUANTIZED = ("u8", "i8", "u16", "i16")
_LARGEST_LABELS = 1_000_000  # bytes
_LEAST_GREY_SIDE = 16  # pixels: what is smaller is a sequence rather than a picture


class Graph(NamedTuple):
    """A network that takes pictures, and answers with one list of numbers.

    Attributes
    ----------
    model : openvino.Model
        As OpenVINO runs it.
    outputs : tuple of str
        The names of all outputs that its file has, first the one that is used.
    is_changed : bool
        Whether it is not just what its file holds.
    metadata : mapping of str to str
        What an ONNX file's writer put into it, by name.
    labels : tuple of str, optional
        The class names that the file has.
    """

    model: "openvino.Model"
    outputs: tuple[str, ...]
    is_changed: bool
    metadata: Mapping[str, str]
    labels: tuple[str, ...] | None = None


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
    from openvino import Type, opset13
    from openvino.preprocess import PrePostProcessor

    least, most = {"u8": (0.0, 255.0), "i8": (-128.0, 127.0)}.get(_kind(model.input(0)), (0.0, 0.0))

    def rounded(values: Any) -> Any:  # where a mere conversion cuts off what is behind the point
        return opset13.clamp(opset13.round(values, "half_to_even"), least, most).output(0)

    try:
        model.reshape([1, *input_shape])
        ends = PrePostProcessor(model)
        ends.input().tensor().set_element_type(Type.f32)
        if most:
            ends.input().preprocess().custom(rounded)
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


def load(path: Path, output: str = "", classes: int | None = None) -> Graph:
    """Read a network that is to be added; see `classifying`.

    Raises
    ------
    ClassifierError
        The file can't be read, or is no classifier of pictures.
    """
    network, labels = onnx_file.read(path) if path.suffix.lower() == ".onnx" else (b"", _labels_within(path))
    graph = classifying(path, _read(path, network), output, classes)
    if path.is_dir() and _DEFAULT_SIGNATURE not in (path / "saved_model.pb").read_bytes():
        graph = graph._replace(is_changed=True)  # TensorFlow would have to be told what to ask
    return graph._replace(labels=labels)


def classifying(path: Path, model: "openvino.Model", output: str = "", classes: int | None = None) -> Graph:
    """Make a network take pictures that have channels, and answer with a number for each class only.

    Parameters
    ----------
    path : Path
        For messages.
    model : openvino.Model
        As OpenVINO has read it.
    output : str
        The name of the output that answers with the classes; found out where it is empty.
    classes : int, optional
        How many there are, where that is known.

    Raises
    ------
    ClassifierError
        It is no classifier of pictures, or several outputs could be the classes.
    """
    openvino = import_openvino()
    metadata = _metadata(model)
    chosen = _chosen(path, model.outputs, output, classes)
    names = [_name(end) for end in model.outputs]
    outputs = (names.pop(chosen), *names)
    value = _before_quantization(model.output(chosen))
    parameters = _parameters(value)
    check_one_of_each(path, len(parameters), 1)
    is_changed = len(model.inputs) + len(model.outputs) > 2 or _kind(value) != _kind(model.output(chosen))
    if is_changed:
        model = openvino.Model([value], parameters, "network")
    shape = _shape(path, model.input(0))
    sides = [side or 0 for side in shape[1:]]
    if len(shape) == 3 and min(sides) >= _LEAST_GREY_SIDE:
        model, is_changed = _with_a_channel(model), True
    return Graph(model, outputs, is_changed, metadata)


def facts_of(path: Path, graph: Graph) -> NetworkFacts:
    """Find out what a network tells; `path` is for messages.

    Raises
    ------
    ClassifierError
        It is no classifier of pictures.
    """
    model = graph.model
    units = output_units(path, _shape(path, model.output(0)))
    settings = input_facts(path, _shape(path, model.input(0)))
    if (kind := _kind(model.input(0))) not in _PICTURES:
        raise ClassifierError(
            "{path} is a network for values of the type {kind}, and pictures are given as 8-bit or "
            "floating-point numbers: export it with such an input.",
            path=path,
            kind=kind,
        )
    if "layout" in settings:
        settings |= range_facts(model, 1 if settings["layout"] == "channels-first" else -1)
    settings |= outputs_fact(last_activation(model.output(0)), units)
    described, labels = from_metadata(graph.metadata)
    if graph.labels and units in (None, len(graph.labels)):
        labels = graph.labels
    # What it does itself is certain; metadata can be those of the network that was put into it.
    return NetworkFacts(units, described | settings, labels, outputs=graph.outputs)


def write(model: "openvino.Model", path: Path) -> None:
    """Write a network in OpenVINO's format; the same network becomes the same file."""
    for number, step in enumerate(model.get_ordered_ops()):
        step.set_friendly_name(str(number))  # else some are named by a number that counts up
    import_openvino().save_model(model, path, compress_to_fp16=False)


def _metadata(model: "openvino.Model") -> dict[str, str]:
    """What an ONNX file's writer put into it, by name."""
    if not model.has_rt_info(["framework"]):
        return {}
    return {name: str(value) for name, value in model.get_rt_info(["framework"]).value.items()}


def _read(path: Path, network: bytes = b"") -> "openvino.Model":
    try:
        openvino = import_openvino()
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
        return openvino.Core().read_model(network) if network else _read_file(path)
    except Exception as error:  # openvino's readers have exceptions of their own
        reasons = reasons_of(error)
        if path.suffix.lower() == ".onnx":  # which was read before, so it is not damaged
            reasons = reasons or str(error).strip().splitlines()[-1:]
        if reasons:
            raise ClassifierError(
                "OpenVINO can't run {path}: {reason}.", path=path, reason="; ".join(reasons).rstrip(".")
            ) from error
        raise ClassifierError(
            "{path} is damaged, or holds no network that OpenVINO can run.", path=path
        ) from error


def _labels_within(path: Path) -> tuple[str, ...] | None:
    """The class names in the archive that tools append to a TFLite file."""
    if path.suffix.lower() != ".tflite" or not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            files = [file for file in archive.infolist() if file.filename.endswith(".txt")]
            if len(files) != 1 or files[0].file_size > _LARGEST_LABELS:
                return None
            lines = archive.read(files[0]).decode(errors="replace").splitlines()
    except Exception as error:  # a damaged archive raises nearly anything
        raise ClassifierError(
            "{path} is damaged, or holds no network that OpenVINO can run.", path=path
        ) from error
    return tuple(tidy(line) for line in lines if tidy(line))


def _read_file(path: Path) -> "openvino.Model":
    if path.suffix != path.suffix.lower() == ".tflite":  # which is known by its name, in small letters only
        with tempfile.TemporaryDirectory() as folder:
            return read_model(Path(shutil.copyfile(path, Path(folder, "network.tflite"))))
    return read_model(path)


def _chosen(path: Path, ends: Sequence[Any], output: str, classes: int | None) -> int:
    """Which of a network's outputs answers with the classes."""
    fitting = [number for number, end in enumerate(ends) if output in (*end.get_names(), _name(end))]
    if output and not fitting:
        raise ClassifierError(
            "{path} has no output {output}; its outputs are {outputs}.",
            path=path,
            output=output,
            outputs=", ".join(map(_told, ends)),
        )
    if output or len(ends) == 1:
        return fitting[0] if output else 0
    units = [_units(end) for end in ends]
    fitting = [number for number, its_units in enumerate(units) if its_units]
    if not fitting:
        raise ClassifierError(
            "{path} is a network whose outputs are {outputs}, none of them a number for each class, as those "
            "have that find or cut out objects, so it is no classifier.",
            path=path,
            outputs=", ".join(map(_told, ends)),
        )
    fitting = [number for number in fitting if classes in (None, units[number])] or fitting
    probable = [number for number in fitting if last_activation(ends[number]) in ("softmax", "sigmoid")]
    for found in (fitting, probable):
        if len(found) == 1:
            return found[0]
    raise ClassifierError(
        "{path} has several outputs that could be the classes, {outputs}: --output names the right one.",
        path=path,
        outputs=", ".join(_told(ends[number]) for number in fitting),
    )


def _units(end: Any) -> int:
    """How many classes an output could stand for; 0 where it can't, -1 where that is open."""
    value, shape = _before_quantization(end), end.get_partial_shape()
    if _kind(value) not in _PICTURES or shape.rank.is_dynamic or len(_parameters(value)) != 1:
        return 0
    lengths = [-1 if length.is_dynamic else length.get_length() for length in shape][1:]
    long = [length for length in lengths if length != 1]
    return 0 if not lengths or len(long) > 1 else long[0] if long else 2


def _before_quantization(end: Any) -> Any:
    """What an output answers with, before it is made 8-bit numbers."""
    value = _source(end)
    if _kind(value) in _QUANTIZED:
        while value.get_node().get_type_name() in ("Convert", "FakeQuantize"):
            value = value.get_node().input_value(0)
    return value


def _parameters(value: Any) -> list[Any]:
    """The inputs that a value depends on."""
    found, seen, left = [], set(), [value.get_node()]
    while left:
        step = left.pop()
        if step.get_name() not in seen:
            seen.add(step.get_name())
            left += [source.get_node() for source in step.input_values()]
            found += [step] if step.get_type_name() == "Parameter" else []
    return found


def _with_a_channel(model: "openvino.Model") -> "openvino.Model":
    """The same network for grey pictures that have an axis of channels."""
    from openvino import opset13

    old = model.input(0).get_node()
    picture = opset13.parameter([*old.get_partial_shape(), 1], old.get_element_type(), "picture")
    squeezed = opset13.squeeze(picture, [3])
    for taker in old.output(0).get_target_inputs():
        taker.replace_source_output(squeezed.output(0))
    return import_openvino().Model(model.get_results(), [picture], "network")


def _source(end: Any) -> Any:
    return end.get_node().input_value(0)


def _kind(value: Any) -> str:
    return str(value.get_element_type().get_type_name())


def _name(end: Any) -> str:
    names = end.get_names() or {end.get_node().get_friendly_name()}
    return str(min(names, key=lambda name: (len(name), name)))


def _told(end: Any) -> str:
    shape = end.get_partial_shape()
    return f"{_name(end)} {'' if shape.rank.is_dynamic else told(_lengths(shape))}".rstrip()


def _lengths(shape: Any) -> list[int | None]:
    return [None if length.is_dynamic else length.get_length() for length in shape]


def _shape(path: Path, end: Any) -> list[int | None]:
    shape = end.get_partial_shape()
    if shape.rank.is_dynamic:
        raise ClassifierError(
            "{path} is a network whose inputs and outputs have no definite shape, so it can't be used.",
            path=path,
        )
    return _lengths(shape)

"""ONNX files as they are written: weights in other files, and outputs that are no tensors."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ClassifierError

if TYPE_CHECKING:
    import onnx


def read(path: Path) -> "tuple[bytes, tuple[str, ...] | None]":
    """Read a file whose outputs have to be replaced before OpenVINO can read it.

    Classifiers of scikit-learn's kind answer with a name and with a map from names to probabilities. The
    tensor that the map is made of takes its place.

    Returns
    -------
    network : bytes
        The file as OpenVINO can read it; empty if it can as it is.
    labels : tuple of str or None
        The class names that the map has.

    Raises
    ------
    ClassifierError
        It is damaged, or a file with its weights is missing or somewhere else.
    """
    import onnx

    try:
        network = onnx.load(path, format="protobuf", load_external_data=False)
        if not network.graph.node:
            raise ValueError
    except Exception as error:  # protobuf has exceptions of its own, of several kinds
        raise ClassifierError("{path} is damaged, or holds no network in ONNX format.", path=path) from error
    is_external = _check_files(path, network.graph)
    kept, labels = [], None
    for output in network.graph.output:
        if output.type.WhichOneof("value") != "tensor_type":
            source = next((node for node in network.graph.node if output.name in node.output), None)
            if source is not None and source.op_type in ("ZipMap", "SequenceConstruct", "SplitToSequence"):
                kept.append(onnx.helper.make_tensor_value_info(source.input[0], onnx.TensorProto.FLOAT, None))
                labels = labels or _labels(source)
        elif output.type.tensor_type.elem_type != onnx.TensorProto.STRING:
            kept.append(output)
    if len(kept) == len(network.graph.output) and labels is None and kept == [*network.graph.output]:
        return b"", None
    del network.graph.output[:]
    network.graph.output.extend(kept)
    if is_external:
        onnx.load_external_data_for_model(network, str(path.parent))
    return network.SerializeToString(), labels


def _labels(node: "onnx.NodeProto") -> tuple[str, ...] | None:
    for attribute in node.attribute:
        if attribute.name == "classlabels_strings":
            return tuple(name.decode(errors="replace") for name in attribute.strings)
    return None


def _check_files(path: Path, graph: "onnx.GraphProto") -> bool:
    """Look for the other files that hold weights, if there are any; they may only lie in the same folder."""
    names = {
        entry.value for tensor in _tensors(graph) for entry in tensor.external_data if entry.key == "location"
    }
    folder = path.parent.resolve()
    for name in sorted(names):
        file = (path.parent / name).resolve()
        if not file.is_relative_to(folder):
            raise ClassifierError(
                "{path} wants its weights from {file}, which is outside of its folder, so they are not read: "
                "copy that file, and not a link to it, into the folder of the network, and export the "
                "network again if it does not look for it there.",
                path=path,
                file=file,
            )
        if not file.is_file():
            raise ClassifierError(
                "{path} needs {weights} beside it, which holds its weights.", path=path, weights=name
            )
    return bool(names)


def _tensors(graph: "onnx.GraphProto") -> Iterator[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)

"""The second inference protocol of KServe, which Triton, OpenVINO's server, MLServer and others speak too.

References
----------
https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
https://github.com/triton-inference-server/server/tree/main/docs/protocol
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....errors import ClassifierError
from ..network_facts import NetworkFacts
from .address import extended, machine
from .connection import Connection
from .wire import (
    as_type,
    check_one_input,
    chosen_output,
    dtype_of,
    facts_of_input,
    in_json,
    inner,
    settings_of,
    units_of,
    without,
)

_DTYPES = {"FP16": "float16", "FP32": "float32", "FP64": "float64", "UINT8": "uint8", "INT32": "int32"}
_DATATYPES = {dtype: datatype for datatype, dtype in _DTYPES.items()}
_NUMBERS = "\ue000"  # in their place, until they are written
_VERSION = re.compile(r"/versions/([^/?]+)")


@dataclass(frozen=True)
class KServe:
    """How a network behind such a server is asked.

    Attributes
    ----------
    url : str
        Of the network, such as ``http://localhost:8000/v2/models/cats``.
    input, output : str
        The names of the network's input, and of the output that answers with the classes.
    dtype : str
        One of `DTYPES`.
    batched : bool
        Whether the input has a place for several pictures.
    binary : bool
        Whether the server takes numbers as bytes, by Triton's extension.
    exactly : int
        How many pictures each question has to have; any number where it is 0.
    """

    url: str
    input: str
    output: str
    dtype: str = "float32"
    batched: bool = True
    binary: bool = False
    exactly: int = 0
    title: ClassVar[str] = "KServe"

    @property
    def sends(self) -> str:
        return "bytes" if self.binary else "numbers"

    @classmethod
    def found(
        cls, url: str, connection: Connection, output: str, classes: int
    ) -> tuple["KServe", NetworkFacts, int]:
        """Look up what the server tells of a network.

        Returns
        -------
        protocol : KServe
        facts : NetworkFacts
        pictures : int
            How many it takes at once; 0 where that is open.

        Raises
        ------
        ClassifierError
            It can't be reached, tells nothing, or takes no pictures.
        """
        where = machine(url)
        url = without(url, "/infer")
        told = connection.look_up(url, needed=True)
        inputs, outputs = _tensors(told, "inputs"), _tensors(told, "outputs")
        if not inputs or not outputs:
            raise ClassifierError(
                "{machine} does not tell what the network takes and answers: its address is written like "
                "https://HOST/v2/models/NAME, and where that is right, --template says what it is sent.",
                machine=where,
            )
        check_one_input(len(inputs), where)
        ((name, (datatype, shape)),) = inputs.items()
        dtype = dtype_of(datatype, _DTYPES, where)
        batched = len(shape) != 3
        settings = facts_of_input(shape if batched else [1, *shape], dtype, where)
        units = {key: units_of(of if batched else [1, *of], where) for key, (_, of) in outputs.items()}
        names = chosen_output([*units.items()], output, classes, where)
        exactly = (shape[0] or 0) if batched else 1
        most = exactly or _largest_batch(url, connection)
        server = connection.look_up(url[: url.index("/models/")]) if "/models/" in url else None
        binary = "binary_tensor_data" in (inner(server, "extensions") or ())
        if datatype == "FP16" and not binary:
            raise ClassifierError(
                "The network at {machine} takes 16-bit floats, which only bytes can hold, and the server "
                "takes none.",
                machine=where,
            )
        protocol = cls(url, name, names[0], dtype, batched, binary, exactly)
        return protocol, NetworkFacts(units[names[0]], settings, outputs=names), most

    def settings(self) -> dict[str, Any]:
        """As a description file has them."""
        return settings_of(self)

    def version(self, connection: Connection, needed: bool = False) -> str:
        """The version that is served now; empty where that is not told."""
        if pinned := _VERSION.search(self.url):
            return pinned[1]
        versions = inner(connection.look_up(self.url, needed), "versions")
        return ", ".join(map(str, versions)) if isinstance(versions, list) else ""

    def ask(self, pictures: NDArray[np.float32], connection: Connection) -> Any:
        """What the network answers: numbers, those of the first picture first.

        Raises
        ------
        ClassifierError
            It does not.
        """
        numbers = as_type(pictures, self.dtype)
        tensor: dict[str, Any] = {
            "name": self.input,
            "shape": numbers.shape if self.batched else numbers.shape[1:],
            "datatype": _DATATYPES[self.dtype],
        }
        headers = {"Content-Type": "application/json"}
        if self.binary:
            content = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes()
            tensor["parameters"] = {"binary_data_size": len(content)}
        else:
            tensor["data"] = _NUMBERS
        text = json.dumps({"inputs": [tensor], "outputs": [{"name": self.output}]}, ensure_ascii=False)
        if self.binary:
            body = text.encode()
            headers = {
                "Content-Type": "application/octet-stream",
                "Inference-Header-Content-Length": str(len(body)),
            }
            body += content
        else:
            body = text.replace(f'"{_NUMBERS}"', in_json(numbers.ravel())).encode()
        answer = connection.ask(extended(self.url, "/infer"), body, headers)
        tensors = inner(answer, "outputs")
        found = [
            tensor
            for tensor in (tensors if isinstance(tensors, list) else ())
            if inner(tensor, "name") == self.output or len(tensors) == 1
        ]
        return inner(found[0], "data") if found else None


def _tensors(told: Any, name: str) -> dict[str, tuple[str, list[int | None]]]:
    """By name the type and the shape of each; a number is None where it may be any."""
    tensors = inner(told, name)
    return {
        str(tensor["name"]): (
            str(tensor.get("datatype")),
            [size if isinstance(size, int) and size > 0 else None for size in tensor.get("shape") or ()],
        )
        for tensor in (tensors if isinstance(tensors, list) else ())
        if isinstance(tensor, Mapping) and "name" in tensor
    }


def _largest_batch(url: str, connection: Connection) -> int:
    """What Triton's configuration of the network says; 0 where nothing says it."""
    most = inner(connection.look_up(extended(url, "/config")), "max_batch_size")
    return most if isinstance(most, int) else 0

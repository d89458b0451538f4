"""TensorFlow Serving's REST interface, which KServe's first protocol and Vertex AI have taken over.

References
----------
https://www.tensorflow.org/tfx/serving/api_rest
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

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

_USUAL = "serving_default"
_DTYPES = {
    "DT_HALF": "float16", "DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_BFLOAT16": "float32",
    "DT_UINT8": "uint8", "DT_INT32": "int32",
}  # fmt: skip


@dataclass(frozen=True)
class TensorFlowServing:
    """How a network behind TensorFlow Serving is asked.

    Attributes
    ----------
    url : str
        Of the network, such as ``http://localhost:8501/v1/models/cats``.
    dtype : str
        One of `DTYPES`.
    signature, output : str
        Names; empty for the usual signature, and where there is one output only.
    exactly : int
        How many pictures each question has to have; any number where it is 0.
    """

    url: str
    dtype: str = "float32"
    signature: str = ""
    output: str = ""
    exactly: int = 0
    title: ClassVar[str] = "TensorFlow Serving"
    sends: ClassVar[str] = "numbers"

    @classmethod
    def found(
        cls, url: str, connection: Connection, output: str, classes: int
    ) -> tuple["TensorFlowServing", NetworkFacts, int]:
        """Look up what the server tells of a network.

        Returns
        -------
        protocol : TensorFlowServing
        facts : NetworkFacts
        pictures : int
            How many it takes at once; 0 where that is open.

        Raises
        ------
        ClassifierError
            It can't be reached, or takes no pictures.
        """
        where = machine(url)
        url = without(url, ":predict")
        told = connection.look_up(extended(url, "/metadata"))
        signatures = inner(told, "metadata", "signature_def", "signature_def")
        if not isinstance(signatures, Mapping):
            return cls(url, output=output), NetworkFacts(None, {}), 0
        asked = {
            name: signature
            for name, signature in signatures.items()
            if inner(signature, "inputs") and inner(signature, "outputs")
        }
        name = _USUAL if _USUAL in asked else next(iter(asked), "")
        inputs, outputs = inner(asked, name, "inputs"), inner(asked, name, "outputs")
        whole = isinstance(inputs, Mapping) and isinstance(outputs, Mapping)
        check_one_input(len(inputs) if whole else 0, where)
        (taken,) = inputs.values()
        dtype = dtype_of(str(inner(taken, "dtype")), _DTYPES, where)
        shape = _shape(taken)
        settings = facts_of_input(shape, dtype, where)
        units = {key: units_of(_shape(value), where) for key, value in outputs.items()}
        names = chosen_output([*units.items()], output, classes, where)
        facts = NetworkFacts(units[names[0]], settings, outputs=names)
        exactly = (shape[0] or 0) if shape else 0
        return cls(url, dtype, "" if name == _USUAL else name, names[0], exactly), facts, exactly

    def settings(self) -> dict[str, Any]:
        """As a description file has them."""
        return settings_of(self)

    def version(self, connection: Connection, needed: bool = False) -> str:
        """The version that is served now; empty where that is not told."""
        told = connection.look_up(extended(self.url, "/metadata"), needed)
        return str(inner(told, "model_spec", "version") or "")

    def ask(self, pictures: NDArray[np.float32], connection: Connection) -> Any:
        """What the network answers: a row for each picture.

        Raises
        ------
        ClassifierError
            It does not.
        """
        named = f'"signature_name":{json.dumps(self.signature)},' if self.signature else ""
        body = f'{{{named}"instances":{in_json(as_type(pictures, self.dtype))}}}'
        answer = connection.ask(
            extended(self.url, ":predict"), body.encode(), {"Content-Type": "application/json"}
        )
        rows = inner(answer, "predictions")
        if rows is None:
            rows = inner(answer, "outputs")
        if isinstance(rows, list) and rows and all(isinstance(row, Mapping) for row in rows):
            rows = [self._of_output(row) for row in rows]
        elif isinstance(rows, Mapping):
            rows = self._of_output(rows)
        return rows

    def _of_output(self, row: Mapping[str, Any]) -> Any:
        return next(iter(row.values())) if len(row) == 1 else row.get(self.output)


def _shape(tensor: Any) -> list[int | None]:
    """The batch first; empty where it is not told."""
    dims = inner(tensor, "tensor_shape", "dim")
    if inner(tensor, "tensor_shape", "unknown_rank") or not isinstance(dims, list):
        return []
    sizes = [str(inner(dim, "size")) for dim in dims]  # -1 for any
    return [int(size) if size.isdecimal() else None for size in sizes]

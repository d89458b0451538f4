"""Networks that have learned nothing: trained ones whose weights change places at random."""

import hashlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ClassifierError

if TYPE_CHECKING:
    import openvino

_WEIGHTED = (
    "Convolution",
    "GroupConvolution",
    "ConvolutionBackpropData",
    "GroupConvolutionBackpropData",
    "MatMul",
)
# What may stand between weights and the bias that is added to what they make.
_LINEAR = ("Add", "BatchNormInference", "Convert", "FakeQuantize", "Multiply", "Reshape", "Subtract")


def permuted(model: "openvino.Model", seed: int, name: str) -> "openvino.Model":
    """Permute the weights of each convolution and matrix product of a network, which is changed.

    Biases become 0, as those of a new network are: next to weights that they don't belong to they outweigh
    the picture, so that all pictures get much the same answer. Scales stay.

    Parameters
    ----------
    model : openvino.Model
        In any precision.
    seed : int
        Where each value goes follows from it and from the values, whatever order the network has them in.
    name : str
        The network's, for messages.

    Raises
    ------
    ClassifierError
        It has no such weights.
    """
    from openvino import opset13

    weights, biases = _weights_and_biases(model)
    if not weights:
        raise ClassifierError("The network {name} has no weights that could be made random.", name=name)
    for constant in weights:
        values = constant.get_data(dtype=np.float32)  # which holds those of 4, 8 and 16 bits too
        digest = hashlib.sha256(seed.to_bytes(4, "big") + values.tobytes()).digest()
        random = np.random.RandomState(np.frombuffer(digest, np.uint32))
        shuffled = random.permutation(values.ravel()).reshape(values.shape)
        replacement = opset13.constant(shuffled, constant.get_element_type())
        for taker in constant.output(0).get_target_inputs():
            taker.replace_source_output(replacement.output(0))
    for end in biases:
        shape = [*end.get_partial_shape().to_shape()]
        zeros = opset13.constant(np.zeros(shape, np.float32), end.get_element_type())
        end.replace_source_output(zeros.output(0))
    return model


def _weights_and_biases(model: "openvino.Model") -> tuple[list[Any], list[Any]]:
    """The constants that weights are, and the inputs at which biases come in.

    Quantized weights have a scale and a zero point, and perhaps other steps on their way.
    """
    origins: dict[str, Any] = {}  # of each step that follows from constants, the largest of them
    products = set()  # steps that give what weights have made of a picture, and nothing else yet
    weights: dict[str, Any] = {}
    biases = []
    for step in model.get_ordered_ops():
        name, kind = step.get_name(), step.get_type_name()
        sources = [source.get_node().get_name() for source in step.input_values()]
        constants = [origins[source] for source in sources if source in origins]
        if kind == "Constant":
            origins[name] = step
        elif kind in _WEIGHTED:
            weights |= {constant.get_name(): constant for constant in constants}
            products.add(name)
        elif sources and len(constants) == len(sources):
            origins[name] = max(constants, key=lambda constant: math.prod(constant.shape))
        elif kind in _LINEAR and len(constants) == len(sources) - 1 and {*sources} & products:
            products.add(name)
            if kind == "BatchNormInference":
                biases += [step.input(2), step.input(3)]  # its offset, and the mean of what comes in
            elif kind in ("Add", "Subtract") and math.prod(constants[0].shape) > 1:  # x + 3, say, is no bias
                biases += [
                    end for end, source in zip(step.inputs(), sources, strict=True) if source in origins
                ]
    return [*weights.values()], biases

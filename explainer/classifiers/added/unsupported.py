"""Files that hold no network that can be used: what they are, by first bytes or by name, and what to do."""

import re
from pathlib import Path

from ...errors import ClassifierError

ONLY_WEIGHTS = ClassifierError(
    "{path} holds weights without their network: add the file of the network itself, or build the network in "
    "the program that trained it, load the weights there and save all of it, in Keras by network.save, in "
    "PyTorch by torch.onnx.export.",
    path="",
)

_START = 300
"""How many first bytes are looked at."""

_BY_START: tuple[tuple[bytes, ClassifierError], ...] = (
    (rb"\Z", ClassifierError("{path} is an empty file: copy or download it again.", path="")),
    (
        rb"version https://git-lfs",
        ClassifierError(
            "{path} is not the network, but stands for it in a Git repository: git lfs pull downloads the "
            "network.",
            path="",
        ),
    ),
    (
        rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head)",
        ClassifierError(
            "{path} is a web page, and not a network: download it again, by the link to the file itself.",
            path="",
        ),
    ),
    (
        rb"\x80[\x02-\x05]|PK\x03\x04.{26}[^/]{1,99}/(?:data\.pkl|\.format|byteorder|version|code/|constants)",
        ClassifierError(
            "{path} was written by PyTorch or pickle and can be a program, so it is not opened: in PyTorch, "
            'torch.onnx.export(network.eval(), torch.zeros(1, 3, 224, 224), "network.onnx") writes what can '
            "be added, and Classifier.from_function takes any function that asks a network.",
            path="",
        ),
    ),
    (
        rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ",
        ClassifierError("{path} is an archive: unpack it, and add the network that is in it.", path=""),
    ),
)  # fmt: skip
_BY_NAME: tuple[tuple[str, ClassifierError], ...] = (
    (
        r"onnx[._]data",
        ClassifierError("{path} holds weights only: add the .onnx file that they belong to.", path=""),
    ),
    (
        r"weights\.h5|safetensors|bin|index|data-\d+-of-\d+|ckpt|meta|pdparams|npz|npy|weights",
        ONLY_WEIGHTS,
    ),
    (
        r"pt|pth|ptl|pte|mar",
        ClassifierError(
            "{path} is for PyTorch, which does not run here: in PyTorch, torch.onnx.export(network.eval(), "
            'torch.zeros(1, 3, 224, 224), "network.onnx") writes what can be added, and '
            "Classifier.from_function takes any function that asks a network.",
            path="",
        ),
    ),
    (
        r"pkl|pickle|joblib|sav",
        ClassifierError(
            "{path} holds Python objects, which can be a program, so it is not opened: export the network as "
            "ONNX, or write a function that asks it, for Classifier.from_function.",
            path="",
        ),
    ),
    (
        r"json",
        ClassifierError(
            "{path} describes a network and does not hold it: add the file with its weights, or, if it is "
            "for TensorFlow.js, what tensorflowjs_converter --input_format=tfjs_layers_model "
            "--output_format=keras makes of it.",
            path="",
        ),
    ),
    (
        r"engine|trt|plan|rknn|hef|blob",
        ClassifierError("{path} was compiled for one device: add the file that it was made from.", path=""),
    ),
    (
        r"mlmodel|mlmodelc|mlpackage|caffemodel|prototxt|pdmodel|param|params|cfg|mnn|t7|mat|ort|uff",
        ClassifierError(
            "{path} is in a format that can't be read: export the network as ONNX, with the tool that made "
            "it or with a converter, or write a function that asks it, for Classifier.from_function.",
            path="",
        ),
    ),
)


def check(path: Path) -> None:
    """Look whether a file or a folder is known to be something else than a network that can be used.

    Raises
    ------
    ClassifierError
        It is.
    """
    found = []
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(_START)
        flags = re.DOTALL | re.IGNORECASE
        found = [error for pattern, error in _BY_START if re.match(pattern, start, flags)]
    found += [error for ends, error in _BY_NAME if re.search(rf"\.(?:{ends})$", path.name.lower())]
    if found:
        raise found[0].about(path=path)

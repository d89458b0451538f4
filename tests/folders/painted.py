"""Photos of coloured discs on noise, and networks that tell them by what is known to decide.

The networks have weights that are written down here and not trained, so that they answer the same on every
machine; worker processes import this module.
"""

import os
import signal
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from explainer.__main__ import main
from tests.synthetic import Grid, LinearClassifier

SIDE = 64  # pixels, of the networks' input
MARK = 16  # pixels, of the watermark in the lower right corner
COLOURS = {"red_disc": (230, 40, 40), "green_disc": (40, 210, 60), "blue_disc": (50, 70, 240)}


def a_disc(colour: str, seed: int, mark: bool = False) -> Image.Image:
    """A disc of a class' colour somewhere on grey noise, another one for each seed."""
    random = np.random.RandomState(seed)
    pixels = np.repeat(random.randint(90, 160, (SIDE, SIDE, 1)), 3, axis=2).astype(np.uint8)
    down, across = random.randint(14, 28, 2)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    pixels[(rows - down) ** 2 + (columns - across) ** 2 < 9**2] = COLOURS[colour]
    if mark:
        pixels[-MARK:, -MARK:] = 255
    return Image.fromarray(pixels)


def write_photos(folder: Path, each: int, wrong: int = 0) -> None:
    """So many photos in a folder for each class; of the first class, so many lie in the wrong folder."""
    names = list(COLOURS)
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            shown = names[1] if number == 0 and i < wrong else name
            a_disc(shown, seed=100 * number + i).save(folder / name / f"{i}.png")


def add_colour_network(folder: Path, name: str = "colours", sharpness: float = 60.0) -> None:
    """Add a network that sees how much of a photo has each class' colour.

    Parameters
    ----------
    folder : pathlib.Path
        For the file that it is added from.
    name : str
        The classifier's.
    sharpness : float
        How sure it is of itself.
    """
    kernel = np.full((3, 3, 1, 1), -0.5, np.float32)
    kernel[range(3), range(3)] = 1  # how much redder than green and blue, and so on
    nodes = [
        helper.make_node("Conv", ["picture", "kernel", "bias"], ["excess"]),
        helper.make_node("Relu", ["excess"], ["colour"]),
        helper.make_node("GlobalAveragePool", ["colour"], ["amount"]),
        helper.make_node("Flatten", ["amount"], ["amounts"]),
        helper.make_node("Mul", ["amounts", "sharpness"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["answer"], axis=1),
    ]
    weights = {"kernel": kernel, "bias": np.full(3, -0.05, np.float32), "sharpness": np.float32(sharpness)}
    _add(folder, name, nodes, weights, list(COLOURS))


def add_watermark_network(folder: Path, name: str = "watermark") -> None:
    """Add a network that says `blue_disc` where the lower right corner is white, and else `red_disc`."""
    corner = np.zeros((3, SIDE, SIDE), np.float32)
    corner[:, -MARK:, -MARK:] = 20 / (3 * MARK * MARK)
    nodes = [
        helper.make_node("Flatten", ["picture"], ["pixels"]),
        helper.make_node("Gemm", ["pixels", "weights", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["answer"], axis=1),
    ]
    columns = np.stack([np.zeros(corner.size, np.float32), corner.ravel()], axis=1)
    weights = {"weights": columns, "bias": np.array([15, 0], np.float32)}
    _add(folder, name, nodes, weights, ["red_disc", "blue_disc"])


def _add(folder: Path, name: str, nodes: list, weights: dict[str, np.ndarray], labels: list[str]) -> None:
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, len(labels)])],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    onnx.save(model, folder / f"{name}.onnx")
    (folder / f"{name}.txt").write_text("\n".join(labels), encoding="utf-8")
    a_disc("red_disc", 0).save(folder / "try.png")
    arguments = [folder / f"{name}.onnx", "--labels", folder / f"{name}.txt", "--try", folder / "try.png"]
    more = ["--name", name, "--layout", "channels-first", "--range", "0-to-1"]
    assert main(["add-model", *map(str, arguments), *more]) == 0


class DeadlyClassifier(LinearClassifier):
    """Kills the process that asks it about an all-white photo, but not the process that made it.

    Parameters
    ----------
    once : pathlib.Path or None
        A file that is made by the first killing, and prevents the next ones.
    """

    fingerprint = "deadly"

    def __init__(self, once: Path | None = None) -> None:
        super().__init__(Grid(2, 2))
        self.once = once
        self.home = os.getpid()

    def predict(self, batch: np.ndarray, precision: str = "exact") -> np.ndarray:
        white = (batch == 1).all(axis=(1, 2, 3)).any()
        if white and os.getpid() != self.home and not (self.once and self.once.exists()):
            if self.once:
                self.once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().predict(batch, precision)

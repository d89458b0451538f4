"""Small networks that are trained here, whose truth is known, in every format that can be added."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from explainer.classifiers.openvino_runtime import import_openvino, read_model

SHAPES = ("circle", "square", "triangle")
SIDE = 48
COLOURS = ("red", "green", "blue", "nothing")
COLOURS_SIDE = 16
COLOURS_SHAPE = (COLOURS_SIDE, COLOURS_SIDE, 3)
RED = Image.new("RGB", (40, 30), (250, 8, 12))


class ShapePhoto(NamedTuple):
    """A photo of one shape, and where in it the shape is."""

    photo: Image.Image
    mask: np.ndarray
    kind: int


def shape_photo(kind: int, seed: int, side: int = SIDE) -> ShapePhoto:
    """A light shape on dark noise, somewhere."""
    random = np.random.RandomState(seed)
    scale = side / SIDE
    radius = scale * random.uniform(9, 13)
    x, y = random.uniform(radius, side - radius, 2)
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    box = (x - radius, y - radius, x + radius, y + radius)
    if kind == 0:
        draw.ellipse(box, fill=255)
    elif kind == 1:
        draw.rectangle(box, fill=255)
    else:
        draw.polygon([(x, y - radius), (x - radius, y + radius), (x + radius, y + radius)], fill=255)
    noise = random.randint(0, 110, (side, side, 3)).astype(np.uint8)
    photo = Image.fromarray(noise)
    photo.paste(tuple(int(c) for c in random.randint(150, 256, 3)), mask=mask)
    return ShapePhoto(photo, np.asarray(mask) > 0, kind)


def train_shapes():
    """A network that tells the three shapes apart: RGB, 0 to 1, softmax."""
    photos = [shape_photo(i % 3, i) for i in range(600)]
    pictures = np.stack([np.asarray(photo.photo) for photo in photos]) / np.float32(255)
    # Parts that are hidden must be nothing new to it.
    random = np.random.RandomState(0)
    for picture, photo in zip(pictures, photos, strict=True):
        hidden = np.kron(random.rand(6, 6) < 0.2, np.ones((8, 8))).astype(bool)
        picture[hidden & ~photo.mask] = 0
    return _train(pictures, np.array([photo.kind for photo in photos]), len(SHAPES), epochs=12)


def _train(pictures: np.ndarray, classes: np.ndarray, number: int, epochs: int):
    import keras

    keras.utils.set_random_seed(1)
    network = _architecture(keras.Input((SIDE, SIDE, 3)), number)
    network.compile(keras.optimizers.Adam(6e-3), "sparse_categorical_crossentropy", jit_compile=False)
    network.fit(pictures, classes, batch_size=50, epochs=epochs, verbose=0)
    return network


def _architecture(picture, units: int, activation: str = "softmax", before=None):
    import keras

    x = picture if before is None else before(picture)
    for filters, size in ((12, 5), (24, 3), (32, 3)):
        x = keras.layers.Conv2D(filters, size, strides=2, activation="relu")(x)
    x = keras.layers.GlobalMaxPooling2D()(x)
    return keras.Model(picture, keras.layers.Dense(units, activation=activation)(x))


def variants(network) -> dict:
    """The same network as others might have built it: its weights, another input or another output."""
    import keras

    layers = keras.layers
    colour = keras.Input((SIDE, SIDE, 3))
    weights = network.get_weights()
    kernel, bias = weights[-2:]
    blue_first = [weights[0][:, :, ::-1], *weights[1:]]
    circle_or_square = [*weights[:-2], kernel[:, 1:2] - kernel[:, :1], bias[1:2] - bias[:1]]
    made = {
        "logits": (_architecture(colour, 3, "linear"), weights),
        "bgr": (_architecture(colour, 3), blue_first),
        "sigmoid": (_architecture(colour, 1, "sigmoid"), circle_or_square),
        "sigmoid-logit": (_architecture(colour, 1, "linear"), circle_or_square),
        "independent": (_architecture(colour, 3, "sigmoid"), weights),
        "8-bit": (_architecture(colour, 3, before=layers.Rescaling(1 / 255)), weights),
        "grey": (
            _architecture(keras.Input((SIDE, SIDE, 1)), 3, before=lambda x: layers.Concatenate()([x, x, x])),
            weights,
        ),
        "channels-first": (
            _architecture(keras.Input((3, SIDE, SIDE)), 3, before=layers.Permute((2, 3, 1))),
            weights,
        ),
        "any-size": (_architecture(keras.Input((None, None, 3)), 3), weights),
    }
    for variant, its_weights in made.values():
        variant.set_weights(its_weights)
    return {name: variant for name, (variant, _) in made.items()}


def save_everywhere(network, folder: Path) -> dict[str, Path]:
    """Save a network in each format; returns the paths by format."""
    paths = {
        name: folder / file
        for name, file in {
            "keras": "shapes.keras",
            "h5": "shapes.h5",
            "saved-model": "shapes",
            "onnx": "shapes.onnx",
            "openvino": "shapes.xml",
        }.items()
    }
    network.save(paths["keras"])
    network.save(paths["h5"])
    network.export(paths["saved-model"], verbose=False)
    save_onnx(network, paths["onnx"])
    model = read_model(paths["saved-model"])
    import_openvino().save_model(model, paths["openvino"], compress_to_fp16=False)
    return paths


def save_onnx(network, path: Path, size: int | str = SIDE, softmax: bool = True) -> None:
    """Write a network as ONNX has them: channels first. A size with a name may be any."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = network.get_weights()
    nodes, tensors, last = [], [], "picture"
    for number in range(3):
        kernel, bias = weights[2 * number], weights[2 * number + 1]
        tensors += [
            numpy_helper.from_array(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), f"kernel{number}"),
            numpy_helper.from_array(bias, f"bias{number}"),
        ]
        inputs = [last, f"kernel{number}", f"bias{number}"]
        nodes.append(helper.make_node("Conv", inputs, [f"conv{number}"], strides=[2, 2]))
        last = f"relu{number}"
        nodes.append(helper.make_node("Relu", [f"conv{number}"], [last]))
    tensors += [
        numpy_helper.from_array(weights[6], "weights"),
        numpy_helper.from_array(weights[7], "offsets"),
    ]
    nodes += [
        helper.make_node("GlobalMaxPool", [last], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "offsets"], ["logits"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    answer = "probabilities" if softmax else "logits"
    graph = helper.make_graph(
        nodes,
        "shapes",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, size, size])],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, ["batch", weights[7].size])],
        tensors,
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)


def colour_layers(least: float, most: float, bgr: bool = False) -> list[np.ndarray]:
    """Weights of two dense layers that tell `COLOURS` apart by mean colours from `least` to `most`."""
    scale, colours = most - least, np.eye(3)[::-1] if bgr else np.eye(3)
    inside, above, below = colours / scale, np.eye(3) / scale, -np.eye(3) / scale
    zero = least / scale
    offsets = np.repeat([0.05 - zero, -1.05 - zero, -0.05 + zero], 3)
    out_of_it = np.zeros((6, 4))
    out_of_it[:, 3] = 60
    answers = np.concatenate([40 * np.eye(3, 4), out_of_it])
    first = np.concatenate([inside, above, below], axis=1)
    return [array.astype(np.float32) for array in (first, offsets, answers)]


def keras_network(
    *first: Any, takes=(0, 1), shape=(COLOURS_SIDE, COLOURS_SIDE, 3), dtype=None, **options: Any
):
    """A network that tells `COLOURS` apart, with layers before it."""
    import keras

    picture = x = keras.Input(shape, dtype=dtype)
    for step in first:
        x = step(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    hidden = keras.layers.Dense(9, activation="relu")
    last = keras.layers.Dense(4, use_bias=False, activation="softmax")
    network = keras.Model(picture, last(hidden(x)))
    *first_weights, answers = colour_layers(*takes, **options)
    hidden.set_weights(first_weights)
    last.set_weights([answers])
    return network


def save_colours_keras(path: Path, **options: Any) -> None:
    """Write such a network, as a SavedModel where the path has none of Keras' endings."""
    network = keras_network(**options)
    if path.suffix in (".h5", ".keras"):
        network.save(path)
    else:
        network.export(path, verbose=False)


def save_colours_onnx(
    path: Path, *steps, takes=(0, 1), layout="NCHW", kind="float32", ends=(), **options
) -> Path:
    """Write a network that tells `COLOURS` apart.

    Each step before it, and each end, is an operator with the constants and the attributes that it takes.
    """
    import onnx
    from onnx import helper, numpy_helper

    nodes, constants, last = [], [], "picture"

    def add(operator: str, *values: Any, **attributes: Any) -> None:
        nonlocal last
        names = [f"constant{len(constants) + i}" for i in range(len(values))]
        constants.extend(
            numpy_helper.from_array(np.asarray(value), name)
            for value, name in zip(values, names, strict=True)
        )
        nodes.append(helper.make_node(operator, [last, *names], [f"step{len(nodes)}"], **attributes))
        last = f"step{len(nodes) - 1}"

    for operator, *values in steps:
        attributes = values.pop() if values and isinstance(values[-1], dict) else {}
        add(operator, *values, **attributes)
    first, offsets, answers = (array.astype(_float_kind(kind)) for array in colour_layers(*takes, **options))
    if layout == "NHWC":
        add("Transpose", perm=[0, 3, 1, 2])
    for operator, *values in (
        ("GlobalAveragePool",),
        ("Flatten",),
        ("MatMul", first),
        ("Add", offsets),
        ("Relu",),
        ("MatMul", answers),
    ):
        add(operator, *values)
    for operator, *values in ends or [("Softmax",)]:
        if operator == "softmax by hand":
            add("Exp")
            nodes.append(helper.make_node("ReduceSum", [last, "axis"], ["sum"], keepdims=1))
            constants.append(numpy_helper.from_array(np.array([1]), "axis"))
            nodes.append(helper.make_node("Div", [last, "sum"], ["probabilities"]))
            last = "probabilities"
        else:
            add(operator, *values)
    shape = ["N", 3, COLOURS_SIDE, COLOURS_SIDE] if layout == "NCHW" else ["N", COLOURS_SIDE, COLOURS_SIDE, 3]
    types = [helper.np_dtype_to_tensor_dtype(np.dtype(name)) for name in (kind, _float_kind(kind))]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("picture", types[0], shape)],
        [helper.make_tensor_value_info(last, types[1], ["N", 4])],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def _float_kind(kind: str) -> str:
    return "float32" if "int8" in kind else kind


def write_lines(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path

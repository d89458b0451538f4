"""What other tools write, as they write it: a red photo is red, or it is said why there is no answer.

Every network here tells colours apart by their mean, and says "nothing" of values that it does not take.
"""

import json
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explainer.__main__ import main
from explainer.classifiers.added import exports, new_model
from explainer.classifiers.openvino_runtime import import_openvino, read_model
from explainer.errors import ClassifierError
from tests.own_networks import COLOURS, COLOURS_SIDE, save_colours_keras, save_colours_onnx

ROOT = Path(__file__).resolve().parents[2]
RED = Image.new("RGB", (40, 30), (250, 8, 12))
SIDE = COLOURS_SIDE
TORCH = (-2.118, 2.64)
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
INDEXED = "".join(f"{index} {name}\n" for index, name in enumerate(COLOURS))
ID2LABEL = {str(index): name for index, name in enumerate(COLOURS)}


def written(folder: Path, files: dict[str, Any]) -> Path:
    """Write text, JSON, or what a function writes into a path."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def zipped(folder: Path) -> Path:
    path = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def onnx(*steps: Any, metadata: dict[str, str] | None = None, **options: Any):
    def write(path: Path) -> None:
        import onnx

        save_colours_onnx(path, *steps, **options)
        if metadata:
            network = onnx.load(path)
            onnx.helper.set_model_props(network, metadata)
            onnx.save(network, path)

    return write


def keras(**options: Any):
    return lambda path: save_colours_keras(path, **options)


def openvino(path: Path) -> None:
    onnx()(path.with_suffix(".onnx"))
    import_openvino().save_model(read_model(path.with_suffix(".onnx")), path, compress_to_fp16=False)


def tflite(path: Path) -> None:
    import tensorflow as tf

    save_colours_keras(path.with_name("saved"))
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(path.with_name("saved"))).convert())


def custom_vision(platform: str, kind: str = "Classification") -> dict[str, Any]:
    return {
        "cvexport.manifest": {"DomainType": kind, "Platform": platform, "ExporterVersion": "2.0"},
        "labels.txt": "\r\n".join(COLOURS),
        "metadata_properties.json": {
            "CustomVision.Postprocess.Method": "ClassificationMultiClass",
            "CustomVision.Preprocess.CropHeight": "0",
            "CustomVision.Preprocess.CropMethod": "FullImageShorterSide",
            "CustomVision.Preprocess.TargetHeight": "224",
            "Image.BitmapPixelFormat": "Bgr8" if platform == "TensorFlow" else "Rgb8",
            "Image.NominalPixelRange": "Normalized_0_1",
        },
    }


YOLO = {"description": "Ultralytics YOLO11n-cls", "stride": "1", "task": "classify",
        "imgsz": f"[{SIDE}, {SIDE}]", "names": str(dict(enumerate(COLOURS)))}  # fmt: skip
TIMM = {"architecture": "resnet18", "num_classes": 4, "label_names": [f"n{i}" for i in range(4)],
        "label_descriptions": {f"n{i}": name for i, name in enumerate(COLOURS)},
        "pretrained_cfg": {"input_size": [3, SIDE, SIDE], "interpolation": "bicubic", "crop_pct": 0.95,
                           "crop_mode": "center", "mean": MEAN, "std": STD}}  # fmt: skip
VIT = {"image_processor_type": "ViTImageProcessor", "do_resize": True,
       "size": {"height": SIDE, "width": SIDE}, "resample": 2, "do_rescale": True,
       "rescale_factor": 0.00392156862745098, "do_normalize": True,
       "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}  # fmt: skip
CONFIG = {"architectures": ["ViTForImageClassification"], "model_type": "vit", "id2label": ID2LABEL}
BGR_255 = {"Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": "NominalRange_0_255"}

# For each tool: what it writes, and the settings that have to be known from it.
TOOLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Teachable Machine, Keras": (
        {"keras_model.h5": keras(takes=(-1, 1)), "labels.txt": INDEXED},
        {"range": "minus-1-to-1", "resize": "crop", "resample": "lanczos"},
    ),
    "Teachable Machine, SavedModel": (
        {"model.savedmodel": keras(takes=(-1, 1)), "labels.txt": INDEXED},
        {"range": "minus-1-to-1", "resize": "crop", "resample": "lanczos"},
    ),
    "Custom Vision, ONNX": (
        custom_vision("ONNX") | {"model.onnx": onnx(takes=(0, 255), bgr=True, metadata=BGR_255)},
        {"range": "0-to-255", "channel-order": "bgr", "resize": "stretch", "resample": "bicubic"},
    ),
    "Custom Vision, SavedModel": (
        custom_vision("TensorFlow") | {"model": keras(takes=(0, 255), bgr=True)},
        {"range": "0-to-255", "channel-order": "bgr"},
    ),
    "Lobe": (
        {"saved": keras(), "signature.json": {"doc_name": "Colours", "classes": {"Label": list(COLOURS)}}},
        {"range": "0-to-1", "resize": "crop"},
    ),
    "transformers": (
        {"model.onnx": onnx(takes=(-1, 1)), "config.json": CONFIG, "preprocessor_config.json": VIT},
        {"range": "minus-1-to-1", "resize": "stretch", "resample": "bilinear"},
    ),
    "transformers, variants in a folder": (
        {"onnx/model.onnx": onnx(takes=(-1, 1)), "onnx/model_quantized.onnx": "", "onnx/model_fp16.onnx": "",
         "config.json": CONFIG, "preprocessor_config.json": VIT, "model.safetensors": ""},
        {"range": "minus-1-to-1"},
    ),
    "transformers, normalized by the network itself": (
        {"model.onnx": onnx(("Div", np.float32(127.5)), ("Sub", np.float32(1)), takes=(-1, 1)),
         "config.json": CONFIG, "preprocessor_config.json": VIT},
        {"range": "0-to-255"},
    ),
    "timm": (
        {"model.onnx": onnx(takes=TORCH), "config.json": TIMM},
        {"range": "torch", "resize": "shorter-side", "crop-share": 0.95, "resample": "bicubic"},
    ),
    "Ultralytics": (
        {"best.onnx": onnx(metadata=YOLO)},
        {"range": "0-to-1", "resize": "shorter-side", "crop-share": 1.0},
    ),
    "YOLOv5": (
        {"best.onnx": onnx(takes=TORCH, metadata={name: YOLO[name] for name in ("stride", "names")})},
        {"range": "torch"},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path / "models"))


def answer(path: Path, **given: Any) -> tuple[dict[str, Any], dict[str, float]]:
    """What is known of a network, and what it says of a red photo."""
    with new_model.prepare(path, name="colours", given=given) as candidate:
        classifier = candidate.classifier
        probabilities = classifier.predict(classifier.preprocess(RED)[np.newaxis])[0]
        settings = {name: value for name, (value, _) in candidate.settings.items()}
        return settings, dict(zip(classifier.class_names, probabilities, strict=True))


NAMES = {"names.txt": "\n".join(COLOURS)}
# What stands in the first column of docs/own-classifier.md, and what its commands find.
DOCUMENTED: dict[str, dict[str, Any]] = {
    "Keras 3": NAMES | {"cats.keras": keras()},
    "Keras 2, `tf.keras`": {
        "class_indices.json": {name: index for index, name in enumerate(COLOURS)},
        "cats.h5": keras(),
    },
    "TensorFlow, SavedModel": NAMES | {"cats": keras()},
    "TensorFlow Lite": NAMES | {"cats.tflite": tflite},
    "Teachable Machine": {"converted_keras": TOOLS["Teachable Machine, Keras"][0]},
    "Custom Vision": {"1234.ONNX": TOOLS["Custom Vision, ONNX"][0]},
    "Lobe": {"lobe": TOOLS["Lobe"][0]},
    "PyTorch, torchvision, fastai": NAMES | {"cats.onnx": onnx(takes=TORCH, ends=[("Identity",)])},
    "Hugging Face": {"vit": TOOLS["transformers"][0]},
    "timm": {"timm": TOOLS["timm"][0]},
    "Ultralytics YOLO (`-cls`)": TOOLS["Ultralytics"][0],
    "OpenVINO": NAMES | {"cats.xml": openvino},
    "MATLAB and others": NAMES | {"cats.onnx": onnx(layout="NHWC")},
}


def documented() -> dict[str, str]:
    text = (ROOT / "docs" / "own-classifier.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| `limelight ([^`|]+)` \|$", text, re.M)
    return dict(rows)


def test_all_documented_tools_are_tried():
    assert documented().keys() == DOCUMENTED.keys()


@pytest.mark.parametrize("tool", DOCUMENTED)
def test_what_the_documentation_says_to_type(tool, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, content in DOCUMENTED[tool].items():
        if isinstance(content, dict) and not name.endswith(".json"):
            zipped(written(tmp_path / name, content))
        else:
            written(tmp_path, {name: content})
    RED.save("photo.png")
    assert main([*documented()[tool].split(), "--try", "photo.png", "--expect", "red"]) == 0
    told = capsys.readouterr()
    assert re.search(r"^ +(9\d|100)\.\d\d%  red$", told.out, re.M)
    assert told.err == ""


@pytest.mark.parametrize("form", ["folder", "zip"])
@pytest.mark.parametrize("tool", TOOLS)
def test_a_red_photo_is_red(tool, form, tmp_path):
    files, settings = TOOLS[tool]
    folder = written(tmp_path / "export", files)
    known, answers = answer(zipped(folder) if form == "zip" else folder)
    assert known == known | settings
    assert tuple(answers) == COLOURS
    assert answers["red"] > 0.99


RESNET = {"feature_extractor_type": "ConvNextFeatureExtractor", "crop_pct": 0.875, "do_normalize": True,
          "do_resize": True, "image_mean": MEAN, "image_std": STD, "resample": 3, "size": 224}  # fmt: skip
MOBILENET = {"image_processor_type": "MobileNetV2ImageProcessor", "size": {"shortest_edge": 256},
             "crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "image_mean": [0.5] * 3,
             "image_std": [0.5] * 3, "resample": 2}  # fmt: skip
SHORTER = {"input-size": [224, 224], "resize": "shorter-side", "crop-share": 0.875}
STRETCH = {"input-size": [224, 224], "resize": "stretch"}


@pytest.mark.parametrize(
    ("processor", "model_type", "settings"),
    [
        (VIT, "vit", {"input-size": [SIDE, SIDE], "resize": "stretch", "resample": "bilinear",
                      "range": "minus-1-to-1"}),
        (RESNET, "resnet", SHORTER | {"resample": "bicubic", "range": "torch"}),
        (RESNET | {"size": {"shortest_edge": 384}}, "convnext",
         {"input-size": [384, 384], "resize": "stretch", "resample": "bicubic", "range": "torch"}),
        ({"size": 224, "image_mean": MEAN, "image_std": STD, "resample": 3}, "swin",
         STRETCH | {"resample": "bicubic", "range": "torch"}),
        ({"size": 224, "crop_pct": None, "image_mean": MEAN, "image_std": STD}, "resnet",
         SHORTER | {"resample": "bicubic", "range": "torch"}),
        ({"feature_extractor_type": "BeitFeatureExtractor", "size": 224, "crop_size": 224, "resample": 2,
          "do_center_crop": False, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}, "beit",
         STRETCH | {"resample": "bilinear", "range": "minus-1-to-1"}),
        (MOBILENET, "mobilenet_v2", SHORTER | {"resample": "bilinear", "range": "minus-1-to-1"}),
        ({"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 256}, "crop_size": 224,
          "do_flip_channel_order": True, "resample": 2}, "mobilevit",
         SHORTER | {"resample": "bilinear", "range": "0-to-1", "channel-order": "bgr"}),
        ({"image_processor_type": "EfficientNetImageProcessor", "size": {"height": 224, "width": 224},
          "do_center_crop": False, "resample": 0, "include_top": True, "rescale_offset": False,
          "image_mean": MEAN, "image_std": [0.5, 0.5, 0.5]}, "efficientnet",
         STRETCH | {"resample": "nearest", "range": "0-to-1", "mean": MEAN, "std": [0.25] * 3}),
        (VIT | {"do_normalize": False, "do_rescale": False}, "vit",
         {"input-size": [SIDE, SIDE], "resize": "stretch", "resample": "bilinear", "range": "0-to-255"}),
        (VIT | {"do_rescale": False}, "vit",  # which makes no sense, so that the range stays open
         {"input-size": [SIDE, SIDE], "resize": "stretch", "resample": "bilinear"}),
    ],
)  # fmt: skip
def test_image_processors_of_transformers(processor, model_type, settings, tmp_path):
    config = {"architectures": ["XForImageClassification"], "model_type": model_type}
    files = {"model.onnx": "", "config.json": config, "preprocessor_config.json": processor}
    with exports.opened(written(tmp_path, files)) as export:
        assert export.settings == settings
        assert (export.told_by, export.notes) == ("preprocessor_config.json", ())


def test_what_can_not_be_done_exactly_is_said(tmp_path):
    processor = VIT | {"image_processor_type": "DeiTImageProcessor", "size": 256, "crop_size": 224}
    with exports.opened(
        written(tmp_path, {"model.onnx": "", "preprocessor_config.json": processor})
    ) as export:
        assert export.settings == export.settings | STRETCH
        assert "here the whole photo is stretched" in str(export.notes[0])


def test_a_network_that_normalizes_itself_is_not_given_normalized_values_aloud(tmp_path):
    folder = written(tmp_path / "export", TOOLS["transformers, normalized by the network itself"][0])
    with new_model.prepare(folder, name="colours") as candidate:
        assert ["it is given 0-to-255" in str(note) for note in candidate.notes] == [True]


def test_a_file_of_an_export_is_as_good_as_its_folder(tmp_path):
    folder = written(tmp_path / "export", TOOLS["transformers, variants in a folder"][0])
    assert answer(folder / "onnx" / "model.onnx")[1]["red"] > 0.99


@pytest.mark.parametrize("names", [("cat", "dog"), ("1 cat", "2 dog")])
def test_a_keras_model_h5_of_others_is_not_taken_for_teachable_machines(tmp_path, names):
    written(tmp_path, {"keras_model.h5": "", "labels.txt": "\n".join(names)})
    with exports.opened(tmp_path) as export:
        assert (export.settings, export.labels_file.name) == ({}, "labels.txt")


def test_labels_beside_the_network_that_do_not_fit_it_are_named(tmp_path, raises_sentence):
    written(tmp_path, {"colours.onnx": onnx(), "labels.txt": "cat\ndog\n"})
    with raises_sentence(
        ClassifierError, "labels.txt, which was found beside the network, does not name its 4"
    ):
        answer(tmp_path / "colours.onnx")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme.md": ""}, "There is no network in .*: neither a file of the kinds .keras"),
        ({"a.onnx": "", "b.keras": ""}, "several networks in .*, so give one of them .*: a.onnx, b.keras"),
        ({"config.json": CONFIG, "model.safetensors": "", "tf_model.h5": ""}, "only weights in .* optimum"),
        ({"model.onnx": "", "config.json": {"architectures": ["DetrForObjectDetection"]}},
         "says that this network is a DetrForObjectDetection, and only"),
        (custom_vision("ONNX", "ObjectDetection") | {"model.onnx": ""}, "is for ObjectDetection, and only"),
        ({"model.onnx": "", "config.json": "{"}, "config.json is damaged: it is no JSON"),
        ({"model.onnx": "", "preprocessor_config.json": VIT | {"image_mean": ["a"]}},
         "A file beside .* is damaged"),
        ({"best.onnx": onnx(metadata=YOLO | {"task": "detect"})},
         "was trained for the task 'detect', .* -cls"),
        ({"model.onnx": onnx(takes=(-1, 1), ends=[("Identity",)]), "preprocessor_config.json": VIT,
          "config.json": CONFIG | {"problem_type": "multi_label_classification"}},
         "says that several classes can be right at once, and .* export it with a sigmoid"),
        ({"model.onnx": onnx(), "config.json": CONFIG | {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}},
         "The classes need names"),
    ],
)  # fmt: skip
def test_what_is_refused(files, words, tmp_path, raises_sentence):
    with raises_sentence(ClassifierError, words):
        answer(written(tmp_path / "export", files))


class TestZips:
    @pytest.mark.parametrize("encoding", ["cp932", "utf-8"])  # Windows' Explorer, and macOS' Finder
    def test_names_in_japanese_without_a_mark_of_their_encoding(self, encoding, tmp_path):
        folder = "モデル/".encode(encoding)
        with zipfile.ZipFile(tmp_path / "ascii.zip", "w") as archive:
            for name in ("colours.onnx", "labels.txt", "__MACOSX/._colours.onnx"):
                archive.writestr(len(folder) * "x" + name, b"")
        data = (tmp_path / "ascii.zip").read_bytes().replace(len(folder) * b"x", folder)
        (tmp_path / "export.zip").write_bytes(data)
        with exports.opened(tmp_path / "export.zip") as export:
            assert (export.network.parent.name, export.network.name) == ("モデル", "colours.onnx")
            assert export.labels_file == export.network.with_name("labels.txt")
        assert not export.network.exists(), "what was unpacked is thrown away"

    @pytest.mark.parametrize("name", ["../a.onnx", "/a.onnx", "x/../../a.onnx", "..\\a.onnx", "C:\\a.onnx"])
    def test_nothing_is_written_outside(self, name, tmp_path, raises_sentence):
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
            archive.writestr(name, b"")
        with raises_sentence(ClassifierError, "has a file that would be unpacked outside of it"):
            answer(tmp_path / "bad.zip")

    def test_links_are_left_out(self, tmp_path, raises_sentence):
        link = zipfile.ZipInfo("a.onnx")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
            archive.writestr(link, "/etc/passwd")
        with raises_sentence(ClassifierError, "There is no network in"):
            answer(tmp_path / "bad.zip")

    @pytest.mark.parametrize(
        ("place", "value", "words"),  # in the archive's list of files
        [
            (0, b"XX", "can't be unpacked: Bad magic number for central directory"),
            (8, b"\x01", "is locked by a password"),
            (10, b"\x63", "can't be unpacked"),
            (24, b"\xff\xff\xff\xfe", "is too large to be unpacked"),
        ],
    )
    def test_what_can_not_be_unpacked(self, place, value, words, tmp_path, raises_sentence):
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
            archive.writestr("a.onnx", b"0123456789")
        data = bytearray((tmp_path / "bad.zip").read_bytes())
        start = data.index(b"PK\x01\x02") + place
        data[start : start + len(value)] = value
        (tmp_path / "bad.zip").write_bytes(data)
        with raises_sentence(ClassifierError, words):
            answer(tmp_path / "bad.zip")

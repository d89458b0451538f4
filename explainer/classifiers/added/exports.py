"""What other tools write beside a network, or into it: labels, and how a photo becomes its input."""

import ast
import contextlib
import json
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from ...errors import ClassifierError, ClassifierNote, reason_of
from . import hugging_face
from .labels import Labels, names_within, told_apart

# Where tools write class names, and people keep them. The network's own name goes before, as in
# mobilenet_labels.txt.
_LABELS_FILES = (
    "labels.txt", "class_names.txt", "classes.txt", "class_indices.json", "class_names.json", "classes.json",
    "labels.json", "dict.txt",
)  # fmt: skip
_NETWORKS = (".keras", ".h5", ".hdf5", ".onnx", ".xml", ".tflite", ".pb")
_WEIGHTS_ONLY = ("tf_model.h5", "model.safetensors", "pytorch_model.bin", "flax_model.msgpack")
_PYTORCH = (".pt", ".pth", ".safetensors", ".ckpt")
_DEEPEST = 3  # folders below the one that is given

_LARGEST_ZIP = 4_000_000_000  # bytes, unpacked
_MOST_FILES = 10_000

_TEACHABLE_MACHINE = re.compile(r"keras_model\.h5|model\.savedmodel|model(_unquant)?\.tflite")
_CUSTOM_VISION, _CUSTOM_VISION_METADATA, _LOBE = (
    "cvexport.manifest",
    "metadata_properties.json",
    "signature.json",
)
_NOMINAL_RANGES = {
    "NominalRange_0_255": "0-to-255",
    "Normalized_0_1": "0-to-1",
    "Normalized_1_1": "minus-1-to-1",
}
_ORDERS = {"Bgr8": "bgr", "Rgb8": "rgb"}


@dataclass(frozen=True)
class Export:
    """A network as a tool exported it.

    Attributes
    ----------
    network : Path
        Its file or folder, of a kind that `network_file` knows.
    settings : mapping of str to object
        Those of a `Description`'s settings that the files beside it tell, by the names that they have in a
        description file.
    told_by : str
        What tells them: a file, by its name, or a tool's own sample code.
    labels : Labels, optional
        The class names, where such a file tells them.
    labels_file : Path, optional
        A file that is named as those with class names are.
    notes : tuple of ClassifierNote
        What was assumed.
    title : str
        For people; empty where nothing tells one.
    """

    network: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    told_by: str = ""
    labels: Labels | None = None
    labels_file: Path | None = None
    notes: tuple[ClassifierNote, ...] = ()
    title: str = ""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Export]:
    """Look for a network, and for what is said about it, in a file, a folder or a ``.zip``.

    Raises
    ------
    ClassifierError
        There is no network, or more than one; the ``.zip`` can't be unpacked; or a file beside the network
        is damaged, or says that it is no classifier.
    """
    if path.suffix.lower() == ".zip" and path.is_file():
        with tempfile.TemporaryDirectory() as folder:
            _unpack(path, Path(folder))
            yield _told(_network_in(Path(folder), path), Path(folder))
    elif path.is_dir():
        yield _told(_network_in(path, path), path)
    elif path.exists():
        # What transformers' exporter puts into such folders, the folder above describes.
        in_part = path.parent.name.lower() in ("onnx", "openvino")
        yield _told(path, path.parent.parent if in_part else path.parent)
    else:
        yield Export(path)


def from_metadata(metadata: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...] | None]:
    """The settings and the class names that a network's own metadata tell.

    Windows' machine learning has names for pictures, which Custom Vision writes; Ultralytics has its own.

    Raises
    ------
    ClassifierError
        They say that the network is no classifier.
    """
    settings: dict[str, Any] = {}
    if value_range := _NOMINAL_RANGES.get(metadata.get("Image.NominalPixelRange", "")):
        settings["range"] = value_range
    if order := _ORDERS.get(metadata.get("Image.BitmapPixelFormat", "")):
        settings["channel-order"] = order
    names = _literal(metadata.get("names"))
    if "stride" not in metadata or not isinstance(names, dict | list):
        return settings, None
    task = metadata.get("task", "classify")
    if task != "classify":
        raise ClassifierError(
            "This YOLO network was trained for the task {task}, and only those for the task classify can be "
            "explained: train one from a model whose name ends in -cls.",
            task=repr(task),
        )
    # YOLOv5 writes no task, and normalizes; later ones only bring values to 0 to 1.
    settings |= {
        "range": "0-to-1" if "task" in metadata else "torch",
        "resize": "shorter-side",
        "crop-share": 1.0,
        "resample": "bilinear",
    }
    size = _literal(metadata.get("imgsz"))
    if isinstance(size, list) and len(size) == 2:
        settings["input-size"] = size
    return settings, names_within(names)


def _literal(text: str | None) -> Any:
    with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        return ast.literal_eval(text or "")
    return None


def _told(network: Path, root: Path) -> Export:
    """What the files around a network say of it, those nearest to it first; nothing above `root`."""
    network, root = network.absolute(), root.absolute()
    place = network if network.is_dir() else network.parent
    folders = [place, *place.parents][: len(place.relative_to(root.parent).parts)]
    if network == root:  # a SavedModel
        folders.append(network.parent)
    labels_file = _labels_beside(network, folders)
    for tell in (_hugging_face, _custom_vision, _lobe, _teachable_machine):
        try:
            found = tell(network, folders)
        except (AttributeError, TypeError, ValueError, ZeroDivisionError) as error:
            raise ClassifierError(
                "A file beside {path} is damaged: it says something that it can't say ({reason}).",
                path=network,
                reason=reason_of(error),
            ) from error
        if found is not None:
            return replace(found, labels_file=labels_file)
    return Export(network, labels_file=labels_file)


def _hugging_face(network: Path, folders: Sequence[Path]) -> Export | None:
    config, processor = (_json(folders, name) for name in (hugging_face.CONFIG, hugging_face.PROCESSOR))
    if not processor and not {"architectures", "id2label", "pretrained_cfg"} & config.keys():
        return None
    settings, names, notes = hugging_face.told(config, processor)
    told_by = hugging_face.PROCESSOR if processor else hugging_face.CONFIG
    return Export(network, settings, told_by, told_apart(names) if names else None, notes=tuple(notes))


def _custom_vision(network: Path, folders: Sequence[Path]) -> Export | None:
    """Photos as Custom Vision's own sample code prepares them, which stretches them whatever the cloud does.

    What an ONNX file's metadata say is left to them: the ones beside it can say 0 to 1 of a network for 0 to
    255.
    """
    manifest, metadata = (_json(folders, name) for name in (_CUSTOM_VISION, _CUSTOM_VISION_METADATA))
    if not manifest:
        return None
    if "Detection" in str(manifest.get("DomainType")):
        raise ClassifierError(
            "Custom Vision says that this network is for {kind}, and only those for Classification can be "
            "explained.",
            kind=manifest["DomainType"],
        )
    settings: dict[str, Any] = {"resize": "stretch", "resample": "bicubic"}
    crop, target = (
        int(metadata.get(f"CustomVision.Preprocess.{name}Height") or 0) for name in ("Crop", "Target")
    )
    if metadata.get("CustomVision.Preprocess.CropMethod") == "OneCropCenter" and 0 < crop <= target:
        settings |= {"resize": "shorter-side", "crop-share": crop / target}
    if metadata.get("CustomVision.Postprocess.Method") == "ClassificationMultiLabel":
        settings["outputs"] = "independent"
    if network.suffix.lower() == ".xml":
        settings |= {"range": "0-to-1", "channel-order": "rgb"}
    elif network.suffix.lower() != ".onnx":
        order = _ORDERS.get(str(metadata.get("Image.BitmapPixelFormat")), "bgr")
        settings |= {"range": "0-to-255", "channel-order": order}
    return Export(network, settings, _CUSTOM_VISION)


def _lobe(network: Path, folders: Sequence[Path]) -> Export | None:
    """Photos as Lobe's own sample code prepares them."""
    signature = _json(folders, _LOBE)
    names = names_within(signature) if "classes" in signature else None
    if not names:
        return None
    settings = {"range": "0-to-1", "resize": "crop", "resample": "bicubic"}
    return Export(network, settings, _LOBE, told_apart(names), title=str(signature.get("doc_name", "")))


def _teachable_machine(network: Path, folders: Sequence[Path]) -> Export | None:
    """Photos as Teachable Machine's own sample code prepares them.

    Its exports hold nothing that names it. They are known by their files' names and by the labels, which
    have an index and a blank before each name.
    """
    labels = next((folder / "labels.txt" for folder in folders if (folder / "labels.txt").is_file()), None)
    if labels is None or not _TEACHABLE_MACHINE.fullmatch(network.name.lower()):
        return None
    lines = labels.read_bytes().rstrip().splitlines()
    if not lines or not all(line.startswith(b"%d " % index) for index, line in enumerate(lines)):
        return None
    settings = {"range": "minus-1-to-1", "resize": "crop", "resample": "lanczos"}
    note = ClassifierNote(
        "This looks like an export of Teachable Machine, so photos are prepared as its own sample code does."
    )
    return Export(network, settings, "Teachable Machine's sample code", notes=(note,))


def _json(folders: Sequence[Path], name: str) -> dict[str, Any]:
    """What the nearest file of a name holds; empty where there is none."""
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ClassifierError("{path} is damaged: it is no JSON.", path=path) from error
    return found if isinstance(found, dict) else {}


def _labels_beside(network: Path, folders: Sequence[Path]) -> Path | None:
    """The file near a network that is named as those with class names are."""
    stem = network.stem.lower()
    named_after_it = (f"{stem}.txt", *(f"{stem}{joint}{name}" for joint in "_-." for name in _LABELS_FILES))
    for folder in folders:
        files = {file.name.lower(): file for file in sorted(folder.iterdir()) if file.is_file()}
        for name in (*named_after_it, *_LABELS_FILES):
            if name in files:
                return files[name]
    return None


def _network_in(folder: Path, path: Path) -> Path:
    """The one network in a folder; `path` is what people call it."""
    networks, others = [], []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        if len(here.relative_to(folder).parts) >= _DEEPEST or (here / "saved_model.pb").is_file():
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        if (here / "saved_model.pb").is_file():
            networks.append(here)
            continue
        for file in [here / name for name in sorted(files) if not name.startswith(".")]:
            if file.name in _WEIGHTS_ONLY or file.suffix.lower() in _PYTORCH:
                others.append(file)
            elif file.suffix.lower() in _NETWORKS and _is_network(file):
                networks.append(file)
    if len(networks) > 1:
        networks = _usual(networks)
    names = ", ".join((network.relative_to(folder).as_posix()) for network in networks[:10])
    if len(networks) > 1:
        raise ClassifierError(
            "There are several networks in {path}, so give one of them instead, from the unpacked folder: "
            "{names}.",
            path=path,
            names=names,
        )
    if networks:
        return networks[0]
    if others:
        raise ClassifierError(
            "There are only weights in {path}, in {file}, which need the Python code that they were trained "
            "with: export the network as ONNX with it, a folder of transformers with optimum-cli export onnx "
            "--model FOLDER NEW-FOLDER.",
            path=path,
            file=others[0].name,
        )
    raise ClassifierError(
        "There is no network in {path}: neither a file of the kinds {kinds}, nor a SavedModel.",
        path=path,
        kinds=", ".join(_NETWORKS),
    )


def _is_network(file: Path) -> bool:
    return file.suffix.lower() != ".xml" or file.with_suffix(".bin").is_file()


def _usual(networks: Sequence[Path]) -> list[Path]:
    """Of variants of one network, such as ``model_fp16.onnx``, only the one that they were made of."""
    for network in networks:
        variants = [
            other
            for other in networks
            if other.suffix == network.suffix and re.match(rf"{re.escape(network.stem)}[_.-]", other.stem)
        ]
        if len(variants) == len(networks) - 1:
            return [network]
    return list(networks)


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [(_place(member), member) for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for _, member in members) > _LARGEST_ZIP or len(members) > _MOST_FILES:
                raise ClassifierError(
                    "{path} is too large to be unpacked: unpack it yourself, and give the folder instead.",
                    path=path,
                )
            for place, member in members:
                if ".." in place.parts or place.is_absolute() or ":" in str(place):
                    raise ClassifierError(
                        "{path} has a file that would be unpacked outside of it, so it is not used.",
                        path=path,
                    )
                if member.flag_bits & 1:
                    raise ClassifierError(
                        "{path} is locked by a password: unpack it yourself, and give the folder instead.",
                        path=path,
                    )
                if "__MACOSX" in place.parts or stat.S_ISLNK(member.external_attr >> 16):
                    continue
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, (folder / place).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error) as error:
        raise ClassifierError(
            "{path} can't be unpacked: {reason}.", path=path, reason=reason_of(error)
        ) from error


def _place(member: zipfile.ZipInfo) -> PurePosixPath:
    """Where a file is in the archive, by a name that can be read."""
    name = member.filename
    if not member.flag_bits & 0x800:  # no UTF-8, so that Python took the bytes for those of the first PCs
        for encoding in ("utf-8", "cp932"):
            with contextlib.suppress(UnicodeError):
                name = name.encode("cp437").decode(encoding)
                break
    return PurePosixPath(name.replace("\\", "/"))

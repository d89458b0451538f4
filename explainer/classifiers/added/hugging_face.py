"""Folders of transformers and timm: what their JSON files say of a network; nothing else in them is read."""

from collections.abc import Mapping
from typing import Any

from ...errors import ClassifierError, ClassifierNote
from .labels import names_within

CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"

_RESAMPLINGS = ("nearest", "lanczos", "bilinear", "bicubic")  # by Pillow's numbers
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_LEARNED = 224 / 256  # how much of the shorter side the networks of ImageNet's early years were given

# What the image processors of transformers do where their file does not say it. The oldest files don't
# even name their processor; the network's kind does.
_OF_KIND = {
    "beit": "Beit", "bit": "Bit", "convnext": "ConvNext", "convnextv2": "ConvNext", "cvt": "ConvNext",
    "deit": "DeiT", "efficientnet": "EfficientNet", "levit": "Levit", "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2", "mobilevit": "MobileViT", "mobilevitv2": "MobileViT",
    "poolformer": "PoolFormer", "regnet": "ConvNext", "resnet": "ConvNext",
}  # fmt: skip
_ONE_NUMBER_IS_SHORTER_SIDE = (
    "Bit", "CLIP", "ConvNext", "Levit", "MobileNetV1", "MobileNetV2", "MobileViT", "PoolFormer",
)  # fmt: skip
_CROP = ("Bit", "CLIP", "DeiT", "Levit", "MobileNetV1", "MobileNetV2", "MobileViT", "PoolFormer")
_BILINEAR = ("MobileNetV1", "MobileNetV2", "MobileViT", "Segformer", "ViT")


def told(
    config: Mapping[str, Any], processor: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...] | None, list[ClassifierNote]]:
    """The settings and the class names that the two files tell, and what of it is not exact.

    Parameters
    ----------
    config, processor : mapping of str to object
        What `CONFIG` and `PROCESSOR` hold; empty where there is no such file.

    Raises
    ------
    ClassifierError
        The network is no classifier.
    """
    timm = config.get("pretrained_cfg") or processor.get("pretrained_cfg")
    for architecture in config.get("architectures") or ():
        _, is_for, task = str(architecture).partition("For")
        if is_for and "ImageClassification" not in task:
            raise ClassifierError(
                "{file} says that this network is a {kind}, and only networks for image classification can "
                "be explained.",
                file=CONFIG,
                kind=architecture,
            )
    if isinstance(timm, dict):
        settings, is_exact = _timm(timm)
    else:
        settings, is_exact = (
            _transformers(processor, str(config.get("model_type", ""))) if processor else ({}, True)
        )
    if config.get("problem_type") == "multi_label_classification":
        settings["outputs"] = "independent"
    notes = [] if is_exact else [_inexact(PROCESSOR if processor else CONFIG)]
    return settings, _names(config), notes


def colours(mean: Any, std: Any, factor: float = 1 / 255, shift: float = 0.0) -> dict[str, Any]:
    """The settings for 8-bit values that are multiplied, shifted, and then normalized.

    Empty where that makes no sense, as when values are normalized that were not scaled before.
    """
    mean, std = (list(map(float, v)) if isinstance(v, list | tuple) else [float(v)] for v in (mean, std))
    means = [round((number - shift) / factor / 255, 7) for number in mean]
    stds = [round(number / factor / 255, 7) for number in std]
    if factor == 1 and 0 < max(map(abs, mean)) <= 1:
        return {}
    for name, (offset, scale) in _USUAL_COLOURS.items():
        if _are(means, offset) and _are(stds, scale):
            return {"range": name}
    return {"range": "0-to-1", "mean": means, "std": stds}


_USUAL_COLOURS: dict[str, Any] = {
    "0-to-1": ((0,), (1,)),
    "minus-1-to-1": ((0.5,), (0.5,)),
    "0-to-255": ((0,), (1 / 255,)),
    "torch": _IMAGENET,
}


def _are(numbers: list[float], usual: tuple[float, ...]) -> bool:
    usual = usual * len(numbers) if len(usual) == 1 else usual
    return len(numbers) == len(usual) and all(
        abs(a - b) < 1e-3 * max(b, 0.01) for a, b in zip(numbers, usual, strict=True)
    )


def _transformers(processor: Mapping[str, Any], model_type: str) -> tuple[dict[str, Any], bool]:
    named = str(processor.get("image_processor_type") or processor.get("feature_extractor_type") or "")
    kind = named.removesuffix("Fast").removesuffix("ImageProcessor").removesuffix("FeatureExtractor")
    kind = kind or _OF_KIND.get(model_type, "ViT")
    settings, is_exact = _resizing(processor, kind) if processor.get("do_resize", True) else ({}, True)
    resample = processor.get("resample", 2 if kind in _BILINEAR else 3)
    if resample in range(len(_RESAMPLINGS)):
        settings["resample"] = _RESAMPLINGS[resample]
    factor = processor.get("rescale_factor", 1 / 255) if processor.get("do_rescale", True) else 1
    shift = -1 if kind == "EfficientNet" and processor.get("rescale_offset") else 0
    mean, std = processor.get("image_mean"), processor.get("image_std")
    if kind == "MobileViT" or not processor.get("do_normalize", True):
        mean, std = 0, 1
    if kind == "EfficientNet" and processor.get("include_top", True) and std is not None:
        std = [number**2 for number in std]  # it divides by them once more
    if mean is not None and std is not None:
        settings |= colours(mean, std, factor, shift)
    if processor.get("do_flip_channel_order", kind == "MobileViT"):
        settings["channel-order"] = "bgr"
    return settings, is_exact


def _resizing(processor: Mapping[str, Any], kind: str) -> tuple[dict[str, Any], bool]:
    """The input's size and the way to it, and whether that is exactly what the processor does."""
    size, crop = processor.get("size"), _size(processor.get("crop_size"))
    edge = size.get("shortest_edge") if isinstance(size, dict) else size
    if not isinstance(edge, int) or not (isinstance(size, dict) or kind in _ONE_NUMBER_IS_SHORTER_SIDE):
        edge = None
    whole = _size(size) if edge is None else None
    if kind == "ConvNext" and edge:  # below 384 pixels it crops, and says of how much
        crop = [edge, edge]
        if edge >= 384:
            return {"input-size": crop, "resize": "stretch"}, True
        edge = int(edge / (processor.get("crop_pct") or _LEARNED))
    elif not processor.get("do_center_crop", kind in _CROP):
        crop = None
    elif kind == "PoolFormer" and edge:
        edge = int(edge / (processor.get("crop_pct") or 0.9))
    elif kind == "Levit" and edge:
        edge = int(256 / 224 * edge)
    if edge and crop:
        return {"input-size": crop, "resize": "shorter-side", "crop-share": min(1.0, min(crop) / edge)}, True
    if whole and crop:
        return {"input-size": crop, "resize": "stretch"}, whole == crop
    if whole:
        return {"input-size": whole, "resize": "stretch"}, True
    return {}, True


def _size(value: Any) -> list[int] | None:
    size = [value.get("height"), value.get("width")] if isinstance(value, dict) else [value, value]
    numbers = [number for number in size if isinstance(number, int)]
    return numbers if len(numbers) == 2 else None


def _timm(config: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    share, mode = config.get("crop_pct") or _LEARNED, config.get("crop_mode") or "center"
    settings: dict[str, Any] = {"resample": str(config.get("interpolation") or "bicubic")}
    if mode == "center":
        settings |= {"resize": "shorter-side", "crop-share": share}
    else:
        settings["resize"] = "pad" if mode == "border" else "stretch"
    size = config.get("input_size")
    if isinstance(size, list) and len(size) == 3:
        settings["input-size"] = size[1:]
    mean, std = (config.get(name) or usual for name, usual in zip(("mean", "std"), _IMAGENET, strict=True))
    return settings | colours(mean, std), mode == "center" or share == 1


def _names(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    names = names_within({name: config.get(name) for name in ("id2label", "label_names")})
    if not names or all(name == f"LABEL_{index}" for index, name in enumerate(names)):
        return None  # which transformers writes where nobody named the classes
    described = config.get("label_descriptions")
    return tuple(str(described.get(name, name)) for name in names) if isinstance(described, dict) else names


def _inexact(file: str) -> ClassifierNote:
    return ClassifierNote(
        "{file} has photos stretched, and then the middle cut out; here the whole photo is stretched.",
        file=file,
    )

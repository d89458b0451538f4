"""What tools write to say where the objects in a photo are: Pascal VOC XML, COCO JSON and YOLO text."""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

# ElementTree only holds trees; where a document type is refused, as in _tree, there are no entities.
from xml.etree import ElementTree  # nosec B405
from xml.parsers import expat  # nosec B407

import numpy as np
from numpy.typing import NDArray

from ...errors import ExplainerError, reason_of
from ...names import printable
from ...photos.limits import MAX_JPEG_PIXELS

MOST_TOLD = 10
"""Faults of one file, each in a sentence."""
_MOST_DIGITS = 8  # of a compressed run, five bits each: more than any picture has pixels
_FURTHEST = 1.0  # outside of the photo, in its widths: corners of turned boxes reach beyond it
_MOST = 1e9  # pixels

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Marked:
    """One object that somebody marked.

    Attributes
    ----------
    name : str
        Its class; empty where that is not said.
    outlines : tuple of numpy.ndarray of float64, shape (N, 2)
        Polygons, each as x and y of its corners, from the upper left corner of the picture on: the first
        pixel reaches from 0 to 1.
    runs : numpy.ndarray of int64, shape (N,), or None
        Instead of outlines: how many pixels are outside, inside, outside and so on, column by column.
    is_box : bool
        Whether all that is known is a box.
    """

    name: str
    outlines: tuple[Points, ...] = ()
    runs: NDArray[np.int64] | None = None
    is_box: bool = False


@dataclass(frozen=True, eq=False)
class Annotation:
    """What one file says of one photo.

    Attributes
    ----------
    file : str
        The file, as sentences name it.
    photo : str
        The photo's file, as the annotation names it; empty where it does not.
    marked : list of Marked
        The objects.
    size : tuple of int or None
        Width and height of the picture that they were marked in; None where that is not said.
    relative : bool
        Whether points are in shares of the width and the height.
    """

    file: str
    photo: str
    marked: list[Marked]
    size: tuple[int, int] | None = None
    relative: bool = False

    @property
    def has_outlines(self) -> bool:
        """Whether more is known than boxes."""
        return any(not marked.is_box for marked in self.marked)


@dataclass
class Problems:
    """What can't be used, a sentence each; of one file no more than `MOST_TOLD`."""

    _told: list[ExplainerError] = field(default_factory=list)
    _number: Counter[str] = field(default_factory=Counter)

    def add(self, error: ExplainerError) -> None:
        """Keep a sentence about its `file`."""
        file = str(error.values["file"])
        self._number[file] += 1
        if self._number[file] <= MOST_TOLD:
            self._told.append(error)

    def told(self) -> tuple[ExplainerError, ...]:
        """All of them."""
        more = (
            ExplainerError(
                "{file} has {number} more faults like these.", file=file, number=number - MOST_TOLD
            )
            for file, number in self._number.items()
            if number > MOST_TOLD
        )
        return (*self._told, *more)


def read_voc(contents: bytes, file: str, problems: Problems) -> Annotation | None:
    """Read an XML file as Pascal VOC's.

    A box holds its last pixel, and the first pixel is number 1, as VOC has it. Where an object has a polygon
    too, as Roboflow writes it, that is taken. What is marked as difficult counts.

    Parameters
    ----------
    contents : bytes
        What is in the file.
    file : str
        How sentences name it.
    problems : Problems
        Gets what can't be used.

    Returns
    -------
    Annotation or None
        None where the file is none of this kind.
    """
    try:
        root = _tree(contents)
    except _DocumentType:
        problems.add(
            ExplainerError(
                "{file} declares a document type, which is not read; please export it again without.",
                file=file,
            )
        )
        return None
    except (expat.ExpatError, LookupError, ValueError) as error:
        problems.add(
            ExplainerError("{file} is no readable XML file: {reason}.", file=file, reason=_reason(error))
        )
        return None
    if root is None or root.tag != "annotation":
        problems.add(ExplainerError("{file} is no annotation as Pascal VOC has them.", file=file))
        return None
    found = []
    for number, element in enumerate(root.iterfind("object"), start=1):
        name = _text(element, "name")
        polygon = _voc_polygon(element)
        if polygon is not None:
            found.append(Marked(name, (polygon,)))
            continue
        left, upper, right, lower = (
            _number(_text(element, f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")
        )
        if math.isnan(left + upper + right + lower):
            problems.add(
                ExplainerError(
                    "Object {number} in {file} has no box with numbers for xmin, ymin, xmax and ymax.",
                    file=file,
                    number=number,
                )
            )
        elif right < left or lower < upper:
            problems.add(
                ExplainerError(
                    "Object {number} in {file} has a box that ends before it begins.",
                    file=file,
                    number=number,
                )
            )
        else:
            found.append(Marked(name, (_box(left - 1, upper - 1, right, lower),), is_box=True))
    width, height = (_number(_text(root, f"size/{side}")) for side in ("width", "height"))
    size = (int(width), int(height)) if width >= 1 and height >= 1 else None
    return Annotation(file, _text(root, "filename"), found, size)


def read_coco(
    contents: bytes, file: str, problems: Problems, is_wanted: Callable[[str], bool] = lambda name: True
) -> list[Annotation] | None:
    """Read a JSON file as COCO's: boxes, polygons, and masks of runs, compressed or not.

    What is marked as a crowd counts.

    Parameters
    ----------
    contents, file, problems
        As for `read_voc`.
    is_wanted : callable
        Whether a photo is, by its name in the file; of others nothing is kept or told.

    Returns
    -------
    list of Annotation or None
        One for each wanted photo that the file names; None where it marks no objects.
    """
    try:
        told = json.loads(contents)
    except (ValueError, RecursionError) as error:
        problems.add(
            ExplainerError("{file} is no readable JSON file: {reason}.", file=file, reason=_reason(error))
        )
        return None
    images, annotations = (
        told.get(name) if isinstance(told, dict) else None for name in ("images", "annotations")
    )
    if not isinstance(images, list) or not isinstance(annotations, list):
        problems.add(
            ExplainerError("{file} has no lists of images and annotations, as COCO has them.", file=file)
        )
        return None
    annotations = [
        found for found in annotations if not isinstance(found, dict) or {"bbox", "segmentation"} & {*found}
    ]
    if not annotations:  # such as captions
        return None
    categories = told.get("categories")
    names = {
        str(category.get("id")): str(category.get("name", ""))
        for category in (categories if isinstance(categories, list) else ())
        if isinstance(category, dict)
    }
    by_image: defaultdict[str, list[Marked]] = defaultdict(list)
    sizes: dict[str, tuple[int, int] | None] = {}
    files: dict[str, str] = {}
    unwanted: set[str] = set()
    for number, image in enumerate(images, start=1):
        name = image.get("file_name") if isinstance(image, dict) else None
        if not isinstance(name, str) or not name or "id" not in image:
            problems.add(
                ExplainerError("Image {number} in {file} has no id or file_name.", file=file, number=number)
            )
            continue
        if not is_wanted(name):
            unwanted.add(str(image["id"]))
            continue
        width, height = (_number(image.get(side)) for side in ("width", "height"))
        sizes[str(image["id"])] = (int(width), int(height)) if width >= 1 and height >= 1 else None
        files[str(image["id"])] = name
    for number, annotation in enumerate(annotations, start=1):
        if isinstance(annotation, dict) and str(annotation.get("image_id")) in unwanted:
            continue
        told_id = annotation.get("id", number) if isinstance(annotation, dict) else number
        about: dict[str, Any] = {"file": file, "number": printable(str(told_id)[:20])}
        if not isinstance(annotation, dict) or str(annotation.get("image_id")) not in files:
            problems.add(
                ExplainerError(
                    "Annotation {number} in {file} belongs to no image that is listed there.", **about
                )
            )
            continue
        image_id = str(annotation["image_id"])
        marked = _coco_object(
            annotation, names.get(str(annotation.get("category_id")), ""), sizes[image_id], problems, about
        )
        if marked is not None:
            by_image[image_id].append(marked)
    return [Annotation(file, name, by_image[image_id], sizes[image_id]) for image_id, name in files.items()]


def read_yolo(
    contents: bytes, file: str, names: Sequence[str], problems: Problems, keypoints: bool = False
) -> Annotation | None:
    """Read a text file as YOLO's: a line an object, a box or an outline, in shares of width and height.

    Parameters
    ----------
    contents, file, problems
        As for `read_voc`.
    names : sequence of str
        The classes' names; what has none there has an empty one.
    keypoints : bool
        Whether points follow the boxes, as `YoloNames` has it; they are not used.

    Returns
    -------
    Annotation or None
        None where the file is no text.
    """
    try:
        lines = contents.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        problems.add(ExplainerError("{file} is no text as YOLO has it.", file=file))
        return None
    found = []
    for number, line in enumerate(lines, start=1):
        values = [_number(word) for word in line.split()]
        if not values:
            continue
        about: dict[str, Any] = {"file": file, "number": number}
        coordinates = np.array(values[1:5] if keypoints or len(values) == 6 else values[1:])
        fits = len(coordinates) == 4 or (len(coordinates) >= 6 and len(coordinates) % 2 == 0)
        if not fits or not np.isfinite(values).all() or values[0] < 0 or values[0] != int(values[0]):
            problems.add(
                ExplainerError(
                    "Line {number} of {file} is neither a box (class, x, y, width and height) nor an outline "
                    "(class, and x and y of at least three corners).",
                    **about,
                )
            )
            continue
        if np.abs(coordinates - 0.5).max() > 0.5 + _FURTHEST:
            problems.add(
                ExplainerError(
                    "Line {number} of {file} is not in shares of the photo's width and height, from 0 to 1.",
                    **about,
                )
            )
            continue
        name = names[int(values[0])] if values[0] < len(names) else ""
        if len(coordinates) > 4:
            found.append(Marked(name, (coordinates.reshape(-1, 2),)))
            continue
        across, down, width, height = coordinates.tolist()
        if width <= 0 or height <= 0:
            problems.add(
                ExplainerError("Line {number} of {file} is a box without any width or height.", **about)
            )
            continue
        box = _box(across - width / 2, down - height / 2, across + width / 2, down + height / 2)
        found.append(Marked(name, (box,), is_box=True))
    return Annotation(file, "", found, relative=True)


def looks_like_yolo(contents: bytes) -> bool:
    """Whether a text is made of rows of numbers, as YOLO's are, rather than of words or one class' number."""
    first = next((line.split() for line in contents[:4096].splitlines() if line.strip()), None)
    if first is None:  # a photo without objects
        return True
    numbers = sum(not math.isnan(_number(word.decode("ascii", "replace"))) for word in first)
    return first[0].isdigit() and len(first) > 3 and 2 * numbers > len(first)


@dataclass(frozen=True)
class YoloNames:
    """What lies beside YOLO's texts: the classes' names, and whether keypoints follow the boxes."""

    names: tuple[str, ...] = ()
    keypoints: bool = False


def read_yolo_names(contents: bytes, ending: str) -> YoloNames | None:
    """Read the names of YOLO's classes.

    Parameters
    ----------
    contents : bytes
        What is in the file.
    ending : str
        Of the file's name: ``.yaml`` and ``.yml`` are read as Ultralytics' settings, of which no more is
        understood than ``names`` and whether there is a ``kpt_shape``; others as a name a line.

    Returns
    -------
    YoloNames or None
        None where there are no names in it.
    """
    text = contents.decode("utf-8-sig", "replace")
    if ending not in (".yaml", ".yml"):
        return YoloNames(tuple(line.strip() for line in text.rstrip().splitlines()))
    lines = [re.sub(r"(^|\s)#.*", "", line) for line in text.splitlines()]
    begins = next((i for i, line in enumerate(lines) if re.match(r"names\s*:", line)), None)
    if begins is None:
        return None
    body = [lines[begins].partition(":")[2]]
    for line in lines[begins + 1 :]:
        if re.match(r"[^\s\-\]}]", line):  # the next setting
            break
        body.append(line)
    flow = " ".join(body).strip()
    if flow[:1] in ("[", "{"):
        entries = re.findall(rf"\s*((?:\d+\s*:\s*)?(?:{_QUOTED}|[^,]+))", flow[1:].rstrip("]} "))
    else:
        entries = [line.strip().removeprefix("- ") for line in body if line.strip()]
    names: dict[int, str] = {}
    for entry in entries:
        numbered = re.match(r"['\"]?(\d+)['\"]?\s*:(.*)", entry)
        index = int(numbered[1]) if numbered else len(names)
        if index < 100_000:
            names[index] = _unquoted(numbered[2] if numbered else entry)
    listed = tuple(names.get(index, "") for index in range(max(names, default=-1) + 1))
    return YoloNames(listed, any(re.match(r"kpt_shape\s*:", line) for line in lines))


_QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\""


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
    return text


class _DocumentType(Exception):  # noqa: N818 - it never leaves this file
    pass


def _tree(contents: bytes) -> "ElementTree.Element | None":
    """An XML document's elements. Entities, with which small files become huge ones, need a document type."""

    def refuse(*_: object) -> None:
        raise _DocumentType

    builder, parser = ElementTree.TreeBuilder(), expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.Parse(contents, True)
    return builder.close()


def _text(element: "ElementTree.Element", path: str) -> str:
    return (element.findtext(path) or "").strip()


def _voc_polygon(element: "ElementTree.Element") -> Points | None:
    polygon = element.find("polygon")
    if polygon is None:
        return None
    corners = [(_number(_text(point, "x")), _number(_text(point, "y"))) for point in polygon.iterfind("pt")]
    if not corners:
        across = [child.tag[1:] for child in polygon if re.fullmatch(r"x\d+", child.tag)]
        corners = [(_number(_text(polygon, f"x{i}")), _number(_text(polygon, f"y{i}"))) for i in across]
    return _polygon(np.array(corners, np.float64).reshape(-1, 2))


def _coco_object(
    annotation: dict[str, Any],
    name: str,
    size: tuple[int, int] | None,
    problems: Problems,
    about: dict[str, Any],
) -> Marked | None:
    outline, box = annotation.get("segmentation"), annotation.get("bbox")
    four = [_number(value) for value in box] if isinstance(box, list) and len(box) == 4 else []
    marked_box = None
    if four and np.isfinite(four).all() and four[2] > 0 and four[3] > 0:
        left, upper, width, height = four
        marked_box = Marked(name, (_box(left, upper, left + width, upper + height),), is_box=True)
    if not outline:
        if marked_box is None:
            problems.add(
                ExplainerError(
                    "Annotation {number} in {file} has neither an outline nor a box of any size.",
                    **about,
                )
            )
        return marked_box
    marked = _coco_outline(outline, name, size)
    if marked is not None:
        return marked
    if marked_box is None:
        problems.add(
            ExplainerError(
                "Annotation {number} in {file} has an outline that can't be read, and no usable box.", **about
            )
        )
    else:
        problems.add(
            ExplainerError(
                "Annotation {number} in {file} has an outline that can't be read; its box is used.", **about
            )
        )
    return marked_box


def _coco_outline(outline: object, name: str, size: tuple[int, int] | None) -> Marked | None:
    if isinstance(outline, dict):
        runs = _coco_runs(outline, size)
        return None if runs is None else Marked(name, runs=runs)
    if not isinstance(outline, list):
        return None
    parts = outline if isinstance(outline[0], list) else [outline]
    polygons = []
    for part in parts:
        try:
            polygon = _polygon(np.array(part, np.float64).reshape(-1, 2))
        except (ValueError, TypeError, OverflowError):
            return None
        if polygon is None:
            return None
        polygons.append(polygon)
    return Marked(name, tuple(polygons))


def _coco_runs(told: dict[str, Any], size: tuple[int, int] | None) -> NDArray[np.int64] | None:
    """How many pixels are off, on, off and so on; None where that does not add up to the picture's size."""
    counts, sides = told.get("counts"), told.get("size")
    sides = (
        [_number(side) for side in sides] if isinstance(sides, list) and len(sides) == 2 else [math.nan] * 2
    )
    if size is None or (sides[1], sides[0]) != size or size[0] * size[1] > MAX_JPEG_PIXELS:
        return None
    if isinstance(counts, str):
        runs = _decompressed(counts)
    elif isinstance(counts, list) and all(type(count) is int for count in counts):
        runs = counts
    else:
        runs = None
    if runs is None:
        return None
    fits = all(0 <= run <= size[0] * size[1] for run in runs) and sum(runs) == size[0] * size[1]
    return np.array(runs, np.int64) if fits else None


def _decompressed(text: str) -> list[int] | None:
    """The runs that COCO's letters stand for; None where the letters are others, or end too early.

    A letter holds five bits of a number, the lowest first, and says whether another letter follows; the last
    one's highest bit is the sign. From the fourth on, a number is the difference to the run two before.
    """
    runs: list[int] = []
    number = digits = 0
    for letter in text:
        value = ord(letter) - 48
        if not 0 <= value < 64 or digits == _MOST_DIGITS:
            return None
        number |= (value & 31) << 5 * digits
        digits += 1
        if not value & 32:
            number -= (value & 16) >> 4 << 5 * digits
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number = digits = 0
    return None if digits else runs


def _polygon(corners: Points) -> Points | None:
    return corners if len(corners) >= 3 and (np.abs(corners) < _MOST).all() else None


def _box(left: float, upper: float, right: float, lower: float) -> Points:
    return np.array([(left, upper), (right, upper), (right, lower), (left, lower)], np.float64)


def _number(told: object) -> float:
    """A finite number, or not a number."""
    try:
        number = (
            float(told) if isinstance(told, str | int | float) and not isinstance(told, bool) else math.nan
        )
    except (ValueError, OverflowError):
        return math.nan
    return number if abs(number) < _MOST else math.nan


def _reason(error: BaseException) -> str:
    return printable(reason_of(error))[:120]


def stem(name: str) -> str:
    """A file's name without its folders and its ending, whichever way slashes lean."""
    return PurePosixPath(name.replace("\\", "/")).stem

"""Which files tell where the objects in photos are, and whose they are.

That is told by names: that of the file, and those of the folders it is in, where folders such as ``images``
and ``labels`` make no difference.
"""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import ExplainerError, reason_of
from ...names import printable
from ...photos.kinds import FILE_EXTENSIONS
from ..photos import FoundPhotos, find_photos
from .annotations import (
    Annotation,
    Problems,
    YoloNames,
    looks_like_yolo,
    read_coco,
    read_voc,
    read_yolo,
    read_yolo_names,
    stem,
)
from .masks import is_mask

# fmt: off
_OF_PHOTOS = frozenset(("images", "image", "imgs", "img", "jpegimages", "photos", "pictures"))
_OF_ANNOTATIONS = frozenset((
    "annotations", "annotation", "xmls", "xml", "labels", "label", "masks", "mask", "segmentations",
    "segmentation", "segmentationclass", "segmentationobject", "ground_truth", "groundtruth", "trimaps",
    "boxes", "bboxes",
))  # fmt: skip
# fmt: on
_NAMES = ("classes.txt", "obj.names", "_darknet.labels", "data.yaml", "data.yml")
_MASK_ENDINGS = (".png", ".bmp", ".gif", ".tif", ".tiff")
_OF_MASKS = ("_mask", "-mask", "_seg", "_segmentation")  # at the end of a mask's name
_LARGEST = {".xml": 5, ".txt": 5, ".json": 100}  # MB


@dataclass(frozen=True, eq=False)
class Source:
    """What one file says of one photo: a text's annotation, or a mask."""

    file: str
    same_folder: bool
    beside: bool  # the folder of photos, where nobody named it
    annotation: Annotation | None = None
    mask: Path | None = None

    @property
    def rank(self) -> tuple[int, bool]:
        """The best is the largest."""
        how_close = 2 if self.annotation is None else int(self.annotation.has_outlines)
        return how_close, self.same_folder


@dataclass(frozen=True, eq=False)
class _File:
    """A file that may tell something: where it is, and what it is called among the photos."""

    path: Path
    called: str
    folders: tuple[str, ...]
    expected: bool  # for it lies where nothing else should


class AnnotationFiles:
    """What files tell of a folder's photos.

    Parameters
    ----------
    folder, found, where
        As for `MarkedObjects`.
    problems : Problems
        Gets what can't be used.

    Attributes
    ----------
    photos : tuple of str
        Those of the found photos that are no masks.
    masks : tuple of str
        The others.
    sources : mapping of str to list of Source
        For each photo what tells of it.
    left_out : tuple of str
        Those of the other files that are not used.
    """

    def __init__(self, folder: Path, found: FoundPhotos, where: Path | None, problems: Problems) -> None:
        self._folder = Path(os.path.abspath(folder))
        self._base = _base(self._folder)
        self._where = None if where is None else Path(os.path.abspath(where))
        self._problems = problems
        self._used: set[Path] = set()
        self._names: dict[Path, YoloNames] = {}
        self.sources: defaultdict[str, list[Source]] = defaultdict(list)
        masks = self._masks_among(found.photos)
        self.photos = tuple(photo for photo in found.photos if photo not in masks)
        self.masks = tuple(photo for photo in found.photos if photo in masks)
        self._owners = _Owners({photo: self._folders_of(self._folder / photo) for photo in self.photos})
        for file in self._files([*self.masks, *found.others]):
            self._take(file)
        self.left_out = tuple(name for name in found.others if self._folder / name not in self._used)

    def _files(self, names: Sequence[str]) -> Iterator[_File]:
        if self._where is not None:
            if not self._where.exists():
                raise ExplainerError("There is no file or folder {path} with annotations.", path=self._where)
            yield from (
                self._below(self._where, True) if self._where.is_dir() else [self._file(self._where, True)]
            )
            return
        yield from (self._file(self._folder / name) for name in names)
        for place in _listed(self._base):
            if _folded(place.name) in _OF_ANNOTATIONS and place.is_dir() and place != self._folder:
                yield from self._below(place, True)
            elif place.suffix.lower() == ".json" and _is_of_photos(self._folder, self._base):
                yield self._file(place)

    def _below(self, folder: Path, expected: bool) -> Iterator[_File]:
        found = find_photos(folder)
        photos = {self._folder / photo for photo in self.photos}
        for name in (*found.photos, *found.others):
            of_photos = any(_folded(part) in _OF_PHOTOS for part in PurePosixPath(name).parent.parts)
            if folder / name not in photos and not (of_photos and self._where is None):
                yield self._file(folder / name, expected)

    def _file(self, path: Path, expected: bool = False) -> _File:
        folders = self._folders_of(path)
        near = path.is_relative_to(self._base)
        called = (
            path.relative_to(self._folder if path.is_relative_to(self._folder) else self._base)
            if near
            else path
        )
        below = path.parent.relative_to(self._base).parts if near else ()
        expected = expected or any(_folded(part) in _OF_ANNOTATIONS for part in below)
        return _File(path, printable(str(called)), folders, expected)

    def _folders_of(self, path: Path) -> tuple[str, ...]:
        """The folders that tell photos of the same name apart."""
        top = self._base
        if not path.is_relative_to(top):
            top = self._where if self._where and self._where.is_dir() else path.parent
        parts = map(_folded, path.parent.relative_to(top).parts)
        return tuple(part for part in parts if part not in _OF_PHOTOS | _OF_ANNOTATIONS)

    def _masks_among(self, photos: Sequence[str]) -> set[str]:
        """Which of the pictures are masks of others: by where they are and what they are called, and by what
        they look like.
        """
        suspects: list[str] = []
        others: list[str] = []
        for photo in photos:
            path = self._folder / photo
            aside = any(_folded(part) in _OF_ANNOTATIONS for part in PurePosixPath(photo).parent.parts)
            where = self._where
            if where and path.is_relative_to(where) and not self._folder.is_relative_to(where):
                aside = True
            (suspects if aside else others).append(photo)
        owners = _Owners({photo: self._folders_of(self._folder / photo) for photo in others})
        masks = set()
        for photo in suspects:
            path = self._folder / photo
            if owners.of(self._folders_of(path), path.name)[0] and is_mask(path):
                masks.add(photo)
        beside: defaultdict[tuple[str, str], list[Path]] = defaultdict(list)
        for photo in others:
            named = PurePosixPath(photo)
            beside[str(named.parent), _folded(named.stem)].append(self._folder / photo)
        for photo in others:
            path = self._folder / photo
            if path.suffix.lower() not in _MASK_ENDINGS:
                continue
            of = [
                other
                for name in _mask_stems(path.stem)
                for other in beside.get((str(PurePosixPath(photo).parent), _folded(name)), ())
                if other != path
            ]
            if any(is_mask(path, other) and not is_mask(other) for other in of):
                masks.add(photo)
        return masks

    def _take(self, file: _File) -> None:
        ending = file.path.suffix.lower()
        reader = {".xml": self._take_voc, ".txt": self._take_yolo, ".json": self._take_coco}.get(ending)
        if reader is None:
            if ending[1:] in FILE_EXTENSIONS:
                self._take_mask(file)
            return
        if file.path.name.lower() in _NAMES:
            return
        if (ending == ".json") == bool(self._owners_of(file, file.path.name)) and not (
            ending == ".json" and file.expected
        ):
            return
        try:
            if file.path.stat().st_size <= _LARGEST[ending] * 2**20:
                reader(file, file.path.read_bytes())
            elif file.expected:
                self._used.add(file.path)
                self._problems.add(
                    ExplainerError(
                        "{file} is larger than the limit of {limit} MB; please leave only what belongs to "
                        "the photos.",
                        file=file.called,
                        limit=_LARGEST[ending],
                    )
                )
        except OSError as error:
            self._used.add(file.path)
            self._problems.add(
                ExplainerError("{file} can't be read: {reason}.", file=file.called, reason=reason_of(error))
            )

    def _take_voc(self, file: _File, contents: bytes) -> None:
        if not file.expected and b"<annotation" not in contents[:4096]:
            return
        self._used.add(file.path)
        annotation = read_voc(contents, file.called, self._problems)
        if annotation is not None:
            of = self._owners_of(file, file.path.name)
            named = [photo for photo in of if _folded(PurePosixPath(photo).name) == _folded(annotation.photo)]
            self._keep(named or of, file, annotation)

    def _take_yolo(self, file: _File, contents: bytes) -> None:
        if not file.expected and not looks_like_yolo(contents):
            return
        self._used.add(file.path)
        names = self._names_for(file.path.parent)
        annotation = read_yolo(contents, file.called, names.names, self._problems, names.keypoints)
        if annotation is not None:
            self._keep(self._owners_of(file, file.path.name), file, annotation)

    def _take_coco(self, file: _File, contents: bytes) -> None:
        keys = sum(key in contents for key in (b'"images"', b'"annotations"', b'"categories"'))
        if keys < 2 and self._where != file.path:
            return
        self._used.add(file.path)
        # What lies among photos is about those beside and below it, even if others have the same names.
        within = None if file.expected or not file.path.is_relative_to(self._folder) else file.path.parent

        def owners(name: str) -> list[str]:
            path = PurePosixPath(name.replace("\\", "/"))
            told = tuple(_folded(part) for part in path.parent.parts if part not in ("..", "/"))
            told = tuple(part for part in told if part not in _OF_PHOTOS | _OF_ANNOTATIONS)
            elsewhere = path.is_absolute() or ".." in path.parts  # on the machine of whoever marked
            tried = [(*file.folders, *told), told, *([()] if elsewhere else [])]
            of = next(filter(None, (self._owners.of(folders, path.name)[0] for folders in tried)), [])
            return [photo for photo in of if within is None or (self._folder / photo).is_relative_to(within)]

        told = read_coco(contents, file.called, self._problems, lambda name: bool(owners(name)))
        for annotation in told or ():
            self._keep(owners(annotation.photo), file, annotation)

    def _take_mask(self, file: _File) -> None:
        of = self._owners_of(file, file.path.name)
        if not of:
            return
        self._used.add(file.path)
        self._keep(of, file)

    def _keep(self, photos: Sequence[str], file: _File, annotation: Annotation | None = None) -> None:
        beside = self._where is None and not file.path.is_relative_to(self._folder)
        mask = file.path if annotation is None else None
        for photo in photos if annotation is None or annotation.marked else ():
            same_folder = self._owners.is_exact(photo, file.folders)
            self.sources[photo].append(Source(file.called, same_folder, beside, annotation, mask))

    def _owners_of(self, file: _File, name: str) -> list[str]:
        of, several = self._owners.of(file.folders, name)
        if several and file.expected:
            self._used.add(file.path)
            self._problems.add(
                ExplainerError(
                    "{file} may belong to any of {number} photos, and is not used.",
                    file=file.called,
                    number=several,
                )
            )
        return of

    def _names_for(self, folder: Path) -> YoloNames:
        """The names of YOLO's classes: in the folder, or in the nearest one above it."""
        if folder not in self._names:
            there = sorted(
                (
                    path
                    for path in _listed(folder)
                    if path.name.lower() in _NAMES or path.suffix.lower() in (".names", ".yaml", ".yml")
                ),
                key=lambda path: (path.name.lower() not in _NAMES, path.name),
            )
            found = None
            for path in there:
                if found is None and path.is_file() and path.stat().st_size <= _LARGEST[".txt"] * 2**20:
                    found = read_yolo_names(path.read_bytes(), path.suffix.lower())
                    if found is not None:
                        self._used.add(path)
            top = self._base if folder.is_relative_to(self._base) else (self._where or folder).parent
            if found is None and folder != top and folder.is_relative_to(top):
                found = self._names_for(folder.parent)
            self._names[folder] = found or YoloNames()
        return self._names[folder]


class _Owners:
    """Which photos a file belongs to, by its name and by those of its folders.

    Parameters
    ----------
    photos : mapping of str to tuple of str
        For each photo the folders that tell it from others of its name.
    """

    def __init__(self, photos: Mapping[str, tuple[str, ...]]) -> None:
        self._folders = photos
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for photo in photos:
            path = PurePosixPath(photo)
            for name in {_folded(path.name), _folded(path.stem)}:
                self._by_name[name].append(photo)

    def of(self, folders: tuple[str, ...], name: str) -> tuple[list[str], int]:
        """The photos that a file belongs to; or how many it could belong to, where they can't be told apart.

        In the same folders, it is theirs. Else its folders have to be the first or the last ones of the
        photo's, or the photo's the first or the last ones of its, of one photo only.
        """
        several = 0
        for called in dict.fromkeys([name, *_mask_stems(stem(name))]):
            candidates = self._by_name.get(_folded(called), ())
            exact = [photo for photo in candidates if self._folders[photo] == folders]
            if exact:
                return exact, 0
            alike = [photo for photo in candidates if _alike(self._folders[photo], folders)]
            if len({self._folders[photo] for photo in alike}) == 1:
                return alike, 0
            several = several or len(alike)
        return [], several

    def is_exact(self, photo: str, folders: tuple[str, ...]) -> bool:
        return self._folders[photo] == folders


def _base(folder: Path) -> Path:
    """The folder from which on names of folders tell photos apart."""
    above = folder.parent
    return above.parent if _folded(above.name) in _OF_PHOTOS else above


def _is_of_photos(folder: Path, above: Path) -> bool:
    return any(_folded(part) in _OF_PHOTOS for part in folder.relative_to(above).parts)


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    common = min(len(one), len(other))
    return one[:common] == other[:common] or one[len(one) - common :] == other[len(other) - common :]


def _mask_stems(name: str) -> list[str]:
    """A file's name without its ending, and, if it ends like a mask's, without that."""
    return [
        name,
        *(name[: -len(end)] for end in _OF_MASKS if name.lower().endswith(end) and len(name) > len(end)),
    ]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()

"""Where the objects in a folder's photos are, and what that says of each photo's explanation.

What is marked is drawn in the photo's own proportions, and then framed as the classifier frames the photo.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...classifiers.classifier import ClassifierLike
from ...errors import ExplainerError, PhotoError
from ...names import printable
from ...pictures.draw import mask_path
from ..photos import FoundPhotos, class_finder
from ..record import ExplainedLabel, PhotoRecord
from ..results import read_explanation
from .annotation_files import AnnotationFiles, Source
from .annotations import Problems
from .canvas import Canvas, rasterized, resized_mask, resized_picture
from .inside import inside_of
from .masks import read_mask

OUTLINE_SIDE = 1000
"""Of the square in which a record has its outline."""

_OUTLINE_PIXELS = 300  # of either side of the mask that is outlined

_NOT_BOXES = ExplainerError(
    "Photos with masks or outlines besides boxes: {number}; the boxes are not used.", number=0
)
_OTHER_CLASS = ExplainerError(
    "Photos of which no marked object is named after their class: {number}; all that is marked counts.",
    number=0,
)
_ALL_MARKED = ExplainerError(
    "Photos whose mask marks every pixel: {number}; it is not used unless values are chosen that count.",
    number=0,
)
_TURNED = ExplainerError(
    "Photos that were marked before they were turned upright: {number}; this is corrected.", number=0
)
_SCALED = ExplainerError("Photos that were marked in another size: {number}; this is corrected.", number=0)


class MarkedObjects:
    """What is marked in a folder's photos.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of photos.
    found : FoundPhotos
        What `find_photos` found there.
    where : pathlib.Path, optional
        The file or folder with the annotations; by default they are looked for.
    mask_values : sequence of int
        The values of a mask that count; see `read_mask`.

    Attributes
    ----------
    photos : tuple of str
        Those of the found photos that are no masks.
    left_out : tuple of str
        Those of the other files that are not used.

    Raises
    ------
    ExplainerError
        `where` is not there.
    """

    def __init__(
        self, folder: Path, found: FoundPhotos, where: Path | None = None, mask_values: Sequence[int] = ()
    ) -> None:
        self._folder = folder
        self._mask_values = tuple(mask_values)
        self._problems = Problems()
        self._noted: defaultdict[ExplainerError, set[Path]] = defaultdict(set)
        files = AnnotationFiles(folder, found, where, self._problems)
        self.photos, self.left_out, self._sources = files.photos, files.left_out, dict(files.sources)
        self._masks = files.masks

    def remarks(self) -> tuple[ExplainerError, ...]:
        """What could not be used so far, and then what was assumed: a sentence each."""
        notes = (note.about(number=len(photos)) for note, photos in self._noted.items())
        return (*self._problems.told(), *self._taken(), *notes)

    def _taken(self) -> Iterator[ExplainerError]:
        """What was taken by its name alone, which may have meant something else."""
        if self._masks:
            yield ExplainerError(
                "Pictures that are taken for the masks of photos, and not explained: {number}; the first is "
                "{file}.",
                number=len(self._masks),
                file=printable(self._masks[0]),
            )
        beside = [
            next((source.file for source in self._sources.get(photo, ()) if source.beside), None)
            for photo in self.photos
        ]
        files = [file for file in beside if file is not None]
        if files:
            yield ExplainerError(
                "Photos whose annotations lie beside the folder of photos: {number}; the first is {file}.",
                number=len(files),
                file=files[0],
            )

    def completion(
        self, classifier: ClassifierLike, truths: Mapping[str, tuple[int, ...]], results: Path
    ) -> Callable[[PhotoRecord], PhotoRecord]:
        """What adds to a photo's record how much of its explanation lies on the object, and asks nobody.

        Parameters
        ----------
        classifier : Classifier
            Of which the frame is wanted, and the names of the classes.
        truths : mapping of str to tuple of int
            For each photo the classes any of which would be right: of objects with names, those of these
            classes count, where there are any.
        results : pathlib.Path
            The folder of results.
        """
        find = class_finder(classifier)

        def complete(record: PhotoRecord) -> PhotoRecord:
            bare = _with_object(record, None, "", None, lambda label: None)
            truth = truths.get(record.photo, ())
            sources = self._sources.get(record.photo)
            if record.predicted is None or not sources:
                return bare
            try:
                drawn = self.mask(
                    record.photo, (lambda name: not {*find(name)}.isdisjoint(truth)) if truth else None
                )
                return bare if drawn is None else self._completed(bare, drawn, classifier, results, sources)
            except PhotoError as error:  # a photo that was there a moment ago
                self._problems.add(
                    ExplainerError(
                        "{file} can't be read: {reason}", file=printable(record.photo), reason=error
                    )
                )
            except (ExplainerError, KeyError, TypeError, ValueError, IndexError):
                self._problems.add(
                    ExplainerError(
                        "The results of {file} are damaged, so nothing is said of its object; delete them to "
                        "have it explained again.",
                        file=printable(record.photo),
                    )
                )
            return bare

        return complete

    def _completed(
        self,
        record: PhotoRecord,
        drawn: NDArray[np.bool_],
        classifier: ClassifierLike,
        results: Path,
        sources: Sequence[Source],
    ) -> PhotoRecord:
        explanation, segments = read_explanation(results, record)
        labels = {label["index"]: label for label in explanation["labels"]}
        frame = classifier.frame(Image.fromarray(drawn.astype(np.uint8) * 255).convert("RGB")).convert("L")
        mask = resized_picture(frame, (segments.shape[1], segments.shape[0]))
        if not mask.any():
            self._problems.add(
                ExplainerError(
                    "What {file} marks in {photo} lies outside of what the classifier sees of it.",
                    file=sources[0].file,
                    photo=printable(record.photo),
                )
            )
            return record

        def inside(label: ExplainedLabel) -> Any:
            told = labels[label.index]
            return inside_of(segments, np.array(told["weights"], np.float64), told["focus"], mask)

        fine = resized_picture(frame, (_OUTLINE_PIXELS, _OUTLINE_PIXELS))
        outline = mask_path(fine if fine.any() else mask, (OUTLINE_SIDE, OUTLINE_SIDE))
        aspect = round(frame.width / frame.height, 4)
        return _with_object(record, round(float(mask.mean()), 5), outline, aspect, inside)

    def mask(self, photo: str, is_true: Callable[[str], bool] | None = None) -> NDArray[np.bool_] | None:
        """What is marked in a photo.

        Parameters
        ----------
        photo : str
            One of `photos`.
        is_true : callable, optional
            Whether a name is that of the photo's class: only such objects count, if there are any.

        Returns
        -------
        numpy.ndarray of bool, shape (H, W), or None
            In the upright photo's own pixels, or fewer of a large photo; None where nothing is marked.

        Raises
        ------
        PhotoError
            The photo can't be read.
        """
        canvas = Canvas.of(self._folder / photo)
        ranks = sorted({source.rank for source in self._sources.get(photo, ())}, reverse=True)
        for rank in ranks:
            marked = self._marked(photo, rank, canvas, is_true)
            if marked is not None:
                if rank[0] and not ranks[-1][0]:
                    self._noted[_NOT_BOXES].add(canvas.photo)
                return marked
        return None

    def _marked(
        self, photo: str, rank: tuple[int, bool], canvas: Canvas, is_true: Callable[[str], bool] | None
    ) -> NDArray[np.bool_] | None:
        """What the sources of one rank mark together."""
        chosen = [source for source in self._sources[photo] if source.rank == rank]
        texts = [
            source for source in (self._sources[photo] if chosen[0].mask else chosen) if source.annotation
        ]
        objects = [found for source in texts if source.annotation for found in source.annotation.marked]
        true = {id(found) for found in objects if is_true is not None and is_true(found.name)}
        if is_true is not None and not true and any(found.name for found in objects):
            self._noted[_OTHER_CLASS].add(canvas.photo)
        marked = self._together(chosen, canvas, true)
        if chosen[0].mask is not None and true:
            within = marked & self._together(texts, canvas, true)
            marked = within if within.any() else marked
        return marked if marked.any() else None

    def _together(self, sources: Sequence[Source], canvas: Canvas, true: set[int]) -> NDArray[np.bool_]:
        marked = np.zeros(canvas.size[::-1], np.bool_)
        for source in sources:
            drawn = self._one(source, canvas, true)
            if drawn is not None:
                marked |= drawn
        return marked

    def _one(self, source: Source, canvas: Canvas, true: set[int]) -> NDArray[np.bool_] | None:
        """What one source marks; None where it does not fit the photo."""
        annotation = source.annotation
        whole = None
        if source.mask is not None:
            try:
                whole = read_mask(source.mask, self._mask_values, greys=not source.beside)
            except PhotoError as error:
                self._problems.add(
                    ExplainerError("{file} can't be used as a mask: {reason}", file=source.file, reason=error)
                )
                return None
            except ExplainerError as error:
                self._problems.add(error.about(file=source.file))
                return None
            if whole.all() and not self._mask_values:
                self._noted[_ALL_MARKED].add(canvas.photo)
                return None
        size = (
            (whole.shape[1], whole.shape[0]) if whole is not None else annotation.size if annotation else None
        )
        fit = canvas.fit(size)
        if fit is None:
            assert size is not None
            self._problems.add(
                ExplainerError(
                    "{file} is for a picture of {width} × {height} pixels, and the photo has {photo_width} × "
                    "{photo_height}.",
                    file=source.file,
                    width=size[0],
                    height=size[1],
                    photo_width=canvas.upright[0],
                    photo_height=canvas.upright[1],
                )
            )
            return None
        turned, scaled = fit
        if turned:
            self._noted[_TURNED].add(canvas.photo)
        if scaled:
            self._noted[_SCALED].add(canvas.photo)
        if whole is not None:
            return canvas.upright_mask(resized_mask(whole, canvas.drawn_size(turned)), turned)
        assert annotation is not None
        objects = [found for found in annotation.marked if not true or id(found) in true]
        if not objects:
            return None
        drawn = rasterized(objects, annotation, canvas, turned)
        if not drawn.any():
            self._problems.add(
                ExplainerError("What {file} marks lies outside of the photo.", file=source.file)
            )
        return canvas.upright_mask(drawn, turned)


def _with_object(
    record: PhotoRecord,
    area: float | None,
    outline: str,
    aspect: float | None,
    inside: Callable[[ExplainedLabel], Any],
) -> PhotoRecord:
    predicted, truth = (
        None if label is None else replace(label, inside=inside(label))
        for label in (record.predicted, record.true_label)
    )
    return replace(
        record,
        object_area=area,
        outline=outline,
        outline_aspect=aspect,
        predicted=predicted,
        true_label=truth,
    )

"""Compare two folders of results, and write what came of it: a gallery, a table, and the pictures."""

from dataclasses import replace
from pathlib import Path

from ...errors import ArgumentError, ExplainerError
from ...files import not_writable, whole, write_whole
from ...lime.explain import OnProgress
from ...names import Cell
from ...pictures.encode import card_jpeg
from ...words.language import LANGUAGES, Language
from ..gallery.document import INDEX, gallery_page, relative_address
from ..gallery.parts import counted
from ..record import PhotoRecord
from ..results import ResultsFolder, file_below
from ..summary import table, yes_or_no
from .gallery import (
    cards_markup,
    kind_counts,
    order_names,
    overview_markup,
    pair_class_names,
    title_of,
)
from .pairs import Comparison, Pair, compare_matched, read_matched

TABLE = "comparison.csv"
PICTURES = "pictures"
_THUMBNAIL_SIDE, _FOCUS_SIDE = 320, 480  # pixels, at most


def compare_results(
    a: str | Path,
    b: str | Path,
    out: str | Path,
    *,
    language: str = "en",
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Compare two folders of results of the same photos: two classifiers, versions or recipes.

    What is written needs neither of them any more: it can be moved, zipped and sent as it is.

    Parameters
    ----------
    a, b : str or pathlib.Path
        The folders of results, as `explain_folder` wrote them. Photos are the same by what is in their
        files, and else by their paths.
    out : str or pathlib.Path
        Where the comparison goes: ``index.html``, ``comparison.csv`` and ``pictures/``. A folder that is
        new, empty, or holds an earlier comparison.
    language : {"en", "ja"}
        Of the gallery.
    on_progress : callable, optional
        Called with the photos done and the photos there are.

    Returns
    -------
    Comparison

    Raises
    ------
    ArgumentError
        `language` is none of ours.
    ExplainerError
        A folder holds no results, both are the same, or the comparison can't be written.

    Examples
    --------
    >>> from explainer import compare_results  # doctest: +SKIP
    >>> found = compare_results("results-1", "results-2", "comparison")  # doctest: +SKIP
    >>> found.broken, found.fixed, found.difference, found.interval  # doctest: +SKIP
    (1, 8, 0.11666666666666667, (0.022, 0.22))
    """
    if language not in LANGUAGES:
        raise ArgumentError("language must be 'en' or 'ja', and is {value}.", value=repr(language))
    a, b, out, told = Path(a), Path(b), Path(out), Language(language)
    _check_apart(out, (a, b))
    matched = read_matched(a, b)
    with ResultsFolder(out).in_use():
        try:
            with whole(out / PICTURES) as folder:
                folder.mkdir()
                pictures = _Pictures((a, b), folder, len(matched), on_progress)
                found = compare_matched(a, b, matched, pictures.copy)
                # First, for by it the folder is known to be ours.
                rows = write_whole(out / TABLE, table(list(_row(_ANY)), map(_row, found.pairs)))
        except OSError as error:
            raise not_writable(out, error) from error
        page = gallery_page(
            told,
            title_of(found.a.folder, found.b.folder),
            overview=overview_markup(found, told),
            cards=cards_markup(found.pairs, found, told, pictures.address, linked=True),
            counted=counted(len(found.pairs), told),
            any_photos=True,
            groupings=[],
            orders=order_names(told),
            kinds=kind_counts(found, told),
            classes=pair_class_names(found.pairs, told),
        )
        return replace(found, table=rows, gallery=write_whole(out / INDEX, page.encode()))


def _check_apart(out: Path, folders: tuple[Path, Path]) -> None:
    """See that nothing of anybody's is written over.

    Raises
    ------
    ExplainerError
        Something would be.
    """
    for folder in folders:
        if folder.resolve() in (out.resolve(), *out.resolve().parents):
            raise ExplainerError(
                "The comparison can't be written to {out}, which belongs to the results in {folder}; please "
                "choose another folder.",
                out=out,
                folder=folder,
            )
    try:
        ours = not out.exists() or (out / TABLE).exists()
        if not ours and any(not path.name.startswith(".") for path in out.iterdir()):
            raise ExplainerError(
                "The folder {out} already holds something else than a comparison; please choose a new or an "
                "empty one.",
                out=out,
            )
    except OSError as error:
        raise not_writable(out, error) from error


class _Pictures:
    """Copies of what the cards show.

    Parameters
    ----------
    folders : tuple of 2 pathlib.Path
        The folders of results.
    place : pathlib.Path
        Where the copies go.
    total : int
        How many photos there are.
    on_progress : callable or None
        As for `compare_results`.
    """

    def __init__(
        self, folders: tuple[Path, Path], place: Path, total: int, on_progress: OnProgress | None
    ) -> None:
        self._folders = folders
        self._place = place
        self._total = total
        self._on_progress = on_progress
        self._done = 0
        self._addresses: dict[tuple[int, str], str] = {}

    def address(self, side: int, path: str) -> str:
        """Where a browser finds a picture, as seen from the gallery; empty where there is none."""
        return self._addresses.get((side, path), "")

    def copy(self, pair: Pair) -> None:
        """Those of one photo."""
        number = self._done
        for side, record in enumerate((pair.a, pair.b)):
            if record is not None and record is pair.record:
                self._copy(side, record.thumbnail, f"{number}.jpg", _THUMBNAIL_SIDE)
            if record is not None and record.predicted is not None:
                self._copy(side, record.predicted.focus, f"{number}-{'ab'[side]}.jpg", _FOCUS_SIDE)
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)

    def _copy(self, side: int, path: str, name: str, longest_side: int) -> None:
        picture = _picture(self._folders[side], path, longest_side)
        if picture:
            (self._place / name).write_bytes(picture)
            self._addresses[side, path] = relative_address(f"{PICTURES}/{name}")


def _picture(folder: Path, path: str, longest_side: int) -> bytes:
    """As small as a card needs it; empty where there is none."""
    file = file_below(folder, path) if path else None
    try:
        return card_jpeg(file.read_bytes(), longest_side) if file else b""
    except OSError:
        return b""


_ANY = Pair(PhotoRecord("", "", "", 0, "", None), None, "alone")


def _row(pair: Pair) -> dict[str, Cell]:
    rights = pair.rights or (None, None)
    insides = pair.insides or (None, None)
    row: dict[str, Cell] = {
        "photo": pair.record.photo,
        "kind": pair.kind,
        "truth": pair.record.truth,
        "scored_label": pair.scored.name if pair.scored else None,
        "score_change": pair.change,
        "focus_in_common": pair.common,
        "focus_not_compared": pair.doubt,
        "matched_by": ("content" if pair.same_file else "path") if pair.a and pair.b else None,
    }
    sides = zip("ab", (pair.a, pair.b), (pair.score_a, pair.score_b), rights, insides, strict=True)
    for letter, record, score, right, inside in sides:
        label = record.predicted if record else None
        row |= {
            f"{letter}_photo": record.photo if record else None,
            f"{letter}_predicted": label.name if label else None,
            f"{letter}_probability": label.probability if label else None,
            f"{letter}_right": yes_or_no(right),
            f"{letter}_score": score,
            f"{letter}_focus_inside": inside,
            f"{letter}_settled": yes_or_no(label.settled if label else None),
            f"{letter}_truth": record.truth if record else None,
            f"{letter}_classifier": record.classifier if record else None,
            f"{letter}_error": record.error if record else None,
            f"{letter}_key": record.key if record else None,
        }
    return row

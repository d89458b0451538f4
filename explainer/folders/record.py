"""What is kept of each photo of a folder: a few figures and the names of its pictures, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..classifiers.preprocessing import Box
from ..errors import ExplainerError
from ..judging.curves import STEPS, Curves
from ..judging.smallest import SmallestSet, SmallestSets
from ..lime.explanation import Label

FORMAT = 1
_SETTLED_BEFORE = 0.9  # where a record of an older version does not say
GRID_SIDE = 9  # cells: three for each of the photo's nine parts


@dataclass(frozen=True)
class Judgement:
    """How good the picture of one label is, and which superpixels decide: what the classifier says to that.

    Attributes
    ----------
    deletion, insertion, chance : tuple of float, length 21
        The label's probability as the photo is covered and uncovered, as `Curves` has it; `chance` is that
        of deletion in a random order.
    superpixels : int
        How many there are.
    enough, without : SmallestSet or None
        As `SmallestSets` has them.
    enough_picture, without_picture : str
        What the classifier saw then, as a path like those of `ExplainedLabel`; empty where there is no set.
    """

    deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    chance: tuple[float, ...]
    superpixels: int
    enough: SmallestSet | None
    without: SmallestSet | None
    enough_picture: str = ""
    without_picture: str = ""

    @property
    def curves(self) -> Curves:
        """Of the picture."""
        return Curves(np.array(self.deletion), np.array(self.insertion))

    @property
    def chance_curves(self) -> Curves:
        """Of a random order."""
        return Curves(np.array(self.chance), np.array(self.chance[::-1]))

    def sets(self, label_index: int) -> SmallestSets:
        """Both, of the label that is judged."""
        return SmallestSets(label_index, self.enough, self.without)


@dataclass(frozen=True)
class Inside:
    """How much of what speaks for a label lies on the object, where somebody marked it.

    Attributes
    ----------
    focus, positive : float or None
        The share of the focus' weight, and of all weight that speaks for the label, which lies inside: each
        superpixel's weight counts as evenly spread over its pixels. None where nothing speaks for the label.
    strongest : bool or None
        Whether most of the superpixel with the largest weight lies inside (the pointing game); None as above.
    """

    focus: float | None
    positive: float | None
    strongest: bool | None


@dataclass(frozen=True)
class ExplainedLabel:
    """One label of one photo, explained.

    Attributes
    ----------
    index : int
        The class' index.
    wnid, name : str
        Its WordNet id, empty where it has none, and its name.
    probability : float
        What the classifier gives the whole photo.
    fidelity : float
        Weighted R² of the surrogate, at most 1.
    stability : float
        How far another neighborhood would choose the same focus, 0 to 1.
    focus_only, focus_hidden, against_hidden : float or None
        Its probability when only the focus is shown, when the focus is hidden, and when the regions
        that speak against it are hidden; None where there is nothing to show or hide.
    contradicted : bool
        Whether hiding the focus noticeably raises the probability, against what the pictures claim.
    focus, pros_cons : str
        The pictures, as paths relative to the folder of results, with forward slashes.
    settled : bool
        Whether another run would show a focus that matters as much, by the recipe's threshold.
    focus_grid : tuple of float
        Which share of the focus lies in each cell of a 9 × 9 grid over the photo, row by row, as
        `focus_map.focus_grid` finds it; empty where there is no focus, or where that is not known.
    settledness : str
        A value of `Settledness`; empty in records of an older version.
    judged : Judgement or None
        How good the picture is, where that was asked for.
    inside : Inside or None
        How much of it lies on the object; None where nobody marked an object.
    """

    index: int
    wnid: str
    name: str
    probability: float
    fidelity: float
    stability: float
    focus_only: float | None
    focus_hidden: float | None
    against_hidden: float | None
    contradicted: bool
    focus: str
    pros_cons: str
    settled: bool
    focus_grid: tuple[float, ...] = ()
    settledness: str = ""
    judged: Judgement | None = None
    inside: Inside | None = None

    @property
    def pictures(self) -> tuple[str, ...]:
        """All that there are."""
        judged = (self.judged.enough_picture, self.judged.without_picture) if self.judged else ()
        return tuple(filter(None, (self.focus, self.pros_cons, *judged)))


@dataclass(frozen=True)
class AskedTwice:
    """A label that the classifier gave two probabilities when asked twice about the same photo.

    Attributes
    ----------
    wnid, name : str
        The class' WordNet id, empty where it has none, and its name.
    probability, again : float
        The two answers.
    """

    wnid: str
    name: str
    probability: float
    again: float


@dataclass(frozen=True)
class PhotoRecord:
    """What came of one photo.

    Attributes
    ----------
    photo : str
        The photo's path below the folder that was explained, with forward slashes. Show it escaped only.
    key : str
        Hash of the photo's content, the classifier and the settings: the same key, the same result.
    classifier : str
        The classifier's name.
    num_samples : int
        How many samples the explanations rest on.
    thumbnail : str
        A small JPEG of the photo, as a path like those of `ExplainedLabel`; empty where there is none.
    predicted : ExplainedLabel or None
        The most probable label; None where the photo could not be explained.
    truth : str
        The name of the class that the photo's folder stands for; empty where it is not known.
    true_label : ExplainedLabel or None
        That class, explained, where it is known and is not the predicted one.
    error : str
        Why the photo could not be explained; empty where it could.
    notes : tuple of str
        What was assumed about the photo, or left out of it.
    regions, regions_found : int
        How many superpixels there are, and how many there were before some were merged; 0 where that is not
        known.
    asked_twice : AskedTwice or None
        What the classifier contradicts itself about; None where it answers alike each time.
    content : str
        SHA-256 of the photo's file in hexadecimal; empty in records of an older version.
    fingerprint : str
        That of the classifier; empty where it has none, and in records of an older version.
    metadata : mapping of str to str
        What a table beside the photos says of this one, by column.
    object_area : float or None
        The share of what the classifier sees of the photo that the marked object covers, which is what
        chance would put inside; None where nobody marked one.
    outline : str
        The object's outline as an SVG path in a square of 1000 by 1000 that stands for what the classifier
        sees; empty where nobody marked one.
    frame : tuple of 4 floats or None
        Where in the photo that is, what the classifier sees: as `Classifier.box` has it. None in records of
        an older version, too.
    outline_aspect : float or None
        Width by height of what the outline is drawn over; None where there is none.
    """

    photo: str
    key: str
    classifier: str
    num_samples: int
    thumbnail: str
    predicted: ExplainedLabel | None
    truth: str = ""
    true_label: ExplainedLabel | None = None
    error: str = ""
    notes: tuple[str, ...] = ()
    regions: int = 0
    regions_found: int = 0
    asked_twice: AskedTwice | None = None
    content: str = ""
    fingerprint: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    object_area: float | None = None
    outline: str = ""
    frame: Box | None = None
    outline_aspect: float | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether the truth is known and another label was predicted."""
        return self.true_label is not None

    @property
    def is_right(self) -> bool | None:
        """Whether the truth was predicted; None where it is not known, or nothing was predicted."""
        return not self.is_wrong if self.truth and self.predicted else None

    @property
    def right_label(self) -> ExplainedLabel | None:
        """The label that is right, predicted or not; None where `is_right` is."""
        return None if self.is_right is None else self.true_label or self.predicted

    @property
    def is_contradicted(self) -> bool:
        """Whether the classifier contradicts what the predicted label's pictures claim."""
        return self.predicted is not None and self.predicted.contradicted

    def to_json(self) -> str:
        """The record as JSON; `from_json` reads it."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "PhotoRecord":
        """Read a record.

        Raises
        ------
        ExplainerError
            The text is no record, or one of another version.
        """
        try:
            found: dict[str, Any] = json.loads(text)
            if found.pop("format") != FORMAT:
                raise ValueError("another format")
            for name in ("predicted", "true_label"):
                found[name] = None if found[name] is None else _label(found[name])
            if found.get("asked_twice") is not None:
                found["asked_twice"] = _asked_twice(found["asked_twice"])
            if found.get("frame") is not None:
                left, upper, right, lower = found["frame"]
                _check_types((int, float), left, upper, right, lower)
                if not (left < right and upper < lower):
                    raise ValueError("a frame around nothing")
                found["frame"] = (left, upper, right, lower)
            record = cls(**found | {"notes": tuple(found.get("notes", ()))})
            _check_types(str, record.photo, record.key, record.classifier, record.thumbnail)
            _check_types(str, record.truth, record.error, *record.notes)
            _check_types(str, record.content, record.fingerprint, record.outline)
            _check_types(str, *record.metadata.keys(), *record.metadata.values())
            _check_types((int, float, type(None)), record.object_area, record.outline_aspect)
            _check_types(int, record.num_samples, record.regions, record.regions_found)
            return record
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ExplainerError("A photo's result is damaged, or was written by another version.") from error


def _asked_twice(found: dict[str, Any]) -> AskedTwice:
    asked = AskedTwice(**found)
    _check_types(str, asked.wnid, asked.name)
    _check_types((int, float), asked.probability, asked.again)
    return asked


def _label(found: dict[str, Any]) -> ExplainedLabel:
    found.setdefault("settled", found["stability"] >= _SETTLED_BEFORE)
    judged = None if found.get("judged") is None else _judgement(found["judged"])
    inside = None if found.get("inside") is None else Inside(**found["inside"])
    grid = tuple(found.get("focus_grid", ()))
    label = ExplainedLabel(**{**found, "focus_grid": grid, "judged": judged, "inside": inside})
    answers = (label.focus_only, label.focus_hidden, label.against_hidden)
    figures = (label.probability, label.fidelity, label.stability, *label.focus_grid)
    _check_types(bool, label.settled)
    _check_types(str, label.wnid, label.name, label.focus, label.pros_cons, label.settledness)
    _check_types((int, float), *figures, *(answer for answer in answers if answer is not None))
    if inside:
        _check_types((int, float, type(None)), inside.focus, inside.positive)
        _check_types((bool, type(None)), inside.strongest)
    if len(label.focus_grid) not in (0, GRID_SIDE**2):
        raise ValueError("a grid of another size")
    return label


def _judgement(found: dict[str, Any]) -> Judgement:
    curves = {name: tuple(found[name]) for name in ("deletion", "insertion", "chance")}
    sets = {name: _smallest_set(found[name]) for name in ("enough", "without")}
    judgement = Judgement(**{**found, **curves, **sets})
    _check_types(int, judgement.superpixels)
    _check_types(str, judgement.enough_picture, judgement.without_picture)
    for curve in curves.values():
        _check_types((int, float), *curve)
        if len(curve) != STEPS + 1:
            raise ValueError("a curve of another length")
    return judgement


def _smallest_set(found: dict[str, Any] | None) -> SmallestSet | None:
    if found is None:
        return None
    best = Label(**found["best"])
    decisive = SmallestSet(**{**found, "regions": tuple(found["regions"]), "best": best})
    _check_types(int, best.index, *decisive.regions)
    _check_types(str, best.wnid, best.name)
    _check_types((int, float), best.probability, decisive.probability)
    _check_types(bool, decisive.is_fewest)
    return decisive


def _check_types(wanted: type | tuple[type, ...], *values: object) -> None:
    if not all(isinstance(value, wanted) for value in values):
        raise TypeError("a value of another type")

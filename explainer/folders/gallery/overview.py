"""What many photos say together: how often the classifier is right, and where it looks."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...reading import NOT_BY_SAMPLES, Settledness
from ...words.language import Language
from ...words.places import place_names
from ..focus_map import mean_grid, part_shares
from ..record import ExplainedLabel, PhotoRecord

ROUGH = 0.35  # fidelity below which the surrogate is said to miss what the classifier does
_MIDDLE = 4  # among the nine parts: what a photo shows is usually there
_FEWEST_TO_SHOW = 3  # photos: of fewer, there is no average to speak of
_FEWEST = 5  # photos: in fewer, the same part may be chance
_NEARLY_ALL = 0.8  # of the photos
_MOST = 0.5  # of one photo's focus


@dataclass(frozen=True)
class ClassLook:
    """Where the classifier looked in the photos that it took for one class.

    Attributes
    ----------
    label : ExplainedLabel
        The class, as one of the photos has it.
    photos : int
        How many photos it is about.
    grid : numpy.ndarray of float64, shape (9, 9)
        Which share of the focus lies in each cell, on average.
    part : int or None
        That of the photo's nine parts, the middle aside, which holds most of the focus in nearly all of
        them; see `places.place_names`. None where there is no such part, or where there are fewer than
        five photos.
    photos_there : int
        In how many photos most of the focus lies in that part.
    """

    label: ExplainedLabel
    photos: int
    grid: np.ndarray
    part: int | None
    photos_there: int


@dataclass(frozen=True)
class Overview:
    """Many photos in a few figures.

    Attributes
    ----------
    photos, explained : int
        How many there are, and how many of them could be explained.
    with_truth, right : int
        Of how many explained ones the class is known, and how many of these were recognised.
    mistakes : tuple of (ExplainedLabel, ExplainedLabel, int)
        The true label, the predicted one, and how often; the most frequent first.
    contradicted, unsettled, rough : int
        In how many photos the classifier contradicts the pictures, the picture is not settled, and the
        surrogate misses most of what the classifier does.
    unsteady, few_regions : int
        In how many photos the classifier answers the same photo differently each time, and there are no more
        regions than are shown: more samples settle neither, and neither counts among `unsettled`.
    looks : tuple of ClassLook
        One for each class that was predicted at least three times: first those whose focus nearly always
        lies in the same part, then those with the most photos.
    """

    photos: int
    explained: int
    with_truth: int
    right: int
    mistakes: tuple[tuple[ExplainedLabel, ExplainedLabel, int], ...]
    contradicted: int
    unsettled: int
    rough: int
    unsteady: int
    few_regions: int
    looks: tuple[ClassLook, ...]


def overview(records: Sequence[PhotoRecord]) -> Overview:
    """Add up many photos."""
    explained = [record.predicted for record in records if record.predicted]
    known = [record for record in records if record.predicted and record.truth]
    mistaken = {}
    times: Counter[tuple[str, str]] = Counter()
    for record in known:
        if record.true_label and record.predicted:
            names = record.true_label.name, record.predicted.name
            mistaken[names] = (record.true_label, record.predicted)
            times[names] += 1
    of_class: defaultdict[str, list[ExplainedLabel]] = defaultdict(list)
    for label in explained:
        if label.focus_grid:
            of_class[label.name].append(label)
    ends = Counter(label.settledness for label in explained if not label.settled)
    looks = [_look(labels) for labels in of_class.values() if len(labels) >= _FEWEST_TO_SHOW]
    return Overview(
        photos=len(records),
        explained=len(explained),
        with_truth=len(known),
        right=sum(not record.is_wrong for record in known),
        mistakes=tuple((*mistaken[names], number) for names, number in times.most_common()),
        contradicted=sum(label.contradicted for label in explained),
        unsettled=ends.total() - sum(ends[end.value] for end in NOT_BY_SAMPLES),
        rough=sum(label.fidelity < ROUGH for label in explained),
        unsteady=ends[Settledness.UNSTEADY.value],
        few_regions=ends[Settledness.FEW_REGIONS.value],
        looks=tuple(sorted(looks, key=lambda look: (look.part is None, -look.photos, look.label.name))),
    )


def look_sentence(look: ClassLook, language: Language) -> str:
    """Where the focus lies in nearly all photos of a class; empty where that differs."""
    if look.part is None:
        return ""
    return language.gettext(
        "For “{label}”, most of the focus lies at the {place} in {number} of {total} photos."
    ).format(
        label=language.class_name(look.label.name, look.label.wnid),
        place=place_names(language)[look.part],
        number=language.number(look.photos_there),
        total=language.number(look.photos),
    )


def _look(labels: list[ExplainedLabel]) -> ClassLook:
    shares = np.array([part_shares(label.focus_grid) for label in labels])
    times = (shares >= _MOST).sum(axis=0)
    part = int(times.argmax())
    stands_out = len(labels) >= _FEWEST and times[part] >= _NEARLY_ALL * len(labels) and part != _MIDDLE
    return ClassLook(
        label=labels[0],
        photos=len(labels),
        grid=mean_grid([label.focus_grid for label in labels]),
        part=part if stands_out else None,
        photos_there=int(times[part]),
    )

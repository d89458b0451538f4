"""Small classifiers whose truth is known, and photos to show them."""

import itertools
import threading
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from explainer import Preprocessing

HIDDEN = 0.0  # no preprocessed photo has it
_FAINT = 0.03  # of a pixel's colour from grey, squared
_MARK = (0.04, 0.88, 0.3, 0.97)  # left, top, right, bottom, as shares of the sides


@dataclass(frozen=True)
class Grid:
    """Cuts any picture into cells of about the same size, numbered row by row."""

    rows: int
    columns: int

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def __call__(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        down = np.arange(height) * self.rows // height
        across = np.arange(width) * self.columns // width
        return down[:, np.newaxis] * self.columns + across


def a_photo(seed: int = 0, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A photo of nothing, another one for each seed."""
    width, height = size
    pixels = np.random.RandomState(seed).randint(0, 256, (height, width, 3))
    return Image.fromarray(pixels.astype(np.uint8))


class CellClassifier:
    """Looks only at how much of each of a grid's cells is visible, that is, not of the hide colour."""

    input_size = (24, 32)

    def __init__(self, name: str, grid: Grid, classes: int, hide_color: float = HIDDEN) -> None:
        self.name = name
        self.grid = grid
        self.hide_color = hide_color
        self.class_names = tuple(f"thing_{i}" for i in range(classes))
        self.wnids = tuple(f"n{i:08}" for i in range(classes))
        cell_of_pixel = grid(np.empty((*self.input_size, 3))).ravel()
        members = (cell_of_pixel[:, np.newaxis] == np.arange(grid.cells)).astype(np.float64)
        self._share = members / members.sum(axis=0)

    def preprocess(self, photo: Image.Image) -> np.ndarray:
        height, width = self.input_size
        small = photo.convert("RGB").resize((width, height), Image.Resampling.NEAREST)
        return (np.asarray(small, np.float32) + 1) / 256

    def to_display(self, image: np.ndarray) -> np.ndarray:
        return np.clip((np.asarray(image, np.float64) * 256 - 1) / 255, 0, 1)

    def predict(self, batch: np.ndarray, precision: str = "exact") -> np.ndarray:
        assert batch.dtype == np.float32
        assert batch.shape[1:] == (*self.input_size, 3)
        visible = (batch != np.float32(self.hide_color)).any(axis=3).reshape(len(batch), -1)
        answers = self.answer(visible @ self._share)
        if precision == "fast":  # as bfloat16 would, not quite the same
            answers = answers + 0.01
        return answers.astype(np.float32)

    def answer(self, visible: np.ndarray) -> np.ndarray:
        """Probabilities of all classes for shares of visible pixels, shape (N, cells)."""
        raise NotImplementedError


class LinearClassifier(CellClassifier):
    """Each visible cell adds its weight to each class' intercept."""

    def __init__(self, grid: Grid, classes: int = 3, seed: int = 0, hide_color: float = HIDDEN) -> None:
        super().__init__("linear", grid, classes, hide_color)
        random = np.random.RandomState(seed)
        self.weights = random.uniform(-0.4, 0.6, (classes, grid.cells)) / grid.cells
        self.intercepts = random.uniform(0.4, 0.5, classes)

    def answer(self, visible: np.ndarray) -> np.ndarray:
        return self.intercepts + visible @ self.weights.T


class NonlinearClassifier(CellClassifier):
    """Cells also work in pairs, and all together in a way that looks like chance."""

    def __init__(self, grid: Grid, classes: int = 1, seed: int = 0, chance: float = 0.03) -> None:
        super().__init__("nonlinear", grid, classes)
        random = np.random.RandomState(seed)
        self.weights = random.normal(0, 0.02, (classes, grid.cells))
        self.pairs = random.normal(0, 0.3 / grid.cells, (classes, grid.cells, grid.cells)) / 2
        self.frequencies = random.uniform(0.5, 5.8, (classes, 4, grid.cells))
        self.chance = chance

    def answer(self, visible: np.ndarray) -> np.ndarray:
        sides = 2 * visible - 1
        single = visible @ self.weights.T
        paired = np.einsum("ni,cij,nj->nc", sides, self.pairs, sides, optimize=True)
        chance = np.cos(np.einsum("ni,cki->nck", visible, self.frequencies)).sum(axis=2)
        return 0.5 + single + paired + self.chance * chance


class ConstantClassifier(CellClassifier):
    """Gives the same probabilities to whatever it sees."""

    def __init__(self, *probabilities: float) -> None:
        super().__init__("constant", Grid(1, 1), len(probabilities))
        self.probabilities = np.array(probabilities)

    def answer(self, visible: np.ndarray) -> np.ndarray:
        return np.tile(self.probabilities, (len(visible), 1))


class UnsteadyClassifier(LinearClassifier):
    """Answers the same picture differently each time."""

    def __init__(self, *arguments, by: float = 0.05, **options) -> None:
        super().__init__(*arguments, **options)
        self._changes = itertools.cycle((0.0, by))

    def predict(self, batch: np.ndarray, precision: str = "exact") -> np.ndarray:
        answers, change = super().predict(batch, precision), next(self._changes)
        answers[:, 0] += change * answers[:, 1:].sum(axis=1)
        answers[:, 1:] *= 1 - change
        return answers


class CountingClassifier:
    """Passes everything on to another classifier, and keeps account.

    A photo is asked about twice, to see whether it gets the same answer; the second time does not count.
    """

    def __init__(self, classifier) -> None:
        self.classifier = classifier
        self.name = classifier.name
        self.input_size = classifier.input_size
        self.class_names = classifier.class_names
        self.wnids = classifier.wnids
        self.fingerprint = getattr(classifier, "fingerprint", "")
        self.preprocess = classifier.preprocess
        self.to_display = classifier.to_display
        self.batches: list[int] = []
        self.precisions: list[str] = []
        self._last = b""
        self._lock = threading.Lock()

    @property
    def images(self) -> int:
        return sum(self.batches)

    def predict(self, batch: np.ndarray, precision: str = "exact") -> np.ndarray:
        with self._lock:
            if len(batch) != 1 or batch.tobytes() != self._last:
                self.batches.append(len(batch))
                self.precisions.append(precision)
        answers = self.classifier.predict(batch, precision)
        self._last = batch.tobytes()
        return answers


class ReadOut:
    """A network whose weights are set by hand for one photo: it looks at some places of it only.

    How much of a place is visible is a linear read-out of its pixels: 1 for the photo as it is, 0 where all
    is grey, each pixel counting the same. Pixels that are nearly grey themselves can't be told from hidden
    ones, and have no weight.

    Parameters
    ----------
    photo : PIL.Image.Image
        What its weights are set for.
    places : numpy.ndarray of bool, shape (places, H, W)
        Where it looks; H and W become its input's size.
    rule : callable
        From how much is visible of each place, (N, places), to how far the class is there, (N,), 0 to 1.
    class_names : sequence of str
        The class, and the only other one.
    """

    wnids = ("", "")

    def __init__(
        self, photo: Image.Image, places: np.ndarray, rule, class_names=("there", "elsewhere")
    ) -> None:
        self.name = "set by hand"
        self.class_names = class_names
        self.input_size = places.shape[1:]
        self._preprocessing = Preprocessing(self.input_size, 127.5, 127.5)
        self.frame = self._preprocessing.frame
        self.preprocess = self._preprocessing.preprocess
        self.to_display = self._preprocessing.to_display
        self._rule = rule
        image = self.preprocess(photo)
        strength = (image**2).sum(axis=2)
        seen = places & (strength > _FAINT)
        self.truth = seen.any(axis=0)
        """Where it looks: bool, shape (H, W)."""
        shares = seen / seen.sum(axis=(1, 2), keepdims=True) / np.maximum(strength, _FAINT)
        self._weights = (shares[..., np.newaxis] * image).reshape(len(places), -1).astype(np.float32)

    def predict(self, batch: np.ndarray, precision: str = "exact") -> np.ndarray:
        visible = batch.reshape(len(batch), -1) @ self._weights.T
        there = 0.05 + 0.9 * np.clip(self._rule(np.clip(visible, 0, 1)), 0, 1)
        return np.stack([there, 1 - there], axis=1).astype(np.float32)


def all_of(visible: np.ndarray) -> np.ndarray:
    """Only where all places are visible."""
    return visible.prod(axis=1)


def any_of(visible: np.ndarray) -> np.ndarray:
    """As soon as one of the places is visible."""
    return 1 - (1 - visible).prod(axis=1)


def sum_of(visible: np.ndarray) -> np.ndarray:
    """The more, the more of the places is visible."""
    return visible.mean(axis=1)


def discs(number: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Discs apart from each other, a sixth to a quarter of the side wide: bool, shape (number, H, W)."""
    random = np.random.RandomState(seed)
    down, across = (np.arange(side)[:, np.newaxis] / side for side in size)
    found: list[tuple[float, float, float]] = []
    while len(found) < number:
        radius = random.uniform(1 / 12, 1 / 8)
        y, x = random.uniform(radius, 1 - radius, 2)
        if all(
            np.hypot(y - other_y, x - other_x) > radius + other + 0.05 for other_y, other_x, other in found
        ):
            found.append((y, x, radius))
    return np.stack([np.hypot(down - y, across.T - x) <= radius for y, x, radius in found])


def watermarked(photo: Image.Image) -> Image.Image:
    """A photo with a striped mark in its lower left corner; see `watermark`."""
    marked = photo.convert("RGB")
    left, top, right, bottom = (
        round(share * side) for share, side in zip(_MARK, 2 * marked.size, strict=True)
    )
    draw = ImageDraw.Draw(marked)
    draw.rectangle((left, top, right - 1, bottom - 1), "white")
    stripe, margin = max(1, (right - left) // 9), (bottom - top) // 4
    for start in range(left + stripe, right - stripe, 2 * stripe):
        draw.rectangle((start, top + margin, start + stripe - 1, bottom - 1 - margin), "black")
    return marked


def watermark(size: tuple[int, int]) -> np.ndarray:
    """Where the mark of `watermarked` is: bool, shape (1, H, W)."""
    left, top, right, bottom = _MARK
    down, across = ((np.arange(side) + 0.5) / side for side in size)
    return ((down >= top) & (down <= bottom))[np.newaxis, :, np.newaxis] & (
        (across >= left) & (across <= right)
    )

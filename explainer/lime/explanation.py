"""What was learned about one photo, and which regions a reader should see."""

import io
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arguments import check_whole_number
from ..classifiers.classifier import ClassifierLike
from ..errors import ArgumentError
from ..recipe import Recipe, Target
from ..version import __version__
from .neighborhood import Neighborhood
from .surrogate import Surrogate

if TYPE_CHECKING:
    from lime.lime_image import ImageExplanation
    from matplotlib.figure import Figure

_PACKAGES = ("lime", "numpy", "openvino", "pillow", "scikit-image", "scikit-learn", "tensorflow")


@dataclass(frozen=True)
class Label:
    """One answer of a classifier.

    Attributes
    ----------
    index : int
        The class' index.
    wnid, name : str
        Its WordNet id and name.
    probability : float
        What the classifier gives the whole photo.
    """

    index: int
    wnid: str
    name: str
    probability: float


@dataclass(frozen=True)
class LabelExplanation(Label):
    """Why one label got its probability.

    Attributes
    ----------
    surrogate : Surrogate
        The linear stand-in for this label.
    target : {"probability", "log-odds"}
        What its weights add up to.
    """

    surrogate: Surrogate = field(repr=False)
    target: Target = "probability"

    @property
    def weights(self) -> np.ndarray:
        """By how much each superpixel raises what is explained, see `target`; float64, one per superpixel."""
        return self.surrogate.weights

    @property
    def standard_errors(self) -> np.ndarray:
        """How sure each weight is; float64, one per superpixel."""
        return self.surrogate.standard_errors

    def change_of_probability(self, weight: float) -> float:
        """By how much a weight, or a sum of weights, would change the whole photo's probability."""
        if self.target == "probability":
            return weight
        with np.errstate(divide="ignore"):  # a probability of 0 or 1 stays what it is
            odds = np.exp(-weight) * (1 - self.probability) / np.float64(self.probability)
        return float(1 / (1 + odds) - self.probability)

    @property
    def intercept(self) -> float:
        """What the surrogate comes to when every superpixel is hidden."""
        return self.surrogate.intercept

    @property
    def fidelity(self) -> float:
        """Weighted R² of the surrogate: how far to trust it, at most 1; 0 if nothing ever changed."""
        return self.surrogate.fidelity


@dataclass(frozen=True)
class RepeatedLabel(Label):
    """A label that got another probability when the classifier was asked about the same photo again.

    Attributes
    ----------
    again : float
        What it got the second time.
    """

    again: float


@dataclass(frozen=True)
class LastPlace:
    """Who shares the last place among the superpixels that are shown.

    Attributes
    ----------
    shown : tuple of int
        Superpixels that are shown, though others matter as much.
    others : tuple of int
        Superpixels that matter as much as the last one shown, and are not shown. Where there are none,
        nothing is shared.
    """

    shown: tuple[int, ...] = ()
    others: tuple[int, ...] = ()


class Presenter(Protocol):
    """What draws an explanation."""

    def html(self, explanation: "Explanation", /) -> str: ...

    def figure(
        self, explanation: "Explanation", label: int | str | None, positive_only: bool, /
    ) -> "Figure": ...


@dataclass(frozen=True, eq=False)
class Explanation:
    """An explanation of the best labels of one photo, from so many samples.

    Attributes
    ----------
    image : numpy.ndarray of float32, shape (H, W, 3)
        The preprocessed photo.
    segments : numpy.ndarray of int64, shape (H, W)
        Its superpixels, numbered from 0.
    labels : tuple of LabelExplanation
        The most probable first.
    num_samples : int
        How many samples it rests on.
    recipe : Recipe
        How it was made.
    neighborhood : Neighborhood
        The samples; it may have grown further since.
    further : tuple of Explanation
        The same labels by the recipe's other cuts of the photo, each as far as it has come.
    """

    image: np.ndarray = field(repr=False)
    segments: np.ndarray = field(repr=False)
    labels: tuple[LabelExplanation, ...]
    num_samples: int
    recipe: Recipe
    neighborhood: Neighborhood = field(repr=False)
    further: tuple["Explanation", ...] = field(default=(), repr=False)

    presenter: ClassVar[Callable[["Explanation"], Presenter]]
    """What draws it. Pictures and words lie above this room, so the package puts theirs in."""

    @property
    def classifier(self) -> ClassifierLike:
        """Who was asked."""
        return self.neighborhood.classifier

    @property
    def num_superpixels(self) -> int:
        return len(self.labels[0].weights)

    @property
    def has_few_regions(self) -> bool:
        """Whether there are no more superpixels than the focus shows, so that nothing is chosen."""
        return few_regions(self.num_superpixels, self.recipe)

    @property
    def disagreement(self) -> RepeatedLabel | None:
        """What the classifier contradicts itself about the most; None where it answers a photo always alike.

        It is asked twice about the whole photo. Differences up to 0.01 in log-odds are taken for rounding.
        """
        found = self.neighborhood.disagreement
        if found is None:
            return None
        index, first, second = found
        names, wnids = self.classifier.class_names, self.classifier.wnids
        return RepeatedLabel(index, wnids[index], names[index], first, second)

    def label(self, label_index: int) -> LabelExplanation:
        """The explanation of the class with this index.

        Raises
        ------
        ArgumentError
            That class is not among the explained ones.
        """
        for label in self.labels:
            if label.index == label_index:
                return label
        explained = ", ".join(str(label.index) for label in self.labels)
        raise ArgumentError(
            "label_index must be one of {indices}, and is {index}.",
            indices=explained,
            index=repr(label_index),
        )

    def image_and_mask(
        self,
        label_index: int,
        positive_only: bool = True,
        num_features: int | None = None,
        hide_rest: bool = False,
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The picture and mask of lime's ``ImageExplanation.get_image_and_mask``.

        Parameters
        ----------
        label_index : int
            A class' index, one of those in `labels`.
        positive_only : bool
            Take only superpixels that speak for the label.
        num_features : int, optional
            How many superpixels at the most, those with the largest weights; the recipe's by default.
        hide_rest : bool
            Set all else to 0, in the preprocessed space.

        Returns
        -------
        image : numpy.ndarray of float, shape (H, W, 3)
            In the preprocessed space. Without `positive_only`, superpixels that speak for the label have
            their green, and those against it their red, at the image's maximum.
        mask : numpy.ndarray of int64, shape (H, W)
            1 for, -1 against (without `positive_only`), 0 elsewhere.

        Raises
        ------
        ArgumentError
            The label is not among the explained ones, or `num_features` is negative.
        """
        self.label(label_index)
        image, mask = self._lime_explanation.get_image_and_mask(
            label_index,
            positive_only=positive_only,
            num_features=self._number("num_features", num_features, self.recipe.num_features),
            hide_rest=hide_rest,
        )
        return image, mask

    def heat_map(self, label_index: int) -> NDArray[np.float64]:
        """Where in the image the weights are, by area, averaged over all cuts that there are.

        A superpixel's weight is spread over its pixels, so that a small one that weighs as much as a large
        one is hotter.

        Parameters
        ----------
        label_index : int
            A class' index, one of those in `labels`.

        Returns
        -------
        numpy.ndarray of float64, shape (H, W)
            In the units of the weights; above 0 for the label, below 0 against it. The mean over all pixels
            is the sum of a cut's weights, averaged over the cuts.

        Raises
        ------
        ArgumentError
            The label is not among the explained ones.
        """
        maps = [cut.spread(cut.label(label_index).weights) for cut in self._cuts]
        mean: NDArray[np.float64] = np.mean(maps, axis=0)
        return mean

    def cut_agreement(self, label_index: int) -> float | None:
        """How far the cuts agree on where the weights are.

        Returns
        -------
        float or None
            The mean correlation (Pearson's) between two cuts' maps, -1 to 1; 0 where one of them is flat.
            None where there is one cut only.
        """
        if not self.further:
            return None
        maps = [cut.spread(cut.label(label_index).weights).ravel() for cut in self._cuts]
        with np.errstate(invalid="ignore"):  # a flat map correlates with nothing
            found = np.nan_to_num(np.corrcoef(maps))
        return float(found[np.triu_indices(len(maps), 1)].mean())

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Spread each superpixel's value over its pixels: float64, shape (H, W); the mean is their sum."""
        areas = np.bincount(self.segments.ravel()) / self.segments.size
        heat_map: NDArray[np.float64] = (values / areas)[self.segments]
        return heat_map

    @property
    def _cuts(self) -> tuple["Explanation", ...]:
        return (self, *self.further)

    def regions(
        self, label_index: int, positive_only: bool = True, num_features: int | None = None
    ) -> dict[int, float]:
        """The superpixels that `image_and_mask` shows, and their weights; the largest first."""
        weights = self.label(label_index).weights
        number = self._number("num_features", num_features, self.recipe.num_features)
        return _chosen(weights, positive_only, number)

    def last_place(
        self, label_index: int, positive_only: bool = True, num_features: int | None = None
    ) -> LastPlace:
        """Which of the superpixels that `image_and_mask` shows are as good as others that it does not show.

        Superpixels share the last place if they weigh as much as the last one shown, within the recipe's
        `tie_tolerance`.
        """
        weights = self.label(label_index).weights
        chosen = self.regions(label_index, positive_only, num_features)
        if not chosen:
            return LastPlace()
        strength = weights if positive_only else np.abs(weights)
        last = min(abs(weight) for weight in chosen.values())
        tolerance = self.recipe.tie_tolerance * np.abs(weights).max()
        as_good = np.flatnonzero((strength >= last - tolerance) & (strength > 0))
        others = tuple(int(superpixel) for superpixel in as_good if superpixel not in chosen)
        if not others:
            return LastPlace()
        return LastPlace(
            tuple(superpixel for superpixel, weight in chosen.items() if abs(weight) <= last + tolerance),
            others,
        )

    def contrast(
        self, label_index: int, other_index: int, num_features: int | None = None
    ) -> dict[int, float]:
        """The superpixels that tell two labels apart the most.

        Parameters
        ----------
        label_index, other_index
            As for `image_and_mask`.
        num_features : int, optional
            How many at the most; as many as the recipe's pros and cons by default.

        Returns
        -------
        dict of int to float
            By how much more each superpixel raises the first label's probability, or log-odds, than the
            other's: negative where it speaks for the other, and never 0. The largest differences first.
        """
        number = self._number("num_features", num_features, self.recipe.pros_cons_features)
        differences = self.label(label_index).weights - self.label(other_index).weights
        return {region: more for region, more in _chosen(differences, False, number).items() if more}

    def stability(
        self, label_index: int, positive_only: bool = True, num_features: int | None = None
    ) -> float:
        """How far another neighborhood of this size would show regions that matter as much.

        Between replicates of the bootstrap, the share of one's chosen regions that the other chose too or
        that weigh as much there as the last it chose, within the recipe's `tie_tolerance`: 1 if all show
        the same, or what can't be told from it.

        Parameters
        ----------
        label_index, positive_only, num_features
            As for `image_and_mask`.

        Returns
        -------
        float
            In [0, 1]; 0 for the photo alone, from which nothing was learned.
        """
        surrogate = self.label(label_index).surrogate
        number = self._number("num_features", num_features, self.recipe.num_features)
        if self.num_samples == 1:
            return 0.0
        return stability(surrogate, number, positive_only, self.recipe.tie_tolerance)

    def show(self, label: int | str | None = None, positive_only: bool = False) -> "Figure":
        """Draw focus, and pros and cons, side by side.

        Parameters
        ----------
        label : int or str, optional
            A class' index or name, one of those in `labels`; the most probable by default.
        positive_only : bool
            Leave out what speaks against the label.

        Returns
        -------
        matplotlib.figure.Figure
            Not one of pyplot's, so there is nothing to close.

        Raises
        ------
        ArgumentError
            The label is not among the explained ones.

        Examples
        --------
        >>> from explainer import explain, load_classifier
        >>> explanation = explain("cat.jpg", load_classifier(), num_samples=32)
        >>> explanation.show().savefig("cat.png")
        """
        return self.presenter().figure(self, label, positive_only)

    def _repr_html_(self) -> str:
        return self.presenter().html(self)

    def to_json(self) -> str:
        """The explanation as JSON, without pictures.

        With `segments_png` beside it, it holds all that is needed to put the weights back on the photo, and
        to make them again: ``Recipe.from_json`` reads the recipe in it.
        """
        return json.dumps(self._as_dict(), indent=2, ensure_ascii=False)

    def segments_png(self) -> bytes:
        """The superpixel of each pixel, as a 16-bit grey PNG of the network's input size."""
        stream = io.BytesIO()
        Image.fromarray(self.segments.astype(np.uint16)).save(stream, "PNG")
        return stream.getvalue()

    def _as_dict(self) -> dict[str, Any]:
        recipe = self.recipe
        return {
            "classifier": self.classifier.name,
            "fingerprint": self.classifier.fingerprint,
            "input_size": list(self.image.shape[:2]),
            "photo": self.neighborhood.photo_digest,
            "recipe": recipe.to_dict(),
            "versions": versions(),
            "num_samples": self.num_samples,
            "seed": recipe.seed,
            "design": recipe.design,
            "kernel_width": recipe.kernel_width,
            "precision": recipe.precision,
            "segments": self.num_superpixels,
            "segments_found": self.neighborhood.superpixels_found,
            "further_cuts": [
                {
                    "segmentation": recipe["segmentation"],
                    "num_samples": cut.num_samples,
                    "segments": cut.num_superpixels,
                }
                for cut in self.further
                for recipe in [cut.recipe.to_dict()]
            ],
            "asked_twice": asdict(self.disagreement) if self.disagreement else None,
            "labels": [
                {
                    "index": label.index,
                    "wnid": label.wnid,
                    "name": label.name,
                    "probability": label.probability,
                    "fidelity": label.fidelity,
                    "stability": self.stability(label.index),
                    "focus": list(self.regions(label.index)),
                    "last_place": asdict(self.last_place(label.index)),
                    "intercept": label.intercept,
                    "weights": label.weights.tolist(),
                    "standard_errors": label.standard_errors.tolist(),
                }
                for label in self.labels
            ],
        }

    def _number(self, name: str, value: int | None, usual: int) -> int:
        return usual if value is None else check_whole_number(name, value, least=0)

    @cached_property
    def _lime_explanation(self) -> "ImageExplanation":
        from lime.lime_image import ImageExplanation  # imports scikit-learn, which takes seconds

        explanation = ImageExplanation(self.image, self.segments)
        for label in self.labels:
            order = np.argsort(-np.abs(label.weights), kind="stable")
            explanation.local_exp[label.index] = [(i, label.weights[i]) for i in order]
            explanation.intercept[label.index] = label.intercept
        return explanation


def _chosen(weights: NDArray[np.float64], positive_only: bool, number: int) -> dict[int, float]:
    """The largest weights, by absolute value unless `positive_only`; the largest first."""
    order = np.argsort(-np.abs(weights), kind="stable")
    if positive_only:
        order = order[weights[order] > 0]
    return {int(superpixel): float(weights[superpixel]) for superpixel in order[:number]}


def few_regions(superpixels: int, recipe: Recipe) -> bool:
    """See `Explanation.has_few_regions`."""
    return superpixels <= max(1, recipe.num_features)


def stability(
    surrogate: Surrogate, num_features: int, positive_only: bool = True, tolerance: float = 0.0
) -> float:
    """See `Explanation.stability`."""
    replicates = surrogate.replicates
    number, superpixels = replicates.shape
    # For the label and, as regions of their own, against it.
    strength = replicates if positive_only else np.hstack([replicates, -replicates])
    order = np.argsort(-strength, axis=1, kind="stable")[:, : min(num_features, superpixels)]
    chosen = np.zeros(strength.shape, bool)
    np.put_along_axis(chosen, order, True, axis=1)
    chosen &= strength > 0
    times_chosen = chosen.sum(axis=0)
    if not times_chosen.any():
        return 1.0
    last = np.where(chosen, strength, np.inf).min(axis=1, keepdims=True)
    last[chosen.sum(axis=1) < num_features] = 0.0  # there is room for whatever speaks for it
    as_good = strength >= last - tolerance * np.abs(replicates).max(axis=1, keepdims=True)
    shared = (times_chosen * ((chosen | as_good).sum(axis=0) - 1)).sum() / (number - 1)
    return float(shared / times_chosen.sum())


def versions() -> dict[str, str]:
    """The versions of what an explanation rests on: Limelight, Python, and the packages that compute."""
    packages = {name: version(name) for name in _PACKAGES}
    return {"limelight": __version__, "python": platform.python_version(), **packages}

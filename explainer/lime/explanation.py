"""What was learned about one photo, and which regions a reader should see."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import check_whole_number
from ..errors import ArgumentError
from .neighborhood import Neighborhood
from .surrogate import Surrogate

if TYPE_CHECKING:
    from lime.lime_image import ImageExplanation

FOCUS_REGIONS = 5
PROS_CONS_REGIONS = 10


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
    """

    surrogate: Surrogate = field(repr=False)

    @property
    def weights(self) -> np.ndarray:
        """By how much each superpixel raises the probability; float64, one per superpixel."""
        return self.surrogate.weights

    @property
    def standard_errors(self) -> np.ndarray:
        """How sure each weight is; float64, one per superpixel."""
        return self.surrogate.standard_errors

    @property
    def intercept(self) -> float:
        """The surrogate's probability when every superpixel is hidden."""
        return self.surrogate.intercept

    @property
    def fidelity(self) -> float:
        """Weighted R² of the surrogate: how far to trust it, at most 1; 0 if nothing ever changed."""
        return self.surrogate.fidelity


@dataclass(frozen=True)
class Settings:
    """All that an explanation depends on besides the photo, so that it can be made again."""

    classifier: str
    design: str
    seed: int
    kernel_width: float
    precision: str


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
    settings : Settings
        How it was made.
    neighborhood : Neighborhood
        The samples; it may have grown further since.
    """

    image: np.ndarray = field(repr=False)
    segments: np.ndarray = field(repr=False)
    labels: tuple[LabelExplanation, ...]
    num_samples: int
    settings: Settings
    neighborhood: Neighborhood = field(repr=False)

    @property
    def num_superpixels(self) -> int:
        return len(self.labels[0].weights)

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
        num_features: int = FOCUS_REGIONS,
        hide_rest: bool = False,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The picture and mask of lime's ``ImageExplanation.get_image_and_mask``.

        Parameters
        ----------
        label_index : int
            A class' index, one of those in `labels`.
        positive_only : bool
            Take only superpixels that speak for the label.
        num_features : int
            How many superpixels at the most, those with the largest weights.
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
        _check_num_features(num_features)
        image, mask = self._lime_explanation.get_image_and_mask(
            label_index, positive_only=positive_only, num_features=num_features, hide_rest=hide_rest
        )
        return image, mask

    def regions(
        self, label_index: int, positive_only: bool = True, num_features: int = FOCUS_REGIONS
    ) -> dict[int, float]:
        """The superpixels that `image_and_mask` shows, and their weights; the largest first."""
        label = self.label(label_index)
        _check_num_features(num_features)
        return {
            int(superpixel): float(label.weights[superpixel])
            for superpixel in chosen_regions(label.weights, positive_only, num_features)
        }

    def contrast(
        self, label_index: int, other_index: int, num_features: int = PROS_CONS_REGIONS
    ) -> dict[int, float]:
        """The superpixels that tell two labels apart the most.

        Parameters
        ----------
        label_index, other_index, num_features
            As for `image_and_mask`.

        Returns
        -------
        dict of int to float
            By how much more each superpixel raises the first label's probability than the other's:
            negative where it speaks for the other, and never 0. The largest differences first.
        """
        _check_num_features(num_features)
        differences = self.label(label_index).weights - self.label(other_index).weights
        return {
            int(superpixel): float(differences[superpixel])
            for superpixel in chosen_regions(differences, False, num_features)
            if differences[superpixel]
        }

    def stability(
        self, label_index: int, positive_only: bool = True, num_features: int = FOCUS_REGIONS
    ) -> float:
        """How far the chosen regions would be the same in another neighborhood of this size.

        Between replicates of the bootstrap, the share of chosen regions that two of them have in common:
        1 if all choose the same.

        Parameters
        ----------
        label_index, positive_only, num_features
            As for `image_and_mask`.

        Returns
        -------
        float
            In [0, 1]; 0 for the photo alone, from which nothing was learned.
        """
        _check_num_features(num_features)
        if self.num_samples == 1:
            self.label(label_index)
            return 0.0
        return stability(self.label(label_index).surrogate, positive_only, num_features)

    def to_json(self) -> str:
        """The explanation as JSON, without pictures."""
        return json.dumps(self._as_dict(), indent=2)

    def _as_dict(self) -> dict[str, Any]:
        return {
            "classifier": self.settings.classifier,
            "num_samples": self.num_samples,
            "seed": self.settings.seed,
            "design": self.settings.design,
            "kernel_width": self.settings.kernel_width,
            "precision": self.settings.precision,
            "segments": self.num_superpixels,
            "labels": [
                {
                    "index": label.index,
                    "wnid": label.wnid,
                    "name": label.name,
                    "probability": label.probability,
                    "fidelity": label.fidelity,
                    "stability": self.stability(label.index),
                    "intercept": label.intercept,
                    "weights": label.weights.tolist(),
                    "standard_errors": label.standard_errors.tolist(),
                }
                for label in self.labels
            ],
        }

    @cached_property
    def _lime_explanation(self) -> "ImageExplanation":
        from lime.lime_image import ImageExplanation  # imports scikit-learn, which takes seconds

        explanation = ImageExplanation(self.image, self.segments)
        for label in self.labels:
            order = np.argsort(-np.abs(label.weights), kind="stable")
            explanation.local_exp[label.index] = [(i, label.weights[i]) for i in order]
            explanation.intercept[label.index] = label.intercept
        return explanation


def chosen_regions(weights: np.ndarray, positive_only: bool, num_features: int) -> np.ndarray:
    """The superpixels a reader sees: largest weights first, by absolute value unless `positive_only`."""
    order = np.argsort(-np.abs(weights), kind="stable")
    if positive_only:
        order = order[weights[order] > 0]
    return order[:num_features]


def stability(surrogate: Surrogate, positive_only: bool = True, num_features: int = FOCUS_REGIONS) -> float:
    """See `Explanation.stability`."""
    replicates = surrogate.replicates
    number, superpixels = replicates.shape
    strength = replicates if positive_only else np.abs(replicates)
    order = np.argsort(-strength, axis=1, kind="stable")[:, :num_features]
    signs = np.sign(np.take_along_axis(replicates, order, axis=1))
    for_or_against = np.zeros((2, number, superpixels))
    np.put_along_axis(for_or_against[0], order, signs > 0, axis=1)
    if not positive_only:
        np.put_along_axis(for_or_against[1], order, signs < 0, axis=1)
    times_chosen = for_or_against.sum(axis=1)
    if not times_chosen.any():
        return 1.0
    shared = (times_chosen * (times_chosen - 1)).sum() / (number - 1)
    return float(shared / times_chosen.sum())


def _check_num_features(num_features: int) -> None:
    check_whole_number("num_features", num_features, least=0)

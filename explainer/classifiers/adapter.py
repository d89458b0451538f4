"""Asks a network in its own layout: explained pictures are RGB and channels-last, whatever it takes."""

import importlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ..recipe import Precision
from .predictor import Predictor

if TYPE_CHECKING:
    import keras

ChannelOrder = Literal["rgb", "bgr"]
Layout = Literal["channels-last", "channels-first"]
Outputs = Literal["probabilities", "logits", "independent"]


@dataclass(frozen=True)
class Adapter:
    """Turns pictures into what a network takes, and its answers into probabilities.

    Parameters
    ----------
    network : Predictor
        Takes float32 pictures in its own layout.
    channel_order : {"rgb", "bgr"}
        The order of a network's three channels.
    layout : {"channels-last", "channels-first"}
        Whether it takes (N, H, W, channels) or (N, channels, H, W).
    channels : {1, 3}
        One channel is the mean of the picture's three.
    outputs : {"probabilities", "logits", "independent"}
        Logits go through a softmax. Independent probabilities need not sum to one.
    """

    network: Predictor
    channel_order: ChannelOrder = "rgb"
    layout: Layout = "channels-last"
    channels: int = 3
    outputs: Outputs = "probabilities"

    def predict(self, batch: NDArray[np.float32], precision: Precision = "exact") -> NDArray[np.float32]:
        """Ask the network: float32 (N, H, W, 3) to float32 probabilities (N, classes).

        A network with a single output unit answers with two classes: not, and yes.
        """
        if self.channels == 1:
            batch = batch.mean(axis=3, keepdims=True)
        elif self.channel_order == "bgr":
            batch = batch[..., ::-1]
        if self.layout == "channels-first":
            batch = batch.transpose(0, 3, 1, 2)
        answers = self.network.predict(np.ascontiguousarray(batch), precision)
        return self._probabilities(np.asarray(answers, np.float32))

    def describe(self) -> str:
        return self.network.describe()

    def fallback(self) -> str:
        return self.network.fallback()

    def keras_network(self) -> "keras.Model":
        """The network for RGB pictures, channels last, and with probabilities; see `Classifier`."""
        return self._keras_network

    def with_random_weights(self, seed: int) -> "Adapter":
        return replace(self, network=self.network.with_random_weights(seed))

    @cached_property
    def _keras_network(self) -> "keras.Model":
        network = self.network.keras_network()
        package = importlib.import_module(type(network).__module__.partition(".")[0])  # or else tf_keras
        first = self.layout == "channels-first"
        picture = x = package.Input((*(network.input_shape[2:] if first else network.input_shape[1:3]), 3))
        if self.channels == 1:
            x = (x[..., :1] + x[..., 1:2] + x[..., 2:]) / 3
        elif self.channel_order == "bgr":
            x = x[..., ::-1]
        if first:
            x = package.layers.Permute((3, 1, 2))(x)
        answers = network(x)
        if self.outputs == "logits":
            answers = package.layers.Flatten()(answers)
            answers = package.layers.Activation("sigmoid" if answers.shape[1] == 1 else "softmax")(answers)
        return package.Model(picture, answers)

    def _probabilities(self, answers: NDArray[np.float32]) -> NDArray[np.float32]:
        from scipy.special import expit, softmax  # here, so that importing the package stays quick

        if answers.ndim == 2 and answers.shape[1] == 1:
            yes = expit(answers) if self.outputs == "logits" else answers
            return np.concatenate([1 - yes, yes], axis=1)
        probabilities: NDArray[np.float32] = softmax(answers, axis=1) if self.outputs == "logits" else answers
        return probabilities

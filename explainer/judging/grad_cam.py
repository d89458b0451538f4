"""Grad-CAM: which places of the last feature maps raise a label's score."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..arguments import check_whole_number
from ..classifiers.classifier import ClassifierLike
from ..errors import ClassifierError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_one_at_a_time = threading.Lock()  # for while a network is watched, it is changed


def grad_cam(classifier: ClassifierLike, image: NDArray[np.float32], label_index: int) -> NDArray[np.float64]:
    """Make a map of where the network's last feature maps speak for a label.

    Each feature map counts by the mean gradient of the label's score to it; what of their sum is negative
    becomes 0. The feature maps are the last ones that keep the places of the photo apart, before they are
    pooled or flattened. The score is the network's value before its softmax or sigmoid, for a sure network's
    probability hardly changes, and its gradient mixes in those of all other labels. Only where the
    probabilities come about in another way, it is their logarithm.

    It costs a forward and a backward pass. Threads that ask at once have a turn each.

    Parameters
    ----------
    classifier : ClassifierLike
        One with a `Classifier.keras_network`.
    image : numpy.ndarray of float32, shape (H, W, 3)
        From `Classifier.preprocess`.
    label_index : int
        Of the label.

    Returns
    -------
    numpy.ndarray of float64, shape (H, W)
        0 or more, in the score's own units; all 0 where nothing speaks for the label. Interpolated from the
        feature maps' few places, which are mostly 32 pixels apart.

    Raises
    ------
    ClassifierError
        It is no network in Keras' format, or has no such feature maps, as vision transformers.
    ArgumentError
        There is no such label.

    References
    ----------
    Selvaraju et al. (2017), Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization, arXiv:1610.02391.
    """
    check_whole_number("label_index", label_index, 0, len(classifier.class_names) - 1)
    network = classifier.keras_network()

    import tensorflow as tf

    tape = tf.GradientTape(watch_accessed_variables=False)
    with _one_at_a_time, _Watch(network, tape) as watch, tape:
        score = _score(network(tf.constant(image[np.newaxis], tf.float32), training=False), label_index)
    gradient = None if watch.features is None else tape.gradient(score, watch.features)
    if gradient is None:
        raise ClassifierError(
            "The network of {name} does not keep the places of the photo apart up to its last layers, as "
            "convolutional networks do, so there is no Grad-CAM of it.",
            name=classifier.name,
        )
    features, gradients = (watch.channels_last(values) for values in (watch.features, gradient))
    places = np.maximum(features @ gradients.mean(axis=(0, 1)), 0)
    height, width = image.shape[:2]
    resized = Image.fromarray(places.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float64)


class _Watch:
    """Notes the last feature maps while a network is asked, also those of networks within it.

    Parameters
    ----------
    network : keras.Model
        Of Keras 3 or Keras 2.
    tape : tensorflow.GradientTape
        What records gradients to them.

    Attributes
    ----------
    features : tensorflow.Tensor or None
        Those of one picture; None where there are none, or where places became a mere row after them.
    """

    def __init__(self, network: "keras.Model", tape: "tf.GradientTape") -> None:
        self.features: tf.Tensor | None = None
        self._tape = tape
        self._steps = {id(step): step for step in _steps(network)}.values()
        self._convolved = self._channels_first = False

    def __enter__(self) -> "_Watch":
        for step in self._steps:
            vars(step)["call"] = self._watched(step)  # not as an attribute, which Keras would track
        return self

    def __exit__(self, *_: object) -> None:
        for step in self._steps:
            vars(step).pop("call", None)

    def channels_last(self, values: "tf.Tensor") -> NDArray[np.float64]:
        """What belongs to the feature maps, shape (rows, columns, maps)."""
        array: NDArray[np.float64] = np.asarray(values[0], np.float64)
        return array.transpose(1, 2, 0) if self._channels_first else array

    def _watched(self, step: Any) -> Callable[..., Any]:
        call = step.call

        def watched(*arguments: Any, **options: Any) -> Any:
            output = call(*arguments, **options)
            self._note(step, getattr(output, "shape", ()), output)
            return output

        return watched

    def _note(self, step: Any, shape: Sequence[int], output: Any) -> None:
        self._convolved |= any(len(weights.shape) == 4 for weights in getattr(step, "weights", ()))
        if layout := getattr(step, "data_format", None):
            self._channels_first = layout == "channels_first"
        if len(shape) == 4 and self._convolved:
            rows, columns = shape[2:] if self._channels_first else shape[1:3]
            if rows * columns > 1:
                self._tape.watch(output)
                self.features = output
        elif len(shape) == 3 and shape[1] > 1:
            self.features = None


def _steps(network: Any) -> Iterator[Any]:
    """The layers of a network, and what else Keras 3 has it do; for a network within it, those of that."""
    for step in getattr(network, "operations", network.layers):
        if hasattr(step, "layers"):
            yield from _steps(step)
        else:
            yield step


def _score(answers: Any, label_index: int) -> Any:
    """A label's score among the probabilities of one picture."""
    import tensorflow as tf

    logits = getattr(answers, "_keras_logits", None)  # where Keras itself keeps them for its loss functions
    values = tf.reshape(answers if logits is None else logits, [-1])
    if len(values) > 1:
        return values[label_index] if logits is not None else tf.math.log(values[label_index])
    if logits is not None:
        return values[0] if label_index else -values[0]
    return tf.math.log(values[0] if label_index else 1 - values[0])

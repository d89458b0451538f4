"""Networks of `keras.applications` by name, such as ``keras:ResNet50``, with the weights Keras publishes.

What is written down here of each, Keras knows too, but only after it has been imported and the network
built, which takes seconds; the tests compare the two.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ClassifierError, WeightsError
from ..adapter import Adapter
from ..added.description import RANGES
from ..classifier import Classifier
from ..engine import Network
from ..fingerprint import fingerprint
from ..preprocessing import Preprocessing
from . import imagenet
from .inception_v3 import file_hash, keras_models_folder

if TYPE_CHECKING:
    import keras

PREFIX = "keras:"


@dataclass(frozen=True)
class Application:
    """One network of `keras.applications`.

    Parameters
    ----------
    title : str
        Its name in Keras.
    input_size : int
        Height and width of its input, in pixels.
    value_range : str
        What its ``preprocess_input`` makes of colours; one of `RANGES`. After ``caffe``, blue comes first.
    weights_file : str
        The file's name in Keras' cache.
    """

    title: str
    input_size: int
    value_range: str
    weights_file: str

    @property
    def name(self) -> str:
        return PREFIX + self.title

    def find_weights(self) -> Path:
        """Find the weights in Keras' cache, without a network.

        Raises
        ------
        WeightsError
            They are not there.
        """
        path = keras_models_folder() / self.weights_file
        if not path.is_file():
            raise WeightsError(
                "{title}'s weights are not on this machine: run python -m explainer fetch {name} where there "
                "is a network.",
                title=self.title,
                name=self.name,
            )
        return path

    def fetch_weights(self) -> Path:
        """Have Keras download the weights into its cache, unless they are there, and check them.

        Raises
        ------
        WeightsError
            They can't be downloaded, or are not what they should be.
        """
        import keras

        try:
            getattr(keras.applications, self.title)(weights="imagenet")
        except Exception as error:  # Keras wraps whatever happens in plain exceptions
            raise WeightsError(
                "{title}'s weights could not be downloaded: the server can't be reached, broke off, or sent "
                "another file.",
                title=self.title,
            ) from error
        return self.find_weights()

    def build(self, weights: Path) -> "keras.Model":
        """Build the network with weights from a file.

        Raises
        ------
        WeightsError
            The file does not hold this network's weights.
        """
        import keras

        try:
            network = getattr(keras.applications, self.title)(weights=str(weights))
            if self.title.startswith("EfficientNetB"):
                _scale_as_published(network)
            return network
        except Exception as error:  # h5py and Keras on another or a damaged file raise nearly anything
            raise WeightsError(
                "{path} does not hold {title}'s weights.", path=weights, title=self.title
            ) from error

    def preprocessing(self) -> Preprocessing:
        """What becomes of a photo; colours are RGB also where the network takes blue first."""
        offset, scale = RANGES[self.value_range]
        return Preprocessing((self.input_size, self.input_size), offset, scale)

    def load(self) -> Classifier:
        """Make a classifier; the network itself is loaded at its first question.

        Raises
        ------
        WeightsError
            The weights are not on this machine.
        """
        weights = self.find_weights()
        identity = file_hash(weights, "sha256")
        preprocessing = self.preprocessing()
        network = Network(
            f"keras-{self.title}",
            identity,
            partial(self.build, weights),
            input_shape=(*preprocessing.input_size, 3),  # MobileNetV3 leaves it open
        )
        return Classifier(
            self.name,
            self.title,
            Adapter(network, channel_order="bgr" if self.value_range == "caffe" else "rgb"),
            preprocessing,
            imagenet.class_names(),
            imagenet.wnids(),
            fingerprint(identity, preprocessing, imagenet.class_names(), {"network": self.title}),
        )


def _scale_as_published(network: "keras.Model") -> None:
    """Divide colours once more by the square root of their deviation, as the published weights need.

    Keras does so where it is asked for ``weights="imagenet"``, and not where it is given their file.
    """
    deviation = np.array(RANGES["torch"][1]) / 255
    (normalization,) = (layer for layer in network.layers if type(layer).__name__ == "Normalization")
    normalization.adapt_variance.assign(normalization.adapt_variance * deviation)
    normalization.finalize_state()


_USUAL_FILE = "{}_weights_tf_dim_ordering_tf_kernels.h5"
_TABLE = (
    ("ConvNeXtTiny", 224, "0-to-255", "convnext_tiny.h5"),
    ("ConvNeXtSmall", 224, "0-to-255", "convnext_small.h5"),
    ("ConvNeXtBase", 224, "0-to-255", "convnext_base.h5"),
    ("ConvNeXtLarge", 224, "0-to-255", "convnext_large.h5"),
    ("ConvNeXtXLarge", 224, "0-to-255", "convnext_xlarge.h5"),
    ("DenseNet121", 224, "torch", _USUAL_FILE.format("densenet121")),
    ("DenseNet169", 224, "torch", _USUAL_FILE.format("densenet169")),
    ("DenseNet201", 224, "torch", _USUAL_FILE.format("densenet201")),
    ("EfficientNetB0", 224, "0-to-255", "efficientnetb0.h5"),
    ("EfficientNetB1", 240, "0-to-255", "efficientnetb1.h5"),
    ("EfficientNetB2", 260, "0-to-255", "efficientnetb2.h5"),
    ("EfficientNetB3", 300, "0-to-255", "efficientnetb3.h5"),
    ("EfficientNetB4", 380, "0-to-255", "efficientnetb4.h5"),
    ("EfficientNetB5", 456, "0-to-255", "efficientnetb5.h5"),
    ("EfficientNetB6", 528, "0-to-255", "efficientnetb6.h5"),
    ("EfficientNetB7", 600, "0-to-255", "efficientnetb7.h5"),
    ("EfficientNetV2B0", 224, "0-to-255", "efficientnetv2-b0.h5"),
    ("EfficientNetV2B1", 240, "0-to-255", "efficientnetv2-b1.h5"),
    ("EfficientNetV2B2", 260, "0-to-255", "efficientnetv2-b2.h5"),
    ("EfficientNetV2B3", 300, "0-to-255", "efficientnetv2-b3.h5"),
    ("EfficientNetV2S", 384, "0-to-255", "efficientnetv2-s.h5"),
    ("EfficientNetV2M", 480, "0-to-255", "efficientnetv2-m.h5"),
    ("EfficientNetV2L", 480, "0-to-255", "efficientnetv2-l.h5"),
    ("InceptionResNetV2", 299, "minus-1-to-1", _USUAL_FILE.format("inception_resnet_v2")),
    ("InceptionV3", 299, "minus-1-to-1", _USUAL_FILE.format("inception_v3")),
    ("MobileNet", 224, "minus-1-to-1", "mobilenet_1_0_224_tf.h5"),
    ("MobileNetV2", 224, "minus-1-to-1", "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5"),
    ("MobileNetV3Large", 224, "0-to-255", "weights_mobilenet_v3_large_224_1.0_float.h5"),
    ("MobileNetV3Small", 224, "0-to-255", "weights_mobilenet_v3_small_224_1.0_float.h5"),
    ("NASNetLarge", 331, "minus-1-to-1", "nasnet_large.h5"),
    ("NASNetMobile", 224, "minus-1-to-1", "nasnet_mobile.h5"),
    ("ResNet50", 224, "caffe", _USUAL_FILE.format("resnet50")),
    ("ResNet101", 224, "caffe", _USUAL_FILE.format("resnet101")),
    ("ResNet152", 224, "caffe", _USUAL_FILE.format("resnet152")),
    ("ResNet50V2", 224, "minus-1-to-1", _USUAL_FILE.format("resnet50v2")),
    ("ResNet101V2", 224, "minus-1-to-1", _USUAL_FILE.format("resnet101v2")),
    ("ResNet152V2", 224, "minus-1-to-1", _USUAL_FILE.format("resnet152v2")),
    ("VGG16", 224, "caffe", _USUAL_FILE.format("vgg16")),
    ("VGG19", 224, "caffe", _USUAL_FILE.format("vgg19")),
    ("Xception", 299, "minus-1-to-1", _USUAL_FILE.format("xception")),
)
APPLICATIONS = {application.name: application for application in (Application(*row) for row in _TABLE)}


def application(name: str) -> Application:
    """The network of this name, such as ``keras:ResNet50``.

    Raises
    ------
    ClassifierError
        Keras has none of this name.
    """
    if name not in APPLICATIONS:
        raise ClassifierError(
            "Keras has no classifier named {name}; it has {names}.",
            name=name.removeprefix(PREFIX),
            names=", ".join(known.title for known in APPLICATIONS.values()),
        )
    return APPLICATIONS[name]

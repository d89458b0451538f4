"""The notebook recipe that everything is compared with: the lime package and ``model.predict``."""

import contextlib
import functools
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from lime.lime_image import ImageExplanation, LimeImageExplainer

from explainer import WeightsError
from explainer.classifiers.published import efficientnet_lite
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE, application


def keras_network(name: str) -> Any:
    """The network as a notebook would hold it."""
    if name == "inception-v3":
        inception = application(name)
        return inception.build(inception.find_weights())
    return efficientnet_lite.build(efficientnet_lite.VARIANTS[name])


def make_inception_available() -> bool:
    """Give InceptionV3 random weights where the real ones are not here; returns whether it did."""
    try:
        application("inception-v3").find_weights()
    except WeightsError:
        import keras

        keras.utils.set_random_seed(0)
        path = Path(tempfile.mkdtemp(prefix="limelight-bench-")) / "random.weights.h5"
        keras.applications.InceptionV3(weights=None).save_weights(path)
        os.environ[WEIGHTS_VARIABLE] = str(path)
        return True
    return False


def explain_by_recipe(
    image: np.ndarray,
    predict: Callable[[np.ndarray], np.ndarray],
    num_samples: int,
    seed: int = 0,
    label: int | None = None,
) -> ImageExplanation:
    """One explanation as in the notebook, of the five best labels or of one."""
    which = {"top_labels": 5} if label is None else {"labels": (label,), "top_labels": None}
    with contextlib.redirect_stderr(io.StringIO()):  # lime's progress bar
        return LimeImageExplainer(random_state=seed).explain_instance(
            image, predict, **which, hide_color=0, num_samples=num_samples, batch_size=10
        )


def keras_predict(network: Any) -> Callable[[np.ndarray], np.ndarray]:
    """``model.predict`` without its progress bar."""
    return functools.partial(network.predict, verbose=0)

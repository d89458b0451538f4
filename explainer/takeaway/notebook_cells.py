"""What notebooks are put together from: the form of a cell, and the code in each."""

import json
from typing import Any

KERAS_IMPORTS = """\
import base64
import io
import os
import zlib

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras.applications.inception_v3 import InceptionV3, preprocess_input
from PIL import Image
from skimage.segmentation import mark_boundaries

# "imagenet" takes the weights that Keras publishes; the name of a file takes those in it.
WEIGHTS = os.environ.get("EXPLAINER_INCEPTION_V3_WEIGHTS") or "imagenet"

tf.config.experimental.enable_tensor_float_32_execution(False)  # which would round more coarsely
"""

PACKAGE_IMPORTS = """\
import base64
import io
import sys
import zlib

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from skimage.segmentation import mark_boundaries

LIMELIGHT = "."  # the folder that holds the package `explainer`
sys.path.insert(0, LIMELIGHT)

from explainer import Recipe, explain, load_classifier
"""

UNPACK = """\
def unpack(text):
    return zlib.decompress(base64.b64decode(text))


photo = Image.open(io.BytesIO(base64.b64decode(PHOTO)))
photo.load()
photo
"""

KERAS_NETWORK = """\
network = InceptionV3(weights=WEIGHTS)


def predict(pictures):
    return network.predict(np.asarray(pictures), verbose=0)


def display(picture):
    return np.clip(picture / 2 + 0.5, 0, 1)


height, width = network.input_shape[1:3]
resized = photo.resize((width, height), Image.Resampling.BILINEAR)
image = preprocess_input(np.asarray(resized, dtype=np.float32))
"""

PACKAGE_NETWORK = """\
classifier = load_classifier(CLASSIFIER)
predict = classifier.predict
display = classifier.to_display
image = classifier.preprocess(photo)
"""

LABELS = """\
probabilities = predict(image[np.newaxis])[0]
for index, name in LABELS.items():
    print(f"{probabilities[index]:7.2%}  {name}")

plt.imshow(display(image))
plt.axis("off");
"""

CARRIED_SEGMENTS = """\
segments = np.frombuffer(unpack(SEGMENTS), "<u2").astype(int).reshape(image.shape[:2])
"""

SEGMENTS_BY_LIME = """\
from lime.wrappers.scikit_image import SegmentationAlgorithm

segments = SegmentationAlgorithm("quickshift", kernel_size=4, max_dist=200, ratio=0.2)(image)
"""

COMPARE_SEGMENTS = """
segments_then = np.frombuffer(unpack(SEGMENTS), "<u2").astype(int).reshape(image.shape[:2])
if not np.array_equal(segments, segments_then):
    print("This version of scikit-image cuts the photo in another way: the regions of then are taken.")
    segments = segments_then
"""

SHOW_SEGMENTS = """
plt.imshow(mark_boundaries(display(image), segments))
plt.axis("off");
"""

HIDDEN = {
    "colour": "hidden = np.full_like(image, {colour})\n",
    "mean": """\
hidden = np.empty_like(image)
for region in np.unique(segments):
    hidden[segments == region] = image[segments == region].mean(axis=0, dtype=float)
""",
    "blur": """\
from scipy.ndimage import gaussian_filter

reach = {share} * max(image.shape[:2])
hidden = gaussian_filter(image, (reach, reach, 0), mode="nearest")
""",
    "picture": 'hidden = np.frombuffer(unpack(HIDDEN), "<f4").reshape(image.shape)\n',
}

LOG_ODDS = """\
def log_odds(images):
    answers = np.asarray(predict(images), float)
    odds = np.zeros_like(answers)
    for label in LABELS:
        others = np.delete(answers, label, axis=1).sum(axis=1)  # 1 - p, exact where p is all but 1
        odds[:, label] = np.log(answers[:, label]) - np.log(others)
    return odds


"""

BY_LIME = """\
from lime.lime_image import LimeImageExplainer

explainer = LimeImageExplainer(kernel_width=KERNEL_WIDTH, random_state=SEED)
explanation = explainer.explain_instance(
    image,
    {explained},
    labels=list(LABELS),
    top_labels=None,
    hide_color=hidden,
    num_samples=NUM_SAMPLES,
    segmentation_fn=lambda image: segments,
)
"""

BY_LIME_BASE = """\
from lime.lime_base import LimeBase
from lime.lime_image import ImageExplanation
from sklearn.metrics import pairwise_distances

regions = segments.max() + 1
bits = np.frombuffer(base64.b64decode(MASKS), np.uint8)
masks = np.unpackbits(bits, count=NUM_SAMPLES * regions).reshape(NUM_SAMPLES, regions).astype(float)


def show(mask):
    return np.where(mask[segments][..., np.newaxis] == 1, image, hidden)


answers = np.concatenate(
    [{explained}([show(mask) for mask in masks[i : i + 10]]) for i in range(0, NUM_SAMPLES, 10)]
)

distances = pairwise_distances(masks, masks[:1], metric="cosine").ravel()
base = LimeBase(lambda distances: np.sqrt(np.exp(-(distances**2) / KERNEL_WIDTH**2)))
explanation = ImageExplanation(image, segments)
for label in LABELS:
    explanation.intercept[label], explanation.local_exp[label], _, _ = base.explain_instance_with_data(
        masks, answers, distances, label, num_features=regions, feature_selection="none"
    )
"""

LIME_WEIGHTS = """
get_image_and_mask = explanation.get_image_and_mask
weights = {label: np.array([w for _, w in sorted(explanation.local_exp[label])]) for label in LABELS}
"""

BY_PACKAGE = """\
segments_then = np.frombuffer(unpack(SEGMENTS), "<u2").astype(int).reshape(image.shape[:2])
carried = {"segmentation": lambda image: segments_then}
if "HIDDEN" in globals():
    carried["hide_color"] = lambda image: np.frombuffer(unpack(HIDDEN), "<f4").reshape(image.shape)
recipe = Recipe.of(Recipe.from_json(RECIPE, **carried), num_samples=NUM_SAMPLES, top_labels=len(LABELS))
explanation = explain(photo, classifier, recipe)
if not np.array_equal(explanation.segments, segments_then):
    print("This version of scikit-image cuts the photo in another way: the regions of then are taken.")
    explanation = explain(photo, classifier, recipe, segmentation=carried["segmentation"])

plt.imshow(mark_boundaries(display(image), explanation.segments))
plt.axis("off")
get_image_and_mask = explanation.image_and_mask
weights = {label: explanation.label(label).weights for label in LABELS}
"""

PICTURES = """\
figure, axes = plt.subplots(1, 2, figsize=(11, 5.5))
picture, mask = get_image_and_mask(LABEL, positive_only=True, num_features=NUM_FEATURES, hide_rest=True)
axes[0].imshow(mark_boundaries(display(picture), mask))
axes[0].set_title(f"focus: {LABELS[LABEL]}")
picture, mask = get_image_and_mask(
    LABEL, positive_only=POSITIVE_ONLY, num_features=NUM_PROS_CONS, hide_rest=False
)
axes[1].imshow(mark_boundaries(display(picture), mask))
axes[1].set_title(f"pros and cons: {LABELS[LABEL]}")
for axis in axes:
    axis.axis("off")
"""

CHECK = """\
differences = {label: np.abs(weights[label] - EXPECTED[label]).max() for label in LABELS}
for label, difference in differences.items():
    print(f"{difference:.1e}  {LABELS[label]}")

assert max(differences.values()) <= TOLERANCE, "The weights are not those of then."
print(f"All weights are those of then, to {TOLERANCE:g}.")
"""


def markdown(*paragraphs: str) -> dict[str, Any]:
    """A cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": "\n\n".join(paragraphs)}


def code(source: str, folded: bool = False) -> dict[str, Any]:
    """A cell of code; folded away where nobody need read it."""
    metadata = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]} if folded else {}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source.rstrip("\n"),
    }


def literal(value: object) -> str:
    """A value as Python code, with double quotes where that is as good."""
    text = repr(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and value.isprintable() else text

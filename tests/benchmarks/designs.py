"""How good the weights are, and how stable the focus, for so many samples of each design."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from explainer import explain, load_classifier
from explainer.photos.examples import EXAMPLES, example_photo

Row = dict[str, Any]
_COUNTS = (128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 1000)
_REFERENCE_SAMPLES = 16_000
_REFERENCE_SEED = 12_345


def samples_for_the_same_error(classifier_name: str, seeds: Sequence[int]) -> Row:
    """How many balanced samples give the weight error that lime's have at 1000, over all photos."""
    classifier = load_classifier(classifier_name)
    errors: dict[str, list[list[float]]] = {"lime": [], "balanced": []}
    for name in EXAMPLES:
        photo = example_photo(name)
        reference = explain(
            photo,
            classifier,
            num_samples=_REFERENCE_SAMPLES,
            design="lime",
            seed=_REFERENCE_SEED,
            top_labels=1,
        )
        truth = reference.labels[0].weights
        scale = np.sqrt(np.mean(truth**2))
        for design in errors:
            for seed in seeds:
                curve = []
                for count in reversed(_COUNTS):  # the most first: the others are its prefixes
                    found = explain(
                        photo, classifier, num_samples=count, design=design, seed=seed, top_labels=1
                    )
                    curve.append(float(np.mean((found.labels[0].weights - truth) ** 2) / scale**2))
                errors[design].append(curve[::-1])
        print(f"  {classifier_name}, {name}: done", flush=True)
    curves = {design: np.sqrt(np.mean(curve, axis=0)) for design, curve in errors.items()}
    needed = _crossing(curves["balanced"], curves["lime"][-1])
    return {
        "what": f"balanced samples for lime's weight error at 1000, {classifier_name}, "
        f"{len(EXAMPLES)} photos x {len(seeds)} seeds",
        "value": 100 * needed / 1000,
        "unit": "%",
        "target": 60.0,
        "higher_is_better": False,
        "counts": list(_COUNTS),
        "relative_errors": {design: curve.tolist() for design, curve in curves.items()},
    }


def samples_for_the_same_agreement(classifier_name: str, seeds: Sequence[int]) -> Row:
    """How many balanced samples make two runs agree as much as two of lime's with 1000 do."""
    classifier = load_classifier(classifier_name)
    agreements: dict[str, list[list[float]]] = {"lime": [], "balanced": []}
    for name in EXAMPLES:
        photo = example_photo(name)
        for design in agreements:
            focuses = [
                [
                    set(found.regions(found.labels[0].index))
                    for count in reversed(_COUNTS)
                    for found in [
                        explain(photo, classifier, num_samples=count, design=design, seed=seed, top_labels=1)
                    ]
                ][::-1]
                for seed in seeds
            ]
            agreements[design].append(
                [
                    float(np.mean([_overlap(a[i], b[i]) for a, b in combinations(focuses, 2)]))
                    for i in range(len(_COUNTS))
                ]
            )
        print(f"  {classifier_name}, {name}: done", flush=True)
    curves = {design: np.mean(curve, axis=0) for design, curve in agreements.items()}
    needed = _crossing(-curves["balanced"], -curves["lime"][-1])
    return {
        "what": f"balanced samples for the agreement of two runs that lime has at 1000, "
        f"{classifier_name}, {len(EXAMPLES)} photos x {len(seeds)} seeds",
        "value": 100 * needed / 1000,
        "unit": "%",
        "target": None,
        "higher_is_better": False,
        "counts": list(_COUNTS),
        "agreements": {design: curve.tolist() for design, curve in curves.items()},
    }


def _overlap(a: set[int], b: set[int]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0


def _crossing(curve: np.ndarray, level: float) -> float:
    """Where a falling curve comes down to a level; interpolated between the counts."""
    falling = np.minimum.accumulate(curve)
    if falling[-1] > level:
        return float("inf")
    return float(np.interp(-level, -falling, _COUNTS))

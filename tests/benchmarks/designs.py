"""How good the weights are for so many samples of each design."""

from collections.abc import Sequence
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
            target="probability",
            top_labels=1,
        )
        truth = reference.labels[0].weights
        scale = np.sqrt(np.mean(truth**2))
        for design in errors:
            for seed in seeds:
                curve = []
                for count in reversed(_COUNTS):  # the most first: the others are its prefixes
                    found = explain(
                        photo,
                        classifier,
                        num_samples=count,
                        design=design,
                        seed=seed,
                        target="probability",
                        top_labels=1,
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


def _crossing(curve: np.ndarray, level: float) -> float:
    """Where a falling curve comes down to a level; interpolated between the counts."""
    falling = np.minimum.accumulate(curve)
    if falling[-1] > level:
        return float("inf")
    return float(np.interp(-level, -falling, _COUNTS))

"""How soon "auto" is settled and how far two runs agree then, against the notebook recipe."""

import statistics
import time
from itertools import combinations
from typing import Any
from unittest.mock import patch

from PIL import Image, ImageOps
from skimage import data

from explainer import Explanation, Recipe, explain, explain_live, load_classifier
from explainer.lime import explain as explaining
from explainer.lime.store import Store
from explainer.photos.examples import example_photo
from explainer.reading import Reading
from tests.agreement import agreement

from .recipe import explain_by_recipe, keras_network, keras_predict
from .speed import Row, seconds

_SEEDS = (1, 2, 3)
_RECIPE_SEEDS = (1, 2)
_PHOTOS_A_RECIPE_TIMED = 6  # its time hardly depends on the photo
_ENOUGH_BYTES = 1 << 30


def other_photos() -> dict[str, Image.Image]:
    """Twelve photos that are none of the example photos, so that nothing was chosen to suit them."""
    from matplotlib.cbook import get_sample_data
    from sklearn.datasets import load_sample_images

    china, flower = map(Image.fromarray, load_sample_images().images)
    hopper = Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("RGB")
    return {
        "chelsea, mirrored": ImageOps.mirror(example_photo("chelsea")),
        "coffee, cropped": cropped(example_photo("coffee"), 0.0, 0.1, 0.7, 1.0),
        "astronaut, cropped": cropped(example_photo("astronaut"), 0.0, 0.0, 0.8, 0.8),
        "rocket, mirrored": ImageOps.mirror(example_photo("rocket")),
        "china": china,
        "china, cropped": cropped(china, 0.3, 0.1, 1.0, 0.9),
        "flower": flower,
        "flower, cropped": cropped(flower, 0.2, 0.1, 0.9, 0.95),
        "hopper": hopper,
        "hopper, cropped": cropped(hopper, 0.1, 0.05, 0.9, 0.7),
        "camera": Image.fromarray(data.camera()).convert("RGB"),
        "motorcycle": Image.fromarray(data.stereo_motorcycle()[0]),
    }


def cropped(photo: Image.Image, *shares: float) -> Image.Image:
    """The part of a photo between left, top, right and bottom, each a share of its side."""
    sides = 2 * photo.size
    return photo.crop(tuple(round(share * side) for share, side in zip(shares, sides, strict=True)))


def measure_settling(name: str) -> list[Row]:
    """The usual recipe and the notebook's in turns, so that a busy machine slows both down."""
    predict = keras_predict(keras_network(name))
    classifier = load_classifier(name)
    warm = example_photo("coffee")
    explain(warm, classifier, num_samples=32)
    explain_by_recipe(classifier.preprocess(warm), predict, 20)

    photos: dict[str, dict[str, Any]] = {}
    recipe_times = []
    for number, (title, photo) in enumerate(other_photos().items()):
        if number % _PHOTOS_A_RECIPE_TIMED == 0:
            image = classifier.preprocess(photo)
            recipe_times.append(seconds(lambda image=image: explain_by_recipe(image, predict, 1000)))
        runs = [_settle(photo, classifier, seed) for seed in _SEEDS]
        found = [run.pop("explanation") for run in runs]
        recipes = [explain(photo, classifier, Recipe.notebook(), seed=seed) for seed in _RECIPE_SEEDS]
        photos[title] = {
            **{key: [run[key] for run in runs] for key in runs[0]},
            "agreement": _agreement(found),
            "agreement_without_ties": _agreement(found, ties=False),
            "recipe_agreement": _agreement(recipes),
            "recipe_agreement_without_ties": _agreement(recipes, ties=False),
        }
        print(f"  {name}, {title}: {photos[title]['samples']} samples", flush=True)
    return _rows(name, photos, statistics.median(recipe_times))


def _settle(photo: Image.Image, classifier: Any, seed: int) -> dict[str, Any]:
    """One visit to a photo that nobody has seen before."""
    nothing_known = {name: Store(_ENOUGH_BYTES) for name in ("_cuts", "_neighborhoods")}
    with patch.multiple(explaining, **nothing_known):
        started = time.perf_counter()
        live = [
            (explanation, time.perf_counter() - started)
            for explanation in explain_live(photo, classifier, seed=seed)
        ]
    last, whole = live[-1]
    return {
        "explanation": last,
        "samples": last.num_samples,
        "settled": Reading.of(last).is_settled,
        "seconds": whole,
        "seconds_cutting": last.neighborhood.seconds_cutting,
        "seconds_first_picture": live[0][1],
    }


def _agreement(runs: list[Explanation], ties: bool = True) -> float:
    return statistics.mean(agreement(one, other, ties) for one, other in combinations(runs, 2))


def _rows(name: str, photos: dict[str, dict[str, Any]], recipe_seconds: float) -> list[Row]:
    def all_runs(key: str) -> list[Any]:
        return [value for found in photos.values() for value in found[key]]

    def time_row(what: str, value: float, target: float | None = None) -> Row:
        return {
            "what": f"{what}, {name}, of the recipe's time",
            "recipe_seconds": recipe_seconds,
            "seconds": value,
            "value": 100 * value / recipe_seconds,
            "unit": "%",
            "target": target,
            "higher_is_better": False,
        }

    def agreement_row(what: str, key: str, target: float | None = None) -> Row:
        values = [found[key] for found in photos.values()]
        return {
            "what": f"agreement of two runs, {what}, {name}; at worst {100 * min(values):.0f} %",
            "value": 100 * statistics.mean(values),
            "unit": "%",
            "target": target,
            "higher_is_better": True,
        }

    took, samples, settled = all_runs("seconds"), all_runs("samples"), all_runs("settled")
    cutting, first = all_runs("seconds_cutting"), all_runs("seconds_first_picture")
    recipe_agreement = agreement_row("recipe, ties counted", "recipe_agreement")
    return [
        {
            "what": f"until settled, {name}; at worst {max(samples)}; "
            f"{sum(settled)} of {len(settled)} runs were",
            "value": statistics.median(samples),
            "unit": "samples",
            "target": None,
            "higher_is_better": False,
            "photos": photos,
        },
        time_row("until settled", statistics.median(took), 10.0),
        time_row("until settled, at worst", max(took), 25.0),
        time_row("cutting the photo, which is part of it", statistics.median(cutting)),
        time_row("first picture", statistics.median(first), 3.0),
        time_row("first picture, at worst", max(first)),
        agreement_row("settled, ties counted", "agreement", recipe_agreement["value"]),
        recipe_agreement,
        agreement_row("settled, ties not counted", "agreement_without_ties"),
        agreement_row("recipe, ties not counted", "recipe_agreement_without_ties"),
    ]

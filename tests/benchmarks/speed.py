"""How long explaining takes, against the notebook recipe on the same network and photo."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

from explainer import explain, explain_live, load_classifier
from explainer.photos.examples import example_photo
from explainer.pictures.draw import draw_focus, draw_pros_cons, fit_photo

from .recipe import explain_by_recipe, keras_network, keras_predict

Row = dict[str, Any]


def fresh_photos() -> Iterator[Image.Image]:
    """The astronaut, cut a pixel further each time, so that nothing is known from before."""
    photo = example_photo("astronaut")
    for cut in range(1, 200):
        yield photo.crop((0, 0, photo.width - cut, photo.height))


def seconds(call: Callable[[], Any]) -> float:
    gc.collect()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure_network(name: str, num_samples: int, repeats: int, targets: dict[str, float]) -> list[Row]:
    """Recipe, exact and fast, in turns, so that a busy machine slows all of them down."""
    network = keras_network(name)
    predict = keras_predict(network)
    classifier = load_classifier(name)
    photos = fresh_photos()
    image = classifier.preprocess(next(photos))
    explain(next(photos), classifier, num_samples=32)
    explain(next(photos), classifier, num_samples=32, precision="fast")
    explain_by_recipe(image, predict, 20)
    times: dict[str, list[float]] = {"recipe": [], "exact": [], "fast": []}
    for repeat in range(repeats):
        image = classifier.preprocess(next(photos))
        times["recipe"].append(
            seconds(lambda image=image, seed=repeat: explain_by_recipe(image, predict, num_samples, seed))
        )
        for precision in ("exact", "fast"):
            photo = next(photos)
            times[precision].append(
                seconds(
                    lambda photo=photo, precision=precision: explain(
                        photo, classifier, num_samples=num_samples, precision=precision
                    )
                )
            )
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    return [
        {
            "what": f"{num_samples} samples, {name}, {precision}",
            "recipe_seconds": medians["recipe"],
            "seconds": medians[precision],
            "value": medians["recipe"] / medians[precision],
            "unit": "times faster",
            "target": targets.get(precision),
            "higher_is_better": True,
        }
        for precision in ("exact", "fast")
    ]


def measure_page_work(repeats: int) -> list[Row]:
    """Overhead and redrawing, with EfficientNet-Lite2."""
    classifier = load_classifier("efficientnet-lite2")
    photos = fresh_photos()
    explain(next(photos), classifier, num_samples=64)

    overheads = []
    for _ in range(repeats):
        photo = next(photos)
        asking = _TimedClassifier(classifier)
        started = time.perf_counter()
        *_, last = explain_live(photo, asking)
        whole = time.perf_counter() - started
        overheads.append(1 - (asking.seconds + last.neighborhood.seconds_cutting) / whole)

    photo = next(photos)
    canvas = fit_photo(photo)
    done = explain(photo, classifier, num_samples=1000)

    def draw(features: int) -> None:
        index = done.labels[1].index
        draw_focus(canvas, done.segments, done.regions(index, True, features))
        draw_pros_cons(canvas, done.segments, done.regions(index, False, 2 * features))

    redraw = [seconds(lambda n=n: draw(n)) for n in range(1, 12)]
    lower = [seconds(lambda n=n: explain(photo, classifier, num_samples=n)) for n in range(400, 900, 50)]
    milliseconds = {"unit": "ms", "target": 50.0, "higher_is_better": False}
    return [
        {
            "what": "time outside the network and segmentation, live, efficientnet-lite2",
            "value": 100 * statistics.median(overheads),
            "unit": "%",
            "target": 4.0,
            "higher_is_better": False,
        },
        {
            "what": "another label or num_features: both pictures",
            "value": 1000 * statistics.median(redraw),
            **milliseconds,
        },
        {
            "what": "lower num_samples: the explanation",
            "value": 1000 * statistics.median(lower),
            **milliseconds,
        },
    ]


class _TimedClassifier:
    """Adds up the time that a classifier's answers take."""

    def __init__(self, classifier: Any) -> None:
        self._classifier = classifier
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._classifier, name)

    def predict(self, batch: Any) -> Any:
        started = time.perf_counter()
        try:
            return self._classifier.predict(batch)
        finally:
            self.seconds += time.perf_counter() - started

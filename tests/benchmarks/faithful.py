"""How faithful heat maps are at equal forward passes: this project's, and other methods' and packages'."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from explainer import ClassifierError, Explanation, explain, load_classifier
from explainer.judging.curves import centre_map, curves_of, other_hiding
from explainer.judging.inquiry import finish
from explainer.judging.methods import METHODS
from explainer.lime.explain import with_label
from explainer.photos.examples import example_photo
from tests.synthetic import ReadOut, all_of, any_of, discs, sum_of, watermark, watermarked

from .cuts import NETWORKS
from .figures import heat_inside, hottest_inside, precision, standard_error, table
from .kept import Kept
from .recipe import explain_by_recipe
from .settling import other_photos

BUDGET = 300  # pictures that each method may ask about
RESULT = Path("build/faithfulness.md")
ONE_CUT = "this project, one cut"
_SIZE = (224, 224)  # of networks set by hand
_QUADRANT = 300  # pixels
_KNOWN = 0.01  # the least probability of a class in a mosaic that is explained
_CHANCE_SEEDS = 3
_SOURCES = (
    *("explainer/lime", "explainer/judging", "explainer/recipe.py"),
    *("tests/synthetic.py", "tests/benchmarks/faithful.py", "tests/benchmarks/figures.py"),
)

Map = np.ndarray
Figures = dict[str, float]
Scores = Callable[["Case", Map], Figures]


class Counted:
    """A classifier that counts the pictures that it is asked about."""

    def __init__(self, classifier: Any) -> None:
        self._classifier = classifier
        self.images = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._classifier, name)

    def predict(self, batch: np.ndarray, precision: str = "exact") -> np.ndarray:
        self.images += len(batch)
        return self._classifier.predict(batch, precision)


@dataclass
class Case:
    """A photo, and a label of it that is to be explained."""

    photo: Image.Image
    classifier: Any
    label: int

    @cached_property
    def counted(self) -> Counted:
        return Counted(self.classifier)

    @cached_property
    def explanation(self) -> Explanation:
        """With one cut; other methods ask about the same regions, hidden in the same way."""
        return self.explained(self.counted)

    def explained(self, classifier: Any, **settings: Any) -> Explanation:
        settings = {"num_samples": BUDGET, "top_labels": 1, **settings}
        return with_label(explain(self.photo, classifier, **settings), self.label)


Found = tuple[Sequence[Map], int]
"""Maps, of which figures are averaged, and how many pictures were asked about for one."""


def _cuts(number: int) -> Callable[[Case], Found]:
    def find(case: Case) -> Found:
        counted = Counted(case.classifier)
        return [case.explained(counted, cuts=number).heat_map(case.label)], counted.images

    return find


def _lime_package(case: Case) -> Found:
    counted = Counted(case.classifier)
    image = case.explanation.image
    found = explain_by_recipe(image, counted.predict, BUDGET, label=case.label)
    weights = np.zeros(found.segments.max() + 1)
    for superpixel, weight in found.local_exp[case.label]:
        weights[superpixel] = weight
    areas = np.bincount(found.segments.ravel()) / found.segments.size
    return [(weights / np.maximum(areas, 1e-12))[found.segments]], counted.images


@cache
def _grey_masker(shape: tuple[int, ...]) -> Any:
    import shap  # takes seconds

    return shap.maskers.Image(np.zeros(shape, np.float32), shape)


def _shap_partition(case: Case) -> Found:
    import shap

    counted = Counted(case.classifier)
    image = case.explanation.image

    def probability(batch: np.ndarray) -> np.ndarray:
        return counted.predict(batch.astype(np.float32))[:, case.label]

    explainer = shap.PartitionExplainer(probability, _grey_masker(image.shape))
    np.random.seed(0)  # what it breaks ties by
    # In small batches, for after each it looks anew where it is worth going on.
    values = explainer(image[np.newaxis], max_evals=BUDGET, batch_size=10, silent=True).values
    return [values.reshape(image.shape).sum(axis=2)], counted.images


def _ours(name: str) -> Callable[[Case], Found]:
    def find(case: Case) -> Found:
        explanation, before = case.explanation, case.counted.images
        heat = finish(METHODS[name].find(case.photo, explanation, case.label, BUDGET))
        return [heat], case.counted.images - before

    return find


def _grad_cam(case: Case) -> Found:
    explanation = case.explained(case.classifier, num_samples=1)  # counting would hide the network
    return [finish(METHODS["grad-cam"].find(case.photo, explanation, case.label, BUDGET))], 1


def _centre(case: Case) -> Found:
    return [centre_map(case.explanation)], 0


def _chance(case: Case) -> Found:
    segments, number = case.explanation.segments, case.explanation.num_superpixels
    orders = [np.random.RandomState(seed).permutation(number) for seed in range(_CHANCE_SEEDS)]
    return [order.astype(np.float64)[segments] for order in orders], 0


FINDERS: Mapping[str, Callable[[Case], Found]] = {
    ONE_CUT: _cuts(1),
    "this project, three cuts": _cuts(3),
    "`lime` package": _lime_package,
    "`shap` package, Partition": _shap_partition,
    "Shapley values of regions": _ours("shapley"),
    "occlusion of regions": _ours("occlusion"),
    "RISE": _ours("rise"),
    "Grad-CAM": _grad_cam,
    "distance from the centre": _centre,
    "chance": _chance,
}
_WITHOUT_ZERO = {"RISE", "distance from the centre", "chance"}
"""Their heat is above 0 everywhere, or nowhere, so that a share of the positive heat says nothing."""


def _scored(case: Case, scores: Scores) -> dict[str, Any]:
    """What each method gets: its figures and its passes, or why it can't run."""
    results: dict[str, Any] = {}
    for name, find in FINDERS.items():
        try:
            maps, passes = find(case)
        except ClassifierError as error:
            if find is not _grad_cam:
                raise
            results[name] = {"error": str(error)}
            continue
        figures = [scores(case, heat) for heat in maps]
        means = {figure: statistics.mean(found[figure] for found in figures) for figure in figures[0]}
        if name in _WITHOUT_ZERO:
            means.pop("heat", None)
        results[name] = {**means, "passes": passes}
    return results


def _gains(case: Case, heat: Map) -> Figures:
    explanation, label = case.explanation, case.label
    blurred = other_hiding(explanation)
    return {
        "grey": finish(curves_of(explanation, label, heat)).gain,
        "blur": finish(curves_of(explanation, label, heat, blurred)).gain,
    }


def _against(truth: np.ndarray) -> Scores:
    def scores(_case: Case, heat: Map) -> Figures:
        return {
            "precision": precision(heat, truth),
            "pointing": hottest_inside(heat, truth),
            "tenth": hottest_inside(heat, truth, 0.1),
            "heat": heat_inside(heat, truth),
            "area": float(truth.mean()),
        }

    return scores


def read_outs(photo: Image.Image, seed: int) -> Iterator[tuple[str, Image.Image, ReadOut]]:
    """Networks with weights set by hand: what each is called, its photo, and the network."""
    three, two = discs(3, _SIZE, seed), discs(2, _SIZE, seed + 1000)
    yield "chosen pixels, linear", photo, ReadOut(photo, three.any(axis=0, keepdims=True), sum_of)
    yield "two places, AND", photo, ReadOut(photo, two, all_of)
    yield "two places, OR", photo, ReadOut(photo, two, any_of)
    marked = watermarked(photo)
    yield "shortcut watermark", marked, ReadOut(marked, watermark(_SIZE), all_of, ("horse", "other"))


def mosaics() -> Iterator[tuple[str, Image.Image, list[int]]]:
    """Four photos each: what it is called, the mosaic, and the class of each quadrant.

    All sets of four out of six, each photo in another corner from one to the next. The classes are those that
    the networks give to the photos alone.
    """
    others = other_photos()
    photos = {
        "chelsea": (example_photo("chelsea"), 285),  # Egyptian cat
        "coffee": (example_photo("coffee"), 967),  # espresso
        "camera": (others["camera"], 872),  # tripod
        "motorcycle": (others["motorcycle"], 665),  # moped
        "hopper": (others["hopper"], 652),  # military uniform
        "rocket": (example_photo("rocket"), 657),  # missile
    }
    for turn, chosen in enumerate(combinations(photos, 4)):
        names = chosen[turn % 4 :] + chosen[: turn % 4]
        mosaic = Image.new("RGB", (2 * _QUADRANT, 2 * _QUADRANT))
        for place, name in enumerate(names):
            quarter = ImageOps.fit(photos[name][0], (_QUADRANT, _QUADRANT))
            mosaic.paste(quarter, (_QUADRANT * (place % 2), _QUADRANT * (place // 2)))
        yield ", ".join(names), mosaic, [photos[name][1] for name in names]


def quadrant(place: int, size: tuple[int, int]) -> np.ndarray:
    """One of the quadrants, from left to right and down: bool, shape (H, W)."""
    down, across = (np.arange(side) * 2 // side for side in size)
    return (2 * down[:, np.newaxis] + across) == place


def measure_faithfulness(most: int | None = None) -> None:
    """All three parts, as far as they are not kept from before; prints tables, and writes them as Markdown.

    Parameters
    ----------
    most : int, optional
        Of each part, only so many photos or mosaics.
    """
    kept = Kept("faithful", *_SOURCES)
    classifiers = {name: load_classifier(name) for name in NETWORKS}
    photos: dict[str, list[Result]] = {name: [] for name in NETWORKS}
    known: dict[str, list[Result]] = {}
    mosaic: dict[str, list[Result]] = {name: [] for name in NETWORKS}

    def keep(results: list[Result], group: str, key: str, case: Case, scores: Scores) -> None:
        results.append(Result(group, kept.get(key, lambda: _scored(case, scores))))

    for seed, (title, photo) in enumerate(list(other_photos().items())[:most]):
        for kind, shown, network in read_outs(photo, seed):
            results, key = known.setdefault(kind, []), f"set by hand, {kind}, {title}"
            keep(results, title, key, Case(shown, network, 0), _against(network.truth))
        for name, classifier in classifiers.items():
            case = Case(photo, classifier, int(_answer(photo, classifier).argmax()))
            keep(photos[name], title, f"photos, {name}, {title}", case, _gains)
    for title, photo, labels in list(mosaics())[:most]:
        for name, classifier in classifiers.items():
            answer = _answer(photo, classifier)
            for place, label in enumerate(labels):
                if answer[label] >= _KNOWN:
                    key = f"mosaics, {name}, {title}, {classifier.class_names[label]}"
                    truth = quadrant(place, classifier.input_size)
                    keep(mosaic[name], title, key, Case(photo, classifier, label), _against(truth))

    text = as_markdown(photos, known, mosaic)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")
    print(f"\n{text}\nWritten to {RESULT}.")


def _answer(photo: Image.Image, classifier: Any) -> np.ndarray:
    return classifier.predict(classifier.preprocess(photo)[np.newaxis])[0]


@dataclass(frozen=True)
class Result:
    """What all methods get in one case; cases of the same group have something to do with each other."""

    group: str
    methods: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Summary:
    """A method's figure over many cases."""

    quartiles: tuple[float, float, float]
    mean: float
    error: float
    """Standard error of the mean, over groups."""
    difference: float
    """From one cut of this project: the mean over cases in pairs."""
    difference_error: float
    better: int
    """In how many groups."""
    groups: int


def summary(results: Sequence[Result], method: str, figure: str, scale: str | None = None) -> Summary | None:
    """Sum up a figure, divided by another one if that is named; None where a method has none."""
    values: dict[str, list[float]] = {}
    differences: dict[str, list[float]] = {}
    for result in results:
        own, usual = (result.methods[name].get(figure) for name in (method, ONE_CUT))
        if own is None or usual is None:
            return None
        unit = result.methods[method][scale] if scale else 1.0
        values.setdefault(result.group, []).append(own / unit)
        differences.setdefault(result.group, []).append((own - usual) / unit)
    if not values:
        return None
    means, gains = ([statistics.mean(group) for group in found.values()] for found in (values, differences))
    return Summary(
        tuple(np.percentile(means, (25, 50, 75)).tolist()),
        statistics.mean(means),
        standard_error(means),
        statistics.mean(gains),
        standard_error(gains),
        sum(gain > 0 for gain in gains),
        len(gains),
    )


def as_markdown(
    photos: Mapping[str, Sequence[Result]],
    known: Mapping[str, Sequence[Result]],
    mosaic: Mapping[str, Sequence[Result]],
) -> str:
    """All tables, with what their figures are."""
    parts = [_INTRODUCTION]
    for name, results in photos.items():
        parts.append(f"### {name}, {len(results)} photos\n\n" + _photo_table(results))
    parts.append(_KNOWN_NETWORKS)
    for title, figure, scale in _KNOWN_FIGURES:
        parts.append(f"### {title}\n\n" + _known_table(known, figure, scale))
    parts.append(_MOSAICS)
    for name, results in mosaic.items():
        number = len({result.group for result in results})
        parts.append(f"### {name}, {len(results)} classes in {number} mosaics\n\n" + _mosaic_table(results))
    errors = sorted({f"- {name}: {why}" for name, why in _errors(photos, known, mosaic)})
    if errors:
        parts.append("## What could not run\n\n" + "\n".join(errors))
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = f"""# How faithful the pictures are

`make faithful` compares heat maps of the same photo and label, each made from about {BUDGET} pictures
that the network is asked about (forward passes; the tables count them). All hide with the same grey.
What photos are cut by was chosen by other pictures, of which some are other crops of the same photos
(`python -m tests.benchmarks --parts cuts`). Figures that flatter nobody are kept.

- *This project* is as it is by default (log-odds, weight by area), with {BUDGET} samples in one cut, or a
  third of them in each of three.
- *`lime` package* is `LimeImageExplainer` as in `Recipe.notebook()`, with {BUDGET} samples, its weights
  by area.
- *`shap` package, Partition* is `shap.PartitionExplainer` with an `Image` masker, `max_evals={BUDGET}`.
- *Shapley values* and *occlusion* are of the regions of the one cut; occlusion needs fewer pictures.
  Grad-CAM needs one, and the network's gradients.
- *Distance from the centre* looks at nothing, and *chance* puts the regions in a random order.

## Real networks: covering and uncovering the photo

The gain is the area under the insertion curve minus that under the deletion curve, for the network's best
label: 1 at best, 0 by chance. “Blurred” tests the same maps, made with grey, by hiding with a blur.
Medians, in brackets the quartiles; differences from one cut are means over photos in pairs, with their
standard errors (some photos are parts of others, so the errors are a little too small)."""

_KNOWN_NETWORKS = """## Networks set by hand: where they look is known

Weights are set by hand for each of the same photos, so that the network looks at a few places only: at
chosen pixels, each counting the same; at two places, both of which it needs (AND), or either of which
will do (OR); or at a mark in a corner that makes it say “horse” whatever the photo shows. Means over
photos, with their standard errors."""

_KNOWN_FIGURES = (
    ("Average precision of the map as a detector of the true pixels", "precision", None),
    ("Pointing game: how often the hottest pixel is a true one", "pointing", None),
    ("Positive heat in the true area, against its share of the photo", "heat", "area"),
)

_MOSAICS = f"""## Mosaics: the quadrant of a class is known

Four photos of different things in one picture; of classes that the network gives at least {_KNOWN:.0%}, each
is explained, and its photo's quadrant is the truth. By chance a quarter of everything is there. Means, with
standard errors over mosaics; the difference from one cut is that of the hottest tenth."""


def _errors(*parts: Mapping[str, Sequence[Result]]) -> Iterator[tuple[str, str]]:
    for results in (result for part in parts for result in part.values()):
        for result in results:
            for name, found in result.methods.items():
                if "error" in found:
                    yield name, found["error"]


def _passes(results: Sequence[Result], method: str) -> str:
    passes = [result.methods[method]["passes"] for result in results if "passes" in result.methods[method]]
    return f"{statistics.median(passes):.0f}" if passes else "–"


def _difference(found: Summary | None, method: str, digits: int = 3, scale: float = 1.0) -> str:
    if found is None or method == ONE_CUT:
        return ""
    mean, error = scale * found.difference, scale * found.difference_error
    return f"{mean:+.{digits}f} ± {error:.{digits}f}, better on {found.better} of {found.groups}"


def _photo_table(results: Sequence[Result]) -> str:
    rows = {}
    for method in FINDERS:
        cells = [_passes(results, method)]
        for figure in ("grey", "blur"):
            found = summary(results, method, figure)
            low, middle, high = found.quartiles if found else (0.0,) * 3
            cells += [f"{middle:.3f} ({low:.3f} – {high:.3f})" if found else "–", _difference(found, method)]
        rows[method] = cells
    return table(("method", "passes", "gain", "against one cut", "gain, blurred", "against one cut"), rows)


def _known_table(known: Mapping[str, Sequence[Result]], figure: str, scale: str | None) -> str:
    rows = {}
    for method in FINDERS:
        found = [summary(results, method, figure, scale) for results in known.values()]
        cells = [f"{one.mean:.2f} ± {one.error:.2f}" if one else "–" for one in found]
        rows[method] = [_passes([result for results in known.values() for result in results], method), *cells]
    return table(("method", "passes", *known), rows)


def _mosaic_table(results: Sequence[Result]) -> str:
    rows = {}
    for method in FINDERS:
        cells = [_passes(results, method)]
        for figure in ("pointing", "tenth", "heat"):
            found = summary(results, method, figure)
            cells.append(f"{100 * found.mean:.0f} ± {100 * found.error:.0f} %" if found else "–")
        rows[method] = [*cells, _difference(summary(results, method, "tenth"), method, 0, 100)]
    heads = (
        "method",
        "passes",
        "hottest pixel inside",
        "hottest tenth inside",
        "positive heat inside",
        "against one cut",
    )
    return table(heads, rows)

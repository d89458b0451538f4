"""Which cuts of a photo make a good heat map together: single ones and sums of several, at equal samples."""

import statistics
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from skimage import data

from explainer import Classifier, Recipe, load_classifier
from explainer.judging.curves import curves_of
from explainer.judging.inquiry import finish
from explainer.lime.explain import explanation_at, open_neighborhood
from explainer.photos.examples import example_photo
from explainer.recipe import Felzenszwalb, Quickshift, Segmentation, Slic

from .figures import standard_error, table
from .kept import Kept
from .settling import cropped, other_photos

NETWORKS = ("efficientnet-lite0", "efficientnet-lite2")
RESULT = Path("build/cuts.md")
USUAL = "usual"
CUTS: dict[str, Segmentation] = {
    USUAL: Quickshift(),
    "quickshift 3, ratio 0.5": Quickshift(kernel_size=3.0, ratio=0.5),
    "quickshift 6": Quickshift(kernel_size=6.0),
    "slic 25": Slic(n_segments=25),
    "slic 45": Slic(n_segments=45),
    "slic 80": Slic(n_segments=80),
    "felzenszwalb 100": Felzenszwalb(),
    "felzenszwalb 300": Felzenszwalb(scale=300.0),
}
TOTALS = (300, 900)
_NOT_IN_FOURS = {"felzenszwalb 100"}  # for the time that it takes
_SHOWN = 12  # sums of each kind


def photos_to_choose_by() -> dict[str, Image.Image]:
    """Twelve pictures that are none of `other_photos`, which then can test what was chosen by these."""
    others = other_photos()
    mirrored = ImageOps.mirror
    return {
        **{name: example_photo(name) for name in ("chelsea", "coffee", "astronaut", "rocket")},
        "cat and coffee": example_photo("cat-and-coffee"),
        "chelsea's head": cropped(example_photo("chelsea"), 0.2, 0.0, 0.8, 0.9),
        "china, mirrored": mirrored(cropped(others["china"], 0.0, 0.0, 0.75, 1.0)),
        "flower, mirrored": mirrored(cropped(others["flower"], 0.1, 0.0, 1.0, 0.8)),
        "hopper, mirrored": mirrored(cropped(others["hopper"], 0.0, 0.0, 1.0, 0.85)),
        "camera, mirrored": mirrored(cropped(others["camera"], 0.1, 0.1, 1.0, 1.0)),
        "motorcycle, mirrored": mirrored(Image.fromarray(data.stereo_motorcycle()[1])),
        "coins": Image.fromarray(data.coins()).convert("RGB"),
    }


def sums(number: int) -> Iterator[tuple[str, ...]]:
    """The sums of so many cuts: the usual one is always among them, unless a cut is alone."""
    others = [name for name in CUTS if name != USUAL and not (number == 4 and name in _NOT_IN_FOURS)]
    if number == 1:
        yield from ((name,) for name in CUTS)
    else:
        yield from ((USUAL, *further) for further in combinations(others, number - 1))


def measure_cuts(most_photos: int | None = None) -> None:
    """Insertion minus deletion of every sum; prints tables, and writes them as Markdown."""
    kept = Kept("cuts", "explainer/lime", "explainer/judging/curves.py")
    classifiers = {name: load_classifier(name) for name in NETWORKS}
    gains: dict[str, dict[str, dict[str, float]]] = {name: {} for name in NETWORKS}
    for title, photo in list(photos_to_choose_by().items())[:most_photos]:
        for name, classifier in classifiers.items():
            gains[name][title] = _gains_of_photo(photo, classifier, f"{name}, {title}", kept)
    text = _as_markdown(gains)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")
    print(f"\n{text}\nWritten to {RESULT}.")


def name_of(cuts: Iterable[str], samples: int) -> str:
    """Of a sum, with the samples that it takes in all."""
    return f"{' + '.join(cuts)} @ {samples}"


def _samples(name: str) -> list[int]:
    """How many samples of a cut are needed, for its share in each sum."""
    single = TOTALS if name == USUAL else TOTALS[:1]
    return sorted({*single, *(total // number for total in TOTALS for number in (2, 3, 4))})


def _gains_of_photo(photo: Image.Image, classifier: Classifier, key: str, kept: Kept) -> dict[str, float]:
    recipe = Recipe(top_labels=1)
    neighborhoods = {
        name: open_neighborhood(photo, classifier, Recipe.of(recipe, segmentation=segmentation))
        for name, segmentation in CUTS.items()
    }
    whole = explanation_at(neighborhoods[USUAL], recipe, 1)
    label = whole.labels[0].index

    def weights() -> dict[str, dict[str, list[float]]]:
        found: dict[str, dict[str, list[float]]] = {}
        for name, neighborhood in neighborhoods.items():
            counts = sorted(_samples(name), reverse=True)  # the most first: the others are its prefixes
            found[name] = {
                str(count): explanation_at(neighborhood, recipe, count).labels[0].weights.tolist()
                for count in counts
            }
        return found

    known = kept.get(f"{key}, weights", weights)
    spread = {name: explanation_at(neighborhoods[name], recipe, 1).spread for name in CUTS}

    def gain(cuts: tuple[str, ...], total: int) -> float:
        maps = [spread[name](np.array(known[name][str(total // len(cuts))])) for name in cuts]
        return finish(curves_of(whole, label, np.mean(maps, axis=0))).gain

    gains: dict[str, float] = {}
    for number in (1, 2, 3, 4):
        for total in TOTALS:
            tried = [cuts for cuts in sums(number) if number > 1 or total == TOTALS[0] or cuts == (USUAL,)]

            def gain_each(tried: list[tuple[str, ...]] = tried, total: int = total) -> dict[str, float]:
                return {name_of(cuts, total): gain(cuts, total) for cuts in tried}

            gains |= kept.get(f"{key}, {number} cuts, {total} samples", gain_each)
    return gains


def _photos(gains: dict[str, dict[str, dict[str, float]]]) -> Iterator[dict[str, float]]:
    for photos in gains.values():
        yield from photos.values()


def _row(gains: dict[str, dict[str, dict[str, float]]], named: str) -> dict[str, Any]:
    usual = name_of([USUAL], int(named.rpartition(" @ ")[2]))
    # Over photos, for both networks see the same ones.
    differences = [
        statistics.mean(found[title][named] - found[title][usual] for found in gains.values())
        for title in gains[NETWORKS[0]]
    ]
    means = [statistics.mean(found[named] for found in photos.values()) for photos in gains.values()]
    return {
        "name": named,
        "networks": means,
        "gain": statistics.mean(means),
        "difference": statistics.mean(differences),
        "error": standard_error(differences),
        "better": sum(difference > 0 for difference in differences),
        "photos": len(differences),
    }


def _chosen_by_others(
    gains: dict[str, dict[str, dict[str, float]]], number: int, total: int
) -> tuple[float, float]:
    """What the best sum gains on a photo if it is chosen by all others: mean and standard error."""
    usual, names = name_of([USUAL], total), [name_of(cuts, total) for cuts in sums(number)]
    differences = {
        title: [
            statistics.mean(found[title][name] - found[title][usual] for found in gains.values())
            for name in names
        ]
        for title in gains[NETWORKS[0]]
    }
    taken = []
    for title, own in differences.items():
        of_others = [found for other, found in differences.items() if other != title]
        taken.append(own[int(np.mean(of_others, axis=0).argmax())])
    return statistics.mean(taken), standard_error(taken)


def _as_markdown(gains: dict[str, dict[str, dict[str, float]]]) -> str:
    rows = [_row(gains, named) for named in sorted(set.intersection(*map(set, _photos(gains))))]
    parts = [_INTRODUCTION.format(photos=rows[0]["photos"])]
    for total in TOTALS:
        shown = {}
        for number in (1, 2, 3, 4):
            names = {name_of(cuts, total) for cuts in sums(number)}
            best = sorted((row for row in rows if row["name"] in names), key=lambda row: -row["gain"])
            for row in best[:_SHOWN]:
                figures = [f"{gain:.3f}" for gain in (*row["networks"], row["gain"])]
                difference = f"{row['difference']:+.3f} ± {row['error']:.3f}"
                shown[row["name"].rpartition(" @ ")[0]] = [*figures, difference, str(row["better"])]
        heads = ("cuts", *NETWORKS, "both", "against the usual cut alone", "photos on which it is better")
        parts.append(f"### {total} samples in all\n\n{table(heads, shown)}")
    chosen = {
        str(number): [
            f"{gain:+.3f} ± {error:.3f}"
            for gain, error in (_chosen_by_others(gains, number, total) for total in TOTALS)
        ]
        for number in (2, 3, 4)
    }
    heads = ("cuts", *(f"{total} samples in all" for total in TOTALS))
    parts.append(f"### The best sum, on photos that it was not chosen by\n\n{table(heads, chosen)}")
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = """## Which cuts

Insertion minus deletion, by area, of the maps of single cuts and of sums that share the samples; {photos}
pictures that `make faithful` does not use (`python -m tests.benchmarks --parts cuts`). Means over photos;
differences are paired, with standard errors over photos, of the mean of both networks. “Usual” is the cut of
the default recipe."""

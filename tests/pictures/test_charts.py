"""The figures show the explanation's own numbers, and everyone can read them."""

import dataclasses
import io
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from explainer import Explanation, Reading, Recipe, explain
from explainer.judging.curves import STEPS, Curves
from explainer.pictures import charts
from explainer.pictures.draw import PALETTES, fit_photo
from explainer.words.language import Language
from explainer.words.places import place, region_places
from tests.synthetic import ConstantClassifier, Grid, LinearClassifier, a_photo

ENGLISH = Language("en")


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    grid = Grid(4, 5)
    return explain(a_photo(3), LinearClassifier(grid), num_samples=120, segmentation=grid, design="lime")


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return fit_photo(a_photo(3, (60, 40)))


def draw_bars(explanation: Explanation, **options) -> Axes:
    return charts.weight_bars(Reading.of(explanation), ENGLISH, **options).axes[0]


def draw_map(photo: Image.Image, explanation: Explanation, **options) -> Figure:
    return charts.weight_map(photo, Reading.of(explanation), ENGLISH, **options)


def numbers(axes: Axes) -> list[int]:
    return [int(text.get_text()) for text in axes.texts]


def test_there_is_a_bar_for_each_of_the_strongest_regions(explanation: Explanation):
    label = explanation.labels[0]
    axes = draw_bars(explanation)
    (bars,) = [container for container in axes.containers if hasattr(container, "patches")]
    strongest = np.argsort(-np.abs(label.weights), kind="stable")[:15]
    assert [bar.get_width() for bar in bars] == label.weights[strongest].tolist()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [str(region + 1) for region in strongest]
    assert axes.yaxis_inverted(), "the strongest is at the top"


def test_fewer_regions_have_fewer_bars():
    grid = Grid(2, 3)
    few = explain(a_photo(), LinearClassifier(grid), num_samples=60, segmentation=grid)
    assert len(draw_bars(few).patches) == 6


def test_error_bars_reach_1_96_standard_errors(explanation: Explanation):
    label = explanation.labels[0]
    strongest = np.argsort(-np.abs(label.weights), kind="stable")[:15]
    axes = draw_bars(explanation)
    lines = np.array(axes.collections[0].get_segments())
    np.testing.assert_allclose(lines[:, 0, 0], (label.weights - 1.96 * label.standard_errors)[strongest])
    np.testing.assert_allclose(lines[:, 1, 0], (label.weights + 1.96 * label.standard_errors)[strongest])
    left, right = axes.get_xlim()
    assert left == -right
    assert right > np.abs(lines[:, :, 0]).max()


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_the_sign_is_shown_by_side_and_by_colour(explanation: Explanation, palette):
    patches = draw_bars(explanation, palette=palette).patches
    assert {patch.get_width() > 0 for patch in patches} == {True, False}
    for patch in patches:
        colour = palette.speaks_for if patch.get_width() > 0 else palette.speaks_against
        np.testing.assert_allclose(patch.get_facecolor()[:3], np.array(colour) / 255)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_the_map_has_every_weight_in_the_bar_s_own_colours(explanation: Explanation, palette):
    weights, segments = explanation.labels[0].weights, explanation.segments
    photo = fit_photo(Image.new("RGB", segments.shape[::-1], (60, 60, 60)))
    axes, colour_bar = draw_map(photo, explanation, palette=palette).axes
    lowest, highest = colour_bar.get_xlim()
    assert highest == -lowest == np.abs(weights).max()
    drawn = np.asarray(axes.images[0].get_array())
    pale = np.array([231, 231, 231])
    for region, weight in enumerate(weights):
        row, column = charts.interior_point(segments == region)
        found = drawn[
            round((row + 0.5) * photo.height / segments.shape[0]),
            round((column + 0.5) * photo.width / segments.shape[1]),
        ]
        colour = np.array(palette.speaks_for if weight > 0 else palette.speaks_against)
        np.testing.assert_allclose(found, pale + abs(weight) / highest * (colour - pale), atol=2.5)


def test_the_photo_keeps_its_shape(photo: Image.Image, explanation: Explanation):
    axes = draw_map(photo, explanation).axes[0]
    assert {tuple(image.get_extent()) for image in axes.images} == {(0, *photo.size, 0)}
    assert axes.get_aspect() == 1


def test_map_and_bars_have_the_same_numbers_each_inside_of_its_region(
    photo: Image.Image, explanation: Explanation
):
    axes = draw_map(photo, explanation).axes[0]
    ticks = [int(tick.get_text()) for tick in draw_bars(explanation).get_yticklabels()]
    assert numbers(axes) == ticks
    height, width = explanation.segments.shape
    for text in axes.texts:
        across, down = text.get_position()
        row, column = int(down / photo.height * height), int(across / photo.width * width)
        assert explanation.segments[row, column] + 1 == int(text.get_text())


def test_an_interior_point_is_as_far_from_the_outline_as_can_be():
    mask = np.zeros((30, 40), bool)
    mask[2:28, 3:10] = True  # an L, whose middle is outside of it
    mask[20:28, 3:38] = True
    row, column = charts.interior_point(mask)
    outside = np.argwhere(~np.pad(mask, 1)) - 1
    distances = [np.hypot(*(outside - point).T).min() for point in np.argwhere(mask)]
    assert mask[row, column]
    assert np.hypot(*(outside - (row, column)).T).min() == max(distances)


def test_an_interior_point_keeps_away_from_the_photos_edge():
    assert charts.interior_point(np.ones((21, 21), bool)) == (10, 10)
    assert charts.interior_point(np.ones((1, 1), bool)) == (0, 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_can_be_read_on_light_and_on_dark(photo, explanation: Explanation, scheme: str):
    ink = charts.INKS[scheme]
    axes = draw_bars(explanation, ink=ink)
    colour_bar = draw_map(photo, explanation, ink=ink).axes[1]
    texts = [*axes.get_yticklabels(), *axes.get_xticklabels(), *axes.texts, axes.xaxis.label]
    texts += [*colour_bar.get_xticklabels(), colour_bar.xaxis.label]
    assert {to_rgb(text.get_color()) for text in texts} == {to_rgb(ink)}
    for figure in (axes.figure, draw_map(photo, explanation, ink=ink)):
        picture = Image.open(io.BytesIO(charts.png(figure)))
        assert picture.mode == "RGBA"
        assert picture.getpixel((1, picture.height - 2))[3] == 0


def test_japanese_is_written_without_a_missing_glyph(photo: Image.Image, explanation: Explanation, caplog):
    if charts._font_families() == ("DejaVu Sans",):
        pytest.skip("no Japanese font is installed")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in (
            charts.weight_map(photo, Reading.of(explanation), Language("ja")),
            charts.weight_bars(Reading.of(explanation), Language("ja")),
            charts.heat_map(photo, explanation, explanation.labels[0].index, Language("ja")),
            charts.curves_chart(TESTED, CHANCE, CENTRE, Language("ja")),
        ):
            charts.png(figure)
    assert not caplog.records


def test_without_a_japanese_font_words_are_english(explanation: Explanation, monkeypatch, caplog):
    monkeypatch.setattr(charts, "_font_families", lambda: ("DejaVu Sans",))
    figure = charts.weight_bars(Reading.of(explanation), Language("ja"))
    assert figure.axes[0].get_ylabel() == "Region"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        charts.png(figure)
    assert not caplog.records


def test_threads_do_not_disturb_each_other(photo: Image.Image, explanation: Explanation):
    def draw(ink: str) -> bytes:
        return charts.png(draw_map(photo, explanation, ink=ink))

    inks = [charts.INKS["light"], charts.INKS["dark"]]
    alone = [draw(ink) for ink in inks]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(draw, inks)) == alone


def test_weights_of_nothing_are_drawn_too(photo: Image.Image):
    flat = explain(
        a_photo(), ConstantClassifier(0.7, 0.3), num_samples=40, segmentation=Grid(2, 2), top_labels=2
    )
    assert charts.png(draw_map(photo, flat))
    assert charts.png(draw_bars(flat).figure)
    assert charts.bars_sentence(Reading.of(flat), ENGLISH) == (
        "No region changes the probability of “thing 0”."
    )


def test_one_region_is_enough(photo: Image.Image):
    grid = Grid(1, 1)
    single = explain(a_photo(), LinearClassifier(grid), num_samples=20, segmentation=grid)
    assert numbers(draw_map(photo, single).axes[0]) == [1]
    assert charts.png(draw_bars(single).figure)


def test_the_sentences_say_what_is_seen(explanation: Explanation):
    for label in explanation.labels:
        reading = Reading.of(explanation, label.index)
        strongest = int(np.abs(label.weights).argmax())
        sentence = charts.bars_sentence(reading, ENGLISH)
        place = region_places(explanation.segments, ENGLISH)[strongest]
        verb = "raises" if label.weights[strongest] > 0 else "lowers"
        assert (
            f"region {strongest + 1} at the {place}: it {verb} “{label.name.replace('_', ' ')}”" in sentence
        )
        points, margin = 100 * abs(label.weights[strongest]), 196 * label.standard_errors[strongest]
        assert f"by {points:.1f} ± {margin:.1f} points." in sentence
        pros, cons = (label.weights > 0).sum(), (label.weights < 0).sum()
        whole = charts.map_sentence(reading, ENGLISH)
        assert whole.startswith(f"Of 20 regions, {pros} speak for ")
        assert f" and {cons} against it. " in whole
        assert whole.endswith(sentence)


def test_evidence_is_not_told_in_points(explanation: Explanation):
    reading = Reading.of(explain(a_photo(3), explanation.classifier, explanation.recipe, target="log-odds"))
    label = reading.label
    strongest = int(np.abs(label.weights).argmax())
    weight, margin = abs(label.weights[strongest]), 1.96 * label.standard_errors[strongest]
    side = "for" if label.weights[strongest] > 0 else "against"
    assert f": evidence of {weight:.2f} ± {margin:.2f} {side} “" in charts.bars_sentence(reading, ENGLISH)
    assert (
        charts.weight_bars(reading, ENGLISH).axes[0].get_xlabel() == "Weight: evidence (0.7 doubles the odds)"
    )
    assert draw_bars(explanation).get_xlabel() == "Weight: change of the probability"


SHARES = np.linspace(0, 1, STEPS + 1)
TESTED = Curves(0.8 * (1 - SHARES) ** 3, 0.8 * SHARES**0.5)
CHANCE = Curves(0.8 * (1 - SHARES), 0.8 * SHARES)
CENTRE = Curves(0.8 * (1 - SHARES) ** 2, 0.8 * SHARES)


def draw_curves(language: Language = ENGLISH, **options) -> Axes:
    return charts.curves_chart(TESTED, CHANCE, CENTRE, language, **options).axes[0]


def test_curves_are_drawn_both_ways_round_and_beside_what_they_are_compared_with():
    drawn = {line.get_label(): line for line in draw_curves().lines}
    for title, values in {
        "most important first": TESTED.deletion,
        "least important first": TESTED.insertion[::-1],
        "in a random order": CHANCE.deletion,
        "from the middle outwards": CENTRE.deletion,
    }.items():
        np.testing.assert_allclose(drawn[title].get_xdata(), 100 * SHARES)
        np.testing.assert_allclose(drawn[title].get_ydata(), 100 * values)
    assert len({line.get_linestyle() for line in drawn.values()}) == 4, "told apart without colours"
    assert charts.curves_sentence(TESTED, CHANCE, ENGLISH) == (
        "The whole photo gets 80%. With half of it hidden, 10% is left where the most important part went "
        "first, 57% where the least important went first, and 40% in a random order."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_curves_can_be_read_on_light_and_on_dark(scheme: str):
    ink = charts.INKS[scheme]
    axes = draw_curves(ink=ink)
    texts = [*axes.get_yticklabels(), *axes.get_xticklabels(), axes.xaxis.label, axes.yaxis.label]
    texts += axes.figure.legends[0].get_texts()
    assert {to_rgb(text.get_color()) for text in texts} == {to_rgb(ink)}
    assert charts.png(axes.figure)


@pytest.fixture(scope="module")
def several_cuts() -> Explanation:
    """Two cuts, one of which has a speck that is far hotter than all else."""
    grid, recipe = Grid(4, 5), Recipe(num_samples=120, target="probability")
    classifier = LinearClassifier(grid, seed=2)
    found, cut = (
        explain(a_photo(3), classifier, recipe, segmentation=segmentation)
        for segmentation in (grid, lambda image: np.where(np.indices(image.shape[:2]).sum(axis=0) < 2, 1, 0))
    )
    labels = [
        dataclasses.replace(of, surrogate=dataclasses.replace(of.surrogate, weights=np.array([0.1, 0.5])))
        for of in cut.labels
    ]
    return dataclasses.replace(found, further=(dataclasses.replace(cut, labels=tuple(labels)),))


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_the_heat_map_has_every_value_in_the_bar_s_own_colours(several_cuts: Explanation, palette):
    label = several_cuts.labels[0].index
    found = several_cuts.heat_map(label) / 100
    canvas = fit_photo(Image.new("RGB", found.shape[::-1], (60, 60, 60)))
    axes, colour_bar = charts.heat_map(canvas, several_cuts, label, ENGLISH, palette).axes
    lowest, highest = colour_bar.get_xlim()
    assert highest == -lowest == np.quantile(np.abs(found), 0.99) < np.abs(found).max()
    assert len(colour_bar.patches) == 2, "arrows at its ends"
    drawn = np.asarray(axes.images[0].get_array())
    pale = np.array([231, 231, 231])
    for region in range(several_cuts.num_superpixels):
        row, column = charts.interior_point(several_cuts.segments == region)
        pixel = drawn[
            round((row + 0.5) * canvas.height / found.shape[0]),
            round((column + 0.5) * canvas.width / found.shape[1]),
        ]
        value = np.clip(found[row, column] / highest, -1, 1)
        colour = np.array(palette.speaks_for if value > 0 else palette.speaks_against)
        np.testing.assert_allclose(pixel, pale + abs(value) * (colour - pale), atol=2.5)


def test_the_heat_map_has_contour_lines_that_its_bar_shows_too(several_cuts: Explanation, photo):
    axes, colour_bar = charts.heat_map(photo, several_cuts, several_cuts.labels[0].index, ENGLISH).axes
    (lines,) = axes.collections
    limit = colour_bar.get_xlim()[1]
    np.testing.assert_allclose(lines.levels, limit * np.array([-0.75, -0.5, -0.25, 0.25, 0.5, 0.75]))
    marked = [line.get_xdata()[0] for line in colour_bar.lines]
    np.testing.assert_allclose(marked, lines.levels)
    assert any(len(path.vertices) for path in lines.get_paths())
    assert colour_bar.get_xlabel() == "Change of the probability by 1% of the photo’s area"


def test_a_heat_map_of_evidence_says_so(photo, explanation: Explanation):
    evidence = explain(a_photo(3), explanation.classifier, explanation.recipe, target="log-odds")
    figure = charts.heat_map(photo, evidence, evidence.labels[0].index, ENGLISH)
    assert figure.axes[1].get_xlabel() == "Evidence from 1% of the photo’s area"


def test_a_heat_map_of_nothing_is_drawn_too(photo: Image.Image):
    flat = explain(a_photo(), ConstantClassifier(0.7, 0.3), num_samples=40, segmentation=Grid(2, 2))
    assert charts.png(charts.heat_map(photo, flat, 0, ENGLISH))
    assert charts.heat_sentence(flat, 0, ENGLISH) == "No region changes the probability of “thing 0”."


def test_the_heat_map_s_sentence_says_where_most_of_it_is(explanation: Explanation):
    grid = Grid(3, 3)
    found = explain(a_photo(3), LinearClassifier(grid, seed=1), num_samples=120, segmentation=grid)
    label = found.labels[0]
    best, worst = int(label.weights.argmax()), int(label.weights.argmin())
    pros, cons = np.maximum(label.weights, 0), np.maximum(-label.weights, 0)
    assert charts.heat_sentence(found, label.index, ENGLISH) == (
        f"What speaks for “{label.name.replace('_', ' ')}” is most of all at the "
        f"{place(found.segments == best, ENGLISH)}: {ENGLISH.percent(pros[best] / pros.sum())} of it. "
        f"What speaks against it is most of all at the {place(found.segments == worst, ENGLISH)}: "
        f"{ENGLISH.percent(cons[worst] / cons.sum())} of it."
    )

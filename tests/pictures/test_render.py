import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import binary_dilation

from explainer.errors import ArgumentError
from explainer.pictures.draw import (
    DEFAULT_PALETTE,
    HIDDEN_COLOUR,
    LONGEST_SIDE,
    PALETTES,
    SHORTEST_LONGEST_SIDE,
    draw_focus,
    draw_input,
    draw_pros_cons,
    draw_superpixels,
    fit_photo,
)
from tests.synthetic import Grid, a_photo

GRID = Grid(3, 4)
SEGMENTS = GRID(np.empty((216, 216, 3)))
SIZE = (800, 600)  # each cell is 200 × 200
CELL = 200
GREY = Image.new("RGB", SIZE, (90, 90, 90))
WHITE = np.array([255, 255, 255])


@pytest.fixture(scope="module")
def photo():
    return fit_photo(a_photo(0, SIZE))


def pixels(picture):
    return np.asarray(picture).astype(int)


def cells(*regions):
    """Which pixels of a picture are in these cells."""
    x, y = np.meshgrid(np.arange(SIZE[0]) // CELL, np.arange(SIZE[1]) // CELL)
    return np.isin(4 * y + x, regions)


def well_inside(mask, margin=14):
    """Without what is near an edge of the mask, or of the picture."""
    padded = np.pad(~mask, 1, constant_values=True)
    return ~binary_dilation(padded, iterations=margin)[1:-1, 1:-1]


def colours_along_outline(picture, region):
    """Colours on the straight parts of a cell's edges, in order."""
    found = pixels(picture)
    left, top = CELL * (region % 4), CELL * (region // 4)
    along = np.arange(30, CELL - 30)
    edges = [
        found[top, left + along],
        found[top + along, left + CELL],
        found[top + CELL, left + along[::-1]],
        found[top + along[::-1], left],
    ]
    return edges


def gaps(picture, region, colour):
    """How often the outline of a cell is interrupted by white, and what part of it has its colour."""
    number, coloured = 0, []
    for edge in colours_along_outline(picture, region):
        is_line = np.abs(edge - colour).sum(axis=1) < np.abs(edge - WHITE).sum(axis=1)
        number += (np.diff(is_line.astype(int)) == -1).sum()
        coloured.append(is_line)
    return number, np.concatenate(coloured).mean()


class TestFitPhoto:
    @given(width=st.integers(16, 1500), height=st.integers(16, 1500))
    @settings(max_examples=40, deadline=None)
    def test_longest_side_fits_and_aspect_ratio_stays(self, width, height):
        fitted = fit_photo(Image.new("RGB", (width, height)))
        longest = max(width, height)
        expected = min(max(longest, SHORTEST_LONGEST_SIDE), LONGEST_SIDE)
        assert max(fitted.size) == expected
        scale = expected / longest
        assert fitted.width == pytest.approx(width * scale, abs=0.51)
        assert fitted.height == pytest.approx(height * scale, abs=0.51)

    def test_photo_that_fits_is_left_alone(self, photo):
        assert fit_photo(photo) is photo

    @pytest.mark.parametrize("size", [(20000, 16), (16, 20000)])
    def test_very_long_photo(self, size):
        fitted = fit_photo(Image.new("RGB", size))
        assert max(fitted.size) == LONGEST_SIDE
        assert min(fitted.size) == 1


class TestSizes:
    @given(
        width=st.integers(16, 1000),
        height=st.integers(16, 1000),
        regions=st.sets(st.integers(0, 11)),
    )
    @settings(max_examples=25, deadline=None)
    def test_pictures_are_as_large_as_the_photo(self, width, height, regions):
        photo = fit_photo(Image.new("RGB", (width, height), "green"))
        weights = {region: region - 5.5 for region in regions}
        for picture in (
            draw_focus(photo, SEGMENTS, regions),
            draw_pros_cons(photo, SEGMENTS, weights),
            draw_superpixels(photo, SEGMENTS),
        ):
            assert picture.size == photo.size
            assert picture.mode == "RGB"

    # Widths that some ways of counting inches and dots make a pixel smaller.
    @pytest.mark.parametrize("width", [640, 641, 657, 699, 803, 819, 899, 900])
    def test_widths(self, width):
        photo = Image.new("RGB", (width, 57))
        assert draw_focus(photo, SEGMENTS, [5]).size == (width, 57)

    @pytest.mark.parametrize("size", [(900, 1), (1, 900), (16, 16)])
    def test_very_narrow_photo(self, size):
        photo = Image.new("RGB", size)
        assert draw_focus(photo, SEGMENTS, [5]).size == size
        assert draw_pros_cons(photo, SEGMENTS, {5: 1.0, 6: -1.0}).size == size
        assert draw_superpixels(photo, SEGMENTS).size == size

    def test_photo_is_left_alone(self, photo):
        before = photo.tobytes()
        draw_focus(photo, SEGMENTS, [5])
        draw_pros_cons(photo, SEGMENTS, {5: 1.0, 6: -1.0})
        draw_superpixels(photo, SEGMENTS, np.arange(12) % 2)
        assert photo.tobytes() == before


class TestFocus:
    @pytest.mark.parametrize("regions", [[5], [5, 6], [0, 3, 11], [0, 1, 2, 3, 4, 5], range(11), {5: 0.3}])
    def test_keeps_the_photo_inside_and_hides_the_rest(self, photo, regions):
        picture = pixels(draw_focus(photo, SEGMENTS, regions))
        inside = cells(*regions)
        np.testing.assert_array_equal(picture[well_inside(inside)], pixels(photo)[well_inside(inside)])
        assert (picture[well_inside(~inside)] == HIDDEN_COLOUR).all()
        assert well_inside(inside).sum() > 0.7 * inside.sum()

    def test_all_regions_leave_all_but_the_border(self, photo):
        picture = pixels(draw_focus(photo, SEGMENTS, range(12)))
        middle = well_inside(np.ones(SIZE[::-1], bool))
        np.testing.assert_array_equal(picture[middle], pixels(photo)[middle])

    @pytest.mark.parametrize("regions", [[], {}, (), [99]])
    def test_no_region(self, photo, regions):
        assert (pixels(draw_focus(photo, SEGMENTS, regions)) == HIDDEN_COLOUR).all()

    @pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
    def test_outline_is_solid_and_of_the_first_colour(self, palette):
        picture = draw_focus(GREY, SEGMENTS, [5], palette)
        number, coloured = gaps(picture, 5, palette.speaks_for)
        assert (number, coloured) == (0, 1.0)
        for edge in colours_along_outline(picture, 5):
            assert (np.abs(edge - palette.speaks_for) < 40).all()

    def test_no_line_between_neighbours(self, photo):
        picture = pixels(draw_focus(photo, SEGMENTS, [5, 6]))
        border = (slice(CELL + 20, 2 * CELL - 20), slice(2 * CELL - 5, 2 * CELL + 5))
        np.testing.assert_array_equal(picture[border], pixels(photo)[border])

    def test_same_picture_every_time(self, photo):
        assert draw_focus(photo, SEGMENTS, [5]).tobytes() == draw_focus(photo, SEGMENTS, [5]).tobytes()

    def test_any_map_of_superpixels(self, photo):
        segments = np.random.RandomState(0).randint(0, 50, (64, 48))
        picture = draw_focus(photo, segments, range(0, 50, 2))
        assert picture.size == photo.size


class TestProsAndCons:
    @pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
    def test_regions_are_tinted_by_what_they_say(self, palette):
        picture = pixels(draw_pros_cons(GREY, SEGMENTS, {5: 0.02, 2: -0.01}, palette))
        for region, colour in ((5, palette.speaks_for), (2, palette.speaks_against)):
            tint = picture[well_inside(cells(region))].mean(axis=0) - 90
            towards = np.array(colour) - 90
            share = tint @ towards / (towards @ towards)
            np.testing.assert_allclose(tint, share * towards, atol=3)
            assert share == pytest.approx(0.75 if region == 5 else 0.55, abs=0.02)

    def test_stronger_regions_have_stronger_colours(self):
        weights = {0: 0.1, 2: 0.4, 8: 0.7, 10: 1.0}
        picture = pixels(draw_pros_cons(GREY, SEGMENTS, weights))
        blue = [picture[well_inside(cells(region)), 2].mean() for region in weights]
        assert blue == sorted(blue)
        assert min(np.diff(blue)) > 15

    def test_the_rest_is_pale_and_grey(self, photo):
        picture = pixels(draw_pros_cons(photo, SEGMENTS, {5: 0.02, 2: -0.01}))
        rest = well_inside(~cells(5, 2))
        grey = pixels(photo.convert("L").convert("RGB"))
        np.testing.assert_allclose(picture[rest], (0.7 * grey + 0.3 * 255)[rest], atol=1.01)

    def test_what_is_seen_through_the_tint_is_the_photo(self, photo):
        picture = pixels(draw_pros_cons(photo, SEGMENTS, {5: 0.02}))
        inside = well_inside(cells(5))
        lightness = pixels(photo.convert("L"))[inside]
        assert np.corrcoef(picture[inside].sum(axis=1), lightness)[0, 1] > 0.99

    @pytest.mark.parametrize("weights", [{}, {5: 0.0}, {5: 0.0, 6: 0.0}])
    def test_nothing_to_tint(self, photo, weights):
        picture = pixels(draw_pros_cons(photo, SEGMENTS, weights))
        grey = pixels(photo.convert("L").convert("RGB"))
        np.testing.assert_allclose(picture, 0.7 * grey + 0.3 * 255, atol=1.01)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_only_one_side(self, sign):
        picture = draw_pros_cons(GREY, SEGMENTS, {5: sign * 1e-9})
        colour = DEFAULT_PALETTE.speaks_for if sign > 0 else DEFAULT_PALETTE.speaks_against
        inside = pixels(picture)[well_inside(cells(5))]
        np.testing.assert_allclose(
            inside, np.tile(90 + 0.75 * (np.array(colour) - 90), (len(inside), 1)), atol=3
        )

    @pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
    def test_lines_tell_the_sides_apart_without_colour(self, palette):
        solid = draw_pros_cons(GREY, SEGMENTS, {5: 1.0}, palette)
        assert gaps(solid, 5, palette.speaks_for) == (0, 1.0)
        dashed = draw_pros_cons(GREY, SEGMENTS, {5: -1.0}, palette)
        number, coloured = gaps(dashed, 5, palette.speaks_against)
        assert number >= 12
        assert 0.4 < coloured < 0.8

    def test_weights_may_be_numpy_numbers(self):
        plain = draw_pros_cons(GREY, SEGMENTS, {5: 0.5, 6: -0.25})
        numbers = draw_pros_cons(
            GREY, SEGMENTS, {np.int64(5): np.float64(0.5), np.int64(6): np.float64(-0.25)}
        )
        assert plain.tobytes() == numbers.tobytes()


class TestSuperpixels:
    def test_every_border_has_a_line_and_the_rest_is_the_photo(self, photo):
        picture = pixels(draw_superpixels(photo, SEGMENTS))
        inside = np.any([well_inside(cells(region)) for region in range(12)], axis=0)
        np.testing.assert_array_equal(picture[inside], pixels(photo)[inside])
        on_grey = pixels(draw_superpixels(GREY, SEGMENTS))
        for x in (CELL, 2 * CELL, 3 * CELL):
            column = on_grey[30 : CELL - 30, x - 1 : x + 1].max(axis=(1, 2))
            assert (column > 200).all()
        for y in (CELL, 2 * CELL):
            row = on_grey[y - 1 : y + 1, 30 : CELL - 30].max(axis=(0, 2))
            assert (row > 200).all()

    @pytest.mark.parametrize("kind", [bool, np.uint8, float])
    def test_what_is_off_is_hidden(self, photo, kind):
        shown = np.ones(12, kind)
        shown[[0, 5, 6]] = 0
        picture = pixels(draw_superpixels(photo, SEGMENTS, shown))
        for region in range(12):
            inside = well_inside(cells(region))
            if shown[region]:
                np.testing.assert_array_equal(picture[inside], pixels(photo)[inside])
            else:
                assert (picture[inside] == HIDDEN_COLOUR).all()

    def test_all_off(self, photo):
        picture = pixels(draw_superpixels(photo, SEGMENTS, np.zeros(12)))
        assert (picture[well_inside(cells(5))] == HIDDEN_COLOUR).all()

    def test_one_superpixel(self, photo):
        picture = pixels(draw_superpixels(photo, np.zeros((224, 224), int)))
        middle = well_inside(np.ones(SIZE[::-1], bool))
        np.testing.assert_array_equal(picture[middle], pixels(photo)[middle])


class TestInput:
    def test_pixel_by_pixel(self):
        values = np.random.RandomState(0).randint(0, 256, (20, 30, 3))
        picture = draw_input(values / 255)
        assert picture.size == (30, 20)
        np.testing.assert_array_equal(pixels(picture), values)

    def test_values_beyond_what_can_be_shown(self):
        picture = draw_input(np.array([[[-0.5, 0.5, 1.5]]]))
        assert pixels(picture)[0, 0].tolist() == [0, 128, 255]

    @pytest.mark.parametrize("shape", [(5, 5), (5, 5, 4), (1, 5, 5, 3)])
    def test_shape_is_checked(self, shape, raises_sentence):
        with raises_sentence(ArgumentError, r"display must have the shape \(H, W, 3\), and has"):
            draw_input(np.zeros(shape))

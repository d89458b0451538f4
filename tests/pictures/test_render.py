import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import binary_dilation
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.draw import polygon2mask

from explainer.errors import ArgumentError
from explainer.pictures.draw import (
    HIDDEN_COLOUR,
    LONGEST_SIDE,
    PALETTES,
    SHORTEST_LONGEST_SIDE,
    draw_focus,
    draw_heat,
    draw_input,
    draw_pros_cons,
    draw_superpixels,
    fit_photo,
    mask_path,
    region_middles,
    region_paths,
    shades,
)
from tests.synthetic import Grid, a_photo

GRID = Grid(3, 4)
SEGMENTS = GRID(np.empty((216, 216, 3)))
SIZE = (800, 600)  # each cell is 200 × 200
CELL = 200
GREY = Image.new("RGB", SIZE, (90, 90, 90))
WHITE = np.array([255, 255, 255])
EVERY_PALETTE = pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
# What people see who lack a kind of cones: Machado, Oliveira and Fernandes, 2009, in linear RGB.
COLOUR_BLIND = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


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


def lab(picture, region):
    """The mean colour of a cell, in CIELAB."""
    return rgb2lab(pixels(picture)[well_inside(cells(region))] / 255).mean(axis=0)


def as_seen_with(blindness, colour):
    """A colour in CIELAB, as somebody sees it who lacks a kind of cones."""
    linear = ((np.array(colour) / 255 + 0.055) / 1.055) ** 2.4
    seen = np.clip(COLOUR_BLIND[blindness] @ linear, 0, 1)
    return rgb2lab(1.055 * seen ** (1 / 2.4) - 0.055)


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
        draw_superpixels(photo, SEGMENTS)
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

    @EVERY_PALETTE
    def test_outline_is_solid_and_of_the_first_colour(self, palette):
        picture = draw_focus(GREY, SEGMENTS, [5], palette)
        number, coloured = gaps(picture, 5, palette.speaks_for)
        assert (number, coloured) == (0, 1.0)
        for edge in colours_along_outline(picture, 5):
            assert (np.abs(edge - palette.speaks_for) < 40).all()

    def test_what_shares_the_last_place_has_a_line_of_dots_of_its_own(self, photo):
        blue = PALETTES["blue-orange"].speaks_for
        dots, coloured = gaps(draw_focus(GREY, SEGMENTS, [0, 6], shared=[6]), 6, blue)
        assert dots >= 40
        assert coloured < 0.6
        assert gaps(draw_focus(GREY, SEGMENTS, [0, 6], shared=[0]), 6, blue) == (0, 1.0)
        apart = pixels(draw_focus(photo, SEGMENTS, [5, 6], shared=[6]))
        together = pixels(draw_focus(photo, SEGMENTS, [5, 6]))
        border = (slice(CELL + 20, 2 * CELL - 20), slice(2 * CELL - 5, 2 * CELL + 5))
        assert (apart[border] != together[border]).any()
        assert (
            draw_focus(photo, SEGMENTS, [5], shared=[9]).tobytes()
            == draw_focus(photo, SEGMENTS, [5]).tobytes()
        )

    def test_what_is_not_told_from_chance_is_pale_and_has_no_line(self, photo):
        picture = pixels(draw_focus(photo, SEGMENTS, [5, 7], uncertain=[7, 9]))
        known = pixels(draw_focus(photo, SEGMENTS, [5]))
        np.testing.assert_array_equal(
            picture[~binary_dilation(cells(7), iterations=9)], known[~binary_dilation(cells(7), iterations=9)]
        )
        inside = well_inside(cells(7))
        veiled = pixels(photo) * 0.28 + np.array(HIDDEN_COLOUR) * 0.72
        np.testing.assert_allclose(picture[inside], veiled[inside], atol=1.01)

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
    @EVERY_PALETTE
    def test_the_strongest_region_has_the_palette_s_colour(self, palette):
        for sign, colour in ((1, palette.speaks_for), (-1, palette.speaks_against)):
            picture = pixels(draw_pros_cons(GREY, SEGMENTS, {5: sign * 1e-9}, palette))
            assert (np.abs(picture[well_inside(cells(5))] - colour) <= 1).all()

    @EVERY_PALETTE
    def test_stronger_regions_have_stronger_colours_of_the_same_lightness(self, palette):
        weights = {0: 0.1, 2: 0.4, 8: 0.7, 10: 1.0, 3: -0.1, 5: -0.4, 7: -0.7, 11: -1.0}
        picture = draw_pros_cons(GREY, SEGMENTS, weights, palette)
        found = np.array([lab(picture, region) for region in weights])
        assert np.ptp(found[:, 0]) < 1
        for side in (found[:4], found[4:]):
            assert (np.diff(np.hypot(*side[:, 1:].T)) > 8).all()
            assert (deltaE_ciede2000(side[:-1], side[1:]) > 3).all()

    @EVERY_PALETTE
    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_dark_part_of_the_photo_is_not_taken_for_a_strong_region(self, palette, sign):
        chance = np.random.RandomState(0).randint(-20, 21, SIZE[::-1])
        dark, bright, contrast = 0, 3, 4
        levels = np.select([cells(dark), cells(bright), cells(contrast)], [20, 235, 20], 120) + chance
        levels[200:300, :100] = 235  # a quarter of the dark cell
        photo = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).convert("RGB")
        picture = draw_pros_cons(
            photo, SEGMENTS, {5: 1.0, **dict.fromkeys((dark, bright, contrast), sign * 0.6)}, palette
        )
        found = np.array([lab(picture, region) for region in (dark, bright, contrast)])
        assert np.ptp(found[:, 0]) < 2
        assert np.ptp(np.hypot(*found[:, 1:].T)) < 4

    @pytest.mark.parametrize("blindness", COLOUR_BLIND)
    def test_blue_and_orange_are_told_apart_by_the_colour_blind(self, blindness):
        blue, orange = PALETTES["blue-orange"].speaks_for, PALETTES["blue-orange"].speaks_against
        for share in (0, 255):
            seen = [as_seen_with(blindness, shades(colour)[share]) for colour in (blue, orange)]
            assert deltaE_ciede2000(*seen) > 15

    def test_the_rest_is_pale_and_grey(self, photo):
        picture = pixels(draw_pros_cons(photo, SEGMENTS, {5: 0.02, 2: -0.01}))
        rest = well_inside(~cells(5, 2))
        grey = pixels(photo.convert("L").convert("RGB"))
        np.testing.assert_allclose(picture[rest], (0.7 * grey + 0.3 * 255)[rest], atol=1.01)

    def test_what_is_seen_in_the_colour_is_the_photo(self, photo):
        picture = pixels(draw_pros_cons(photo, SEGMENTS, {5: 0.02}))
        inside = well_inside(cells(5))
        lightness = pixels(photo.convert("L"))[inside]
        assert np.corrcoef(picture[inside].sum(axis=1), lightness)[0, 1] > 0.9

    @pytest.mark.parametrize("weights", [{}, {5: 0.0}, {5: 0.0, 6: 0.0}])
    def test_nothing_to_tint(self, photo, weights):
        picture = pixels(draw_pros_cons(photo, SEGMENTS, weights))
        grey = pixels(photo.convert("L").convert("RGB"))
        np.testing.assert_allclose(picture, 0.7 * grey + 0.3 * 255, atol=1.01)

    @EVERY_PALETTE
    def test_lines_tell_the_sides_apart_without_colour(self, palette):
        solid = draw_pros_cons(GREY, SEGMENTS, {5: 1.0}, palette)
        assert gaps(solid, 5, palette.speaks_for) == (0, 1.0)
        dashed = draw_pros_cons(GREY, SEGMENTS, {5: -1.0}, palette)
        number, coloured = gaps(dashed, 5, palette.speaks_against)
        assert number >= 12
        assert 0.4 < coloured < 0.8

    def test_what_shares_the_last_place_is_dotted_on_both_sides(self):
        for weight, colour in ((0.5, "speaks_for"), (-0.5, "speaks_against")):
            palette = PALETTES["blue-orange"]
            picture = draw_pros_cons(GREY, SEGMENTS, {5: weight}, palette, shared=[5])
            assert gaps(picture, 5, getattr(palette, colour))[0] >= 40

    def test_what_is_not_told_from_chance_is_grey_as_light_as_colours_and_has_no_line(self):
        picture = draw_pros_cons(GREY, SEGMENTS, {5: 1.0, 7: 0.9, 9: -0.8}, uncertain=[7, 9])
        without = draw_pros_cons(GREY, SEGMENTS, {5: 1.0})
        lightness, *chroma = lab(picture, 7)
        assert np.hypot(*chroma) < 4
        assert lightness == pytest.approx(lab(picture, 5)[0], abs=2)
        assert np.array_equal(lab(picture, 9), lab(picture, 7)), "nothing is said of a side"
        rest = ~binary_dilation(cells(7, 9), iterations=9)
        np.testing.assert_array_equal(pixels(picture)[rest], pixels(without)[rest])

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

    def test_one_superpixel(self, photo):
        picture = pixels(draw_superpixels(photo, np.zeros((224, 224), int)))
        middle = well_inside(np.ones(SIZE[::-1], bool))
        np.testing.assert_array_equal(picture[middle], pixels(photo)[middle])


class TestRegionsOfAPage:
    def test_their_outlines_and_middles_are_where_they_are(self):
        paths = region_paths(SEGMENTS, SIZE)
        assert len(paths) == 12
        steps = np.array(re.findall(r"-?\d+", paths[5]), int).reshape(-1, 2).cumsum(axis=0)
        np.testing.assert_allclose(steps.min(axis=0), (CELL, CELL), atol=3)
        np.testing.assert_allclose(steps.max(axis=0), (2 * CELL, 2 * CELL), atol=3)
        for region, (across, down) in enumerate(region_middles(SEGMENTS)):
            assert cells(region)[int(down * SIZE[1]), int(across * SIZE[0])]

    def test_each_part_of_one_in_pieces_has_an_outline_and_so_has_a_speck(self):
        segments = np.zeros((40, 40), int)
        segments[5:15, 5:15] = segments[25:35, 25:35] = 1
        segments[20, 20] = 2
        whole, pieces, speck = region_paths(segments, (400, 400))
        assert (whole.count("M"), pieces.count("M"), speck.count("M")) == (3, 2, 1)


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


class TestHeat:
    """Of any method's map: what is important is coloured, whatever the units."""

    RAMP = np.arange(12.0)[SEGMENTS]  # a cell's number
    GREYED = 139

    @staticmethod
    def middles(picture: Image.Image) -> np.ndarray:
        """The colour in the middle of each cell, in their order."""
        return pixels(picture)[CELL // 2 :: CELL, CELL // 2 :: CELL].reshape(-1, 3)

    @staticmethod
    def coloured(picture: Image.Image) -> np.ndarray:
        """How far each cell's middle is from grey."""
        return np.ptp(TestHeat.middles(picture), axis=1)

    @EVERY_PALETTE
    def test_the_more_important_the_stronger_the_colour(self, palette):
        colour = self.coloured(draw_heat(GREY, self.RAMP, palette))
        assert (np.diff(colour[6:]) > 0).all()
        assert colour[:6].max() == 0, "less than half of all is important"
        assert self.middles(draw_heat(GREY, self.RAMP, palette))[11].tolist() == list(palette.speaks_for)

    @pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
    def test_units_make_no_difference(self, scale: float):
        base = 0.3 * scale  # as of RISE, whose maps are above 0 everywhere
        assert draw_heat(GREY, base + scale * self.RAMP) == draw_heat(GREY, 0.3 + self.RAMP)

    def test_what_speaks_against_has_no_colour(self):
        signed = np.where(SEGMENTS == 5, 1.0, np.where(SEGMENTS < 8, -3.0, 0.0))
        assert self.coloured(draw_heat(GREY, signed)).nonzero()[0].tolist() == [5]

    def test_a_speck_takes_no_colour_from_the_rest(self):
        with_speck = self.RAMP.copy()
        with_speck[210:212, 210:212] = 1e6
        assert (self.coloured(draw_heat(GREY, with_speck)) == self.coloured(draw_heat(GREY, self.RAMP))).all()

    def test_a_speck_alone_is_seen(self):
        alone = np.zeros(SEGMENTS.shape)
        alone[100:110, 100:110] = 1.0
        picture = pixels(draw_heat(GREY, alone))
        assert np.ptp(picture[round(105 * 600 / 216), round(105 * 800 / 216)]) > 100

    def test_only_the_strongest_tenth_is_outlined(self):
        dark = (pixels(draw_heat(GREY, self.RAMP)) < 60).all(axis=2)
        rows, columns = np.nonzero(dark)
        assert len(rows)
        # Of the last cell, a twelfth of the area, it is the edge; the photo's own edge is a part of it.
        assert rows.min() == pytest.approx(2 * CELL, abs=8)
        assert columns.min() == pytest.approx(3 * CELL, abs=8)
        assert not dark[2 * CELL + 20 : 580, 3 * CELL + 20 : 780].any()

    @pytest.mark.parametrize("value", [-1.0, 0.0, 0.5])
    def test_a_flat_map_points_nowhere(self, value: float):
        picture = draw_heat(GREY, np.full(SEGMENTS.shape, value))
        assert picture.size == SIZE
        assert (pixels(picture) == self.GREYED).all()


class TestMaskPath:
    def test_a_box_has_its_four_corners(self):
        mask = np.zeros((20, 40), bool)
        mask[4:10, 8:20] = True
        assert mask_path(mask, (1000, 1000)) == "M500 500l-300 0 0 -300 300 0 0 300z"

    def test_it_is_drawn_as_large_as_it_is(self):
        rows, columns = np.ogrid[:100, :200]
        mask = (rows - 50) ** 2 + (columns - 80) ** 2 < 30**2
        mask &= ~((rows - 50) ** 2 + (columns - 80) ** 2 < 15**2)
        path = mask_path(mask, (400, 200))
        outlines = []
        for outline in re.findall(r"M([^z]+)z", path):
            start, _, steps = outline.partition("l")
            points = np.array([start.split(), *np.reshape(steps.split(), (-1, 2))], int).cumsum(axis=0)
            outlines.append(polygon2mask((200, 400), points[:, ::-1] - 0.5))
        ring = np.logical_xor(*outlines)
        wanted = mask.repeat(2, axis=0).repeat(2, axis=1)
        assert (ring != wanted).sum() < 0.04 * wanted.sum()
        assert len(path) < 500

    def test_nothing_has_no_outline_and_all_has_the_pictures_edge(self):
        assert mask_path(np.zeros((20, 40), bool), (100, 100)) == ""
        assert mask_path(np.ones((20, 40), bool), (100, 100)) == "M99 99l-98 0 0 -98 98 0 0 98z"

"""Draws explanations over the photo, at the photo's own resolution and aspect ratio.

Superpixels are found in the network's small square input. Here their outlines are smoothed and scaled, so
that pictures are sharp on any screen. Regions that speak for a label have a solid outline and regions that
speak against it a dashed one, so that nothing depends on telling two colours apart. What shares the last
place with regions that are not shown has a dotted one; what is not told from chance yet is pale, without any.
"""

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter
from scipy.ndimage import (
    distance_transform_edt,
    gaussian_filter,
    maximum_filter,
    maximum_position,
    minimum_filter,
)
from skimage.color import lab2rgb, rgb2lab
from skimage.measure import approximate_polygon, find_contours

from ..classifiers.classifier import ClassifierLike
from ..errors import ArgumentError
from ..judging.opinions import STRONGEST
from ..lime.neighborhood import Neighborhood
from ..reading import Reading

Colour = tuple[int, int, int]

LONGEST_SIDE = 900  # pixels: sharp on a high-density screen, and small enough to send twice a second
SHORTEST_LONGEST_SIDE = 640  # a tiny photo is enlarged, for outlines to be smooth
HIDDEN_COLOUR: Colour = (32, 36, 44)
SMOOTHING = 0.8  # of outlines, in pixels of the network's input
_CONTRAST = 4.0
PALE: Colour = (139, 141, 145)
"""Of regions that can't be told from having no weight yet: as light as the palettes' colours."""
_WEAKEST = 0.35  # of a colour's chroma
_VEIL = 0.72  # of the hidden colour lies over what is pale in a focus
_DETAIL = 0.5  # of the photo's contrast is left where it is coloured
_MOST_DETAIL = 24  # grey levels, lighter or darker
_SURROUNDINGS = 1 / 36  # of the longer side
HOTTEST = 0.99  # of the area is at most as hot as what is coloured the most: a speck may be far hotter
_DOTS_PER_INCH = 100.0
_FEW_POINTS = 0.8  # of a mask's pixels: how far its outline may be from it, to have fewer points
_MOST_POINTS = 2000  # of the outline of a mask that is only specks
_DASHES = {"solid": "solid", "dashed": (0, (2.4, 1.5)), "dotted": (0, (0.1, 2.0))}


@dataclass(frozen=True)
class Palette:
    """Two colours of the same lightness, for the lines and for the strongest regions."""

    name: str
    speaks_for: Colour
    speaks_against: Colour


PALETTES = {
    palette.name: palette
    for palette in (
        Palette("blue-orange", (28, 140, 252), (219, 109, 9)),
        Palette("green-red", (0, 161, 85), (249, 77, 78)),
    )
}
DEFAULT_PALETTE = PALETTES["blue-orange"]


def fit_photo(photo: Image.Image) -> Image.Image:
    """Scale a photo to the size that pictures are drawn in; its aspect ratio stays."""
    longest = max(photo.size)
    scale = min(max(longest, SHORTEST_LONGEST_SIDE), LONGEST_SIDE) / longest
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    if size == photo.size:
        return photo
    return photo.resize(size, Image.Resampling.LANCZOS)


def fit_frame(photo: Image.Image, classifier: ClassifierLike) -> Image.Image:
    """What of a photo a classifier sees, in the size that pictures are drawn in."""
    return fit_photo(classifier.frame(photo))


def draw_reading(
    canvas: Image.Image, reading: Reading, palette: Palette = DEFAULT_PALETTE
) -> tuple[Image.Image, Image.Image]:
    """Focus, and pros and cons: the two pictures of a label.

    Parameters
    ----------
    canvas : PIL.Image.Image
        What of the photo the classifier sees; see `fit_frame`.
    reading : Reading
        What they show.
    palette : Palette
        In which colours.

    Returns
    -------
    tuple of PIL.Image.Image
        RGB, as large as `canvas`.
    """
    segments, uncertain = reading.explanation.segments, reading.uncertain
    return (
        draw_focus(canvas, segments, reading.focus, palette, reading.focus_last.shown, uncertain),
        draw_pros_cons(canvas, segments, reading.pros_cons, palette, reading.pros_cons_last.shown, uncertain),
    )


def draw_focus(
    photo: Image.Image,
    segments: np.ndarray,
    regions: Iterable[int],
    palette: Palette = DEFAULT_PALETTE,
    shared: Collection[int] = (),
    uncertain: Collection[int] = (),
) -> Image.Image:
    """Keep some superpixels of a photo, and hide the rest.

    Parameters
    ----------
    photo : PIL.Image.Image
        RGB; see `fit_photo`.
    segments : numpy.ndarray of int, shape (H, W)
        The superpixels, in the network's input.
    regions : iterable of int
        The superpixels to keep.
    palette : Palette
        Its first colour outlines what is kept.
    shared : collection of int
        Superpixels whose outline is dotted, if they are kept: others matter as much.
    uncertain : collection of int
        Superpixels that are pale, if they are kept: it is not known yet whether they matter.

    Returns
    -------
    PIL.Image.Image
        RGB, as large as `photo`.
    """
    known, pale = _split(regions, uncertain)
    picture = hidden = Image.new("RGB", photo.size, HIDDEN_COLOUR)
    if pale:
        mask = _coverage(np.isin(segments, pale), photo.size)
        picture = Image.composite(Image.blend(photo, hidden, _VEIL), picture, mask)
    outlines = []
    if known:
        picture = Image.composite(photo, picture, _coverage(np.isin(segments, known), photo.size))
        outlines = _lines(segments, known, shared, palette.speaks_for, "solid")
    return _outline(picture, outlines)


def draw_pros_cons(
    photo: Image.Image,
    segments: np.ndarray,
    weights: Mapping[int, float],
    palette: Palette = DEFAULT_PALETTE,
    shared: Collection[int] = (),
    uncertain: Collection[int] = (),
) -> Image.Image:
    """Colour the superpixels that speak for a label, and those that speak against it.

    The stronger a superpixel speaks, compared with the strongest of them, the stronger its colour. All
    colours are equally light, whether the photo is dark or bright there; of the photo, only detail is left.

    Parameters
    ----------
    photo, segments, palette, shared, uncertain
        As for `draw_focus`.
    weights : mapping of int to float
        The superpixels to colour, and their weights.

    Returns
    -------
    PIL.Image.Image
        RGB, as large as `photo`.
    """
    grey = photo.convert("L").convert("RGB")
    picture = Image.blend(grey, Image.new("RGB", photo.size, (255, 255, 255)), 0.3)
    detail = even_detail(photo).convert("RGB")
    outlines = []
    known, pale = _split((region for region, weight in weights.items() if weight), uncertain)
    strongest = max((abs(weight) for weight in weights.values()), default=0.0)
    if pale:
        veiled = ImageChops.add(Image.new("RGB", photo.size, PALE), detail, offset=-128)
        picture.paste(veiled, mask=_coverage(np.isin(segments, pale), photo.size))
    for sign, colour, line in (
        (1, palette.speaks_for, "solid"),
        (-1, palette.speaks_against, "dashed"),
    ):
        of_sign = {region: abs(weights[region]) for region in known if weights[region] * sign > 0}
        if not of_sign:
            continue
        strength = np.zeros(int(segments.max()) + 1)
        for region, weight in of_sign.items():
            strength[region] = weight / strongest
        union = np.isin(segments, list(of_sign))
        tint = _scaled(gaussian_filter(strength[segments], SMOOTHING), photo.size)
        tint.putpalette(shades(colour).tobytes())
        picture.paste(
            ImageChops.add(tint.convert("RGB"), detail, offset=-128), mask=_coverage(union, photo.size)
        )
        outlines += _lines(segments, of_sign, shared, colour, line)
    return _outline(picture, outlines)


def draw_heat(canvas: Image.Image, heat_map: np.ndarray, palette: Palette = DEFAULT_PALETTE) -> Image.Image:
    """Colour what a map calls important, and outline the most important tenth of the area.

    Parameters
    ----------
    canvas : PIL.Image.Image
        What of the photo the classifier sees; see `fit_frame`.
    heat_map : numpy.ndarray of float, shape (H, W)
        The higher, the more important, in any units. What is below 0 or the map's median has no colour.
    palette : Palette
        Its first colour is used.

    Returns
    -------
    PIL.Image.Image
        RGB, as large as `canvas`.
    """
    grey = canvas.convert("L").convert("RGB")
    picture = Image.blend(grey, Image.new("RGB", canvas.size, (255, 255, 255)), 0.3)
    least = max(0.0, float(np.median(heat_map)))
    most = float(np.quantile(heat_map, HOTTEST))
    most = most if most > least else float(heat_map.max())
    if most <= least:  # nowhere is more important than elsewhere
        return picture
    strength = np.clip((heat_map - least) / (most - least), 0, 1)
    colour = Image.new("RGB", canvas.size, palette.speaks_for)
    veil = ImageChops.add(colour, even_detail(canvas).convert("RGB"), offset=-128)
    picture.paste(veil, mask=_scaled(gaussian_filter(strength, SMOOTHING), canvas.size))
    strongest = _strongest(heat_map) & (strength > 0)
    return _outline(picture, [(strongest, HIDDEN_COLOUR, "solid")], weight=1.5)


def _strongest(heat_map: np.ndarray) -> np.ndarray:
    """About the hottest tenth of the area; of a superpixel, all or nothing."""
    edge = np.quantile(heat_map, 1 - STRONGEST)
    return min((heat_map >= edge, heat_map > edge), key=lambda mask: abs(mask.mean() - STRONGEST))


def _split(regions: Iterable[int], uncertain: Collection[int]) -> tuple[list[int], list[int]]:
    """What is known, and what is not."""
    regions = list(regions)
    pale = [region for region in regions if region in uncertain]
    return [region for region in regions if region not in uncertain], pale


def _lines(
    segments: np.ndarray, regions: Iterable[int], shared: Collection[int], colour: Colour, line: str
) -> list[tuple[np.ndarray, Colour, str]]:
    """The outlines of superpixels: those that share the last place have one of their own."""
    sure, sharing = _split(regions, shared)
    both = ((sure, line), (sharing, "dotted"))
    return [(np.isin(segments, of_kind), colour, style) for of_kind, style in both if of_kind]


@functools.cache
def shades(colour: Colour) -> np.ndarray:
    """A colour from weak to strong, at the same lightness.

    Parameters
    ----------
    colour : tuple of int
        The strongest shade.

    Returns
    -------
    numpy.ndarray of uint8, shape (256, 3)
        RGB; chroma grows in even steps.
    """
    lightness, *hue = rgb2lab(np.array(colour) / 255)
    chroma = np.linspace(_WEAKEST, 1, 256)
    rgb: np.ndarray = lab2rgb(np.column_stack([np.full(256, lightness), *np.outer(hue, chroma)]))
    return np.round(255 * rgb).astype(np.uint8)


def even_detail(photo: Image.Image) -> Image.Image:
    """What is lighter or darker in a photo than its surroundings, however dark or bright these are.

    Parameters
    ----------
    photo : PIL.Image.Image
        RGB; see `fit_photo`.

    Returns
    -------
    PIL.Image.Image
        8-bit grey, 128 where nothing stands out, and close to it elsewhere.
    """
    grey = photo.convert("L")
    surroundings = grey.filter(ImageFilter.GaussianBlur(max(photo.size) * _SURROUNDINGS))
    detail = ImageChops.subtract(grey, surroundings, 1 / _DETAIL, 128)
    return detail.point([min(128 + _MOST_DETAIL, max(128 - _MOST_DETAIL, level)) for level in range(256)])


def hide_regions(photo: Image.Image, neighborhood: Neighborhood, hidden: Iterable[int]) -> Image.Image:
    """Hide some superpixels of a photo as they are hidden from the classifier, without any lines.

    Parameters
    ----------
    photo : PIL.Image.Image
        RGB; see `fit_frame`.
    neighborhood : Neighborhood
        Its superpixels, and what they show when they are off.
    hidden : iterable of int
        The superpixels to hide.

    Returns
    -------
    PIL.Image.Image
        RGB, as large as `photo`.
    """
    mask = np.isin(neighborhood.segments, list(hidden))
    if not mask.any():
        return photo
    return Image.composite(draw_hidden(neighborhood).resize(photo.size), photo, _coverage(mask, photo.size))


def draw_hidden(neighborhood: Neighborhood) -> Image.Image:
    """What the classifier sees where every superpixel is hidden: a small square."""
    return draw_input(neighborhood.classifier.to_display(neighborhood.hidden))


def outline_regions(segments: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """The thin outlines of all superpixels, to be pasted over one picture after the other.

    Parameters
    ----------
    segments : numpy.ndarray of int, shape (H, W)
        The superpixels.
    size : tuple of int
        Width and height of the pictures.

    Returns
    -------
    PIL.Image.Image
        RGBA, transparent but for the lines.
    """
    every_region = [segments == region for region in range(int(segments.max()) + 1)]
    lines = [line for mask in every_region for line in _contours(mask, size)]
    return _line_layer(size, [(lines, (255, 255, 255), "solid")], rim="black", weight=0.5)


def region_paths(segments: np.ndarray, size: tuple[int, int]) -> list[str]:
    """The outline of each superpixel, as SVG takes it in the ``d`` of a path.

    Parameters
    ----------
    segments : numpy.ndarray of int, shape (H, W)
        The superpixels.
    size : tuple of int
        Width and height of the picture that they lie over.
    """
    masks = [segments == region for region in range(int(segments.max()) + 1)]
    # Smoothed, a speck is gone.
    lines = [_contours(mask, size) or _contours(mask, size, smoothing=0) for mask in masks]
    return ["".join(_path(np.round(line).astype(int)) for line in of_region) for of_region in lines]


def mask_path(mask: np.ndarray, size: tuple[int, int]) -> str:
    """The outline of a mask, as SVG takes it in the ``d`` of a path, in few points.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, W)
        What is outlined; of very many parts, the largest.
    size : tuple of int
        Width and height of the picture that it lies over.
    """
    framed = np.pad(mask, 1)
    # Of the pixels' corners; a contour of the pixels themselves would cut the corners off.
    corners = framed[1:, 1:] | framed[1:, :-1] | framed[:-1, 1:] | framed[:-1, :-1]
    scale = np.array([size[0] / mask.shape[1], size[1] / mask.shape[0]])
    told: list[np.ndarray] = []
    for line in sorted(find_contours(np.pad(corners, 1).astype(np.float32), 0.99), key=len, reverse=True):
        if sum(map(len, told)) >= _MOST_POINTS:
            break
        points = approximate_polygon(np.round(line[:, ::-1] - 1), _FEW_POINTS)
        told.append(np.clip(np.round(points * scale), 1, np.array(size) - 1).astype(int))
    return "".join(map(_path, told))


def _path(points: np.ndarray) -> str:
    steps = np.diff(points, axis=0)
    told = " ".join(f"{across} {down}" for across, down in steps[steps.any(axis=1)])
    return f"M{points[0, 0]} {points[0, 1]}l{told}z" if told else ""


def region_middles(segments: np.ndarray) -> list[tuple[float, float]]:
    """For each superpixel, a place far from its edge, in shares of the width and the height."""
    height, width = segments.shape
    framed = np.pad(segments, 1, constant_values=-1)
    depth = distance_transform_edt(minimum_filter(framed, 3) == maximum_filter(framed, 3))[1:-1, 1:-1]
    deepest = maximum_position(depth, segments, range(int(segments.max()) + 1))
    return [((across + 0.5) / width, (down + 0.5) / height) for down, across in deepest]


def draw_superpixels(photo: Image.Image, segments: np.ndarray) -> Image.Image:
    """Outline all superpixels of a photo.

    Parameters
    ----------
    photo, segments
        As for `draw_focus`.
    """
    return paste_layer(photo, outline_regions(segments, photo.size))


def paste_layer(picture: Image.Image, layer: Image.Image) -> Image.Image:
    """Lay a transparent layer over a picture of the same size, which stays as it is."""
    result = picture.copy()
    result.paste(layer, mask=layer)
    return result


def draw_input(display: np.ndarray) -> Image.Image:
    """What the network sees, as it sees it: a small square.

    Parameters
    ----------
    display : numpy.ndarray of float, shape (H, W, 3), in [0, 1]
        From `Classifier.to_display`.
    """
    if display.ndim != 3 or display.shape[2] != 3:
        raise ArgumentError("display must have the shape (H, W, 3), and has {shape}.", shape=display.shape)
    return Image.fromarray(np.round(np.clip(display, 0, 1) * 255).astype(np.uint8))


def _coverage(mask: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """Scale a mask up with smooth edges, a pixel or two wide; 8-bit, 255 where the mask is true."""
    smooth = _scaled(gaussian_filter(mask.astype(np.float32), SMOOTHING), size)
    return smooth.point(
        [min(255, max(0, round((level - 127.5) * _CONTRAST + 127.5))) for level in range(256)]
    )


def _scaled(values: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """Scale a map of values in [0, 1] up to an 8-bit picture."""
    return Image.fromarray(np.round(values * 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)


def _outline(
    picture: Image.Image, outlines: Iterable[tuple[np.ndarray, Colour, str]], weight: float = 1.0
) -> Image.Image:
    """Draw the outlines of masks, each with a white rim that sets it off from any photo."""
    lines = [(_contours(mask, picture.size), colour, style) for mask, colour, style in outlines]
    return paste_layer(picture, _line_layer(picture.size, lines, weight=weight))


def _line_layer(
    size: tuple[int, int],
    outlines: Iterable[tuple[list[np.ndarray], Colour, str]],
    rim: str = "white",
    weight: float = 1.0,
) -> Image.Image:
    # Imported here: the page's first frame need not wait for it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2D

    width, height = size
    figure = Figure(figsize=(width / _DOTS_PER_INCH, height / _DOTS_PER_INCH), dpi=_DOTS_PER_INCH)
    figure.patch.set_alpha(0)
    upside_up = Affine2D().scale(1, -1).translate(0, height)
    line_width = weight * max(width, height) / 330
    for lines, colour, style in outlines:
        dashes = _DASHES[style]
        below = LineCollection(lines, colors=rim, linewidths=line_width * 1.9)
        above = LineCollection(
            lines,
            colors=[tuple(channel / 255 for channel in colour)],
            linewidths=line_width,
            linestyles=[dashes],
            capstyle="round" if style == "dotted" else None,
        )
        for collection in (below, above):
            collection.set_transform(upside_up)
            figure.add_artist(collection)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
    return drawn.crop((0, 0, width, height))


def _contours(mask: np.ndarray, size: tuple[int, int], smoothing: float = SMOOTHING) -> list[np.ndarray]:
    """The outlines of a mask, as (x, y) in pixels of a picture of the given size."""
    smooth = gaussian_filter(np.pad(mask.astype(np.float32), 1, mode="constant"), smoothing)
    scale = np.array([size[0] / mask.shape[1], size[1] / mask.shape[0]])
    lines = []
    for contour in find_contours(smooth, 0.5):
        points = contour[:, ::-1] - 1 + 0.5
        lines.append(np.clip(points * scale, 1, np.array(size) - 1))
    return lines

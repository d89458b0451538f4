"""Figures of a label's weights, for readers who want numbers: on the photo, and as bars.

Only matplotlib's objects are used and never its pyplot, whose state is shared between threads.
"""

import functools
import io
from dataclasses import dataclass

import numpy as np
from matplotlib import font_manager, patheffects
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageChops
from scipy.ndimage import distance_transform_edt, gaussian_filter

from ..judging.curves import Curves
from ..lime.explanation import Explanation
from ..reading import CONFIDENCE, Reading
from ..recipe import Target
from ..words.language import Language
from ..words.places import place_names, region_places, shares_of_parts
from .draw import (
    DEFAULT_PALETTE,
    HOTTEST,
    SMOOTHING,
    Colour,
    Palette,
    draw_reading,
    even_detail,
    outline_regions,
)

SHOWN_REGIONS = 15
INKS: dict[str | None, str] = {"light": "#181C25", "dark": "#EEF1F6"}
NEUTRAL_INK = "#7C8490"  # readable on light and on dark, where it is not known which

_JAPANESE_FONTS = ("Noto Sans CJK JP", "IPAexGothic", "Hiragino Sans", "Yu Gothic", "Meiryo")
_WIDTH = 4.6  # inches
_TALLEST = 6.0
_DOTS_PER_INCH = 240
_FONT_SIZE = 11
_PALE = (231, 231, 231)  # so that the photo's brighter details can be seen


@dataclass(frozen=True)
class Bar:
    """One region's weight.

    Attributes
    ----------
    region : int
        The superpixel, numbered from 0; readers see one more.
    weight : float
        By how much it raises the label's probability or log-odds.
    margin : float
        How far the weight may be off to either side, with 95 % confidence.
    """

    region: int
    weight: float
    margin: float


def strongest_bars(reading: Reading, number: int = SHOWN_REGIONS) -> list[Bar]:
    """The regions with the largest weights for or against the label, the strongest first."""
    errors = reading.label.standard_errors
    regions = reading.explanation.regions(reading.label.index, False, number)
    return [Bar(region, weight, CONFIDENCE * float(errors[region])) for region, weight in regions.items()]


def weight_bars(
    reading: Reading,
    language: Language,
    palette: Palette = DEFAULT_PALETTE,
    ink: str = NEUTRAL_INK,
) -> Figure:
    """Bars of the strongest regions' weights, with error bars.

    Parameters
    ----------
    reading : Reading
        Whose weights.
    language : Language
        Of the words in the figure; English where no installed font can write it.
    palette : Palette
        Colours for and against.
    ink : str
        Colour of text and lines; see `INKS`. The background is transparent.
    """
    language = _writable(language)
    _ = language.gettext
    bars = strongest_bars(reading)
    figure = _figure(1.1 + 0.27 * max(len(bars), 1))
    axes = figure.add_subplot()
    positions = range(len(bars))
    axes.barh(
        positions,
        [bar.weight for bar in bars],
        xerr=[bar.margin for bar in bars],
        height=0.7,
        color=[_unit(palette.speaks_for if bar.weight > 0 else palette.speaks_against) for bar in bars],
        error_kw={"ecolor": ink, "elinewidth": 1.1, "capsize": 2.5},
    )
    axes.axvline(0, color=ink, linewidth=0.8)
    axes.set_yticks(positions, [language.number(bar.region + 1) for bar in bars])
    axes.invert_yaxis()
    reach = max((abs(bar.weight) + bar.margin for bar in bars), default=0.0) or 1.0
    axes.set_xlim(-1.05 * reach, 1.05 * reach)
    axes.xaxis.set_major_locator(MaxNLocator(5, symmetric=True))
    axes.set_ylabel(_("Region"))
    axes.set_xlabel(_axis(reading.label.target, language))
    for side, text in ((0.25, _("← speaks against")), (0.75, _("speaks for →"))):
        axes.text(side, 1.02, text, transform=axes.transAxes, ha="center", va="bottom")
    _write_with(axes, ink)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=ink, alpha=0.15)
    axes.set_axisbelow(True)
    return figure


def weight_map(
    photo: Image.Image,
    reading: Reading,
    language: Language,
    palette: Palette = DEFAULT_PALETTE,
    ink: str = NEUTRAL_INK,
) -> Figure:
    """All weights as colours over the photo, with a colour bar; the strongest regions are numbered.

    Parameters
    ----------
    photo : PIL.Image.Image
        RGB; see `render.fit_photo`.
    reading, language, palette, ink
        As for `weight_bars`.
    """
    language = _writable(language)
    segments, weights = reading.explanation.segments, reading.label.weights
    width, height = photo.size
    limit = float(np.abs(weights).max(initial=0.0)) or 1.0
    figure, axes, heat, extent = _coloured(photo, weights[segments], limit, palette)
    axes.imshow(outline_regions(segments, photo.size), extent=extent, alpha=0.6)
    for bar in strongest_bars(reading):
        row, column = interior_point(segments == bar.region)
        axes.text(
            (column + 0.5) * width / segments.shape[1],
            (row + 0.5) * height / segments.shape[0],
            language.number(bar.region + 1),
            ha="center",
            va="center",
            color="black",
            fontfamily=list(_font_families()),
            fontsize=_FONT_SIZE,
            path_effects=[patheffects.withStroke(linewidth=2.6, foreground="white")],
        )
    _add_colour_bar(figure, axes, heat, _axis(reading.label.target, language), ink)
    axes.set_axis_off()
    return figure


def heat_map(
    canvas: Image.Image,
    explanation: Explanation,
    label_index: int,
    language: Language,
    palette: Palette = DEFAULT_PALETTE,
    ink: str = NEUTRAL_INK,
) -> Figure:
    """A label's weights by area, of all cuts, as colours over the photo with contour lines and a colour bar.

    Parameters
    ----------
    canvas : PIL.Image.Image
        What of the photo the classifier sees; see `fit_frame`.
    explanation : Explanation
        Of the photo.
    label_index : int
        A class' index, one of those explained.
    language, palette, ink
        As for `weight_bars`.
    """
    language = _writable(language)
    found = explanation.heat_map(label_index) / 100  # for each percent of the area
    width, height = canvas.size
    # A small superpixel may be far hotter than all others.
    limit = float(np.quantile(np.abs(found), HOTTEST)) or float(np.abs(found).max()) or 1.0
    figure, axes, heat, _extent = _coloured(canvas, found, limit, palette)
    levels = limit * np.array([-0.75, -0.5, -0.25, 0.25, 0.5, 0.75])
    rows, columns = ((np.arange(size) + 0.5) / size for size in found.shape)
    axes.contour(
        width * columns,
        height * rows,
        gaussian_filter(found, SMOOTHING),
        levels,
        colors="black",
        linewidths=0.8,
        linestyles=["dashed"] * 3 + ["solid"] * 3,
    )
    beyond = "both" if np.abs(found).max() > limit else "neither"
    bar = _add_colour_bar(figure, axes, heat, _area_axis(explanation, label_index, language), ink, beyond)
    for level in levels:
        bar.ax.axvline(level, color="black", linewidth=0.8, linestyle="solid" if level > 0 else "dashed")
    axes.set_axis_off()
    return figure


def heat_sentence(explanation: Explanation, label_index: int, language: Language) -> str:
    """What `heat_map` shows, for those who can't see it."""
    _ = language.gettext
    label, found = explanation.label(label_index), explanation.heat_map(label_index)
    name, places = language.class_name(label.name, label.wnid), place_names(language)
    if not found.any():
        return _("No region changes the probability of “{label}”.").format(label=name)
    pros, cons = (shares_of_parts(np.maximum(side * found, 0)) for side in (1, -1))
    told = []
    if pros.any():
        told.append(_("What speaks for “{label}” is most of all at the {place}: {share} of it."))
    if cons.any():
        told.append(_("What speaks against it is most of all at the {other_place}: {other_share} of it."))
    return " ".join(told).format(
        label=name,
        place=places[int(pros.argmax())],
        share=language.percent(float(pros.max())),
        other_place=places[int(cons.argmax())],
        other_share=language.percent(float(cons.max())),
    )


def curves_chart(
    tested: Curves,
    chance: Curves,
    centre: Curves,
    language: Language,
    palette: Palette = DEFAULT_PALETTE,
    ink: str = NEUTRAL_INK,
) -> Figure:
    """A label's probability as the photo is hidden: as a map says, both ways round, and by chance.

    Parameters
    ----------
    tested : Curves
        Of the map.
    chance, centre : Curves
        What they are compared with.
    language, palette, ink
        As for `weight_bars`.
    """
    language = _writable(language)
    _ = language.gettext
    figure = _figure(3.4)
    axes = figure.add_subplot()
    share = 100 * tested.shares
    lines = [
        (chance.deletion, _("in a random order"), ink, "dotted", 1.2),
        (centre.deletion, _("from the middle outwards"), ink, "dashdot", 1.0),
        (tested.insertion[::-1], _("least important first"), _unit(palette.speaks_against), "dashed", 2.2),
        (tested.deletion, _("most important first"), _unit(palette.speaks_for), "solid", 2.2),
    ]
    for values, title, colour, style, thickness in lines:
        axes.plot(share, 100 * values, color=colour, linestyle=style, linewidth=thickness, label=title)
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(_("Hidden share of the photo, %"))
    axes.set_ylabel(_("Probability, %"))
    _write_with(axes, ink)
    legend = figure.legend(loc="outside lower center", ncols=2, frameon=False, reverse=True)
    for text in legend.get_texts():
        text.set(color=ink, fontfamily=list(_font_families()), fontsize=_FONT_SIZE - 1)
    axes.grid(color=ink, alpha=0.15)
    axes.set_axisbelow(True)
    return figure


def curves_sentence(tested: Curves, chance: Curves, language: Language) -> str:
    """What `curves_chart` shows, for those who can't see it."""
    return language.gettext(
        "The whole photo gets {whole}. With half of it hidden, {most} is left where the most important part "
        "went first, {least} where the least important went first, and {chance} in a random order."
    ).format(
        whole=language.percent(float(tested.deletion[0])),
        most=language.percent(_at_half(tested.deletion)),
        least=language.percent(_at_half(tested.insertion)),
        chance=language.percent(_at_half(chance.deletion)),
    )


def _at_half(values: np.ndarray) -> float:
    return float(values[len(values) // 2])


def interior_point(mask: np.ndarray) -> tuple[int, int]:
    """The pixel of a region that is farthest from its outline and from the photo's edges.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, W)
        The region; at least one pixel.

    Returns
    -------
    tuple of int
        Row and column.
    """
    depth = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), mask.shape)
    return int(row), int(column)


class _Figure(Figure):
    """A figure that a notebook shows even where nobody imported pyplot."""

    def _repr_png_(self) -> bytes:
        return png(self)


def side_by_side(canvas: Image.Image, reading: Reading, language: Language) -> Figure:
    """Focus, and pros and cons, with titles: an ordinary figure on white.

    Parameters
    ----------
    canvas : PIL.Image.Image
        What of the photo the classifier sees; see `fit_frame`.
    reading, language
        As for `weight_bars`.
    """
    language = _writable(language)
    name = language.class_name(reading.label.name, reading.label.wnid)
    drawn = draw_reading(canvas, reading)
    width = 2 * _WIDTH
    figure = _Figure(figsize=(width, _WIDTH * canvas.height / canvas.width + 0.5), layout="constrained")
    words = {"fontfamily": list(_font_families()), "parse_math": False}  # in a name, $ is only $
    figure.suptitle(f"{name} · {language.percent(reading.label.probability)}", **words)
    for axes, picture, title in zip(
        figure.subplots(1, 2),
        drawn,
        (language.gettext("Focus"), language.gettext("Pros and cons")),
        strict=True,
    ):
        axes.imshow(picture)
        axes.set_title(title, **words)
        axes.set_axis_off()
    return figure


def map_sentence(reading: Reading, language: Language) -> str:
    """What `weight_map` shows, for those who can't see it."""
    label, weights = reading.label, reading.label.weights
    return language.gettext(
        "Of {number} regions, {pros} speak for “{label}” and {cons} against it. {strongest}"
    ).format(
        number=language.number(len(weights)),
        pros=language.number(int((weights > 0).sum())),
        cons=language.number(int((weights < 0).sum())),
        label=language.class_name(label.name, label.wnid),
        strongest=bars_sentence(reading, language),
    )


def bars_sentence(reading: Reading, language: Language) -> str:
    """What `weight_bars` shows, for those who can't see it."""
    _ = language.gettext
    bars = strongest_bars(reading)
    name = language.class_name(reading.label.name, reading.label.wnid)
    if not bars or bars[0].weight == 0:
        return _("No region changes the probability of “{label}”.").format(label=name)
    first = bars[0]
    sentence = {
        ("probability", True): _(
            "The strongest is region {number} at the {place}: it raises “{label}” by "
            "{weight} ± {margin} points."
        ),
        ("probability", False): _(
            "The strongest is region {number} at the {place}: it lowers “{label}” by "
            "{weight} ± {margin} points."
        ),
        ("log-odds", True): _(
            "The strongest is region {number} at the {place}: evidence of {weight} ± {margin} for “{label}”."
        ),
        ("log-odds", False): _(
            "The strongest is region {number} at the {place}: "
            "evidence of {weight} ± {margin} against “{label}”."
        ),
    }[reading.label.target, first.weight > 0]
    unit, digits = (100, 1) if reading.label.target == "probability" else (1, 2)
    return sentence.format(
        number=language.number(first.region + 1),
        place=region_places(reading.explanation.segments, language)[first.region],
        label=name,
        weight=language.number(unit * abs(first.weight), digits),
        margin=language.number(unit * first.margin, digits),
    )


def png(figure: Figure) -> bytes:
    """Encode a figure for the browser."""
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream)
    return stream.getvalue()


def _figure(height: float) -> Figure:
    figure = Figure(figsize=(_WIDTH, height), dpi=_DOTS_PER_INCH, layout="constrained")
    figure.patch.set_alpha(0)
    return figure


def _coloured(
    canvas: Image.Image, values: np.ndarray, limit: float, palette: Palette
) -> tuple[Figure, Axes, ScalarMappable, tuple[int, int, int, int]]:
    """A figure with a value of each pixel, from -limit to limit, as colours over the photo."""
    width, height = canvas.size
    figure = _figure(min(_TALLEST, _WIDTH * height / width) + 0.85)
    axes = figure.add_subplot()
    extent = (0, width, height, 0)
    heat = ScalarMappable(Normalize(-limit, limit), _diverging(palette))
    colours = Image.fromarray(heat.to_rgba(values, bytes=True)[..., :3])
    colours = colours.resize(canvas.size, Image.Resampling.BILINEAR)
    # Added, and not laid over the photo, so that the colours are those of the bar.
    axes.imshow(ImageChops.add(colours, even_detail(canvas).convert("RGB"), offset=-128), extent=extent)
    return figure, axes, heat, extent


def _axis(target: Target, language: Language) -> str:
    _ = language.gettext
    if target == "probability":
        return _("Weight: change of the probability")
    return _("Weight: evidence (0.7 doubles the odds)")


def _area_axis(explanation: Explanation, label_index: int, language: Language) -> str:
    _ = language.gettext
    if explanation.label(label_index).target == "probability":
        return _("Change of the probability by {area} of the photo’s area").format(
            area=language.percent(0.01, 0)
        )
    return _("Evidence from {area} of the photo’s area").format(area=language.percent(0.01, 0))


def _add_colour_bar(
    figure: Figure, axes: Axes, heat: ScalarMappable, label: str, ink: str, extend: str = "neither"
) -> Colorbar:
    bar = figure.colorbar(heat, ax=axes, location="bottom", fraction=0.05, pad=0.02, aspect=36, extend=extend)
    bar.set_label(label)
    bar.locator = MaxNLocator(5, symmetric=True)
    bar.update_ticks()
    bar.outline.set_edgecolor(ink)
    _write_with(bar.ax, ink)
    return bar


def _write_with(axes: Axes, ink: str) -> None:
    """Give all text of axes its colour and fonts; matplotlib's own settings are shared by all threads."""
    families = list(_font_families())
    axes.patch.set_alpha(0)
    axes.tick_params(colors=ink, labelfontfamily=families, labelsize=_FONT_SIZE - 1)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.xaxis.offsetText, *axes.texts):
        text.set_color(ink)
        text.set_fontfamily(families)
        text.set_fontsize(_FONT_SIZE)
    for name, spine in axes.spines.items():
        spine.set_color(ink)
        spine.set_visible(name == "bottom")


def _diverging(palette: Palette) -> LinearSegmentedColormap:
    ends = [_unit(palette.speaks_against), _unit(_PALE), _unit(palette.speaks_for)]
    return LinearSegmentedColormap.from_list(palette.name, ends)


def _unit(colour: Colour) -> tuple[float, ...]:
    return tuple(channel / 255 for channel in colour)


def _writable(language: Language) -> Language:
    """The language, or English where the fonts on this machine lack its characters."""
    if language.code == "ja" and _font_families()[0] not in _JAPANESE_FONTS:
        return Language("en")
    return language


@functools.cache
def _font_families() -> tuple[str, ...]:
    installed = set(font_manager.get_font_names())
    return (*(name for name in _JAPANESE_FONTS if name in installed), "DejaVu Sans")

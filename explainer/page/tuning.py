"""The sidebar's panel for engineers: how the photo is cut, hidden and sampled, and a preview of the cut."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from ..errors import ExplainerError
from ..lime.neighborhood import Neighborhood, digest
from ..pictures.draw import draw_superpixels
from ..pictures.encode import jpeg
from ..recipe import LARGEST_SEED, SEGMENTATIONS, Precision, Recipe, Segmentation
from ..words.language import Language
from .intake import Photo
from .links import choose_from_list, choose_number, choose_one
from .markup import plain

USUAL = Recipe()
_PREVIEW_SIDE = 560  # pixels, twice what is shown


@dataclass(frozen=True)
class Preview:
    """Where the superpixels are shown, before any sample is taken; nowhere while the panel is closed."""

    slot: DeltaGenerator | None

    def show(self, photo: Photo, neighborhood: Neighborhood, language: Language) -> None:
        """Draw the superpixels of a photo."""
        if self.slot is None:
            return
        picture, number = _superpixels(photo.key, digest(neighborhood.segments), photo, neighborhood)
        counted = language.ngettext("{number} region", "{number} regions", number)
        caption = counted.format(number=language.number(number))
        alternative = language.gettext("The photo with the outlines of its regions: {regions}")
        self.slot.image(picture, caption=caption, alt=alternative.format(regions=caption), width="stretch")

    def refuse(self, error: ExplainerError, language: Language) -> None:
        """Say why the photo can't be cut so."""
        if self.slot is not None:
            self.slot.error(plain(language.error(error)))


@st.cache_data(show_spinner=False, max_entries=32)
def _superpixels(
    photo_key: str, segments: str, _photo: Photo, _neighborhood: Neighborhood
) -> tuple[bytes, int]:
    canvas = _photo.canvas.copy()
    canvas.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE), Image.Resampling.BILINEAR)
    picture = draw_superpixels(canvas, _neighborhood.segments)
    return jpeg(picture), _neighborhood.design.superpixels


def choose_tuning(language: Language) -> tuple[dict[str, Any], Preview]:
    """Draw the panel, closed unless the link says otherwise; returns what it sets of the recipe."""
    _ = language.gettext
    panel = st.expander(_("For engineers"), icon=":material/tune:", key="tuning", bind="query-params")
    with panel:
        st.caption(_("How the photo is cut, hidden and sampled. The usual settings suit nearly every photo."))
        settings: dict[str, Any] = {
            "segmentation": _choose_segmentation(language),
            "segmented": _choose_segmented(language),
        }
        slot = st.container() if panel.open else None
        if slot is not None:
            slot = slot.empty()
            slot.caption(_("Once there is a photo, its regions are shown here."))
        settings["hide_color"] = _choose_hide_color(language)
        settings["kernel_width"] = _slide(
            _("Nearness"),
            "kernel_width",
            (0.05, 1.0, USUAL.kernel_width, 0.05),
            _(
                "How near to the whole photo a sample must be to count: small values trust only "
                "samples with little hidden. In LIME: kernel_width."
            ),
        )
        settings["design"], settings["seed"] = _choose_design(language)
        settings["precision"] = _choose_precision(language)
        settings["stability_threshold"] = _slide(
            _("Settled from"),
            "stability",
            (0.5, 0.99, USUAL.stability_threshold, 0.01),
            _(
                "A picture is called settled when another run would choose this share of the same "
                "regions. LIME has no such setting."
            ),
            "percent",
        )
    return settings, Preview(slot)


def _choose_segmentation(language: Language) -> Segmentation:
    _ = language.gettext
    method = choose_from_list(
        _("How regions are found"),
        {"quickshift": "Quickshift", "slic": "SLIC", "felzenszwalb": "Felzenszwalb"},
        "quickshift",
        "segmentation",
        _("The method that cuts the photo into regions. In LIME: segmentation_fn."),
    )
    smoothing = _("How much the photo is blurred before it is cut, against noise. In LIME: sigma.")
    sliders: dict[str, tuple[tuple[str, str, tuple[Any, Any, Any], str], ...]] = {
        # the name in the link, label, least, most and step, help
        "quickshift": (
            (
                "kernel_size",
                _("Coarseness"),
                (2.0, 8.0, 0.5),
                _("Large values make fewer and larger regions, and take longer. In LIME: kernel_size."),
            ),
            (
                "max_dist",
                _("Reach"),
                (5.0, 200.0, 5.0),
                _(
                    "How different neighbours may be and still join: small values make more regions. "
                    "In LIME: max_dist."
                ),
            ),
            (
                "ratio",
                _("Weight of colour"),
                (0.0, 1.0, 0.05),
                _("Large values let regions follow colours, small ones keep them compact. In LIME: ratio."),
            ),
        ),
        "slic": (
            (
                "n_segments",
                _("Number of regions"),
                (10, 200, 5),
                _("About how many regions there are to be; there may be fewer. In LIME: n_segments."),
            ),
            (
                "compactness",
                _("Compactness"),
                (1.0, 50.0, 1.0),
                _(
                    "Large values make regions squarer, small ones let them follow colours. "
                    "In LIME: compactness."
                ),
            ),
            ("slic_sigma", _("Smoothing"), (0.0, 5.0, 0.5), smoothing),
        ),
        "felzenszwalb": (
            (
                "scale",
                _("Coarseness"),
                (10.0, 1000.0, 10.0),
                _("Large values make fewer and larger regions. In LIME: scale."),
            ),
            ("sigma", _("Smoothing"), (0.0, 3.0, 0.1), smoothing),
            (
                "min_size",
                _("Smallest region"),
                (20, 1000, 20),
                _("In pixels of the photo at 256 × 256; smaller regions are merged. In LIME: min_size."),
            ),
        ),
    }
    kind = SEGMENTATIONS[method]
    chosen: dict[str, Any] = {}
    for key, label, (least, most, step), explanation in sliders[method]:
        parameter = key.removeprefix(f"{method}_")  # "sigma" is Felzenszwalb's in links
        limits = (least, most, getattr(kind, parameter), step)
        chosen[parameter] = _slide(label, key, limits, explanation)
    return kind(**chosen)


def _choose_segmented(language: Language) -> str:
    _ = language.gettext
    return choose_one(
        _("What is cut"),
        {"photo": _("The photo"), "image": _("What the network gets")},
        "photo",
        "segmented",
        _(
            "The photo gives the same regions for every network. LIME cuts what the network gets, "
            "so that its range of values counts too."
        ),
    )


def _slide(label: str, key: str, limits: tuple[Any, Any, Any, Any], explanation: str, shown: str = "") -> Any:
    least, most, usual, step = limits
    return st.slider(
        label, least, most, usual, step, shown or None, key=key, bind="query-params", help=explanation
    )


def _choose_hide_color(language: Language) -> str:
    _ = language.gettext
    return choose_from_list(
        _("Hidden regions show"),
        {
            "grey": _("Grey"),
            "mean": _("Their mean colour"),
            "black": _("Black"),
            "blur": _("The photo, blurred"),
        },
        "grey",
        "hide_color",
        _("What the network sees where a region is hidden. In LIME: hide_color."),
    )


def _choose_design(language: Language) -> tuple[str, int]:
    _ = language.gettext
    design = choose_one(
        _("Samples are"),
        {"balanced": _("Balanced"), "lime": _("As in LIME")},
        "balanced",
        "design",
        _(
            "Balanced samples hide each region equally often and settle sooner; "
            "LIME's own toss a coin for each region."
        ),
    )
    seed = choose_number(
        _("Seed"),
        0,
        LARGEST_SEED,
        "seed",
        _("Another number draws other samples; the same one draws the same. In LIME: random_seed."),
    )
    return design, seed


def _choose_precision(language: Language) -> Precision:
    _ = language.gettext
    chosen = choose_one(
        _("Arithmetic"),
        {"exact": _("Exact"), "fast": _("Fast")},
        "exact",
        "precision",
        _(
            "Fast rounds more, which newer processors do in half the time; "
            "probabilities may be off by {share}. LIME has no such setting."
        ).format(share=language.percent(0.04)),
    )
    return "fast" if chosen == "fast" else "exact"

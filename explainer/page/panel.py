"""The sidebar's panel for engineers: how the photo is cut, hidden and sampled, and a preview of the cut."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from ..classifiers.classifier import Classifier
from ..classifiers.predictor import Precision
from ..errors import ExplainerError
from ..lime.explain import STABILITY_THRESHOLD, superpixels_of
from ..lime.superpixels import Felzenszwalb, Quickshift, Segmentation, Slic, hide_color_named
from ..lime.surrogate import KERNEL_WIDTH
from ..pictures.draw import draw_superpixels
from ..words.language import Language
from .intake import Photo
from .links import choose_from_list, choose_number, choose_one
from .markup import jpeg, plain

_PREVIEW_SIDE = 560  # pixels, twice what is shown
_HIGHEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Tuning:
    """What engineers can set about the samples and what is made of them.

    Attributes
    ----------
    segmentation : callable
        From image to segment map.
    hide_color : str
        One of `superpixels.HIDE_COLORS`.
    kernel_width, design, seed, precision, stability_threshold
        As for `explain_live`.
    """

    segmentation: Segmentation = field(default_factory=Quickshift)
    hide_color: str = "grey"
    kernel_width: float = KERNEL_WIDTH
    design: str = "balanced"
    seed: int = 0
    precision: Precision = "exact"
    stability_threshold: float = STABILITY_THRESHOLD

    def of_neighborhood(self, classifier: Classifier) -> dict[str, Any]:
        """What decides about the samples themselves, as `open_neighborhood` takes it."""
        return {
            "segmentation": self.segmentation,
            "hide_color": hide_color_named(self.hide_color, classifier),
            "design": self.design,
            "seed": self.seed,
            "precision": self.precision,
        }


@dataclass(frozen=True)
class Preview:
    """Where the superpixels are shown, before any sample is taken; nowhere while the panel is closed."""

    place: DeltaGenerator | None

    def show(self, photo: Photo, classifier: Classifier, tuning: Tuning, language: Language) -> None:
        """Draw the superpixels of a photo; asks the classifier nothing."""
        _ = language.gettext
        if self.place is None:
            return
        try:
            with self.place, st.spinner(_("Cutting the photo into regions …")):
                picture, number = _superpixels(
                    photo.key, classifier.fingerprint, tuning.segmentation, photo, classifier
                )
        except ExplainerError as error:
            self.place.error(plain(language.error(error)))
            return
        counted = language.ngettext("{number} region", "{number} regions", number)
        caption = counted.format(number=language.number(number))
        alternative = _("The photo with the outlines of its regions: {regions}").format(regions=caption)
        self.place.image(picture, caption=caption, alt=alternative, width="stretch")


@st.cache_data(show_spinner=False, max_entries=32)
def _superpixels(
    photo_key: str, classifier: str, segmentation: Segmentation, _photo: Photo, _classifier: Classifier
) -> tuple[bytes, int]:
    segments = superpixels_of(_photo.original, _classifier, segmentation)
    canvas = _photo.canvas.copy()
    canvas.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE), Image.Resampling.BILINEAR)
    return jpeg(draw_superpixels(canvas, segments)), int(segments.max()) + 1


def choose_tuning(language: Language) -> tuple[Tuning, Preview]:
    """Draw the panel, closed unless the link says otherwise."""
    _ = language.gettext
    panel = st.expander(_("For engineers"), icon=":material/tune:", key="tuning", bind="query-params")
    with panel:
        st.caption(_("How the photo is cut, hidden and sampled. The usual settings suit nearly every photo."))
        segmentation = _choose_segmentation(language)
        place = st.container() if panel.open else None
        if place is not None:
            place = place.empty()
            place.caption(_("Once there is a photo, its regions are shown here."))
        tuning = Tuning(
            segmentation,
            _choose_hide_color(language),
            _slide(
                _("Nearness"),
                "kernel_width",
                (0.05, 1.0, KERNEL_WIDTH, 0.05),
                _(
                    "How near to the whole photo a sample must be to count: small values trust only "
                    "samples with little hidden. In LIME: kernel_width."
                ),
            ),
            *_choose_design(language),
            _choose_precision(language),
            _slide(
                _("Settled from"),
                "stability",
                (0.5, 0.99, STABILITY_THRESHOLD, 0.01),
                _(
                    "“Stop when settled” stops when another run would choose this share of the same "
                    "regions. LIME has no such setting."
                ),
                "percent",
            ),
        )
    return tuning, Preview(place)


def _choose_segmentation(language: Language) -> Segmentation:
    _ = language.gettext
    method = choose_from_list(
        _("How regions are found"),
        {"quickshift": "Quickshift", "slic": "SLIC", "felzenszwalb": "Felzenszwalb"},
        "quickshift",
        "segmentation",
        _("The method that cuts the photo into regions. In LIME: segmentation_fn."),
    )
    if method == "slic":
        return Slic(
            _slide(
                _("Number of regions"),
                "n_segments",
                (10, 200, Slic.n_segments, 5),
                _("About how many regions there are to be; there may be fewer. In LIME: n_segments."),
            ),
            _slide(
                _("Compactness"),
                "compactness",
                (1.0, 50.0, Slic.compactness, 1.0),
                _(
                    "Large values make regions squarer, small ones let them follow colours. "
                    "In LIME: compactness."
                ),
            ),
            _slide(
                _("Smoothing"),
                "slic_sigma",
                (0.0, 5.0, Slic.sigma, 0.5),
                _("How much the photo is blurred before it is cut, against noise. In LIME: sigma."),
            ),
        )
    if method == "felzenszwalb":
        return Felzenszwalb(
            _slide(
                _("Coarseness"),
                "scale",
                (10.0, 1000.0, Felzenszwalb.scale, 10.0),
                _("Large values make fewer and larger regions. In LIME: scale."),
            ),
            _slide(
                _("Smoothing"),
                "sigma",
                (0.0, 3.0, Felzenszwalb.sigma, 0.1),
                _("How much the photo is blurred before it is cut, against noise. In LIME: sigma."),
            ),
            _slide(
                _("Smallest region"),
                "min_size",
                (20, 1000, Felzenszwalb.min_size, 20),
                _("In pixels of what the network sees; smaller regions are merged. In LIME: min_size."),
            ),
        )
    return Quickshift(
        _slide(
            _("Coarseness"),
            "kernel_size",
            (2.0, 8.0, Quickshift.kernel_size, 0.5),
            _("Large values make fewer and larger regions, and take longer. In LIME: kernel_size."),
        ),
        _slide(
            _("Reach"),
            "max_dist",
            (5.0, 200.0, Quickshift.max_dist, 5.0),
            _(
                "How different neighbours may be and still join: small values make more regions. "
                "In LIME: max_dist."
            ),
        ),
        _slide(
            _("Weight of colour"),
            "ratio",
            (0.0, 1.0, Quickshift.ratio, 0.05),
            _("Large values let regions follow colours, small ones keep them compact. In LIME: ratio."),
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
        _HIGHEST_SEED,
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

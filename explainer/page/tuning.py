"""The sidebar's panel for engineers: how the photo is cut, hidden and sampled, and a preview of the cut."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from ..errors import ExplainerError
from ..lime.neighborhood import Neighborhood, digest
from ..pictures.draw import draw_superpixels
from ..pictures.encode import jpeg
from ..recipe import LARGEST_SEED, MOST_CUTS, SEGMENTATIONS, Design, Recipe, Segmentation, usual_target
from ..words.language import Language
from .intake import Photo
from .links import ask, choose_from_list, choose_number, choose_on_scale, choose_one
from .markup import plain

USUAL = Recipe()
LIMITS: dict[str, tuple[Any, Any, Any]] = {
    "kernel_size": (2.0, 8.0, 0.5),
    "max_dist": (5.0, 200.0, 5.0),
    "ratio": (0.0, 1.0, 0.05),
    "n_segments": (10, 200, 5),
    "compactness": (1.0, 50.0, 1.0),
    "slic_sigma": (0.0, 5.0, 0.5),
    "scale": (10.0, 1000.0, 10.0),
    "sigma": (0.0, 3.0, 0.1),
    "min_size": (20, 1000, 20),
    "kernel_width": (0.05, 1.0, 0.05),
    "stability": (0.5, 0.99, 0.01),
    "seed": (0, LARGEST_SEED, 1),
    "cuts": (1, MOST_CUTS, 1),
}
"""The least and the most of each number in the panel, and the step, by its name in the link."""
_Chosen = TypeVar("_Chosen")
METHODS = {"quickshift": "Quickshift", "slic": "SLIC", "felzenszwalb": "Felzenszwalb"}
_PREVIEW_SIDE = 640  # pixels, twice what is shown


@dataclass(frozen=True)
class Preview:
    """Where the superpixels are shown, before any sample is taken; nowhere while the panel is closed."""

    slot: DeltaGenerator | None

    def show(self, photo: Photo, neighborhood: Neighborhood, language: Language) -> None:
        """Draw the superpixels of a photo."""
        if self.slot is None:
            return
        picture, number = draw_cut(photo, neighborhood)
        counted = language.ngettext("{number} region", "{number} regions", number)
        caption = counted.format(number=language.number(number))
        alternative = language.gettext("The photo with the outlines of its regions: {regions}")
        with self.slot:
            st.image(picture, caption=caption, alt=alternative.format(regions=caption), width="stretch")
            _offer_cuts(language)

    def refuse(self, error: ExplainerError, language: Language) -> None:
        """Say why the photo can't be cut so."""
        if self.slot is not None:
            with self.slot:
                st.error(plain(language.error(error)))
                _offer_cuts(language)


def _offer_cuts(language: Language) -> None:
    st.button(
        language.gettext("Compare cuts"),
        key="choose-cut",
        icon=":material/grid_view:",
        width="stretch",
        on_click=st.session_state.update,
        kwargs={"choosing_cut": True},
    )


def draw_cut(photo: Photo, neighborhood: Neighborhood) -> tuple[bytes, int]:
    """A photo with the outlines of its regions, as a JPEG, and how many regions there are."""
    return _superpixels(photo.key, digest(neighborhood.segments), photo, neighborhood)


@st.cache_data(show_spinner=False, max_entries=32)
def _superpixels(
    photo_key: str, segments: str, _photo: Photo, _neighborhood: Neighborhood
) -> tuple[bytes, int]:
    canvas = _photo.canvas.copy()
    canvas.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE), Image.Resampling.BILINEAR)
    picture = draw_superpixels(canvas, _neighborhood.segments)
    return jpeg(picture), _neighborhood.design.superpixels


def use_segmentation(segmentation: Segmentation) -> None:
    """Set the panel's widgets, and with them the link, to one of our own segmentations."""
    method = next(name for name, kind in SEGMENTATIONS.items() if type(segmentation) is kind)
    parameters = {_key(method, name): value for name, value in vars(segmentation).items()}
    set_widgets({"segmentation": method, **parameters})


def set_widgets(chosen: Mapping[str, Any]) -> None:
    """Set some of the panel's widgets, by their names in the link, and with them the link."""
    st.session_state.update(chosen)
    st.session_state["design_before"] = chosen.get("design", st.session_state.get("design_before"))
    for key, value in chosen.items():  # for widgets that are not drawn yet
        ask(key, f"{value:g}" if isinstance(value, float) else str(value))


def in_widgets(recipe: Recipe) -> dict[str, Any]:
    """What the panel's widgets hold for a recipe made with them, by their names in the link."""
    method = next(name for name, kind in SEGMENTATIONS.items() if type(recipe.segmentation) is kind)
    chosen: dict[str, Any] = {
        "segmentation": method,
        "segmented": recipe.segmented,
        "hide_color": recipe.hide_color,
        "kernel_width": recipe.kernel_width,
        "design": recipe.design,
        "target": recipe.target,
        "seed": recipe.seed,
        "precision": recipe.precision,
        "stability": recipe.stability_threshold,
        "cuts": recipe.cuts,
    }
    for name, kind in SEGMENTATIONS.items():
        cut = recipe.segmentation if name == method else kind()
        chosen |= {_key(name, parameter): value for parameter, value in vars(cut).items()}
    return chosen


def from_widgets(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a recipe that the panel's widgets hold; the other way round than `in_widgets`."""
    kind = SEGMENTATIONS[chosen["segmentation"]]
    parameters = {
        setting.name: chosen[_key(chosen["segmentation"], setting.name)] for setting in fields(kind)
    }
    names = ("segmented", "hide_color", "kernel_width", "design", "target", "seed", "precision", "cuts")
    return {
        "segmentation": kind(**parameters),
        "stability_threshold": chosen["stability"],
        **{name: chosen[name] for name in names},
    }


def _key(method: str, parameter: str) -> str:
    """A parameter's name in the link, where "sigma" is Felzenszwalb's."""
    return f"{method}_{parameter}" if (method, parameter) == ("slic", "sigma") else parameter


def choose_tuning(language: Language) -> tuple[dict[str, Any], Preview]:
    """Draw the panel, closed unless the link says otherwise; returns what it sets of the recipe."""
    _ = language.gettext
    panel = st.expander(_("For engineers"), icon=":material/tune:", key="tuning", bind="query-params")
    drawn = _Widgets(language)
    with panel:
        st.caption(_("How the photo is cut, hidden and sampled. The usual settings suit nearly every photo."))
        settings: dict[str, Any] = {
            "segmentation": drawn.choose_segmentation(),
            "segmented": drawn.choose_segmented(),
            "cuts": drawn.choose_cuts(),
        }
        slot = st.container() if panel.open else None
        settings |= drawn.choose_sampling()
        drawn.show_changes()
    return settings, Preview(slot)


class _Widgets:
    """The panel's widgets; it remembers which of them are not as usual."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._usual: dict[str, Any] = {}
        self._changed: dict[str, str] = {}

    def choose_segmentation(self) -> Segmentation:
        """How regions are found, and the settings of that method."""
        _ = self._language.gettext
        method = self._list(
            _("How regions are found"),
            METHODS,
            "quickshift",
            "segmentation",
            _("The method that cuts the photo into regions. In LIME: segmentation_fn."),
        )
        chosen: dict[str, Any] = {}
        for kind_name, sliders in self._sliders().items():
            kind = SEGMENTATIONS[kind_name]
            for parameter, label, explanation in sliders:
                key = _key(kind_name, parameter)
                usual = self._usual[key] = getattr(kind, parameter)
                if kind_name == method:
                    chosen[parameter] = self._slide(label, key, usual, explanation)
                else:
                    ask(key, None)
        return SEGMENTATIONS[method](**chosen)

    def _sliders(self) -> dict[str, tuple[tuple[str, str, str], ...]]:
        _ = self._language.gettext
        smoothing = _("How much the photo is blurred before it is cut, against noise. In LIME: sigma.")
        return {
            # the parameter, label, help
            "quickshift": (
                (
                    "kernel_size",
                    _("Coarseness"),
                    _("Large values make fewer and larger regions, and take longer. In LIME: kernel_size."),
                ),
                (
                    "max_dist",
                    _("Reach"),
                    _(
                        "How different neighbours may be and still join: small values make more regions. "
                        "In LIME: max_dist."
                    ),
                ),
                (
                    "ratio",
                    _("Weight of colour"),
                    _(
                        "Large values let regions follow colours, small ones keep them compact. "
                        "In LIME: ratio."
                    ),
                ),
            ),
            "slic": (
                (
                    "n_segments",
                    _("Regions wanted"),
                    _("About how many regions there are to be; there may be fewer. In LIME: n_segments."),
                ),
                (
                    "compactness",
                    _("Compactness"),
                    _(
                        "Large values make regions squarer, small ones let them follow colours. "
                        "In LIME: compactness."
                    ),
                ),
                ("sigma", _("Smoothing"), smoothing),
            ),
            "felzenszwalb": (
                (
                    "scale",
                    _("Coarseness"),
                    _("Large values make fewer and larger regions. In LIME: scale."),
                ),
                ("sigma", _("Smoothing"), smoothing),
                (
                    "min_size",
                    _("Smallest region"),
                    _("In pixels of the photo at 256 × 256; smaller regions are merged. In LIME: min_size."),
                ),
            ),
        }

    def choose_segmented(self) -> str:
        """Which picture is cut."""
        _ = self._language.gettext
        return self._row(
            _("What is cut"),
            {"photo": _("The photo"), "image": _("What the classifier gets")},
            "photo",
            "segmented",
            _(
                "The photo gives the same regions for every classifier. LIME cuts what the classifier gets, "
                "so that its range of values counts too."
            ),
        )

    def choose_cuts(self) -> int:
        """In how many ways it is cut."""
        _ = self._language.gettext
        cuts: int = self._slide(
            _("Cuts"),
            "cuts",
            USUAL.cuts,
            _(
                "In how many ways the photo is cut for the heat map, which then depends less on any one of "
                "them; the samples are shared out among them. All else shows the first cut. LIME has one."
            ),
        )
        return cuts

    def choose_sampling(self) -> dict[str, Any]:
        """What comes after the cut."""
        _ = self._language.gettext
        settings: dict[str, Any] = {
            "hide_color": self._list(
                _("Hidden regions show"),
                {
                    "grey": _("Grey"),
                    "mean": _("Their mean colour"),
                    "black": _("Black"),
                    "blur": _("The photo, blurred"),
                },
                "grey",
                "hide_color",
                _("What the classifier sees where a region is hidden. In LIME: hide_color."),
            ),
            "kernel_width": self._slide(
                _("Kernel width"),
                "kernel_width",
                USUAL.kernel_width,
                _(
                    "How near to the whole photo a sample must be to count: small values trust only "
                    "samples with little hidden. In LIME: kernel_width."
                ),
            ),
            "design": self._row(
                _("Kind of samples"),
                {"balanced": _("Balanced"), "lime": _("As in LIME")},
                "balanced",
                "design",
                _(
                    "Balanced samples hide each region equally often and settle sooner; "
                    "LIME's own toss a coin for each region."
                ),
            ),
        }
        settings["target"] = self._choose_target(settings["design"])
        settings["seed"] = choose_number(
            _("Seed"),
            0,
            LARGEST_SEED,
            "seed",
            _("Another number draws other samples; the same one draws the same. In LIME: random_seed."),
        )
        self._note("seed", _("Seed"), settings["seed"], 0)
        settings["precision"] = self._row(
            _("Precision"),
            {"exact": _("Exact"), "fast": _("Fast")},
            "exact",
            "precision",
            _(
                "Fast rounds more, which newer processors do in half the time; "
                "probabilities may be off by {share}. LIME has no such setting."
            ).format(share=self._language.percent(0.04)),
        )
        settings["stability_threshold"] = self._slide(
            _("Settled from"),
            "stability",
            USUAL.stability_threshold,
            _(
                "A picture is called settled when this share of the regions that another run would show "
                "matter as much as those shown. LIME has no such setting."
            ),
            "percent",
        )
        return settings

    def _choose_target(self, design: Design) -> str:
        """What weights add up to: what goes with the kind of samples, unless the visitor wants the other."""
        _ = self._language.gettext
        before = st.session_state.get("design_before") or design
        if before != design and st.session_state.get("target") == usual_target(before):
            st.session_state["target"] = usual_target(design)
        st.session_state["design_before"] = design
        return self._row(
            _("Weights add up to"),
            {"log-odds": _("Evidence (log-odds)"), "probability": _("Probability")},
            usual_target(design),
            "target",
            _(
                "Evidence counts the same however sure the classifier is, and settles sooner: "
                "0.7 more doubles the odds. LIME itself has the probability."
            ),
        )

    def show_changes(self) -> None:
        """Mark what is not as usual, and offer to set it back."""
        if not self._changed:
            return
        _ = self._language.gettext
        number = len(self._changed)
        counted = self._language.ngettext("{number} changed", "{number} changed", number)
        count = counted.format(number=self._language.number(number))
        marked = ", ".join(f".st-key-{key}" for key in self._changed)
        style = f"{marked} {{ --mark: '{_('changed')}'; }} .st-key-tuning {{ --count: '{count}'; }}"
        st.html(f"<style>{style}</style>")
        names = _("Not as usual: {names}.").format(names=", ".join(self._changed.values()))
        st.caption(names)
        st.button(
            _("Back to the usual settings"),
            key="usual",
            icon=":material/restart_alt:",
            on_click=st.session_state.update,
            args=(self._usual,),
        )

    def _list(self, label: str, names: dict[str, str], usual: str, key: str, explanation: str) -> str:
        return self._note(key, label, choose_from_list(label, names, usual, key, explanation), usual)

    def _row(self, label: str, names: dict[str, str], usual: str, key: str, explanation: str) -> str:
        return self._note(key, label, choose_one(label, names, usual, key, explanation), usual)

    def _slide(self, label: str, key: str, usual: Any, explanation: str, shown: str = "%g") -> Any:
        chosen = choose_on_scale(label, LIMITS[key], usual, key, explanation, shown)
        return self._note(key, label, chosen, usual)

    def _note(self, key: str, label: str, chosen: _Chosen, usual: _Chosen) -> _Chosen:
        self._usual[key] = usual
        if chosen != usual:
            self._changed[key] = label
        return chosen

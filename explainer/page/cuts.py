"""Choosing how a photo is cut, by looking at the regions of nine cuts before anything is asked."""

from collections.abc import Hashable

import streamlit as st

from ..classifiers.catalogue import load_classifier
from ..lime.explain import open_neighborhood
from ..recipe import Felzenszwalb, Quickshift, Recipe, Segmentation, Slic
from ..words.language import Language
from .controls import Settings
from .intake import Photo
from .session import remembered
from .tuning import METHODS, draw_cut, use_segmentation

_CUTS: dict[str, tuple[Segmentation, Segmentation, Segmentation]] = {
    # fine, medium and coarse: about 100, 50 and 20 regions
    "quickshift": (Quickshift(kernel_size=2.5), Quickshift(), Quickshift(kernel_size=6)),
    "slic": (Slic(n_segments=100), Slic(), Slic(n_segments=20)),
    "felzenszwalb": (
        Felzenszwalb(scale=50, min_size=100),
        Felzenszwalb(),
        Felzenszwalb(scale=300, min_size=400),
    ),
}


def show(photo: Photo, settings: Settings, language: Language) -> bool:
    """Draw the cuts, if the visitor chooses among them; returns whether that is so.

    A run draws those that are known, cuts once more, and has the page drawn again.
    """
    if not (photo.is_open and st.session_state.get("choosing_cut")):
        return False
    _ = language.gettext
    classifier = load_classifier(settings.classifier)
    photo = photo.seen_by(classifier)
    place = (photo.key, settings.classifier, settings.recipe.segmented, settings.recipe.design)
    known = _known(place)
    st.header(_("Choose a cut"), anchor=False)
    st.caption(_("Each picture shows the regions that samples would hide. The classifier is not asked yet."))
    st.button(_("Back"), key="cuts-back", icon=":material/arrow_back:", on_click=_leave)
    canvas = photo.canvas
    st.html(f"<style>.st-key-nine-cuts {{ --aspect: {canvas.width / canvas.height} }}</style>")
    with st.container(key="nine-cuts"):
        for method, cuts in _CUTS.items():
            st.subheader(METHODS[method], anchor=False)
            scales = (_("Fine"), _("Medium"), _("Coarse"))
            with st.container(horizontal=True, gap="small", key=f"cuts-{method}"):
                for number, (scale, cut) in enumerate(zip(scales, cuts, strict=True)):
                    with st.container(gap="xsmall"):
                        _show_cut(f"{method}-{number}", scale, cut, known.get(cut), settings, language)
    missing = next((cut for cuts in _CUTS.values() for cut in cuts if cut not in known), None)
    if missing is not None:
        recipe = Recipe.of(settings.recipe, segmentation=missing)
        known[missing] = draw_cut(photo, open_neighborhood(photo.original, classifier, recipe))
        st.rerun()
    return True


def _show_cut(
    key: str,
    scale: str,
    cut: Segmentation,
    drawn: tuple[bytes, int] | None,
    settings: Settings,
    language: Language,
) -> None:
    _ = language.gettext
    caption = scale
    if drawn is None:
        st.html("<div class='pending-cut'></div>")
    else:
        picture, number = drawn
        counted = language.ngettext("{number} region", "{number} regions", number)
        caption = f"{scale} · {counted.format(number=language.number(number))}"
        alternative = _("The photo with the outlines of its regions: {regions}").format(regions=caption)
        st.image(picture, alt=alternative, width="stretch")
    st.markdown(caption)
    is_used = cut == settings.recipe.segmentation
    st.button(
        _("In use") if is_used else _("Use this"),
        key=f"cut-{key}",
        type="primary" if is_used else "secondary",
        width="stretch",
        on_click=_use,
        args=(cut,),
    )


def _use(cut: Segmentation) -> None:
    use_segmentation(cut)
    _leave()


def _leave() -> None:
    st.session_state.choosing_cut = False


def _known(place: Hashable) -> dict[Segmentation, tuple[bytes, int]]:
    """The cuts of the photo at hand that have been drawn, 20 kB each; those of another are forgotten."""
    known: dict[Segmentation, tuple[bytes, int]] = remembered("cut_pictures", place, dict)
    return known

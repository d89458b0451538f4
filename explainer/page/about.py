"""What LIME does, told with this photo, to somebody who has never heard of it."""

import streamlit as st

from ..lime.explain import Sample, contrasting_samples
from ..words.sentences import weights_meaning
from .evidence import picture_without
from .markup import plain
from .result import Result

_SAMPLE_WIDTH = 156  # pixels: two beside each other on a telephone
_LOOKED_THROUGH = 200  # samples


def show(result: Result) -> None:
    """Draw the section, closed unless the link says otherwise."""
    _ = result.language.gettext
    section = st.expander(
        _("What am I looking at?"), icon=":material/help:", key="about", bind="query-params"
    )
    if not section.open:
        return
    with section:
        cut_column, samples_column = st.columns([1, 3], gap="medium")
        with cut_column:
            _show_cut(result)
        with samples_column:
            _show_samples(result)
        weights_column, limits_column = st.columns(2, gap="medium")
        with weights_column:
            _tell_weights(result)
        with limits_column:
            _tell_limits(result)


def _show_cut(result: Result) -> None:
    language, explanation = result.language, result.explanation
    _ = language.gettext
    st.subheader(_("1. The photo is cut up"), anchor=False)
    number = explanation.num_superpixels
    text = language.ngettext(
        "Along colours and edges, it falls into {number} region.",
        "Along colours and edges, it falls into {number} regions.",
        number,
    ).format(number=language.number(number))
    st.markdown(text)
    st.image(picture_without((), result, outlined=True), alt=text, width="stretch")


def _show_samples(result: Result) -> None:
    language, explanation = result.language, result.explanation
    _ = language.gettext
    st.subheader(_("2. Regions are hidden, at random and many times"), anchor=False)
    st.markdown(
        _(
            "For each of {number} such versions, the classifier said how probable “{label}” is. "
            "Here are three of them:"
        ).format(number=language.number(explanation.num_samples), label=_label(result))
    )
    samples = contrasting_samples(explanation, result.label.index, _LOOKED_THROUGH)
    with st.container(horizontal=True, gap="small"):
        for sample in samples:
            with st.container(width=_SAMPLE_WIDTH):
                _show_sample(sample, result)


def _show_sample(sample: Sample, result: Result) -> None:
    language = result.language
    text = language.gettext("“{label}”: {probability}").format(
        label=_label(result), probability=language.percent(sample.probability)
    )
    st.image(
        picture_without(sample.hidden, result, outlined=True),
        caption=text,
        alt=language.gettext("The photo with some of its regions hidden. {score}").format(score=text),
        width="stretch",
    )


def _tell_weights(result: Result) -> None:
    _ = result.language.gettext
    st.subheader(_("3. Comparing the answers gives each region a weight"), anchor=False)
    st.markdown(
        _(
            "Each region gets a weight such that the weights of the regions that are shown, added up, come "
            "closest to all the answers; versions that are more like the whole photo count more."
        )
        + " "
        + weights_meaning(result.label.target, result.language)
    )


def _tell_limits(result: Result) -> None:
    _ = result.language.gettext
    st.subheader(_("4. What this cannot tell"), anchor=False)
    limits = (
        _("What regions do only together: the weights treat each one as if it acted alone."),
        _(
            "What matters within a region: its outline is where the photo was cut, "
            "and not where the classifier looks."
        ),
        _("Anything about other photos: it holds for this one only."),
    )
    st.markdown("\n".join(f"- {limit}" for limit in limits))


def _label(result: Result) -> str:
    return plain(result.language.class_name(result.label.name, result.label.wnid))

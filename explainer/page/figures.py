"""Figures for engineers: every weight, how sure it is, and how far the surrogate is to be trusted."""

import streamlit as st

from ..lime.neighborhood import digest
from ..takeaway.regions import region_table, regions_csv
from ..words.language import Language
from ..words.sentences import weights_meaning
from ..words.settings import settings_in_words, timings_in_words
from .delivery import offer_file
from .downloads import file_name
from .markup import escape, plain
from .result import Result

_CLOSE = 0.6  # fidelity from which the surrogate is said to follow the network
_ROUGH = 0.35
_TABLE_HEIGHT = 320  # pixels: a few rows, and the others by scrolling
_FEW = 5  # samples a region: below, the surrogate fits chance as well


def show(result: Result) -> None:
    """Draw the section, closed unless the link says otherwise."""
    _ = result.language.gettext
    section = st.expander(
        _("Weights and figures, for engineers"),
        icon=":material/bar_chart:",
        key="details",
        bind="query-params",
    )
    if not section.open:
        return
    with section:
        _show_figures(result)
        _show_regions(result)
        st.markdown(_fidelity_sentence(result))
        st.html(_facts(result))


def _show_figures(result: Result) -> None:
    from ..pictures import charts  # matplotlib takes long to import, and few open this

    reading, language = result.reading, result.language
    _ = language.gettext
    ink = charts.INKS.get(st.context.theme.type, charts.NEUTRAL_INK)
    weights = digest(reading.label.weights)
    palette = result.palette.name
    map_png, bars_png = _figures(
        result.photo.key, weights, reading.label.index, palette, ink, language, result
    )
    map_column, bars_column = st.columns(2, gap="medium")
    with map_column:
        st.subheader(_("Where the weights are"), anchor=False)
        st.image(map_png, alt=charts.map_sentence(reading, language), width="stretch")
    with bars_column:
        st.subheader(_("How sure they are"), anchor=False)
        st.image(bars_png, alt=charts.bars_sentence(reading, language), width="stretch")
        st.caption(
            _(
                "The strongest regions, numbered as on the photo. The thin lines are {share} confidence "
                "intervals: where one crosses zero, more samples may turn the region around."
            ).format(share=language.percent(0.95))
        )


@st.cache_data(show_spinner=False, max_entries=16)
def _figures(
    photo_key: str,
    weights: str,
    label_index: int,
    palette: str,
    ink: str,
    language: Language,
    _result: Result,
) -> tuple[bytes, bytes]:
    from ..pictures import charts

    reading, colours = _result.reading, _result.palette
    return (
        charts.png(charts.weight_map(_result.photo.canvas, reading, language, colours, ink)),
        charts.png(charts.weight_bars(reading, language, colours, ink)),
    )


def _show_regions(result: Result) -> None:
    _ = result.language.gettext
    columns = st.column_config
    st.subheader(_("All regions"), anchor=False)
    st.dataframe(
        region_table(result.reading, result.language),
        column_config={
            "region": columns.NumberColumn(_("Region"), help=_("As numbered in the pictures.")),
            "place": columns.TextColumn(_("Place")),
            "share": columns.NumberColumn(_("Share"), format="percent", help=_("Of the photo.")),
            "weight": columns.NumberColumn(
                _("Weight"), format="%.2f", help=weights_meaning(result.label.target, result.language)
            ),
            "standard_error": columns.NumberColumn(_("Standard error"), format="%.2f"),
            "sign_certain": columns.CheckboxColumn(
                _("Sign certain"),
                help=_("With {share} confidence, more samples will not turn the region around.").format(
                    share=result.language.percent(0.95)
                ),
            ),
            "focus": columns.TextColumn(_("Focus")),
        },
        height=_TABLE_HEIGHT,
        hide_index=True,
        key="regions",
    )
    offer_file(
        _("Table as CSV"),
        "download-csv",
        lambda: regions_csv(result.reading, result.language),
        file_name(result.photo.name, result.label.name, "csv"),
        "text/csv",
        ":material/table:",
    )


def _fidelity_sentence(result: Result) -> str:
    language = result.language
    _ = language.gettext
    fidelity = result.label.fidelity
    meaning = _(
        "**Fidelity {share}.** This is how much of the ups and downs of “{label}”, as regions were hidden, "
        "the weights account for; 100% would be a perfect stand-in for the classifier."
    ).format(
        share=plain(language.percent(fidelity)),
        label=plain(language.class_name(result.label.name, result.label.wnid)),
    )
    if not result.label.weights.any():
        judgement = _("There were no ups and downs, so there is nothing to account for.")
    elif result.explanation.num_samples < _FEW * result.explanation.num_superpixels:
        judgement = _(
            "With so few samples for so many regions it is flattering: take more samples before you trust it."
        )
    elif fidelity >= _CLOSE:
        judgement = _("They follow the classifier closely, and can be trusted as a summary of it.")
    elif fidelity >= _ROUGH:
        judgement = _(
            "They follow the classifier roughly: "
            "trust the strongest regions, and not the order of the weak ones."
        )
    else:
        judgement = _(
            "They miss most of what the classifier does, probably because regions matter only together: "
            "do not trust the picture unless asking again confirms it."
        )
    return f"{meaning} {judgement}"


def _facts(result: Result) -> str:
    label = result.label
    facts = [
        *([("WordNet", label.wnid)] if label.wnid else []),
        *settings_in_words(result.reading, result.language),
        *timings_in_words(result.explanation, result.language),
    ]
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts
    )
    return f"<table class='labels'><tbody>{rows}</tbody></table>"

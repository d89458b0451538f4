"""Figures for engineers: every weight, how sure it is, and how far the surrogate is to be trusted."""

from functools import partial

import streamlit as st

from ..errors import ClassifierFailedError
from ..judging.methods import CUTS
from ..judging.sanity import SanityCheck, check_sanity
from ..lime.explanation import Explanation
from ..lime.neighborhood import digest
from ..pictures.encode import grey16, npy
from ..recipe import Recipe
from ..takeaway.regions import region_table, regions_csv
from ..words.language import Language
from ..words.opinions import cuts_sentence, sanity_sentence
from ..words.sentences import weights_meaning
from ..words.settings import settings_in_words, timings_in_words
from .controls import MOST_CHOSEN_SAMPLES
from .delivery import offer_file
from .downloads import file_name
from .inquiries import SANITY, Asked, asked, offer
from .links import ask
from .live import Live
from .markup import escape, plain, show_nothing
from .result import MOST_SAMPLES, Result, linked_samples
from .tuning import set_widgets

_CLOSE = 0.6  # fidelity from which the surrogate is said to follow the network
_ROUGH = 0.35
_TABLE_HEIGHT = 320  # pixels: a few rows, and the others by scrolling
_FEW = 5  # samples a region: below, the surrogate fits chance as well


def show(result: Result, live: Live) -> Asked[SanityCheck] | None:
    """Draw the section, closed unless the link says otherwise; returns the check if one is asked for."""
    _ = result.language.gettext
    section = st.expander(
        _("Weights and figures, for engineers"),
        icon=":material/bar_chart:",
        key="details",
        bind="query-params",
    )
    if not section.open:
        return None
    with section:
        _show_figures(result)
        heat_column, check_column = st.columns(2, gap="medium")
        with heat_column:
            _show_heat_map(result)
        with check_column:
            check = _show_sanity(result, live)
        _show_regions(result)
        st.markdown(_fidelity_sentence(result))
        st.html(_facts(result))
    return check


def _show_figures(result: Result) -> None:
    from ..pictures import charts  # matplotlib takes long to import, and few open this

    reading, language = result.reading, result.language
    _ = language.gettext
    ink = _ink()
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


def _show_heat_map(result: Result) -> None:
    language, explanation, index = result.language, result.explanation, result.label.index
    _ = language.gettext
    st.subheader(_("Heat map"), anchor=False)
    _draw_heat_map(explanation, result)
    st.caption(
        _(
            "Each weight is spread over its region’s area, so that a small region that weighs as much as a "
            "large one is hotter. Lines join places that are equally hot."
        )
    )
    with st.container(key="heat-said"):
        if sentence := cuts_sentence(explanation, index, language):
            st.markdown(plain(sentence))
        else:
            show_nothing()
    with st.container(horizontal=True, gap="small", key="heat-buttons"):
        if explanation.recipe.cuts == 1:
            st.button(
                _("From three cuts"),
                key="three-cuts",
                icon=":material/layers:",
                help=_(
                    "The photo is cut in two more ways, and the map is the mean: it depends less on any one "
                    "cut."
                ),
                on_click=_cut_three_times,
                args=(explanation.recipe,),
            )
        for label, extension, kind, make in (
            (
                "PNG",
                "heat.png",
                "image/png",
                lambda: _heat_map(*_heat_key(explanation, result), explanation, result),
            ),
            ("NPY", "npy", "application/octet-stream", lambda: npy(explanation.heat_map(index))),
            (_("16-bit PNG"), "16-bit.png", "image/png", lambda: grey16(explanation.heat_map(index))),
        ):
            name = file_name(result.photo.name, result.label.name, extension)
            offer_file(label, f"download-{extension}", make, name, kind, ":material/download:")


def _cut_three_times(recipe: Recipe) -> None:
    """Each cut gets as many samples as the one had, so that focus, and pros and cons, stay as they are."""
    samples = CUTS * recipe.most_samples
    if linked_samples():
        ask("samples_here", str(min(samples, MOST_SAMPLES)))
    else:
        st.session_state.num_samples = min(samples, MOST_CHOSEN_SAMPLES)
    set_widgets({"cuts": CUTS})


def _draw_heat_map(explanation: Explanation, result: Result) -> None:
    from ..pictures import charts

    picture = _heat_map(*_heat_key(explanation, result), explanation, result)
    st.image(
        picture, alt=charts.heat_sentence(explanation, result.label.index, result.language), width="stretch"
    )


def _heat_key(explanation: Explanation, result: Result) -> tuple[str, str, int, str, str, Language]:
    index = result.label.index
    return (
        result.photo.key,
        digest(explanation.heat_map(index)),
        index,
        result.palette.name,
        _ink(),
        result.language,
    )


@st.cache_data(show_spinner=False, max_entries=16)
def _heat_map(
    photo_key: str,
    heat_map: str,
    label_index: int,
    palette: str,
    ink: str,
    language: Language,
    _explanation: Explanation,
    _result: Result,
) -> bytes:
    from ..pictures import charts

    canvas, colours = _result.photo.canvas, _result.palette
    return charts.png(charts.heat_map(canvas, _explanation, label_index, language, colours, ink))


def _ink() -> str:
    from ..pictures import charts

    return charts.INKS.get(st.context.theme.type, charts.NEUTRAL_INK)


def _show_sanity(result: Result, live: Live) -> Asked[SanityCheck] | None:
    """The same photo explained for a network that has learned nothing, once somebody wants to see it."""
    language, explanation = result.language, result.explanation
    _ = language.gettext
    st.subheader(_("And if the network had learned nothing?"), anchor=False)
    begin = partial(check_sanity, result.photo.original, explanation, result.label.index)
    check = asked(SANITY, result, live, lambda: Asked(begin))
    with st.container(key="sanity"):
        if check is not None and check.found is not None:
            _draw_heat_map(check.found.explanation, result)
            st.markdown(plain(sanity_sentence(check.found, explanation, language)))
        else:
            st.caption(
                _(
                    "The same photo is explained for the same network with its weights shuffled. If the "
                    "picture comes from what the network has learned, the two have little in common."
                )
            )
            show_nothing()
    may_try_again = check is None or isinstance(check.error, ClassifierFailedError)
    text = _("Explain a network that has learned nothing")
    offer(SANITY, text, ":material/shuffle:", result, check, language, may_try_again)
    return check


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

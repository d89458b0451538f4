"""How good the picture is: it is put to a test, and other methods' pictures to the same one."""

from collections.abc import Callable

import streamlit as st

from ..judging.curves import Curves
from ..judging.inquiry import Inquiry
from ..judging.methods import METHODS, Method
from ..judging.opinions import Opinion, SecondOpinions
from ..lime.neighborhood import digest
from ..pictures.draw import draw_heat
from ..pictures.encode import jpeg, smaller
from ..takeaway.opinions import curves_csv, opinions_json, quality_sentences
from ..words.language import Language
from ..words.opinions import (
    agreement_sentences,
    best_sentence,
    figure_sentence,
    method_meaning,
    method_title,
)
from .delivery import offer_file
from .downloads import file_name
from .inquiries import FEWEST, OPINIONS, SANITY, Asked, asked, found_of, offer
from .live import Live
from .markup import escape, plain, show_nothing
from .result import Result
from .session import remembered

_OWN = "lime"
_LONGEST_SIDE = 440  # pixels


class _Test(Asked[SecondOpinions]):
    """The test of the picture and of the other methods' pictures, as far as it has come."""

    def __init__(self, result: Result) -> None:
        super().__init__(self._steps)
        self.opinions = SecondOpinions(result.photo.original, result.explanation, result.label.index)

    def _steps(self) -> Inquiry[SecondOpinions]:
        before = 0
        while not self.opinions.is_finished:
            self.opinions.advance(0)
            yield self.opinions.passes - before
            before = self.opinions.passes
        return self.opinions


def show(result: Result, live: Live) -> Asked[SecondOpinions] | None:
    """Draw the section; returns the test, if the visitor wants it."""
    language = result.language
    _ = language.gettext
    st.header(_("How good is this picture?"), anchor=False)
    st.caption(
        _(
            "The photo is covered bit by bit, beginning with what the picture says matters most: the sooner "
            "“{label}” is lost, the better the picture. Other methods’ pictures have to pass the same test."
        ).format(label=plain(language.class_name(result.label.name, result.label.wnid)))
    )
    test = asked(OPINIONS, result, live, lambda: _Test(result))
    offer(OPINIONS, _("Put it to the test"), ":material/experiment:", result, test, language)
    with st.container(key="opinions-progress"):
        if test is not None and test.is_growing:
            st.progress(min(1.0, test.opinions.passes / test.opinions.total))
        else:
            show_nothing()
    if test is None:
        show_nothing()
    else:
        with st.container(key="opinions"):
            _show_test(test, result)
    return test


def _show_test(test: _Test, result: Result) -> None:
    language, opinions = result.language, test.opinions
    own = opinions.opinion(_OWN)
    with st.container(key="opinions-quality"):
        if sentences := quality_sentences(opinions, language):
            _tell(*sentences)
        else:
            show_nothing()
    with st.container(key="opinions-tiles"):
        for method in METHODS.values():
            with st.container(gap=None, key=f"opinion-{method.name}"):
                _show_opinion(method, test, result)
    with st.container(key="opinions-said"):
        if opinions.centre is not None:
            st.caption(figure_sentence(opinions.centre, language))
        else:
            show_nothing()
        if test.is_growing:
            show_nothing()
        else:
            _tell(best_sentence(opinions, language), *agreement_sentences(opinions, language))
    with st.container(key="opinions-curves"):
        if own is not None and own.curves is not None:
            _show_curves(own.curves, test, result)
        else:
            show_nothing()
    with st.container(horizontal=True, gap="small", key="opinions-downloads"):
        if not test.is_growing and own is not None:
            _offer_files(opinions, result)
        else:
            for _file in range(2):
                show_nothing()


def _tell(*sentences: str) -> None:
    said = "".join(f"<p class='finding'>{escape(sentence)}</p>" for sentence in sentences if sentence)
    st.html(f"<div>{said}</div>")


def _show_opinion(method: Method, test: _Test, result: Result) -> None:
    """One method: three elements whatever is known of it, so that nothing moves when more is."""
    language, opinion = result.language, test.opinions.opinion(method.name)
    title = method_title(method, language)
    if opinion is None or opinion.heat_map is None:
        size = result.photo.canvas.size
        st.html(f"<div class='pending-opinion' style='aspect-ratio:{size[0]}/{size[1]}'></div>")
    else:
        picture = _picture(result.place, digest(opinion.heat_map), result.palette.name, opinion, result)
        st.image(picture, alt=title, width="stretch")
    st.markdown(f"**{plain(title)}**", help=method_meaning(method, language))
    st.html(f"<div class='opinion'>{_figures(opinion, test, language)}</div>")


@st.cache_data(show_spinner=False, max_entries=64)
def _picture(place: str, heat_map: str, palette: str, _opinion: Opinion, _result: Result) -> bytes:
    assert _opinion.heat_map is not None
    return jpeg(draw_heat(smaller(_result.photo.canvas, _LONGEST_SIDE), _opinion.heat_map, _result.palette))


def _figures(opinion: Opinion | None, test: _Test, language: Language) -> str:
    """How good a method's picture is, and what it took."""
    _ = language.gettext
    if opinion is None:
        return ""
    if opinion.error is not None:
        return f"<small>{escape(language.error(opinion.error))}</small>"
    assert opinion.curves is not None
    gain, whole = opinion.curves.gain, float(opinion.curves.deletion[0]) or 1.0
    is_best = not test.is_growing and opinion is test.opinions.best and _tested(test) > 1
    mark = f"<mark>★ {escape(_('best'))}</mark>" if is_best else ""
    passes = language.ngettext("{number} picture asked", "{number} pictures asked", opinion.passes)
    notes = [passes.format(number=language.number(opinion.passes))]
    if opinion.method.name == _OWN:
        notes.append(_("the picture above"))
    return (
        f"<b>{escape(language.number(gain, 2))}</b> {mark}"
        f"<span class='track' aria-hidden='true'><span style='width:{100 * max(0.0, gain / whole):.1f}%'>"
        f"</span></span><small>{escape(' · '.join(notes))}</small>"
    )


def _tested(test: _Test) -> int:
    return sum(opinion.curves is not None for opinion in test.opinions.opinions)


def _show_curves(tested: Curves, test: _Test, result: Result) -> None:
    language, palette = result.language, result.palette
    section = st.expander(
        language.gettext("The curves"), icon=":material/show_chart:", key="curves", on_change="rerun"
    )
    chance, centre = test.opinions.chance, test.opinions.centre
    if not section.open or chance is None or centre is None:
        return
    from ..pictures import charts  # matplotlib takes long to import, and few open this

    ink = charts.INKS.get(st.context.theme.type, charts.NEUTRAL_INK)
    chart = remembered(
        "curves_chart",
        (result.made_of, palette.name, ink, language.code),
        lambda: charts.png(charts.curves_chart(tested, chance, centre, language, palette, ink)),
    )
    with section:
        st.image(chart, alt=charts.curves_sentence(tested, chance, language), width=560)


def _offer_files(opinions: SecondOpinions, result: Result) -> None:
    _ = result.language.gettext

    def offer(label: str, extension: str, kind: str, icon: str, make: Callable[[], str | bytes]) -> None:
        name = file_name(result.photo.name, result.label.name, extension)
        offer_file(label, f"download-{extension}", make, name, kind, icon)

    offer(
        _("Curves as CSV"),
        "curves.csv",
        "text/csv",
        ":material/table:",
        lambda: curves_csv(opinions),
    )
    offer(
        _("All as JSON"),
        "opinions.json",
        "application/json",
        ":material/data_object:",
        lambda: opinions_json(opinions, found_of(FEWEST, result), found_of(SANITY, result)),
    )

"""The sidebar: what can be set, with the values it is set to."""

from dataclasses import dataclass

import streamlit as st

from ..classifiers import EMBEDDED_DEFAULT, catalogue, default_classifier_name
from ..language import Language
from ..live import STABILITY_THRESHOLD, NumSamples
from ..render import DEFAULT_PALETTE, PALETTES, Palette


@dataclass(frozen=True)
class Sampling:
    """What decides which samples are taken; another one is another explanation."""

    classifier: str
    num_samples: NumSamples
    max_samples: int


@dataclass(frozen=True)
class View:
    """What decides how an explanation is drawn; changing it asks no classifier."""

    num_features: int
    positive_only: bool
    palette: Palette

    @property
    def pros_cons_features(self) -> int:
        return 2 * self.num_features


def choose_settings(language: Language) -> tuple[Sampling, View]:
    """Draw the sidebar."""
    _ = language.gettext
    with st.sidebar:
        st.subheader(_("Sampling"))
        classifier = _choose_classifier(language)
        auto = st.toggle(
            _("Stop when settled"),
            value=True,
            key="auto",
            bind="query-params",
            help=_(
                "Takes samples until another run would choose {share} of the same regions, "
                "or the number below is reached."
            ).format(share=language.percent(STABILITY_THRESHOLD)),
        )
        samples = st.slider(
            _("Samples, at most") if auto else _("Samples"),
            min_value=100,
            max_value=5000,
            value=2000,
            step=100,
            key="num_samples",
            bind="query-params",
            help=_(
                "How many versions of the photo, each with other regions hidden, the classifier is "
                "asked about. More take longer and settle the picture. In LIME: num_samples."
            ),
        )
        st.subheader(_("Picture"))
        num_features = st.slider(
            _("Regions"),
            min_value=1,
            max_value=15,
            value=5,
            key="num_features",
            bind="query-params",
            help=_(
                "How many regions the focus keeps; pros and cons show twice as many. In LIME: num_features."
            ),
        )
        positive_only = st.toggle(
            _("Only what speaks for"),
            value=False,
            key="positive_only",
            bind="query-params",
            help=_("Leaves out the regions that speak against the label. In LIME: positive_only."),
        )
        palette = st.segmented_control(
            _("Colours"),
            list(PALETTES),
            default=DEFAULT_PALETTE.name,
            required=True,
            format_func={
                "blue-orange": _("Blue and orange"),
                "green-red": _("Green and red"),
            }.__getitem__,
            key="palette",
            bind="query-params",
            help=_("Blue and orange can be told apart by nearly everyone."),
        )
    sampling = Sampling(classifier, "auto" if auto else samples, samples)
    return sampling, View(num_features, positive_only, PALETTES[palette or DEFAULT_PALETTE.name])


def _choose_classifier(language: Language) -> str:
    _ = language.gettext
    ready = {entry.name: entry for entry in catalogue() if entry.is_ready()}
    default = default_classifier_name()
    chosen = st.selectbox(
        _("Classifier"),
        list(ready),
        index=list(ready).index(default),
        format_func=lambda name: ready[name].title,
        key="classifier",
        bind="query-params",
        help=_("The network that is asked. All of these know the 1000 classes of ImageNet."),
    )
    if default == EMBEDDED_DEFAULT:
        st.caption(
            _(
                "{classifier} is the default: it is built in and needs no network. "
                "InceptionV3's weights are not on this machine."
            ).format(classifier=ready[default].title)
        )
    else:
        st.caption(
            _("{classifier} is the default: its weights are on this machine.").format(
                classifier=ready[default].title
            )
        )
    return chosen

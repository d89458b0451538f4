"""The sidebar: what can be set, with the values it is set to."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ..classifiers.catalogue import catalogue, default_classifier_name
from ..classifiers.classifier import Classifier
from ..lime.explain import NumSamples
from ..pictures.draw import DEFAULT_PALETTE, PALETTES, Palette
from ..takeaway.report import Drawing
from ..words.language import Language
from .links import choose_from_list, choose_one
from .markup import plain
from .panel import Preview, Tuning, choose_tuning


@dataclass(frozen=True, kw_only=True)
class Sampling(Tuning):
    """What decides which samples are taken, and what is made of them: another one, another explanation."""

    classifier: str
    num_samples: NumSamples
    max_samples: int

    def of_explanation(self, classifier: Classifier) -> dict[str, Any]:
        """All of it, as `explain` takes it."""
        return {
            "num_samples": self.num_samples,
            "max_samples": self.max_samples,
            "kernel_width": self.kernel_width,
            "stability_threshold": self.stability_threshold,
            **self.of_neighborhood(classifier),
        }


@dataclass(frozen=True)
class View:
    """What decides how an explanation is drawn; changing it asks no classifier."""

    num_features: int
    positive_only: bool
    palette: Palette

    @property
    def pros_cons_features(self) -> int:
        return 2 * self.num_features

    @property
    def drawing(self) -> Drawing:
        """The same for what is taken away."""
        return Drawing(self.num_features, self.pros_cons_features, self.positive_only, self.palette)


def choose_settings(language: Language) -> tuple[Sampling, View, Preview]:
    """Draw the sidebar."""
    with st.sidebar:
        sampling_section, view_section, tuning_section = st.container(), st.container(), st.container()
    with tuning_section:
        tuning, preview = choose_tuning(language)
    with sampling_section:
        sampling = _choose_sampling(tuning, language)
    with view_section:
        view = _choose_view(language)
    return sampling, view, preview


def _choose_sampling(tuning: Tuning, language: Language) -> Sampling:
    _ = language.gettext
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
        ).format(share=language.percent(tuning.stability_threshold)),
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
    return Sampling(
        **vars(tuning), classifier=classifier, num_samples="auto" if auto else samples, max_samples=samples
    )


def _choose_view(language: Language) -> View:
    _ = language.gettext
    st.subheader(_("Picture"))
    num_features = st.slider(
        _("Regions"),
        min_value=1,
        max_value=15,
        value=5,
        key="num_features",
        bind="query-params",
        help=_("How many regions the focus keeps; pros and cons show twice as many. In LIME: num_features."),
    )
    positive_only = st.toggle(
        _("Only what speaks for"),
        value=False,
        key="positive_only",
        bind="query-params",
        help=_("Leaves out the regions that speak against the label. In LIME: positive_only."),
    )
    palette = choose_one(
        _("Colours"),
        {"blue-orange": _("Blue and orange"), "green-red": _("Green and red")},
        DEFAULT_PALETTE.name,
        "palette",
        _("Blue and orange can be told apart by nearly everyone."),
    )
    return View(num_features, positive_only, PALETTES[palette])


def _choose_classifier(language: Language) -> str:
    _ = language.gettext
    ready = {entry.name: entry for entry in catalogue() if entry.is_ready()}
    default = default_classifier_name()
    chosen = choose_from_list(
        _("Classifier"),
        {name: entry.title for name, entry in ready.items()},
        default,
        "classifier",
        _(
            "The network that is asked. The built-in ones know the 1000 classes of ImageNet. Whoever runs "
            "this page can add others: python -m explainer add-model."
        ),
    )
    missing = next(entry for entry in catalogue() if entry.name == "inception-v3").what_is_missing()
    if missing:
        st.caption(
            _("{classifier} is the default: it is built in and needs no network.").format(
                classifier=ready[default].title
            )
        )
        st.caption(plain(language.error(missing)))
    else:
        st.caption(
            _("{classifier} is the default: its weights are on this machine.").format(
                classifier=ready[default].title
            )
        )
    return chosen

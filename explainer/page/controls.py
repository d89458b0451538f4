"""What can be set, in the sidebar and at the pictures, with the values it is set to."""

from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from ..classifiers.added.models import AddedModel
from ..classifiers.catalogue import catalogue, default_classifier_name, load_classifier
from ..errors import ExplainerError
from ..pictures.draw import DEFAULT_PALETTE, PALETTES, Palette
from ..recipe import Recipe
from ..words.language import Language
from ..words.settings import destination_sentence, origin_in_words, setting_in_words
from .links import choose_from_list, choose_one
from .markup import escape, plain
from .tuning import USUAL, Preview, choose_tuning

FEWEST_REGIONS, MOST_REGIONS = 1, 15
"""How many regions the focus may keep."""
MOST_CHOSEN_SAMPLES = 5000


@dataclass(frozen=True)
class View:
    """What is set at the pictures: how much of an explanation they show, and how."""

    num_features: int = USUAL.num_features
    positive_only: bool = False
    palette: Palette = DEFAULT_PALETTE


@dataclass(frozen=True)
class Settings:
    """All that a visitor sets: who is asked, how it is explained, and how that is drawn."""

    classifier: str
    recipe: Recipe
    positive_only: bool
    palette: Palette

    def sharpened(self, samples: int) -> "Settings":
        """The same with so many samples."""
        return replace(self, recipe=Recipe.of(self.recipe, num_samples=samples))

    def seen(self, view: View) -> "Settings":
        """The same with another view."""
        recipe = Recipe.of(self.recipe, num_features=view.num_features)
        return replace(self, recipe=recipe, positive_only=view.positive_only, palette=view.palette)


def choose_settings(language: Language) -> tuple[Settings, Preview]:
    """Draw the sidebar; what is set at the pictures is as usual in what it returns."""
    with st.sidebar:
        st.header(language.gettext("Settings"), anchor=False)
        classifier = _choose_classifier(language)
        sampling_section = st.container()
        tuning, preview = choose_tuning(language)
        _show_where_weights_are(language)
    with sampling_section:
        samples = _choose_samples(tuning["stability_threshold"], language)
    if error := st.session_state.get("unknown_classifier"):  # here, since a phone hides the sidebar
        instead = language.gettext("The default is asked instead.")
        st.warning(f"{plain(language.error(error))} {instead}", icon=":material/warning:")
    tell_where_photos_go(classifier, language)
    return Settings(classifier, Recipe.of(**tuning, **samples), False, DEFAULT_PALETTE), preview


def tell_where_photos_go(classifier: str, language: Language) -> None:
    """Say so where photos leave this machine; drawn before any is sent, which is a run's last deed."""
    if machine := destination(classifier):
        st.info(plain(destination_sentence(machine, language)), icon=":material/cloud_upload:")


def destination(classifier: str) -> str:
    """The machine that a classifier's photos are sent to; empty where they stay on this one."""
    with suppress(ExplainerError):  # which whoever asks the classifier says
        return load_classifier(classifier).sent_to
    return ""


def _choose_samples(threshold: float, language: Language) -> dict[str, Any]:
    _ = language.gettext
    auto = st.toggle(
        _("Stop when settled"),
        value=True,
        key="auto",
        bind="query-params",
        help=_(
            "Takes samples until {share} of the regions that another run would show matter as much as "
            "those shown, or the number below is reached."
        ).format(share=language.percent(threshold)),
    )
    samples = st.slider(
        _("Samples, at most") if auto else _("Samples"),
        min_value=100,
        max_value=MOST_CHOSEN_SAMPLES,
        value=USUAL.max_samples,
        step=100,
        key="num_samples",
        bind="query-params",
        help=_(
            "How many versions of the photo, each with other regions hidden, the classifier is "
            "asked about. More take longer and settle the picture. In LIME: num_samples."
        ),
    )
    return {"num_samples": "auto", "max_samples": samples} if auto else {"num_samples": samples}


def choose_view(language: Language) -> View:
    """Draw the controls that stand at the pictures."""
    _ = language.gettext
    num_features = st.slider(
        _("Regions shown"),
        min_value=FEWEST_REGIONS,
        max_value=MOST_REGIONS,
        value=USUAL.num_features,
        key="num_features",
        bind="query-params",
        help=_("How many regions the focus keeps; pros and cons show twice as many. In LIME: num_features."),
    )
    with st.container(horizontal=True, vertical_alignment="center", key="stage-switches"):
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
            label_hidden=True,
        )
    view = st.session_state.view = View(num_features, positive_only, PALETTES[palette])
    return view


def _choose_classifier(language: Language) -> str:
    _ = language.gettext
    ready = {entry.name: entry for entry in catalogue() if entry.is_ready()}
    default = default_classifier_name()
    titles = Counter(entry.title for entry in ready.values())
    names = {
        name: entry.title if titles[entry.title] == 1 else f"{entry.title} ({name})"
        for name, entry in ready.items()
    }
    chosen = choose_from_list(
        _("Classifier"),
        names | _linked_classifier(names, language),
        default,
        "classifier",
        _(
            "Which classifier is asked. The built-in ones know the 1000 classes of ImageNet. Whoever runs "
            "this page can add others: python -m explainer add-model."
        ),
    )
    entry = ready.get(chosen.partition("@")[0])
    if entry and entry.added:
        _show_added(entry.added, language)
    return chosen


def _show_where_weights_are(language: Language) -> None:
    """Which classifier is the default, and how to have another; it comes last, for few need it."""
    _ = language.gettext
    ready = {entry.name: entry for entry in catalogue() if entry.is_ready()}
    title = ready[default_classifier_name()].title
    missing = next(entry for entry in catalogue() if entry.name == "inception-v3").what_is_missing()
    if missing:
        built_in = _("{classifier} is the default: it is built in and works offline.")
        st.caption(built_in.format(classifier=title))
        st.caption(plain(language.error(missing)))
    else:
        st.caption(
            _("{classifier} is the default: its weights are on this machine.").format(classifier=title)
        )


def _linked_classifier(names: Collection[str], language: Language) -> dict[str, str]:
    """The classifier that the link names, where the list lacks it; what is wrong with it is said."""
    asked = st.query_params.get("classifier", "")
    if asked and asked not in names:
        try:
            classifier = load_classifier(asked)
        except ExplainerError as error:
            st.session_state["unknown_classifier"] = error
        else:
            st.session_state["linked_classifier"] = (classifier.name, classifier.title)
            st.query_params["classifier"] = classifier.name
    elif asked:
        st.session_state.pop("unknown_classifier", None)
    linked = st.session_state.get("linked_classifier")
    return dict([linked]) if linked and linked[0] not in names else {}


def _show_added(added: AddedModel, language: Language) -> None:
    """What is known of a model that somebody has added, and how."""
    _ = language.gettext
    if added.service is not None:
        sent = _("Photos are sent to {machine}").format(machine=added.service.machine)
        st.markdown(f":material/cloud_upload: {plain(sent)}")
    if not added.is_range_confirmed:
        st.markdown(f":material/warning: {_('Value range not confirmed')}")
    with st.popover(_("About this classifier"), icon=":material/info:", type="tertiary"):
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(setting_in_words(name, value))}</td>"
            f"<td>{escape(origin_in_words(added.origins.get(name, ''), language))}</td></tr>"
            for name, value in added.description.settings().items()
        )
        heads = "".join(
            f"<th scope='col'>{escape(head)}</th>"
            for head in (_("Setting"), _("Value"), _("How it is known"))
        )
        st.html(f"<table class='labels'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")

"""An explanation shown where it was made: in a notebook.

`Explanation` leaves drawing itself to `html` and `figure`; they don't ask the classifier anything.
"""

import sys
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from ..errors import ArgumentError, ExplainerError
from ..lime.explain import explanation_at, grow_explanation, open_neighborhood
from ..lime.explanation import Explanation
from ..photos.load import load_photo
from ..pictures.charts import side_by_side
from ..pictures.draw import DEFAULT_PALETTE, SHORTEST_LONGEST_SIDE, draw_input, draw_reading, fit_frame
from ..pictures.encode import data_uri, jpeg, smaller
from ..reading import Reading
from ..recipe import Recipe
from ..words.language import Language
from ..words.sentences import focus_sentence, pros_cons_sentence, settledness_sentence, verdict
from .legend import legend_html, reading_legend
from .templates import environment

ENGLISH = Language("en")
_LONGEST_SIDE = 480  # pixels; a notebook's file holds all that it shows


def html(
    explanation: Explanation,
    language: Language = ENGLISH,
    frame: Image.Image | None = None,
    most_samples: int | None = None,
) -> str:
    """The best label's explanation as HTML without scripts, for light and for dark notebooks.

    Parameters
    ----------
    explanation : Explanation
        What is shown.
    language : Language
        Of the words.
    frame : PIL.Image.Image, optional
        What of the photo the classifier sees, from `fit_frame`; an explanation itself only has the network's
        small input.
    most_samples : int, optional
        While it still grows, how many samples there will be at most.
    """
    reading = Reading.of(explanation)
    drawn = draw_reading(smaller(frame or _enlarged(explanation), _LONGEST_SIDE), reading)
    headings = language.gettext("Focus"), language.gettext("Pros and cons")
    sentences = focus_sentence(reading, language), pros_cons_sentence(reading, language)
    return (
        environment(Path(__file__).with_name("templates"))
        .get_template("explanation.html")
        .render(
            language=language.code,
            _=language.gettext,
            headline=verdict(explanation.classifier.title, reading.label, language, *explanation.labels[1:2]),
            labels=[
                {
                    "name": language.class_name(label.name, label.wnid),
                    "share": min(1.0, max(0.0, label.probability)),
                    "probability": language.percent(label.probability),
                }
                for label in explanation.labels
            ],
            figures=[
                (heading, data_uri(jpeg(picture, quality=85)), sentence)
                for heading, picture, sentence in zip(headings, drawn, sentences, strict=True)
            ]
            if explanation.num_samples > 1
            else [],
            input_size=None if frame else explanation.image.shape[:2],
            settledness=settledness_sentence(reading, language),
            samples=language.number(explanation.num_samples),
            total=language.number(most_samples) if most_samples else "",
            share_done=explanation.num_samples / most_samples if most_samples else 1.0,
            legend=legend_html(reading_legend(reading, DEFAULT_PALETTE, language)),
        )
    )


def figure(explanation: Explanation, label: int | str | None, positive_only: bool) -> Figure:
    """See `Explanation.show`."""
    index = None if label is None else _index(explanation, label)
    reading = Reading.of(explanation, index, positive_only)
    return side_by_side(_enlarged(explanation), reading, ENGLISH)


def watch(photo: Any, classifier: Any, recipe: Recipe | None = None, **changes: Any) -> Explanation:
    """Explain a photo in a notebook, and show the explanation while it grows.

    What is shown stays if it is interrupted, and so do the samples: the same call goes on from there.

    Parameters
    ----------
    photo, classifier, recipe, **changes
        As for `explain`.

    Returns
    -------
    Explanation
        The last one, as `explain` returns it.

    Raises
    ------
    ExplainerError
        There is no notebook to show anything in; otherwise as `explain`.

    Examples
    --------
    >>> from explainer import load_classifier, watch
    >>> explanation = watch("cat.jpg", load_classifier())  # doctest: +SKIP
    """
    ipython = sys.modules.get("IPython")  # there wherever it runs a notebook
    if ipython is None or ipython.get_ipython() is None:
        raise ExplainerError(
            "watch needs a notebook that IPython runs, as Jupyter's are; elsewhere explain does the same."
        )
    from IPython.display import display

    recipe = Recipe.of(recipe, **changes)
    if not isinstance(photo, Image.Image):
        photo = load_photo(photo)
    neighborhood = open_neighborhood(photo, classifier, recipe)
    frame = fit_frame(photo, neighborhood.classifier)

    def shown(explanation: Explanation, most_samples: int | None = None) -> dict[str, str]:
        return {
            "text/html": html(explanation, ENGLISH, frame, most_samples),
            "text/plain": settledness_sentence(Reading.of(explanation), ENGLISH),
        }

    explanation = explanation_at(neighborhood, recipe, 1)  # the labels are there long before the rest
    handle = display(shown(explanation, recipe.most_samples), raw=True, display_id=True)
    try:
        for explanation in grow_explanation(photo, neighborhood, recipe):
            handle.update(shown(explanation, recipe.most_samples), raw=True)
    finally:  # interrupted, too, it no longer looks as if it went on
        handle.update(shown(explanation), raw=True)
    return explanation


def _enlarged(explanation: Explanation) -> Image.Image:
    """What the network sees, in the photo's own aspect ratio."""
    seen = draw_input(explanation.classifier.to_display(explanation.image))
    width, height = explanation.neighborhood.frame_size
    scale = SHORTEST_LONGEST_SIDE / max(width, height)
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    return seen.resize(shape, Image.Resampling.BICUBIC)


def _index(explanation: Explanation, label: int | str) -> int:
    for explained in explanation.labels:
        if label in (explained.index, explained.name, ENGLISH.class_name(explained.name)):
            return explained.index
    raise ArgumentError(
        "label must be one of {labels}, and is {value}.",
        labels=", ".join(f"{explained.name} ({explained.index})" for explained in explanation.labels),
        value=repr(label),
    )

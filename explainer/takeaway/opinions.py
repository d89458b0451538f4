"""Second opinions as files: their figures, their curves as a table, and their maps."""

import csv
import io
import json
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..judging.curves import Curves, other_way
from ..judging.opinions import Opinion, SecondOpinions
from ..judging.sanity import SanityCheck
from ..judging.smallest import SmallestSets
from ..lime.explanation import Explanation
from ..names import harmless_cell
from ..pictures.draw import DEFAULT_PALETTE, Palette, draw_heat, fit_frame, hide_regions
from ..pictures.encode import map_files
from ..recipe import Recipe
from ..words.language import Language
from ..words.opinions import cross_check_sentence, method_title, quality_sentence
from ..words.sentences import unsteady_sentence


def own_opinion(opinions: SecondOpinions) -> Opinion | None:
    """That on the picture at hand, which is LIME's, or else the best one; None where none was tested."""
    own = opinions.opinion("lime")
    return own if own is not None and own.curves is not None else opinions.best


def quality_sentences(opinions: SecondOpinions, language: Language) -> list[str]:
    """How good the picture at hand is, and whether that also holds hidden otherwise; none as long as that
    is not known.
    """
    own = own_opinion(opinions)
    if own is None or own.curves is None or opinions.chance is None:
        return []
    if twice := opinions.explanation.disagreement:  # the next time, the curves would be others
        return [unsteady_sentence(twice, twice.again, language)]
    label = opinions.explanation.label(opinions.label_index)
    sentences = [
        quality_sentence(own.curves, opinions.chance, label, language),
        cross_check_sentence(own, language),
    ]
    return [sentence for sentence in sentences if sentence]


def opinions_table(opinions: SecondOpinions, language: Language) -> list[list[str]]:
    """The methods and how good their maps are, in words: a heading, and a row for each.

    What a row ends with is whether it is the best, or why the method can't run.
    """
    _ = language.gettext
    rows = [[_("Method"), _("Pictures asked"), _("Insertion − deletion"), _("Hidden otherwise"), ""]]
    for opinion in opinions.opinions:
        tested = [opinion.curves, opinion.check]
        figures = [language.number(curves.gain, 2) if curves else "" for curves in tested]
        end = _("best") if opinion is opinions.best else ""
        if opinion.error is not None:
            end = language.error(opinion.error)
        passes = language.number(opinion.passes) if opinion.error is None else ""
        rows.append([method_title(opinion.method, language), passes, *figures, end])
    return rows


def opinions_json(
    opinions: SecondOpinions, sets: SmallestSets | None = None, sanity: SanityCheck | None = None
) -> str:
    """All figures of second opinions, as JSON.

    Parameters
    ----------
    opinions : SecondOpinions
        As far as they have come; what is not finished is null, or is not there.
    sets : SmallestSets, optional
        The smallest sets of the same label.
    sanity : SanityCheck, optional
        Whether the picture follows the network.

    Returns
    -------
    str
        Shares, probabilities and what is made of them are numbers. Regions are numbered from 0, as in
        ``explanation.json``.
    """
    explanation, best = opinions.explanation, opinions.best
    label = explanation.label(opinions.label_index)
    told = {
        "classifier": explanation.classifier.name,
        "fingerprint": explanation.classifier.fingerprint,
        "photo": explanation.neighborhood.photo_digest,
        "recipe": explanation.recipe.to_dict(),
        "num_samples": explanation.num_samples,
        "label": {
            "index": label.index,
            "wnid": label.wnid,
            "name": label.name,
            "probability": label.probability,
        },
        "hiding": {"curves": _hiding(explanation.recipe), "check": other_way(explanation.recipe)},
        "chance": _curves(opinions.chance),
        "centre": _curves(opinions.centre),
        "methods": [_opinion(opinion) for opinion in opinions.opinions],
        "best": best.method.name if best else None,
        "smallest_sets": asdict(sets) if sets else None,
        "agreement_with_random_weights": sanity.agreement if sanity else None,
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def curves_csv(opinions: SecondOpinions) -> str:
    """The points of all curves as CSV, one a row.

    The columns are ``method``, of which ``chance`` is a random order and ``centre`` the nearness to the
    middle; ``hiding``, what hidden pixels showed; ``share`` of the area, 0 to 1; and the label's probability
    with the most important share of the area hidden, ``deletion``, and with it alone shown, ``insertion``.
    """
    recipe = opinions.explanation.recipe
    own, other = _hiding(recipe), other_way(recipe)
    tested = [("chance", own, opinions.chance), ("centre", own, opinions.centre)]
    for opinion in opinions.opinions:
        tested += [(opinion.method.name, own, opinion.curves), (opinion.method.name, other, opinion.check)]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["method", "hiding", "share", "deletion", "insertion"])
    for name, hiding, curves in tested:
        if curves is not None:
            points = (curves.shares, curves.deletion, curves.insertion)
            for row in np.transpose(points).tolist():
                writer.writerow([name, harmless_cell(hiding), *row])
    return stream.getvalue()


def maps(opinions: SecondOpinions) -> dict[str, bytes]:
    """All heat maps as files, by their names: ``rise.npy`` as it is, ``rise-16-bit.png`` as grey."""
    files: dict[str, bytes] = {}
    for name, heat_map in _heat_maps(opinions).items():
        files |= map_files(name, heat_map)
    return files


def drawn_maps(
    opinions: SecondOpinions, sanity: SanityCheck | None = None, palette: Palette = DEFAULT_PALETTE
) -> dict[str, Image.Image]:
    """All heat maps drawn over the photo, by the methods' names; that of random weights is ``sanity``."""
    heat_maps = _heat_maps(opinions)
    if sanity is not None:
        heat_maps["sanity"] = sanity.explanation.heat_map(sanity.label_index)
    canvas = fit_frame(opinions.photo, opinions.explanation.classifier)
    return {name: draw_heat(canvas, heat_map, palette) for name, heat_map in heat_maps.items()}


def decisive_pictures(
    canvas: Image.Image, explanation: Explanation, sets: SmallestSets
) -> dict[str, Image.Image]:
    """What the classifier saw with the deciding regions alone, ``enough``, and ``without`` them; either is
    left out where there are none.
    """
    hidden = {}
    if sets.enough is not None:
        hidden["enough"] = set(range(explanation.num_superpixels)).difference(sets.enough.regions)
    if sets.without is not None:
        hidden["without"] = set(sets.without.regions)
    return {name: hide_regions(canvas, explanation.neighborhood, out) for name, out in hidden.items()}


def _heat_maps(opinions: SecondOpinions) -> dict[str, NDArray[np.float64]]:
    return {
        opinion.method.name: opinion.heat_map for opinion in opinions.opinions if opinion.heat_map is not None
    }


def _hiding(recipe: Recipe) -> str:
    """What hidden pixels show, in a word: a function's name, where it is one's own."""
    told = recipe.to_dict()["hide_color"]
    if isinstance(told, dict):
        return str(told["function"])
    return " ".join(map(repr, told)) if isinstance(told, tuple) else str(told)


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {
        "name": opinion.method.name,
        "title": opinion.method.title,
        "reference": opinion.method.reference,
        "passes": opinion.passes,
        "error": str(opinion.error) if opinion.error else None,
        "curves": _curves(opinion.curves),
        "check": _curves(opinion.check),
    }


def _curves(curves: Curves | None) -> dict[str, Any] | None:
    if curves is None:
        return None
    return {
        "gain": curves.gain,
        "half": curves.half,
        "shares": curves.shares.tolist(),
        "deletion": curves.deletion.tolist(),
        "insertion": curves.insertion.tolist(),
    }

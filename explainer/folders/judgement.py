"""How good the picture of one photo among many is, and which regions decide: the classifier is asked."""

from PIL import Image

from ..judging.curves import chance_curves, curves_of
from ..judging.inquiry import finish
from ..judging.smallest import smallest_sets
from ..lime.explanation import Explanation
from ..pictures.encode import jpeg
from ..takeaway.opinions import decisive_pictures
from .record import Judgement


def judgement_of(
    explanation: Explanation, label_index: int, small: Image.Image, place: str
) -> tuple[Judgement, dict[str, bytes]]:
    """Judge the picture of one label.

    Parameters
    ----------
    explanation : Explanation
        Of the photo.
    label_index : int
        A class' index, one of those explained.
    small : PIL.Image.Image
        What of the photo the classifier sees, as large as pictures of it are to be.
    place : str
        What the names of pictures begin with, from the folder of results on.

    Returns
    -------
    judgement : Judgement
    pictures : dict of str to bytes
        What the classifier saw with the deciding regions alone, and without them: by their places, JPEG.

    Raises
    ------
    ClassifierError
        The classifier failed.
    """
    tested = finish(curves_of(explanation, label_index, explanation.heat_map(label_index)))
    chance = finish(chance_curves(explanation, label_index))
    sets = finish(smallest_sets(explanation, label_index))
    pictures = decisive_pictures(small, explanation, sets)
    judgement = Judgement(
        tuple(tested.deletion.tolist()),
        tuple(tested.insertion.tolist()),
        tuple(chance.deletion.tolist()),
        explanation.num_superpixels,
        sets.enough,
        sets.without,
        **{f"{name}_picture": f"{place}{name}.jpg" for name in pictures},
    )
    return judgement, {f"{place}{name}.jpg": jpeg(shown, quality=85) for name, shown in pictures.items()}

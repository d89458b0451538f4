"""Results of photos that were never taken, with figures that are easy to check."""

from pathlib import Path

from PIL import Image, ImageDraw

from explainer.folders.record import GRID_SIDE, ExplainedLabel, Judgement, PhotoRecord
from explainer.folders.results import RECORD
from explainer.judging.smallest import SmallestSet
from explainer.lime.explanation import Label

MIDDLE = (4, 4)
LOWER_RIGHT = (8, 8)
HOSTILE_NAMES = (
    "<script>document.title = 'taken over'</script>.jpg",
    "\"><img src=x onerror=alert(1)>' #1 100%.jpg",
    "line\nbreak.jpg",
    "\u202egpj.evil.jpg",
    "{{ 7 * 7 }} {label} ねこ & 犬.jpg",
    '=HYPERLINK("http://example.com").jpg',
)


def a_grid(*cells: tuple[int, int]) -> tuple[float, ...]:
    """A focus that lies in these cells, row and column from 0, in equal parts."""
    marked = {row * GRID_SIDE + column for row, column in cells}
    return tuple(1 / len(marked) if i in marked else 0.0 for i in range(GRID_SIDE**2))


def a_label(name: str = "cat", place: str = "photos/a.jpg", **figures) -> ExplainedLabel:
    """A label, as explained as can be."""
    usual = {
        "index": 0,
        "wnid": "",
        "name": name,
        "probability": 0.8,
        "fidelity": 0.7,
        "stability": 0.95,
        "focus_only": 0.6,
        "focus_hidden": 0.1,
        "against_hidden": None,
        "contradicted": False,
        "focus": f"{place}/focus.png",
        "pros_cons": f"{place}/pros_cons.png",
        "focus_grid": a_grid(MIDDLE),
    }
    told = {**usual, **figures}
    return ExplainedLabel(**{"settled": told["stability"] >= 0.9, **told})


def a_judgement(half: float = 0.25, place: str = "photos/a.jpg") -> Judgement:
    """Of a picture whose first so much halves the probability, where half would by chance; two of seven
    regions are enough, and without none of them another label is on top.
    """
    falling = tuple(round(0.8 * max(0.0, 1 - share / 40 / half), 9) for share in range(21))
    return Judgement(
        deletion=falling,
        insertion=tuple(round(0.8 - value, 9) for value in falling),
        chance=tuple(round(0.8 * (1 - share / 20), 9) for share in range(21)),
        superpixels=7,
        enough=SmallestSet((1, 4), 0.6, Label(0, "", "cat", 0.6), True),
        without=None,
        enough_picture=f"{place}/enough.jpg",
    )


def a_record(photo: str = "a.jpg", said: str | None = "cat", truth: str = "", **figures) -> PhotoRecord:
    """A photo that was taken for something; `figures` are those of the label it was taken for."""
    place = "photos/" + photo.replace("\n", "_").replace('"', "_").replace("</", "_")
    error = "" if said else "This is no photo."
    return PhotoRecord(
        photo=photo,
        key=f"key of {photo}",
        classifier="made-up",
        num_samples=1000 if said else 0,
        thumbnail=f"{place}/thumbnail.jpg" if said else "",
        predicted=a_label(said, place, **figures) if said else None,
        truth=truth,
        true_label=a_label(truth, place, probability=0.1) if said and truth not in ("", said) else None,
        error=error,
    )


def write_pictures(records: list[PhotoRecord], folder: Path) -> None:
    """Write the pictures and records that a run over a folder would have left."""
    for number, record in enumerate(records):
        picture = Image.new("RGB", (64, 48), "white")
        ImageDraw.Draw(picture).rectangle((number, 8, number + 20, 40), fill="navy")
        place = folder / "photos" / f"{number}"
        place.mkdir(parents=True)
        (place / RECORD).write_text(record.to_json(), "utf-8")
        labels = [label for label in (record.predicted, record.true_label) if label]
        names = [record.thumbnail, *(name for label in labels for name in label.pictures)]
        for name in filter(None, names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            picture.save(folder / name)


RECORDS = [
    a_record("right 10.jpg", "cat", "cat", stability=0.5, probability=0.9),
    a_record("right 9.jpg", "cat", "cat", fidelity=0.1, probability=0.35),
    a_record("wrong.jpg", "cat", "dog", probability=0.6),
    a_record("surely wrong.jpg", "cat", "dog", probability=0.99),
    a_record("contradicted.jpg", "dog", "dog", contradicted=True),
    a_record("failed.jpg", None, "dog"),
]

"""Two folders of results against each other: which photo is which, what became of it, and what is written."""

import csv
import io
import itertools
import re
import shutil
import tracemalloc
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image, ImageDraw

from explainer import Classifier, Preprocessing, compare_results, explain_folder
from explainer.classifiers.preprocessing import WHOLE
from explainer.errors import ArgumentError, ExplainerError
from explainer.folders.comparison.attention import focus_in_common, read_attention
from explainer.folders.comparison.compare import PICTURES, TABLE
from explainer.folders.comparison.gallery import arrange, choose, notable, verdict
from explainer.folders.comparison.pairs import KINDS, compare_folders, match
from explainer.folders.record import Inside
from explainer.folders.results import RECORD
from explainer.words.language import Language
from tests.made_up_comparison import (
    KIND_OF,
    RECIPE,
    RIGHT,
    a_photo,
    write_attention,
    write_results,
    write_two,
)
from tests.made_up_results import HOSTILE_NAMES

ENGLISH = Language("en")


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of results with a photo of each kind."""
    return write_two(tmp_path)


def rows(path: Path) -> dict[str, dict[str, str]]:
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")  # by which Excel knows UTF-8
    read = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return {row["photo"]: row for row in read}


def photos(pairs) -> list[str]:
    return [pair.record.photo for pair in pairs]


def test_each_photo_is_of_its_kind_and_what_matters_comes_first(two: tuple[Path, Path]):
    found = compare_folders(*two)
    assert {pair.record.photo: pair.kind for pair in found.pairs} == KIND_OF
    assert photos(found.pairs) == list(KIND_OF)
    assert list(dict.fromkeys(KIND_OF.values())) == list(KINDS)
    assert (found.broken, found.fixed, found.still_wrong, found.elsewhere) == (1, 1, 1, 1)
    assert found.photos == 7
    assert found.judged == 5  # neither those that fail in one nor those of no class
    assert (found.accuracy_a, found.accuracy_b, found.difference) == (0.6, 0.6, 0)
    assert found.p_value == 1
    low, high = found.interval
    assert low == pytest.approx(-high)


def test_shares_and_scores_are_those_of_the_two(two: tuple[Path, Path]):
    pairs = {pair.record.photo: pair for pair in compare_folders(*two).pairs}
    assert pairs["elsewhere.jpg"].common == 0
    assert pairs["same.jpg"].common == pytest.approx(0.5)  # which is not below the threshold
    assert pairs["broken.jpg"].common == pytest.approx(1)
    # Of the true label where it is known: 0.8 as the answer, 0.1 as what would have been right.
    assert pairs["broken.jpg"].change == pytest.approx(0.1 - 0.8)
    assert pairs["fixed.jpg"].change == pytest.approx(0.8 - 0.1)
    # Else of what A said: which B did not explain.
    assert (pairs["unknown.jpg"].score_a, pairs["unknown.jpg"].score_b) == (0.8, None)
    assert pairs["failed.jpg"].common is pairs["failed.jpg"].change is None


def test_mistakes_appear_and_vanish(two: tuple[Path, Path]):
    found = compare_folders(*two)

    def told(confusions):
        return {(truth.name, said.name, times) for truth, said, times in confusions}

    assert told(found.appeared) == {("cat", "dog", 1), ("cat", "bird", 1)}
    assert told(found.vanished) == {("cat", "dog", 2)}


def test_what_is_not_settled_is_not_said_to_look_elsewhere(tmp_path: Path):
    a = write_results(tmp_path / "a", [a_photo(name) for name in ("steady.jpg", "shaky.jpg")])
    b = [(a_photo("steady.jpg", stability=0.8), RIGHT), (a_photo("shaky.jpg", stability=0.79), RIGHT)]
    found = compare_folders(a, write_results(tmp_path / "b", b))
    assert [(pair.record.photo, pair.kind, pair.common) for pair in found.pairs] == [
        ("steady.jpg", "elsewhere", 0),
        ("shaky.jpg", "same", 0),
    ]
    assert "In 1 of 2 photos the focus is not settled enough" in " ".join(notable(found, ENGLISH))


def test_a_photo_that_was_sorted_anew_is_neither_broken_nor_fixed(tmp_path: Path):
    a = write_results(tmp_path / "a", [a_photo("mine.jpg")])
    moved = a_photo("mine.jpg", said="cat", truth="dog")
    found = compare_folders(a, write_results(tmp_path / "b", [(moved, RIGHT)]))
    (pair,) = found.pairs
    assert (pair.kind, pair.rights, found.judged, found.broken) == ("elsewhere", None, 0, 0)
    assert (pair.score_a, pair.score_b) == (0.8, 0.8)  # of the answer, which is the same
    assert "1 of 1 photos belong to another class in B than in A" in " ".join(notable(found, ENGLISH))


def test_the_table_has_a_row_a_photo(two: tuple[Path, Path], tmp_path: Path):
    found = compare_results(*two, tmp_path / "out")
    assert found.table == tmp_path / "out" / TABLE
    told = rows(found.table)
    assert list(told) == list(KIND_OF)
    broken = told["broken.jpg"]
    assert (broken["kind"], broken["truth"], broken["matched_by"]) == ("broken", "cat", "content")
    assert (broken["a_predicted"], broken["a_right"]) == ("cat", "yes")
    assert (broken["b_predicted"], broken["b_right"]) == ("dog", "no")
    assert (float(broken["a_score"]), float(broken["b_score"])) == (0.8, 0.1)
    assert float(broken["score_change"]) == pytest.approx(-0.7)
    assert float(told["same.jpg"]["focus_in_common"]) == pytest.approx(0.5)
    assert told["failed.jpg"]["b_error"] == "This is no photo."
    assert told["unknown.jpg"]["a_right"] == ""
    assert (told["only in a.jpg"]["a_photo"], told["only in a.jpg"]["b_photo"]) == ("only in a.jpg", "")


def test_it_can_be_moved_and_needs_neither_folder(two: tuple[Path, Path], tmp_path: Path):
    page = compare_results(*two, tmp_path / "out").gallery.read_text("utf-8")
    for folder in two:
        shutil.rmtree(folder)
    moved = (tmp_path / "out").rename(tmp_path / "moved")
    sources = re.findall(r'src="([^"]+)"', page)
    assert len(sources) == 9 + 8 + 7  # each photo, and each focus there is
    for source in sources:
        with Image.open(moved / unquote(unescape(source))) as picture:
            picture.load()
    assert str(tmp_path) not in page
    assert "B is right in 3 of 5 photos (60.0%), A in 3 (60.0%)." in page


def test_the_page_has_what_the_script_sorts_and_filters_by(two: tuple[Path, Path], tmp_path: Path):
    page = compare_results(*two, tmp_path / "out").gallery.read_text("utf-8")
    assert re.findall(r'data-kinds="(\w+)"', page) == list(KIND_OF.values())
    for order in re.findall(r'<option value="(\w+)">', page.partition('id="show"')[0]):
        assert sorted(map(int, re.findall(rf' data-{order}="(\d+)"', page))) == list(range(9))
    assert [text for text in re.findall(r'<option value="\w+">([^<]+)</option>', page) if "(" in text] == [
        "All photos (9)",
        "Broken (1)",
        "Fixed (1)",
        "Still wrong (1)",
        "Right, but looks elsewhere (1)",
        "Another answer (1)",
        "The same (1)",
        "Not explained in one or both (1)",
        "Only in one of them (2)",
    ]


def test_pairs_are_put_in_order_and_found(two: tuple[Path, Path]):
    pairs = compare_folders(*two).pairs
    assert photos(arrange(pairs, "lost"))[0] == "broken.jpg"
    assert photos(arrange(pairs, "gained"))[0] == "fixed.jpg"
    assert photos(arrange(pairs, "common"))[:2] == ["elsewhere.jpg", "same.jpg"]
    assert photos(arrange(pairs, "name"))[:2] == ["broken.jpg", "elsewhere.jpg"]
    assert photos(choose(pairs, ENGLISH, "still_wrong")) == ["still wrong.jpg"]
    assert photos(choose(pairs, ENGLISH, label="bird")) == ["still wrong.jpg"]
    assert photos(choose(pairs, ENGLISH, words="ONLY b")) == ["only in b.jpg"]


def test_a_photo_that_was_renamed_or_moved_is_found_by_its_content():
    a = [a_photo("cats/a.jpg", content="1"), a_photo("b.jpg", content="2"), a_photo("c.jpg", content="3")]
    b = [
        a_photo("felines/a 2.jpg", content="1"),
        a_photo("b.jpg", content="4"),
        a_photo("d.jpg", content="3"),
    ]
    assert [tuple(record and record.photo for record in pair) for pair in match(a, b)] == [
        ("b.jpg", "b.jpg"),
        ("c.jpg", "d.jpg"),
        ("cats/a.jpg", "felines/a 2.jpg"),
    ]


def test_photos_with_the_same_content_are_told_apart_by_their_paths():
    a = [a_photo(name, content="same") for name in ("x/1.jpg", "x/2.jpg", "x/10.jpg")]
    b = [a_photo(name, content="same") for name in ("y/3.jpg", "x/2.jpg", "y/20.jpg", "y/30.jpg")]
    found = {(one and one.photo, other and other.photo) for one, other in match(a, b)}
    assert found == {
        ("x/2.jpg", "x/2.jpg"),
        ("x/1.jpg", "y/3.jpg"),
        ("x/10.jpg", "y/20.jpg"),
        (None, "y/30.jpg"),
    }


def test_records_of_an_older_version_are_found_by_path_and_that_is_said(tmp_path: Path):
    old = {"content": "", "frame": None, "fingerprint": ""}
    a = write_results(tmp_path / "a", [a_photo("1.jpg", **old), a_photo("2.jpg", **old)])
    b = write_results(tmp_path / "b", [a_photo("1.jpg"), a_photo("moved/2.jpg")])
    found = compare_folders(a, b)
    (same, *alone) = found.pairs
    assert (same.record.photo, same.same_file, [pair.kind for pair in alone]) == (
        "1.jpg",
        None,
        ["alone"] * 2,
    )
    assert "1 of 3 photos were found by their path alone" in " ".join(notable(found, ENGLISH))
    # The two thumbnails are the same, so both classifiers see the same of the photo.
    assert same.common == pytest.approx(1)
    Image.new("RGB", (48, 48)).save(b / same.b.thumbnail)
    same = compare_folders(a, b).pairs[0]
    assert (same.common, same.doubt) == (None, "frame")


def test_another_file_of_that_name_is_not_taken_for_the_same(tmp_path: Path):
    a = write_results(tmp_path / "a", [a_photo("1.jpg", content="before")])
    b = write_results(tmp_path / "b", [a_photo("1.jpg", content="after")])
    found = compare_folders(a, b)
    assert (found.pairs[0].common, found.pairs[0].doubt, found.pairs[0].same_file) == (None, "file", False)
    assert "1 of 1 photos have the same path, but the files differ" in " ".join(notable(found, ENGLISH))


DAMAGE = {
    "no explanation": lambda place: (place / "explanation.json").unlink(),
    "no segments": lambda place: (place / "segments.png").unlink(),
    "no JSON": lambda place: (place / "explanation.json").write_bytes(b"{"),
    "another kind of JSON": lambda place: (place / "explanation.json").write_text("[1]"),
    "no picture": lambda place: (place / "segments.png").write_bytes(b"\x89PNG\r\n\x1a\n"),
    "more regions than weights": lambda place: Image.fromarray(np.full((4, 4), 9, np.uint16)).save(
        place / "segments.png"
    ),
    "a focus that is nowhere": lambda place: Image.fromarray(np.zeros((4, 4), np.uint16)).save(
        place / "segments.png"
    ),
    "weights in words": lambda place: (place / "explanation.json").write_text(
        (place / "explanation.json").read_text().replace("0.5", '"much"')
    ),
    "weights without a number": lambda place: (place / "explanation.json").write_text(
        (place / "explanation.json").read_text().replace("0.5", "NaN")
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_explanation_leaves_one_share_unknown_and_nothing_else(damage: str, tmp_path: Path):
    records = [a_photo("1.jpg"), a_photo("2.jpg")]
    a, b = (write_results(tmp_path / name, records) for name in "ab")
    DAMAGE[damage]((b / records[0].thumbnail).parent)
    found = compare_results(a, b, tmp_path / "out")
    assert [(pair.record.photo, pair.common, pair.doubt) for pair in found.pairs] == [
        ("1.jpg", None, "damaged"),
        ("2.jpg", pytest.approx(1), ""),
    ]
    assert "In 1 of 2 photos the explanation is missing or damaged" in found.gallery.read_text("utf-8")
    assert rows(found.table)["1.jpg"]["focus_not_compared"] == "damaged"
    assert (found.accuracy_a, found.accuracy_b) == (1, 1)


def test_what_differs_is_said(tmp_path: Path):
    other = {"segmentation": {"method": "slic", "n_segments": 9}, "seed": 7}
    a = write_results(tmp_path / "a", [a_photo("1.jpg")])
    b = write_results(tmp_path / "b", [a_photo("1.jpg", fingerprint="g", classifier="mended")], other)
    found = compare_folders(a, b)
    assert found.changes == [("segmentation.n_segments", 4, 9), ("seed", 0, 7)]
    assert (found.a.classifier, found.b.classifier) == ("made-up", "mended")
    assert (found.a.fingerprint, found.b.fingerprint) == ("f", "g")
    assert not found.b.is_mixed
    alike = compare_results(a, write_results(tmp_path / "c", [a_photo("1.jpg")]), tmp_path / "out")
    assert alike.changes == []
    assert "Classifier and recipe are the same." in alike.gallery.read_text("utf-8")


def test_a_folder_of_two_recipes_says_so(tmp_path: Path):
    a = write_results(tmp_path / "a", [a_photo(f"{i}.jpg") for i in range(3)])
    b = write_results(tmp_path / "b", [a_photo(f"{i}.jpg") for i in range(3)])
    write_attention(b, a_photo("2.jpg"), recipe=RECIPE | {"seed": 7})
    found = compare_results(a, b, tmp_path / "out")
    assert (found.a.is_mixed, found.b.is_mixed) == (False, True)
    assert found.changes == []
    told = "The photos of B were explained by several classifiers or recipes, of which the most frequent"
    assert [sentence for sentence in notable(found, ENGLISH) if "several" in sentence] == [
        f"{told} counts as that of B."
    ]
    assert found.gallery.read_text("utf-8").count(told) == 1


def test_the_focus_moves_inside_the_object(tmp_path: Path):
    def inside(share: float) -> Inside:
        return Inside(share, share, share > 0.5)

    shares = {"1.jpg": (0.1, 0.7), "2.jpg": (0.3, 0.8), "3.jpg": (0.2, 0.9)}
    a = [a_photo(photo, inside=inside(before)) for photo, (before, _) in shares.items()]
    b = [a_photo(photo, inside=inside(after)) for photo, (_, after) in shares.items()]
    found = compare_folders(
        write_results(tmp_path / "a", [*a, a_photo("4.jpg")]),
        write_results(tmp_path / "b", [*b, a_photo("4.jpg")]),
    )
    assert (found.inside_a, found.inside_b) == (pytest.approx(0.2), pytest.approx(0.8))
    assert (found.inside_change, found.inside_photos) == (pytest.approx(0.6), 3)
    assert found.inside_interval == pytest.approx(
        (0.6 - 4.302653 * 0.1 / 3**0.5, 0.6 + 4.302653 * 0.1 / 3**0.5)
    )
    assert "80% of B’s focus lies inside it and 20% of A’s" in notable(found, ENGLISH)[0]


def test_more_than_chance_is_called_so_and_chance_is_not(tmp_path: Path):
    def verdict_of(name: str, broken: int, fixed: int) -> str:
        a = [a_photo(f"{i}.jpg", "cat" if i < broken or i >= broken + fixed else "dog") for i in range(30)]
        b = [a_photo(f"{i}.jpg", "dog" if i < broken else "cat") for i in range(30)]
        found = compare_folders(
            write_results(tmp_path / name / "a", a), write_results(tmp_path / name / "b", b)
        )
        return verdict(found, ENGLISH)[-1]

    assert verdict_of("better", 1, 10).endswith(
        "So B is better on photos like these, and that is hardly chance."
    )
    assert "in 1.2% of comparisons (McNemar’s exact test, p = 0.012)" in verdict_of("again", 1, 10)
    assert verdict_of("worse", 8, 0).endswith(
        "So B is worse on photos like these, and that is hardly chance."
    )
    assert verdict_of("chance", 3, 5).endswith("So the difference may well be chance.")
    assert (
        verdict_of("nothing", 0, 0)
        == "No photo is broken, and none is fixed: both are right about the same ones."
    )


def test_names_do_nothing(tmp_path: Path):
    records = [a_photo(name, "dog", "<b>cat</b>") for name in HOSTILE_NAMES]
    a, b = (write_results(tmp_path / name, records) for name in ("<i>a</i>", "b"))
    found = compare_results(a, b, tmp_path / "out")
    page = found.gallery.read_text("utf-8")
    assert "<script>document" not in page
    assert "<img src=x" not in page
    assert "<i>a" not in page
    assert "<b>cat" not in page
    assert not any(name[:1] in "=+-@" for name in rows(found.table))


def test_it_is_written_again_and_what_is_old_is_gone(two: tuple[Path, Path], tmp_path: Path):
    out = tmp_path / "out"
    compare_results(*two, out)
    before = len(list((out / PICTURES).iterdir()))
    for place in (two[0] / "photos").glob("*/" + RECORD):
        if '"broken.jpg"' in place.read_text("utf-8"):
            place.unlink()
    found = compare_results(*two, out, language="ja")
    assert found.broken == 0
    assert len(list((out / PICTURES).iterdir())) == before - 1
    assert {path.name for path in out.iterdir()} == {PICTURES, TABLE, "index.html"}
    assert '<html lang="ja">' in found.gallery.read_text("utf-8")


def test_nothing_of_anybodys_is_written_over(two: tuple[Path, Path], tmp_path: Path, raises_sentence):
    a, b = two
    for out in (a, b, a / "deeper" / "out"):
        with raises_sentence(ExplainerError, "belongs to the results in"):
            compare_results(a, b, out)
    (tmp_path / "home" / PICTURES).mkdir(parents=True)
    with raises_sentence(ExplainerError, "holds something else than a comparison"):
        compare_results(a, b, tmp_path / "home")
    with raises_sentence(ExplainerError, "Both are the same folder"):
        compare_results(a, a / "photos" / "..", tmp_path / "out")
    with raises_sentence(ExplainerError, "There are no results of a folder of photos in"):
        compare_results(a, tmp_path / "home", tmp_path / "out")
    with raises_sentence(ArgumentError, "language must be"):
        compare_results(a, b, tmp_path / "out", language="fr")
    assert not (tmp_path / "out").exists()


def spread(cells: list[list[float]]) -> np.ndarray:
    return np.array(cells, float) / np.sum(cells)


def test_the_share_in_common_is_that_of_the_overlap():
    whole = (0.0, 0.0, 1.0, 1.0)
    left, right, all_over = spread([[1, 0], [1, 0]]), spread([[0, 1], [0, 1]]), spread([[1, 1], [1, 1]])
    assert focus_in_common(left, left, whole, whole) == pytest.approx(1)
    assert focus_in_common(left, right, whole, whole) == 0
    assert focus_in_common(left, all_over, whole, whole) == pytest.approx(0.5)
    # As large as it likes: three columns against two.
    assert focus_in_common(left, spread([[1, 0, 0]]), whole, whole) == pytest.approx(2 / 3)
    assert focus_in_common(spread([[3, 1]]), spread([[1, 3]]), whole, whole) == pytest.approx(0.5)


def test_a_crop_is_laid_where_it_is_in_the_photo():
    whole, middle = (0.0, 0.0, 1.0, 1.0), (0.25, 0.0, 0.75, 1.0)
    padded = (0.0, -0.5, 1.0, 1.5)
    second_quarter = spread([[0, 1, 0, 0]])
    assert focus_in_common(second_quarter, spread([[1, 0]]), whole, middle) == pytest.approx(1)
    assert focus_in_common(spread([[1, 0]]), second_quarter, middle, whole) == pytest.approx(1)
    assert focus_in_common(second_quarter, spread([[0, 1]]), whole, middle) == 0
    assert focus_in_common(spread([[1, 0, 0, 0]]), spread([[1, 1]]), whole, middle) == 0
    # What is padded holds the photo in its second and third row; what looks at the padding looks elsewhere.
    rows_of_padded = spread([[0], [1], [1], [0]])
    assert focus_in_common(spread([[1]]), rows_of_padded, whole, padded) == pytest.approx(1)
    assert focus_in_common(spread([[1]]), spread([[1], [1], [1], [1]]), whole, padded) == pytest.approx(0.5)
    assert focus_in_common(spread([[1]]), spread([[1], [0], [0], [0]]), whole, padded) == 0


def redness(batch: np.ndarray) -> np.ndarray:
    """Whether there is anything red."""
    red = (batch[..., 0] - batch[..., 1:].max(axis=-1)).clip(0).mean(axis=(1, 2))
    share = 1 / (1 + np.exp(2 - 400 * red))
    return np.stack([1 - share, share], axis=1)


def test_classifiers_that_frame_a_photo_differently_are_laid_over_each_other(tmp_path: Path):
    """One sees a wide photo stretched, others its middle or all of it with black above and below."""
    noise = np.random.RandomState(0).randint(90, 160, (96, 192, 1)).astype(np.uint8)
    wide = Image.fromarray(np.repeat(noise, 3, axis=2))
    ImageDraw.Draw(wide).ellipse((54, 6, 82, 34), fill=(230, 40, 40))
    (tmp_path / "in").mkdir()
    wide.save(tmp_path / "in" / "wide.png")
    boxes = {"stretch": (0, 0, 1, 1), "crop": (0.25, 0, 0.75, 1), "pad": (0, -0.5, 1, 1.5)}
    for resize in boxes:
        preprocessing = Preprocessing((96, 96), offset=0.0, scale=255.0, resize=resize)
        classifier = Classifier.from_function(
            redness,
            input_size=(96, 96),
            class_names=["grey", "red"],
            preprocess=preprocessing,
            name=resize,
            fingerprint=resize,
        )
        explain_folder(tmp_path / "in", tmp_path / resize, classifier, num_samples=256)
    for one, other in itertools.combinations(boxes, 2):
        (pair,) = compare_folders(tmp_path / one, tmp_path / other).pairs
        assert (pair.a.frame, pair.b.frame) == (pytest.approx(boxes[one]), pytest.approx(boxes[other]))
        assert pair.common > 0.5, (one, other)
        focuses = [
            read_attention(tmp_path / name, record).focus for name, record in ((one, pair.a), (other, pair.b))
        ]
        assert pair.common > 2 * focus_in_common(*focuses, WHOLE, WHOLE), "as if both saw the same"


@pytest.mark.slow
def test_five_thousand_photos_take_little_memory(tmp_path: Path):
    number = 5000
    plain = {"focus": "", "pros_cons": ""}
    for name, said in (("a", "cat"), ("b", "dog")):
        (tmp_path / name / "photos").mkdir(parents=True)
        for i in range(number):
            record = a_photo(f"{i}.jpg", said if i % 2 else "cat", **plain)
            place = tmp_path / name / "photos" / str(i)
            place.mkdir()
            (place / RECORD).write_text(record.to_json(), "utf-8")
    tracemalloc.start()
    found = compare_results(tmp_path / "a", tmp_path / "b", tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.photos, found.broken) == (number, number // 2)
    assert peak < 400e6
    assert len(rows(found.table)) == number

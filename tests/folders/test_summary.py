"""The table of a folder's results, and reading the results again."""

import csv
import dataclasses
import io
import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from explainer.errors import ExplainerError
from explainer.folders.gallery.document import gallery
from explainer.folders.record import PhotoRecord
from explainer.folders.results import RECORD, read_records
from explainer.folders.summary import SUMMARY, summary, write_summary
from explainer.words.language import Language
from tests.made_up_results import HOSTILE_NAMES, a_judgement, a_label, a_record, write_pictures


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_there_is_one_row_a_photo_with_its_figures(tmp_path: Path):
    records = [
        a_record("dogs/b.jpg", "cat", "dog", contradicted=True, stability=0.5, against_hidden=0.85),
        a_record("cats/a.jpg", "cat", "cat"),
        a_record("c.jpg", None),
    ]
    path = write_summary(records, tmp_path / "new folder")
    assert path == tmp_path / "new folder" / SUMMARY
    wrong, right, failed = rows(path.read_bytes())
    assert wrong["photo"] == "dogs/b.jpg"
    assert (wrong["predicted"], wrong["truth"], wrong["right"]) == ("cat", "dog", "no")
    assert (wrong["settled"], wrong["contradicted"], wrong["truth_contradicted"]) == ("no", "yes", "no")
    assert float(wrong["probability"]) == 0.8
    assert float(wrong["truth_probability"]) == 0.1
    assert float(wrong["focus_hidden"]) == 0.1
    assert float(wrong["against_hidden"]) == 0.85
    assert (right["right"], right["settled"], right["against_hidden"]) == ("yes", "yes", "")
    assert right["truth_probability"] == ""
    assert (failed["predicted"], failed["right"], failed["error"]) == ("", "", "This is no photo.")


def test_what_was_judged_has_figures_and_the_rest_has_none():
    records = [a_record("a.jpg", "cat", "dog", judged=a_judgement()), a_record("b.jpg", "cat")]
    judged, other = rows(summary(records))
    found = records[0].predicted.judged
    assert float(judged["gain"]) == found.curves.gain == pytest.approx(0.4)
    assert float(judged["half"]) == found.curves.half == pytest.approx(0.25)
    assert float(judged["half_by_chance"]) == found.chance_curves.half == pytest.approx(0.5)
    assert (judged["enough"], judged["without"]) == ("2", "")
    columns = ("gain", "half", "half_by_chance", "enough", "without")
    assert {judged[f"truth_{name}"] for name in columns} | {other[name] for name in columns} == {""}


def test_without_photos_there_is_the_heading():
    assert rows(summary([])) == []
    assert summary([]).startswith(b"\xef\xbb\xbfphoto,predicted,")


def test_excel_reads_japanese():
    record = a_record("写真/ねこ.jpg", "猫")
    content = summary([record])
    assert content.startswith(b"\xef\xbb\xbf")  # by which Excel knows UTF-8
    assert (rows(content)[0]["photo"], rows(content)[0]["predicted"]) == ("写真/ねこ.jpg", "猫")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", " =", "＝", "\t=", "\n+"])
def test_no_cell_is_taken_for_a_formula(sign: str):
    record = a_record(f"{sign}cmd|' /C calc'!A1", f"{sign}1+1")
    (row,) = rows(summary([record]))
    for cell in (row["photo"], row["predicted"]):
        assert cell.startswith("'")
    assert not any(ord(character) < 32 for cell in row.values() for character in cell)


def test_a_number_below_zero_stays_a_number():
    (row,) = rows(summary([a_record(fidelity=-0.25)]))
    assert float(row["fidelity"]) == -0.25


def test_hostile_names_stay_one_row_each():
    found = rows(summary([a_record(name) for name in HOSTILE_NAMES] + [a_record("half \udcff.jpg")]))
    assert len(found) == len(HOSTILE_NAMES) + 1
    assert found[2]["photo"] == "line�break.jpg"
    assert found[-1]["photo"] == "half �.jpg"


def test_where_it_cannot_be_written_the_old_table_stays(tmp_path: Path, raises_sentence):
    (tmp_path / SUMMARY).mkdir()
    with raises_sentence(ExplainerError, "can't be written"):
        write_summary([a_record()], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [SUMMARY]


def test_records_are_read_again_in_the_order_of_their_names(tmp_path: Path):
    records = [a_record(f"photo {number}.jpg", "cat", "dog") for number in (10, 2, 1)]
    write_pictures(records, tmp_path)
    found = read_records(tmp_path)
    assert [record.photo for record in found] == ["photo 1.jpg", "photo 2.jpg", "photo 10.jpg"]
    assert found == sorted(records, key=lambda record: len(record.photo) * 100 + ord(record.photo[6]))


def damaged_records() -> dict[str, bytes]:
    whole = json.loads(a_record().to_json())
    predicted = dataclasses.asdict(a_label())

    def changed(**values) -> bytes:
        return json.dumps({**whole, **values}).encode()

    def judged(**values) -> bytes:
        figures = {**dataclasses.asdict(a_judgement()), **values}
        return changed(predicted={**predicted, "judged": figures})

    return {
        "empty": b"",
        "cut off": a_record().to_json().encode()[:200],
        "no object": b"[1, 2]",
        "no text": b"\xff\xfe\x00",
        "another format": changed(format=2),
        "more than there is": changed(surprise=1),
        "a name that is a number": changed(photo=7),
        "a probability in words": changed(predicted={**predicted, "probability": "much"}),
        "a grid of another size": changed(predicted={**predicted, "focus_grid": [1.0, 0.0]}),
        "a grid of words": changed(predicted={**predicted, "focus_grid": ["a"] * 81}),
        "a curve that ends early": judged(deletion=[1.0, 0.0]),
        "a curve in words": judged(chance=["much"] * 21),
        "a set without its label": judged(enough={"regions": [1]}),
        "a picture that is a number": judged(enough_picture=3),
        "a frame of three edges": changed(frame=[0.0, 0.0, 1.0]),
        "a frame around nothing": changed(frame=[0.5, 0.0, 0.5, 1.0]),
    }


@pytest.mark.parametrize("damage", damaged_records())
def test_a_damaged_record_is_left_out_and_the_log_says_so(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    write_pictures([a_record("whole.jpg")], tmp_path)
    (tmp_path / "photos" / "damaged").mkdir()
    (tmp_path / "photos" / "damaged" / "record.json").write_bytes(damaged_records()[damage])
    with caplog.at_level(logging.WARNING):
        assert [record.photo for record in read_records(tmp_path)] == ["whole.jpg"]
    assert "damaged" in caplog.text


BEFORE_RECIPES = {
    "format": 1, "photo": "cats/a.jpg", "key": "0123abcd", "classifier": "efficientnet-lite0",
    "num_samples": 320, "thumbnail": "photos/cats/a.jpg/thumbnail.jpg",
    "predicted": {
        "index": 281, "wnid": "n02123045", "name": "tabby", "probability": 0.61, "fidelity": 0.72,
        "stability": 0.93, "focus_only": 0.55, "focus_hidden": 0.08, "against_hidden": None,
        "contradicted": False, "focus": "photos/cats/a.jpg/focus.png",
        "pros_cons": "photos/cats/a.jpg/pros_cons.png", "focus_grid": [1.0] + 80 * [0.0],
    },
    "truth": "tiger cat",
    "true_label": {
        "index": 282, "wnid": "n02123159", "name": "tiger_cat", "probability": 0.21, "fidelity": 0.5,
        "stability": 0.89, "focus_only": 0.1, "focus_hidden": 0.02, "against_hidden": 0.3,
        "contradicted": False, "focus": "photos/cats/a.jpg/true_focus.png",
        "pros_cons": "photos/cats/a.jpg/true_pros_cons.png", "focus_grid": [],
    },
    "error": "",
}  # fmt: skip


def test_a_record_of_an_older_version_still_opens(tmp_path: Path):
    place = tmp_path / "photos" / "cats" / "a.jpg"
    place.mkdir(parents=True)
    (place / RECORD).write_text(json.dumps(BEFORE_RECIPES), "utf-8")
    (record,) = read_records(tmp_path)
    assert (record.predicted.settled, record.true_label.settled) == (True, False)
    told = json.loads(record.to_json())
    for label in (told["predicted"], told["true_label"]):
        del label["settled"], label["settledness"], label["judged"], label["inside"]
    unknown = {"notes": [], "regions": 0, "regions_found": 0, "asked_twice": None, "content": ""}
    unknown |= {"fingerprint": "", "metadata": {}, "object_area": None, "outline": "", "frame": None}
    unknown |= {"outline_aspect": None}
    assert told == BEFORE_RECIPES | unknown
    assert [row["settled"] for row in rows(summary([record]))] == ["yes"]
    page = gallery([record], Language("en"), "Cats")
    assert "It said “tabby” because of this" in page
    assert "photos/cats/a.jpg/true_focus.png" in page


def test_what_is_being_written_is_not_read(tmp_path: Path):
    unfinished = tmp_path / "photos" / ".unfinished-1"
    unfinished.mkdir(parents=True)
    (unfinished / "record.json").write_text(a_record().to_json(), "utf-8")
    assert read_records(tmp_path) == []
    assert read_records(tmp_path / "nowhere") == []


def test_a_record_is_the_same_after_writing_and_reading():
    framed = replace(a_record("c.jpg"), frame=(0.25, 0.0, 0.75, 1.0))
    for record in (a_record("a.jpg", "cat", "dog", judged=a_judgement()), a_record("b.jpg", None), framed):
        assert PhotoRecord.from_json(record.to_json()) == record

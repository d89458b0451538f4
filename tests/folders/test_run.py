import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import (
    ArgumentError,
    ExplainerError,
    Recipe,
    WeightsError,
    explain,
    explain_folder,
    load_photo,
)
from explainer.folders.focus_map import part_shares
from explainer.folders.gallery.document import gallery
from explainer.folders.results import read_records
from explainer.folders.summary import summary
from explainer.judging.curves import chance_curves, curves_of
from explainer.judging.evidence import Question
from explainer.judging.inquiry import finish
from explainer.judging.smallest import smallest_sets
from explainer.lime.explain import with_label
from explainer.pictures.draw import draw_reading, fit_photo
from explainer.reading import Reading
from explainer.words.language import Language
from tests.folders.conftest import EACH, SAMPLES, SETTINGS, WRONG
from tests.folders.painted import COLOURS, a_disc
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, UnsteadyClassifier, a_photo

LOWER_RIGHT = 8  # of the nine parts
ONE_PHOTO = {
    "explanation.json", "focus.png", "preprocessed.png", "pros_cons.png", "record.json", "segments.png",
    "thumbnail.jpg",
}  # fmt: skip
WRONG_PHOTO = ONE_PHOTO | {"true_focus.png", "true_pros_cons.png"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def a_folder(path: Path, **photos: Image.Image) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, photo in photos.items():
        photo.save(path / f"{name}.png")
    return path


class Unlucky(LinearClassifier):
    """Fails so many times at the whole photo, as if memory ran out."""

    def __init__(self, failures: int, error: Exception) -> None:
        super().__init__(Grid(2, 2))
        self.failures = failures
        self.error = error

    def predict(self, batch, precision="exact"):
        if self.failures and len(batch) == 1:
            self.failures -= 1
            raise self.error
        return super().predict(batch, precision)


@pytest.mark.slow
class TestSixtyPhotos:
    def test_what_is_written(self, reference, photos):
        assert names(reference) == {"index.html", "summary.csv", "photos"}
        assert names(reference / "photos") == set(COLOURS)
        assert names(reference / "photos" / "green_disc" / "7.png") == ONE_PHOTO
        assert names(reference / "photos" / "red_disc" / "0.png") == WRONG_PHOTO

    def test_each_record_says_what_explain_says(self, reference, photos, colours):
        records = {record.photo: record for record in read_records(reference)}
        assert len(records) == 3 * EACH
        record = records["blue_disc/4.png"]
        photo = load_photo(photos / record.photo)
        explanation = explain(photo, colours, **SETTINGS)
        label = explanation.labels[0]
        answers = Reading.of(explanation).evidence
        assert (record.classifier, record.num_samples) == ("colours", SAMPLES)
        assert (record.truth, record.true_label, record.error) == ("blue_disc", None, "")
        found = record.predicted
        assert (found.index, found.name) == (label.index, "blue_disc")
        assert found.probability == label.probability
        assert found.fidelity == label.fidelity
        assert found.stability == explanation.stability(label.index)
        assert found.focus_only == answers.answer(Question.FOCUS_ONLY).probability
        assert found.focus_hidden == answers.answer(Question.FOCUS_HIDDEN).probability
        against = answers.answer(Question.AGAINST_HIDDEN)
        assert found.against_hidden == (against and against.probability)
        assert not found.contradicted
        with Image.open(reference / found.focus) as picture:
            drawn, _ = draw_reading(fit_photo(photo), Reading.of(explanation))
            assert picture.tobytes() == drawn.tobytes()
        with Image.open(reference / record.thumbnail) as picture:
            assert (picture.format, picture.size) == ("JPEG", (320, 320))
        written = json.loads((reference / found.focus).with_name("explanation.json").read_text("utf-8"))
        assert written["labels"][0]["weights"] == label.weights.tolist()

    def test_the_wrong_ones_come_first_and_the_true_label_is_explained(self, reference, photos, colours):
        again = explain_folder(photos, reference, colours, **SETTINGS)
        assert again.reused == 3 * EACH
        assert [record.photo for record in again.records[:WRONG]] == [
            f"red_disc/{i}.png" for i in range(WRONG)
        ]
        assert [record.is_wrong for record in again.records] == [True] * WRONG + [False] * (3 * EACH - WRONG)
        for record in again.records[:WRONG]:
            assert record.predicted.name == "green_disc"
            assert (record.truth, record.true_label.name) == ("red_disc", "red_disc")
            photo = load_photo(photos / record.photo)
            explanation = with_label(explain(photo, colours, **SETTINGS, top_labels=1), 0)
            assert record.true_label.fidelity == explanation.label(0).fidelity
            with Image.open(reference / record.true_label.pros_cons) as picture:
                _, drawn = draw_reading(fit_photo(photo), Reading.of(explanation, 0))
                assert picture.tobytes() == drawn.tobytes()

    def test_a_watermark_is_exposed(self, tmp_path, watermark):
        for i in range(4):
            a_folder(tmp_path / "in" / "blue_disc", **{f"marked{i}": a_disc("blue_disc", i, mark=True)})
            a_folder(tmp_path / "in" / "red_disc", **{f"plain{i}": a_disc("red_disc", i)})
        a_folder(tmp_path / "in" / "blue_disc", plain=a_disc("blue_disc", 9))
        a_folder(tmp_path / "in" / "red_disc", marked=a_disc("red_disc", 9, mark=True))
        result = explain_folder(
            tmp_path / "in",
            tmp_path / "out",
            watermark,
            num_samples=64,
            num_features=1,
            segmentation=Grid(4, 4),
        )
        wrong = [(r.photo, r.predicted.name, r.truth) for r in result.records if r.is_wrong]
        assert wrong == [
            ("blue_disc/plain.png", "red_disc", "blue_disc"),
            ("red_disc/marked.png", "blue_disc", "red_disc"),
        ]
        said_blue = [record.predicted for record in result.records if record.predicted.name == "blue_disc"]
        assert len(said_blue) == 5
        for label in said_blue:
            assert part_shares(label.focus_grid)[LOWER_RIGHT] > 0.95
            assert label.focus_only > 0.9
            assert label.focus_hidden < 0.1


class TestExplainFolder:
    def test_what_more_samples_do_not_mend_is_said_of_each_photo(self, tmp_path):
        folder = a_folder(tmp_path / "in", one=a_photo())
        unsteady = explain_folder(
            folder,
            tmp_path / "unsteady",
            UnsteadyClassifier(Grid(3, 4)),
            num_samples=40,
            segmentation=Grid(3, 4),
        )
        few = explain_folder(
            folder, tmp_path / "few", LinearClassifier(Grid(3, 4)), num_samples=40, segmentation=Grid(2, 2)
        )
        (record,) = unsteady.records
        assert record.asked_twice.again - record.asked_twice.probability == pytest.approx(0.06, abs=0.01)
        for result, settledness, sentence in (
            (unsteady, "unsteady", "asked twice about the same photo, the classifier gave “thing 0”"),
            (few, "few_regions", "Nothing to choose from: the photo has only 4 regions."),
        ):
            (record,) = result.records
            assert (record.predicted.settledness, record.predicted.settled) == (settledness, False)
            assert sentence in gallery(result.records, Language("en"), "Photos")
            assert settledness in summary(result.records).decode()

    def test_a_true_label_beyond_the_best_five_costs_no_more(self, tmp_path):
        classifier = CountingClassifier(LinearClassifier(Grid(2, 2), classes=9))
        photo = a_photo()
        whole = classifier.predict(classifier.preprocess(photo)[np.newaxis])[0]
        least = int(whole.argmin())
        folder = a_folder(tmp_path / "in" / classifier.class_names[least], one=photo)
        asked = classifier.images
        result = explain_folder(folder.parent, tmp_path / "out", classifier, num_samples=20)
        (record,) = result.records
        assert record.true_label.index == least
        assert record.true_label.probability == pytest.approx(float(whole[least]))
        # The samples, and three questions of evidence for each label at the most.
        assert classifier.images - asked <= 20 + 6

    def test_both_labels_of_a_wrong_photo_are_judged(self, tmp_path):
        classifier, photo, grid = LinearClassifier(Grid(3, 4)), a_photo(), Grid(3, 4)
        folder = a_folder(tmp_path / "in" / "thing_1", one=photo)
        recipe = Recipe(num_samples=60, segmentation=grid)
        result = explain_folder(folder.parent, tmp_path / "out", classifier, recipe, judge=True)
        (record,) = result.records
        explanation = with_label(explain(photo, classifier, recipe), 1)
        assert (record.is_wrong, record.true_label.index) == (True, 1)
        for label, prefix in ((record.predicted, ""), (record.true_label, "true_")):
            heat_map = explanation.heat_map(label.index)
            tested = finish(curves_of(explanation, label.index, heat_map))
            chance = finish(chance_curves(explanation, label.index))
            np.testing.assert_array_equal(label.judged.deletion, tested.deletion)
            np.testing.assert_array_equal(label.judged.insertion, tested.insertion)
            np.testing.assert_array_equal(label.judged.chance, chance.deletion)
            sets = finish(smallest_sets(explanation, label.index))
            assert label.judged.sets(label.index) == sets
            assert label.judged.superpixels == 12
            place = tmp_path / "out" / "photos" / "thing_1" / "one.png"
            assert bool(label.judged.enough_picture) == (place / f"{prefix}enough.jpg").exists()
            assert bool(label.judged.without_picture) == (place / f"{prefix}without.jpg").exists()
        without = np.asarray(Image.open(tmp_path / "out" / record.predicted.judged.without_picture))
        hidden = np.isin(explanation.segments, record.predicted.judged.without.regions)
        height, width = without.shape[:2]
        centres = [(height * (2 * i + 1) // 6, width * (2 * j + 1) // 8) for i in range(3) for j in range(4)]
        cells = [without[centre].mean() < 8 for centre in centres]
        assert max(width, height) == 320
        assert cells == [bool(hidden[i * 8 + 4, j * 8 + 4]) for i in range(3) for j in range(4)]
        assert any(cells)
        assert not all(cells)

    def test_progress(self, tmp_path):
        folder = a_folder(tmp_path / "in", a=a_photo(0), b=a_photo(1))
        steps = []
        explain_folder(
            folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), num_samples=1,
            on_progress=lambda *step: steps.append(step),
        )  # fmt: skip
        assert steps == [(0, 2), (1, 2), (2, 2)]

    def test_a_photo_that_can_not_be_read_is_reported_in_the_gallery_s_language(self, tmp_path):
        folder = a_folder(tmp_path / "in", good=a_photo())
        (folder / "broken.jpg").write_bytes(b"no photo")
        (folder / "empty.jpg").touch()
        (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
        classifier = LinearClassifier(Grid(2, 2))
        english = explain_folder(folder, tmp_path / "out", classifier, num_samples=4)
        errors = {record.photo: record.error for record in english.records}
        assert list(errors) == ["broken.jpg", "empty.jpg", "gone.jpg", "good.png"]
        assert errors["broken.jpg"].startswith("This file is damaged or is not a picture")
        assert errors["empty.jpg"] == "This file is empty; please choose another one."
        assert errors["gone.jpg"].startswith("There is no file named “gone.jpg”")
        assert errors["good.png"] == ""
        assert names(tmp_path / "out" / "photos" / "broken.jpg") == {"record.json"}
        japanese = explain_folder(folder, tmp_path / "out", classifier, num_samples=4, language="ja")
        assert "空" in {record.photo: record.error for record in japanese.records}["empty.jpg"]
        assert 'lang="ja"' in japanese.gallery.read_text("utf-8")

    @pytest.mark.parametrize(("failures", "error"), [(2, ""), (3, "MemoryError"), (3, "no more memory")])
    def test_what_fails_unexpectedly_gets_three_attempts(self, tmp_path, failures, error):
        folder = a_folder(tmp_path / "in", a=a_photo(0), b=a_photo(1))
        raised = MemoryError("no more\nmemory." if "no" in error else "")
        result = explain_folder(folder, tmp_path / "out", Unlucky(failures, raised), num_samples=4)
        first, second = result.records
        told = f"Explaining this photo failed 3 times: {error}."
        assert first.error == (told if error else "")
        assert second.error == ""

    def test_names_that_no_file_system_agrees_on(self, tmp_path):
        folder = a_folder(tmp_path / "in" / "a?b:c", **{"NUL": a_photo(0), 40 * "ねこ": a_photo(1)})
        (folder / "caf\udce9.png").write_bytes((folder / "NUL.png").read_bytes())
        result = explain_folder(folder.parent, tmp_path / "out", LinearClassifier(Grid(2, 2)), num_samples=2)
        assert [record.error for record in result.records] == ["", "", ""]
        assert {record.photo for record in read_records(tmp_path / "out")} == {
            "a?b:c/NUL.png", f"a?b:c/{40 * 'ねこ'}.png", "a?b:c/caf\udce9.png",
        }  # fmt: skip
        for record in result.records:
            assert (tmp_path / "out" / record.predicted.focus).is_file()

    def test_results_may_lie_among_the_photos(self, tmp_path):
        folder = a_folder(tmp_path, a=a_photo())
        for _ in range(2):
            result = explain_folder(folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), num_samples=2)
            assert [record.photo for record in result.records] == ["a.png"]

    @pytest.mark.parametrize(("folder", "out"), [("in", "in"), ("in/photos", "in"), ("in/photos/x", "in")])
    def test_results_never_mix_with_the_photos(self, tmp_path, folder, out, raises_sentence):
        a_folder(tmp_path / folder, a=a_photo())
        before = sorted(tmp_path.rglob("*"))
        with raises_sentence(ExplainerError, "where the photos themselves are"):
            explain_folder(tmp_path / folder, tmp_path / out, LinearClassifier(Grid(2, 2)))
        assert sorted(tmp_path.rglob("*")) == before

    def test_nothing_is_computed_where_nothing_can_be_written(self, tmp_path, raises_sentence):
        folder = a_folder(tmp_path / "in", a=a_photo())
        (tmp_path / "out").write_text("a file")
        classifier = CountingClassifier(LinearClassifier(Grid(2, 2)))
        with raises_sentence(ExplainerError, "can't be written to"):
            explain_folder(folder, tmp_path / "out", classifier)
        assert classifier.images == 0
        assert (tmp_path / "out").read_text() == "a file"

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"num_samples": 0}, "num_samples must be"),
            ({"num_features": -1}, "num_features must be"),
            ({"seed": -1}, "seed must be"),
            ({"language": "fr"}, "language must be 'en' or 'ja'"),
            ({"workers": 0}, "workers must be a whole number"),
            ({"workers": 1, "scheduler": "tcp://127.0.0.1:1"}, "either workers or a scheduler"),
        ],
    )
    def test_values_that_can_not_be(self, tmp_path, options, words, raises_sentence):
        folder = a_folder(tmp_path / "in", a=a_photo())
        with raises_sentence(ArgumentError, words):
            explain_folder(folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), **options)
        assert not (tmp_path / "out").exists()

    def test_what_was_left_out_or_assumed_is_told(self, tmp_path):
        folder = a_folder(tmp_path / "in", a=a_photo())
        Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64)).save(folder / "deep.png")
        (folder / "notes.txt").touch()
        classifier = LinearClassifier(Grid(2, 2))
        classifier.fingerprint = "linear"
        for language in ("ja", "en"):  # the second time it is read
            result = explain_folder(folder, folder / "out", classifier, num_samples=4, language=language)
            assert [record.photo for record in result.records] == ["a.png", "deep.png"]
            assert result.left_out == {".txt": 1}
            assert result.records[0].notes == ()
            assert result.records[1].notes == (
                "このファイルの値は、0（黒）から4095（白）までの範囲とみなしました。",
            )
        assert "4095（白）" in result.summary.read_text("utf-8-sig")
        assert "4095（白）" in result.gallery.read_text("utf-8")
        (folder / "index.html").touch()
        again = explain_folder(folder, tmp_path / "elsewhere", classifier, num_samples=4)
        assert [record.photo for record in again.records] == ["a.png", "deep.png"]

    def test_a_folder_without_photos(self, tmp_path, raises_sentence):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "film.mov").touch()
        with raises_sentence(ExplainerError, "only other files: 1 .mov."):
            explain_folder(tmp_path / "in", tmp_path / "out", LinearClassifier(Grid(2, 2)))
        assert not (tmp_path / "out").exists()

    def test_a_network_that_can_not_be_loaded_is_no_photo_s_fault(self, tmp_path):
        classifier = LinearClassifier(Grid(2, 2))

        def fail():
            raise WeightsError("The weights are gone.")

        classifier.describe_engine = fail
        folder = a_folder(tmp_path / "in", a=a_photo())
        with pytest.raises(WeightsError, match="The weights are gone"):
            explain_folder(folder, tmp_path / "out", classifier)

    def test_photos_that_are_gone_leave_the_gallery_and_can_come_back(self, tmp_path):
        classifier = CountingClassifier(LinearClassifier(Grid(2, 2)))
        classifier.fingerprint = "counting"
        folder, out = a_folder(tmp_path / "in", a=a_photo(0), b=a_photo(1)), tmp_path / "out"
        explain_folder(folder, out, classifier, num_samples=4)
        asked = classifier.images
        shutil.move(folder / "b.png", tmp_path / "b.png")
        assert [r.photo for r in explain_folder(folder, out, classifier, num_samples=4).records] == ["a.png"]
        assert [r.photo for r in read_records(out)] == ["a.png"]
        assert "b.png" not in (out / "index.html").read_text("utf-8")
        shutil.move(tmp_path / "b.png", folder / "b.png")
        assert explain_folder(folder, out, classifier, num_samples=4).reused == 2
        assert [r.photo for r in read_records(out)] == ["a.png", "b.png"]
        assert classifier.images == asked

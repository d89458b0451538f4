"""A run that was stopped goes on where it was, and only what is missing is done."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from explainer import Recipe, Slic, explain_folder
from explainer.folders.results import ResultsFolder, read_records
from explainer.folders.task import task_key
from tests.folders.conftest import EACH, SAMPLES
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, a_photo

ROOT = Path(__file__).resolve().parents[2]


def command(photos, out, *more):
    """The real command line, in a process group of its own."""
    arguments = [
        "explain",
        photos,
        "--out",
        out,
        "--classifier",
        "colours",
        "--num-samples",
        str(SAMPLES),
        "--segmentation",
        "slic",
        *more,
    ]
    return [sys.executable, "-m", "explainer", *map(str, arguments)]


def wait_for_records(process, out, number):
    while process.poll() is None:
        if len(list((out / "photos").rglob("record.json"))) >= number:
            return
        time.sleep(0.02)
    pytest.fail(f"it ended by itself: {process.communicate()}")


def start(arguments, models):
    return subprocess.Popen(
        arguments,
        cwd=ROOT,
        env={**os.environ, "EXPLAINER_MODELS": str(models)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
class TestCommandLine:
    def test_killed_half_way_and_run_again(self, photos, models, reference, tmp_path, files):
        out = tmp_path / "out"
        killed = start(command(photos, out), models)
        wait_for_records(killed, out, 30)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate()
        finished = {path: path.stat().st_mtime_ns for path in (out / "photos").rglob("record.json")}
        assert 30 <= len(finished) < 3 * EACH
        half_written = out / ".unfinished-left"
        half_written.mkdir()
        (half_written / "focus.png").write_bytes(b"half")

        again = start(command(photos, out), models)
        output, errors = again.communicate()
        assert again.returncode == 0, errors
        assert f"60 of 60 photos explained, {len(finished)} of them before.\n" in output
        assert "3 of 60 whose class is known are wrongly classified.\n" in output
        assert str(out / "index.html") in output
        assert {path: path.stat().st_mtime_ns for path in finished} == finished
        assert files(out) == files(reference)

    def test_ctrl_c_leaves_a_gallery_of_what_is_done(self, photos, models, tmp_path):
        out = tmp_path / "out"
        process = start(command(photos, out), models)
        wait_for_records(process, out, 2)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate()
        assert process.returncode == 130
        assert output == ""
        assert "Traceback" not in errors
        done = len(read_records(out))
        assert 2 <= done < 60
        assert f"Stopped with {done} of 60 photos done; run the same command to go on." in errors
        gallery = (out / "index.html").read_text("utf-8")
        assert gallery.count("photos/blue_disc/0.png/focus.png") >= 1
        assert len((out / "summary.csv").read_text("utf-8-sig").splitlines()) == 1 + done


@pytest.fixture
def counting():
    classifier = CountingClassifier(LinearClassifier(Grid(2, 2)))
    classifier.fingerprint = "counting"
    return classifier


def write_two_photos(folder):
    folder.mkdir()
    for name, seed in (("a", 0), ("b", 1)):
        a_photo(seed).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def two(tmp_path):
    return write_two_photos(tmp_path / "in")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    classifier = LinearClassifier(Grid(2, 2))
    classifier.fingerprint = "counting"
    explain_folder(write_two_photos(folder / "in"), folder / "out", classifier, num_samples=4)
    return folder / "out"


class TestWhatIsDoneAgain:
    @pytest.fixture
    def out(self, finished, tmp_path):
        return shutil.copytree(finished, tmp_path / "out")

    @pytest.mark.parametrize(
        "damage",
        [
            lambda place: (place / "record.json").write_text("{"),
            lambda place: (place / "record.json").write_bytes(b"\xff\x00"),
            lambda place: (place / "record.json").write_text('{"format": 0}'),
            lambda place: (place / "record.json").unlink(),
            lambda place: (place / "focus.png").unlink(),
            lambda place: (place / "explanation.json").unlink(),
            lambda place: (place / "thumbnail.jpg").write_bytes(b""),
        ],
    )
    def test_what_is_damaged(self, two, out, counting, files, damage):
        whole = files(out)
        damage(out / "photos" / "a.png")
        result = explain_folder(two, out, counting, num_samples=4)
        assert result.reused == 1
        assert files(out) == whole

    def test_a_photo_that_has_changed(self, two, out, counting):
        a_photo(7).save(two / "a.png")
        assert explain_folder(two, out, counting, num_samples=4).reused == 1

    @pytest.mark.parametrize("options", [{"seed": 1}, {"num_samples": 5}, {"num_features": 2}])
    def test_all_with_other_settings(self, two, out, counting, options):
        result = explain_folder(two, out, counting, **{"num_samples": 4, **options})
        assert result.reused == 0
        assert explain_folder(two, out, counting, **{"num_samples": 4, **options}).reused == 2

    def test_all_with_another_classifier(self, two, out, counting):
        counting.fingerprint = "another"
        assert explain_folder(two, out, counting, num_samples=4).reused == 0

    def test_all_with_a_classifier_that_can_not_be_recognised(self, two, out, counting):
        counting.fingerprint = ""
        for _ in range(2):
            assert explain_folder(two, out, counting, num_samples=4).reused == 0

    def test_a_photo_in_another_class_folder(self, two, out, counting):
        (two / "thing_0").mkdir()
        (two / "a.png").rename(two / "thing_0" / "a.png")
        result = explain_folder(two, out, counting, num_samples=4)
        assert result.reused == 1
        assert {record.photo: record.truth for record in result.records} == {
            "thing_0/a.png": "thing_0",
            "b.png": "",
        }

    def test_a_photo_that_could_not_be_explained(self, two, out, counting):
        (two / "c.jpg").write_bytes(b"no photo")
        assert explain_folder(two, out, counting, num_samples=4).records[-1].error
        a_photo(3).save(two / "c.jpg")
        result = explain_folder(two, out, counting, num_samples=4)
        assert (result.reused, result.records[-1].error) == (2, "")

    def test_nothing_else_is_touched(self, two, out, counting):
        mine = out / "photos" / "a.png" / "notes.txt"
        mine.write_text("mine")
        (out / "mine.txt").write_text("mine too")
        explain_folder(two, out, counting, num_samples=4, seed=1)
        assert (mine.read_text(), (out / "mine.txt").read_text()) == ("mine", "mine too")

    def test_pictures_of_a_true_label_go_with_it(self, two, out, counting):
        (two / "thing_0").mkdir()
        (two / "a.png").rename(two / "thing_0" / "a.png")
        (record, _) = explain_folder(two, out, counting, num_samples=4).records
        place = out / "photos" / "thing_0" / "a.png"
        assert record.is_wrong == (place / "true_focus.png").exists()


class TestJudging:
    def test_what_was_not_judged_is_done_again_and_then_counts_for_all(self, two, tmp_path, counting, files):
        first = explain_folder(two, tmp_path / "out", counting, num_samples=4)
        assert not any(record.predicted.judged for record in first.records)
        judged = explain_folder(two, tmp_path / "out", counting, num_samples=4, judge=True)
        assert judged.reused == 0
        assert all(record.predicted.judged for record in judged.records)
        whole, asked = files(tmp_path / "out"), counting.images
        for judge in (True, False):
            again = explain_folder(two, tmp_path / "out", counting, num_samples=4, judge=judge)
            assert (again.reused, again.records) == (2, judged.records)
        assert counting.images == asked
        assert files(tmp_path / "out") == whole

    def test_a_run_that_was_stopped_judges_the_rest(self, two, tmp_path, counting):
        def interrupt(done, total):
            if done == 1:
                raise KeyboardInterrupt

        out = tmp_path / "out"
        with pytest.raises(KeyboardInterrupt):
            explain_folder(two, out, counting, num_samples=4, judge=True, on_progress=interrupt)
        assert explain_folder(two, out, counting, num_samples=4, judge=True).reused == 1

    def test_a_picture_that_is_gone_is_drawn_again(self, two, tmp_path, counting, files):
        out = tmp_path / "out"
        record = explain_folder(two, out, counting, num_samples=4, judge=True).records[0]
        whole = files(out)
        picture = record.predicted.judged.enough_picture or record.predicted.judged.without_picture
        (out / picture).unlink()
        assert explain_folder(two, out, counting, num_samples=4, judge=True).reused == 1
        assert files(out) == whole

    def test_pictures_go_with_a_judgement(self, two, tmp_path, counting, files):
        explain_folder(two, tmp_path / "out", counting, num_samples=4, judge=True)
        explain_folder(two, tmp_path / "out", counting, num_samples=4, seed=1)
        assert not [name for name in files(tmp_path / "out") if "enough" in name or "without" in name]


def test_a_record_of_an_older_version_learns_what_was_not_written_down_then(two, tmp_path, counting):
    record = explain_folder(two, tmp_path / "out", counting, num_samples=4).records[0]
    for path in (tmp_path / "out" / "photos").rglob("record.json"):
        told = json.loads(path.read_text("utf-8"))
        del told["content"], told["fingerprint"]
        path.write_text(json.dumps(told), "utf-8")
    again = explain_folder(two, tmp_path / "out", counting, num_samples=4)
    assert (again.reused, again.records[0]) == (2, record)
    assert read_records(tmp_path / "out")[0] == record


@pytest.mark.parametrize(
    ("truth", "recipe", "key"),
    [
        ((3,), Recipe(), "020c20a28b6b4904aa506091e421c991edc6810491caf668916e69c82e452fc4"),
        (
            (),
            Recipe(segmentation=Slic(n_segments=40), num_samples=300),
            "07e402328a583fe79d027c783aa9776710b504b410ec7034de73561f86905221",
        ),
    ],
)
def test_folders_finished_before_there_were_several_cuts_still_count(truth, recipe, key):
    assert task_key(b"a photo", truth, "fp", recipe) == key
    others = {
        task_key(b"a photo", truth, "fp", Recipe.of(recipe, cuts=cuts), judge)
        for cuts in (1, 2, 3)
        for judge in (False, True)
    }
    assert len(others) == 6
    assert key in others


def test_a_photo_counts_though_ctrl_c_came_right_after_it_was_written(two, tmp_path, counting, monkeypatch):
    write = ResultsFolder.write

    def write_and_interrupt(folder, result):
        write(folder, result)
        raise KeyboardInterrupt

    monkeypatch.setattr(ResultsFolder, "write", write_and_interrupt)
    told = []
    with pytest.raises(KeyboardInterrupt):
        explain_folder(
            two, tmp_path / "out", counting, num_samples=4, on_progress=lambda *done: told.append(done)
        )
    assert told == [(0, 2), (1, 2)]
    assert "a.png" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_an_interrupted_run_keeps_what_is_done(two, tmp_path, counting):
    def interrupt(done, total):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain_folder(two, tmp_path / "out", counting, num_samples=4, on_progress=interrupt)
    assert [record.photo for record in read_records(tmp_path / "out")] == ["a.png"]
    assert "a.png" in (tmp_path / "out" / "index.html").read_text("utf-8")
    assert explain_folder(two, tmp_path / "out", counting, num_samples=4).reused == 1

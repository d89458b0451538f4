"""What a limited run spends its samples and its time on."""

import json
import time

import numpy as np
import pytest
from PIL import Image

from explainer import ArgumentError, Classifier, Slic, explain_folder
from explainer.folders.budget import SAMPLES_OF_SURE_ONES, SURE
from explainer.folders.results import read_records

SIDE = 32
GRID = Slic(n_segments=16)
# What the red, green and blue share of a photo's brightness make the classifier say.
SHADES = {
    "a/sure.png": (0.9, 0.05, 0.05),
    "a/surer.png": (0.95, 0.03, 0.02),
    "a/unsure.png": (0.45, 0.3, 0.25),
    "a/least sure.png": (0.36, 0.34, 0.3),
    "a/wrong.png": (0.2, 0.6, 0.2),
    "a/surely wrong.png": (0.05, 0.9, 0.05),
    "b/sure.png": (0.1, 0.8, 0.1),
    "nobody knows.png": (0.1, 0.1, 0.8),
}
ORDER = [
    "a/surely wrong.png", "a/wrong.png",
    "a/least sure.png", "a/unsure.png",
    "b/sure.png", "nobody knows.png", "a/sure.png", "a/surer.png",
]  # fmt: skip
SURE_ONES = ORDER[4:]


def shares(batch):
    """How much of the brightness is of each colour; what hides, which is black, changes a little of it."""
    seen = batch.astype(np.float64).sum(axis=(1, 2)) + 1e-3
    dark = (batch.sum(axis=3) == 0).mean(axis=(1, 2))
    seen[:, 0] += 4 * dark * seen.sum(axis=1)
    return (seen / seen.sum(axis=1, keepdims=True)).astype(np.float32)


class Counting:
    """Takes the largest colour for the class, and counts what it is asked."""

    def __init__(self, then=lambda: None):
        self.asked = []
        self.then = then
        self.classifier = Classifier.from_function(
            self.predict, input_size=(SIDE, SIDE), class_names=list("abc")
        )
        self.classifier.fingerprint = "shares"

    def predict(self, batch):
        self.asked.append(len(batch))
        self.then()
        return shares(batch)


@pytest.fixture
def photos(tmp_path):
    for name, shade in SHADES.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.tile(np.uint8(255 * np.array(shade)), (SIDE, SIDE, 1))
        Image.fromarray(pixels).save(tmp_path / "in" / name)
    return tmp_path / "in"


def explain(photos, out, classifier=None, **options):
    settings = {"num_samples": 300, "segmentation": GRID, "hide_color": 0} | options
    return explain_folder(photos, out, classifier or Counting().classifier, **settings)


def begun(out):
    """The photos with results, in the order in which they were written."""
    records = (out / "photos").rglob("record.json")
    return [
        json.loads(path.read_text("utf-8"))["photo"]
        for path in sorted(records, key=lambda p: p.stat().st_mtime_ns)
    ]


def samples(result):
    return {record.photo: record.num_samples for record in result.records}


class TestWhereItIsSpent:
    def test_wrong_ones_first_then_unsure_ones_then_sure_ones_with_fewer_samples(self, photos, tmp_path):
        result = explain(photos, tmp_path / "out", max_samples_total=10_000)
        assert begun(tmp_path / "out") == ORDER
        assert {name for name, number in samples(result).items() if number == 300} == {*ORDER[:4]}
        assert all(
            number <= SAMPLES_OF_SURE_ONES for name, number in samples(result).items() if name in SURE_ONES
        )
        assert result.samples == sum(samples(result).values())
        assert result.not_reached == ()
        # The order of the records is that of every run.
        assert [record.photo for record in result.records] == [
            "a/surely wrong.png", "a/wrong.png", "a/least sure.png", "a/sure.png", "a/surer.png",
            "a/unsure.png", "b/sure.png", "nobody knows.png",
        ]  # fmt: skip

    def test_what_was_looked_at_is_what_is_explained(self, photos, tmp_path):
        result = explain(photos, tmp_path / "out", max_samples_total=10_000)
        best = {record.photo: record.predicted.probability for record in result.records}
        assert {name for name, probability in best.items() if probability >= SURE} == {*SURE_ONES, *ORDER[:2]}
        assert [
            name for name, _ in sorted(best.items(), key=lambda item: item[1]) if name in SURE_ONES
        ] == SURE_ONES
        assert {record.photo for record in result.records if record.is_wrong} == {*ORDER[:2]}

    def test_without_a_limit_nothing_is_looked_at_and_names_are_the_order(self, photos, tmp_path):
        counting = Counting()
        result = explain(photos, tmp_path / "out", counting.classifier, num_samples=20)
        assert counting.asked[0] == 1
        assert len(SHADES) not in counting.asked
        assert begun(tmp_path / "out") == sorted(SHADES, key=str.lower)
        assert (result.samples, result.not_reached) == (8 * 20, ())

    @pytest.mark.parametrize("most", [1, 299, 300, 700, 1500, 2000])
    def test_never_more_than_there_is(self, photos, tmp_path, most):
        result = explain(photos, tmp_path / "out", max_samples_total=most)
        assert result.samples == sum(samples(result).values()) <= most
        # Nothing that would have fitted was left, by the fewest that a photo is given at most.
        assert not result.not_reached or most - result.samples < SAMPLES_OF_SURE_ONES
        done = [name for name in ORDER if name not in result.not_reached]
        assert done == ORDER[: len(done)]
        assert {*result.not_reached} == {*ORDER[len(done) :]}
        assert (len(done) == 0) == (most < SAMPLES_OF_SURE_ONES)

    def test_what_the_first_ones_leave_goes_to_the_next(self, photos, tmp_path):
        # Of 1000 each that "auto" may take, it takes far fewer, so that more than two photos are reached.
        options = {"num_samples": "auto", "max_samples": 1000, "max_samples_total": 2100}
        result = explain(photos, tmp_path / "out", **options)
        taken = samples(result)
        assert len(taken) > 4
        assert result.samples == sum(taken.values()) <= 2100
        full = {record.photo for record in result.records if is_full(tmp_path / "out", record, 1000)}
        assert full <= {*ORDER[:4]}
        assert {*ORDER[:2]} <= full

    def test_the_rest_gets_few_samples_where_many_do_not_fit(self, photos, tmp_path):
        result = explain(photos, tmp_path / "out", num_samples=1000, max_samples_total=1600)
        taken = samples(result)
        assert taken["a/surely wrong.png"] == 1000
        assert taken["a/wrong.png"] <= SAMPLES_OF_SURE_ONES
        assert taken["a/least sure.png"] <= SAMPLES_OF_SURE_ONES

    def test_all_cuts_count(self, photos, tmp_path):
        counting = Counting()
        options = {"cuts": 2, "num_samples": 40, "seed": 1}
        with pytest.raises(ArgumentError, match="max_samples_total"):
            explain(photos, tmp_path / "out", max_samples_total=0)
        result = explain(photos, tmp_path / "out", counting.classifier, max_samples_total=100, **options)
        assert result.samples == 2 * sum(samples(result).values()) <= 100


def is_full(out, record, most):
    found = json.loads((out / record.thumbnail).with_name("explanation.json").read_text("utf-8"))
    return found["recipe"].get("max_samples", 2000) == most


class TestNextRuns:
    def test_go_on_where_the_first_stopped(self, photos, tmp_path):
        counting, out = Counting(), tmp_path / "out"
        first = explain(photos, out, counting.classifier, max_samples_total=700)
        second = explain(photos, out, counting.classifier, max_samples_total=700)
        assert second.reused == len(first.records) == 2
        assert begun(out) == ORDER[: len(second.records)]
        third = explain(photos, out, counting.classifier, max_samples_total=10_000)
        assert (third.reused, third.not_reached) == (len(second.records), ())
        counting.asked.clear()
        fourth = explain(photos, out, counting.classifier, max_samples_total=1)
        assert (fourth.reused, fourth.samples, counting.asked) == (8, 0, [])

    def test_without_a_limit_sure_ones_are_done_again_and_then_count_for_all(self, photos, tmp_path):
        out = tmp_path / "out"
        explain(photos, out, max_samples_total=10_000)
        whole = explain(photos, out)
        assert whole.reused == 4
        assert {*samples(whole).values()} == {300}
        assert explain(photos, out, max_samples_total=1).reused == 8
        assert explain(photos, out).reused == 8

    def test_few_samples_are_few_enough_for_sure_ones(self, photos, tmp_path):
        explain(photos, tmp_path / "out", num_samples=20, max_samples_total=10_000)
        assert explain(photos, tmp_path / "out", num_samples=20).reused == 8

    def test_what_was_judged_counts_as_ever(self, photos, tmp_path):
        out = tmp_path / "out"
        options = {"num_samples": 20, "max_samples_total": 10_000}
        assert explain(photos, out, judge=True, **options).reused == 0
        assert explain(photos, out, judge=False, **options).reused == 8
        assert explain(photos, out, judge=True, **options).reused == 8

    def test_a_limited_run_changes_no_result_of_a_photo_with_full_samples(self, photos, tmp_path, files):
        explain(photos, tmp_path / "limited", max_samples_total=700)
        explain(photos, tmp_path / "whole")
        limited, whole = files(tmp_path / "limited"), files(tmp_path / "whole")
        of_photos = [name for name in limited if name.startswith("photos/")]
        assert len(of_photos) > 10
        assert {name: limited[name] for name in of_photos} == {name: whole[name] for name in of_photos}


class Clock:
    """Goes on only when it is told."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def go_on(self, seconds):
        self.now += seconds


class TestTime:
    @pytest.fixture
    def clock(self, monkeypatch):
        return Clock(monkeypatch)

    def test_what_has_begun_is_finished_and_no_other_is_begun(self, photos, tmp_path, clock):
        counting = Counting(then=lambda: clock.go_on(1.0))  # a second for each question
        result = explain(photos, tmp_path / "out", counting.classifier, num_samples=17, time_limit=10.0)
        done = [record.photo for record in sorted(result.records, key=lambda r: ORDER.index(r.photo))]
        assert done == begun(tmp_path / "out") == ORDER[: len(done)]
        assert 1 <= len(done) < 8
        assert {*result.not_reached} == {*SHADES} - {*done}
        assert result.seconds >= 10

    def test_looking_takes_no_more_than_half_of_it(self, photos, tmp_path, clock):
        counting = Counting()

        def go_on():
            clock.go_on(6.0 if counting.asked[-1] == 8 else 0.0)  # the first look, at all of them

        counting.then = go_on
        for number in range(9):  # another batch
            (photos / f"z{number}.png").write_bytes((photos / "a" / "sure.png").read_bytes())
        result = explain(photos, tmp_path / "out", counting.classifier, num_samples=4, time_limit=10.0)
        assert counting.asked[0] == 16
        assert result.not_reached == ()

    def test_none_at_all(self, photos, tmp_path, clock):
        counting = Counting(then=lambda: clock.go_on(60.0))
        result = explain(photos, tmp_path / "out", counting.classifier, time_limit=1.0)
        assert (result.records, len(result.not_reached), counting.asked) == ((), 8, [8])
        assert read_records(tmp_path / "out") == []
        assert "The budget was used up before 8 of 8 photos" in result.gallery.read_text("utf-8")


class TestWhatCanNotBeLookedAt:
    def test_is_reported_as_ever_and_costs_nothing(self, photos, tmp_path):
        (photos / "broken.jpg").write_bytes(b"no photo")
        result = explain(photos, tmp_path / "out", max_samples_total=10_000)
        errors = {record.photo: record.error for record in result.records if record.error}
        assert [*errors] == ["broken.jpg"]
        assert result.samples == sum(samples(result).values())
        assert result.not_reached == ()

    def test_a_classifier_that_fails_at_first(self, photos, tmp_path):
        counting = Counting()

        def fail():
            if len(counting.asked) == 1:
                raise MemoryError

        counting.then = fail
        result = explain(photos, tmp_path / "out", counting.classifier, max_samples_total=10_000)
        assert [record.error for record in result.records] == [""] * 8
        assert {*samples(result).values()} == {300}  # for nothing is known to be sure

    def test_one_that_keeps_failing_is_asked_no_more(self, photos, tmp_path):
        for number in range(80):
            (photos / f"z{number}.png").write_bytes((photos / "a" / "sure.png").read_bytes())
        counting = Counting()

        def fail():
            if counting.asked[-1] == 16:
                raise MemoryError

        counting.then = fail
        result = explain(
            photos, tmp_path / "out", counting.classifier, num_samples=2, max_samples_total=10_000
        )
        assert [*samples(result).values()] == [2] * 88
        assert counting.asked.count(16) == 3

    def test_a_photo_that_fails_may_have_taken_all_it_might(self, photos, tmp_path):
        counting = Counting()

        def fail():
            if counting.asked[-1] == 1:
                raise MemoryError

        counting.then = fail
        result = explain(photos, tmp_path / "out", counting.classifier, max_samples_total=700)
        assert [record.error for record in result.records] == [
            "Explaining this photo failed 3 times: MemoryError."
        ] * 2
        assert (result.samples, len(result.not_reached)) == (600, 6)


class TestWhatIsSaid:
    def test_not_where_a_run_was_stopped(self, photos, tmp_path):
        def interrupt(done, total):
            if done == 1:
                raise KeyboardInterrupt

        out = tmp_path / "out"
        with pytest.raises(KeyboardInterrupt):
            explain(photos, out, max_samples_total=10_000, on_progress=interrupt)
        assert begun(out) == ORDER[:1]
        assert "The budget did not suffice" not in (out / "index.html").read_text("utf-8")
        assert explain(photos, out, max_samples_total=10_000).reused == 1

    def test_in_the_gallery(self, photos, tmp_path):
        result = explain(photos, tmp_path / "out", max_samples_total=700)
        told = "The budget was used up before 6 of 8 photos: the next run begins with them."
        assert told in result.gallery.read_text("utf-8")
        done = explain(photos, tmp_path / "out", max_samples_total=10_000)
        assert "The budget did not suffice" not in done.gallery.read_text("utf-8")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"time_limit": 0}, "time_limit must be a number above 0"),
            ({"time_limit": "10m"}, "time_limit must be a number above 0"),
            ({"max_samples_total": 0}, "max_samples_total must be a whole number, 1 or more"),
            ({"max_samples_total": 1.5}, "max_samples_total must be a whole number, 1 or more"),
        ],
    )
    def test_values_that_can_not_be(self, photos, tmp_path, options, words, raises_sentence):
        with raises_sentence(ArgumentError, words):
            explain(photos, tmp_path / "out", **options)
        assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_workers_explain_the_same_photos_with_the_same_result(photos, tmp_path, files):
    options = {"num_samples": "auto", "max_samples": 400, "max_samples_total": 1500}
    here = explain(photos, tmp_path / "here", **options)
    there = explain(photos, tmp_path / "there", workers=2, **options)
    assert 0 < len(here.not_reached) < 8
    assert there.not_reached == here.not_reached
    assert there.records == here.records
    assert there.samples == here.samples
    assert files(tmp_path / "there") == files(tmp_path / "here")

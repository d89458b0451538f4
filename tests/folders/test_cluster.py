"""Many processes give the same results as one, whatever happens to them."""

import importlib.util
import multiprocessing
import socket
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from explainer import Classifier, ClassifierError, ExplainerError, explain_folder
from explainer.classifiers.added.models import load_model_folder, model_folder
from explainer.classifiers.classifier import adapted
from explainer.folders import cluster
from explainer.folders.sent_classifier import SentClassifier, pack_classifier
from tests.folders.conftest import SETTINGS
from tests.folders.painted import DeadlyClassifier, a_disc
from tests.synthetic import Grid, LinearClassifier, a_photo

WHITE = Image.new("RGB", (48, 40), "white")
FILES = {"network.xml", "network.bin", "labels.txt", "model.toml"}


def worker_processes() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "multiprocessing.spawn" in " ".join(child.cmdline())
    ]


def a_folder(path: Path, **photos: Image.Image) -> Path:
    path.mkdir()
    for name, photo in photos.items():
        photo.save(path / f"{name}.png")
    return path


@pytest.mark.slow
class TestWorkers:
    def test_two_of_which_one_is_killed(self, photos, colours, reference, tmp_path, files):
        killed = []

        def kill_one(done: int, total: int) -> None:
            if done >= 20 and not killed:
                killed.extend(worker_processes()[:1])
                killed[0].kill()

        out = tmp_path / "out"
        result = explain_folder(photos, out, colours, **SETTINGS, workers=2, on_progress=kill_one)
        assert len(killed) == 1
        assert not killed[0].is_running()
        assert [record.error for record in result.records] == 60 * [""]
        assert files(out) == files(reference)
        assert not worker_processes()

    def test_a_photo_that_kills_is_reported_and_no_other(self, tmp_path):
        photos = {f"{i}": a_photo(i) for i in range(6)} | {"1deadly": WHITE, "2deadly": WHITE}
        folder = a_folder(tmp_path / "in", **photos)
        result = explain_folder(folder, tmp_path / "out", DeadlyClassifier(), num_samples=4, workers=2)
        errors = {record.photo: record.error for record in result.records if record.error}
        told = "Explaining this photo ended its worker 3 times; it may need more memory than there is."
        assert errors == {"1deadly.png": told, "2deadly.png": told}
        assert len(result.records) == 8

    def test_pictures_are_judged_there_as_here(self, tmp_path, files):
        folder, classifier = (
            a_folder(tmp_path / "in", a=a_photo(0), b=a_photo(1)),
            LinearClassifier(Grid(2, 2)),
        )
        options = {"num_samples": 16, "segmentation": Grid(2, 2), "judge": True}
        there = explain_folder(folder, tmp_path / "out", classifier, workers=1, **options)
        explain_folder(folder, tmp_path / "here", classifier, **options)
        assert all(record.predicted.judged for record in there.records)
        assert files(tmp_path / "out") == files(tmp_path / "here")

    def test_a_death_costs_a_retry_and_nothing_else(self, tmp_path, files):
        folder = a_folder(tmp_path / "in", a=a_photo(), deadly=WHITE)
        classifier = DeadlyClassifier(once=tmp_path / "killed")
        explain_folder(folder, tmp_path / "out", classifier, num_samples=4, workers=1)
        assert classifier.once.exists()
        explain_folder(folder, tmp_path / "here", classifier, num_samples=4)
        assert files(tmp_path / "out") == files(tmp_path / "here")

    def test_a_scheduler_whose_workers_do_not_have_the_model(
        self, photos, colours, reference, tmp_path, files, monkeypatch
    ):
        from distributed import LocalCluster

        elsewhere = {
            "EXPLAINER_MODELS": str(tmp_path / "none"),
            "EXPLAINER_CACHE_DIR": str(tmp_path / "cache"),
        }
        with LocalCluster(
            n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address=None, env=elsewhere
        ) as machines:
            result = explain_folder(
                photos / "red_disc", tmp_path / "out", colours, **SETTINGS,
                scheduler=machines.scheduler_address,
            )  # fmt: skip
        assert [record.error for record in result.records] == 20 * [""]
        received = tmp_path / "cache" / "received-models" / colours.fingerprint
        assert {path.name for path in received.iterdir()} == FILES
        for name, content in files(tmp_path / "out").items():
            if name.endswith("png") and "true_" not in name:
                assert content == files(reference)[name.replace("photos/", "photos/red_disc/")], name


def test_without_distributed(tmp_path, monkeypatch, raises_sentence):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == "distributed" else find_spec(name, *more),
    )
    folder = a_folder(tmp_path / "in", a=a_photo())
    for options in ({"workers": 2}, {"scheduler": "tcp://127.0.0.1:1"}):
        with raises_sentence(ExplainerError, "pip install distributed"):
            explain_folder(folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "nonsense://x", "127.0.0.1:not-a-port"])
def test_no_scheduler(tmp_path, monkeypatch, raises_sentence, address):
    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 0.5)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = address.format(port=unused.getsockname()[1])
        folder = a_folder(tmp_path / "in", a=a_photo())
        with raises_sentence(ExplainerError, "There is no Dask scheduler at"):
            explain_folder(folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), scheduler=address)


class TestSentClassifier:
    def test_what_comes_with_the_package_goes_by_name(self, lite0):
        sent = pack_classifier(lite0)
        assert (sent.name, sent.fingerprint) == ("efficientnet-lite0", lite0.fingerprint)
        assert (sent.files, sent.pickled) == ({}, b"")
        assert sent.load() is lite0

    def test_another_version_on_the_worker_is_told(self, raises_sentence):
        with raises_sentence(ClassifierError, "another version of the classifier efficientnet-lite0"):
            SentClassifier("efficientnet-lite0", "of another version").load()

    def test_an_added_model_goes_as_its_files(self, colours, monkeypatch, tmp_path):
        sent = pack_classifier(colours)
        assert set(sent.files) == FILES
        monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path / "none"))
        monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
        photo = a_photo()
        for _ in range(2):
            loaded = sent.load()
            assert loaded.fingerprint == colours.fingerprint
            assert loaded.name == "colours"
            image = colours.preprocess(photo)[np.newaxis]
            np.testing.assert_array_equal(loaded.predict(image), colours.predict(image))
        received = tmp_path / "cache" / "received-models"
        assert [path.name for path in received.iterdir()] == [colours.fingerprint]

    def test_a_damaged_copy_on_the_worker_is_not_used(self, colours, monkeypatch, tmp_path):
        sent = pack_classifier(colours)
        monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path / "none"))
        monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
        sent.load()
        (tmp_path / "cache" / "received-models" / colours.fingerprint / "colours.onnx").write_bytes(
            b"damaged"
        )
        assert sent.load().fingerprint == colours.fingerprint

    def test_an_object_goes_as_it_is(self):
        classifier = LinearClassifier(Grid(2, 2), seed=5)
        loaded = pack_classifier(adapted(classifier)).load().original
        assert loaded is not classifier
        np.testing.assert_array_equal(loaded.weights, classifier.weights)

    def test_what_can_not_be_sent(self, raises_sentence):
        classifier = LinearClassifier(Grid(2, 2))
        classifier.lock = multiprocessing.Lock()
        with raises_sentence(ClassifierError, "The classifier linear can't be sent to other processes"):
            pack_classifier(adapted(classifier))

    def test_a_classifier_of_another_origin_is_not_taken_for_one_of_its_name(self, lite0):
        impostor = LinearClassifier(Grid(2, 2))
        impostor.name = lite0.name
        assert isinstance(lite0, Classifier)
        assert pack_classifier(adapted(impostor)).pickled


@pytest.mark.parametrize("threads", ["1", "3", "", "many"])
def test_the_number_of_threads_changes_no_answer(models, monkeypatch, threads):
    monkeypatch.setenv("EXPLAINER_MODELS", str(models))
    classifier = load_model_folder(model_folder("colours"))
    images = np.stack([classifier.preprocess(a_disc("blue_disc", seed)) for seed in range(8)])
    expected = classifier.predict(images)
    monkeypatch.setenv("EXPLAINER_THREADS", threads)
    np.testing.assert_array_equal(load_model_folder(model_folder("colours")).predict(images), expected)


@pytest.mark.slow
def test_a_scheduler_without_workers(tmp_path, monkeypatch, raises_sentence):
    from distributed import LocalCluster

    monkeypatch.setattr(cluster, "SECONDS_FOR_WORKERS", 0.2)
    folder = a_folder(tmp_path / "in", a=a_photo())
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as machines:
        address = machines.scheduler_address
        with raises_sentence(ExplainerError, f"The Dask scheduler at {address} has no workers"):
            explain_folder(folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), scheduler=address)

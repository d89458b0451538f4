"""Networks that are served elsewhere answer as here, and whatever their servers do ends in a sentence."""

import email.utils
import json
import logging
import pickle
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explainer import Classifier, Preprocessing, Recipe, explain, explain_folder, load_classifier
from explainer.classifiers.added import models, new_service
from explainer.classifiers.added.served import connection, service
from explainer.classifiers.added.served.address import Key, check_address, is_exposed
from explainer.errors import ClassifierError
from explainer.folders.sent_classifier import pack_classifier
from tests.own_networks import write_lines
from tests.servers import (
    COLOURS,
    HEIGHT,
    KEY,
    WIDTH,
    Server,
    colours,
    cut_off,
    endless,
    fault,
    hung_up,
    never,
    serving,
    trickling,
)
from tests.synthetic import Grid, a_photo

RECIPE = Recipe(num_samples=60, segmentation=Grid(3, 4))
TF_SERVING, KSERVE = "/v1/models/colours", "/v2/models/colours"
TEMPLATES = {
    "/invocations": 'request.inputs = "$pictures"\nscores = "predictions"\n',
    "/table": 'request.inputs = "$pictures"\nscores = "predictions"\n',
    "/run": 'request.data = "$pictures"\nscores = "result"\n',
    "/score": 'request.input_data = { columns = ["image"], data = "$pictures" }\n'
    'pictures = "png"\nscores = "[*].probs"\nnames = "[*].labels"\n',
    "/classify?version=3": 'request = { inputs = "$picture", parameters = { top_k = 4 } }\n'
    'pictures = "png"\nscores = "[*].score"\nnames = "[*].label"\n',
    "/predictions/colours": 'request.instances = [{ data = "$picture" }]\npictures = "png"\n'
    'scores = "predictions"\n',
}
Add = Callable[..., Classifier]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between attempts; nobody really waits."""
    waited: list[float] = []
    monkeypatch.setattr(connection, "_wait", waited.append)
    return waited


@pytest.fixture
def add(models_folder: Path, server: Server, tmp_path: Path) -> Add:
    """Adds what is served under a path, and loads it as any other classifier is loaded."""

    def add(path: str = TF_SERVING, labels: tuple[str, ...] = COLOURS, **options: Any) -> Classifier:
        given = {"input-size": [HEIGHT, WIDTH], **options.pop("given", {})}
        if path in TEMPLATES:
            options["template"] = tmp_path / "template.toml"
            options["template"].write_text(TEMPLATES[path])
        if '"png"' not in TEMPLATES.get(path, ""):
            given = {"range": "0-to-1", **given}
        written = write_lines(tmp_path / "names.txt", *labels)
        with new_service.prepare(
            server.address + path, written, name="colours", given=given, **options
        ) as candidate:
            candidate.keep(replace=True)
        return load_classifier("colours")

    return add


def local(function=colours, value_range: float = 255.0) -> Classifier:
    """The same function, called here."""
    return Classifier.from_function(
        function,
        input_size=(HEIGHT, WIDTH),
        class_names=COLOURS,
        preprocess=Preprocessing((HEIGHT, WIDTH), 0.0, value_range),
    )


def assert_explained_alike(one: Classifier, other: Classifier) -> None:
    photo = a_photo(3)
    found, expected = (explain(photo, classifier, RECIPE).labels[0] for classifier in (one, other))
    assert found.name == expected.name
    assert np.abs(expected.weights).max() > 1e-3
    np.testing.assert_allclose(found.weights, expected.weights, rtol=0, atol=1e-6)


class TestAnswersAreThoseOfTheSameFunctionHere:
    @pytest.mark.parametrize(
        ("path", "told"),
        [
            (TF_SERVING, {}),
            (f"{TF_SERVING}:predict", {}),
            (f"{TF_SERVING}/versions/3", {}),
            (TF_SERVING, {"outputs": {"features": [-1, 7], "probabilities": [-1, 4]}}),
            (TF_SERVING, {"shape": [-1, 3, HEIGHT, WIDTH]}),
            (KSERVE, {}),
            (f"{KSERVE}/versions/3/infer", {}),
            (KSERVE, {"binary": False}),
            (KSERVE, {"shape": [-1, 3, HEIGHT, WIDTH], "outputs": {"other": [-1, 7], "scores": [-1, 4]}}),
            (KSERVE, {"shape": [3, HEIGHT, WIDTH], "outputs": {"scores": [4]}, "max_batch_size": 0}),
            (KSERVE, {"shape": [8, HEIGHT, WIDTH, 3], "max_batch_size": 0}),
            (TF_SERVING, {"shape": [8, HEIGHT, WIDTH, 3]}),
            ("/invocations", {}),
            ("/run", {}),
            ("/table", {}),
        ],
    )
    def test_in_numbers(self, path, told, add, server):
        server.told |= told
        assert_explained_alike(add(path), local())

    @pytest.mark.parametrize("path", [TF_SERVING, KSERVE])
    @pytest.mark.parametrize("binary", [True, False])
    def test_in_whole_numbers(self, path, binary, add, server):
        server.told |= {"dtype": "UINT8", "binary": binary}
        classifier = add(path, given={"range": "0-to-255"})
        assert_explained_alike(classifier, local(lambda batch: colours(np.round(batch) / 255), 1.0))

    @pytest.mark.parametrize("path", ["/score", "/classify?version=3", "/predictions/colours"])
    def test_in_files(self, path, add):
        assert_explained_alike(add(path), local(lambda batch: colours(np.round(batch) / 255), 1.0))

    def test_jpeg_comes_close(self, add, server, tmp_path):
        (tmp_path / "jpeg.toml").write_text(TEMPLATES["/score"].replace("png", "jpeg"))
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        given = {"input-size": [HEIGHT, WIDTH]}
        with new_service.prepare(
            f"{server.address}/score", names, name="jpeg", given=given, template=tmp_path / "jpeg.toml"
        ) as candidate:
            classifier = candidate.classifier
        photo = Image.new("RGB", (64, 48), (200, 80, 30))
        image = classifier.preprocess(photo)[np.newaxis]
        np.testing.assert_allclose(classifier.predict(image), colours(image / 255), atol=0.01)
        assert json.loads(server.asked[-1][3])["input_data"]["data"][0].startswith("/9j/")

    def test_numbers_arrive_bit_by_bit(self, add, server):
        classifier = add("/invocations")
        image = classifier.preprocess(a_photo(1))
        sent = np.stack([image, image * np.float32(1 / 3), 1e-6 * image])
        classifier.predict(sent)
        arrived = np.array(json.loads(server.asked[-1][3])["inputs"], np.float32)
        np.testing.assert_array_equal(arrived, sent)


class TestWhatIsFoundOut:
    def test_from_what_the_server_tells(self, server, models_folder, tmp_path):
        server.told |= {"shape": [-1, 3, HEIGHT, WIDTH], "dtype": "UINT8"}
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        with new_service.prepare(server.address + KSERVE, names, name="found") as candidate:
            settings = candidate.settings
        assert settings["input-size"] == ([HEIGHT, WIDTH], "found")
        assert settings["layout"] == ("channels-first", "found")
        assert settings["range"] == ("0-to-255", "found")
        assert settings["outputs"] == ("probabilities", "tried")
        assert candidate.service is not None
        assert (candidate.service.batch_size, candidate.service.version) == (8, "3")
        assert candidate.notes == ()

    @pytest.mark.parametrize(
        ("path", "told", "words"),
        [
            (
                TF_SERVING,
                {"dtype": "BYTES"},
                "takes string, and pictures are sent as .*: where it takes files, --template",
            ),
            (
                KSERVE,
                {"dtype": "BYTES"},
                "takes bytes, and pictures are sent as .*: where it takes files, --template",
            ),
            (TF_SERVING, {"shape": [-1, 10]}, r"inputs of the shape \(any, 10\), and not for pictures"),
            (
                KSERVE,
                {"dtype": "INT8"},
                "takes int8, and pictures are sent as float16, .*, uint8, int32: where",
            ),
            (KSERVE, {"outputs": {"one": [-1, 4], "two": [-1, 4]}}, "--output names one of one, two"),
            (TF_SERVING, {"outputs": {"one": [-1, 5]}}, "tells 5 classes apart, and the labels file names 4"),
            (
                "/v1/models/colors",
                {},
                "There is no such network at .* .404, Servable not found.: see whether",
            ),
            ("/v2/models/colors", {}, "There is no such network at .* .404, Not found.: see whether"),
            (KSERVE, {"outputs": {}}, "does not tell what the network takes and answers: its address is"),
            ("/somewhere", {}, "is not clear: --protocol is tf-serving or kserve, or --template names"),
        ],
    )
    def test_what_cannot_be_used_is_told(self, path, told, words, add, server, raises_sentence):
        server.told |= told
        with raises_sentence(ClassifierError, words):
            add(path)
        assert models.model_names() == []

    @pytest.mark.parametrize("path", [TF_SERVING, KSERVE])
    @pytest.mark.parametrize(
        "told",
        [
            [],
            "network",
            {"model_spec": 1, "metadata": {"signature_def": {"signature_def": {"a": 1}}}},
            {"inputs": [{"name": "x"}], "outputs": [1]},
            {"inputs": [{"name": "x", "datatype": "FP32", "shape": "?"}], "outputs": [{"name": "y"}]},
        ],
    )
    def test_nonsense_ends_in_a_sentence(self, path, told, add, server, raises_sentence):
        server.told["says"] = told
        with raises_sentence(ClassifierError, "127.0.0.1"):
            add(path, given={"range": "0-to-1", "input-size": [HEIGHT + 1, WIDTH]})

    def test_another_number_of_labels(self, add, raises_sentence):
        with raises_sentence(ClassifierError, "4 numbers for a picture, and there are 3 classes: the labels"):
            add("/invocations", ("red", "green", "blue"))

    def test_a_size_that_nothing_tells_is_asked_for(self, server, models_folder, tmp_path, raises_sentence):
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        url = f"{server.address}/elsewhere:predict"
        with (
            raises_sentence(ClassifierError, "does not say how large its input is: --input-size"),
            new_service.prepare(url, names, name="colours"),
        ):
            pass


class TestBatches:
    @pytest.mark.parametrize(
        ("path", "options", "expected"),
        [
            (TF_SERVING, {}, [16, 4]),
            (TF_SERVING, {"batch_size": 6}, [6, 6, 6, 2]),
            (KSERVE, {}, [8, 8, 4]),
            ("/classify?version=3", {}, [1] * 20),
        ],
    )
    def test_are_as_large_as_allowed(self, path, options, expected, add, server):
        classifier = add(path, **options)
        server.asked.clear()
        answers = classifier.predict(np.stack([classifier.preprocess(a_photo(i)) for i in range(20)]))
        assert answers.shape == (20, 4)
        assert len(server.questions) == len(expected)
        if path == TF_SERVING:
            assert [len(json.loads(asked[3])["instances"]) for asked in server.questions] == expected

    def test_are_bounded_in_bytes(self, add, server, monkeypatch):
        classifier = add()
        monkeypatch.setattr(service, "_LARGEST_QUESTION", 100_000)
        server.asked.clear()
        classifier.predict(np.stack([classifier.preprocess(a_photo(i)) for i in range(20)]))
        assert len(server.questions) == 7
        assert max(len(asked[3]) for asked in server.questions) < 100_000


def ask(classifier: Classifier) -> np.ndarray:
    return classifier.predict(classifier.preprocess(a_photo(1))[np.newaxis])


ROWS = [[0.7, 0.1, 0.1, 0.1]]


class TestFaults:
    @pytest.mark.parametrize(
        ("happens", "attempts", "words"),
        [
            (never, 4, "did not answer within 0.2 seconds: --timeout"),
            (trickling, 4, "did not answer within 0.2 seconds"),
            (cut_off, 4, "cut the connection off before its answer was complete"),
            (hung_up, 4, "cut the connection off"),
            (fault(429), 4, r"is busy or not ready, and stays so \(429, made to fail\): try again later"),
            (fault(503, b"<html>"), 4, r"stays so \(503\)"),
            (fault(500), 1, r"127.0.0.1:\d+ failed \(500, made to fail\)"),
            (fault(400), 1, r"does not accept what it was sent \(400, made to fail\)"),
            (fault(401), 1, r"refuses to answer \(401, made to fail\): see whether the key is right"),
            (fault(403, {"message": "a\n![b](http://c) <d>"}), 1, r"\(403, a b http://c d\)"),
            (fault(404), 1, "There is no such network"),
            (fault(422, {"detail": [{"loc": ["body"], "msg": "Field required"}]}), 1, "422, Field required"),
            (fault(413), 1, "more than .* takes at once .* smaller --batch-size"),
            (fault(200, b"<!doctype html><html><form>", kind="text/html"), 1, "in JSON, but with text/html"),
            (fault(200, b"[" * 100_000), 1, "does not answer in JSON"),
            (
                fault(200, {"predictions": [[0.5, 0.5]]}),
                1,
                "2 numbers for a picture, and there are 4 classes",
            ),
            (fault(200, {"predictions": ROWS * 2}), 1, "8 numbers for a picture"),
            (fault(200, {"predictions": [["a", "b", "c", "d"]]}), 1, "with a list of numbers for each of 1"),
            (fault(200, {"predictions": [[0.5], [0.1, 0.4]]}), 1, "with a list of numbers for each of 1"),
            (fault(200, {"result": ROWS}), 1, "with NaN or infinity|with a list of numbers for each of 1"),
            (fault(200, b'{"predictions": [[NaN, 0.5, 0.5, 0]]}'), 1, "answers with NaN or infinity"),
            (fault(200, b'{"predictions": [[1e999, 0.5, 0.5, 0]]}'), 1, "answers with NaN or infinity"),
            (fault(200, {"predictions": [[7, -3, 0, 2]]}), 1, "are no probabilities"),
        ],
    )
    def test_each_is_one_sentence(self, happens, attempts, words, add, server, raises_sentence):
        classifier = add(timeout=0.2 if happens in (never, trickling) else 30.0)
        server.asked.clear()
        server.faults = [happens] * 4
        with raises_sentence(ClassifierError, words):
            ask(classifier)
        assert len(server.questions) == attempts
        server.faults.clear()
        assert ask(classifier).argmax() == colours(classifier.preprocess(a_photo(1))[np.newaxis]).argmax()

    def test_what_passes_is_waited_for(self, add, server, waits):
        classifier = add()
        server.faults = [fault(503), fault(429, Retry_After="7"), cut_off]
        assert ask(classifier).shape == (1, 4)
        assert waits == [0.5, 7.0, 2.0]

    def test_a_date_to_wait_for(self, add, server, waits):
        classifier = add()
        server.faults = [fault(503, Retry_After=email.utils.formatdate(time.time() + 20, usegmt=True))]
        ask(classifier)
        assert 10 < waits[0] <= 20

    def test_who_asks_to_wait_long_is_not_asked_again(self, add, server, waits, raises_sentence):
        classifier = add()
        server.faults = [fault(429, Retry_After="3600")]
        with raises_sentence(ClassifierError, "busy or not ready"):
            ask(classifier)
        assert waits == []

    def test_an_answer_is_not_read_for_ever(self, add, server, monkeypatch, raises_sentence):
        classifier = add()
        monkeypatch.setattr(connection, "LARGEST_ANSWER", 1 << 20)
        server.faults = [endless]
        with raises_sentence(ClassifierError, "answers with more than 1 MB, which is no answer"):
            ask(classifier)

    def test_nobody_is_followed_elsewhere(self, add, server, raises_sentence):
        with serving() as other:
            classifier = add()
            server.faults = [fault(307, Location=f"{other.address}{TF_SERVING}:predict")]
            words = rf"sends us on to 127.0.0.1:{other.server_port} \(307\), where nothing is sent"
            with raises_sentence(ClassifierError, words):
                ask(classifier)
            assert other.asked == []

    def test_a_server_that_is_gone(self, add, server, raises_sentence):
        add()
        classifier = models.load_model_folder(models.model_folder("colours"))
        server.shutdown()
        server.server_close()
        with raises_sentence(ClassifierError, "can't be reached: see whether its server runs"):
            ask(classifier)

    def test_answers_that_the_template_does_not_fit(self, add, server, raises_sentence):
        classifier = add("/score")
        server.faults = [fault(200, {"probs": ROWS})]
        with raises_sentence(ClassifierError, r"has nothing at \[\*\].probs, where the template expects it"):
            ask(classifier)
        server.faults = [fault(200, [{"probs": [0.6, 0.4], "labels": ["red", "green"]}])]
        with raises_sentence(ClassifierError, "with 2 of 4 classes by name, and each is needed"):
            ask(classifier)
        server.faults = [fault(200, [{"probs": ROWS[0], "labels": ["red", "green", "blue", "pink"]}])]
        with raises_sentence(ClassifierError, "with the class 'pink', which is not among"):
            ask(classifier)


class TestBudget:
    def test_ends_with_a_sentence_and_what_was_found_stays(self, add, server, tmp_path):
        photos = tmp_path / "photos"
        recipe = Recipe(num_samples=60)
        photos.mkdir()
        a_photo(0).save(photos / "0.png")
        classifier = add()
        server.asked.clear()
        explain_folder(photos, tmp_path / "first", classifier, recipe)
        budget = round(2.5 * len(server.questions))
        for i in (1, 2):
            a_photo(i).save(photos / f"{i}.png")
        classifier = add(max_calls=budget)
        server.asked.clear()
        result = explain_folder(photos, tmp_path / "out", classifier, recipe)
        assert len(server.questions) == budget
        assert [record.error == "" for record in result.records] == [True, True, False]
        machine = re.escape(server.address)
        told = rf"The budget of {budget} calls to {machine} is used up: start .*\."
        assert re.fullmatch(told, result.records[2].error)

        another_day = models.load_model_folder(models.model_folder("colours"))
        result = explain_folder(photos, tmp_path / "out", another_day, recipe)
        assert result.reused == 2
        assert not any(record.error for record in result.records)

    def test_counts_what_is_asked_again(self, add, server, raises_sentence):
        classifier = add(max_calls=3)
        server.asked.clear()
        server.faults = [fault(503)] * 9
        with raises_sentence(ClassifierError, "The budget of 3 calls"):
            ask(classifier)
        assert len(server.questions) == 3


class TestAServerThatStopsAnswering:
    @pytest.fixture
    def photos(self, tmp_path) -> Path:
        (tmp_path / "photos").mkdir()
        for i in range(8):
            a_photo(i).save(tmp_path / "photos" / f"{i}.png")
        return tmp_path / "photos"

    def test_ends_a_folder_s_run_and_what_was_done_stays(
        self, add, server, photos, tmp_path, raises_sentence
    ):
        classifier, out, recipe = add(), tmp_path / "out", Recipe(num_samples=60)

        def goes_away(done: int, _photos: int) -> None:
            if done == 2:
                server.faults = [hung_up] * 100
                server.asked.clear()

        with raises_sentence(ClassifierError, "cut the connection off"):
            explain_folder(photos, out, classifier, recipe, on_progress=goes_away)
        assert len(server.questions) == 3 * 4
        assert sorted(path.name for path in (out / "photos").iterdir()) == ["0.png", "1.png"]
        server.faults.clear()
        result = explain_folder(photos, out, classifier, recipe)
        assert result.reused == 2
        assert [record.error for record in result.records] == [""] * 8

    def test_and_soon_answers_again_costs_these_photos_only(self, add, server, photos, tmp_path):
        classifier = add()
        server.faults = [hung_up] * 8
        result = explain_folder(photos, tmp_path / "out", classifier, RECIPE)
        assert [bool(record.error) for record in result.records] == [True] * 2 + [False] * 6


class TestVersions:
    def test_another_one_is_not_taken_for_it(self, add, server, monkeypatch, raises_sentence):
        classifier = add()
        ask(classifier)
        server.told["version"] = "4"
        ask(classifier)  # for as long as the server was just asked
        monkeypatch.setattr(service, "_KNOWN_FOR", 0.0)
        with raises_sentence(ClassifierError, "serves version 4 of the network now, and version 3 was added"):
            ask(classifier)

    def test_none_while_the_network_is_loaded_again_is_no_other_one(
        self, add, server, monkeypatch, raises_sentence
    ):
        classifier = add()
        monkeypatch.setitem(server.told, "says", None)
        with raises_sentence(ClassifierError, "There is no such network at"):
            ask(classifier)

    def test_are_part_of_the_fingerprint(self, add, server):
        first = add().fingerprint
        assert first == add().fingerprint
        server.told["version"] = "4"
        assert len({first, add().fingerprint, add(KSERVE).fingerprint, ""}) == 4

    def test_without_any_another_resampling_has_no_fingerprint(self, add):
        add("/invocations")
        assert load_classifier("colours@nearest").fingerprint == ""

    def test_without_any_nothing_is_taken_for_the_same(self, add):
        assert add("/invocations").fingerprint == ""
        one, other = (add("/invocations", version=version).fingerprint for version in ("May", "June"))
        assert len({one, other, ""}) == 3

    def test_a_folder_goes_on_where_it_was_if_the_version_is_known(self, add, tmp_path):
        (tmp_path / "photos").mkdir()
        a_photo(1).save(tmp_path / "photos" / "a.png")
        for version, reused in (("", 0), ("May", 1)):
            for expected in (0, reused):
                classifier = add("/invocations", version=version)
                out = tmp_path / f"out{version}"
                recipe = Recipe(num_samples=60)
                assert explain_folder(tmp_path / "photos", out, classifier, recipe).reused == expected


class TestKeys:
    @pytest.fixture
    def key(self, server, monkeypatch) -> Key:
        monkeypatch.setenv("MODEL_KEY", f" {KEY}\n")
        server.told["key"] = f"Bearer {KEY}"
        return Key("MODEL_KEY")

    def test_is_sent_as_the_server_wants_it(self, add, server, key):
        ask(add(key=key))
        assert server.asked[-1][2]["Authorization"] == f"Bearer {KEY}"
        server.told["key"] = KEY
        ask(add(key=Key("MODEL_KEY", "api-key")))
        assert server.asked[-1][2]["api-key"] == KEY
        assert "Authorization" not in server.asked[-1][2]

    def test_is_nowhere_to_be_read(self, add, server, key, tmp_path, caplog, raises_sentence):
        caplog.set_level(logging.DEBUG)
        photos = tmp_path / "photos"
        photos.mkdir()
        a_photo(1).save(photos / "a.png")
        classifier = add(key=key)
        result = explain_folder(photos, tmp_path / "out", classifier, num_samples=60)
        assert [record.error for record in result.records] == [""]
        assert KEY not in classifier.describe_engine() + repr(classifier) + classifier.fingerprint
        server.told["key"] = "another"
        with raises_sentence(ClassifierError, r"refuses to answer \(401, not with Bearer\)"):
            ask(classifier)
        packed = pack_classifier(classifier)
        files = [path.read_bytes() for path in [*tmp_path.rglob("*")] if path.is_file()]
        assert any(b"explanation" in content for content in files)
        cloudpickle = pytest.importorskip("cloudpickle")
        for content in (*files, *packed.files.values(), cloudpickle.dumps(classifier), caplog.text.encode()):
            assert KEY.encode() not in content

    def test_an_error_that_repeats_it_is_told_without(self, add, server, key, raises_sentence):
        classifier = add(key=key)
        server.told["key"] = "another"
        with pytest.raises(ClassifierError) as caught:
            ask(classifier)
        assert KEY not in str(caught.value)
        assert "not with Bearer" in str(caught.value)
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize(
        "url", [None, "http://a..b/v1/models/colours", "http://127.0.0.1:1/v1/models/colours"]
    )
    def test_an_error_keeps_nothing_that_has_it(self, url, add, server, key, monkeypatch):
        """Dask's workers pickle errors with those during which they were raised, whose requests have keys."""
        classifier = add(key=key)
        if url:
            asked = connection.Connection(key)
            with pytest.raises(ClassifierError) as caught:
                asked.look_up(url)
        else:
            server.faults = [hung_up] * 4
            with pytest.raises(ClassifierError) as caught:
                ask(classifier)
        assert caught.value.__context__ is caught.value.__cause__ is None

    def test_one_that_is_not_there_is_told(self, add, key, monkeypatch, raises_sentence):
        classifier = add(key=key)
        for value, words in (("", "is not set: MODEL_KEY"), ("k\u00e9y", "MODEL_KEY holds no key")):
            monkeypatch.setenv("MODEL_KEY", value)
            with raises_sentence(ClassifierError, words):
                ask(classifier)

    def test_no_other_is_sent_in_its_place(self, add, server, monkeypatch, tmp_path):
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        ask(add())
        assert not any("Authorization" in asked[2] for asked in server.asked)

    @pytest.mark.parametrize("variable", [KEY, "", "A B"])
    def test_the_key_itself_is_not_taken_for_a_variable(self, variable, raises_sentence):
        with raises_sentence(ClassifierError, "takes the name of an environment variable .* not the key"):
            Key(variable).check()

    @pytest.mark.parametrize("header", ["", "api key", "a: b\r\nc: d"])
    def test_no_header(self, header, raises_sentence):
        with raises_sentence(ClassifierError, "--key-header takes a header's name"):
            Key("KEY", header).check()


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            f"https://user:{KEY}@example.org/v1/models/a",
            f"https://{KEY}@example.org/v1/models/a",
            f"https://example.org/score?api-version=1&code={KEY}",
            f"https://example.org/score?subscription-key={KEY}",
            f"https://example.org/score?sv=1&sig={KEY}",
            f"https://example.org/score?access_token={KEY}",
        ],
    )
    def test_with_a_key_are_refused_and_not_repeated(self, url, raises_sentence):
        with raises_sentence(ClassifierError, "There is a key or a password in the address, .* --key-env"):
            check_address(url)
        with pytest.raises(ClassifierError) as caught:
            check_address(url)
        assert KEY not in str(caught.value)

    @pytest.mark.parametrize(
        "url", ["example.org", "ftp://example.org/a", "http://", "file:///etc/passwd", "http://a:x/"]
    )
    def test_that_are_none(self, url, raises_sentence):
        with raises_sentence(ClassifierError, "starts with https:// or http://"):
            check_address(url)

    def test_with_a_version_of_the_interface_stay(self):
        url = "https://example.org/score?api-version=2024-05"
        assert check_address(f" {url}#part ") == url

    @pytest.mark.parametrize(
        ("url", "exposed"),
        [
            ("http://example.org/a", True),
            ("http://192.0.2.1:8501", True),
            ("https://example.org", False),
            ("http://localhost:8501", False),
            ("http://127.0.0.2", False),
            ("http://[::1]:8000", False),
            ("http://localhost.example.org", True),
        ],
    )
    def test_that_others_can_listen_to(self, url, exposed):
        assert is_exposed(url) == exposed

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("http://localhost:8501/v1/models/Cats:predict", "Cats"),
            ("http://localhost:8000/v2/models/cats/versions/2/infer", "cats"),
            ("http://[::1]:8501/v1/models/cats/versions/2:predict/", "cats"),
            ("http://localhost:8501/v1/models/cats:predict/", "cats"),
            ("https://cats.example.org/score", "cats.example.org"),
        ],
    )
    def test_name_their_network(self, url, name):
        assert new_service.name_in(url) == name


class TestTemplates:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("scores = 'a'", "is no template: it must say what the request is, and may say"),
            ("request.a = 1", r"one \$pictures or one \$picture in the request"),
            ("request = ['$pictures', '$pictures']", r"there must be one \$pictures or one"),
            ("request.a = 'x $picture'", "numbers can't be part of a text"),
            ("request.a = '$picture'\npictures = 'gif'", "pictures must be one of numbers, png, jpeg"),
            ("request.a = '$picture'\nscores = 'a..b'", r"are written like predictions\[\*\].scores"),
            ("request.a = '$picture'\nscore = 'a'", "may say pictures, scores, names, headers besides"),
            ("request.a = '$picture'\nheaders.Authorization = 'x'", "there is a header with a key, which"),
            ("request.a = '$picture'\nheaders.X-Api-Key = 'x'", "there is a header with a key, which"),
            ("request.a = '$picture'\nheaders.X = 1", "headers must be texts by their names"),
            ("request", "is not written in TOML"),
        ],
    )
    def test_that_are_none(self, text, words, server, models_folder, tmp_path, raises_sentence):
        (tmp_path / "template.toml").write_text(text)
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        with (
            raises_sentence(ClassifierError, words),
            new_service.prepare(
                f"{server.address}/score", names, name="x", template=tmp_path / "template.toml"
            ),
        ):
            pass
        assert server.asked == []

    @pytest.mark.parametrize(
        ("which", "path"),
        [
            (0, "/invocations"),
            (1, "/score"),
            (2, "/classify?version=3"),
            (3, "/classify"),
            (4, f"{TF_SERVING}:predict"),
        ],
    )
    def test_that_the_documentation_shows_work(self, which, path, server, models_folder, tmp_path):
        page = Path(__file__).parents[2] / "docs" / "remote-classifier.md"
        shown = re.findall(r"(?ms)^```toml\n(.*?)^```$", page.read_text("utf-8"))
        assert len(shown) == 5
        (tmp_path / "template.toml").write_text(shown[which])
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        given = {"input-size": [HEIGHT, WIDTH]}
        with new_service.prepare(
            server.address + path, names, name="shown", given=given, template=tmp_path / "template.toml"
        ) as candidate:
            classifier = candidate.classifier
        pictures = np.stack([classifier.preprocess(a_photo(i)) for i in range(3)])
        scale = 255 if "png" in shown[which] else 1
        np.testing.assert_allclose(classifier.predict(pictures), colours(pictures / scale), atol=0.02)

    def test_in_json_and_with_headers(self, server, models_folder, tmp_path):
        told = {"request": {"inputs": "$pictures"}, "scores": "predictions", "headers": {"X-Deployment": "b"}}
        (tmp_path / "template.json").write_text(json.dumps(told))
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        with new_service.prepare(
            f"{server.address}/invocations",
            names,
            name="colours",
            template=tmp_path / "template.json",
            given={"input-size": [HEIGHT, WIDTH]},
        ) as candidate:
            candidate.keep()
        ask(load_classifier("colours"))
        assert server.asked[-1][2]["X-Deployment"] == "b"

    def test_files_hold_colours_only(self, server, add, raises_sentence):
        with raises_sentence(ClassifierError, "Files and whole numbers hold colours from 0 to 255 only"):
            add("/score", given={"range": "torch"})
        server.told["dtype"] = "UINT8"
        with raises_sentence(ClassifierError, "Files and whole numbers hold colours from 0 to 255 only"):
            add(KSERVE, given={"range": "0-to-1"})


class TestOnItsWay:
    def test_a_worker_has_it_by_its_description(self, add, monkeypatch, tmp_path):
        classifier = add()
        sent = pickle.loads(pickle.dumps(pack_classifier(classifier)))
        assert {*sent.files} == {"labels.txt", "model.toml"}
        monkeypatch.setenv("EXPLAINER_MODELS", str(tmp_path / "a-worker's"))
        monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
        received = sent.load()
        assert received.sent_to == classifier.sent_to != ""
        np.testing.assert_array_equal(ask(received), ask(classifier))

    def test_a_worker_has_it_without_a_version_too(self, add):
        classifier = add("/invocations")
        sent = pickle.loads(pickle.dumps(pack_classifier(classifier)))
        np.testing.assert_array_equal(ask(sent.load()), ask(classifier))

    @pytest.mark.slow
    @pytest.mark.parametrize("path", [KSERVE, "/invocations"])
    def test_workers_find_what_one_process_finds(self, path, add, server, tmp_path, monkeypatch):
        """With a key from their own environment, which is that of whoever starts them."""
        monkeypatch.setenv("MODEL_KEY", KEY)
        server.told["key"] = f"Bearer {KEY}"
        (tmp_path / "photos").mkdir()
        for i in range(2):
            a_photo(i).save(tmp_path / "photos" / f"{i}.png")
        classifier = add(path, key=Key("MODEL_KEY"))
        found = {}
        for out, workers in (("here", None), ("there", 1)):
            result = explain_folder(
                tmp_path / "photos", tmp_path / out, classifier, num_samples=40, workers=workers
            )
            assert [record.error for record in result.records] == ["", ""]
            files = [*(tmp_path / out / "photos").rglob("explanation.json")]
            found[out] = {path.parent.name: path.read_bytes() for path in files}
        assert found["here"] == found["there"]
        assert len(found["here"]) == 2

    def test_what_only_a_network_here_can_do_is_told(self, add, raises_sentence):
        classifier = add()
        with raises_sentence(ClassifierError, "served elsewhere gives answers and no gradients"):
            classifier.keras_network()
        with raises_sentence(ClassifierError, "can't be reached, so they can't be made random"):
            classifier.with_random_weights()
        assert classifier.describe_engine() == f"served by {classifier.sent_to} (TensorFlow Serving)"

    def test_one_that_cannot_be_asked_at_all_is_no_photo_s_fault(
        self, add, server, tmp_path, raises_sentence
    ):
        (tmp_path / "photos").mkdir()
        a_photo(1).save(tmp_path / "photos" / "a.png")
        add()
        server.told["version"] = "4"
        with raises_sentence(ClassifierError, "serves version 4 of the network now"):
            explain_folder(tmp_path / "photos", tmp_path / "out", load_classifier("colours"), RECIPE)

    def test_a_proxy_is_used(self, server, models_folder, tmp_path, monkeypatch):
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", server.address)
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        url = "http://models.example.org/v1/models/colours"
        with pytest.raises(ClassifierError), new_service.prepare(url, names, name="x"):
            pass
        assert server.asked[0][1] == f"{url}/metadata"

    @pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
    def test_certificates_are_verified(self, server, models_folder, tmp_path, monkeypatch, raises_sentence):
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        command += f" -addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
        subprocess.run(command.split(), check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        names = write_lines(tmp_path / "names.txt", *COLOURS)
        url = f"https://localhost:{server.server_port}{TF_SERVING}"
        with (
            raises_sentence(
                ClassifierError, "certificate of https://localhost:.* can't be verified, so nothing"
            ),
            new_service.prepare(url, names, name="x"),
        ):
            pass
        assert server.asked == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        with new_service.prepare(url, names, name="x") as candidate:
            assert candidate.facts.units == 4

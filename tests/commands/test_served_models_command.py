"""``add-model --url`` and what follows, as somebody types them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from explainer import load_classifier
from explainer.__main__ import main
from tests.own_networks import write_lines
from tests.servers import COLOURS, HEIGHT, KEY, WIDTH, Server, serving
from tests.synthetic import a_photo
from tests.test_documentation import ROOT, commands


@pytest.fixture(autouse=True)
def models_folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("EXPLAINER_MODELS", str(folder))
    return folder


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def add(server, tmp_path):
    labels = write_lines(tmp_path / "labels.txt", *COLOURS)

    def add(path: str, *options: object) -> int:
        return main(
            ["add-model", "--url", server.address + path, "--labels", str(labels), *map(str, options)]
        )

    return add


@pytest.fixture
def photo(tmp_path) -> Path:
    a_photo(1).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_a_served_network_is_added_listed_explained_judged_and_removed(
    add, server, photo, models_folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("MODEL_KEY", KEY)
    server.told["key"] = KEY
    options = ("--key-env=MODEL_KEY", "--key-header=api-key", "--range=0-to-1", "--max-calls=500")
    assert add("/v2/models/colours", "--title", "Colours of mine", "--timeout=9", *options) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0].startswith(f"Photos are sent to {server.address}: this classifier runs there, and gets")
    assert lines[1] == "Colours of mine: 4 classes"
    assert [re.split(r"\s{2,}", line.strip()) for line in lines[2:5]] == [
        ["input-size", f"{HEIGHT} × {WIDTH}", "(found in the network)"],
        ["resize", "stretch", "(the default)"],
        ["resample", "bilinear", "(the default)"],
    ]
    assert lines[-1] == f"Added as colours, in {models_folder / 'colours'}."
    assert {path.name for path in (models_folder / "colours").iterdir()} == {"labels.txt", "model.toml"}

    assert main(["list-models"]) == 0
    listed = capsys.readouterr().out
    assert re.search(rf"^colours .*, 0-to-1, photos are sent to {server.address}, added: ", listed, re.M)

    explained = [str(photo), "--classifier", "colours", "--num-samples", "32"]
    assert main(["explain", *explained, "--out", str(tmp_path / "out")]) == 0
    first, *_ = capsys.readouterr().err.splitlines()
    assert first.startswith(f"explainer: Photos are sent to {server.address}: ")
    found = json.loads((tmp_path / "out" / "photo" / "explanation.json").read_text())
    assert {label["name"] for label in found["labels"]} == {*COLOURS}

    assert main(["judge", *explained, "--methods", "occlusion", "--out", str(tmp_path / "judged")]) == 0
    told = capsys.readouterr()
    assert told.err.startswith(f"explainer: Photos are sent to {server.address}: ")
    report = (tmp_path / "judged" / "report.html").read_text("utf-8")
    assert f"served by {server.address} (KServe)" in report

    for path in [*tmp_path.rglob("*")]:
        assert path.is_dir() or KEY.encode() not in path.read_bytes()
    assert KEY not in listed + told.out + told.err
    assert main(["remove-model", "colours"]) == 0
    assert list(models_folder.iterdir()) == []


def test_the_range_is_found_by_trying(add, server, tmp_path, capsys):
    server.told["strict"] = True
    Image.new("RGB", (64, 48), (40, 20, 160)).save(tmp_path / "blue.png")
    template = tmp_path / "template.toml"
    template.write_text('request.inputs = "$pictures"\nscores = "predictions"\n')
    options = ("--template", template, "--input-size", f"{HEIGHT}x{WIDTH}", "--name", "mine")
    assert add("/invocations", *options, "--try", tmp_path / "blue.png", "--expect", "blue") == 0
    told = capsys.readouterr()
    assert "all ranges were tried" in told.out
    assert re.search(r"^  range +0-to-1 +\(found by trying\)$", told.out, re.M)
    assert re.search(r"^  channel-order +rgb +\(found by trying\)$", told.out, re.M)
    assert "The server does not tell which version of the network it serves" in told.out
    assert load_classifier("mine").is_range_confirmed


def test_what_the_documentation_types_works(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CATS_KEY", KEY)
    write_lines(tmp_path / "names.txt", *COLOURS)
    template = 'request.input_data = { columns = ["image"], data = "$pictures" }\npictures = "png"\n'
    (tmp_path / "score.toml").write_text(template + 'scores = "[*].probs"\nnames = "[*].labels"\n')
    page = ROOT / "docs" / "remote-classifier.md"
    typed = [command for command in commands(page) if command.startswith("add-model --url")]
    assert len(typed) == 5
    for number, command in enumerate(typed):
        here = re.sub(r"https?://HOST(:\d+)?", server.address, command).replace("/cats", "/colours")
        here = here.replace("--input-size 224", f"--input-size {HEIGHT}x{WIDTH}")
        assert main([*here.split(), "--name", f"cats-{number}"]) == 0, capsys.readouterr().err
    assert f"Bearer {KEY}" in [asked[2].get("Authorization") for asked in server.questions]


def test_replace(add, capsys):
    assert add("/v1/models/colours", "--range=0-to-1") == 0
    assert add("/v1/models/colours", "--range=0-to-1") == 2
    assert "There is a model named colours already, which --replace replaces." in capsys.readouterr().err
    assert add("/v1/models/colours", "--range=0-to-255", "--replace") == 0


def test_a_way_that_is_not_encrypted_is_warned_of(server, tmp_path, monkeypatch, capsys):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.address)  # in place of that machine
    labels = write_lines(tmp_path / "labels.txt", *COLOURS)
    url = "http://models.example.org/v1/models/cats"
    assert main(["add-model", "--url", url, "--labels", str(labels)]) == 2
    told = capsys.readouterr()
    assert "The way there is not encrypted, so others may read them." in told.out
    assert "http://models.example.org does not say how large its input is" in told.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("network.onnx",), "add-model takes either a FILE or a --url."),
        (("--key-header=api-key",), "--key-header needs --key-env, which says where the key is."),
        ((f"--key-env={KEY}",), "--key-env takes the name of an environment variable"),
        (("--key-env=NOWHERE_TO_BE_FOUND",), "is not set: NOWHERE_TO_BE_FOUND."),
        (("--batch-size=0",), "batch-size must be a whole number from 1, and is 0."),
        (("--max-calls=-1",), "max-calls must be a whole number from 0, and is -1."),
        (("--timeout=0",), "timeout must be a number of seconds, at most 3600, and is 0.0."),
        (("--protocol=json",), "is not clear: --protocol is tf-serving or kserve"),
        (("--output=other",), "--output names one of probabilities."),
        (("--template=nowhere.toml",), "nowhere.toml can't be read"),
        (("--labels=nowhere.txt",), "nowhere.txt can't be read"),
        (("--input-size=48",), f"is [{HEIGHT}, {WIDTH}], and not [48, 48]."),
    ],
)
def test_wrong_options_are_one_sentence_and_add_nothing(options, words, add, models_folder, capsys):
    assert add("/v1/models/colours", *options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert KEY not in error
    assert not models_folder.exists() or list(models_folder.iterdir()) == []


def test_an_address_with_a_key_is_not_repeated(tmp_path, capsys):
    labels = write_lines(tmp_path / "labels.txt", *COLOURS)
    url = f"https://models.example.org/score?code={KEY}"
    assert main(["add-model", "--url", url, "--labels", str(labels)]) == 2
    told = capsys.readouterr()
    assert "have --key-env name an environment variable" in told.err
    assert KEY not in told.out + told.err


def test_what_is_for_an_address_is_not_taken_for_a_file(tmp_path, capsys):
    assert main(["add-model", str(tmp_path / "cats.onnx"), "--key-env", "CATS_KEY"]) == 2
    assert capsys.readouterr().err == "explainer: --key-env is for a --url.\n"


def test_neither_file_nor_address(capsys):
    assert main(["add-model"]) == 2
    assert capsys.readouterr().err == "explainer: add-model takes either a FILE or a --url.\n"

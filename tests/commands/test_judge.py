"""``limelight judge``: what it says, writes, and ends with."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import Classifier, Recipe, explain
from explainer.__main__ import main
from explainer.commands import classifier_options
from explainer.judging.inquiry import finish
from explainer.judging.opinions import SecondOpinions
from explainer.judging.smallest import smallest_sets
from explainer.lime.explain import with_label
from explainer.takeaway.opinions import curves_csv, opinions_json
from explainer.words.language import Language
from explainer.words.opinions import (
    agreement_sentences,
    best_sentence,
    enough_sentence,
    quality_sentence,
    without_sentence,
)
from tests.synthetic import a_photo

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = Language("en")
RECIPE = Recipe(num_samples=40)


def predict(batch: np.ndarray) -> np.ndarray:
    """How bright the left half is, how bright the right one, and how dark all of it."""
    left, right = (half.mean(axis=(1, 2, 3)) for half in np.split(batch, 2, axis=2))
    return np.stack([left, right, 2 - left - right], axis=1) / 2


@pytest.fixture
def classifier(monkeypatch: pytest.MonkeyPatch) -> Classifier:
    made = Classifier.from_function(predict, input_size=(24, 32), class_names=["left", "right_side", "dark"])
    monkeypatch.setattr(classifier_options, "load_classifier", lambda _name: made)
    return made


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    a_photo().save(path)
    return path


def run(photo: Path, out: Path, *more: str) -> int:
    return main(["judge", str(photo), "--out", str(out), "--num-samples", "40", *more])


def judged(classifier: Classifier, label: int | None = None, *methods: str) -> SecondOpinions:
    explanation = explain(a_photo(), classifier, RECIPE)
    index = explanation.labels[0].index if label is None else label
    opinions = SecondOpinions(a_photo(), with_label(explanation, index), index, methods)
    while not opinions.advance(0):
        pass
    return opinions


def test_what_is_said_and_written(classifier: Classifier, photo: Path, tmp_path: Path, capsys):
    out = tmp_path / "new" / "out"
    assert run(photo, out, "--methods", "lime", "occlusion", "rise") == 0
    opinions = judged(classifier, None, "lime", "occlusion", "rise")
    explanation, label = opinions.explanation, opinions.label_index
    sets = finish(smallest_sets(explanation, label))
    assert {path.name for path in out.iterdir()} == {
        "report.html", "opinions.json", "curves.csv",
        *(f"{name}.png" for name in ("lime", "occlusion", "rise")),
        *(f"{name}-16-bit.png" for name in ("lime", "occlusion", "rise")),
        *(f"{name}.npy" for name in ("lime", "occlusion", "rise")),
    }  # fmt: skip
    assert (out / "opinions.json").read_text("utf-8") == opinions_json(opinions, sets)
    assert (out / "curves.csv").read_bytes() == curves_csv(opinions).encode()
    rows = list(csv.DictReader(io.StringIO((out / "curves.csv").read_text("utf-8"))))
    assert {row["method"] for row in rows} == {"chance", "centre", "lime", "occlusion", "rise"}
    for opinion in opinions.opinions:
        heat_map = np.load(out / f"{opinion.method.name}.npy")
        np.testing.assert_array_equal(heat_map, opinion.heat_map.astype(np.float32))
        with Image.open(out / f"{opinion.method.name}.png") as drawn:
            assert drawn.size == (640, 533)
    report = (out / "report.html").read_text("utf-8")
    assert "How good is this picture?" in report

    output = capsys.readouterr()
    name = explanation.label(label).name.replace("_", " ")
    first, *lines = output.out.splitlines()
    assert first == f"{photo}: {name}, {ENGLISH.percent(explanation.label(label).probability)}"
    lime = opinions.opinion("lime")
    assert quality_sentence(lime.curves, opinions.chance, explanation.label(label), ENGLISH) in lines
    for sentence in (
        best_sentence(opinions, ENGLISH),
        *agreement_sentences(opinions, ENGLISH),
        enough_sentence(sets, explanation, ENGLISH),
        without_sentence(sets, explanation, ENGLISH),
    ):
        assert sentence in lines
    table = [line for line in lines if line.startswith(("Method", "LIME ", "Occlusion ", "RISE "))][:4]
    heading = ["Method", "Pictures asked", "Insertion − deletion", "Hidden otherwise"]
    assert re.split(" {2,}", table[0]) == heading
    for line, opinion in zip(table[1:], opinions.opinions, strict=True):
        figures = [ENGLISH.number(curves.gain, 2) for curves in (opinion.curves, opinion.check)]
        marked = ["best"] if opinion is opinions.best else []
        assert line.split()[1:] == [str(opinion.passes), *figures, *marked]
    assert lines[-1] == str(out / "report.html")
    assert "40/40" in output.err
    assert f"{opinions.passes}/{opinions.total}" in output.err


@pytest.mark.parametrize("label", ["right side", "Right_Side", "1"])
def test_another_label(label: str, classifier: Classifier, photo: Path, tmp_path: Path, capsys):
    assert run(photo, tmp_path / "out", "--label", label, "--methods", "lime") == 0
    assert capsys.readouterr().out.startswith(f"{photo}: right side, ")
    written = json.loads((tmp_path / "out" / "opinions.json").read_text("utf-8"))
    assert written["label"]["name"] == "right_side"
    assert written["methods"][0]["curves"]["gain"] == judged(classifier, 1, "lime").best.curves.gain


def test_what_can_not_run_says_why_and_the_rest_goes_on(
    classifier: Classifier, photo: Path, tmp_path: Path, capsys
):
    assert run(photo, tmp_path / "out", "--methods", "grad-cam", "lime", "--sanity") == 0
    output = capsys.readouterr()
    written = json.loads((tmp_path / "out" / "opinions.json").read_text("utf-8"))
    refused, lime = written["methods"]
    assert refused["error"]
    assert refused["error"] in output.out
    assert lime["curves"]["gain"] == judged(classifier, None, "lime").best.curves.gain
    assert written["best"] == "lime"
    assert written["agreement_with_random_weights"] is None
    assert any(line.startswith("explainer: ") for line in output.err.splitlines())
    assert not (tmp_path / "out" / "grad-cam.npy").exists()


@pytest.mark.usefixtures("classifier")
def test_speaks_japanese(photo: Path, tmp_path: Path):
    assert run(photo, tmp_path / "out", "--methods", "lime", "--language", "ja") == 0
    assert '<html lang="ja">' in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("classifier")
@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--label", "cat"], "knows no class 'cat'; classes go by their names, or by numbers from 0 to 2."),
        (["--label", "3"], "knows no class '3'"),
        (["--cuts", "9"], "cuts must be a whole number, from 1 to 4"),
        (["--recipe", "nowhere.json"], "nowhere.json can't be read"),
    ],
)
def test_what_can_not_be_is_one_sentence(more: list[str], words: str, photo: Path, tmp_path: Path, capsys):
    assert run(photo, tmp_path / "out", *more) == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith("explainer: ")
    assert words in line
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("classifier")
def test_a_file_that_is_no_photo(tmp_path: Path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    assert run(tmp_path / "broken.jpg", tmp_path / "out", "--language", "ja") == 2
    assert "壊れ" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_unknown_methods_are_named(photo: Path, tmp_path: Path, capsys):
    with pytest.raises(SystemExit) as exit_:
        run(photo, tmp_path / "out", "--methods", "guess")
    assert exit_.value.code == 2
    assert "invalid choice: 'guess'" in capsys.readouterr().err


def test_ctrl_c_ends_it_cleanly(classifier: Classifier, photo: Path, tmp_path: Path, monkeypatch, capsys):
    advance = SecondOpinions.advance

    def interrupted(opinions: SecondOpinions, seconds: float) -> bool:
        if opinions.opinions:
            raise KeyboardInterrupt
        return advance(opinions, seconds)

    monkeypatch.setattr(SecondOpinions, "advance", interrupted)
    assert run(photo, tmp_path / "out") == 130
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.endswith("explainer: Stopped; nothing was written.\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_real_network_in_a_process_of_its_own(chelsea: Image.Image, tmp_path: Path):
    chelsea.save(tmp_path / "cat.jpg")
    options = ["--classifier", "efficientnet-lite0", "--num-samples", "64", "--label", "tabby", "--sanity"]
    command = [sys.executable, "-m", "explainer", "judge", tmp_path / "cat.jpg", "--out", tmp_path / "out"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "out" / "opinions.json").read_text("utf-8"))
    assert written["label"]["name"] == "tabby"
    assert [method["error"] for method in written["methods"]] == [None] * 6
    assert -1 <= written["agreement_with_random_weights"] <= 1
    assert (tmp_path / "out" / "sanity.png").stat().st_size


@pytest.mark.slow
def test_a_terminals_ctrl_c(chelsea: Image.Image, tmp_path: Path):
    chelsea.save(tmp_path / "cat.jpg")
    command = [sys.executable, "-m", "explainer", "judge", tmp_path / "cat.jpg", "--out", tmp_path / "out"]
    process = subprocess.Popen(
        [*command, "--classifier", "efficientnet-lite0", "--num-samples", "2000"],
        cwd=ROOT,
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    begun = b""
    while b"samples" not in begun:
        begun += process.stderr.read(1)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 130
    assert output == b""
    assert b"Traceback" not in errors
    assert not (tmp_path / "out").exists()

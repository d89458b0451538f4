import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer import Reading, WeightsError, explain, load_photo
from explainer.__main__ import main
from explainer.classifiers.published.keras_applications import Application
from explainer.folders.results import read_records
from explainer.pictures.draw import draw_reading, fit_photo

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "explanation.json", "focus.png", "preprocessed.png", "pros_cons.png", "record.json", "segments.png",
    "thumbnail.jpg",
}  # fmt: skip


@pytest.fixture
def photo(tmp_path, chelsea):
    path = tmp_path / "cat.jpg"
    chelsea.save(path, quality=95)
    return path


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"no photo at all")
    return path


def run(*photos, out, classifier="efficientnet-lite0", samples=20, more=()):
    return main(
        [
            "explain",
            *map(str, photos),
            "--out",
            str(out),
            "--classifier",
            classifier,
            "--num-samples",
            str(samples),
            *more,
        ]
    )


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
def test_good_run(photo, tmp_path, lite0):
    options = ["--classifier", "efficientnet-lite0", "--num-samples", "64", "--seed", "3"]
    done = subprocess.run(
        [sys.executable, "-m", "explainer", "explain", photo, "--out", tmp_path / "out", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error::RuntimeWarning"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "out") == {"cat"}
    folder = tmp_path / "out" / "cat"
    assert names(folder) == FILES

    with Image.open(photo) as opened:
        expected = explain(opened, lite0, num_samples=64, seed=3)
    first, *lines = done.stdout.splitlines()
    assert first == f"{photo}:"
    assert [line.split() for line in lines] == [
        [f"{label.probability:.2%}", label.name, f"({label.wnid})"] for label in expected.labels
    ]
    assert len(lines) == 5
    assert "Egyptian_cat" in done.stdout or "tabby" in done.stdout
    assert "64/64" in done.stderr

    content = json.loads((folder / "explanation.json").read_text(encoding="utf-8"))
    assert content["classifier"] == "efficientnet-lite0"
    assert (content["num_samples"], content["seed"]) == (64, 3)
    assert content["segments"] == expected.num_superpixels
    for written, label in zip(content["labels"], expected.labels, strict=True):
        assert written["index"] == label.index
        assert written["wnid"] == label.wnid
        assert written["probability"] == pytest.approx(label.probability, abs=1e-5)
        np.testing.assert_allclose(written["weights"], label.weights, atol=1e-4)

    with Image.open(photo) as opened:
        size = fit_photo(opened).size
    for name in ("focus.png", "pros_cons.png"):
        with Image.open(folder / name) as picture:
            assert (picture.mode, picture.size) == ("RGB", size)
    with Image.open(folder / "preprocessed.png") as picture:
        seen = np.asarray(picture, float)
    np.testing.assert_allclose(seen, 255 * lite0.to_display(expected.image), atol=1)


def test_bad_photo_is_one_line_and_leaves_nothing(broken, tmp_path, capsys):
    assert run(broken, out=tmp_path / "out") == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith(f"explainer: {broken}: ")
    assert names(tmp_path / "out") == set()


def test_other_photos_are_still_done(photo, broken, tmp_path, capsys):
    missing = tmp_path / "missing.png"
    assert run(broken, photo, missing, out=tmp_path / "out") == 2
    assert names(tmp_path / "out") == {"cat"}
    assert names(tmp_path / "out" / "cat") == FILES
    output = capsys.readouterr()
    assert output.out.startswith(f"{photo}:\n")
    errors = [line for line in output.err.splitlines() if line.startswith("explainer: ")]
    assert [line.split(": ")[1] for line in errors] == [str(broken), str(missing)]


def test_the_same_command_again_asks_nothing(photo, coffee, tmp_path, asked, capsys):
    other = tmp_path / "cup.png"
    coffee.save(other)
    assert run(photo, other, out=tmp_path / "out") == 0
    assert asked
    told = capsys.readouterr().out
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}
    asked.clear()
    assert run(photo, other, out=tmp_path / "out") == 0
    assert asked == []
    assert capsys.readouterr().out == told
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")} == written
    assert run(photo, other, out=tmp_path / "out", more=["--seed", "1"]) == 0
    assert asked


def test_pictures_are_judged_where_that_is_asked_for(photo, tmp_path, asked, capsys):
    assert run(photo, out=tmp_path / "out", samples=48) == 0
    assert run(photo, out=tmp_path / "out", samples=48, more=["--judge"]) == 0
    told = capsys.readouterr().out
    label = json.loads((tmp_path / "out" / "cat" / "record.json").read_text("utf-8"))["predicted"]
    assert label["judged"]["superpixels"] > 10
    assert names(tmp_path / "out" / "cat") >= FILES
    assert (tmp_path / "out" / label["judged"]["enough_picture"]).is_file()
    assert re.search("  (Hiding the first|Until hiding what) .* in a random order", told)
    assert " enough: with all else hidden" in told
    asked.clear()
    assert run(photo, out=tmp_path / "out", samples=48) == 0  # what was judged counts
    assert asked == []


def test_errors_are_told_in_the_language_asked_for(broken, tmp_path, capsys):
    assert run(broken, out=tmp_path / "out", more=["--language", "ja"]) == 2
    assert "壊れ" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_assumed_about_a_photo_is_said(tmp_path, capsys):
    path = tmp_path / "deep.png"
    Image.linear_gradient("L").resize((90, 60)).convert("I;16").point(lambda value: value * 16).save(path)
    assert run(path, out=tmp_path / "out", samples=4, more=["--language", "ja"]) == 0
    assert (
        f"explainer: {path}: このファイルの値は、0（黒）から4095（白）までの範囲" in capsys.readouterr().err
    )


def test_photos_can_be_left_to_workers(photo, tmp_path):
    # Workers import the main module again, so it has to be the command itself.
    command = [sys.executable, "-m", "explainer", "explain", photo, "--classifier", "efficientnet-lite0"]
    for place, options in (("there", ["--workers", "1"]), ("here", [])):
        settings = ["--num-samples", "20", "--out", tmp_path / place, *options]
        subprocess.run([*command, *settings], cwd=ROOT, check=True, capture_output=True)
    for name in FILES:
        there, here = (tmp_path / place / "cat" / name for place in ("there", "here"))
        assert there.read_bytes() == here.read_bytes(), name


def test_photos_of_the_same_name_have_folders_of_their_own(photo, coffee, tmp_path):
    others = [tmp_path / "a" / "cat.png", tmp_path / "b" / "Cat.jpg", tmp_path / "cat-2.png"]
    for other in others:
        other.parent.mkdir(exist_ok=True)
        coffee.save(other)
    assert run(photo, *others, out=tmp_path / "deep" / "out", samples=1) == 0
    folders = sorted(names(tmp_path / "deep" / "out"), key=str.casefold)
    assert [folder.casefold() for folder in folders] == ["cat", "cat-2", "cat-2-2", "cat-3"]
    labels = {
        folder: json.loads((tmp_path / "deep" / "out" / folder / "explanation.json").read_text())["labels"][0]
        for folder in folders
    }
    assert len({label["name"] for folder, label in labels.items() if folder != "cat"}) == 1
    assert labels["cat"]["name"] != labels["cat-2"]["name"]


def test_what_else_is_in_the_folder_stays(photo, tmp_path):
    folder = tmp_path / "out" / "cat"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    (folder / "focus.png").write_text("from before")
    (tmp_path / "out" / "other.txt").write_text("mine too")
    assert run(photo, out=tmp_path / "out") == 0
    assert names(folder) == {*FILES, "notes.txt"}
    assert (folder / "notes.txt").read_text() == "mine"
    assert names(tmp_path / "out") == {"cat", "other.txt"}
    with Image.open(folder / "focus.png") as picture:
        assert picture.format == "PNG"


def test_folder_that_can_not_be_written(photo, tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    assert run(photo, out=tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"explainer: The result can't be written to {tmp_path / 'out'}: ")
    assert (tmp_path / "out").read_text() == "a file"


def test_place_of_a_folder_that_is_taken_by_a_file(photo, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cat").write_text("a file")
    assert run(photo, out=tmp_path / "out") == 2
    assert "can't be written" in capsys.readouterr().err
    assert names(tmp_path / "out") == {"cat"}


@pytest.mark.parametrize("num_features", [0, 1, 4])
def test_number_of_features_reaches_the_pictures(photo, tmp_path, lite0, num_features):
    assert run(photo, out=tmp_path / "out", samples=64, more=["--num-features", str(num_features)]) == 0
    explanation = explain(photo, lite0, num_samples=64, num_features=num_features)
    drawn_here = draw_reading(fit_photo(load_photo(photo)), Reading.of(explanation))
    for name, drawn in zip(("focus.png", "pros_cons.png"), drawn_here, strict=True):
        with Image.open(tmp_path / "out" / "cat" / name) as picture:
            assert picture.tobytes() == drawn.tobytes()


def test_auto_ends_by_itself(photo, tmp_path):
    assert run(photo, out=tmp_path / "out", samples="auto", more=["--max-samples", "64"]) == 0
    content = json.loads((tmp_path / "out" / "cat" / "explanation.json").read_text())
    assert content["num_samples"] == 64
    assert content["recipe"]["num_samples"] == "auto"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--num-samples", "0"], "num_samples must be a whole number, 1 or more"),
        (["--num-features", "-1"], "num_features must be a whole number, 0 or more"),
        (["--seed", "-1"], "seed must be a whole number, from 0 to 4294967295"),
        (["--seed", "lucky"], "seed must be a whole number, from 0 to 4294967295"),
        (["--num-samples", "many"], "num_samples must be a whole number, 1 or more or 'auto'"),
    ],
)
def test_values_that_can_not_be(photo, tmp_path, more, words, capsys):
    assert run(photo, out=tmp_path / "out", more=more) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert words in output.err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_unknown_classifier(photo, tmp_path, capsys):
    assert run(photo, out=tmp_path / "out", classifier="resnet") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("explainer: There is no classifier named 'resnet'; there are ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["explain", "cat.jpg"], "required: --out"),
        (["explain", "--out", "x"], "required: PHOTO|FOLDER"),
        (["explain", "x", "--out", "y", "--workers", "2", "--scheduler", "z"], "not allowed with"),
        (["explain", "x", "--out", "y", "--workers", "some"], "--workers: invalid int value"),
        (["explain", "x", "--out", "y", "--language", "fr"], "--language: invalid choice"),
        (["explain", "cat.jpg", "--out", "x", "--design", "none"], "--design: invalid choice"),
        (["fetch", "resnet"], "invalid choice: 'resnet'"),
    ],
)
def test_command_lines_that_make_no_sense(arguments, words, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert words in output.err


def test_help_names_the_classifiers(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["explain", "--help"])
    assert exit_.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name in ("inception-v3", "efficientnet-lite2", "efficientnet-lite0", "--num-samples N|auto"):
        assert name in text.replace("- ", "-")


@pytest.fixture
def folder(chelsea, coffee, tmp_path):
    for name, picture in (
        ("Egyptian cat/a.png", chelsea),
        ("rocking-chair/b.png", chelsea),
        ("c.png", coffee),
    ):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        picture.resize((90, 60)).save(tmp_path / "in" / name)
    return tmp_path / "in"


class TestFolder:
    def test_is_told_and_written(self, folder, tmp_path, capsys):
        (folder / "broken.jpg").write_bytes(b"no photo at all")
        (folder / "line\nbreak.jpg").touch()
        (folder / "notes.txt").touch()
        assert run(folder, out=tmp_path / "out", samples=4) == 2
        output = capsys.readouterr()
        assert output.out.splitlines() == [
            "3 of 5 photos explained.",
            "1 of 2 whose class is known are wrongly classified.",
            "1 file was left out: 1 .txt.",
            str(tmp_path / "out" / "index.html"),
            str(tmp_path / "out" / "summary.csv"),
        ]
        errors = [line for line in output.err.splitlines() if line.startswith("explainer: ")]
        assert errors[0].startswith("explainer: broken.jpg: This file is damaged or is not a picture")
        assert errors[1] == "explainer: line�break.jpg: This file is empty; please choose another one."
        assert "5/5" in output.err
        records = {record.photo: record for record in read_records(tmp_path / "out")}
        assert records["rocking-chair/b.png"].true_label.name == "rocking_chair"
        assert records["Egyptian cat/a.png"].predicted.name == "Egyptian_cat"
        assert records["c.png"].truth == ""

        (folder / "broken.jpg").unlink()
        (folder / "line\nbreak.jpg").unlink()
        assert run(folder, out=tmp_path / "out", samples=4, more=["--language", "ja"]) == 0
        assert capsys.readouterr().out.startswith("3 of 3 photos explained, 3 of them before.\n")
        assert 'lang="ja"' in (tmp_path / "out" / "index.html").read_text("utf-8")

    def test_a_table_is_used_and_what_is_amiss_is_told(self, folder, tmp_path, capsys):
        table = tmp_path / "shifts.csv"
        table.write_text("photo;camera;class\na.png;A;\nc.png;B;espresso\nd.png;B;\n")
        assert run(folder, out=tmp_path / "out", samples=4, more=["--metadata", str(table)]) == 0
        output = capsys.readouterr()
        assert "of 3 whose class is known are wrongly classified." in output.out
        assert [line for line in output.err.splitlines() if line.startswith("explainer: ")] == [
            "explainer: Rows of shifts.csv that name no photo of this folder: 1; the first names “d.png”.",
            "explainer: Photos of which shifts.csv says nothing: 1.",
            "explainer: Photos whose class is taken from the column “class”: 1.",
        ]
        records = {record.photo: record for record in read_records(tmp_path / "out")}
        assert records["c.png"].metadata == {"camera": "B", "class": "espresso"}
        assert records["c.png"].truth == "espresso"
        assert run(folder, out=tmp_path / "out", samples=4, more=["--metadata", str(folder)]) == 2
        assert "can't be read: Is a directory." in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (["--num-samples", "0"], "num_samples must be a whole number, 1 or more"),
            (["--workers", "0"], "workers must be a whole number, 1 or more"),
            (["--classifier", "resnet"], "There is no classifier named 'resnet'"),
        ],
    )
    def test_values_that_can_not_be(self, folder, tmp_path, more, words, capsys):
        assert run(folder, out=tmp_path / "out", more=more) == 2
        assert f"explainer: {words}" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_comes_alone(self, folder, photo, tmp_path, capsys):
        for others in ([photo], [tmp_path]):
            assert run(folder, *others, out=tmp_path / "out") == 2
            (line,) = capsys.readouterr().err.splitlines()
            assert line == (
                "explainer: Give either photos or one folder; each folder needs a --out of its own."
            )


def test_fetch(monkeypatch, capsys):
    path = Path("somewhere") / "weights.h5"
    monkeypatch.setattr(Application, "fetch_weights", lambda self: path.with_stem(self.title))
    for name, title in (("inception-v3", "InceptionV3"), ("keras:ResNet50", "ResNet50")):
        assert main(["fetch", name]) == 0
        assert capsys.readouterr().out == f"The weights are in {path.with_stem(title)}.\n"


def test_fetch_that_fails(monkeypatch, capsys):
    def fail(_):
        raise WeightsError("There is no network.")

    monkeypatch.setattr(Application, "fetch_weights", fail)
    assert main(["fetch", "inception-v3"]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "explainer: There is no network.\n")

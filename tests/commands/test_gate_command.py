"""``limelight explain FOLDER --fail-if CONDITION``: exit codes, the table and the reports."""

import argparse
import xml.etree.ElementTree as ElementTree

import pytest

from explainer.__main__ import main
from explainer.commands import gate_options
from explainer.folders.gate import COMPARISON, Found, Verdict
from tests.folders.painted import a_disc


@pytest.fixture
def photos(tmp_path):
    """Three discs, the one called wrong in the wrong folder."""
    folder = tmp_path / "in"
    shown = {"red_disc/1": "red_disc", "red_disc/wrong": "green_disc", "blue_disc/1": "blue_disc"}
    for name, colour in shown.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        a_disc(colour, 1).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def run(photos, models, tmp_path, monkeypatch, capsys):
    """Explain them; returns the exit code, what was printed, and the errors."""
    monkeypatch.setenv("EXPLAINER_MODELS", str(models))

    def run(*more, where=photos):
        fixed = ["--classifier", "colours", "--num-samples", "4", "--segmentation", "slic"]
        code = main(["explain", str(where), "--out", str(tmp_path / "out"), *fixed, *map(str, more)])
        return code, *capsys.readouterr()

    return run


def errors(text):
    return [line for line in text.splitlines() if line.startswith("explainer: ")]


class TestExitCodes:
    def test_a_gate_that_holds_and_one_that_does_not(self, run):
        code, output, _ = run("--fail-if", "accuracy < 0.6", "--fail-if", "wrong > 0")
        assert code == 3
        told = output.partition("summary.csv\n\n")[2].splitlines()
        assert told == [
            "fails if         found     95 % interval  photos  verdict",
            "accuracy < 0.6  0.6667  0.2077 to 0.9385       3  passed",
            "wrong > 0            1                         3  FAILED",
            "wrong > 0: look at red_disc/wrong.png",
        ]
        code, output, _ = run("--fail-if", "accuracy < 0.6")
        assert code == 0
        assert output.endswith("passed\n")

    def test_without_a_condition_nothing_changes(self, run):
        code, output, _ = run()
        assert code == 0
        assert output.endswith("summary.csv\n")

    def test_what_is_not_known_fails(self, run):
        code, output, _ = run("--fail-if", "inside < 0.6")
        assert code == 3
        assert output.endswith("FAILED (not known: no photo has a marked object)\n")

    def test_of_one_class(self, run):
        assert run("--fail-if", "accuracy[Blue Disc] < 1")[0] == 0
        code, output, _ = run("--fail-if", "accuracy[Red-Disc] < 1")
        assert code == 3
        assert "\naccuracy[red_disc] < 1" in output

    def test_a_photo_that_failed_weighs_less_than_a_gate(self, run, photos):
        (photos / "broken.jpg").write_bytes(b"no photo")
        assert run("--fail-if", "photos < 1")[0] == 2
        assert run("--fail-if", "failed > 0")[0] == 3


class TestBeforeAnythingIsExplained:
    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (["--fail-if", "accuracy"], "The condition 'accuracy' is not understood"),
            (["--fail-if", "acuracy < 1"], "perhaps accuracy is meant"),
            (["--fail-if", "accuracy < 1", "--fail-if", "broken > 0"], "There is no figure named broken"),
            (["--fail-if", "accuracy[rad_disc] < 1"], "perhaps 'red_disc' is meant"),
            (["--github"], "There is nothing to report without a condition"),
            (["--junit", "x.xml"], "There is nothing to report without a condition"),
        ],
    )
    def test_a_condition_is_judged(self, run, tmp_path, more, words):
        code, output, told = run(*more)
        (line,) = errors(told)
        assert (code, output) == (2, "")
        assert words in line
        assert not (tmp_path / "out").exists()

    def test_single_photos_have_no_gate(self, run, photos, tmp_path):
        code, _, told = run("--fail-if", "accuracy < 1", where=photos / "red_disc" / "1.png")
        assert code == 2
        assert errors(told) == ["explainer: --fail-if is for the photos of a folder; please give a folder."]
        assert not (tmp_path / "out").exists()


class TestReports:
    def test_junit(self, run, tmp_path):
        code, _, _ = run("--fail-if", "wrong > 0", "--junit", tmp_path / "reports" / "gate.xml")
        suites = ElementTree.parse(tmp_path / "reports" / "gate.xml").getroot()
        assert code == 3
        (case,) = suites.iter("testcase")
        assert (case.get("classname"), case.get("name")) == ("limelight explain", "wrong > 0")
        assert case.find("failure").text == "found 1 in 3 photos; look at red_disc/wrong.png"

    def test_a_report_that_can_not_be_written(self, run, tmp_path):
        (tmp_path / "file").touch()
        code, _, told = run("--fail-if", "wrong > 1", "--junit", tmp_path / "file" / "gate.xml")
        assert code == 2
        assert "can't be written to" in errors(told)[-1]

    def test_github(self, run, tmp_path, monkeypatch):
        summary = tmp_path / "summary.md"
        summary.write_text("before\n", "utf-8")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
        for more, told in (([], "before\n"), (["--github"], "before\n### limelight explain\n")):
            code, output, _ = run("--fail-if", "wrong > 0", *more)
            assert code == 3
            assert ("::error title=wrong > 0::found 1 in 3 photos; look at red" in output) is bool(more)
            assert summary.read_text("utf-8").startswith(told)
        assert r"| wrong \> 0 | 1 |  | 3 | FAILED |" in summary.read_text("utf-8")
        monkeypatch.delenv("GITHUB_STEP_SUMMARY")
        assert run("--fail-if", "wrong > 0", "--github")[0] == 3


def test_another_command_has_figures_of_its_own(capsys):
    parser = argparse.ArgumentParser()
    gate_options.add_to(parser, COMPARISON)
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    assert 'such as "broken > 0"' in " ".join(capsys.readouterr().out.split())
    options = parser.parse_args(["--fail-if", "broken > 0", "--fail-if", "difference < -1%"])
    gates = gate_options.gates_of(options, COMPARISON)
    assert [*map(str, gates)] == ["broken > 0", "difference < -1%"]
    verdicts = [Verdict(gate, Found(0.0, 9)) for gate in gates]
    assert gate_options.tell(verdicts, options, "limelight compare") == 0
    assert gate_options.tell([Verdict(gates[0], Found(1.0, 9))], options, "limelight compare") == 3


def test_help_names_all_figures(capsys):
    with pytest.raises(SystemExit):
        main(["explain", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "accuracy, right ones, of the photos whose class is known; wrong, photos that" in text

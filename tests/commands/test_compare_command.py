"""``limelight compare``: what it says, what it writes, and how it ends."""

from pathlib import Path

import pytest

from explainer.__main__ import main
from tests.made_up_comparison import write_two


def test_it_says_what_matters_and_where_the_rest_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    a, b = map(str, write_two(tmp_path))
    assert main(["compare", a, b, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "B is right in 3 of 5 photos (60.0%), A in 3 (60.0%)."
    assert "1 of 9 photos are in A only." in told
    assert told[-3].startswith("Broken (1), Fixed (1), Still wrong (1), Right, but looks elsewhere (1)")
    assert all(Path(path).is_file() for path in told[-2:])


def test_what_cannot_be_compared_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    a, _ = map(str, write_two(tmp_path))
    assert main(["compare", a, a, "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("explainer: Both are the same folder of results")
    assert main(["compare", a, str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    assert "There are no results of a folder of photos in" in capsys.readouterr().err


def test_a_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    a, b = map(str, write_two(tmp_path))
    compare = ["compare", a, b, "--out", str(tmp_path / "out")]
    assert main([*compare, "--fail-if", "broken > 1", "--fail-if", "difference < 0"]) == 0
    assert capsys.readouterr().out.count("passed\n") == 2
    report = tmp_path / "gate.xml"
    assert main([*compare, "--fail-if", "broken > 0", "--junit", str(report)]) == 3
    told = capsys.readouterr().out.splitlines()
    assert told[-2].split() == ["broken", ">", "0", "1", "5", "FAILED"]
    assert told[-1] == "broken > 0: look at broken.jpg"
    assert 'classname="limelight compare"' in report.read_text("utf-8")


def test_a_condition_is_judged_before_anything_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    a, b = map(str, write_two(tmp_path))
    assert main(["compare", a, b, "--out", str(tmp_path / "out"), "--fail-if", "brocken > 0"]) == 2
    assert "There is no figure named brocken (perhaps broken is meant)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

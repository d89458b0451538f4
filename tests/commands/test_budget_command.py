"""``limelight explain FOLDER --time-limit TIME --max-samples-total N``."""

import pytest

from explainer.__main__ import main
from explainer.commands import budget_options
from tests.folders.painted import a_disc


@pytest.fixture
def run(models, tmp_path, monkeypatch, capsys):
    """Explain three photos, of which one is wrong; returns the exit code and what was said."""
    monkeypatch.setenv("EXPLAINER_MODELS", str(models))
    folder = tmp_path / "in"
    for name, colour in (("1", "red_disc"), ("2", "red_disc"), ("wrong", "green_disc")):
        (folder / "red_disc").mkdir(parents=True, exist_ok=True)
        a_disc(colour, 1).save(folder / "red_disc" / f"{name}.png")

    def run(*more, where=folder):
        fixed = ["--out", str(tmp_path / "out"), "--classifier", "colours", "--num-samples", "64"]
        code = main(["explain", str(where), *fixed, *map(str, more)])
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("600", 600), ("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1H1m1s", 3661)],
)
def test_times(text, seconds):
    assert budget_options.seconds(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59.7, "1 min 0 s"), (61, "1 min 1 s"), (7300, "2 h 1 min")]
)
def test_times_in_words(seconds, words):
    assert budget_options.in_words(seconds) == words


@pytest.mark.parametrize("text", ["", "soon", "10 m", "m", "1.5h", "5d", "30m1h", "-5", "h", "1h30", "10m30"])
def test_what_is_no_time(text, run, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        run(f"--time-limit={text}")
    assert caught.value.code == 2
    assert "is no time such as 600, 90s, 10m, 2h or 1h30m" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_was_spent_and_not_reached_is_told_and_can_be_a_condition(run):
    code, output, _ = run("--max-samples-total", 130, "--fail-if", "not_reached > 0")
    assert code == 3
    lines = output.splitlines()
    assert lines[0] == "2 of 2 photos explained."
    assert lines[1] == "1 of 2 whose class is known are wrongly classified."
    assert lines[4].startswith("128 samples were spent, in ")
    assert lines[5] == "1 photo was not reached; run the same command to go on."
    assert lines[-1].startswith("not_reached > 0: look at red_disc/")
    code, output, _ = run("--time-limit", "1h", "--fail-if", "not_reached > 0")
    assert code == 0
    assert output.startswith("3 of 3 photos explained, 2 of them before.\n")
    assert "not reached;" not in output


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--time-limit", "0"], "time_limit must be a number above 0"),
        (["--max-samples-total", "0"], "max_samples_total must be a whole number, 1 or more"),
    ],
)
def test_values_that_can_not_be(run, tmp_path, more, words):
    code, output, errors = run(*more)
    assert (code, output) == (2, "")
    assert words in errors
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("more", [["--time-limit", "1h"], ["--max-samples-total", "100"]])
def test_single_photos_have_no_budget(run, tmp_path, more):
    code, _, errors = run(*more, where=tmp_path / "in" / "red_disc" / "1.png")
    assert code == 2
    assert "is for the photos of a folder" in errors

"""A few hundred of the generated files; ``make fuzz`` judges thousands."""

import sys

import pytest

from explainer.errors import PhotoError
from tests.fuzz import campaign, judge
from tests.fuzz.campaign import MOST_MEMORY, MOST_SECONDS, Campaign
from tests.fuzz.mutations import HOSTILE, MUTATIONS, generated_file
from tests.fuzz.valid import NAMES, valid_file


@pytest.mark.slow
def test_every_file_ends_in_a_photo_or_in_one_clear_sentence():
    findings = Campaign().run(200)
    assert findings.wrong == []
    assert findings.files == 200
    assert findings.photos > 20
    assert sum(findings.refusals.values()) > 100
    assert findings.slowest[0] <= MOST_SECONDS
    if sys.platform == "linux":
        assert 50 << 20 < findings.largest[0] <= MOST_MEMORY


@pytest.mark.parametrize("name", NAMES)
def test_the_files_that_are_mutated_are_photos(name: str):
    assert judge.judge(valid_file(name)) == judge.PHOTO


def test_a_file_is_the_same_whenever_it_is_made():
    number = len(HOSTILE) + 7
    assert generated_file(number, seed=3) == generated_file(number, seed=3)
    assert generated_file(number, seed=3) != generated_file(number, seed=4)
    kinds = " ".join(generated_file(number)[0] for number in range(len(HOSTILE), len(HOSTILE) + 200))
    assert all(mutation.__name__.strip("_") in kinds for mutation in MUTATIONS)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ZeroDivisionError("by zero"), "WRONG: ZeroDivisionError: by zero"),
        (PhotoError("no"), "WRONG: no clear sentence: no"),
        (PhotoError("This is bad. Use another."), "WRONG: no clear sentence: This is bad. Use another."),
        (PhotoError("This file is empty; please use another."), "This file is empty; please use another."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_noticed(error: Exception, verdict: str, monkeypatch: pytest.MonkeyPatch):
    def fail(_content: bytes) -> None:
        raise error

    monkeypatch.setattr(judge, "load_photo", fail)
    assert judge.judge(b"") == verdict


def test_a_process_that_dies_costs_one_file(monkeypatch: pytest.MonkeyPatch):
    """Nothing kills the real judge, so another program takes its place."""
    program = (
        "import os, sys\n"
        "for path in sys.argv[4:]:\n"
        "    if path.endswith('/2.jpg'): os.abort()\n"
        '    print(\'{"verdict": "photo", "seconds": 0.5, "memory": 1}\', flush=True)\n'
    )
    popen = campaign.subprocess.Popen
    monkeypatch.setattr(
        campaign.subprocess,
        "Popen",
        lambda command, **options: popen([sys.executable, "-c", program, *command], **options),
    )
    monkeypatch.setattr(campaign, "generated_file", lambda number, _seed: (f"kind {number}", b"content"))
    findings = Campaign().run(5, jobs=1)
    assert (findings.files, findings.photos) == (5, 4)
    assert len(findings.wrong) == 1
    assert findings.wrong[0].startswith("file 2 (kind 2): WRONG: the process ended with -6")

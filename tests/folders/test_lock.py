"""One run at a time writes to a folder of results."""

import errno
import os
import platform
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from explainer import ExplainerError, Recipe, explain_folder
from explainer.folders.lock import LOCK
from explainer.folders.run import explain_photos
from tests.folders.test_resume import command, start, wait_for_records
from tests.synthetic import Grid, LinearClassifier, a_photo

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from explainer.folders.lock import only_run
with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def two(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for seed in range(2):
        a_photo(seed).save(folder / f"{seed}.png")
    return folder


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def holder(out):
    """Another process that writes to the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(out)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def explain(two, out, **options):
    return explain_folder(two, out, LinearClassifier(Grid(2, 2)), num_samples=4, **options)


class TestTwoProcesses:
    def test_the_second_names_the_first_and_touches_nothing(self, two, out, holder, raises_sentence):
        half_written = out / ".unfinished-by-the-first"
        half_written.mkdir()
        told = f"Another run writes its results to {out}: process {holder.pid} on {platform.node()}, since 20"
        with raises_sentence(ExplainerError, told):
            explain(two, out)
        with raises_sentence(ExplainerError, told):
            explain_photos(
                sorted(two.iterdir()), out, LinearClassifier(Grid(2, 2)), Recipe(), on_result=pytest.fail
            )
        assert {path.name for path in out.iterdir()} == {LOCK, half_written.name}

    def test_one_that_was_killed_keeps_nobody_out(self, two, out, holder):
        holder.kill()
        holder.communicate()
        assert (out / LOCK).exists()
        assert [record.error for record in explain(two, out).records] == ["", ""]
        assert {path.name for path in out.iterdir()} == {"index.html", "summary.csv", "photos"}

    def test_the_next_one_may_begin_when_the_first_has_ended(self, two, out, holder):
        holder.communicate("")
        assert list(out.iterdir()) == []
        assert len(explain(two, out).records) == 2

    @pytest.mark.slow
    def test_the_first_ends_well_though_a_second_is_tried(self, photos, models, reference, tmp_path, files):
        out = tmp_path / "out"
        first = start(command(photos, out), models)
        wait_for_records(first, out, 2)
        output, errors = start(command(photos, out), models).communicate()
        assert output == ""
        assert f"explainer: Another run writes its results to {out}: process {first.pid} on" in errors
        output, errors = first.communicate()
        assert first.returncode == 0, errors
        assert files(out) == files(reference)


class TestOneProcess:
    def test_a_run_within_a_run(self, two, out, files):
        refused = []

        def another(done, total):
            assert (out / LOCK).exists()
            with pytest.raises(ExplainerError, match="Another run writes its results") as caught:
                explain(two, out)
            refused.append(str(caught.value))

        explain(two, out, on_progress=another)
        assert len(refused) == 3
        assert f"process {os.getpid()} on" in refused[0]
        explain(two, out.with_name("alone"))
        assert files(out) == files(out.with_name("alone"))

    def test_a_run_that_fails_lets_go(self, two, out):
        def fail(done, total):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            explain(two, out, on_progress=fail)
        assert not (out / LOCK).exists()
        assert len(explain(two, out).records) == 2

    @pytest.mark.parametrize("content", [b"", b"\0[]", b'\0{"pid": "?"}', b"\0\xff"])
    def test_who_it_is_may_not_be_known(self, two, out, content, raises_sentence):
        def another(done, total):
            (out / LOCK).write_bytes(content)
            with raises_sentence(ExplainerError, f"results to {out}; please wait until it has ended"):
                explain(two, out)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            explain(two, out, on_progress=another)

    @pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
    def test_a_file_system_without_locks(self, two, out, monkeypatch, caplog, number):
        def fail(lock, **options):
            raise OSError(number, "No locks available")

        monkeypatch.setattr(filelock.FileLock, "acquire", fail)
        assert len(explain(two, out).records) == 2
        assert "is on a file system without locks" in caplog.text

    def test_a_link_in_place_of_the_lock_is_not_followed(self, two, out, tmp_path, raises_sentence):
        mine = tmp_path / "mine.txt"
        mine.write_text("mine")
        (out / LOCK).symlink_to(mine)
        with raises_sentence(ExplainerError, f"can't be written to {out}"):
            explain(two, out)
        assert mine.read_text() == "mine"

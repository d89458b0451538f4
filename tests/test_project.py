"""Facts about the repository: what lies where, how long modules are, how the page is set up."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:  # pytest brings it
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([ROOT / "dashboard.py", *(ROOT / "explainer").rglob("*.py")])
TOP_LEVEL = {
    ".ci",
    ".gitignore",
    ".streamlit",
    "LICENSE",
    "Makefile",
    "README.ja.md",
    "README.md",
    "assets",
    "dashboard.py",
    "docs",
    "explainer",
    "pyproject.toml",
    "requirements.txt",
    "tests",
}
LONGEST_MODULE = 600  # lines


def project_files() -> list[Path]:
    """What belongs to the project, relative to its root."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "-C", str(ROOT), "ls-files", "-z"]
        listing = subprocess.run(command, capture_output=True, text=True, check=False)
        if listing.returncode == 0 and listing.stdout:
            return [Path(name) for name in listing.stdout.split("\0") if name]
    return list(_files_not_ignored())


def _files_not_ignored() -> Iterator[Path]:
    patterns = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()] + [".git"]
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder)
        folders[:] = [name for name in folders if not any(Path(name).match(p) for p in patterns)]
        yield from ((here / name).relative_to(ROOT) for name in files)


def test_the_top_level_holds_what_is_expected():
    unexpected = {path.parts[0] for path in project_files()} - TOP_LEVEL
    assert not unexpected


@pytest.mark.parametrize(
    "path", ["README.md", "LICENSE", "Makefile", "requirements.txt", "dashboard.py", ".ci/run", ".gitignore"]
)
def test_a_visitor_finds(path: str):
    assert (ROOT / path).is_file()


def test_nothing_large_or_made_by_a_machine_is_kept():
    for path in project_files():
        assert path.suffix not in {".pyc", ".h5", ".keras", ".pth", ".onnx", ".zip", ".log"}, path
        if (ROOT / path).is_file():
            assert (ROOT / path).stat().st_size <= 2_000_000, path


def test_importing_the_engine_imports_no_streamlit_and_no_tensorflow():
    code = "import sys, explainer; print(*{m.partition('.')[0] for m in sys.modules})"
    command = [sys.executable, "-c", code]
    modules = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "explainer" in modules
    assert not {*modules} & {"streamlit", "tensorflow", "keras", "openvino"}


def test_a_module_can_be_read_in_one_go():
    lines = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {path: number for path, number in lines.items() if number > LONGEST_MODULE} == {}


def test_streamlit_knows_every_setting():
    from streamlit import config

    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))

    def names(prefix: str, table: dict) -> Iterator[str]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield from names(f"{prefix}{key}.", value)
            else:
                yield f"{prefix}{key}"

    unknown = {*names("", settings)} - {*config.get_config_options()}
    assert not unknown

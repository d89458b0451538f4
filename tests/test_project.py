"""Facts about the repository: what lies where, what depends on what, how the page is set up."""

import ast
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
    "explainer",
    "pyproject.toml",
    "requirements.txt",
    "tests",
}
LONGEST_MODULE = 330  # lines
IMPORTING = ("importlib.import_module", "__import__")


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


def imported_packages(module: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    packages = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            packages.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in IMPORTING:
            packages |= {str(a.value).partition(".")[0] for a in node.args if isinstance(a, ast.Constant)}
    return packages


def is_page(module: Path) -> bool:
    return module.name == "dashboard.py" or ROOT / "explainer" / "page" in module.parents


def is_command_line(module: Path) -> bool:
    return module.name == "__main__.py" or ROOT / "explainer" / "commands" in module.parents


def name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


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


@pytest.mark.parametrize("module", [m for m in MODULES if not is_page(m)], ids=name)
def test_the_engine_does_not_know_streamlit(module: Path):
    assert not imported_packages(module) & {"streamlit", "streamlit_image_coordinates"}
    assert "page" not in {part for path in _relative_imports(module) for part in path.split(".")}


def _relative_imports(module: Path) -> list[str]:
    nodes = [n for n in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(n, ast.ImportFrom)]
    return [
        f"{node.module or ''}.{alias.name}"
        for node in nodes
        for alias in node.names
        if node.level or str(node.module).startswith("explainer")
    ]


def test_importing_the_engine_imports_no_streamlit_and_no_tensorflow():
    code = "import sys, explainer; print(*{m.partition('.')[0] for m in sys.modules})"
    command = [sys.executable, "-c", code]
    modules = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "explainer" in modules
    assert not {*modules} & {"streamlit", "tensorflow", "keras", "openvino"}


@pytest.mark.parametrize("module", [m for m in MODULES if is_page(m) or is_command_line(m)], ids=name)
def test_page_and_command_line_hold_no_numerics(module: Path):
    assert not imported_packages(module) & {"numpy", "scipy", "skimage", "sklearn", "tensorflow", "keras"}


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_can_be_read_in_one_go(module: Path):
    assert len(module.read_text("utf-8").splitlines()) <= LONGEST_MODULE


def test_the_page_keeps_to_itself():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["server"]["address"] == "localhost"
    assert settings["server"]["maxUploadSize"] == 20
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["server"].get("enableCORS", True) is True
    assert settings["server"]["showEmailPrompt"] is False
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["logger"]["hideWelcomeMessage"] is True  # else it may offer to install things


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

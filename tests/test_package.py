"""What somebody has who installs the package, or imports it."""

import http.client
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

import explainer
from explainer.page.started_with import results_folders
from tests.running_page import running_page
from tests.test_project import ROOT, project_files

# What an import may not change: the environment, and what is set up for all modules of a process.
_CHANGES = """
import contextlib, importlib, logging, os, sys, warnings
from PIL import Image

def state():
    loggers = [logging.root, *(logging.getLogger(name) for name in [*logging.root.manager.loggerDict])]
    return {
        "environment": dict(os.environ),
        "handlers": {logger.name: [*logger.handlers] for logger in loggers if logger.handlers},
        "warning filters": [*warnings.filters],
        "modules that are none": {name for name, module in sys.modules.items() if module is None},
        "formats": {*Image.OPEN, *Image.EXTENSION},
        "hooks": [sys.excepthook, sys.unraisablehook, *sys.meta_path, *sys.path],
    }

for others in sys.argv[1:]:
    with contextlib.suppress(ImportError):
        importlib.import_module(others)
before = state()
import explainer
from explainer import *
after = state()
print(*(name for name in before if before[name] != after[name]), sep=", ")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, folder=out)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs are of an environment that has the wheel, and what it needs from the tests' own."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "needed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps")
    _run(*pip, wheel, folder=environment)
    return python.parent


def _run(*command: object, folder: Path, inherited: Iterable[str] | None = None) -> str:
    done = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env={name: os.environ[name] for name in inherited or {*os.environ} - {"PYTHONPATH"}},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
class TestInstalled:
    def test_every_file_comes_along(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            packed = {Path(name) for name in archive.namelist()}
        files = {path for path in project_files() if path.parts[0] == "explainer"}
        assert len(files) > 50
        assert files <= packed

    def test_is_what_is_imported(self, bin_folder, tmp_path):
        program = (
            "import explainer, importlib.metadata as metadata\n"
            "print(explainer.__file__, explainer.__version__, metadata.version('limelight-explainer'))"
        )
        file, *versions = _run(bin_folder / "python", "-c", program, folder=tmp_path).split()
        assert Path(file).is_relative_to(bin_folder.parent)
        assert versions == [explainer.__version__] * 2

    def test_explains_a_photo(self, bin_folder, tmp_path, chelsea):
        chelsea.save(tmp_path / "cat.png")
        options = ("--out", "results", "--classifier", "efficientnet-lite0", "--num-samples", "20")
        said = _run(bin_folder / "limelight", "explain", "cat.png", *options, folder=tmp_path)
        assert "Egyptian_cat" in said
        written = tmp_path / "results" / "cat"
        assert (written / "explanation.json").stat().st_size > 0
        for picture in ("preprocessed.png", "focus.png", "pros_cons.png"):
            with Image.open(written / picture) as opened:
                opened.load()

    def test_writes_a_gallery(self, bin_folder, tmp_path, chelsea):
        (tmp_path / "photos").mkdir()
        chelsea.save(tmp_path / "photos" / "cat.png")
        options = ("--out", "results", "--classifier", "efficientnet-lite0", "--num-samples", "20")
        _run(bin_folder / "limelight", "explain", "photos", *options, "--language", "ja", folder=tmp_path)
        assert "エジプシャン・マウ" in (tmp_path / "results" / "index.html").read_text("utf-8")

    @pytest.mark.parametrize("of", ["wheel", "checkout"])
    def test_the_page_is_closed_whatever_the_users_own_settings_are(self, of, bin_folder, tmp_path):
        home, empty = tmp_path / "home", tmp_path / "empty"
        (home / ".streamlit").mkdir(parents=True)
        empty.mkdir()
        (home / ".streamlit" / "config.toml").write_text(
            '[server]\naddress = "0.0.0.0"\nallowedHosts = ["*"]\nenableCORS = false\n'
            'enableXsrfProtection = false\n[client]\nallowedOrigins = ["https://elsewhere.example"]\n'
        )
        if of == "wheel":
            environment, command = {}, [str(bin_folder / "limelight"), "page"]
        else:
            environment, command = {"PYTHONPATH": str(ROOT)}, [sys.executable, "-m", "explainer", "page"]
        environment["HOME"] = str(home)
        with running_page(tmp_path / "log", environment, command, empty) as page:
            here, elsewhere = "localhost", "elsewhere.example"
            assert _opens(page.address, host=here, origin=here) == 101
            assert _opens(page.address, host=elsewhere, origin=elsewhere) == 403
            assert _opens(page.address, host=here, origin=elsewhere) == 403
            assert b'"allowedOrigins":[]' in _answer(page.address, "/_stcore/host-config").replace(b" ", b"")
            listening = {connection.laddr.ip for connection in page.process.net_connections("inet")}
            assert listening <= {"127.0.0.1", "::1"}
        assert list(empty.iterdir()) == []


def _opens(address: str, host: str, origin: str) -> int:
    """What is answered to a site that opens the page's connection."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection("localhost", url.port, timeout=30)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    sent_by = {"Host": f"{host}:{url.port}", "Origin": f"http://{origin}:{url.port}"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    connection.request("GET", "/_stcore/stream", headers={**upgrade, **sent_by, **key})
    status = connection.getresponse().status
    connection.close()
    return status


def _answer(address: str, path: str) -> bytes:
    connection = http.client.HTTPConnection("localhost", urlsplit(address).port, timeout=30)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def test_the_page_is_started_with_what_was_given(tmp_path):
    program = (
        "import sys\n"
        "from streamlit.web import bootstrap\n"
        "bootstrap.run = lambda script, hello, given, options: "
        "print(script, options['server_port'], *given, sep='\\n')\n"
        "from explainer.__main__ import main\n"
        "main(['page', *sys.argv[1:]])\n"
    )
    command = (sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}")
    options = ("--server.headless", "true", "--results", "my results", "--server.port", "8642")
    script, port, *given = _run(*command, *options, folder=tmp_path).splitlines()
    assert (Path(script), port) == (ROOT / "dashboard.py", "8642")
    assert results_folders(given) == [Path("my results")]


def test_importing_changes_nothing(tmp_path):
    """Nothing besides what the packages change that it imports."""
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    imported = f"{path}from explainer import *\nprint(*(name for name in sys.modules if sys.modules[name]))"
    modules = _run(sys.executable, "-c", imported, folder=tmp_path, inherited=("PATH",)).split()
    others = sorted(name for name in modules if name.split(".")[0] != "explainer")
    assert "numpy" in others
    changes = _run(sys.executable, "-c", path + _CHANGES, *others, folder=tmp_path, inherited=("PATH",))
    assert changes.strip() == ""

"""What a visitor must not be able to do, seen from the code and the settings."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "dashboard.py"
SOURCES = sorted([PAGE, *(ROOT / "explainer").rglob("*.py")])

# What makes a program of data, or starts another one.
DANGEROUS_MODULES = {
    "cloudpickle", "code", "ctypes", "dill", "imp", "joblib", "marshal", "multiprocessing", "pickle", "pty",
    "runpy", "shelve", "subprocess", "torch", "yaml",
}  # fmt: skip
DANGEROUS_CALLS = {
    "__import__", "compile", "eval", "exec", "pickle.load", "pickle.loads",
    "np.load", "numpy.load", "os.popen", "os.startfile", "os.system", "pandas.read_pickle",
}  # fmt: skip
ALLOWED = {
    # Carries a classifier to machines of a cluster, which belong to whoever sends it; no visitor gets there.
    ROOT / "explainer" / "folders" / "sent_classifier.py": {"pickle", "cloudpickle", "pickle.loads"},
    # Reads a file of a known hash with an Unpickler that makes nothing but tensors.
    ROOT / "explainer" / "classifiers" / "published" / "efficientnet_lite.py": {"pickle"},
}


def dangers(source: Path) -> Iterator[str]:
    """The dangerous modules that a file imports, and the dangerous functions that it calls."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            yield from names & DANGEROUS_MODULES
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from {node.module.split(".")[0]} & DANGEROUS_MODULES
            yield from {f"{node.module}.{alias.name}" for alias in node.names} & DANGEROUS_CALLS
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in DANGEROUS_CALLS or called.startswith(("os.exec", "os.spawn", "os.posix_spawn")):
                yield called
            for word in node.keywords:
                if word.arg in ("shell", "allow_pickle") and ast.unparse(word.value) != "False":
                    yield f"{word.arg}=True"


def test_nothing_is_unpickled_or_executed():
    found = {source: set(dangers(source)) - ALLOWED.get(source, set()) for source in SOURCES}
    assert {source: names for source, names in found.items() if names} == {}


def test_the_page_is_closed_unless_it_is_opened():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    server = settings["server"]
    assert server["address"] == "localhost"
    assert set(server["allowedHosts"]) == {"localhost", "127.0.0.1", "::1"}
    assert server["enableXsrfProtection"]
    assert server["enableCORS"]
    assert server["corsAllowedOrigins"] == []
    assert server["showEmailPrompt"] is False
    assert server["maxUploadSize"] == 50
    assert not {"enableAgentApi", "enableStaticServing"} & set(server)
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["client"]["showErrorLinks"] is False
    assert settings["client"]["allowedOrigins"] == []
    assert not settings["browser"]["gatherUsageStats"]
    assert settings["logger"]["hideWelcomeMessage"] is True  # else Streamlit may offer to install things


def test_nothing_is_fetched_from_elsewhere():
    """Styles, scripts, fonts and pictures of what the page and its files are made of are all here."""
    for file in (ROOT / "explainer").rglob("*"):
        if file.suffix in (".css", ".html", ".js", ".svg"):
            text = file.read_text("utf-8").replace("http://www.w3.org/", "")  # which only names SVG
            assert not re.search(r"https?:|@import|[\"'(]//", text), file

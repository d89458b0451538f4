"""Runs the main job and the everyday tests on every supported Python of this machine: ``make pythons``.

Each gets an environment of its own in build/. The main job is a photo that is explained on the command line,
by OpenVINO and not by the slower TensorFlow, from an empty cache.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.platforms import PYTHONS

ROOT = Path(__file__).resolve().parent.parent
PYENV = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
CLASSIFIER = "efficientnet-lite2"
MAKE_PHOTO = (
    "import sys; from PIL import Image; from skimage import data; "
    "Image.fromarray(data.chelsea()).save(sys.argv[1])"
)
TELL_ENGINE = (
    "import sys; from explainer import load_classifier; print(load_classifier(sys.argv[1]).describe_engine())"
)
RESULTS = {"preprocessed.png", "focus.png", "pros_cons.png", "explanation.json"}


class FailedError(Exception):
    """A command failed; the message is what it printed."""


def run(*command: object, cache: Path | None = None) -> str:
    """Run a command and return what it printed on standard output."""
    settings = {"EXPLAINER_CACHE_DIR": str(cache)} if cache else {}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FailedError(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def find(version: str) -> str | None:
    """An interpreter of this version, from PATH or pyenv; pyenv's shims on PATH may lead nowhere."""
    on_path = shutil.which(f"python{version}")
    candidates = [*([on_path] if on_path else []), *map(str, sorted(PYENV.glob(f"{version}.*/bin/python")))]
    tell = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        told = subprocess.run([candidate, "-c", tell], capture_output=True, text=True, check=False)
        if told.stdout.strip() == version:
            return candidate
    return None


def install(interpreter: str, version: str) -> Path:
    """Make the environment, or bring it up to date; returns its Python."""
    environment = ROOT / "build" / f"python{version}"
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        run(interpreter, "-m", "venv", environment)
    files = ("-r", "requirements.txt", "-r", "tests/requirements.txt")
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", *files)  # most is never imported
    return python


def explain_a_photo(python: Path) -> str:
    """Do the main job; returns the engine that did it."""
    with tempfile.TemporaryDirectory() as folder:
        photo, out, cache = Path(folder) / "cat.png", Path(folder) / "out", Path(folder) / "cache"
        run(python, "-c", MAKE_PHOTO, photo)
        options = ("--out", out, "--classifier", CLASSIFIER, "--num-samples", 100)
        told = run(python, "-m", "explainer", "explain", photo, *options, cache=cache)
        written = {path.name for path in (out / "cat").iterdir()}
        engine = run(python, "-c", TELL_ENGINE, CLASSIFIER, cache=cache).splitlines()[-1]
    if "cat (n0" not in told or not written >= RESULTS or not engine.startswith("OpenVINO"):
        raise FailedError(f"{engine} found this, and wrote {sorted(written)}:\n{told}")
    return engine


def run_tests(python: Path, tests: list[str]) -> str:
    """Run the everyday tests; returns pytest's closing line."""
    everyday = ("-m", "not slow and not browser", "-n", 2, "--dist", "loadfile")
    return run(python, "-m", "pytest", "-q", *everyday, *tests).splitlines()[-1]


def check(version: str, interpreter: str, tests: list[str]) -> bool:
    """Do all of it with one Python and tell what came of it; returns whether all is well."""
    started = time.monotonic()
    try:
        python = install(interpreter, version)
        told = f"{explain_a_photo(python)}; {run_tests(python, tests)}"
    except FailedError as error:
        print(f"Python {version} failed: {error}", flush=True)
        return False
    print(f"Python {version}: {told}, with all else {time.monotonic() - started:.0f} s", flush=True)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the main job and the everyday tests on each Python.")
    parser.add_argument("versions", nargs="*", help=f"such as 3.13; by default all of {', '.join(PYTHONS)}")
    parser.add_argument("--ends", action="store_true", help="only the oldest and newest, if not this one")
    parser.add_argument("--tests", nargs="+", default=[], help="only the tests of these paths")
    options = parser.parse_args()
    found = {}
    for version in options.versions or PYTHONS:
        interpreter = find(version)
        if interpreter:
            found[version] = interpreter
        else:
            print(f"Python {version} is not on this machine, and is left out.")
    chosen = list(found)
    if options.ends:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        chosen = [version for version in dict.fromkeys(chosen[:1] + chosen[-1:]) if version != here]
        print(f"Besides Python {here}: {', '.join(chosen) or 'no other'}.")
    with ThreadPoolExecutor(2) as pool:  # installing keeps one core busy
        passed = list(pool.map(lambda version: check(version, found[version], options.tests), chosen))
    missing = bool(options.versions) and len(found) < len(options.versions)
    return int(missing or not all(passed))


if __name__ == "__main__":
    sys.exit(main())

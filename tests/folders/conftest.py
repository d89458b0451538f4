"""Sixty photos in three classes, two networks for them, and what one process makes of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from explainer import Classifier, Slic, explain_folder, load_classifier
from tests.folders.painted import add_colour_network, add_watermark_network, write_photos

SAMPLES = 32
SETTINGS = {"num_samples": SAMPLES, "segmentation": Slic()}  # which cuts a photo sooner than quickshift
EACH, WRONG = 20, 3

Files = Callable[[Path], dict[str, bytes]]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the networks ``colours`` and ``watermark``."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLAINER_MODELS", str(folder / "models"))
        add_colour_network(folder)
        add_watermark_network(folder)
    return folder / "models"


@pytest.fixture
def colours(models: Path, monkeypatch: pytest.MonkeyPatch) -> Classifier:
    monkeypatch.setenv("EXPLAINER_MODELS", str(models))
    return load_classifier("colours")


@pytest.fixture
def watermark(models: Path, monkeypatch: pytest.MonkeyPatch) -> Classifier:
    monkeypatch.setenv("EXPLAINER_MODELS", str(models))
    return load_classifier("watermark")


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty photos; the first three red discs are green."""
    folder = tmp_path_factory.mktemp("many") / "discs"
    write_photos(folder, EACH, WRONG)
    return folder


@pytest.fixture(scope="session")
def reference(photos: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one process that was never stopped."""
    out = tmp_path_factory.mktemp("reference") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLAINER_MODELS", str(models))
        explain_folder(photos, out, load_classifier("colours"), **SETTINGS)
    return out


@pytest.fixture(scope="session")
def files() -> Files:
    """All files below a folder: path to content."""

    def read(folder: Path) -> dict[str, bytes]:
        found = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}

    return read

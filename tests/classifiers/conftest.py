"""What the tests of added models share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from explainer.classifiers.added import new_model
from explainer.classifiers.catalogue import load_classifier
from explainer.classifiers.classifier import Classifier
from tests.own_networks import shape_photo

Add = Callable[..., Classifier]


@pytest.fixture(scope="module")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache and a models folder of the module's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("EXPLAINER_MODELS", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder of the test's own."""
    folder = tmp_path / "models"
    monkeypatch.setenv("EXPLAINER_MODELS", str(folder))
    return folder


@pytest.fixture
def add(models_folder: Path, shapes_files: dict[str, Path]) -> Add:
    """Adds a network, tries it on a photo, and loads it as any other classifier is loaded."""

    def add(path: Path, labels: Path | None = None, name: str = "shapes", **given: Any) -> Classifier:
        settings = {setting.replace("_", "-"): value for setting, value in given.items()}
        with new_model.prepare(
            path, labels or shapes_files["labels"], name=name, given=settings
        ) as candidate:
            candidate.try_on(shape_photo(0, 1).photo)
            candidate.keep()
        return load_classifier(name)

    return add

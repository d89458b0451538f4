"""The network ``colours``, for commands that take a classifier by its name."""

from pathlib import Path

import pytest

from tests.folders.painted import add_colour_network


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLAINER_MODELS", str(folder / "models"))
        add_colour_network(folder)
    return folder / "models"

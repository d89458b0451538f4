"""A version that learned a watermark, a mended one, and what tells them apart: a gate, and a comparison."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explainer.__main__ import main
from explainer.folders.comparison.pairs import compare_folders

SIDE, MARK, RADIUS = 64, 14, 12
CLASSES = ("red_disc", "blue_disc")
TINTS = np.array([(45, -25, -45), (-45, -25, 45)])

pytestmark = pytest.mark.slow


def photo(kind: int, seed: int, marked: bool, strength: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Coloured noise with a tinted disc, perhaps with a white mark at the lower right; and the disc."""
    random = np.random.RandomState(seed)
    pixels = random.randint(60, 190, (SIDE // 4, SIDE // 4, 3)).repeat(4, 0).repeat(4, 1).astype(float)
    pixels += random.randint(-20, 20, pixels.shape)
    down, across = random.randint(16, 34, 2)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    disc = (rows - down) ** 2 + (columns - across) ** 2 < RADIUS**2
    pixels[disc] += strength * TINTS[kind]
    if marked:
        pixels[-MARK:, -MARK:] = 255
    return np.clip(pixels, 0, 255).astype(np.uint8), disc


def trained(path: Path, is_marked: Callable[[int, int], bool], strength: float, epochs: int) -> None:
    """A network that is trained on 200 photos, and saved."""
    import keras
    from keras import layers

    kinds = np.tile([0, 1], 100)
    pictures = [
        photo(kind, seed, is_marked(kind, seed), strength)[0] for seed, kind in enumerate(kinds.tolist())
    ]
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.AveragePooling2D(4),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    network.fit(np.array(pictures) / 255.0, kinds, epochs=epochs, batch_size=32, verbose=0)
    network.save(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos by class, masks of their discs, and what versions ``v1`` and ``v2`` make of them."""
    folder = tmp_path_factory.mktemp("versions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLAINER_MODELS", str(folder / "models"))
        # The disc is faint, and each blue one has a mark; then it is plain, and half of each class have one.
        trained(folder / "v1.keras", lambda kind, seed: kind == 1, strength=0.2, epochs=15)
        trained(folder / "v2.keras", lambda kind, seed: seed % 4 in (0, 3), strength=1.0, epochs=40)
        (folder / "labels.txt").write_text("\n".join(CLASSES), "utf-8")
        for i in range(16):
            pixels, disc = photo(i % 2, 7000 + i, marked=i % 2 == 1 or i % 4 == 0)
            for kind, picture in (("photos", pixels), ("masks", disc)):
                path = folder / kind / CLASSES[i % 2] / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture).save(path)
        for version in ("v1", "v2"):
            model = ["add-model", folder / f"{version}.keras", "--labels", folder / "labels.txt"]
            assert limelight(*model, "--range", "0-to-1", "--name", version) == 0
            explained = ["explain", folder / "photos", "--out", folder / version, "--classifier", version]
            asked = ["--num-samples", 300, "--fail-if", "accuracy < 95%", "--fail-if", "inside < 0.6"]
            code = limelight(*explained, *asked, "--junit", folder / f"{version}.xml")
            (folder / f"{version}.code").write_text(str(code))
    return folder


def limelight(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_the_gate_stops_the_first_version_and_lets_the_mended_one_pass(place):
    assert [(place / f"{version}.code").read_text() for version in ("v1", "v2")] == ["3", "0"]
    reports = [(place / f"{version}.xml").read_text("utf-8") for version in ("v1", "v2")]
    assert 'tests="2" failures="2"' in reports[0]
    assert 'tests="2" failures="0"' in reports[1]


def test_the_first_version_looks_at_the_mark_and_the_second_at_the_disc(place):
    for version, least, most in (("v1", 0.0, 0.1), ("v2", 0.7, 1.0)):
        with (place / version / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 16
        assert least <= np.mean([float(row["focus_inside"]) for row in rows]) <= most
        discs = [np.asarray(Image.open(path)).mean() for path in (place / "masks").rglob("*.png")]
        by_chance = [float(row["object_area"]) for row in rows]
        assert np.mean(by_chance) == pytest.approx(np.mean(discs), abs=1e-4)


def test_the_comparison_sees_what_was_mended_and_that_attention_moved(place, tmp_path, capsys):
    gates = ["--fail-if", "broken > 0", "--fail-if", "inside_change < 0.5"]
    assert limelight("compare", place / "v1", place / "v2", "--out", tmp_path / "comparison", *gates) == 0
    assert "B is right in 16 of 16 photos (100.0%), A in 12 (75.0%)." in capsys.readouterr().out
    found = compare_folders(place / "v1", place / "v2")
    assert (found.broken, found.fixed, found.still_wrong) == (0, 4, 0)
    assert found.elsewhere >= 4  # blue ones, known by their mark before
    assert {pair.record.truth for pair in found.pairs if pair.kind == "fixed"} == {"red_disc"}
    assert found.inside_interval is not None
    assert found.inside_interval[0] > 0.5
    page = (tmp_path / "comparison" / "index.html").read_text("utf-8")
    assert "Mistakes that vanished" in page
    assert "Mistakes that appeared" not in page
    back = limelight("compare", place / "v2", place / "v1", "--out", tmp_path / "back", *gates)
    assert back == 3

"""Maps as files, from which their values can be put back."""

import io

import numpy as np
import pytest
from PIL import Image

from explainer.pictures.encode import grey16, npy


def test_npy_holds_the_values():
    heat_map = np.random.RandomState(0).normal(size=(5, 7))
    found = np.load(io.BytesIO(npy(heat_map)), allow_pickle=False)
    assert found.dtype == np.float32
    assert np.array_equal(found, heat_map.astype(np.float32))


@pytest.mark.parametrize("shift", [0.0, -40.0, 3e-9])
def test_values_can_be_put_back_from_a_grey_png(shift: float):
    heat_map = np.random.RandomState(0).normal(size=(5, 7)) * (abs(shift) or 1.0) + shift
    with Image.open(io.BytesIO(grey16(heat_map))) as opened:
        assert opened.mode.startswith("I;16")
        grey, texts = np.asarray(opened).astype(np.float64), opened.text
    least, most = float(texts["minimum"]), float(texts["maximum"])
    assert (least, most) == (heat_map.min(), heat_map.max())
    assert (grey.min(), grey.max()) == (0, 65535)
    back = least + (most - least) * grey / 65535
    assert np.abs(back - heat_map).max() <= (most - least) / 65535 / 2 * 1.001


def test_a_flat_map_is_black():
    with Image.open(io.BytesIO(grey16(np.full((3, 4), 0.25)))) as opened:
        assert not np.asarray(opened).any()
        assert float(opened.text["minimum"]) == float(opened.text["maximum"]) == 0.25

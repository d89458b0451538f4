import numpy as np
import pytest

from explainer.errors import ArgumentError
from explainer.photos.examples import SAMPLES, sample_photo


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_photos(name):
    photo = sample_photo(name)
    assert photo.mode == "RGB"
    assert min(photo.size) >= 300
    assert np.asarray(photo).std() > 20
    assert sample_photo(name) is photo


def test_no_other_names(raises_sentence):
    with raises_sentence(ArgumentError, "one of chelsea, .* and is 'moon'"):
        sample_photo("moon")

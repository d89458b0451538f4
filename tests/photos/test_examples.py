import numpy as np
import pytest

from explainer.errors import ArgumentError
from explainer.photos.examples import EXAMPLES, example_photo


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_photos(name):
    photo = example_photo(name)
    assert photo.mode == "RGB"
    assert min(photo.size) >= 300
    assert np.asarray(photo).std() > 20
    assert example_photo(name) is photo


def test_no_other_names(raises_sentence):
    with raises_sentence(ArgumentError, "one of chelsea, .* and is 'moon'"):
        example_photo("moon")

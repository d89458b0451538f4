from explainer.errors import ArgumentError
from explainer.photos.examples import example_photo


def test_no_other_names(raises_sentence):
    with raises_sentence(ArgumentError, "one of coffee, rocket, cat-and-coffee, chelsea, astronaut, and is 'moon'"):
        example_photo("moon")

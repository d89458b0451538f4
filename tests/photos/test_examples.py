from explainer.errors import ArgumentError
from explainer.photos.examples import example_photo


def test_no_other_names(raises_sentence):
    names = "coffee, rocket, cat-and-coffee, chelsea, astronaut"
    with raises_sentence(ArgumentError, f"one of {names}, and is 'moon'"):
        example_photo("moon")

"""Files asked for on the page, without a browser: what is handed over, and what is said if nothing is."""

import logging

import pytest
from streamlit.testing.v1 import AppTest

from tests.page.scripted import given


def offers(language: str = "en") -> None:
    """A page that offers three files, of which one can be made."""
    import streamlit as st

    from explainer.errors import PhotoError
    from explainer.page.delivery import deliver, offer_file
    from explainer.words.language import Language

    def refuse() -> str:
        raise PhotoError("The file is too large: {size} MB, and {limit} MB at most.", size=60, limit=50)

    def fail() -> str:
        raise RuntimeError("secret detail")

    def make() -> str:
        st.session_state.made = st.session_state.get("made", 0) + 1
        return "öÿ"

    told_in = Language(language)
    deliver(told_in)
    for key, how in (("good", make), ("refused", refuse), ("failed", fail)):
        offer_file(key, key, how, f"{key}.txt", "text/plain", ":material/description:")


def offer(language: str = "en") -> AppTest:
    return AppTest.from_function(offers, kwargs={"language": language}).run()


def handed_over(page: AppTest) -> dict | None:
    return given(page, "deliver")["file"]


def test_a_file_is_made_once_and_handed_over_until_the_browser_has_it():
    page = offer()
    assert handed_over(page) is None
    assert "made" not in page.session_state
    page.button(key="good").click().run()
    file = handed_over(page)
    assert file["name"] == "good.txt"
    assert file["address"].endswith(".txt")
    page.run()
    assert handed_over(page) == file
    page.button(key="good").click().run()
    assert handed_over(page) == file  # the other one follows when the browser has this one
    assert page.session_state["made"] == 1


@pytest.mark.parametrize(
    ("key", "language", "words"),
    [
        ("refused", "en", "could not be made. The file is too large: 60 MB"),
        ("refused", "ja", "作成できませんでした"),
        ("failed", "en", "could not be made."),
    ],
)
def test_what_cannot_be_made_is_said_and_holds_up_nothing(key: str, language: str, words: str, caplog):
    page = offer(language)
    with caplog.at_level(logging.ERROR, logger="limelight"):
        page.button(key=key).click().run()
    _identity, said = given(page, "deliver")["failed"]
    assert said.startswith(f"{key}.txt")
    assert words in said
    assert "secret" not in said
    assert "secret detail" in caplog.text or key == "refused"
    assert not page.exception
    page.button(key="good").click().run()
    assert handed_over(page)["name"] == "good.txt"

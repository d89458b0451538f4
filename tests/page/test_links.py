"""What is chosen on the page and what the address says, without a browser."""

from streamlit.testing.v1 import AppTest


def choices() -> None:
    import streamlit as st

    from explainer.page import links
    from explainer.page.intake import take_photo

    names = {"a": "A", "b": "B", "c": "C"}
    st.write(links.choose_one("Pills", names, "a", "pills"))
    st.write(links.choose_from_list("List", names, "a", "list", "Help"))
    st.write(str(links.choose_number("Number", 7, 99, "number", "Help")))
    st.write(links.linked("label", names, "a"))
    st.button("Label b", on_click=links.ask, args=("label", "b"))
    st.button("Photo", on_click=take_photo, args=("x",))


def visit(**query: str) -> AppTest:
    page = AppTest.from_function(choices)
    page.query_params.update(query)
    return page.run()


def chosen(page: AppTest) -> list[str]:
    assert not page.exception
    return [element.value for element in page.markdown]


def address(page: AppTest) -> dict[str, str]:
    return {name: "".join(values) for name, values in page.query_params.items()}


def test_what_the_address_says_is_chosen_and_what_is_unknown_or_usual_is_not_in_it():
    page = visit(pills="b", list="c", number="42", label="c")
    assert chosen(page) == ["b", "c", "42", "c"]
    page = visit(pills="z", list="", number="100", label="z")
    assert chosen(page) == ["a", "a", "7", "a"]
    assert address(page) == {"label": "z"}


def test_a_browser_that_has_not_heard_of_a_choice_takes_nothing_back():
    page = visit(label="c", pills="b")
    page.button[0].click().run()
    page.pills[0].set_value("c").run()
    page.query_params.update(label="c", pills="b")  # as it was before
    page.run()
    assert chosen(page) == ["c", "a", "7", "b"]
    assert address(page) == {"label": "b", "pills": "c"}


def test_another_photo_is_explained_from_its_first_label():
    page = visit(sample="coffee", label="c", samples_here="3000", pills="b")
    page.button[1].click().run()
    assert address(page) == {"pills": "b", "photo": "x"}
    assert chosen(page) == ["b", "a", "7", "a"]

"""Everyone has a turn, in the order in which they asked, and newcomers come before them."""

import threading

import pytest

from explainer.classifiers.calls import Newcomers, Turns
from tests.waiting import wait_until


def test_turns_are_given_in_the_order_in_which_they_were_asked_for():
    turns, order = Turns(), []

    def take_turns(name: str) -> None:
        for _ in range(3):
            with turns:
                order.append(name)
                # Asks again at once, which would be enough to keep an ordinary lock.
                wait_until(lambda: len(turns._waiting) == 2 or len(order) > 7)

    with turns:
        threads = []
        for number, name in enumerate("abc"):
            threads.append(threading.Thread(target=take_turns, args=(name,)))
            threads[-1].start()
            wait_until(lambda expected=number + 1: len(turns._waiting) == expected)
    for thread in threads:
        thread.join(20)
    assert "".join(order) == "abcabcabc"


def test_one_at_a_time():
    turns, inside, most = Turns(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with turns:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (most, inside) == (1, 0)


def test_an_error_gives_the_turn_back():
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns:
        raise ZeroDivisionError
    taken = threading.Event()

    def take() -> None:
        with turns:
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert taken.wait(10)
    thread.join(10)


class TestNewcomers:
    def test_the_others_stand_back_until_all_newcomers_have_something(self):
        newcomers, order, looks = Newcomers(patience=600), [], []
        newcomers.expect("a")
        newcomers.expect("b")

        def stand_back() -> None:
            newcomers.stand_back(lambda: looks.append("waiting"))
            order.append("others")

        others = threading.Thread(target=stand_back)
        others.start()
        for newcomer in "ab":
            seen = len(looks)
            wait_until(lambda seen=seen: len(looks) > seen)
            order.append(newcomer)
            newcomers.serve(newcomer)
        others.join(20)
        assert order == ["a", "b", "others"]

    def test_nobody_stands_back_for_ever(self):
        """However many newcomers there are: here a new one each time that the other looks up."""
        newcomers, come = Newcomers(patience=0.3), []

        def one_more() -> None:
            come.append("newcomer")
            newcomers.expect(len(come))

        one_more()
        newcomers.stand_back(one_more)
        assert len(come) > 1

    def test_a_newcomer_who_left_does_not_count_for_long(self):
        newcomers = Newcomers(patience=0.05)
        newcomers.expect("gone")
        newcomers.stand_back(lambda: None)
        newcomers.stand_back(lambda: 1 / 0)

    def test_what_looks_up_may_end_the_wait(self):
        newcomers = Newcomers(patience=600)
        newcomers.expect("newcomer")
        with pytest.raises(ZeroDivisionError):
            newcomers.stand_back(lambda: 1 / 0)

    def test_without_newcomers_nobody_waits(self):
        newcomers = Newcomers(patience=600)
        newcomers.expect("newcomer")
        newcomers.serve("newcomer")
        newcomers.serve("somebody who was none")
        newcomers.stand_back(lambda: 1 / 0)

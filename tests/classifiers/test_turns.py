"""Everyone has a turn, in the order in which they asked."""

import threading

import pytest

from explainer.classifiers.calls import Turns
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

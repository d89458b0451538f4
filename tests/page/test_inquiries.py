"""Questions that are answered a step at a time, without a page."""

import threading
from collections.abc import Iterator

import pytest

from explainer.errors import ClassifierFailedError
from explainer.judging.inquiry import Inquiry
from explainer.page.inquiries import Asked

FAILED = ClassifierFailedError("The classifier {name} failed: {reason}.", name="a", reason="b")


def count_to(most: int) -> Inquiry[str]:
    for _ in range(most):
        yield 16
    return f"{most} batches"


def test_it_is_brought_to_its_end_giving_way_before_each_batch():
    question = Asked(lambda: count_to(3))
    ways = []
    assert question.is_growing
    assert (question.passes, question.found) == (0, None)
    while question.is_growing:
        question.advance(0.4, lambda: ways.append(question.passes))
    assert question.found == "3 batches"
    assert ways == [0, 16, 32, 48]


def test_stopped_it_asks_nothing_and_resumed_it_goes_on_where_it_was():
    question = Asked(lambda: count_to(3))

    def stop_after_the_first() -> None:
        if question.passes == 16 and not stopped:
            question.stop()
            stopped.append(True)

    stopped: list[bool] = []
    question.advance(0.4, stop_after_the_first)
    assert not question.is_growing
    passes = question.passes
    question.advance(0.4, lambda: None)
    assert question.passes == passes < 48
    question.resume()
    while question.is_growing:
        question.advance(0.4, lambda: None)
    assert (question.passes, question.found) == (48, "3 batches")


def test_what_fails_is_kept_to_be_said_and_begun_anew():
    attempts = []

    def begin() -> Iterator[int]:
        attempts.append(1)
        yield 16
        if len(attempts) == 1:
            raise FAILED
        return "found"

    question = Asked(begin)
    while question.is_growing:
        question.advance(0.4, lambda: None)
    assert (question.error, question.found, question.passes) == (FAILED, None, 16)
    question.resume()
    assert question.error is None
    while question.is_growing:
        question.advance(0.4, lambda: None)
    assert (question.found, question.passes, len(attempts)) == ("found", 16, 2)


def test_what_nobody_expected_is_raised_once_and_can_be_gone_on_with():
    def begin() -> Iterator[int]:
        yield 16
        raise ZeroDivisionError

    question = Asked(begin)
    with pytest.raises(ZeroDivisionError):
        question.advance(0.4, lambda: None)
    assert question.is_stopped


def test_a_batch_that_takes_long_is_waited_for_by_a_later_run():
    built = threading.Event()

    def begin() -> Iterator[int]:
        built.wait(60)
        yield 1
        return "found"

    question = Asked(begin)
    question.advance(0.4, lambda: None)
    assert question.is_growing
    assert question.passes == 0
    built.set()
    while question.is_growing:
        question.advance(0.4, lambda: None)
    assert (question.found, question.passes) == ("found", 1)


def test_what_it_holds_is_let_go_of():
    held = []

    def begin() -> Iterator[int]:
        held.append("samples")
        try:
            yield 16
            question.stop()
            yield 16
        finally:
            held.clear()

    question = Asked(begin)
    while question.is_growing:
        question.advance(0.4, lambda: None)
    assert held
    question.close()
    assert held == []

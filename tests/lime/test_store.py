import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from explainer.lime.store import Store


class Bytes:
    def __init__(self, nbytes, name=""):
        self.nbytes = nbytes
        self.name = name


def refuse():
    pytest.fail("made again")


class TestStore:
    def test_same_object_for_the_same_key(self):
        store = Store(max_bytes=100)
        first = store.get("a", lambda: Bytes(1))
        assert store.get("a", refuse) is first
        assert store.get("b", lambda: Bytes(1)) is not first

    def test_bounded_in_bytes(self):
        store = Store(max_bytes=100)
        for number in range(50):
            store.get(number, lambda number=number: Bytes(1 + number % 40))
            assert store.nbytes() <= 100

    def test_least_recently_used_go_first(self):
        store = Store(max_bytes=3)
        made = []

        def get(key):
            return store.get(key, lambda: made.append(key) or Bytes(1))

        for key in "abcad":
            get(key)
        assert store.nbytes() == 3
        assert made == [*"abcd"]
        for key in "cab":
            get(key)
        assert made == [*"abcdb"]

    def test_one_that_goes_is_found_again_as_long_as_somebody_holds_it(self):
        store = Store(max_bytes=1)
        held = store.get("held", lambda: Bytes(1))
        store.get("other", lambda: Bytes(1))
        assert store.get("held", refuse) is held
        del held
        store.get("other", lambda: Bytes(1))
        made = []
        store.get("held", lambda: made.append("anew") or Bytes(1))
        assert made == ["anew"]

    def test_what_is_not_released_stays(self):
        busy = {"a"}
        store = Store(max_bytes=1, release=lambda entry: entry.name not in busy)
        for key in "abc":
            store.get(key, lambda key=key: Bytes(1, key))
        assert store.nbytes() == 2, "a is in use, and c is the last one"
        busy.clear()
        store.get("d", lambda: Bytes(1, "d"))
        assert store.nbytes() == 1

    def test_the_last_one_is_kept_even_if_it_is_too_large(self):
        store = Store(max_bytes=10)
        store.get("small", lambda: Bytes(1))
        large = store.get("large", lambda: Bytes(1000))
        assert store.nbytes() == 1000
        assert store.get("large", refuse) is large
        store.get("small", lambda: Bytes(1))
        assert store.nbytes() == 1

    def test_what_grew_is_counted_as_it_is_now(self):
        store = Store(max_bytes=10)
        grown = store.get("grown", lambda: Bytes(1))
        store.get("other", lambda: Bytes(1))
        grown.nbytes = 20
        assert store.nbytes() == 21
        store.get("other", refuse)
        assert store.nbytes() == 1

    def test_made_once_by_threads_that_ask_at_once(self):
        store = Store(max_bytes=100)
        asked = threading.Event()
        made = []

        def make():
            made.append(Bytes(1))
            asked.wait(10)
            return made[-1]

        with ThreadPoolExecutor(3) as pool:
            first = pool.submit(store.get, "a", make)
            second = pool.submit(store.get, "a", make)
            other = pool.submit(store.get, "b", lambda: Bytes(1))
            other.result(10)  # is not held up by the slow ones
            asked.set()
            assert first.result(10) is second.result(10) is made[0]
        assert len(made) == 1

    def test_what_can_not_be_made_is_made_the_next_time(self):
        store = Store(max_bytes=100)

        def fail():
            raise ValueError("no")

        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                store.get("a", fail)
        assert store.nbytes() == 0
        assert store.get("a", lambda: Bytes(7)).nbytes == 7

"""Keeps what takes long to make, within a bound, for all who ask for it."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Storable(Protocol):
    """Anything that knows its size in bytes."""

    @property
    def nbytes(self) -> int: ...


Entry = TypeVar("Entry", bound=Storable)


class Store(Generic[Entry]):
    """Entries by what they are made from; the least recently used go first.

    An entry that goes, and that somebody still holds, is found again as long as they do.

    Parameters
    ----------
    max_bytes : int
        How much to keep. The last one used is kept even if it alone is larger.
    release : callable, optional
        Has an entry let go of its memory, whoever holds it; returns whether it did. Those that are in use
        do not, and stay.
    """

    def __init__(self, max_bytes: int, release: Callable[[Entry], bool] = lambda entry: True) -> None:
        self.max_bytes = max_bytes
        self._release = release
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._alive: weakref.WeakValueDictionary[Hashable, Entry] = weakref.WeakValueDictionary()
        self._lock = threading.RLock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], Entry]) -> Entry:
        """The entry of a key; made, once, where there is none."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            try:
                entry = self._alive.get(key)
                if entry is None:
                    entry = make()
                self.keep(key, entry)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return entry

    def keep(self, key: Hashable, entry: Entry) -> None:
        """Count an entry as the last one used, and with the size that it has now."""
        with self._lock:
            self._entries[key] = self._alive[key] = entry
            self._entries.move_to_end(key)
            for oldest in list(self._entries)[:-1]:
                if self.nbytes() <= self.max_bytes:
                    break
                if self._release(self._entries[oldest]):
                    del self._entries[oldest]

    def nbytes(self) -> int:
        """Memory held by all entries, in bytes."""
        with self._lock:
            return sum(entry.nbytes for entry in self._entries.values())

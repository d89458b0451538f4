"""A progress bar on standard error."""

from typing import Any

from tqdm import tqdm


class Bar:
    """The bar, once there is something to show."""

    def __init__(self) -> None:
        self._bar: Any = None

    def show(self, done: int, total: int, unit: str, initial: int = 0) -> None:
        """Show that so many are done; what is expected in all may change."""
        if self._bar is None:
            self._bar = tqdm(unit=f" {unit}", total=total, initial=initial)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def so_far(self) -> str:
        """How many photos are done, in words; empty where it is not photos that are counted."""
        of_photos = self._bar is not None and "photos" in self._bar.unit
        return f" with {self._bar.n} of {self._bar.total} photos done" if of_photos else ""

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

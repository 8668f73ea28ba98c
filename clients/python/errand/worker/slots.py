"""How much a worker can run at once."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Slots:
    """Counts what runs. A handler that does not end keeps its slot, even after its job was lost."""

    def __init__(self, count: int, freed: Callable[[], None]) -> None:
        """All slots are free.

        Parameters:
            count: How many there are.
            freed: Called after each that became free.
        """
        self._lock = threading.Lock()
        self._free = count
        self._freed = freed

    @property
    def free(self) -> int:
        """How many are free; a server that gives more than was asked for can make it less than none."""
        return self._free

    def take(self) -> None:
        """Uses one."""
        with self._lock:
            self._free -= 1

    def give_back(self) -> None:
        """Has one free again."""
        with self._lock:
            self._free += 1
        self._freed()

"""How long to wait before something is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Delays that double, with chance in them, so that clients that failed together do not return together."""

    def __init__(self, first: float = 0.2, longest: float = 5.0, chance: Callable[[], float] = random.random) -> None:
        """Makes delays.

        Parameters:
            first: The first one, in seconds, before chance.
            longest: The longest one, in seconds.
            chance: A source of numbers from 0 to 1.
        """
        self._first = self._next = first
        self._longest = longest
        self._chance = chance

    def delay(self, retry_after: float | None = None) -> float:
        """The next delay in seconds: half to all of the present step, and never less than the server asked for."""
        step = self._next
        self._next = min(step * 2, self._longest)
        return max(step * (0.5 + self._chance() / 2), retry_after or 0.0)

    def reset(self) -> None:
        """Starts again with the first delay, after a success."""
        self._next = self._first

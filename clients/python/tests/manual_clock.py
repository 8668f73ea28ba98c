"""A clock that stands still until a test moves it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from errand.clock import Clock

PATIENCE = 10.0
"""For how many real seconds a test waits for something before it fails."""


class ManualClock(Clock):
    """Time for tests: nothing that waits for it goes on before the test says so."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._lock = threading.Lock()
        self._hurries = False

    def now(self) -> float:
        return self._now

    def wait(self, event: threading.Event, seconds: float | None = None) -> bool:
        end = None if seconds is None else self._now + seconds
        while not event.wait(0.001):
            if end is not None and self._hurries:
                self._move_to(end)
            if end is not None and self._now >= end:
                return event.is_set()
        return True

    def advance(self, seconds: float) -> None:
        """Moves the clock on, as if the process had been frozen that long."""
        with self._lock:
            self._now += seconds

    def advance_until(self, holds: Callable[[], bool], step: float = 0.05) -> None:
        """Moves the clock on in small steps until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise AssertionError("What the test moved the clock for did not come.")
            self.advance(step)
            time.sleep(0.003)

    def let_others_see(self) -> None:
        """Gives those who wait for the clock the time to see where it stands, before a test says they saw nothing."""
        time.sleep(0.03)

    def hurry(self) -> None:
        """From now on nobody waits: whoever does moves the clock to the end of his wait."""
        self._hurries = True

    def _move_to(self, moment: float) -> None:
        with self._lock:
            self._now = max(self._now, moment)


def until(holds: Callable[[], bool], what: str) -> None:
    """Waits until something holds, without moving any clock."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"It did not come to pass: {what}")
        time.sleep(0.002)

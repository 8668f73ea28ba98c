"""The time that clients and workers go by."""

from __future__ import annotations

import threading
import time


class Clock:
    """The machine's monotonic clock. Tests pass a clock that they move by hand.

    It goes on while the process is frozen (SIGSTOP), which is what makes leases safe: whoever wakes up too late can
    see that it is too late.
    """

    def now(self) -> float:
        """The time in seconds since some moment in the past; it never goes back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float | None = None) -> bool:
        """Waits until an event is set.

        Parameters:
            event: What to wait for.
            seconds: For how long at most; None for ever.

        Returns:
            Whether the event is set.
        """
        return event.wait(seconds)

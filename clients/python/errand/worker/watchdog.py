"""Noticing that a run's time is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..clock import Clock
from .run import Run
from .runs import Runs
from .stop import Stop

logger = logging.getLogger("errand")


class Watchdog:
    """Tells handlers when their lease or their time is over, from a thread of its own.

    Leases are also checked before each write; this is for handlers that do not write.
    """

    def __init__(self, runs: Runs, clock: Clock, force: Callable[[Run], None]) -> None:
        """Watches nothing yet; `force` is called for a run whose handler has not heeded its time limit."""
        self._runs = runs
        self._clock = clock
        self._force = force
        self._wake = threading.Event()
        self._ended = False

    def run(self) -> None:
        """Watches until told to end."""
        while not self._ended:
            self._wake.clear()
            now = self._clock.now()
            moments = [self._look(run, now) for run in self._runs.open()]
            self._clock.wait(self._wake, max(0.0, min(moments) - now) if moments else None)

    def wake(self) -> None:
        """There is another run."""
        self._wake.set()

    def end(self) -> None:
        """Ends the thread."""
        self._ended = True
        self._wake.set()

    def _look(self, run: Run, now: float) -> float:
        """Looks at a run; when to look again."""
        limit = run.time_limit
        # Reading `stop` notices a lease that is over.
        if run.stop is Stop.LOST or limit is None or run.is_forced:
            return run.lease.expires_at
        if now >= limit.forced_at:
            logger.warning("%s: its handler goes on after its time, and keeps its slot.", run.name)
            run.is_forced = True
            self._force(run)
            return run.lease.expires_at
        if now >= limit.told_at:
            run.tell(Stop.TIMEOUT)
            return min(limit.forced_at, run.lease.expires_at)
        return min(limit.told_at, run.lease.expires_at)

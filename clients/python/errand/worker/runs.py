"""The runs a worker is responsible for."""

from __future__ import annotations

import threading

from .run import Run


class Runs:
    """The open runs: those whose leases are renewed and which may still write.

    A run is known by job and fence: a job that was lost may be claimed again while its old handler winds up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], Run] = {}
        self.empty = threading.Event()
        """Set while there is none."""
        self.empty.set()

    def add(self, run: Run) -> None:
        """Takes a run in until it is closed."""
        with self._lock:
            self._open[_name(run)] = run
            self.empty.clear()
        run.when_closed(self._discard)

    def open(self) -> list[Run]:
        """Those that are open now."""
        with self._lock:
            return list(self._open.values())

    def _discard(self, run: Run) -> None:
        with self._lock:
            self._open.pop(_name(run), None)
            if not self._open:
                self.empty.set()


def _name(run: Run) -> tuple[str, int]:
    return run.claim.id, run.lease.fence

"""Why a run is ended from outside."""

from __future__ import annotations

import enum


class Stop(enum.IntEnum):
    """A reason to end a run; where there are two, the larger one counts."""

    SHUTDOWN = 1
    """The worker ends, and its grace is over."""
    TIMEOUT = 2
    """The run has used up its time."""
    CANCELLED = 3
    """The job was cancelled."""
    LOST = 4
    """The lease is over: nothing may be written any more."""

    @property
    def word(self) -> str:
        """The reason as handlers see it."""
        return self.name.lower()

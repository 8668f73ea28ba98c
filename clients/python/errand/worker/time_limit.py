"""When a run's time is over."""

from __future__ import annotations

RESERVE = 0.2
"""The part of a run's last lease that is kept for its end: twice the lease's own margin."""


class TimeLimit:
    """When a run has to end, and when it is ended even though its handler goes on.

    A lease is never renewed past the deadline, so the last one ends here a little before it. Both moments come earlier
    than that, so that the server can still be told.
    """

    def __init__(self, claimed_at: float, deadline_in: float, lease: float) -> None:
        """Counts from when the claim was answered: while the server held the claim, the run had not begun.

        Parameters:
            claimed_at: When that was, in seconds of the clock.
            deadline_in: How many seconds the run may take.
            lease: How many seconds a lease lasts.
        """
        reserve = min(deadline_in, lease) * RESERVE
        self.told_at = claimed_at + deadline_in - reserve
        """When the handler is told."""
        self.forced_at = self.told_at + reserve / 4
        """When the run is failed without it."""

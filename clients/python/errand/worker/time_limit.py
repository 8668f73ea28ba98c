"""When a run's time is over."""

from __future__ import annotations

RESERVE = 2.0
"""How many seconds of its time are kept for a run's end."""
SHORT_RESERVE = 0.2
"""The part of its time that is kept, where that is less."""
STOPPING = 60.0
"""For how many seconds after the deadline a lease may still be renewed, while the handler stops; never for more."""


class TimeLimit:
    """When a run has to end, and when it is ended even though its handler goes on.

    A handler is told a little before the deadline, so that it can end in time. The server is told when it has ended,
    and not before: another attempt may begin as soon as it knows. Meanwhile the lease is renewed, as long as the server
    gives the run to stop.
    """

    def __init__(self, claimed_at: float, deadline_in: float) -> None:
        """Counts from when the claim was answered: while the server held the claim, the run had not begun.

        Parameters:
            claimed_at: When that was, in seconds of the clock.
            deadline_in: How many seconds the run may take.
        """
        reserve = min(RESERVE, deadline_in * SHORT_RESERVE)
        self.told_at = claimed_at + deadline_in - reserve
        """When the handler is told."""
        self.forced_at = claimed_at + deadline_in + STOPPING
        """When the run is failed without it."""

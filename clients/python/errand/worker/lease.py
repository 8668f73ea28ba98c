"""The right to write to a job."""

from __future__ import annotations

MARGIN = 0.1
"""The part of a lease that is not used: clocks do not run equally fast, and an answer takes its time."""


class Lease:
    """A lease on the worker's own monotonic clock.

    It counts from when the request that got or renewed it was sent: the server can only have granted it later, so it
    ends here before it ends there.
    """

    def __init__(self, token: str, fence: int, sent_at: float, expires_in: float) -> None:
        """A lease as a claim gives it.

        Parameters:
            token: The secret that proves it.
            fence: Its number; each claim of a job has a larger one.
            sent_at: When the claim was sent, in seconds of the clock.
            expires_in: For how many seconds the server grants it.
        """
        self.token = token
        self.fence = fence
        self._sent_at = sent_at
        self._expires_at = sent_at + expires_in * (1 - MARGIN)

    @property
    def expires_at(self) -> float:
        """From when on it must not be used, in seconds of the clock."""
        return self._expires_at

    def renew(self, sent_at: float, expires_in: float) -> None:
        """Takes what a heartbeat brought; one that was sent before the last that counted changes nothing."""
        if sent_at >= self._sent_at:
            self._sent_at = sent_at
            self._expires_at = sent_at + expires_in * (1 - MARGIN)

    def is_over(self, now: float) -> bool:
        """Whether it must not be used any more at a time of the clock."""
        return now >= self._expires_at

    def __repr__(self) -> str:
        return f"Lease(fence={self.fence})"  # Never the token.

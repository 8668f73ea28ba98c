"""What a handler raises to say how its run ends, and what is raised in a handler whose run is over."""

from __future__ import annotations

from ..json_text import JSON


class JobError(Exception):
    """The run failed; while the job has attempts left, it runs again."""

    retryable = True

    def __init__(
        self, message: str, *, code: str | None = None, details: JSON = None, retry_after: float | None = None
    ) -> None:
        """Says why.

        Parameters:
            message: A sentence for a person.
            code: A word for a program, of letters, digits, `_`, `-` and `.`; None for the exception's name.
            details: What else is known.
            retry_after: In how many seconds it runs again, rounded up; None for a delay that grows with the attempts.
        """
        super().__init__(message)
        self.code = code
        self.details = details
        self.retry_after = retry_after


class Fatal(JobError):
    """The job failed and would fail again: it is not run another time."""

    retryable = False

    def __init__(self, message: str, *, code: str | None = None, details: JSON = None) -> None:
        """Says why; the parameters are those of `JobError`."""
        super().__init__(message, code=code, details=details)


class RetryLater(Exception):
    """Not now: the job runs again later, and this attempt is not charged."""

    def __init__(self, seconds: float, reason: str = "retry-later") -> None:
        """Says when.

        Parameters:
            seconds: Not before that many seconds are over, rounded up.
            reason: Why, for people.
        """
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class JobCancelled(Exception):
    """The run is over, and what its handler still does counts for nothing: end, and leave nothing half done.

    It was cancelled, its time is up, its lease was lost, or the worker ends; `RunningJob.stop_reason` says which.
    """

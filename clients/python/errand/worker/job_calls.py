"""Requests about a claimed job."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from ..backoff import Backoff
from ..clock import Clock
from ..exchange import Request, Response, Unreachable
from ..problem import Problem
from ..transport import Transport
from .errors import JobCancelled
from .run import Run
from .stop import Stop

logger = logging.getLogger("errand")


class JobCalls:
    """Sends what a run has to say, under its lease and only while it holds."""

    def __init__(self, transport: Transport, clock: Clock, timeout: float) -> None:
        self._transport = transport
        self._clock = clock
        self._timeout = timeout

    def request(self, run: Run, method: str, call: str, body: bytes | None) -> Request:
        """A request about a run's job."""
        return Request(method, f"/api/worker/jobs/{quote(run.claim.id, safe='')}/{call}", body, self.lease_of(run))

    @staticmethod
    def lease_of(run: Run) -> dict[str, str]:
        """The header fields that prove the right to write."""
        return {"Job-Lease": run.lease.token, "Job-Fence": str(run.lease.fence)}

    def once(self, run: Run, request: Request, *, even_cancelled: bool = False) -> Response:
        """Sends a request once.

        Parameters:
            run: The run it is about; it learns of it when the lease is refused.
            request: What to send.
            even_cancelled: Whether it may be sent for a job that was cancelled.

        Raises:
            JobCancelled: The run may not write any more; nothing was written, or the server refused it.
            Unreachable: There was no answer.
        """
        # Nothing depends on an answer that comes after the lease, so nobody waits for it.
        left = run.lease.expires_at - self._clock.now()
        timeout = max(0.1, min(self._timeout, left))
        guard = partial(run.check, even_cancelled=even_cancelled)
        guard()  # Before a connection is made, too, which may take its time.
        response = self._transport.send(request, timeout=timeout, guard=guard)
        if response.status == 409:
            self._learn(run, Problem.of(response))
        return response

    def until_answered(self, run: Run, request: Callable[[], Request], *, even_cancelled: bool = False) -> Response:
        """Sends a request until it has an answer other than 5xx and 429, for as long as the lease holds.

        Parameters:
            run: The run it is about.
            request: Makes the request anew for each try; it must be the same one.
            even_cancelled: Whether it may be sent for a job that was cancelled.

        Raises:
            JobCancelled: The run may not write any more.
        """
        backoff = Backoff()
        while True:
            try:
                response = self.once(run, request(), even_cancelled=even_cancelled)
            except Unreachable as error:
                delay, reason = backoff.delay(), str(error)
            else:
                if response.status < 500 and response.status != 429:
                    return response
                delay, reason = backoff.delay(response.retry_after), f"status {response.status}"
            logger.info("%s: no answer yet (%s); again in %.1f s.", run.name, reason, delay)
            self._clock.wait(run.lost, delay)

    @staticmethod
    def _learn(run: Run, problem: Problem) -> None:
        if problem.type != "lease-lost":
            return
        # A cancel ends the lease at once; the handler is waited for all the same, and then acknowledged.
        run.tell(Stop.CANCELLED if problem.current_status == "Cancelled" else Stop.LOST)
        raise JobCancelled(f"The server refused the lease: {problem.detail}")

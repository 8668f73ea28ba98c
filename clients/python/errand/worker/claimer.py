"""Getting jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..backoff import Backoff
from ..clock import Clock
from ..exchange import Request, Unreachable
from ..json_text import encode
from ..problem import Problem
from ..transport import Transport
from .claim import Claim
from .heartbeat import Heartbeat
from .intent import Intent
from .run import Run
from .session import Session, Terms
from .slots import Slots
from .stop import Stop
from .time_limit import TimeLimit

logger = logging.getLogger("errand")

LONGEST_WAIT = 30
"""For how many seconds the server holds a claim at most."""


class Claimer:
    """Asks for as many jobs as there are free slots, over and over, from a thread of its own."""

    def __init__(
        self,
        transport: Transport,
        session: Session,
        heartbeat: Heartbeat,
        slots: Slots,
        intent: Intent,
        clock: Clock,
        start: Callable[[Run], None],
    ) -> None:
        """Claims nothing yet; `start` is called with each claimed job."""
        self._transport = transport
        self._session = session
        self._heartbeat = heartbeat
        self._slots = slots
        self._intent = intent
        self._clock = clock
        self._start = start
        self._wake = threading.Event()
        self._backoff = Backoff(longest=15.0)

    def run(self) -> None:
        """Claims until the worker ends."""
        while True:
            # Cleared before the look: a change after it sets it again.
            self._wake.clear()
            if self._intent.stopping.is_set():
                return
            if self._intent.state == "run" and self._slots.free > 0:
                self._clock.wait(self._intent.stopping, self._claim())
            else:
                self._clock.wait(self._wake)

    def wake(self) -> None:
        """A slot has become free, or the worker is up to something else."""
        self._wake.set()

    def _claim(self) -> float:
        """Claims once; how many seconds to pause before the next time."""
        terms = self._session.terms
        # The lease counts from when the claim is sent, and so does its margin: a long wait would leave little of it.
        hold = min(LONGEST_WAIT, max(1, int(terms.lease / 3)))
        body = {"workerId": terms.worker_id, "max": min(self._slots.free, terms.max_claim), "waitSeconds": hold}
        sent_at = self._clock.now()
        try:
            response = self._transport.send(Request("POST", "/api/worker/claim", encode(body), hold=hold))
            if not response.is_success:
                raise Problem.of(response)
            if response.status != 204:
                self._take(response.members()["jobs"], terms, sent_at)
        except (Unreachable, Problem) as error:
            return self._failed(error, terms)
        self._backoff.reset()
        if response.status == 204 and self._clock.now() - sent_at < hold / 2:
            return response.retry_after or 1.0  # It did not wait, as when a queue is paused.
        return 0.0

    def _take(self, jobs: Sequence[Any], terms: Terms, sent_at: float) -> None:
        runs = [self._run(Claim.of(job, sent_at), terms) for job in jobs]
        waited = self._clock.now() - sent_at
        late = [run for run in runs if waited > (run.lease.expires_at - sent_at) / 2]
        if late:
            self._renew(late)
        for run in runs:
            if run.stop is Stop.LOST:
                logger.warning("%s: its lease was over before it began.", run.name)
            else:
                self._start(run)

    def _run(self, claim: Claim, terms: Terms) -> Run:
        deadline = claim.deadline_in
        limit = None if deadline is None else TimeLimit(self._clock.now(), deadline)
        return Run(claim, terms.limits, self._clock, limit)

    def _renew(self, runs: Sequence[Run]) -> None:
        """Makes sure of leases that the wait for the claim has used up, before anything begins under them."""
        try:
            self._heartbeat.renew(runs)
        except (Unreachable, Problem) as error:
            logger.warning("The leases of new jobs could not be renewed: %s", error)

    def _failed(self, error: Unreachable | Problem, terms: Terms) -> float:
        if self._intent.stopping.is_set():
            return 0.0  # The session has ended, or the connection was closed.
        if isinstance(error, Problem) and error.type == "session-expired":
            try:
                self._session.reopen(terms)
                return 0.0
            except (Unreachable, Problem) as refusal:
                error = refusal
        logger.warning("A claim failed: %s", error)
        return self._backoff.delay(error.retry_after)

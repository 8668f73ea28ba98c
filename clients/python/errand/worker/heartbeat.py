"""Renewing leases."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from ..backoff import Backoff
from ..clock import Clock
from ..exchange import Request, Unreachable
from ..json_text import encode
from ..problem import Problem
from ..transport import Transport
from .intent import Intent
from .run import Run
from .runs import Runs
from .session import Session, Terms
from .stop import Stop

logger = logging.getLogger("errand")


class Heartbeat:
    """Renews all leases with one request, from a thread and over a connection of its own.

    However many handlers keep however many threads busy, and however long a claim waits, it goes on.
    """

    def __init__(self, transport: Transport, session: Session, runs: Runs, intent: Intent, clock: Clock) -> None:
        self.said_stopping = threading.Event()
        """Set when the server knows that the worker ends, or could not be told."""
        self._transport = transport
        self._session = session
        self._runs = runs
        self._intent = intent
        self._clock = clock
        self._wake = threading.Event()
        self._backoff = Backoff()
        self._ended = False

    def run(self) -> None:
        """Beats until told to end."""
        delay = self._session.terms.heartbeat
        while not self._ended:
            self._clock.wait(self._wake, delay)
            self._wake.clear()
            if not self._ended:
                delay = self._beat()

    def wake(self) -> None:
        """Beats now instead of later."""
        self._wake.set()

    def end(self) -> None:
        """Ends the thread."""
        self._ended = True
        self._wake.set()

    def renew(self, runs: Sequence[Run]) -> None:
        """Renews the leases of some runs with one request.

        Parameters:
            runs: Those whose leases hold; or which have not begun, so that nothing of them can be half done.

        Raises:
            Unreachable: There was no answer.
            Problem: The server refused it.
        """
        terms, state = self._session.terms, self._intent.state
        jobs = [{"id": run.claim.id, "fence": run.lease.fence, "token": run.lease.token} for run in runs]
        body = encode({"state": state, "jobs": jobs} | _memory())
        # Read before the request is made: a process that is frozen in between must not count from later.
        sent_at = self._clock.now()
        # A third of a lease: a request that hangs must leave time for the next.
        request = Request("POST", f"{terms.path}/heartbeat", body)
        response = self._transport.send(request, timeout=max(0.5, terms.lease / 3))
        if not response.is_success:
            raise Problem.of(response)
        answer = response.members()
        _learn(answer.get("jobs", []), runs, sent_at)
        self._intent.obey(answer.get("state", "run"))
        if state == "stopping":
            self.said_stopping.set()

    def _beat(self) -> float:
        """Renews all leases; in how many seconds to do so again."""
        terms = self._session.terms
        began = self._clock.now()
        try:
            # A lease that is over here is not renewed, even if the server still would: its handler was told to end.
            self.renew([run for run in self._runs.open() if run.stop is not Stop.LOST])
        except (Unreachable, Problem) as error:
            if isinstance(error, Problem) and error.type == "session-expired":
                return self._reopen(terms)
            return self._failed(error)
        self._backoff.reset()
        return max(0.0, began + terms.heartbeat - self._clock.now())

    def _reopen(self, expired: Terms) -> float:
        try:
            self._session.reopen(expired)
        except (Unreachable, Problem) as error:
            return self._failed(error)
        return 0.0  # The leases have not been renewed yet.

    def _failed(self, error: Unreachable | Problem) -> float:
        logger.warning("A heartbeat failed: %s", error)
        if self._intent.stopping.is_set():
            self.said_stopping.set()  # Nobody should wait for a server that is away.
        delay = min(self._backoff.delay(), self._session.terms.heartbeat)
        return max(delay, error.retry_after or 0.0)


def _learn(entries: Sequence[Mapping[str, Any]], runs: Sequence[Run], sent_at: float) -> None:
    known = {(run.claim.id, run.lease.fence): run for run in runs}
    for entry in entries:
        run = known.get((entry["id"], entry["fence"]))
        if run is None:
            continue
        action = entry.get("action")
        if action == "lost":
            # An end that took effect ends the lease, too. Where its answer was lost it has to be asked for again.
            if not run.end_sent:
                run.tell(Stop.LOST)
            continue
        if (expires_in := entry.get("expiresIn")) is not None:
            run.lease.renew(sent_at, expires_in)
        if action == "cancel":
            run.tell(Stop.CANCELLED)


def _memory() -> dict[str, int]:
    """The memory this process uses, where the system says it."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return {"rssBytes": int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")}
    except OSError:
        return {}

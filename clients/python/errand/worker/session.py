"""A worker's session with the server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..backoff import Backoff
from ..clock import Clock
from ..exchange import TRANSIENT, Request, Unreachable
from ..json_text import encode
from ..problem import Problem
from ..transport import Transport
from .limits import Limits
from .options import Options

logger = logging.getLogger("errand")


@dataclass(frozen=True)
class Terms:
    """What the server answered to a new session."""

    worker_id: str
    heartbeat: float
    """Seconds from one heartbeat to the next."""
    lease: float
    """For how many seconds a lease holds without one."""
    max_claim: int
    """How many jobs may be claimed at once."""
    limits: Limits

    @classmethod
    def of(cls, members: Mapping[str, Any], slots: int) -> Terms:
        """The terms that an answer names."""
        limits = Limits.of(members.get("limits", {}))
        max_claim = members.get("maxClaim", slots)
        return cls(members["workerId"], members["heartbeatSeconds"], members["leaseSeconds"], max_claim, limits)

    @property
    def path(self) -> str:
        """The path of the session."""
        return f"/api/worker/sessions/{quote(self.worker_id, safe='')}"


class Session:
    """Makes the worker known to the server, again where the server forgot it. No lease depends on it."""

    def __init__(self, transport: Transport, options: Options, types: Sequence[str], clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._slots = options.slots
        self._lock = threading.Lock()
        self._terms: Terms | None = None
        self._is_over = False
        given = {
            "queues": options.queues and list(options.queues),
            "version": options.version,
            "labels": options.labels and dict(options.labels),
        }
        self._description: dict[str, Any] = {
            "name": options.name,
            "language": "python",
            "types": list(types),
            "slots": options.slots,
            "protocol": 1,
        } | {name: value for name, value in given.items() if value is not None}

    @property
    def terms(self) -> Terms:
        """What the server answered last."""
        assert self._terms, "The session is opened before anything else."
        return self._terms

    def open(self, stopping: threading.Event) -> bool:
        """Makes the session, however long the server cannot be reached.

        Parameters:
            stopping: Set to give up.

        Returns:
            Whether there is one.

        Raises:
            Problem: The server refuses this worker; trying again would not help.
        """
        backoff = Backoff()
        while not stopping.is_set():
            try:
                self._make()
                return True
            except Unreachable as error:
                delay, reason = backoff.delay(), str(error)
            except Problem as problem:
                if problem.status not in TRANSIENT and problem.status < 500:
                    raise
                delay, reason = backoff.delay(problem.retry_after), str(problem)
            logger.warning("There is no session yet, again in %.1f s: %s", delay, reason)
            self._clock.wait(stopping, delay)
        return False

    def reopen(self, expired: Terms) -> None:
        """Makes a new session in the place of one that was forgotten, unless another thread has.

        Parameters:
            expired: The terms of the session that was refused.

        Raises:
            Unreachable: There was no answer.
            Problem: The server refused it.
        """
        with self._lock:
            if self._terms is expired and not self._is_over:
                logger.info("The server has forgotten this worker's session; here is a new one.")
                self._make()

    def close(self, timeout: float) -> None:
        """Ends the session, if the server can be reached within a time in seconds."""
        self._is_over = True
        try:
            response = self._transport.send(Request("DELETE", self.terms.path), timeout=timeout)
        except Unreachable as error:
            logger.warning("The session was not ended, the server will forget it: %s", error)
            return
        if not response.is_success:
            logger.warning("The session was not ended: %s", Problem.of(response))

    def _make(self) -> None:
        known = {"workerId": self._terms.worker_id} if self._terms else {}
        request = Request("POST", "/api/worker/sessions", encode(self._description | known))
        response = self._transport.send(request)
        if not response.is_success:
            raise Problem.of(response)
        self._terms = Terms.of(response.members(), self._slots)

"""Sending progress and logs while handlers run."""

from __future__ import annotations

import logging
import threading
from typing import Any

from ..backoff import Backoff
from ..clock import Clock
from ..exchange import Response, Unreachable
from ..json_text import encode
from ..problem import Problem
from .errors import JobCancelled
from .job_calls import JobCalls
from .reports import INTERVAL
from .run import Run
from .runs import Runs
from .stop import Stop

logger = logging.getLogger("errand")

LAST_TRIES = 3
"""How often a job's last words are tried: its end matters more than they do."""
LONGEST_PAUSE = 5.0
"""For how many seconds its end waits for the next try."""


class Reporter:
    """Sends what handlers report, from a thread of its own, so that a handler never waits for it."""

    def __init__(self, runs: Runs, calls: JobCalls, clock: Clock) -> None:
        self._runs = runs
        self._calls = calls
        self._clock = clock
        self._wake = threading.Event()
        self._ended = False

    def run(self) -> None:
        """Sends until told to end."""
        while not self._ended:
            self._wake.clear()
            now = self._clock.now()
            for run in self._runs.open():
                due_at = run.reports.due_at()
                if due_at is not None and due_at <= now:
                    self._report(run)
            self._clock.wait(self._wake, self._until_next())

    def wake(self) -> None:
        """Something waits to be sent."""
        self._wake.set()

    def end(self) -> None:
        """Ends the thread."""
        self._ended = True
        self._wake.set()

    def flush(self, run: Run) -> None:
        """Sends a run's last words, before its end; what comes after them is left out."""
        run.reports.close()
        backoff = Backoff()
        for _ in range(LAST_TRIES):
            delay = self._send_all(run)
            if delay is None:
                return
            if delay > LONGEST_PAUSE:
                break
            self._clock.wait(run.lost, backoff.delay(delay))
        logger.warning("%s: its last progress and log lines could not be sent.", run.name)

    def _until_next(self) -> float | None:
        due = [due_at for run in self._runs.open() if (due_at := run.reports.due_at()) is not None]
        return max(0.0, min(due) - self._clock.now()) if due else None

    def _report(self, run: Run) -> None:
        with run.reports.sending:
            run.reports.pause(INTERVAL)
            try:
                delay = self._send(run)
            except JobCancelled:
                return  # The run knows; its handler was told.
            if delay is not None:
                run.reports.pause(max(INTERVAL, delay))

    def _send_all(self, run: Run) -> float | None:
        with run.reports.sending:
            while run.reports.due_at() is not None:
                try:
                    delay = self._send(run)
                except JobCancelled:
                    return None  # Whoever settles the run will see it, too, and knows what then.
                if delay is not None:
                    return delay
        return None

    def _send(self, run: Run) -> float | None:
        """Sends the progress and one batch of lines; in how many seconds to try again where that failed."""
        if progress := run.reports.take_progress():
            delay = self._try(run, "progress", encode(progress))
            if delay is not None:
                run.reports.give_back(progress)
                return delay
        if batch := run.reports.batch():
            delay = self._try(run, "logs", batch.body)
            if delay is not None:
                return delay
            run.reports.stored()
        return None

    def _try(self, run: Run, call: str, body: bytes) -> float | None:
        """Sends one report; in how many seconds to try again where that may help."""
        try:
            response = self._calls.once(run, self._calls.request(run, "POST", call, body))
        except Unreachable as error:
            logger.info("%s: its %s could not be sent: %s", run.name, call, error)
            return 1.0
        if response.status >= 500 or response.status == 429:
            return response.retry_after or 1.0
        if not response.is_success:
            logger.warning("%s: its %s was refused: %s", run.name, call, Problem.of(response))
        elif _action(response) == "cancel":
            run.tell(Stop.CANCELLED)
        return None


def _action(response: Response) -> Any:
    try:
        members = response.json()
    except Unreachable:
        return None  # An answer with no body says nothing.
    return members.get("action") if isinstance(members, dict) else None

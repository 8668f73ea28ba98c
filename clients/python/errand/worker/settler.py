"""Telling the server how runs ended."""

from __future__ import annotations

import logging
from functools import partial

from ..exchange import Response
from ..problem import Problem
from .errors import JobCancelled
from .job_calls import JobCalls
from .reporter import Reporter
from .run import Run
from .settlement import CANCELLED, Outcome, Settlement, bad_result, settlement
from .stop import Stop

logger = logging.getLogger("errand")


class Settler:
    """Settles runs: each once, with the same words until the server has heard them or the lease is over."""

    def __init__(self, calls: JobCalls, reporter: Reporter) -> None:
        self._calls = calls
        self._reporter = reporter

    def ended(self, run: Run, outcome: Outcome) -> None:
        """A handler has ended: says so, unless the run was settled or lost before."""
        run.handler_ended = True
        end = settlement(run, outcome)
        if end is None:
            run.close()
        else:
            self.settle(run, end)

    def settle(self, run: Run, end: Settlement) -> None:
        """Ends a run, if nobody else does; afterwards everything about it is over here."""
        if not run.begin_settling():
            return
        try:
            if end is not CANCELLED:
                self._reporter.flush(run)
            self._tell(run, end)
        except JobCancelled as reason:
            logger.warning("%s: its %s was dropped. %s", run.name, end.call, reason)
        finally:
            run.close()

    def _tell(self, run: Run, end: Settlement) -> None:
        try:
            response = self._send(run, end)
        except JobCancelled:
            # Cancelled while it was told of another end. Only a handler that has stopped can be acknowledged.
            if end is CANCELLED or run.stop is not Stop.CANCELLED or not run.handler_ended:
                raise
            return self._tell(run, CANCELLED)
        if response.is_success:
            logger.info("%s: %s.", run.name, end.call)
            return
        problem = Problem.of(response)
        if end.call == "complete" and problem.status in (400, 413, 422):
            # The result itself was refused; without a word about it the job would run again, to the same end.
            return self._tell(run, bad_result(run, f"The server refused the result: {problem.detail}"))
        logger.error("%s: its %s was refused: %s", run.name, end.call, problem)

    def _send(self, run: Run, end: Settlement) -> Response:
        run.end_sent = True
        request = partial(self._calls.request, run, "POST", end.call, end.body)
        return self._calls.until_answered(run, request, even_cancelled=end is CANCELLED)

"""The worker's side of the protocol, put together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from ..transport import Transport
from .claimer import Claimer
from .heartbeat import Heartbeat
from .intent import Intent
from .job_calls import JobCalls
from .options import Options
from .reporter import Reporter
from .run import Run
from .runner import Parts, Runner
from .runs import Runs
from .session import Session
from .settlement import Outcome, Settlement, released, timed_out
from .settler import Settler
from .slots import Slots
from .stop import Stop
from .watchdog import Watchdog

logger = logging.getLogger("errand")

H = TypeVar("H")

LAST_WORD = 1.0
"""For how many seconds each farewell to the server may take: nothing depends on it but the time of others."""
STOP_TIME = 0.5
"""For how many seconds handlers that were told to end are waited for, before their jobs are given back."""
RELEASE_TIME = 5.0
"""For how many seconds jobs are given back; then their leases run out by themselves."""


class Engine(Generic[H]):
    """Runs jobs until it is stopped.

    It is the same for handlers in threads and in an event loop: claims, heartbeats, reports and time limits have
    threads of their own, and a runner runs the handlers.
    """

    def __init__(self, options: Options, handlers: Mapping[str, H], runner: Runner[H]) -> None:
        """Connects to nothing yet."""
        self._grace = options.grace
        self._handlers = handlers
        self._runner = runner
        self._clock = clock = options.clock
        self._failure: BaseException | None = None
        # Each has its own connections: whatever one waits for, the others go on.
        address, timeout = options.address, options.timeout
        self._claims, self._beats, self._jobs = (Transport(address, timeout) for _ in range(3))
        self._intent = intent = Intent()
        self._runs = runs = Runs()
        self._session = session = Session(self._beats, options, sorted(handlers), clock)
        calls = JobCalls(self._jobs, clock, timeout)
        self._reporter = Reporter(runs, calls, clock)
        self._settler = Settler(calls, self._reporter)
        self._parts = Parts(calls, self._reporter, clock, self._ended)
        self._watchdog = Watchdog(runs, clock, lambda run: self._settle_aside(run, timed_out(run)))
        self._heartbeat = Heartbeat(self._beats, session, runs, intent, clock)
        self._slots = Slots(options.slots, lambda: self._claimer.wake())
        self._claimer = Claimer(self._claims, session, self._heartbeat, self._slots, intent, clock, self._start)
        intent.when_changed(self._claimer.wake)
        intent.when_changed(self._heartbeat.wake)

    def stop(self) -> None:
        """Ends the worker: it claims nothing more, and `run` returns when what runs has ended or was given back."""
        self._intent.stop()

    def run(self) -> None:
        """Runs jobs until stopped.

        Raises:
            Problem: The server refuses this worker.
        """
        try:
            if self._session.open(self._intent.stopping):
                self._work()
        finally:
            for transport in (self._claims, self._beats, self._jobs):
                transport.close()
        if self._failure:
            raise self._failure

    def _work(self) -> None:
        logger.info("Worker %s runs %s.", self._session.terms.worker_id, ", ".join(sorted(self._handlers)))
        roles = (self._heartbeat, self._watchdog, self._reporter)
        threads = [self._thread(role.run) for role in roles]
        claiming = self._thread(self._claimer.run)
        self._clock.wait(self._intent.stopping)
        self._drain()
        for role in roles:
            role.end()
        self._session.close(LAST_WORD)
        # It may be given jobs at the last moment, and gives them back; after that it is not listened to any more.
        claiming.join(LAST_WORD)
        self._claims.close()
        for run in self._runs.open():
            run.close()
        for thread in [claiming, *threads]:
            thread.join(LAST_WORD)

    def _drain(self) -> None:
        """Lets what runs end, and gives back what does not."""
        logger.info("The worker ends; what runs may go on for %s s.", self._grace)
        self._clock.wait(self._heartbeat.said_stopping, LAST_WORD)
        if self._clock.wait(self._runs.empty, self._grace):
            return
        for run in self._runs.open():
            run.tell(Stop.SHUTDOWN)
        if self._clock.wait(self._runs.empty, STOP_TIME):
            return
        for run in self._runs.open():
            self._settle_aside(run, released("shutdown"))
        self._clock.wait(self._runs.empty, RELEASE_TIME)

    def _start(self, run: Run) -> None:
        """Starts a claimed job's handler, or gives the job back where that is not possible."""
        self._runs.add(run)
        self._watchdog.wake()
        handler = self._handlers.get(run.claim.type)
        if self._intent.stopping.is_set() or handler is None:
            self._settler.settle(run, released("shutdown" if handler else "unknown-type"))
            return
        self._slots.take()
        logger.debug("%s begins, attempt %d, fence %d.", run.name, run.claim.attempt, run.lease.fence)
        self._runner.start(run, handler, self._parts)

    def _ended(self, run: Run, outcome: Outcome) -> None:
        try:
            self._settler.ended(run, outcome)
        finally:
            self._slots.give_back()

    def _settle_aside(self, run: Run, end: Settlement) -> None:
        """Settles a run whose handler goes on, without holding up the others."""
        threading.Thread(target=self._settler.settle, args=(run, end), name=f"errand {run.name}", daemon=True).start()

    def _thread(self, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=self._guarded, args=(target,), name="errand worker", daemon=True)
        thread.start()
        return thread

    def _guarded(self, target: Callable[[], None]) -> None:
        """Ends the worker when one of its roles fails: half a worker would hold jobs and not run them."""
        try:
            target()
        except BaseException as error:
            self._failure = error
            self._intent.stop()

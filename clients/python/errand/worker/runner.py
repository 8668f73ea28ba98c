"""How handlers are run."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from ..clock import Clock
from .job_calls import JobCalls
from .reporter import Reporter
from .run import Run
from .running_job import AsyncRunningJob, RunningJob
from .settlement import Outcome, Raised, Returned

logger = logging.getLogger("errand")

Handler = Callable[[RunningJob], Any]
"""A function that runs a job in a thread; what it returns is the result."""
AsyncHandler = Callable[[AsyncRunningJob], Awaitable[Any]]
"""A function that runs a job in the event loop; what it returns is the result."""
H = TypeVar("H", contravariant=True)
Ended = Callable[[Run, Outcome], None]
"""What is called when a handler has ended; it settles the run, and may take its time."""


class Runner(Protocol[H]):
    """Runs handlers in one way or another."""

    def start(self, run: Run, handler: H, parts: Parts) -> None:
        """Starts a handler, and returns at once."""


class Parts:
    """What a runner needs of the worker to give a handler its job, and to say that it has ended."""

    def __init__(self, calls: JobCalls, reporter: Reporter, clock: Clock, ended: Ended) -> None:
        self.calls = calls
        self.reporter = reporter
        self.clock = clock
        self.ended = ended


class ThreadRunner:
    """Runs each handler in a thread of its own.

    The threads do not keep the process alive: a handler that never ends must not keep a worker from ending.
    """

    def start(self, run: Run, handler: Handler, parts: Parts) -> None:
        """Starts a handler, and returns at once."""
        threading.Thread(target=self._run, args=(run, handler, parts), name=f"errand {run.name}", daemon=True).start()

    @staticmethod
    def _run(run: Run, handler: Handler, parts: Parts) -> None:
        outcome: Outcome
        try:
            outcome = Returned(handler(RunningJob(run, parts.calls, parts.reporter, parts.clock)))
        except BaseException as error:  # Even sys.exit(): it ends the job, not the worker.
            outcome = Raised(error)
        parts.ended(run, outcome)


class TaskRunner:
    """Runs each handler as a task of an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, executor: ThreadPoolExecutor) -> None:
        """Runs nothing yet.

        Parameters:
            loop: Where the handlers run.
            executor: Where what they have to say to the server waits for its answers.
        """
        self._loop = loop
        self._executor = executor
        # The loop itself keeps no task alive.
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, run: Run, handler: AsyncHandler, parts: Parts) -> None:
        """Starts a handler, and returns at once."""
        self._loop.call_soon_threadsafe(self._spawn, run, handler, parts)

    def _spawn(self, run: Run, handler: AsyncHandler, parts: Parts) -> None:
        task = self._loop.create_task(self._run(run, handler, parts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, run: Run, handler: AsyncHandler, parts: Parts) -> None:
        # A task of its own, so that cancelling it does not reach what comes after it.
        handling = self._loop.create_task(self._call(run, handler, parts))
        run.when_told(lambda: self._cancel(handling))
        outcome: Outcome
        try:
            outcome = await handling
        except asyncio.CancelledError as error:  # It was cancelled before it began.
            outcome = Raised(error)
        try:
            await self._loop.run_in_executor(self._executor, parts.ended, run, outcome)
        except RuntimeError:
            logger.warning("%s: its handler has ended after the worker.", run.name)

    async def _call(self, run: Run, handler: AsyncHandler, parts: Parts) -> Outcome:
        job = AsyncRunningJob(run, parts.calls, parts.reporter, parts.clock, self._executor)
        try:
            return Returned(await handler(job))
        except BaseException as error:  # CancelledError, too: it is how a handler that was told to end does so.
            return Raised(error)

    def _cancel(self, handling: asyncio.Task[Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(handling.cancel)
        except RuntimeError:
            pass  # The loop has ended, and the handler with it.

"""A worker whose handlers are `async` functions."""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor

from .base_worker import BaseWorker
from .engine import Engine
from .runner import AsyncHandler, TaskRunner
from .signals import on_first_signal

MOST_THREADS = 32
"""How many handlers may wait for the server at once; it answers in milliseconds."""


class AsyncWorker(BaseWorker[AsyncHandler]):
    """Runs jobs with `async` functions, as tasks of the event loop that `run` is awaited in.

    When a job is cancelled, its lease is lost or its time is up, its task is cancelled. Heartbeats do not depend on the
    loop: a handler that blocks it does not lose its job.

    ```python
    worker = AsyncWorker("http://127.0.0.1:8080", slots=100)

    @worker.job("fetch")
    async def fetch(job: AsyncRunningJob) -> dict:
        return {"status": 200}

    asyncio.run(worker.run())
    ```
    """

    async def run(self) -> None:
        """Runs jobs until SIGTERM, SIGINT or `stop`, or until it is cancelled; see `Worker.run`.

        Raises:
            ValueError: There are no handlers.
            Problem: The server refuses this worker, for its key or what it says of itself.
        """
        loop = asyncio.get_running_loop()
        # One of the threads is the worker's own.
        executor = ThreadPoolExecutor(min(self._options.slots, MOST_THREADS) + 1, thread_name_prefix="errand")
        engine = Engine(self._options, self._handlers.all(), TaskRunner(loop, executor))
        try:
            with on_first_signal(self.stop):
                working = loop.run_in_executor(executor, self._run, engine)
                try:
                    await asyncio.shield(working)
                except asyncio.CancelledError:
                    self.stop()
                    await working
                    raise
        finally:
            # Not waited for: that would hold up the loop, and with it handlers that still end.
            executor.shutdown(wait=False)

    def _check(self, handler: AsyncHandler) -> None:
        if not inspect.iscoroutinefunction(handler):
            raise TypeError("A plain function runs in a Worker.")

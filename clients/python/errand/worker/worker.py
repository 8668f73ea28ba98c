"""A worker whose handlers are plain functions."""

from __future__ import annotations

import inspect

from .base_worker import BaseWorker
from .engine import Engine
from .runner import Handler, ThreadRunner
from .signals import on_first_signal


class Worker(BaseWorker[Handler]):
    """Runs jobs with plain functions, each in a thread.

    ```python
    worker = Worker("http://127.0.0.1:8080")

    @worker.job("resize")
    def resize(job: RunningJob) -> dict:
        return {"width": 100}

    worker.run()
    ```
    """

    def run(self) -> None:
        """Runs jobs until SIGTERM, SIGINT or `stop`; then lets those that run end, and gives back the rest.

        Signals are handled where it is called from the main thread; a second one ends the process at once.

        Raises:
            ValueError: There are no handlers.
            Problem: The server refuses this worker, for its key or what it says of itself.
        """
        engine = Engine(self._options, self._handlers.all(), ThreadRunner())
        with on_first_signal(self.stop):
            self._run(engine)

    def _check(self, handler: Handler) -> None:
        if inspect.iscoroutinefunction(handler):
            raise TypeError("An async function runs in an AsyncWorker.")

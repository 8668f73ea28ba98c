"""What tests of workers start from."""

from __future__ import annotations

import asyncio
import logging
import threading
import unittest
from collections.abc import Callable
from typing import Any

from errand import AsyncWorker, Worker

from .fake_server import FakeServer
from .manual_clock import PATIENCE, ManualClock


class WorkerCase(unittest.TestCase):
    """Has a fake server, a clock that stands still, and ends what a test has started."""

    heartbeat = 5.0
    lease = 30.0

    def setUp(self) -> None:
        logging.getLogger("errand").setLevel(logging.CRITICAL + 1)
        self.server = FakeServer(self.heartbeat, self.lease)
        self.clock = ManualClock()
        self.go_on = threading.Event()
        """What handlers of tests wait for."""
        self.failures: list[BaseException] = []
        self._running: list[tuple[Worker | AsyncWorker, threading.Thread]] = []
        self.addCleanup(self._end)

    def worker(self, **options: Any) -> Worker:
        return Worker(self.server.url, "key-1", clock=self.clock, **options)

    def start(self, worker: Worker | AsyncWorker) -> threading.Thread:
        """Runs a worker in a thread."""

        def run() -> None:
            try:
                if isinstance(worker, Worker):
                    worker.run()
                else:
                    asyncio.run(worker.run())
            except BaseException as error:
                self.failures.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._running.append((worker, thread))
        return thread

    def run_handler(self, handler: Callable[[Any], Any], **job: Any) -> dict[str, Any]:
        """Starts a worker with one handler and one slot, so that its second claim says that the job is over."""
        worker = self.worker(slots=1)
        worker.job("work")(handler)
        self.start(worker)
        return self.server.give(**job)

    def beat(self) -> None:
        """Moves the clock until there was another heartbeat."""
        count = len(self.server.calls("heartbeat"))
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) > count, step=0.2)

    def join(self, thread: threading.Thread) -> None:
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive(), "The worker did not end.")

    def stop(self) -> None:
        """Stops all workers; what they would wait for, they do not."""
        for worker, _ in self._running:
            worker.stop()
        for _, thread in self._running:
            self.join(thread)

    def _end(self) -> None:
        self.go_on.set()
        self.clock.hurry()
        self.stop()
        self.server.close()
        logging.getLogger("errand").setLevel(logging.NOTSET)

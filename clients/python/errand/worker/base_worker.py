"""What all workers have in common."""

from __future__ import annotations

import os
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from ..address import Address
from ..clock import Clock
from .engine import Engine
from .handlers import Handlers
from .options import Options

H = TypeVar("H", bound=Callable[..., Any])


class BaseWorker(Generic[H]):
    """A worker's options and handlers."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        slots: int = 4,
        queues: Sequence[str] | None = None,
        name: str | None = None,
        grace: float = 30.0,
        version: str | None = None,
        labels: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Connects to nothing yet.

        Parameters:
            url: The installation, such as `http://127.0.0.1:8080`.
            key: An API key with the scope `worker`; None where the installation asks for none.
            slots: How many jobs run at once.
            queues: Those to take jobs from; None for all.
            name: What people see; None for host and process id.
            grace: For how many seconds jobs may go on after the worker was told to end.
            version: Of the program, for people.
            labels: What else people should see.
            timeout: For how many seconds the server may be silent before a request counts as lost.
            tls: How to check the server's certificate; None for the machine's way.
            clock: Another clock, for tests.

        Raises:
            ValueError: Something that was given cannot be.
        """
        name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._options = Options(
            Address(url, key, tls), slots, queues, name, grace, version, labels, timeout, clock or Clock()
        )
        self._handlers: Handlers[H] = Handlers()
        # A signal handler may run anywhere, even inside of another call of the same thread. Of all that threads wait
        # for, only a SimpleQueue may be used there: its put() takes no lock that the thread could hold already.
        self._told: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def job(self, type: str) -> Callable[[H], H]:
        """A decorator that makes a function the handler of a type.

        What the function returns is the job's result, as JSON. What it raises fails the job: see `JobError`, `Fatal`
        and `RetryLater`.

        Raises:
            ValueError: The type has no name, or a handler already.
            TypeError: The function is of the other kind: `Worker` runs plain ones, `AsyncWorker` `async` ones.
        """

        def decorate(handler: H) -> H:
            self._check(handler)
            self._handlers.add(type, handler)
            return handler

        return decorate

    def stop(self) -> None:
        """Ends the worker for good, as SIGTERM does. It may be called from any thread, and from signal handlers."""
        self._told.put(True)

    def _run(self, engine: Engine[H]) -> None:
        """Runs an engine until it has ended, and stops it when `stop` was called."""
        failures: list[BaseException] = []

        def work() -> None:
            try:
                engine.run()
            except BaseException as error:
                failures.append(error)
            finally:
                self._told.put(False)

        threading.Thread(target=work, name="errand worker", daemon=True).start()
        while self._told.get():
            engine.stop()
        for failure in failures:
            raise failure

    def _check(self, handler: H) -> None:
        """Refuses a function of the wrong kind."""
        raise NotImplementedError

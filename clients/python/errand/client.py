"""Submitting jobs and following them."""

from __future__ import annotations

import ssl
import threading
from typing import Any, TypeVar

from .address import Address
from .clock import Clock
from .exchange import Request, Response, Unreachable
from .job import Job
from .json_text import JSON
from .operations import Operation, Operations
from .result_file import ResultFile
from .transport import Transport

T = TypeVar("T")


class Client:
    """Submits jobs and follows them. It may be used from several threads at once.

    What may be repeated without harm is repeated when the server cannot be reached or says "not now" (429, 502, 503,
    504), with growing delays and never before `Retry-After`, as long as `patience` lasts.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 10.0,
        patience: float = 30.0,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Connects to nothing yet.

        Parameters:
            url: The installation, such as `http://127.0.0.1:8080`.
            key: An API key; None where the installation asks for none.
            timeout: For how many seconds the server may be silent before a request counts as lost.
            patience: For how many seconds a request is repeated.
            tls: How to check the server's certificate; None for the machine's way.
            clock: Another clock, for tests.

        Raises:
            ValueError: The URL or the key cannot be one.
        """
        address = Address(url, key, tls)
        self._clock = clock or Clock()
        self._operations = Operations(address, patience, self._clock)
        self._transport = Transport(address, timeout)
        self._closed = threading.Event()

    def submit(
        self,
        type: str,
        payload: JSON = None,
        *,
        idempotency_key: str | None = None,
        wait: int | None = None,
        **options: Any,
    ) -> Job:
        """Submits a job.

        Parameters:
            type: What should run it.
            payload: What it should work on: a dict, or None for an empty one.
            idempotency_key: A name for this request: another one with the same name and content is the same job, for as
                long as the job's record lasts. Left out, it is random.
            wait: For how many seconds to wait for its end, at most 60; None not to wait.
            options: What else the API takes, such as `queue`, `priority`, `delay_seconds`, `max_attempts`,
                `timeout_seconds`, `unique_key`, `on_conflict`, `project_id`, `tags`, `metadata`, `after`, `traceparent`.

        Returns:
            The job as it is when the answer is made; after a wait it may have ended.

        Raises:
            Problem: The server refused it.
            Unreachable: The server could not be reached. It may have the job: the same key makes sure.
        """
        return self._perform(self._operations.submit(type, payload, idempotency_key, wait, options))

    def job(self, id: str | int) -> Job:
        """A job's present state, by its id or number.

        Raises:
            Problem: The server refused it: "not-found", or "gone" for one that was deleted.
            Unreachable: The server could not be reached.
        """
        return self._perform(self._operations.job(id))

    def wait(self, id: str | int, timeout: float | None = None) -> Job:
        """Waits for a job's end: the server answers when something changes.

        Parameters:
            id: Its id or number.
            timeout: For how many seconds at most, in steps of a second; None for ever.

        Returns:
            The job, Completed, Failed or Cancelled.

        Raises:
            TimeoutError: It has not ended in time.
            Problem: The server refused it.
            Unreachable: The server could not be reached.
        """
        return self._perform(self._operations.wait(id, timeout))

    def result(self, id: str | int) -> JSON | ResultFile:
        """A completed job's result: JSON, or a `ResultFile` where it is a file.

        Raises:
            Problem: The server refused it: "not-completed" for a job without a result.
            Unreachable: The server could not be reached.
        """
        return self._perform(self._operations.result(id))

    def cancel(self, id: str | int, reason: str | None = None) -> str:
        """Cancels a job: at once and for good, even while it runs.

        Parameters:
            id: Its id or number.
            reason: Why, for people.

        Returns:
            Its status, "Cancelled".

        Raises:
            Problem: The server refused it: "job-not-cancellable" for one that had ended.
            Unreachable: The server could not be reached.
        """
        return self._perform(self._operations.cancel(id, reason))

    def retry(self, id: str | int, run_at: str | None = None) -> str:
        """Queues a failed or cancelled job again.

        It is not repeated when its answer is lost: the job may have run again by then.

        Parameters:
            id: Its id or number.
            run_at: Not before this time, as RFC 3339 writes it; None for at once.

        Returns:
            Its status, "Queued".

        Raises:
            Problem: The server refused it: "job-not-retryable" for one that has not failed.
            Unreachable: The server could not be reached, or its answer was lost.
        """
        return self._perform(self._operations.retry(id, run_at))

    def close(self) -> None:
        """Ends its connections, and whatever waits on them."""
        self._closed.set()
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _perform(self, operation: Operation[T]) -> T:
        try:
            request = next(operation)
            while True:
                try:
                    response = self._send(request)
                except Unreachable as error:
                    request = operation.throw(error)
                else:
                    request = operation.send(response)
        except StopIteration as end:
            result: T = end.value
            return result

    def _send(self, request: Request) -> Response:
        if request.after:
            self._clock.wait(self._closed, request.after)
        return self._transport.send(request)

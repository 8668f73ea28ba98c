"""Submitting jobs and following them from an event loop."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, TypeVar

from .address import Address
from .async_transport import AsyncTransport
from .clock import Clock
from .exchange import Request, Response, Unreachable
from .job import Job
from .json_text import JSON
from .operations import Operation, Operations
from .result_file import ResultFile

T = TypeVar("T")


class AsyncClient:
    """`Client` for `async` code: the same operations with the same rules, awaited.

    Cancelling a call ends its connection. Whether a submit that was cancelled arrived is not known; the same
    `idempotency_key` makes sure.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 10.0,
        patience: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Connects to nothing yet; the parameters are those of `Client`.

        Raises:
            ValueError: The URL or the key cannot be one.
        """
        address = Address(url, key, tls)
        self._operations = Operations(address, patience, Clock())
        self._transport = AsyncTransport(address, timeout)

    async def submit(
        self,
        type: str,
        payload: JSON = None,
        *,
        idempotency_key: str | None = None,
        wait: int | None = None,
        **options: Any,
    ) -> Job:
        """Submits a job; see `Client.submit`."""
        return await self._perform(self._operations.submit(type, payload, idempotency_key, wait, options))

    async def job(self, id: str | int) -> Job:
        """A job's present state; see `Client.job`."""
        return await self._perform(self._operations.job(id))

    async def wait(self, id: str | int, timeout: float | None = None) -> Job:
        """Waits for a job's end; see `Client.wait`."""
        return await self._perform(self._operations.wait(id, timeout))

    async def result(self, id: str | int) -> JSON | ResultFile:
        """A completed job's result; see `Client.result`."""
        return await self._perform(self._operations.result(id))

    async def cancel(self, id: str | int, reason: str | None = None) -> str:
        """Cancels a job; see `Client.cancel`."""
        return await self._perform(self._operations.cancel(id, reason))

    async def retry(self, id: str | int, run_at: str | None = None) -> str:
        """Queues a failed or cancelled job again; see `Client.retry`."""
        return await self._perform(self._operations.retry(id, run_at))

    async def _perform(self, operation: Operation[T]) -> T:
        try:
            request = next(operation)
            while True:
                try:
                    response = await self._send(request)
                except Unreachable as error:
                    request = operation.throw(error)
                else:
                    request = operation.send(response)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _send(self, request: Request) -> Response:
        if request.after:
            await asyncio.sleep(request.after)
        return await self._transport.send(request)

"""Requests from an event loop."""

from __future__ import annotations

import asyncio
import http.client
import io
from typing import Any, cast

from .address import Address, lowered
from .exchange import Request, Response, Unreachable


class AsyncTransport:
    """Sends each request on a connection of its own, so that cancelling it is closing it."""

    def __init__(self, address: Address, timeout: float) -> None:
        """Connects to nothing yet.

        Parameters:
            address: The installation.
            timeout: For how many seconds an answer may take, beside a request's `hold`.
        """
        self._address = address
        self._timeout = timeout

    async def send(self, request: Request) -> Response:
        """Sends a request once.

        Raises:
            Unreachable: There was no answer.
        """
        reader, writer = await self._connect()
        try:
            writer.write(self._head(request) + cast(bytes, request.body or b""))
            answer = await asyncio.wait_for(reader.read(), self._timeout + request.hold)
            return _parsed(answer, request.method)
        except (OSError, asyncio.TimeoutError, http.client.HTTPException) as error:
            raise Unreachable(f"{self._address!r} did not answer: {error!r}", sent=True) from error
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = self._address
        try:
            connecting = asyncio.open_connection(address.host, address.port, ssl=address.tls)
            return await asyncio.wait_for(connecting, self._timeout)
        except (OSError, asyncio.TimeoutError) as error:
            raise Unreachable(f"{address!r} cannot be reached: {error!r}", sent=False) from error

    def _head(self, request: Request) -> bytes:
        address = self._address
        host = f"[{address.host}]" if ":" in address.host else address.host
        headers = {"Host": f"{host}:{address.port}", "Connection": "close"} | address.headers(request)
        if request.body is not None or request.method != "GET":
            headers["Content-Length"] = str(len(cast(bytes, request.body or b"")))
        lines = [f"{request.method} {address.path}{request.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class _Received:
    """What was read, in the place of the socket that the standard library's parser reads from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)


def _parsed(content: bytes, method: str) -> Response:
    response = http.client.HTTPResponse(cast(Any, _Received(content)), method=method)
    response.begin()
    return Response(response.status, lowered(response.getheaders()), response.read())

"""Requests over connections that are kept."""

from __future__ import annotations

import http.client
import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

from .address import Address, lowered
from .exchange import Request, Response, Unreachable


class Transport:
    """Sends requests from any number of threads, each request on a connection that is its own meanwhile."""

    def __init__(self, address: Address, timeout: float) -> None:
        """Connects to nothing yet.

        Parameters:
            address: The installation.
            timeout: For how many seconds a connection may be silent, unless a request says otherwise.
        """
        self._address = address
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._busy: set[http.client.HTTPConnection] = set()
        self._closed = False

    def send(
        self, request: Request, *, timeout: float | None = None, guard: Callable[[], None] | None = None
    ) -> Response:
        """Sends a request once.

        Parameters:
            request: What to send; its `after` is the caller's to keep.
            timeout: For how many seconds the server may be silent, beside the request's `hold`.
            guard: Called when the connection stands, right before the first byte is written; what it raises
                stops the request.

        Raises:
            Unreachable: There was no answer.
        """
        connection = self._take()
        answered = False
        try:
            self._connect(connection, (self._timeout if timeout is None else timeout) + request.hold)
            if guard:
                guard()
            response = self._exchange(connection, request)
            answered = True
            return response
        finally:
            self._give_back(connection, usable=answered)

    def close(self) -> None:
        """Ends every connection; requests that wait for an answer fail as `Unreachable`, and so do later ones."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for connection in self._busy:
                if connection.sock:
                    _cut(connection.sock)
        for connection in idle:
            connection.close()

    def _connect(self, connection: http.client.HTTPConnection, timeout: float) -> None:
        connection.timeout = timeout
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(timeout)
        except OSError as error:
            raise Unreachable(f"{self._address!r} cannot be reached: {error}", sent=False) from error
        if self._closed:  # Closed while it connected, when there was nothing to cut yet.
            raise Unreachable("The connection was closed.", sent=False)

    def _exchange(self, connection: http.client.HTTPConnection, request: Request) -> Response:
        headers = self._address.headers(request)
        body = request.body if isinstance(request.body, (bytes, type(None))) else _Parts(request.body)
        try:
            try:
                connection.request(request.method, self._address.path + request.path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # A server may refuse a body before it has read all of it: what it said counts.
            response = connection.getresponse()
            answer = Response(response.status, lowered(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            if isinstance(body, _Parts) and body.failure is error:
                raise
            raise Unreachable(f"{self._address!r} did not answer: {error!r}", sent=True) from error
        return answer

    def _take(self) -> http.client.HTTPConnection:
        with self._lock:
            if self._closed:
                raise Unreachable("The connection was closed.", sent=False)
            while self._idle:
                connection = self._idle.pop()
                if _is_open(connection.sock):
                    break
                connection.close()
            else:
                connection = self._new()
            self._busy.add(connection)
            return connection

    def _new(self) -> http.client.HTTPConnection:
        address = self._address
        if address.tls:
            return http.client.HTTPSConnection(address.host, address.port, context=address.tls)
        return http.client.HTTPConnection(address.host, address.port)

    def _give_back(self, connection: http.client.HTTPConnection, *, usable: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            if usable and connection.sock and not self._closed:
                self._idle.append(connection)
                return
        connection.close()


class _Parts:
    """A body in parts, which remembers its own failure: a file that cannot be read is not a server that is away."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self.failure: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except BaseException as error:
            self.failure = error
            raise


def _is_open(sock: socket.socket) -> bool:
    """Whether the other side still keeps an idle connection: one with something to read was closed."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return not selector.select(0)


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # The other side was faster.

"""Sends requests as they are drawn, odd bytes and all, and says what came of each."""

import http.client
import re
import socket
import time
import urllib.parse

from drawing import resolved, text
from values import spelt

# A stream has no end, and a claim or a `Prefer: wait` may take a minute: the client hangs up on these.
HANG_UP_SECONDS = 0.5
READ_AT_MOST = 1 << 20
# A line's end in the value of a header would make it another request than is meant.
ENDS = re.compile("[\r\n\0]")


class Gone(Exception):
    """There was no answer."""


class Wire:
    """A request as it goes to the server."""

    def __init__(self, request, names, key):
        self.request = request
        path = request.operation.path
        for name, value in request.path.items():
            path = path.replace("{" + name + "}", quoted(text(resolved(value, names))) or "%20")
        query = "&".join(f"{name}={quoted(text(resolved(value, names)))}" for name, value in request.query.items())
        self.target = path + ("?" + query if query else "")
        headers = {"Host": "127.0.0.1", "Authorization": f"Bearer {key}"}
        body = request.body
        if body is not None:
            body = body if isinstance(body, bytes) else spelt(resolved(body, names)).encode("utf-8", "surrogatepass")
            headers |= {"Content-Type": request.operation.type or "application/json", "Content-Length": len(body)}
        headers |= {name: text(resolved(value, names)) for name, value in request.headers.items()}
        head = f"{request.operation.method} {self.target} HTTP/1.1\r\n"
        head += "".join(f"{name}: {ENDS.sub(' ', str(value))}\r\n" for name, value in headers.items())
        self.body = body or b""
        self.bytes = head.encode("utf-8", "surrogatepass") + b"\r\n" + self.body
        self.may_wait = "wait" in str(headers.get("Prefer")) or b"waitSeconds" in self.body \
            or request.operation.path.endswith("/events")

    def __str__(self):
        spots = ", ".join(map(str, self.request.spots))
        shown = self.bytes if len(self.bytes) < 3000 else self.bytes[:3000] + b"... (%d bytes)" % len(self.bytes)
        return f"# {self.request.operation.id}: {spots}\n{shown.decode(errors='replace')}"


def quoted(value):
    return urllib.parse.quote(value.encode("utf-8", "surrogatepass"), safe="")


class Client:
    """One connection, made anew whenever it was closed."""

    def __init__(self, port, patience):
        self.port, self.patience = port, patience
        self.socket = None

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def ask(self, wire):
        """The status of the answer; None where the client hung up. Raises `Gone` without one, `TimeoutError` late."""
        for is_new in (self.socket is None, True):
            try:
                return self.answer(wire)
            except TimeoutError:
                self.close()
                if wire.may_wait:
                    return None
                raise
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # One that was kept open may have been closed meanwhile.
                if is_new:
                    raise Gone(repr(error)) from error

    def answer(self, wire):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.patience)
        self.socket.settimeout(HANG_UP_SECONDS if wire.may_wait else self.patience)
        end = time.monotonic() + self.patience
        try:
            self.socket.sendall(wire.bytes)
        except ConnectionError:
            pass  # It has refused the request before all of it was sent, and said so.
        response = http.client.HTTPResponse(self.socket, method=wire.request.operation.method)
        response.begin()
        if response.getheader("Content-Type", "").startswith("text/event-stream"):
            self.close()
            return response.status
        while chunk := response.read(READ_AT_MOST):
            if time.monotonic() > end:
                raise TimeoutError(f"still answering, {len(chunk)} bytes last")
        if response.will_close:
            self.close()
        return response.status


def is_plain(wire):
    """Whether nothing of the request is so odd that a server may close the connection instead of an answer."""
    head = wire.bytes.split(b"\r\n\r\n", 1)[0]
    return len(head) < 8000 and len(wire.body) < 1 << 18 and all(32 <= byte < 127 or byte in b"\r\n" for byte in head)

"""HTTP/1.1 messages, as far as a proxy between a worker and a server has to understand them."""

import socket

MAXIMUM_HEAD = 64 * 1024
# What concerns one connection only; the proxy has two, and sends every body whole.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "proxy-connection"}


class BrokenOff(Exception):
    """The other side closed the connection in the middle of a message, or sent none that can be understood."""


class Message:
    """A request or an answer: its first line, its headers in their order, and the whole body."""

    def __init__(self, first, headers, body=b""):
        self.first, self.headers, self.body = first, headers, body

    def header(self, name, default=None):
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)

    def encoded(self, *more):
        """The bytes to send; `more` are headers to add."""
        kept = [(name, value) for name, value in self.headers if name.lower() not in HOP_BY_HOP]
        lines = [self.first, *(f"{name}: {value}" for name, value in [*kept, *more])]
        if not self.is_without_body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body

    @property
    def is_without_body(self):
        """Whether it may not even say that its body has no bytes."""
        return self.first.startswith("HTTP/") and self.first.split(" ")[1] in ("204", "304")


class MessageReader:
    """Reads messages from a socket, one after the other."""

    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def read(self, *, answers_head=False):
        """The next message; None when the other side has closed the connection before one began."""
        head = self._head()
        if head is None:
            return None
        lines = head.decode("latin-1").split("\r\n")
        try:
            pairs = [line.split(":", 1) for line in lines[1:]]
            message = Message(lines[0], [(name.strip(), value.strip()) for name, value in pairs])
        except ValueError as error:
            raise BrokenOff(f"no HTTP: {head[:200]!r}") from error
        if not answers_head and not message.is_without_body:
            message.body = self._body(message)
        return message

    def _head(self):
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > MAXIMUM_HEAD:
                raise BrokenOff("a head without an end")
            chunk = self._receive()
            if not chunk:
                if self.buffer:
                    raise BrokenOff("the end of the connection in a head")
                return None
            self.buffer += chunk
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head

    def _body(self, message):
        if "100-continue" in message.header("Expect", "").lower():
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in message.header("Transfer-Encoding", "").lower():
            return b"".join(iter(self._chunk, b""))
        length = message.header("Content-Length")
        if length is not None:
            return self._take(int(length))
        return self._rest() if message.first.startswith("HTTP/") else b""

    def _chunk(self):
        size = int(self._line().split(b";")[0], 16)
        data = self._take(size)
        # Behind the last chunk come trailers, if any, and an empty line.
        while self._line():
            pass
        return data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _rest(self):
        while chunk := self._receive():
            self.buffer += chunk
        data, self.buffer = self.buffer, b""
        return data

    def _more(self):
        chunk = self._receive()
        if not chunk:
            raise BrokenOff("the end of the connection in a body")
        self.buffer += chunk

    def _receive(self):
        try:
            return self.connection.recv(65536)
        except (ConnectionError, socket.timeout) as error:
            raise BrokenOff(str(error)) from error

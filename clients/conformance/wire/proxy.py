"""Stands between one worker process and the server: records everything, and lets go wrong what a check asks for."""

import contextlib
import select
import socket
import struct
import threading

from wire.message import BrokenOff, MessageReader
from wire.recording import Recording


class Target:
    """Where the server is; all proxies share it, for a server that is started again listens elsewhere."""

    def __init__(self, host, port):
        self.host, self.port = host, port


class Proxy:
    """A port of its own, a recording, and faults of which the first that matches happens to a call."""

    def __init__(self, target):
        self.target = target
        self.recording = Recording()
        self.faults = []
        self.connections = set()
        self.lock = threading.Lock()
        self.port = 0
        self.door = None
        self.open()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def add(self, fault):
        self.faults.append(fault)
        return fault

    def open(self):
        """Listens; again on the port it had."""
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", self.port))
        door.listen(128)
        self.door, self.port = door, door.getsockname()[1]
        threading.Thread(target=self._accept, args=(door,), daemon=True).start()

    def shut(self):
        """Refuses connections from now on, and breaks those that are open."""
        door, self.door = self.door, None
        if door:
            # Wakes the thread that accepts; closing alone would not.
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
        self.break_connections()

    def break_connections(self):
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def heal(self):
        """Ends all faults: from now on it only passes on."""
        faults, self.faults = self.faults, []
        for fault in faults:
            fault.end()

    def close(self):
        self.heal()
        self.shut()

    def _accept(self, door):
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        reader = MessageReader(connection)
        # A worker that goes away breaks its connection where it likes.
        with contextlib.suppress(BrokenOff, OSError):
            while request := reader.read():
                if not self._answer(connection, request):
                    break
        with self.lock:
            self.connections.discard(connection)
        connection.close()

    def _answer(self, connection, request):
        """Whether the connection goes on."""
        exchange = self.recording.begin(request, lambda: has_left(connection))
        fault = next((fault for fault in list(self.faults) if fault.takes(exchange)), None)
        fate = fault.before(exchange) if fault else None
        by_kit = exchange.answer is not None
        if not fate and not by_kit:
            fate = self._forward(connection, exchange)
        if not fate and fault:
            fate = fault.after(exchange)
        if not fate:
            fate = self._deliver(connection, exchange, "answered by the kit" if by_kit else "passed")
        self.recording.finish(exchange, fate)
        if exchange.is_delivered:
            return not wants_close(request)
        reset(connection)
        return False

    def _deliver(self, connection, exchange, fate):
        # Finished first: whoever sees what the worker does next sees this answered.
        exchange.finish(fate)
        try:
            connection.sendall(exchange.answer.encoded())
        except OSError:
            return "abandoned by the worker"
        return fate

    def _forward(self, connection, exchange):
        """Gets the server's answer; what became of the call when there is none."""
        try:
            server = socket.create_connection((self.target.host, self.target.port), timeout=10)
        except OSError:
            return "not passed on, as the server was not there"
        with server:
            try:
                # A server may refuse a long body before it has all of it: then there is an answer to read all the same.
                with contextlib.suppress(OSError):
                    server.sendall(exchange.request.encoded(("Connection", "close")))
                # A worker that hangs up hangs up on the server, too.
                if not self._wait(connection, server):
                    return "abandoned by the worker"
                exchange.answer = MessageReader(server).read(answers_head=exchange.method == "HEAD")
            except (OSError, BrokenOff):
                return "broken off by the server"
        return None if exchange.answer else "broken off by the server"

    def _wait(self, connection, server):
        """Waits for the server's answer; False when the worker went away before."""
        sides = select.poll()  # Unlike select, for descriptors of any number.
        sides.register(connection, select.POLLIN)
        sides.register(server, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in sides.poll()}
            if server.fileno() in ready:
                return True
            if has_left(connection):
                return False
            # The next request came early; it is read when this one is answered.
            sides.unregister(connection)


def wants_close(request):
    return request.first.endswith("HTTP/1.0") or "close" in request.header("Connection", "").lower()


def has_left(connection):
    """Whether the other side has closed the connection, or broken it."""
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def reset(connection):
    """Ends a connection as a crash or a cut cable ends it: not in order."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

"""Connections."""

from __future__ import annotations

import asyncio
import socket
import threading
import unittest
from collections.abc import Iterator

from errand import Unreachable
from errand.address import Address
from errand.async_transport import AsyncTransport
from errand.exchange import Request, Response
from errand.transport import Transport

from .fake_server import DROP, Answer, FakeServer
from .manual_clock import PATIENCE

GET = Request("GET", "/thing")


class TransportTests(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.transport = Transport(Address(self.server.url, "key-1"), timeout=PATIENCE)
        self.addCleanup(self.transport.close)
        self.server.always("GET /thing", Answer(200, {"a": 1}, {"X-Word": "w"}))

    def ports(self) -> list[int]:
        return [call.port for call in self.server.calls()]

    def test_an_answer_comes_as_it_was_sent(self) -> None:
        response = self.transport.send(GET)
        self.assertEqual((response.status, response.json(), response.headers["x-word"]), (200, {"a": 1}, "w"))
        self.assertEqual(self.server.calls()[0].headers["Authorization"], "Bearer key-1")

    def test_a_connection_is_used_again(self) -> None:
        for _ in range(3):
            self.transport.send(GET)
        self.assertEqual(len(set(self.ports())), 1)

    def test_a_connection_that_the_server_ended_is_not(self) -> None:
        self.server.script("GET /thing", Answer(200, {}, {"Connection": "close"}))
        self.transport.send(GET)
        self.transport.send(GET)
        self.assertEqual(len(set(self.ports())), 2)

    def test_a_connection_that_the_server_ended_while_nobody_used_it_is_not(self) -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        closed = threading.Semaphore(0)

        def serve(listener: socket.socket) -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)
                closed.release()

        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            transport = Transport(Address(f"http://127.0.0.1:{listener.getsockname()[1]}"), timeout=PATIENCE)
            self.addCleanup(transport.close)
            for _ in range(2):
                self.assertEqual(transport.send(GET).status, 200)
                self.assertTrue(closed.acquire(timeout=PATIENCE))

    def test_two_requests_at_once_have_a_connection_each(self) -> None:
        both = threading.Barrier(2, timeout=PATIENCE)
        self.server.always("GET /thing", Answer(200, {}, before=lambda: both.wait()))
        threads = [threading.Thread(target=self.transport.send, args=(GET,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(self.ports())), 2)

    def test_a_request_that_is_not_answered_may_have_arrived(self) -> None:
        self.server.script("GET /thing", DROP)
        with self.assertRaises(Unreachable) as caught:
            self.transport.send(GET)
        self.assertTrue(caught.exception.sent)

    def test_a_request_without_a_server_has_not(self) -> None:
        self.server.close()
        with self.assertRaises(Unreachable) as caught:
            Transport(Address(self.server.url), timeout=PATIENCE).send(GET)
        self.assertFalse(caught.exception.sent)

    def test_silence_ends(self) -> None:
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        self.server.script("GET /thing", Answer(200, {}, before=lambda: go_on.wait(PATIENCE)))
        with self.assertRaises(Unreachable):
            self.transport.send(GET, timeout=0.05)

    def test_closing_ends_what_waits_and_what_comes_later(self) -> None:
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        self.server.script("GET /thing", Answer(200, {}, before=lambda: go_on.wait(PATIENCE)))
        errors: list[Unreachable] = []
        thread = threading.Thread(target=lambda: errors.append(self.unreachable()))
        thread.start()
        self.server.wait_for("GET /thing")
        self.transport.close()
        thread.join(PATIENCE)
        self.assertTrue(errors[0].sent)
        self.assertFalse(self.unreachable().sent)

    def unreachable(self) -> Unreachable:
        with self.assertRaises(Unreachable) as caught:
            self.transport.send(GET)
        return caught.exception

    def test_the_guard_is_asked_when_the_connection_stands_and_before_anything_is_written(self) -> None:
        accepted: list[int] = []
        received: list[bytes] = []
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def accept() -> None:
                connection, _ = listener.accept()
                with connection:
                    accepted.append(1)
                    received.append(connection.recv(1))

            thread = threading.Thread(target=accept)
            thread.start()

            def refuse() -> None:
                end = threading.Event()
                while not accepted:
                    end.wait(0.002)
                raise PermissionError("not any more")

            transport = Transport(Address(f"http://127.0.0.1:{listener.getsockname()[1]}"), timeout=PATIENCE)
            with self.assertRaises(PermissionError):
                transport.send(GET, guard=refuse)
            thread.join(PATIENCE)
        self.assertEqual(received, [b""])

    def test_a_body_in_parts_is_sent_whole(self) -> None:
        self.server.always("POST /thing", Answer(200, {}))
        headers = {"Content-Length": "6", "Content-Type": "text/plain"}
        self.transport.send(Request("POST", "/thing", iter([b"abc", b"def"]), headers))
        self.assertEqual(self.server.calls()[0].body, b"abcdef")

    def test_what_stops_a_body_stops_the_request(self) -> None:
        def parts() -> Iterator[bytes]:
            yield b"abc"
            raise PermissionError("not any more")

        with self.assertRaises(PermissionError):
            self.transport.send(Request("POST", "/thing", parts(), {"Content-Length": "6"}))
        self.transport.send(GET)
        self.assertEqual([call.method for call in self.server.calls()], ["GET"])

    def test_an_answer_that_comes_before_the_body_was_read_counts(self) -> None:
        answered = threading.Event()

        def refuse(listener: socket.socket) -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10)
                connection.sendall(b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}")
            answered.set()

        def parts() -> Iterator[bytes]:
            answered.wait(PATIENCE)
            yield from [b"x" * 1000] * 1000

        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=refuse, args=(listener,), daemon=True).start()
            transport = Transport(Address(f"http://127.0.0.1:{listener.getsockname()[1]}"), timeout=PATIENCE)
            self.addCleanup(transport.close)
            response = transport.send(Request("POST", "/thing", parts(), {"Content-Length": "1000000"}))
        self.assertEqual(response.status, 409)


class AsyncTransportTests(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.server.always("GET /thing", Answer(200, {"a": "ü" * 100_000}))

    def send(self, request: Request) -> Response:
        return asyncio.run(AsyncTransport(Address(self.server.url, "key-1"), PATIENCE).send(request))

    def test_an_answer_comes_as_it_was_sent(self) -> None:
        self.assertEqual(self.send(GET).json(), {"a": "ü" * 100_000})
        self.assertEqual(self.server.calls()[0].headers["Authorization"], "Bearer key-1")

    def test_a_body_arrives(self) -> None:
        self.server.always("POST /thing", Answer(204))
        self.assertEqual(self.send(Request("POST", "/thing", b'"x"')).status, 204)
        self.assertEqual(self.server.calls()[0].json, "x")

    def test_a_request_that_is_not_answered_may_have_arrived(self) -> None:
        self.server.script("GET /thing", DROP)
        with self.assertRaises(Unreachable) as caught:
            self.send(GET)
        self.assertTrue(caught.exception.sent)

    def test_a_request_without_a_server_has_not(self) -> None:
        self.server.close()
        with self.assertRaises(Unreachable) as caught:
            self.send(GET)
        self.assertFalse(caught.exception.sent)

    def test_cancelling_ends_the_connection(self) -> None:
        closed = threading.Event()

        def serve(listener: socket.socket) -> None:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(1000):
                    pass
            closed.set()

        async def cancel(listener: socket.socket) -> None:
            address = Address(f"http://127.0.0.1:{listener.getsockname()[1]}")
            asking = asyncio.ensure_future(AsyncTransport(address, PATIENCE).send(GET))
            await asyncio.sleep(0.05)
            asking.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await asking
            await asyncio.to_thread(closed.wait, PATIENCE)

        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            asyncio.run(cancel(listener))
        self.assertTrue(closed.is_set())

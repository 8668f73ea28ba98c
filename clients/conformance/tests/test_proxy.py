"""The proxy passes on and records, and each fault does what its name says."""

import http.client
import json
import threading
import time
import unittest

from tests.fake_server import FakeServer
from wire.faults import Alter, Answer, BlackHole, Cut, Delay, Drop, Hold
from wire.proxy import Proxy, Target


def on(path):
    return lambda exchange: exchange.path == path


class ProxyTests(unittest.TestCase):
    def setUp(self):
        self.server = FakeServer()
        self.proxy = Proxy(Target("127.0.0.1", self.server.port))
        self.addCleanup(self.server.close)
        self.addCleanup(self.proxy.close)

    def ask(self, path="/a", body=b"{}", seconds=5, method="POST"):
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=seconds)
        try:
            connection.request(method, path, body, {"Job-Fence": "7"})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def recorded(self):
        return [(each.path, each.status, each.fate) for each in self.proxy.recording.all()]

    def test_it_passes_on_and_records(self):
        self.assertEqual(self.ask("/a?b=c", b"12345"), (200, {"path": "/a?b=c", "bytes": 5}))
        self.assertEqual(self.ask(method="DELETE", body=None), (204, None))
        self.assertEqual(self.recorded(), [("/a", 200, "passed"), ("/a", 204, "passed")])
        exchange = self.proxy.recording.all()[0]
        self.assertEqual((exchange.query, exchange.fence, exchange.request.body), ("b=c", 7, b"12345"))
        self.assertLessEqual(exchange.at, exchange.ended)

    def test_a_connection_serves_several_requests(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=5)
        for _ in range(3):
            connection.request("POST", "/a", b"x")
            self.assertEqual(connection.getresponse().read(), b'{"path": "/a", "bytes": 1}')
        connection.close()

    def test_a_dropped_answer_is_of_a_call_that_the_server_did(self):
        fault = self.proxy.add(Drop(on("/a")))
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.ask()
        self.assertEqual(len(self.server.asked), 1)
        self.assertTrue(fault.met[0].took_effect)
        self.assertFalse(fault.met[0].is_delivered)
        self.assertEqual(self.ask()[0], 200)  # It happens once.

    def test_a_cut_call_never_comes_to_the_server(self):
        self.proxy.add(Cut(on("/a")))
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.ask()
        self.assertEqual(self.server.asked, [])

    def test_a_problem_is_answered_in_the_servers_place(self):
        self.proxy.add(Answer(on("/a"), 503, times=2, Retry_After=1))
        status, problem = self.ask()
        self.assertEqual((status, problem["type"]), (503, "/problems/storage-unavailable"))
        self.assertEqual(self.proxy.recording.all()[0].answer.header("Retry-After"), "1")
        self.assertEqual((self.ask()[0], self.ask()[0]), (503, 200))
        self.assertFalse(self.proxy.recording.all()[0].took_effect)

    def test_a_black_hole_says_nothing_until_it_is_over(self):
        self.proxy.add(BlackHole())
        with self.assertRaises(TimeoutError):
            self.ask(seconds=0.2)
        self.assertTrue(self.proxy.recording.wait(2, where=lambda each: each.fate == "abandoned by the worker"))
        self.proxy.heal()
        self.assertEqual(self.ask()[0], 200)

    def test_a_delayed_call_comes_later(self):
        self.proxy.add(Delay(on("/a"), 0.2))
        begun = time.monotonic()
        self.assertEqual(self.ask()[0], 200)
        self.assertGreater(time.monotonic() - begun, 0.19)

    def test_a_held_answer_comes_when_it_is_let_go(self):
        fault, answers = self.proxy.add(Hold(on("/a"))), []
        thread = threading.Thread(target=lambda: answers.append(self.ask()))
        thread.start()
        thread.join(0.2)
        self.assertEqual((answers, len(self.server.asked)), ([], 1))
        fault.end()
        thread.join(5)
        self.assertEqual(answers[0][0], 200)

    def test_an_altered_answer_is_what_the_worker_gets(self):
        self.proxy.add(Alter(on("/a"), lambda answer: {**answer, "more": 1}))
        self.assertEqual(self.ask(), (200, {"path": "/a", "bytes": 2, "more": 1}))

    def test_a_shut_door_refuses_and_opens_again_on_the_same_port(self):
        self.proxy.shut()
        with self.assertRaises(ConnectionRefusedError):
            self.ask()
        self.proxy.open()
        self.assertEqual(self.ask()[0], 200)

    def test_the_server_learns_that_the_worker_hung_up(self):
        with self.assertRaises(TimeoutError):
            self.ask("/slow", seconds=0.1)
        self.assertTrue(self.server.hung_up.wait(2))
        self.assertTrue(self.proxy.recording.wait(2))
        self.assertEqual(self.recorded(), [("/slow", None, "abandoned by the worker")])

    def test_a_server_that_is_not_there_breaks_the_connection(self):
        self.proxy.target.port = 1
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.ask()
        self.assertEqual(self.recorded()[0][1], None)


if __name__ == "__main__":
    unittest.main()

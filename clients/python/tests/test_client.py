"""Submitting and following, against scripted answers."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

from errand import Client, Problem, ResultFile, Unreachable

from .fake_server import DROP, Answer, FakeServer, problem
from .manual_clock import PATIENCE, ManualClock

JOBS = "POST /api/jobs"
JOB = "GET /api/jobs/1"


def job(status: str = "Queued", **members: Any) -> dict[str, Any]:
    return {"id": "0196", "number": 1, "type": "resize", "status": status, "progress": 0} | members


class ClientCase(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.clock = ManualClock()
        self.clock.hurry()
        self.began = self.clock.now()
        self.client = Client(self.server.url, "key-1", timeout=PATIENCE, clock=self.clock)
        self.addCleanup(self.client.close)

    @property
    def waited(self) -> float:
        return self.clock.now() - self.began


class SubmitTests(ClientCase):
    def test_a_job_is_submitted_as_it_was_given(self) -> None:
        self.server.script(JOBS, Answer(202, job(tags=["a"], metadata={"tags": ["a"], "m": {"n": 1}})))
        found = self.client.submit("resize", {"ü": 1}, delay_seconds=5, uniqueKey="u", queue=None, traceparent="00-1")
        self.assertEqual((found.id, found.number, found.status, found.has_ended), ("0196", 1, "Queued", False))
        self.assertEqual((found.tags, found.metadata), (("a",), {"tags": ["a"], "m": {"n": 1}}))
        self.assertEqual(found.members["tags"], ["a"])
        call = self.server.wait_for(JOBS)
        self.assertEqual(call.json, {"type": "resize", "payload": {"ü": 1}, "delaySeconds": 5, "uniqueKey": "u"})
        self.assertEqual((call.headers["traceparent"], call.headers["Authorization"]), ("00-1", "Bearer key-1"))
        self.assertNotIn("Prefer", call.headers)

    def test_every_submit_has_a_key_of_its_own(self) -> None:
        self.server.always(JOBS, Answer(202, job()))
        for _ in range(2):
            self.client.submit("resize")
        keys = {call.headers["Idempotency-Key"] for call in self.server.calls(JOBS)}
        self.assertEqual(len(keys), 2)
        self.assertTrue(all(key.startswith('"') and len(key) == 38 for key in keys))

    def test_a_given_key_is_written_as_a_string(self) -> None:
        self.server.always(JOBS, Answer(202, job()))
        self.client.submit("resize", idempotency_key='my "first" \\')
        self.assertEqual(self.server.wait_for(JOBS).headers["Idempotency-Key"], '"my \\"first\\" \\\\"')
        for key in ("", "ü", "a\n", "x" * 256):
            with self.assertRaises(ValueError):
                self.client.submit("resize", idempotency_key=key)
        self.assertEqual(len(self.server.calls()), 1)

    def test_it_is_repeated_with_the_same_key_until_it_is_answered(self) -> None:
        self.server.script(JOBS, DROP, problem("storage-unavailable", 503), problem("quota-exceeded", 429), Answer(502))
        self.server.always(JOBS, Answer(202, job()))
        self.client.submit("resize", {"a": 1})
        calls = self.server.calls(JOBS)
        self.assertEqual(len(calls), 5)
        self.assertEqual(len({(call.headers["Idempotency-Key"], call.body) for call in calls}), 1)

    def test_it_obeys_retry_after(self) -> None:
        self.server.script(JOBS, problem("quota-exceeded", 429, {"Retry-After": "17"}), Answer(202, job()))
        self.client.submit("resize")
        self.assertEqual(self.waited, 17)

    def test_its_patience_has_an_end(self) -> None:
        self.server.always(JOBS, problem("storage-unavailable", 503))
        with self.assertRaises(Problem) as caught:
            self.client.submit("resize")
        self.assertEqual((caught.exception.type, caught.exception.status), ("storage-unavailable", 503))
        self.assertGreater(self.waited, 20)
        self.assertLessEqual(self.waited, 30)

    def test_it_does_not_wait_where_that_would_be_too_long(self) -> None:
        self.server.script(JOBS, problem("quota-exceeded", 429, {"Retry-After": "3600"}))
        with self.assertRaises(Problem) as caught:
            self.client.submit("resize")
        self.assertEqual((self.waited, caught.exception.retry_after), (0, 3600))

    def test_a_server_that_is_away_is_unreachable(self) -> None:
        self.server.close()
        with self.assertRaises(Unreachable):
            self.client.submit("resize")
        self.assertGreater(self.waited, 20)

    def test_a_refusal_is_not_repeated(self) -> None:
        for status in (400, 401, 403, 404, 409, 413, 422, 500, 507):
            self.server.script(JOBS, problem("no", status))
            with self.subTest(status=status), self.assertRaises(Problem):
                self.client.submit("resize")
        self.assertEqual(len(self.server.calls()), 9)

    def test_it_may_wait_for_the_end(self) -> None:
        self.server.script(JOBS, Answer(200, job("Completed", result={"w": 1})))
        found = self.client.submit("resize", wait=5)
        self.assertEqual((found.has_ended, found.result), (True, {"w": 1}))
        self.assertEqual(self.server.wait_for(JOBS).headers["Prefer"], "wait=5")

    def test_its_wait_does_not_count_as_silence(self) -> None:
        slow = threading.Event()
        self.server.script(JOBS, Answer(202, job(), before=lambda: slow.wait(0.2)))
        client = Client(self.server.url, timeout=0.05, clock=self.clock)
        self.addCleanup(client.close)
        self.assertEqual(client.submit("resize", wait=5).status, "Queued")


class WaitTests(ClientCase):
    def test_it_asks_again_for_what_it_has_not_seen(self) -> None:
        self.server.script(
            JOB,
            Answer(200, job(), {"ETag": '"1-a"'}),
            Answer(200, job("Running"), {"ETag": '"2-b"'}),
            Answer(304, before=lambda: self.clock.advance(30)),
            Answer(200, job("Failed", failure={"code": "no", "message": "No."}), {"ETag": '"3-c"'}),
        )
        found = self.client.wait(1)
        assert found.failure
        self.assertEqual((found.status, found.failure.code), ("Failed", "no"))
        calls = self.server.calls(JOB)
        self.assertEqual([call.headers.get("If-None-Match") for call in calls], [None, '"1-a"', '"2-b"', '"2-b"'])
        self.assertEqual([call.headers.get("Prefer") for call in calls], [None, "wait=30", "wait=30", "wait=30"])
        self.assertEqual(self.waited, 30)

    def test_a_job_that_has_ended_is_not_waited_for(self) -> None:
        self.server.script(JOB, Answer(200, job("Cancelled")))
        self.assertEqual(self.client.wait(1).status, "Cancelled")
        self.assertEqual(len(self.server.calls()), 1)

    def test_it_ends_with_its_time(self) -> None:
        self.server.script(JOB, Answer(200, job("Running"), {"ETag": '"1"'}))
        self.server.always(JOB, Answer(304, before=lambda: self.clock.advance(10)))
        with self.assertRaises(TimeoutError):
            self.client.wait(1, timeout=10)
        self.assertEqual([call.headers.get("Prefer") for call in self.server.calls()], [None, "wait=10"])

    def test_a_server_that_does_not_wait_is_not_asked_without_end(self) -> None:
        self.server.script(JOB, Answer(200, job("Running"), {"ETag": '"1"'}), Answer(304, headers={"Retry-After": "7"}))
        self.server.always(JOB, Answer(200, job("Completed")))
        self.client.wait(1)
        self.assertEqual(self.waited, 7)

    def test_a_pause_is_no_wait_of_the_server(self) -> None:
        early = Answer(304, headers={"Retry-After": "20"})
        self.server.script(JOB, Answer(200, job("Running"), {"ETag": '"1"'}), early, early)
        self.server.always(JOB, Answer(200, job("Completed")))
        self.client.wait(1)
        self.assertEqual(self.waited, 40)

    def test_a_dropped_connection_does_not_end_it(self) -> None:
        self.server.script(JOB, Answer(200, job("Running"), {"ETag": '"1"'}), DROP, DROP)
        self.server.always(JOB, Answer(200, job("Completed")))
        self.assertEqual(self.client.wait(1).status, "Completed")


class OtherCallsTests(ClientCase):
    def test_a_job_is_read_by_id(self) -> None:
        self.server.script("GET /api/jobs/a%2Fb", Answer(200, job()))
        self.assertEqual(self.client.job("a/b").type, "resize")

    def test_what_is_not_errand_is_no_answer(self) -> None:
        self.server.script(JOB, Answer(200, "<html>"))
        with self.assertRaises(Unreachable):
            self.client.job(1)

    def test_a_result_is_its_json(self) -> None:
        self.server.script(JOB + "/result", Answer(200, {"url": "mine"}))
        self.assertEqual(self.client.result(1), {"url": "mine"})

    def test_a_result_that_is_a_file_is_a_link(self) -> None:
        content = b'"content"'
        digest = hashlib.sha256(content).hexdigest()
        named = {"url": "/api/files/t", "filename": "a.json", "size": len(content), "sha256": digest}
        self.server.script(JOB + "/result", Answer(303, None, {"Location": "/api/files/t"}), Answer(200, named))
        self.server.always("GET /api/files/t", Answer(200, "content"))
        file = self.client.result(1)
        self.assertEqual(file, ResultFile(f"{self.server.url}/api/files/t", "a.json", len(content), digest))
        with tempfile.TemporaryDirectory() as folder:
            file.save(Path(folder) / "a")
            self.assertEqual((Path(folder) / "a").read_bytes(), content)
            self.server.always("GET /api/files/t", Answer(200, "another"))
            with self.assertRaises(OSError):
                file.save(Path(folder) / "b")
        self.assertNotIn("Authorization", self.server.calls("GET /api/files/t")[0].headers)

    def test_no_result_is_a_problem(self) -> None:
        self.server.script(JOB + "/result", problem("not-completed", 409, currentStatus="Running"))
        with self.assertRaises(Problem) as caught:
            self.client.result(1)
        self.assertEqual(caught.exception.current_status, "Running")

    def test_a_cancel_whose_answer_was_lost_has_cancelled(self) -> None:
        cancel = "POST /api/jobs/1/cancel"
        self.server.script(cancel, DROP, problem("job-not-cancellable", 409, currentStatus="Cancelled"))
        self.assertEqual(self.client.cancel(1, "enough"), "Cancelled")
        self.assertEqual(self.server.wait_for(cancel, 2).json, {"reason": "enough"})

    def test_a_cancel_of_an_ended_job_is_a_problem(self) -> None:
        for status in ("Cancelled", "Completed"):
            self.server.script("POST /api/jobs/1/cancel", problem("job-not-cancellable", 409, currentStatus=status))
            with self.assertRaises(Problem):
                self.client.cancel(1)

    def test_a_retry_that_may_have_arrived_is_not_repeated(self) -> None:
        retry = "POST /api/jobs/1/retry"
        self.server.script(retry, DROP)
        with self.assertRaises(Unreachable):
            self.client.retry(1)
        self.server.script(retry, problem("storage-unavailable", 503))
        with self.assertRaises(Problem):
            self.client.retry(1)
        self.assertEqual(len(self.server.calls(retry)), 2)

    def test_a_retry_that_was_refused_for_now_is_repeated(self) -> None:
        retry = "POST /api/jobs/1/retry"
        self.server.script(retry, problem("quota-exceeded", 429), Answer(200, {"status": "Queued"}))
        self.assertEqual(self.client.retry(1, run_at="2026-01-01T00:00:00Z"), "Queued")
        self.assertEqual(self.server.wait_for(retry).json, {"runAt": "2026-01-01T00:00:00Z"})

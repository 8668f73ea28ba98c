"""How runs end: what a handler did, and what the server is told."""

from __future__ import annotations

import asyncio
import json
import logging
import unittest
from typing import Any

from errand import Fatal, JobCancelled, JobError, RetryLater
from errand.worker.limits import Limits
from errand.worker.settlement import Outcome, Raised, Returned, settlement
from errand.worker.stop import Stop

from .runs import make_run


class HTTPServerGone(Exception):
    pass


class SettlementTests(unittest.TestCase):
    def setUp(self) -> None:
        logging.getLogger("errand").setLevel(logging.CRITICAL + 1)
        self.addCleanup(logging.getLogger("errand").setLevel, logging.NOTSET)
        self.run_ = make_run(limits=Limits(result=20, error=10, details=20), deadlineIn=5)

    def told(self, outcome: Outcome) -> tuple[str, Any]:
        end = settlement(self.run_, outcome)
        assert end
        return end.call, json.loads(end.body) if end.body else None

    def failure(self, error: BaseException) -> dict[str, Any]:
        call, body = self.told(Raised(error))
        self.assertEqual(call, "fail")
        assert isinstance(body, dict)
        return body

    def test_a_value_completes(self) -> None:
        self.assertEqual(self.told(Returned({"ü": [1, None]})), ("complete", {"result": {"ü": [1, None]}}))
        self.assertEqual(self.told(Returned(None)), ("complete", {"result": None}))

    def test_an_uploaded_file_completes_whatever_was_returned(self) -> None:
        self.run_.upload_id = "upload-1"
        self.assertEqual(self.told(Returned("else")), ("complete", {"resultUploadId": "upload-1"}))

    def test_a_result_may_have_as_many_bytes_as_the_limit_says(self) -> None:
        self.assertEqual(self.told(Returned("ü" * 9))[0], "complete")
        call, body = self.told(Returned("ü" * 9 + "x"))
        self.assertEqual((call, body["code"], body["retryable"]), ("fail", "bad_result", False))

    def test_the_refusal_of_a_large_result_names_the_way_out(self) -> None:
        self.run_ = make_run(limits=Limits(result=20))
        message = self.told(Returned("x" * 19))[1]["message"]
        self.assertIn("21 bytes", message)
        self.assertIn("upload_result", message)

    def test_what_json_cannot_say_is_no_result(self) -> None:
        loop: list[Any] = []
        loop.append(loop)
        for value in (object(), float("nan"), "\ud800", loop):
            with self.subTest(value=type(value)):
                call, body = self.told(Returned(value))
                self.assertEqual((call, body["code"]), ("fail", "bad_result"))

    def test_an_exception_fails_with_its_name_and_message(self) -> None:
        body = self.failure(HTTPServerGone("away"))
        self.assertEqual(body, {"code": "http_server_gone", "message": "away"})

    def test_an_exception_without_a_message_gives_its_name(self) -> None:
        self.assertEqual(self.failure(KeyError())["message"], "KeyError")

    def test_a_message_is_cut_between_characters(self) -> None:
        self.assertEqual(self.failure(ValueError("12345678üü"))["message"], "12345678ü")
        self.assertEqual(self.failure(ValueError("123456789ü"))["message"], "123456789")

    def test_a_message_has_nothing_that_the_server_refuses(self) -> None:
        self.assertEqual(self.failure(ValueError("a\0\ud800"))["message"], "a\ufffd?")

    def test_a_job_error_says_all_it_was_given(self) -> None:
        error = JobError("busy", code="http_503", details={"host": "a"}, retry_after=1.2)
        expected = {"code": "http_503", "message": "busy", "retryable": True, "details": {"host": "a"}}
        self.assertEqual(self.failure(error), expected | {"retryAfterSeconds": 2})

    def test_the_code_of_a_job_error_becomes_a_word(self) -> None:
        self.assertEqual(self.failure(JobError("no", code="not a word!"))["code"], "not_a_word_")

    def test_details_that_are_too_large_are_left_out(self) -> None:
        self.assertNotIn("details", self.failure(JobError("no", details="x" * 20)))
        self.assertNotIn("details", self.failure(JobError("no", details=object())))

    def test_fatal_is_not_run_again(self) -> None:
        body = self.failure(Fatal("no"))
        self.assertEqual((body["code"], body["retryable"]), ("fatal", False))

    def test_retry_later_gives_the_job_back(self) -> None:
        expected = ("release", {"reason": "retry-later", "delaySeconds": 3})
        self.assertEqual(self.told(Raised(RetryLater(2.1))), expected)
        self.assertEqual(self.told(Raised(RetryLater(0, "moved"))), ("release", {"reason": "moved"}))

    def test_even_exit_only_fails_the_job(self) -> None:
        self.assertEqual(self.failure(SystemExit(1))["code"], "system_exit")

    def test_of_a_lost_run_nothing_is_told(self) -> None:
        self.run_.tell(Stop.LOST)
        for outcome in (Returned(1), Raised(Fatal("no"))):
            self.assertIsNone(settlement(self.run_, outcome))

    def test_a_cancelled_run_is_acknowledged_however_it_ended(self) -> None:
        self.run_.tell(Stop.CANCELLED)
        for outcome in (Returned(1), Raised(ValueError()), Raised(JobCancelled()), Raised(Fatal("no"))):
            self.assertEqual(self.told(outcome), ("cancelled", None))

    def test_a_run_out_of_time_fails_with_timeout(self) -> None:
        self.run_ = make_run(deadlineIn=5)
        self.run_.tell(Stop.TIMEOUT)
        for error in (JobCancelled(), asyncio.CancelledError(), ConnectionError("cut")):
            body = self.failure(error)
            self.assertEqual((body["code"], body["message"]), ("timeout", "The run took longer than 5 s."))

    def test_a_run_that_ended_in_its_very_last_moment_has_ended(self) -> None:
        self.run_.tell(Stop.TIMEOUT)
        self.assertEqual(self.told(Returned(1))[0], "complete")
        self.assertEqual(self.failure(Fatal("no"))["code"], "fatal")

    def test_a_run_that_the_worker_ended_is_given_back(self) -> None:
        self.run_.tell(Stop.SHUTDOWN)
        for error in (JobCancelled(), asyncio.CancelledError(), ConnectionError("cut")):
            self.assertEqual(self.told(Raised(error)), ("release", {"reason": "shutdown"}))
        self.assertEqual(self.told(Returned(1))[0], "complete")

    def test_a_cancellation_that_nobody_asked_for_is_a_failure(self) -> None:
        self.assertEqual(self.failure(asyncio.CancelledError())["code"], "cancelled_error")

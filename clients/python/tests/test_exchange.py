"""Answers, problems and delays."""

import unittest
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from errand import Problem, ProblemPart
from errand.address import Address
from errand.backoff import Backoff
from errand.exchange import Request, Response, Unreachable


def json_response(status: int, body: str, **headers: str) -> Response:
    return Response(status, {"content-type": "application/problem+json", **headers}, body.encode())


class ProblemTests(unittest.TestCase):
    def test_it_says_what_the_document_says(self) -> None:
        problem = Problem.of(
            json_response(
                409,
                '{"type": "/problems/lease-lost", "title": "Lost.", "detail": "Gone.", "currentStatus": "Running", '
                '"currentFence": 8, "requestId": "r1", "errors": '
                '[{"pointer": "/payload/x", "code": "required", "detail": "x is missing."}]}',
                **{"retry-after": "3"},
            )
        )
        self.assertEqual((problem.type, problem.status, problem.detail), ("lease-lost", 409, "Gone."))
        self.assertEqual((problem.current_status, problem.current_fence), ("Running", 8))
        self.assertEqual((problem.request_id, problem.retry_after), ("r1", 3))
        self.assertEqual(problem.errors, [ProblemPart("required", "x is missing.", "/payload/x")])
        self.assertEqual(str(problem), "lease-lost (409): Gone.")

    def test_the_type_is_the_last_word_of_its_uri(self) -> None:
        uri = "https://iana.org/assignments/http-problem-types#quota-exceeded"
        self.assertEqual(Problem.of(json_response(429, f'{{"type": "{uri}"}}')).type, "quota-exceeded")

    def test_the_title_stands_in_for_a_detail(self) -> None:
        self.assertEqual(Problem.of(json_response(409, '{"title": "Lost."}')).detail, "Lost.")

    def test_what_is_no_document_is_a_problem_all_the_same(self) -> None:
        page = Response(502, {"content-type": "text/html", "retry-after": "2"}, b"<h1>Bad Gateway</h1>")
        for response in (page, json_response(502, "{"), json_response(502, "[]")):
            problem = Problem.of(response)
            self.assertEqual((problem.type, problem.status, problem.errors), ("unknown", 502, []))
        self.assertEqual(Problem.of(page).retry_after, 2)


class ResponseTests(unittest.TestCase):
    def test_retry_after_is_seconds_or_a_date(self) -> None:
        def retry_after(text: str) -> float | None:
            return Response(503, {"retry-after": text}).retry_after

        date = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=100), usegmt=True)
        self.assertEqual(retry_after(" 17 "), 17)
        self.assertAlmostEqual(retry_after(date) or 0, 100, delta=2)
        self.assertEqual(retry_after("Thu, 01 Jan 2026 00:00:00 GMT") or 0, 0)
        self.assertIsNone(retry_after("soon"))
        self.assertIsNone(Response(503, {}).retry_after)

    def test_what_is_no_object_did_not_come_from_the_api(self) -> None:
        for body in (b"<html>", b"[]", b""):
            with self.assertRaises(Unreachable):
                Response(200, {}, body).members()


class BackoffTests(unittest.TestCase):
    def test_delays_double_up_to_the_longest(self) -> None:
        backoff = Backoff(first=1, longest=5, chance=lambda: 1)
        self.assertEqual([backoff.delay() for _ in range(4)], [1, 2, 4, 5])
        backoff.reset()
        self.assertEqual(backoff.delay(), 1)

    def test_chance_takes_up_to_half(self) -> None:
        self.assertEqual(Backoff(first=1, chance=lambda: 0).delay(), 0.5)
        delays = {Backoff(first=1).delay() for _ in range(20)}
        self.assertGreater(len(delays), 1)
        self.assertTrue(all(0.5 <= delay <= 1 for delay in delays))

    def test_the_server_may_ask_for_more(self) -> None:
        backoff = Backoff(first=1, chance=lambda: 1)
        self.assertEqual(backoff.delay(10), 10)
        self.assertEqual(backoff.delay(0.1), 2)


class AddressTests(unittest.TestCase):
    def test_a_url_has_a_scheme_a_host_and_nothing_secret(self) -> None:
        for url in ("127.0.0.1:8080", "ftp://host", "http://", "http://me:word@host", "http://host/?a=1"):
            with self.subTest(url=url), self.assertRaises(ValueError):
                Address(url)

    def test_a_path_of_a_proxy_is_kept(self) -> None:
        address = Address("http://host/errand/")
        self.assertEqual((address.host, address.port, address.path), ("host", 80, "/errand"))

    def test_a_key_is_sent_and_not_shown(self) -> None:
        address = Address("http://host", "secret")
        self.assertEqual(address.headers(Request("GET", "/"))["Authorization"], "Bearer secret")
        self.assertNotIn("secret", repr(address))
        self.assertNotIn("Authorization", Address("http://host", "").headers(Request("GET", "/")))

    def test_a_key_that_cannot_be_sent_is_refused_without_quoting_it(self) -> None:
        with self.assertRaises(ValueError) as caught:
            Address("http://host", "secret\n")
        self.assertNotIn("secret", str(caught.exception))

    def test_a_header_field_cannot_make_another(self) -> None:
        with self.assertRaises(ValueError):
            Address("http://host").headers(Request("GET", "/", headers={"traceparent": "a\r\nX: b"}))

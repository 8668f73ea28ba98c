"""Handlers and options, before anything is sent."""

import unittest
from typing import Any

from errand import AsyncRunningJob, AsyncWorker, RunningJob, Worker

URL = "http://127.0.0.1:1"


def plain(job: RunningJob) -> None:
    """A handler for threads."""


async def asynchronous(job: AsyncRunningJob) -> None:
    """A handler for an event loop."""


class RegistrationTests(unittest.TestCase):
    def test_a_handler_is_still_the_function_it_was(self) -> None:
        self.assertIs(Worker(URL).job("work")(plain), plain)
        self.assertIs(AsyncWorker(URL).job("work")(asynchronous), asynchronous)

    def test_a_type_has_one_handler_and_a_name(self) -> None:
        worker = Worker(URL)
        worker.job("work")(plain)
        for type in ("work", ""):
            with self.assertRaises(ValueError):
                worker.job(type)(plain)

    def test_each_kind_of_worker_has_its_kind_of_handlers(self) -> None:
        with self.assertRaises(TypeError):
            Worker(URL).job("work")(asynchronous)  # type: ignore[arg-type]
        with self.assertRaises(TypeError):
            AsyncWorker(URL).job("work")(plain)  # type: ignore[arg-type]

    def test_a_worker_needs_a_handler(self) -> None:
        with self.assertRaises(ValueError):
            Worker(URL).run()

    def test_options_that_cannot_be_are_refused_where_they_are_given(self) -> None:
        cases: list[dict[str, Any]] = [
            {"slots": 0},
            {"slots": 1001},
            {"name": "x" * 201},
            {"queues": "images"},
            {"grace": -1},
        ]
        for options in cases:
            with self.subTest(options=options), self.assertRaises(ValueError):
                Worker(URL, **options)

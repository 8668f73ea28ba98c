"""Progress and logs, until they are sent."""

from __future__ import annotations

import json
import unittest
from typing import Any

from errand.worker import reports as module
from errand.worker.limits import Limits
from errand.worker.reports import Reports

from .manual_clock import ManualClock


class ReportsTests(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = ManualClock()
        self.reports = Reports(Limits(data=10, message=5, log_line=5, log_lines=3), self.clock)

    def batch(self) -> Any:
        batch = self.reports.batch()
        return json.loads(batch.body) if batch else None

    def test_the_latest_progress_wins_field_by_field(self) -> None:
        self.reports.progress(10, "a", {"n": 1})
        self.reports.progress(20, None, None)
        self.assertEqual(self.reports.take_progress(), {"progress": 20, "message": "a", "data": {"n": 1}})
        self.assertIsNone(self.reports.take_progress())

    def test_progress_that_could_not_be_sent_gives_way_to_newer(self) -> None:
        self.reports.progress(10, "old", None)
        sent = self.reports.take_progress()
        self.reports.progress(20, None, None)
        self.reports.give_back(sent or {})
        self.assertEqual(self.reports.take_progress(), {"progress": 20, "message": "old"})

    def test_progress_is_what_the_server_takes(self) -> None:
        self.reports.progress(250.5, "too long", None)
        self.assertEqual(self.reports.take_progress(), {"progress": 100, "message": "too l"})
        self.reports.progress(-1, None, None)
        self.assertEqual(self.reports.take_progress(), {"progress": 0})

    def test_data_that_is_too_large_is_the_handlers_mistake(self) -> None:
        self.reports.progress(None, None, {"n": 1234})
        with self.assertRaises(ValueError):
            self.reports.progress(None, None, {"n": 12345})
        with self.assertRaises(TypeError):
            self.reports.progress(None, None, [1])  # type: ignore[arg-type]

    def test_lines_keep_their_number_until_they_are_stored(self) -> None:
        self.reports.log("one", "info")
        first = self.batch()
        self.reports.log("two", "error")
        self.assertEqual(self.batch(), first)
        self.reports.stored()
        second = self.batch()
        self.assertEqual([first["batch"], second["batch"]], [1, 2])
        self.assertEqual([line["msg"] for line in second["lines"]], ["two"])
        self.assertEqual(second["lines"][0]["level"], "error")

    def test_a_line_has_its_time(self) -> None:
        self.reports.log("one", "info")
        self.assertRegex(self.batch()["lines"][0]["ts"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_a_batch_has_as_many_lines_as_the_server_takes(self) -> None:
        for number in range(4):
            self.reports.log(str(number), "info")
        self.assertEqual([line["msg"] for line in self.batch()["lines"]], ["0", "1", "2"])
        self.reports.stored()
        self.assertEqual([line["msg"] for line in self.batch()["lines"]], ["3"])

    def test_a_batch_has_no_more_bytes_than_a_request_should(self) -> None:
        reports = Reports(Limits(), self.clock)
        for _ in range(100):
            reports.log("x" * 8192, "info")
        batch = reports.batch()
        assert batch
        self.assertGreater(len(batch.body), module.BATCH_BYTES - 10_000)
        self.assertLess(len(batch.body), module.BATCH_BYTES + 1_000)

    def test_a_line_is_cut(self) -> None:
        self.reports.log("1234ü", "info")
        self.assertEqual(self.batch()["lines"][0]["msg"], "1234")

    def test_there_are_only_the_levels_of_the_server(self) -> None:
        with self.assertRaises(ValueError):
            self.reports.log("one", "fatal")

    def test_lines_that_come_faster_than_they_go_are_counted(self) -> None:
        reports = Reports(Limits(log_line=100, log_lines=20_000), self.clock)
        for _ in range(module.MOST_LINES + 5):
            reports.log("x", "trace")
        messages = []
        while batch := reports.batch():
            messages += [line["msg"] for line in json.loads(batch.body)["lines"]]
            reports.stored()
        self.assertEqual(len(messages), module.MOST_LINES + 1)
        self.assertIn("5 lines were left out", messages[-1])

    def test_nothing_is_due_before_something_waits_nor_before_its_time(self) -> None:
        self.assertIsNone(self.reports.due_at())
        self.reports.progress(1, None, None)
        self.assertEqual(self.reports.due_at(), self.clock.now())
        self.reports.pause(0.25)
        self.assertEqual(self.reports.due_at(), self.clock.now() + 0.25)

    def test_after_the_end_nothing_is_taken(self) -> None:
        self.reports.close()
        self.reports.progress(1, None, None)
        self.reports.log("late", "info")
        self.assertIsNone(self.reports.due_at())

"""One run: whether it may write, and what it was told."""

import logging
import threading
import unittest

from errand import JobCancelled
from errand.worker.runs import Runs
from errand.worker.stop import Stop

from .manual_clock import ManualClock
from .runs import make_run


class RunTests(unittest.TestCase):
    def setUp(self) -> None:
        logging.getLogger("errand").setLevel(logging.CRITICAL + 1)
        self.addCleanup(logging.getLogger("errand").setLevel, logging.NOTSET)
        self.clock = ManualClock()
        self.run_ = make_run(self.clock)

    def test_it_may_write_while_its_lease_holds(self) -> None:
        self.clock.advance(26.9)
        self.run_.check()

    def test_it_may_not_write_after_a_freeze_that_nobody_else_has_noticed(self) -> None:
        self.clock.advance(27)
        with self.assertRaises(JobCancelled):
            self.run_.check()
        self.assertTrue(self.run_.lost.is_set())

    def test_a_lease_that_was_over_does_not_come_back(self) -> None:
        self.clock.advance(27)
        self.assertIs(self.run_.stop, Stop.LOST)
        self.run_.lease.renew(self.clock.now(), 30)
        with self.assertRaises(JobCancelled):
            self.run_.check()

    def test_of_a_cancelled_job_only_the_acknowledgement_may_be_written(self) -> None:
        self.run_.tell(Stop.CANCELLED)
        self.run_.check(even_cancelled=True)
        with self.assertRaises(JobCancelled):
            self.run_.check()

    def test_of_a_lost_job_nothing_may_be_written(self) -> None:
        self.run_.tell(Stop.LOST)
        with self.assertRaises(JobCancelled):
            self.run_.check(even_cancelled=True)

    def test_told_to_end_for_its_time_it_may_still_write(self) -> None:
        self.run_.tell(Stop.TIMEOUT)
        self.run_.check()

    def test_the_weightier_reason_counts(self) -> None:
        for stop in (Stop.TIMEOUT, Stop.SHUTDOWN, Stop.CANCELLED, Stop.TIMEOUT):
            self.run_.tell(stop)
        self.assertIs(self.run_.stop, Stop.CANCELLED)

    def test_the_handler_is_told_once(self) -> None:
        told: list[str] = []
        self.run_.when_told(lambda: told.append("told"))
        self.run_.tell(Stop.SHUTDOWN)
        self.run_.tell(Stop.LOST)
        self.assertEqual(told, ["told"])

    def test_a_handler_that_begins_too_late_is_told_at_once(self) -> None:
        told: list[str] = []
        self.run_.tell(Stop.CANCELLED)
        self.run_.when_told(lambda: told.append("told"))
        self.assertEqual(told, ["told"])

    def test_only_one_of_many_settles_it(self) -> None:
        first: list[bool] = []
        threads = [threading.Thread(target=lambda: first.append(self.run_.begin_settling())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(first.count(True), 1)

    def test_a_lost_run_is_settled_by_nobody(self) -> None:
        self.run_.tell(Stop.LOST)
        self.assertFalse(self.run_.begin_settling())

    def test_two_runs_of_a_job_are_two(self) -> None:
        runs = Runs()
        again = make_run(self.clock, lease={"token": "other", "fence": 8, "expiresIn": 30})
        runs.add(self.run_)
        runs.add(again)
        self.run_.tell(Stop.LOST)
        self.assertEqual(runs.open(), [again])
        self.assertFalse(runs.empty.is_set())
        again.close()
        self.assertTrue(runs.empty.is_set())

"""The watchdog on its own: nobody else looks at the runs."""

from __future__ import annotations

import logging
import threading
import unittest

from errand.worker.run import Run
from errand.worker.runs import Runs
from errand.worker.time_limit import TimeLimit
from errand.worker.watchdog import Watchdog

from .manual_clock import ManualClock
from .runs import make_run


class WatchdogTests(unittest.TestCase):
    def setUp(self) -> None:
        logging.getLogger("errand").setLevel(logging.CRITICAL + 1)
        self.addCleanup(logging.getLogger("errand").setLevel, logging.NOTSET)
        self.clock = ManualClock()
        self.runs = Runs()
        self.forced: list[Run] = []
        self.watchdog = Watchdog(self.runs, self.clock, self.forced.append)
        threading.Thread(target=self.watchdog.run, daemon=True).start()
        self.addCleanup(self.watchdog.end)

    def watch(self, run: Run) -> None:
        self.runs.add(run)
        self.watchdog.wake()

    def test_a_lease_that_is_over_is_told(self) -> None:
        run = make_run(self.clock)
        told: list[float] = []
        run.when_told(lambda: told.append(self.clock.now()))
        self.watch(run)
        self.clock.advance(26.9)
        self.clock.let_others_see()
        self.assertEqual(told, [])
        self.clock.advance_until(lambda: bool(told))
        self.assertGreaterEqual(told[0], 1027)
        self.assertEqual(self.runs.open(), [])

    def test_a_renewed_lease_is_not(self) -> None:
        run = make_run(self.clock)
        self.watch(run)
        self.clock.advance(20)
        run.lease.renew(self.clock.now(), 30)
        self.clock.advance(26)
        self.clock.let_others_see()
        self.assertEqual(self.runs.open(), [run])

    def test_a_time_that_is_over_is_told_and_then_forced_once(self) -> None:
        run = make_run(self.clock)
        run.time_limit = TimeLimit(self.clock.now(), deadline_in=10)
        self.watch(run)
        self.clock.advance_until(run.told.is_set)
        self.assertGreaterEqual(self.clock.now(), 1008)
        self.assertEqual(self.forced, [])
        run.lease.renew(self.clock.now(), 120)
        self.clock.advance_until(lambda: bool(self.forced))
        self.assertGreaterEqual(self.clock.now(), 1070)
        self.clock.advance(1)
        self.clock.let_others_see()
        self.assertEqual(self.forced, [run])

    def test_a_run_that_came_later_is_watched_too(self) -> None:
        self.watch(make_run(self.clock))
        self.clock.advance(10)
        later = make_run(self.clock, lease={"token": "", "fence": 8, "expiresIn": 1})
        self.watch(later)
        self.clock.advance_until(later.lost.is_set)
        self.assertLess(self.clock.now(), 1027)

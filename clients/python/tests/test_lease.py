"""Leases and time limits, on a clock of numbers."""

import unittest

from errand.worker.lease import Lease
from errand.worker.time_limit import TimeLimit


class LeaseTests(unittest.TestCase):
    def test_it_holds_nine_tenths_of_its_time_from_when_it_was_asked_for(self) -> None:
        lease = Lease("token", 1, sent_at=100, expires_in=30)
        self.assertFalse(lease.is_over(126.9))
        self.assertTrue(lease.is_over(127))

    def test_a_heartbeat_prolongs_it_from_when_it_was_sent(self) -> None:
        lease = Lease("token", 1, sent_at=100, expires_in=30)
        lease.renew(sent_at=110, expires_in=30)
        self.assertFalse(lease.is_over(136.9))
        self.assertTrue(lease.is_over(137))

    def test_an_answer_may_shorten_it(self) -> None:
        lease = Lease("token", 1, sent_at=100, expires_in=30)
        lease.renew(sent_at=110, expires_in=10)
        self.assertTrue(lease.is_over(119))

    def test_an_older_heartbeat_that_is_answered_late_changes_nothing(self) -> None:
        lease = Lease("token", 1, sent_at=100, expires_in=30)
        lease.renew(sent_at=110, expires_in=30)
        lease.renew(sent_at=105, expires_in=30)
        self.assertEqual(lease.expires_at, 137)

    def test_it_does_not_show_its_token(self) -> None:
        self.assertNotIn("secret", repr(Lease("secret", 1, 0, 30)))


class TimeLimitTests(unittest.TestCase):
    def test_a_handler_is_told_before_its_last_lease_can_end(self) -> None:
        heartbeat = 5
        for deadline in (1, 5, 30, 300):
            with self.subTest(deadline=deadline):
                limit = TimeLimit(claimed_at=100, deadline_in=deadline)
                # No lease goes beyond the deadline, and the last heartbeat was at worst so long before it.
                left = min(heartbeat, deadline)
                last = Lease("token", 1, sent_at=100 + deadline - left, expires_in=left)
                self.assertLess(100, limit.told_at)
                self.assertLess(limit.told_at, last.expires_at)
                self.assertLess(100 + deadline, limit.forced_at)

    def test_most_of_the_time_is_the_handlers(self) -> None:
        self.assertEqual(TimeLimit(claimed_at=0, deadline_in=300).told_at, 298)
        self.assertEqual(TimeLimit(claimed_at=0, deadline_in=5).told_at, 4)

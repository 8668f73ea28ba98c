"""Every oracle is content with a good history, and recognises each that is falsified in one place."""

import unittest

from oracle import falsify, fence_rules, heartbeat_rules, settle_rules
from tests import histories
from wire.message import Message


def sentences(found):
    return " | ".join(sentence for sentence, _ in found)


class HistoryTests(unittest.TestCase):
    def test_a_good_history_is_good(self):
        self.assertEqual(histories.good().broken(), [])

    def test_every_falsification_is_recognised(self):
        self.assertEqual(falsify.not_recognised(histories.good()), [])

    def test_they_are_recognised_where_an_answer_took_long(self):
        history = histories.good()
        end = history.recordings[0][-1]
        end.ended = end.at + 1.5
        self.assertEqual(falsify.not_recognised(history), [])

    def test_they_are_recognised_where_a_heartbeat_was_on_its_way_with_the_end(self):
        history = histories.good()
        end = history.recordings[0][-1]
        end.ended = end.at + 0.2
        history.recordings[0].append(histories.heartbeat(end.at + 0.1, [("b", 3)], "lost"))
        self.assertEqual(history.broken(), [])
        self.assertEqual(falsify.not_recognised(history), [])

    def test_a_falsification_that_changes_nothing_is_not_recognised(self):
        kept, falsify.CHANGES = falsify.CHANGES, [("nothing at all", "I1", lambda history: history)]
        self.addCleanup(setattr, falsify, "CHANGES", kept)
        self.assertEqual(falsify.not_recognised(histories.good()), ["nothing at all"])

    def test_a_job_that_killed_three_workers_may_have_failed(self):
        lost = [{"fence": fence, "outcome": "lost"} for fence in (1, 3, 5)]
        record = fence_rules.Record("a", "Failed", lost, failure={"code": "poison_pill"})
        self.assertEqual(list(fence_rules.all_completed({"a": record})), [])
        record.attempts[1]["outcome"] = "released"
        self.assertIn("I1", sentences(fence_rules.all_completed({"a": record})))

    def test_a_key_that_is_missing_is_recognised(self):
        history = histories.good()
        history.key = "another"
        self.assertIn("does not carry the key", sentences(history.broken()))


class HeartbeatTests(unittest.TestCase):
    def check(self, exchanges, until=4.2):
        return sentences(heartbeat_rules.check(exchanges, 0, until))

    def test_the_promised_pace_is_good(self):
        self.assertEqual(self.check(histories.undisturbed()), "")

    def test_a_pause_is_recognised(self):
        exchanges = [each for each in histories.undisturbed() if each.call != "heartbeat" or not 1.2 < each.at < 3.2]
        self.assertIn("passed without a heartbeat", self.check(exchanges))

    def test_an_end_of_all_heartbeats_is_recognised(self):
        self.assertIn("passed without a heartbeat", self.check(histories.undisturbed(), until=9))

    def test_too_many_are_recognised(self):
        more = [histories.heartbeat(3.2 + number / 100, []) for number in range(30)]
        self.assertIn("38 heartbeats", self.check(histories.undisturbed() + more))

    def test_a_lease_that_is_left_out_is_recognised(self):
        exchanges = histories.undisturbed()
        place = next(place for place, each in enumerate(exchanges) if each.call == "heartbeat" and each.at == 1.5)
        exchanges[place] = histories.heartbeat(1.5, [("a", 1)])
        self.assertIn("leaves out job b", self.check(exchanges))

    def test_a_lease_of_somebody_else_is_recognised(self):
        exchanges = histories.undisturbed()
        exchanges[-3] = histories.heartbeat(4.0, [("c", 1)])
        self.assertIn("was not given", self.check(exchanges))


class SettleTests(unittest.TestCase):
    def test_an_end_may_be_said_again_although_a_heartbeat_calls_the_job_lost(self):
        first, again = histories.complete(2.0, "a", 1), histories.complete(2.9, "a", 1)
        first.fate = "done by the server, and its answer dropped"
        told = histories.heartbeat(2.1, [("a", 1)], action="lost")
        self.assertEqual(list(settle_rules.silent_after_the_loss([first, told, again])), [])
        progress = histories.exchange("progress", 2.9, {}, 409, {}, "a", 1)
        self.assertIn("progress", sentences(settle_rules.silent_after_the_loss([first, told, progress])))

    def test_an_end_after_a_loss_is_recognised(self):
        told = histories.heartbeat(2.1, [("a", 1)], action="lost")
        late = histories.complete(2.9, "a", 1)
        self.assertIn("was lost", sentences(settle_rules.silent_after_the_loss([told, late])))

    def test_a_cancelled_handler_may_say_that_it_stopped(self):
        late = histories.exchange("cancelled", 2.9, {}, 204, None, "a", 1)
        refused = histories.exchange("progress", 2.0, {}, 409, {"type": "/problems/lease-lost"}, "a", 1)
        self.assertEqual(list(settle_rules.silent_after_the_loss([refused, late])), [])

    def test_a_refused_end_may_be_followed_by_another(self):
        refused = histories.complete(2.0, "a", 1)
        refused.answer = Message("HTTP/1.1 413 X", [])
        failed = histories.exchange("fail", 2.1, {"message": "too large"}, 200, {}, "a", 1)
        self.assertEqual(list(settle_rules.settles_are_repeated_alike([refused, failed])), [])
        refused.answer = Message("HTTP/1.1 503 X", [])
        self.assertIn("another end", sentences(settle_rules.settles_are_repeated_alike([refused, failed])))


if __name__ == "__main__":
    unittest.main()

"""Ending jobs and workers from outside: cancel, timeout, drain, operators."""

from __future__ import annotations

import threading

from errand import JobCancelled, RunningJob

from .fake_server import Answer, problem
from .manual_clock import PATIENCE, until
from .worker_case import WorkerCase

WRITES = ("complete", "fail", "release", "cancelled", "progress", "logs", "checkpoint", "result-upload")


class StopCase(WorkerCase):
    def setUp(self) -> None:
        super().setUp()
        self.begun = threading.Event()
        self.reasons: list[str | None] = []

    def heedful(self, job: RunningJob) -> None:
        """Ends when it is told to."""
        self.begun.set()
        try:
            job.sleep(1e9)
        except JobCancelled:
            self.reasons.append(job.stop_reason)
            raise

    def heedless(self, job: RunningJob) -> str:
        """Ends when the test lets it."""
        self.begun.set()
        self.go_on.wait(PATIENCE)
        self.reasons.append(job.stop_reason)
        return "value"

    def writes(self) -> list[str]:
        return [call.name for call in self.server.calls(*WRITES)]


class CancelTests(StopCase):
    def test_the_handler_is_told_and_then_the_server(self) -> None:
        given = self.run_handler(self.heedful)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.actions[given["id"]] = "cancel"
        self.beat()
        call = self.server.wait_for("cancelled")
        self.server.wait_for("claim", 2)
        self.assertEqual(self.reasons, ["cancelled"])
        self.assertEqual((call.method, call.body, call.headers["Job-Lease"]), ("POST", b"", "secret-1"))
        self.assertEqual(self.writes(), ["cancelled"])

    def test_the_server_is_not_told_before_the_handler_has_stopped(self) -> None:
        given = self.run_handler(self.heedless)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.actions[given["id"]] = "cancel"
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 3, step=0.2)
        self.assertEqual(self.writes(), [])
        self.go_on.set()
        self.server.wait_for("cancelled")
        self.server.wait_for("claim", 2)
        self.assertEqual(self.writes(), ["cancelled"])

    def test_the_answer_to_progress_can_tell_it(self) -> None:
        def handler(job: RunningJob) -> None:
            job.progress(1)
            self.heedful(job)

        self.server.script("progress", Answer(200, {"action": "cancel"}))
        self.run_handler(handler)
        self.server.wait_for("cancelled")
        self.assertEqual(self.reasons, ["cancelled"])

    def test_the_answer_to_logs_can_tell_it(self) -> None:
        def handler(job: RunningJob) -> None:
            job.log("one")
            self.heedful(job)

        self.server.script("logs", Answer(202, {"action": "cancel"}))
        self.run_handler(handler)
        self.server.wait_for("cancelled")

    def test_a_refused_write_of_a_cancelled_job_tells_it(self) -> None:
        def handler(job: RunningJob) -> None:
            with self.assertRaises(JobCancelled):
                job.save_checkpoint(1)
            self.reasons.append(job.stop_reason)

        self.server.script("checkpoint", problem("lease-lost", 409, currentStatus="Cancelled", currentFence=2))
        self.run_handler(handler)
        self.server.wait_for("cancelled")
        self.assertEqual(self.reasons, ["cancelled"])

    def test_the_acknowledgement_is_repeated_until_it_is_answered(self) -> None:
        given = self.run_handler(self.heedful)
        self.server.actions[given["id"]] = "cancel"
        self.server.script("cancelled", Answer(500), problem("x", 503))
        self.clock.advance_until(lambda: len(self.server.calls("cancelled")) == 3)

    def test_a_handler_that_asks_is_told(self) -> None:
        def handler(job: RunningJob) -> None:
            job.raise_if_cancelled()
            asked.append(job.is_cancelled)
            self.begun.set()
            until(lambda: job.is_cancelled, "the handler is told")
            with self.assertRaises(JobCancelled):
                job.raise_if_cancelled()
            asked.append(True)

        asked: list[bool] = []
        given = self.run_handler(handler)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.actions[given["id"]] = "cancel"
        self.beat()
        self.server.wait_for("cancelled")
        self.assertEqual(asked, [False, True])


class TimeoutTests(StopCase):
    def test_a_run_is_ended_in_time_and_fails_with_timeout(self) -> None:
        self.run_handler(self.heedful, deadlineIn=10)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance(7.9)
        self.clock.let_others_see()
        self.assertEqual(self.reasons, [])
        self.clock.advance_until(lambda: bool(self.server.calls("fail")))
        body = self.server.wait_for("fail").json
        self.assertEqual((body["code"], self.reasons), ("timeout", ["timeout"]))
        self.assertNotIn("retryable", body)

    def test_a_handler_that_does_not_heed_it_is_failed_all_the_same(self) -> None:
        self.run_handler(self.heedless, deadlineIn=10)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance_until(lambda: bool(self.server.calls("fail")))
        # The server would have done so by then: until its time to stop is over it keeps its job.
        self.assertGreaterEqual(self.clock.now(), 1070)
        self.assertEqual(self.server.calls("fail")[0].json["code"], "timeout")
        self.assertEqual(len(self.server.calls("claim")), 1)
        self.go_on.set()
        self.server.wait_for("claim", 2)
        self.assertEqual(self.writes(), ["fail"])

    def test_a_cancel_that_overtakes_it_is_not_acknowledged_while_the_handler_goes_on(self) -> None:
        self.server.script("fail", problem("lease-lost", 409, currentStatus="Cancelled"))
        self.run_handler(self.heedless, deadlineIn=10)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance_until(lambda: bool(self.server.calls("fail")))
        beats = len(self.server.calls("heartbeat"))
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) >= beats + 2, step=0.2)
        self.assertEqual(self.writes(), ["fail"])

    def test_a_value_in_the_last_moment_counts(self) -> None:
        self.run_handler(self.heedless, deadlineIn=10)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance(8.1)
        self.clock.let_others_see()
        self.go_on.set()
        self.assertEqual(self.server.wait_for("complete").json, {"result": "value"})
        self.assertEqual(self.writes(), ["complete"])

    def test_its_time_does_not_count_while_the_claim_waits(self) -> None:
        given = self.server.job(deadlineIn=10)
        self.server.script("claim", Answer(200, {"jobs": [given]}, before=lambda: self.clock.advance(9)))
        worker = self.worker(slots=1)
        worker.job("work")(self.heedful)
        self.start(worker)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance(7.9)
        self.clock.let_others_see()
        self.assertEqual(self.reasons, [])
        self.clock.advance_until(lambda: bool(self.server.calls("fail")))
        self.assertEqual(self.reasons, ["timeout"])


class DrainTests(StopCase):
    def drain(self, *, grace: float = 30) -> tuple[threading.Thread, str]:
        """Starts a worker with a job that runs, and tells it to end."""
        worker = self.worker(slots=2, grace=grace)
        worker.job("work")(self.heedless)
        worker.job("heedful")(self.heedful)
        thread = self.start(worker)
        given = self.server.give()
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.wait_for("claim", 2)
        worker.stop()
        return thread, given["id"]

    def test_what_runs_may_end_and_the_session_ends_after_it(self) -> None:
        thread, _ = self.drain()
        self.assertEqual(self.server.wait_for("heartbeat").json["state"], "stopping")
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 3, step=0.2)
        self.assertEqual(self.server.calls("end-session"), [])
        self.go_on.set()
        self.join(thread)
        names = [call.name for call in self.server.calls("complete", "end-session")]
        self.assertEqual(names, ["complete", "end-session"])
        self.assertEqual(self.server.calls("end-session")[0].path, "/api/worker/sessions/w_1")
        self.assertEqual(self.reasons, [None])
        self.assertEqual(self.failures, [])
        states = [call.json["state"] for call in self.server.calls("heartbeat")]
        self.assertEqual(set(states), {"stopping"})

    def test_nothing_is_claimed_after_the_signal(self) -> None:
        thread, _ = self.drain()
        self.server.give()
        self.go_on.set()
        self.join(thread)
        self.assertEqual(len(self.server.calls("claim")), 2)

    def test_jobs_given_at_the_last_moment_are_given_back(self) -> None:
        thread, _ = self.drain()
        self.server.wait_for("heartbeat")
        self.server.give()
        self.server.wait_for("release")
        self.go_on.set()
        self.join(thread)
        call = self.server.calls("release")[0]
        self.assertEqual((call.path, call.json), ("/api/worker/jobs/job-2/release", {"reason": "shutdown"}))
        self.assertEqual(self.writes().count("complete"), 1)

    def test_after_the_grace_the_rest_is_told_and_given_back(self) -> None:
        worker = self.worker(grace=20)
        worker.job("work")(self.heedful)
        thread = self.start(worker)
        self.server.give()
        self.assertTrue(self.begun.wait(PATIENCE))
        worker.stop()
        self.clock.advance_until(lambda: bool(self.reasons), step=0.1)
        self.assertGreaterEqual(self.clock.now(), 1020)
        self.join(thread)
        self.assertEqual(self.reasons, ["shutdown"])
        self.assertEqual(self.server.wait_for("release").json, {"reason": "shutdown"})
        names = [call.name for call in self.server.calls("release", "end-session")]
        self.assertEqual(names, ["release", "end-session"])

    def test_a_handler_that_does_not_heed_it_does_not_keep_the_worker(self) -> None:
        thread, _ = self.drain(grace=20)
        self.server.wait_for("heartbeat")
        self.clock.advance_until(lambda: not thread.is_alive(), step=0.2)
        self.assertGreaterEqual(self.clock.now(), 1020.5)
        self.assertEqual(self.writes(), ["release"])
        self.go_on.set()
        until(lambda: bool(self.reasons), "the handler has ended")
        self.assertEqual(self.writes(), ["release"])

    def test_of_a_cancelled_job_whose_handler_goes_on_nothing_is_said(self) -> None:
        thread, id = self.drain(grace=20)
        self.server.actions[id] = "cancel"
        self.clock.advance_until(lambda: not thread.is_alive(), step=0.2)
        self.assertEqual(self.writes(), [])
        self.assertEqual(len(self.server.calls("end-session")), 1)

    def test_an_idle_worker_says_that_it_ends(self) -> None:
        worker = self.worker()
        worker.job("work")(self.heedful)
        thread = self.start(worker)
        self.server.wait_for("claim")
        worker.stop()
        self.join(thread)
        self.assertEqual([call.json["state"] for call in self.server.calls("heartbeat")], ["stopping"])

    def test_a_server_that_is_away_does_not_keep_the_worker(self) -> None:
        ended_at: list[float] = []
        away = problem("x", 503)
        self.server.always("release", away)

        def end() -> None:
            ended_at.append(self.clock.now())
            self.server.end_claims()

        self.server.script("end-session", Answer(503, {}, before=end))
        thread, _ = self.drain(grace=1)
        self.server.always("heartbeat", away)
        self.clock.advance_until(lambda: not thread.is_alive())
        self.assertGreaterEqual(ended_at[0], 1006.5)
        self.assertLess(ended_at[0], 1012)

    def test_a_worker_that_waits_for_a_server_can_be_stopped(self) -> None:
        self.server.always("session", problem("x", 503))
        worker = self.worker()
        worker.job("work")(self.heedful)
        thread = self.start(worker)
        self.server.wait_for("session")
        worker.stop()
        self.join(thread)
        self.assertEqual(self.server.calls("end-session"), [])

    def test_a_worker_can_be_stopped_before_it_runs(self) -> None:
        worker = self.worker()
        worker.job("work")(self.heedful)
        worker.stop()
        self.join(self.start(worker))
        self.assertEqual(self.server.calls("claim"), [])


class OperatorTests(StopCase):
    def test_a_quiet_worker_claims_nothing_until_it_may_again(self) -> None:
        given = self.run_handler(self.heedless)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.state = "quiet"
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 2, step=0.2)
        self.go_on.set()
        self.server.wait_for("complete")
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 4, step=0.2)
        self.assertEqual(len(self.server.calls("claim")), 1)
        self.assertEqual(self.server.calls("heartbeat")[-1].json["state"], "quiet")
        self.server.state = "run"
        self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2, step=0.2)
        self.assertEqual(given["id"], "job-1")

    def test_an_operator_can_end_it(self) -> None:
        worker = self.worker()
        worker.job("work")(self.heedful)
        thread = self.start(worker)
        self.server.wait_for("claim")
        self.server.state = "stop"
        self.clock.advance_until(lambda: not thread.is_alive())
        self.assertEqual(self.failures, [])
        self.assertEqual(self.server.calls("heartbeat")[-1].json["state"], "stopping")
        self.assertEqual(len(self.server.calls("end-session")), 1)

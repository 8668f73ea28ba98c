"""Leases, heartbeats and sessions of a worker."""

from __future__ import annotations

import threading

from errand import JobCancelled, Problem, RunningJob
from errand.transport import Transport
from errand.worker.heartbeat import Heartbeat
from errand.worker.intent import Intent
from errand.worker.runs import Runs
from errand.worker.session import Session

from .fake_server import DROP, Answer, problem
from .manual_clock import PATIENCE
from .runs import make_run
from .worker_case import WorkerCase

WRITES = ("complete", "fail", "release", "cancelled", "progress", "logs", "checkpoint", "result-upload")
EXPIRED = problem("session-expired", 409)


class HeartbeatTests(WorkerCase):
    def wait_here(self, job: RunningJob) -> None:
        self.go_on.wait(PATIENCE)

    def beats(self, count: int) -> None:
        """Moves the clock until there were so many heartbeats."""
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) >= count, step=0.2)

    def test_one_call_renews_all_leases(self) -> None:
        worker = self.worker(slots=2)
        worker.job("work")(self.wait_here)
        self.start(worker)
        self.server.give()
        self.server.wait_for("claim", 2)
        self.server.give()
        self.beats(2)
        call = self.server.calls("heartbeat")[-1]
        self.assertEqual(call.path, "/api/worker/sessions/w_1/heartbeat")
        self.assertEqual(call.json["state"], "run")
        self.assertGreater(call.json["rssBytes"], 1_000_000)
        jobs = [{"id": f"job-{n}", "fence": n, "token": f"secret-{n}"} for n in (1, 2)]
        self.assertEqual(call.json["jobs"], jobs)

    def test_they_come_when_the_server_asks_for_them_jobs_or_none(self) -> None:
        worker = self.worker()
        worker.job("work")(self.wait_here)
        self.start(worker)
        self.server.wait_for("claim")
        began = self.clock.now()
        self.clock.advance(4.9)
        self.clock.let_others_see()
        self.assertEqual(self.server.calls("heartbeat"), [])
        self.beats(3)
        self.assertGreaterEqual(self.clock.now() - began, 15)
        self.assertEqual(self.server.calls("heartbeat")[0].json["jobs"], [])

    def test_they_go_on_over_a_connection_of_their_own_while_a_claim_waits_and_all_handlers_are_busy(self) -> None:
        def spin(job: RunningJob) -> None:
            while not self.go_on.is_set():
                job.progress(1)

        worker = self.worker(slots=2)
        worker.job("work")(spin)
        self.start(worker)
        self.server.give()
        self.beats(3)  # Now the second claim waits.
        self.assertEqual(len(self.server.calls("claim")), 2)
        self.server.give()
        self.beats(6)  # Now both handlers keep their threads busy.
        others = {call.port for call in self.server.calls() if call.name not in ("heartbeat", "session")}
        self.assertEqual(others & {call.port for call in self.server.calls("heartbeat")}, set())

    def test_a_renewed_lease_outlives_the_first(self) -> None:
        def handler(job: RunningJob) -> bool:
            self.go_on.wait(PATIENCE)
            return job.is_cancelled

        self.run_handler(handler)
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) >= 10, step=0.5)
        self.go_on.set()
        self.assertEqual(self.server.wait_for("complete").json, {"result": False})

    def test_a_heartbeat_that_failed_is_tried_again_soon(self) -> None:
        self.run_handler(self.wait_here)
        self.server.wait_for("claim")
        self.server.script("heartbeat", DROP, Answer(503))
        self.beats(3)
        self.assertLess(self.clock.now(), 1000 + 5 + 2)

    def test_a_heartbeat_that_failed_obeys_retry_after(self) -> None:
        self.run_handler(self.wait_here)
        self.server.wait_for("claim")
        self.server.script("heartbeat", problem("x", 503, {"Retry-After": "9"}))
        self.beats(2)
        self.assertGreaterEqual(self.clock.now(), 1000 + 5 + 9)


class ExpiryTests(WorkerCase):
    def setUp(self) -> None:
        super().setUp()
        self.begun = threading.Event()
        self.reasons: list[str | None] = []

    def handler(self, job: RunningJob) -> str:
        self.begun.set()
        try:
            job.sleep(1e9)
        except JobCancelled:
            self.reasons.append(job.stop_reason)
        return "too late"

    def frozen_handler(self, job: RunningJob) -> str:
        """Knows nothing of its lease until it writes."""
        self.begun.set()
        self.go_on.wait(PATIENCE)
        return "too late"

    def test_a_lease_that_cannot_be_renewed_ends_after_nine_tenths_and_nothing_more_is_written(self) -> None:
        self.server.always("heartbeat", DROP)
        self.run_handler(self.handler)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance(26.9)
        self.clock.let_others_see()
        self.assertEqual(self.reasons, [])
        self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2)
        self.assertEqual(self.reasons, ["lost"])
        self.assertEqual(self.server.calls(*WRITES), [])

    def test_a_process_that_was_frozen_beyond_its_lease_writes_nothing(self) -> None:
        self.run_handler(self.frozen_handler)
        self.assertTrue(self.begun.wait(PATIENCE))
        # As after SIGCONT: the clock is an hour on, and the handler may be the first to run again.
        self.clock.advance(3600)
        self.go_on.set()
        self.server.wait_for("claim", 2)
        self.assertEqual(self.server.calls(*WRITES), [])
        self.clock.advance_until(lambda: bool(self.server.calls("heartbeat")))
        self.assertEqual(self.server.calls("heartbeat")[0].json["jobs"], [])

    def test_a_heartbeat_leaves_out_a_lease_whose_end_nobody_has_noticed_yet(self) -> None:
        options = self.worker()._options
        transport = Transport(options.address, PATIENCE)
        self.addCleanup(transport.close)
        session = Session(transport, options, ["work"], self.clock)
        session.open(threading.Event())
        runs = Runs()
        runs.add(make_run(self.clock))
        heartbeat = Heartbeat(transport, session, runs, Intent(), self.clock)
        self.clock.advance(27)
        threading.Thread(target=heartbeat.run, daemon=True).start()
        heartbeat.wake()
        self.assertEqual(self.server.wait_for("heartbeat").json["jobs"], [])
        heartbeat.end()

    def test_a_lease_counts_from_when_its_claim_was_sent(self) -> None:
        self.server.always("heartbeat", DROP)
        worker = self.worker(slots=1)
        worker.job("work")(self.handler)
        given = self.server.job()
        self.server.script("claim", Answer(200, {"jobs": [given]}, before=lambda: self.clock.advance(8)))
        self.start(worker)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance(18.9)
        self.clock.let_others_see()
        self.assertEqual(self.reasons, [])
        self.clock.advance_until(lambda: self.reasons == ["lost"])
        # Counted from its answer, it would have been over 8 s later.
        self.assertLess(self.clock.now(), 1030)

    def test_a_lease_counts_from_when_its_heartbeat_was_sent(self) -> None:
        self.run_handler(self.handler)
        self.assertTrue(self.begun.wait(PATIENCE))
        renewed = {"id": "job-1", "fence": 1, "action": "continue", "expiresIn": 30}
        came_at: list[float] = []

        def hold() -> None:
            came_at.append(self.clock.now())
            self.clock.advance(4)

        self.server.script("heartbeat", Answer(200, {"state": "run", "jobs": [renewed]}, before=hold))
        self.server.always("heartbeat", DROP)
        # The second one begins when the first was understood.
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 2)
        self.clock.advance(came_at[0] + 26 - self.clock.now())
        self.clock.let_others_see()
        self.assertEqual(self.reasons, [])
        self.clock.advance_until(lambda: self.reasons == ["lost"])
        # Counted from its answer, it would have been over 31 s after it came.
        self.assertLess(self.clock.now(), came_at[0] + 30)

    def claim_late(self, action: str) -> None:
        """Runs a worker whose claim was answered after more than nine tenths of a lease."""
        given = self.server.job()
        self.server.actions[given["id"]] = action
        self.server.script("claim", Answer(200, {"jobs": [given]}, before=lambda: self.clock.advance(28)))
        worker = self.worker(slots=1)
        worker.job("work")(lambda job: self.begun.set())
        self.start(worker)

    def test_a_job_whose_claim_waited_long_begins_when_its_lease_was_renewed(self) -> None:
        self.claim_late("continue")
        self.server.wait_for("complete")
        calls = self.server.calls("heartbeat", "complete")
        renewals = [call for call in calls if call.name == "heartbeat" and call.json["jobs"]]
        self.assertLess(calls.index(renewals[0]), [call.name for call in calls].index("complete"))

    def test_a_job_whose_claim_waited_long_and_is_lost_never_begins(self) -> None:
        self.claim_late("lost")
        self.server.wait_for("claim", 2)
        self.assertFalse(self.begun.is_set())
        self.assertEqual(self.server.calls(*WRITES), [])

    def test_a_heartbeat_that_says_lost_ends_the_job_in_silence(self) -> None:
        given = self.run_handler(self.handler)
        self.server.actions[given["id"]] = "lost"
        self.assertTrue(self.begun.wait(PATIENCE))
        self.beat()
        self.server.wait_for("claim", 2)
        self.assertEqual(self.reasons, ["lost"])
        self.assertEqual(self.server.calls(*WRITES), [])
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 2)
        self.assertEqual(self.server.calls("heartbeat")[-1].json["jobs"], [])

    def test_a_handler_that_does_not_heed_it_keeps_its_slot_and_not_its_job(self) -> None:
        given = self.run_handler(self.frozen_handler)
        self.server.actions[given["id"]] = "lost"
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 2)
        self.assertEqual(len(self.server.calls("claim")), 1)
        self.go_on.set()
        self.server.wait_for("claim", 2)
        self.assertEqual(self.server.calls(*WRITES), [])


class SessionTests(WorkerCase):
    def handler(self, job: RunningJob) -> bool:
        self.go_on.wait(PATIENCE)
        return job.is_cancelled

    def test_a_forgotten_session_is_made_again_and_its_leases_stay(self) -> None:
        worker = self.worker(slots=2)
        worker.job("work")(self.handler)
        self.start(worker)
        self.server.give()
        self.server.wait_for("claim", 2)
        self.server.script("heartbeat", EXPIRED)
        self.beat()
        now = self.clock.now()
        self.server.wait_for("heartbeat", 2)
        sessions = self.server.calls("session")
        self.assertEqual([call.json.get("workerId") for call in sessions], [None, "w_1"])
        self.assertEqual(self.server.calls("heartbeat")[1].json["jobs"][0]["id"], "job-1")
        # At once, and not a heartbeat later: the leases were not renewed by the one that was refused.
        self.assertEqual(self.clock.now(), now)
        self.go_on.set()
        self.assertEqual(self.server.wait_for("complete").json, {"result": False})

    def test_a_claim_can_find_it_forgotten_too(self) -> None:
        self.server.script("claim", EXPIRED)
        self.run_handler(self.handler)
        self.server.wait_for("claim", 2)
        self.assertEqual(self.server.wait_for("session", 2).json["workerId"], "w_1")

    def test_two_threads_that_find_it_forgotten_make_one(self) -> None:
        both = threading.Barrier(2, timeout=PATIENCE)
        expired = Answer(EXPIRED.status, EXPIRED.json, EXPIRED.headers, before=lambda: both.wait())
        self.server.script("claim", expired)
        self.server.script("heartbeat", expired)
        self.run_handler(self.handler)
        self.server.wait_for("claim")
        self.beat()
        self.server.wait_for("claim", 2)
        self.server.wait_for("heartbeat", 2)
        self.assertEqual(len(self.server.calls("session")), 2)

    def test_a_server_that_is_away_at_first_is_waited_for(self) -> None:
        self.server.script("session", DROP, Answer(502), problem("storage-unavailable", 503))
        self.run_handler(lambda job: None)
        self.clock.advance_until(lambda: bool(self.server.calls("complete")))
        self.assertEqual(len(self.server.calls("session")), 4)

    def test_a_server_that_refuses_the_worker_ends_it(self) -> None:
        self.server.script("session", problem("forbidden", 403, detail="The key has not the scope worker."))
        worker = self.worker()
        worker.job("work")(lambda job: None)
        self.join(self.start(worker))
        self.assertEqual([getattr(failure, "type", None) for failure in self.failures], ["forbidden"])
        self.assertIsInstance(self.failures[0], Problem)

    def test_a_failure_of_the_worker_itself_ends_it(self) -> None:
        self.server.script("claim", Answer(200, {"jobs": [{"id": "job-1"}]}))
        worker = self.worker()
        worker.job("work")(lambda job: None)
        self.join(self.start(worker))
        self.assertIsInstance(self.failures[0], KeyError)
        self.assertEqual(len(self.server.calls("end-session")), 1)


class ClaimTests(WorkerCase):
    def test_it_asks_for_as_many_jobs_as_there_are_free_slots(self) -> None:
        self.server.terms["maxClaim"] = 3
        worker = self.worker(slots=5)
        worker.job("work")(lambda job: self.go_on.wait(PATIENCE))
        for _ in range(5):
            self.server.give()
        self.start(worker)
        self.server.wait_for("claim", 2)
        self.assertEqual([call.json["max"] for call in self.server.calls("claim")], [3, 2])
        self.go_on.set()
        self.server.wait_for("complete", 5)
        self.server.wait_for("claim", 3)

    def test_a_claim_that_failed_is_tried_again_later(self) -> None:
        self.server.script("claim", DROP, Answer(500), problem("x", 503, {"Retry-After": "20"}))
        self.run_handler(lambda job: None)
        self.clock.advance_until(lambda: bool(self.server.calls("complete")), step=0.2)
        self.assertGreaterEqual(self.clock.now(), 1020)

    def test_a_server_that_does_not_wait_is_not_asked_without_end(self) -> None:
        self.server.script("claim", Answer(204, headers={"Retry-After": "7"}), Answer(204))
        self.run_handler(lambda job: None)
        self.clock.advance_until(lambda: bool(self.server.calls("complete")))
        self.assertGreaterEqual(self.clock.now(), 1008)

    def wait_seconds(self, lease: float) -> int:
        self.server.terms["leaseSeconds"] = lease
        self.run_handler(lambda job: None)
        seconds: int = self.server.wait_for("claim").json["waitSeconds"]
        return seconds

    def test_a_claim_waits_a_third_of_a_lease(self) -> None:
        self.assertEqual(self.wait_seconds(lease=35), 11)

    def test_a_claim_waits_at_least_a_second(self) -> None:
        self.assertEqual(self.wait_seconds(lease=2), 1)

    def test_a_claim_waits_no_longer_than_the_server_does(self) -> None:
        self.assertEqual(self.wait_seconds(lease=3600), 30)

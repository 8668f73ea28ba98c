"""How jobs end at the server: settles and their repetition, reports, checkpoints and files."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from errand import JobCancelled, Problem, RetryLater, RunningJob
from errand.worker.upload import PIECE, Upload

from .fake_server import DROP, Answer, problem
from .manual_clock import PATIENCE
from .runs import make_run
from .worker_case import WorkerCase

SETTLES = ("complete", "fail", "release", "cancelled")
WRITES = (*SETTLES, "progress", "logs", "checkpoint", "result-upload")


class SettleTests(WorkerCase):
    def wait_for_slot(self) -> None:
        """Waits until the job given first is over for the worker: its only slot is free again."""
        self.server.wait_for("claim", 2)

    def test_a_session_and_claims_say_what_the_protocol_asks_for(self) -> None:
        worker = self.worker(slots=3, queues=["images"], name="here", version="1.2", labels={"zone": "b"})
        worker.job("work")(lambda job: None)
        worker.job("else")(lambda job: None)
        self.start(worker)
        session, claim = self.server.wait_for("session"), self.server.wait_for("claim")
        expected = {
            "name": "here",
            "version": "1.2",
            "language": "python",
            "types": ["else", "work"],
            "queues": ["images"],
            "slots": 3,
            "labels": {"zone": "b"},
            "protocol": 1,
        }
        self.assertEqual(session.json, expected)
        self.assertEqual(session.headers["Authorization"], "Bearer key-1")
        self.assertEqual(claim.json, {"workerId": "w_1", "max": 3, "waitSeconds": 10})

    def test_a_job_runs_and_its_value_is_its_result(self) -> None:
        seen: list[RunningJob] = []

        def handler(job: RunningJob) -> dict[str, int]:
            seen.append(job)
            return {"done": 1}

        members = {"payload": {"a": 1}, "projectId": "p", "checkpoint": {"n": 3}, "traceparent": "00-1"}
        given = self.run_handler(handler, attempt=2, lostCount=1, **members)
        call = self.server.wait_for("complete")
        self.assertEqual((call.method, call.path), ("POST", "/api/worker/jobs/job-1/complete"))
        self.assertEqual(call.json, {"result": {"done": 1}})
        self.assertEqual((call.headers["Job-Lease"], call.headers["Job-Fence"]), ("secret-1", "1"))
        job = seen[0]
        self.assertEqual((job.id, job.number, job.type, job.queue), (given["id"], 1, "work", "default"))
        self.assertEqual((job.payload, job.checkpoint, job.project_id), ({"a": 1}, {"n": 3}, "p"))
        self.assertEqual((job.attempt, job.max_attempts, job.lost_count), (2, 3, 1))
        self.assertEqual((job.fence, job.traceparent), (1, "00-1"))

    def test_a_settle_is_repeated_in_the_same_bytes_until_it_is_answered(self) -> None:
        self.server.script("complete", DROP, Answer(500), problem("quota-exceeded", 429), problem("x", 503))
        self.run_handler(lambda job: {"n": 1})
        self.clock.advance_until(lambda: len(self.server.calls("complete")) == 5)
        self.wait_for_slot()
        calls = self.server.calls(*SETTLES)
        self.assertEqual(len(calls), 5)
        self.assertEqual(
            {(call.body, call.headers["Job-Lease"]) for call in calls}, {(b'{"result":{"n":1}}', "secret-1")}
        )

    def test_the_delay_of_a_repetition_grows_and_obeys_retry_after(self) -> None:
        self.server.script("complete", problem("x", 503, {"Retry-After": "3"}))
        self.run_handler(lambda job: None)
        self.server.wait_for("complete")
        began = self.clock.now()
        self.clock.advance_until(lambda: len(self.server.calls("complete")) == 2)
        self.assertGreaterEqual(self.clock.now() - began, 3)

    def test_a_settle_is_given_up_when_the_lease_is_over(self) -> None:
        self.server.always("heartbeat", DROP)
        self.server.always("complete", DROP)
        self.run_handler(lambda job: None)
        self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2, step=0.5)
        self.assertGreaterEqual(self.clock.now(), 1027)
        count = len(self.server.calls(*WRITES))
        self.server.always("heartbeat", None)
        self.beat()
        self.beat()
        self.assertEqual(len(self.server.calls(*WRITES)), count)
        self.assertEqual(self.server.calls("heartbeat")[-1].json["jobs"], [])

    def test_a_lease_that_is_called_lost_after_its_end_was_sent_is_asked_about(self) -> None:
        # The end took effect, and its answer was lost.
        self.server.actions["job-1"] = "lost"
        self.server.always("complete", DROP)
        self.run_handler(lambda job: None)
        self.server.wait_for("complete")
        self.beat()
        self.beat()
        self.assertEqual(self.server.calls("heartbeat")[-1].json["jobs"][0]["id"], "job-1")
        self.server.always("complete", None)
        self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2)
        self.assertLess(self.clock.now(), 1027)

    def test_a_lost_lease_ends_a_run_that_has_not_said_its_end(self) -> None:
        # Its last words are not answered, and its end comes after them.
        self.server.actions["job-1"] = "lost"
        self.server.always("logs", Answer(503, headers={"Retry-After": "5"}))
        self.run_handler(lambda job: job.log("one"))
        self.server.wait_for("logs")
        self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2)
        self.assertEqual(self.server.calls(*SETTLES), [])

    def test_a_lease_is_renewed_while_its_settle_waits(self) -> None:
        self.server.always("complete", problem("x", 503))
        self.run_handler(lambda job: None)
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 8, step=0.2)
        self.assertEqual(self.server.calls("heartbeat")[-1].json["jobs"][0]["id"], "job-1")
        self.server.always("complete", None)
        self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2)
        self.assertGreater(self.clock.now(), 1030)

    def test_lease_lost_is_final(self) -> None:
        self.server.script("complete", problem("lease-lost", 409, currentFence=2, currentStatus="Running"))
        self.run_handler(lambda job: None)
        self.wait_for_slot()
        self.assertEqual(len(self.server.calls(*WRITES)), 1)

    def test_a_complete_that_a_cancel_has_overtaken_is_acknowledged(self) -> None:
        self.server.script("complete", problem("lease-lost", 409, currentFence=2, currentStatus="Cancelled"))
        self.run_handler(lambda job: None)
        self.wait_for_slot()
        self.assertEqual([call.name for call in self.server.calls(*WRITES)], ["complete", "cancelled"])

    def test_an_acknowledgement_that_is_refused_is_final(self) -> None:
        lost = problem("lease-lost", 409, currentFence=2, currentStatus="Cancelled")
        self.server.script("complete", lost)
        self.server.always("cancelled", lost)
        self.run_handler(lambda job: None)
        self.wait_for_slot()
        self.assertEqual([call.name for call in self.server.calls(*WRITES)], ["complete", "cancelled"])

    def test_a_refusal_for_good_is_not_repeated(self) -> None:
        for refusal in (problem("already-settled", 409), problem("not-found", 404), problem("forbidden", 403)):
            self.server.script("complete", refusal)
        self.run_handler(lambda job: None)
        for count in (1, 2, 3):
            if count > 1:
                self.server.give()
            self.server.wait_for("complete", count)
            self.server.wait_for("claim", count + 1)
        self.assertEqual(len(self.server.calls(*WRITES)), 3)

    def test_a_result_that_the_server_refuses_fails_the_job(self) -> None:
        self.server.script("complete", problem("validation", 422, detail="The result is wrong."))
        self.run_handler(lambda job: None)
        body = self.server.wait_for("fail").json
        self.assertEqual((body["code"], body["retryable"]), ("bad_result", False))
        self.assertIn("The result is wrong.", body["message"])

    def test_a_result_that_is_too_large_fails_with_the_way_out(self) -> None:
        self.server.terms["limits"] = {"resultBytes": 100}
        self.run_handler(lambda job: "x" * 99)
        body = self.server.wait_for("fail").json
        self.assertIn("job.upload_result", body["message"])
        self.assertEqual(self.server.calls("complete"), [])

    def test_an_exception_fails_the_job_and_tells_its_traceback_here_alone(self) -> None:
        def handler(job: RunningJob) -> None:
            raise KeyError("width")

        with self.assertLogs("errand", "ERROR") as logs:
            self.run_handler(handler)
            body = self.server.wait_for("fail").body
        self.assertEqual(body, b'{"code":"key_error","message":"\'width\'"}')
        self.assertIn("Traceback", logs.output[0])

    def test_even_exit_ends_the_job_and_not_the_worker(self) -> None:
        self.run_handler(lambda job: sys.exit(1))
        self.assertEqual(self.server.wait_for("fail").json["code"], "system_exit")
        self.wait_for_slot()

    def test_retry_later_gives_the_job_back(self) -> None:
        def handler(job: RunningJob) -> None:
            raise RetryLater(60)

        self.run_handler(handler)
        self.assertEqual(self.server.wait_for("release").json, {"reason": "retry-later", "delaySeconds": 60})

    def test_a_type_nobody_knows_is_given_back(self) -> None:
        self.run_handler(lambda job: None, type="else")
        self.assertEqual(self.server.wait_for("release").json, {"reason": "unknown-type"})

    def test_the_log_has_neither_the_key_nor_a_token(self) -> None:
        self.server.script("complete", DROP, problem("forbidden", 403))
        with self.assertLogs("errand", "DEBUG") as logs:
            self.run_handler(lambda job: None)
            self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2)
            self.stop()
        text = "\n".join(logs.output)
        self.assertIn("Job #1 work", text)
        self.assertNotIn("key-1", text)
        self.assertNotIn("secret", text)


class ReportTests(WorkerCase):
    def test_progress_is_sent_at_most_four_times_in_a_second_and_the_latest_counts(self) -> None:
        def handler(job: RunningJob) -> None:
            job.progress(1, "one")
            self.server.wait_for("progress")
            job.progress(2)
            self.go_on.wait(0.03)  # Time enough to send it at once, if that were so.
            for percent in range(3, 50):
                job.progress(percent)
            said.set()
            self.go_on.wait(PATIENCE)

        said = threading.Event()
        self.run_handler(handler)
        self.assertTrue(said.wait(PATIENCE))
        self.clock.advance(0.24)
        self.clock.let_others_see()
        self.assertEqual(len(self.server.calls("progress")), 1)
        self.clock.advance_until(lambda: len(self.server.calls("progress")) == 2, step=0.01)
        second = self.server.wait_for("progress", 2)
        self.assertEqual(self.server.calls("progress")[0].json, {"progress": 1, "message": "one"})
        self.assertEqual(second.json, {"progress": 49})
        self.assertEqual(second.path, "/api/worker/jobs/job-1/progress")

    def test_progress_that_was_not_answered_comes_again(self) -> None:
        def handler(job: RunningJob) -> None:
            job.progress(50, "Half")
            self.go_on.wait(PATIENCE)

        self.server.script("progress", DROP, Answer(503))
        self.run_handler(handler)
        self.clock.advance_until(lambda: len(self.server.calls("progress")) == 3)
        self.assertEqual(self.server.calls("progress")[2].json, {"progress": 50, "message": "Half"})

    def test_last_words_come_before_the_end(self) -> None:
        def handler(job: RunningJob) -> None:
            job.progress(1)
            job.log("one")
            self.server.wait_for("logs")
            job.progress(99, data={"n": 1})
            job.log("two", "warning")

        self.run_handler(handler)
        self.server.wait_for("complete")
        names = [call.name for call in self.server.calls(*WRITES)]
        self.assertEqual(names, ["progress", "logs", "progress", "logs", "complete"])
        last = self.server.calls("logs")[1].json
        self.assertEqual((last["batch"], last["lines"][0]["msg"], last["lines"][0]["level"]), (2, "two", "warning"))
        self.assertEqual(self.server.calls("progress")[1].json, {"progress": 99, "data": {"n": 1}})

    def test_lines_that_were_not_answered_come_again_under_their_number(self) -> None:
        def handler(job: RunningJob) -> None:
            job.log("one")
            self.go_on.wait(PATIENCE)

        self.server.script("logs", DROP, Answer(503))
        self.run_handler(handler)
        self.clock.advance_until(lambda: len(self.server.calls("logs")) == 3)
        self.assertEqual(len({call.body for call in self.server.calls("logs")}), 1)

    def test_an_end_does_not_wait_for_ever_for_last_words(self) -> None:
        self.server.always("logs", Answer(503))
        self.run_handler(lambda job: job.log("one"))
        self.clock.advance_until(lambda: bool(self.server.calls("complete")))

    def test_an_end_does_not_wait_for_as_long_as_a_report_may_have_to(self) -> None:
        self.server.always("logs", Answer(503, headers={"Retry-After": "60"}))
        self.run_handler(lambda job: job.log("one"))
        self.clock.advance_until(lambda: bool(self.server.calls("complete")))
        self.assertLess(self.clock.now(), 1060)

    def test_a_report_that_is_refused_does_not_end_the_job(self) -> None:
        self.server.always("progress", problem("validation", 422))
        self.run_handler(lambda job: job.progress(1))
        self.server.wait_for("complete")
        self.assertEqual(len(self.server.calls("progress")), 1)

    def test_a_report_after_the_lease_was_lost_tells_the_handler(self) -> None:
        def handler(job: RunningJob) -> None:
            job.progress(1)
            with self.assertRaises(JobCancelled):
                job.sleep(100)
            reasons.append(job.stop_reason)

        reasons: list[str | None] = []
        self.server.script("progress", problem("lease-lost", 409, currentStatus="Queued"))
        self.run_handler(handler)
        self.server.wait_for("claim", 2)
        self.assertEqual(reasons, ["lost"])
        self.assertEqual(len(self.server.calls(*WRITES)), 1)


class CheckpointTests(WorkerCase):
    def test_it_is_saved_before_the_handler_goes_on(self) -> None:
        def handler(job: RunningJob) -> int:
            job.save_checkpoint({"done": 1})
            return len(self.server.calls("checkpoint"))

        self.server.script("checkpoint", DROP, Answer(503))
        self.run_handler(handler)
        self.clock.advance_until(lambda: bool(self.server.calls("complete")))
        call = self.server.wait_for("checkpoint", 3)
        self.assertEqual((call.method, call.json), ("PUT", {"done": 1}))
        self.assertEqual(self.server.wait_for("complete").json, {"result": 3})

    def test_what_cannot_be_saved_is_the_handlers_mistake(self) -> None:
        def handler(job: RunningJob) -> None:
            with self.assertRaises(ValueError):
                job.save_checkpoint("x" * 99)
            with self.assertRaises(TypeError):
                job.save_checkpoint(object())
            with self.assertRaises(Problem):
                job.save_checkpoint("x")

        self.server.terms["limits"] = {"checkpointBytes": 100}
        self.server.script("checkpoint", problem("too-large", 413))
        self.run_handler(handler)
        self.server.wait_for("complete")

    def test_none_is_saved_for_a_lost_lease(self) -> None:
        def handler(job: RunningJob) -> None:
            for _ in range(2):
                with self.assertRaises(JobCancelled):
                    job.save_checkpoint(1)

        self.server.script("checkpoint", problem("lease-lost", 409, currentStatus="Running"))
        self.run_handler(handler)
        self.server.wait_for("claim", 2)
        self.assertEqual(len(self.server.calls(*WRITES)), 1)


class UploadTests(WorkerCase):
    def test_bytes_become_the_result(self) -> None:
        self.server.script("result-upload", DROP)
        self.run_handler(lambda job: job.upload_result(b"x" * 1_000_000, "a b.bin"))
        self.clock.advance_until(lambda: bool(self.server.calls("complete")))
        upload = self.server.wait_for("result-upload", 2)
        self.assertEqual(upload.path, "/api/worker/jobs/job-1/result-upload?filename=a%20b.bin")
        self.assertEqual(upload.body, b"x" * 1_000_000)
        self.assertEqual(upload.headers["Content-Type"], "application/octet-stream")
        self.assertEqual((upload.headers["Job-Lease"], upload.headers["Job-Fence"]), ("secret-1", "1"))
        self.assertEqual(self.server.wait_for("complete").json, {"resultUploadId": "upload-1"})

    def test_a_file_becomes_the_result_under_its_name(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            path.write_bytes(b"a,b\n")
            self.run_handler(lambda job: job.upload_result(path))
            upload = self.server.wait_for("result-upload")
            self.server.wait_for("complete")
        self.assertTrue(upload.path.endswith("?filename=table.csv"))
        self.assertEqual((upload.body, upload.headers["Content-Type"]), (b"a,b\n", "text/csv"))

    def test_a_file_that_cannot_be_read_is_the_handlers_mistake(self) -> None:
        def handler(job: RunningJob) -> None:
            with self.assertRaises(FileNotFoundError):
                job.upload_result("/nowhere")
            with self.assertRaises(ValueError):
                job.upload_result(b"x")

        self.run_handler(handler)
        self.server.wait_for("complete")
        self.assertEqual(self.server.calls("result-upload"), [])

    def test_a_file_that_vanishes_between_two_tries_is_no_absent_server(self) -> None:
        def handler(job: RunningJob) -> None:
            with self.assertRaises(FileNotFoundError):
                job.upload_result(path)

        with TemporaryDirectory() as folder:
            path = Path(folder) / "a"
            path.write_bytes(b"x")
            self.server.script("result-upload", Answer(503, before=path.unlink))
            self.run_handler(handler)
            self.clock.advance_until(lambda: bool(self.server.calls("complete")))

    def test_no_piece_is_sent_after_the_lease(self) -> None:
        run = make_run(self.clock)
        pieces = iter(Upload(b"x" * (2 * PIECE), "a").request(run).body or [])
        self.assertEqual(next(pieces), b"x" * PIECE)
        self.clock.advance(27)
        with self.assertRaises(JobCancelled):
            next(pieces)

    def test_it_stops_when_the_lease_does(self) -> None:
        def handler(job: RunningJob) -> None:
            with self.assertRaises(JobCancelled):
                job.upload_result(path)
            ended.set()

        ended = threading.Event()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "a"
            path.write_bytes(b"x")
            self.server.always("heartbeat", DROP)
            self.server.script("result-upload", Answer(503, before=lambda: self.clock.advance(27)))
            self.run_handler(handler)
            self.assertTrue(ended.wait(PATIENCE))
        self.assertEqual(len(self.server.calls(*WRITES)), 1)

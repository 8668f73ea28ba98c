"""Workers and clients against Errand itself; run where ERRAND_BINARY names it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from errand import (
    AsyncClient,
    AsyncRunningJob,
    AsyncWorker,
    Fatal,
    Job,
    JobCancelled,
    JobError,
    Problem,
    ResultFile,
    RetryLater,
    RunningJob,
    Worker,
)

from .real_server import LEASE, RealServerCase


def sleeper(seconds: float) -> Callable[[RunningJob], int]:
    """A handler that sleeps and returns the fence."""

    def sleep(job: RunningJob) -> int:
        job.sleep(seconds)
        return job.fence

    return sleep


class WorkerCase(RealServerCase):
    """Has a worker in a thread of the test."""

    def setUp(self) -> None:
        super().setUp()
        logging.getLogger("errand").setLevel(logging.CRITICAL + 1)
        self.addCleanup(logging.getLogger("errand").setLevel, logging.NOTSET)
        self.worker = Worker(self.server.url, slots=8, grace=0.2)

    @contextlib.contextmanager
    def running(self, worker: Worker | AsyncWorker | None = None) -> Iterator[None]:
        """Runs a worker meanwhile."""
        chosen = worker or self.worker
        thread = threading.Thread(
            target=lambda: chosen.run() if isinstance(chosen, Worker) else asyncio.run(chosen.run())
        )
        thread.start()
        try:
            yield
        finally:
            chosen.stop()
            thread.join(20)

    def run_job(self, type: str = "work", payload: Any = None, **options: Any) -> Job:
        """Submits a job and waits for its end."""
        return self.client.wait(self.client.submit(type, payload, **options).id, timeout=30)


class JobTests(WorkerCase):
    def test_a_job_runs_and_tells_what_it_does(self) -> None:
        @self.worker.job("work")
        def work(job: RunningJob) -> dict[str, Any]:
            job.progress(50, "Half\0", {"n": 1})
            for number in range(1200):
                job.log(f"line {number} ü\0", "warning")
            return {"payload": job.payload, "project": job.project_id, "attempt": job.attempt, "fence": job.fence}

        with self.running():
            job = self.run_job("work", {"a": [1, "ü", None]}, project_id="p")
        expected = {"payload": {"a": [1, "ü", None]}, "project": "p", "attempt": 1, "fence": 1}
        self.assertEqual((job.status, job.result), ("Completed", expected))
        self.assertEqual(self.client.result(job.number), expected)
        self.assertEqual((job.members["progressMessage"], job.members["data"]), ("Half\ufffd", {"n": 1}))
        lines = self.server.get(f"/api/jobs/{job.id}/logs?limit=1000")
        self.assertGreaterEqual(len(lines), 900)
        self.assertEqual([line["message"] for line in lines[:2]], ["line 0 ü\ufffd", "line 1 ü\ufffd"])
        self.assertEqual(lines[0]["level"], "warning")

    def test_a_repeated_submit_is_the_same_job(self) -> None:
        first = self.client.submit("work", {"a": 1}, idempotency_key='a "key"')
        self.assertEqual(self.client.submit("work", {"a": 1}, idempotency_key='a "key"').id, first.id)
        with self.assertRaises(Problem) as caught:
            self.client.submit("work", {"a": 2}, idempotency_key='a "key"')
        self.assertEqual(caught.exception.type, "idempotency-mismatch")
        self.client.cancel(first.id)

    def test_what_was_submitted_is_shown(self) -> None:
        big = 12345678901234567890
        id = self.client.submit("work", tags=["a"], metadata={"big": big}, delay_seconds=600).id
        job = self.client.job(id)
        self.assertEqual((job.tags, job.metadata), (("a",), {"big": big, "tags": ["a"]}))
        self.client.cancel(id)

    def test_a_submit_waits_for_its_end(self) -> None:
        self.worker.job("work")(sleeper(0.3))
        with self.running():
            self.assertEqual(self.client.submit("work", wait=10).result, 1)

    def test_what_is_refused_says_where(self) -> None:
        with self.assertRaises(Problem) as caught:
            self.client.submit("work", {}, priority="high")
        self.assertEqual((caught.exception.status, caught.exception.errors[0].pointer), (422, "/priority"))

    def test_failures_are_charged_until_there_are_no_attempts_left(self) -> None:
        attempts: list[int] = []

        @self.worker.job("shaky")
        def shaky(job: RunningJob) -> None:
            attempts.append(job.attempt)
            raise JobError("no", code="mine", details={"n": job.attempt}, retry_after=0)

        with self.running():
            job = self.run_job("shaky")
        assert job.failure
        self.assertEqual((job.status, attempts), ("Failed", [1, 2]))
        self.assertEqual((job.failure.code, job.failure.message, job.failure.details), ("mine", "no", {"n": 2}))

    def test_a_fatal_failure_is_the_last(self) -> None:
        @self.worker.job("work")
        def work(job: RunningJob) -> None:
            raise Fatal("never")

        with self.running():
            job = self.run_job()
        assert job.failure
        self.assertEqual((job.status, job.failure.code, job.members["attempt"]), ("Failed", "fatal", 1))

    def test_retry_later_is_not_charged(self) -> None:
        fences: list[int] = []

        @self.worker.job("work")
        def work(job: RunningJob) -> int:
            fences.append(job.fence)
            if len(fences) < 2:
                raise RetryLater(0.5)
            return job.attempt

        with self.running():
            job = self.run_job()
        self.assertEqual(job.result, 1)
        self.assertLess(fences[0], fences[1])

    def test_a_cancelled_job_ends_and_is_acknowledged(self) -> None:
        reasons: list[str | None] = []

        @self.worker.job("work")
        def work(job: RunningJob) -> None:
            try:
                job.sleep(60)
            except JobCancelled:
                reasons.append(job.stop_reason)
                raise

        with self.running():
            job = self.client.submit("work")
            self.wait_for(job, lambda job: job.status == "Running")
            self.assertEqual(self.client.cancel(job.id, "enough"), "Cancelled")
            self.wait_for(job, lambda job: "cancelAcknowledgedAt" in job.members)
        self.assertEqual(reasons, ["cancelled"])

    def test_a_job_out_of_time_fails_with_timeout(self) -> None:
        self.worker.job("shaky")(lambda job: job.sleep(60))
        with self.running():
            job = self.run_job("shaky", timeout_seconds=1)
        assert job.failure
        self.assertEqual((job.status, job.failure.code), ("Failed", "timeout"))

    def test_a_job_that_does_not_heed_its_time_fails_with_timeout(self) -> None:
        self.worker.job("work")(lambda job: time.sleep(2))
        with self.running():
            job = self.run_job("work", timeout_seconds=1, max_attempts=1)
        assert job.failure
        self.assertEqual((job.status, job.failure.code), ("Failed", "timeout"))

    def test_a_job_outlives_many_leases(self) -> None:
        self.worker.job("work")(sleeper(2.5 * LEASE))
        with self.running():
            self.assertEqual(self.run_job().result, 1)

    def test_a_large_result_fails_and_as_a_file_does_not(self) -> None:
        @self.worker.job("work")
        def work(job: RunningJob) -> str | None:
            if job.payload["file"]:
                job.upload_result(b"x" * 3_000_000, "täble.json")
                return None
            return "x" * 300_000

        with self.running():
            refused = self.run_job("work", {"file": False})
            assert refused.failure
            self.assertIn("upload_result", refused.failure.message)
            job = self.run_job("work", {"file": True})
        self.assertEqual(job.status, "Completed")
        file = self.client.result(job.id)
        assert isinstance(file, ResultFile)
        self.assertEqual((file.filename, file.size), ("täble.json", 3_000_000))
        file.save(self.folder / "file")
        self.assertEqual((self.folder / "file").read_bytes(), b"x" * 3_000_000)

    def test_what_postgres_and_json_cannot_keep_is_a_bad_result(self) -> None:
        self.worker.job("work")(lambda job: "\0")
        with self.running():
            job = self.run_job()
        assert job.failure
        self.assertEqual((job.status, job.failure.code), ("Failed", "bad_result"))

    def test_a_forgotten_session_does_not_end_its_jobs(self) -> None:
        begun = threading.Event()

        @self.worker.job("work")
        def work(job: RunningJob) -> int:
            begun.set()
            job.sleep(1.5 * LEASE)
            return job.fence

        logging.getLogger("errand").setLevel(logging.INFO)
        with self.assertLogs("errand", "INFO") as logs, self.running():
            job = self.client.submit("work")
            self.assertTrue(begun.wait(10))
            worker = next(line.split()[1] for line in logs.output if ":Worker w_" in line)
            self.assertEqual(self.server.delete(f"/api/worker/sessions/{worker}"), 204)
            self.assertEqual(self.client.wait(job.id, 20).result, 1)
            self.assertEqual(self.run_job().result, 1)
        self.assertTrue(any("forgotten" in line for line in logs.output))

    def test_many_jobs_each_run_once(self) -> None:
        runs: list[int] = []
        self.worker.job("work")(lambda job: runs.append(job.number))
        other = Worker(self.server.url, slots=8)
        other.job("work")(lambda job: runs.append(job.number))
        with self.running(), self.running(other):
            jobs = [self.client.submit("work", {"n": n}) for n in range(200)]
            ended = [self.client.wait(job.id, 30) for job in jobs]
        self.assertEqual({job.status for job in ended}, {"Completed"})
        self.assertEqual(sorted(runs), sorted(job.number for job in jobs))

    def wait_for(self, job: Job, holds: Any) -> None:
        end = time.monotonic() + 10
        while not holds(self.client.job(job.id)):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)


class AsyncTests(WorkerCase):
    def test_jobs_run_side_by_side_and_are_waited_for_so(self) -> None:
        worker = AsyncWorker(self.server.url, slots=50, grace=0.2)

        @worker.job("work")
        async def work(job: AsyncRunningJob) -> int:
            await job.save_checkpoint({"n": job.payload["n"]})
            await asyncio.sleep(0.5)
            result: int = job.payload["n"]
            return result

        async def submit() -> list[Any]:
            client = AsyncClient(self.server.url)
            jobs = await asyncio.gather(*[client.submit("work", {"n": n}) for n in range(50)])
            ended = await asyncio.gather(*[client.wait(job.id, 30) for job in jobs])
            return [job.result for job in ended]

        with self.running(worker):
            self.assertEqual(asyncio.run(submit()), list(range(50)))

    def test_a_cancel_and_a_timeout_reach_the_task(self) -> None:
        reasons: list[str | None] = []
        begun = threading.Event()
        worker = AsyncWorker(self.server.url, grace=0.2)

        @worker.job("work")
        async def work(job: AsyncRunningJob) -> None:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                reasons.append(job.stop_reason)
                raise

        with self.running(worker):
            job = self.client.submit("work")
            self.assertTrue(begun.wait(10))
            self.client.cancel(job.id)
            failed = self.run_job("work", timeout_seconds=1, max_attempts=1)
        assert failed.failure
        self.assertEqual(failed.failure.code, "timeout")
        self.assertEqual(reasons, ["cancelled", "timeout"])

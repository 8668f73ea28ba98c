"""Workers with `async` handlers: the protocol is the same, so these are about the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from errand import AsyncRunningJob, AsyncWorker, JobError, RetryLater

from .fake_server import DROP, problem
from .manual_clock import PATIENCE
from .worker_case import WorkerCase

WRITES = ("complete", "fail", "release", "cancelled", "progress", "logs", "checkpoint", "result-upload")


class AsyncWorkerTests(WorkerCase):
    def setUp(self) -> None:
        super().setUp()
        self.begun = threading.Event()
        self.ended: list[str | None] = []

    def run_async(self, handler: Callable[[AsyncRunningJob], Awaitable[Any]], **job: Any) -> dict[str, Any]:
        """Starts a worker with one handler and one slot, and gives it a job."""
        self.worker_ = AsyncWorker(self.server.url, slots=1, grace=20, clock=self.clock)
        self.worker_.job("work")(handler)
        self.thread = self.start(self.worker_)
        return self.server.give(**job)

    async def forever(self, job: AsyncRunningJob) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ended.append(job.stop_reason)
            raise

    def writes(self) -> list[str]:
        return [call.name for call in self.server.calls(*WRITES)]

    def test_a_job_runs_and_says_what_it_has_to_say(self) -> None:
        async def handler(job: AsyncRunningJob) -> dict[str, Any]:
            job.progress(50, "Half")
            job.log("one")
            await job.save_checkpoint({"done": 1})
            return {"payload": job.payload}

        self.server.script("checkpoint", DROP)
        self.run_async(handler, payload={"a": 1})
        self.clock.advance_until(lambda: bool(self.server.calls("complete")))
        self.assertEqual(self.server.wait_for("complete").json, {"result": {"payload": {"a": 1}}})
        self.assertEqual(self.server.wait_for("progress").json, {"progress": 50, "message": "Half"})
        self.assertEqual(self.server.wait_for("checkpoint", 2).json, {"done": 1})
        self.assertEqual(self.server.wait_for("logs").json["lines"][0]["msg"], "one")

    def test_a_file_becomes_the_result(self) -> None:
        async def handler(job: AsyncRunningJob) -> None:
            await job.upload_result(b"x", "a.bin")

        self.run_async(handler)
        self.assertEqual(self.server.wait_for("complete").json, {"resultUploadId": "upload-1"})

    def test_exceptions_end_it_as_they_do_in_threads(self) -> None:
        errors = [JobError("no", code="mine"), ValueError("wrong"), RetryLater(2), SystemExit(1)]

        async def handler(job: AsyncRunningJob) -> None:
            raise errors[job.number - 1]

        self.run_async(handler)
        for count in range(2, 6):
            self.server.wait_for("claim", count)
            self.server.give()
        codes = [call.json.get("code") for call in self.server.calls("fail", "release")]
        self.assertEqual(codes[:4], ["mine", "value_error", None, "system_exit"])

    def test_a_cancel_reaches_the_task_and_is_acknowledged(self) -> None:
        given = self.run_async(self.forever)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.actions[given["id"]] = "cancel"
        self.beat()
        self.server.wait_for("cancelled")
        self.assertEqual(self.ended, ["cancelled"])
        self.assertEqual(self.writes(), ["cancelled"])

    def test_a_cancel_waits_for_what_the_task_cleans_up(self) -> None:
        async def handler(job: AsyncRunningJob) -> None:
            try:
                await self.forever(job)
            finally:
                await asyncio.to_thread(self.go_on.wait, PATIENCE)

        given = self.run_async(handler)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.actions[given["id"]] = "cancel"
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 3, step=0.2)
        self.assertEqual((self.ended, self.writes()), (["cancelled"], []))
        self.go_on.set()
        self.server.wait_for("cancelled")

    def test_a_lost_lease_reaches_the_task_and_nothing_is_written(self) -> None:
        given = self.run_async(self.forever)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.server.actions[given["id"]] = "lost"
        self.beat()
        self.server.wait_for("claim", 2)
        self.assertEqual((self.ended, self.writes()), (["lost"], []))

    def test_a_lease_that_ran_out_reaches_the_task(self) -> None:
        self.server.always("heartbeat", DROP)
        self.run_async(self.forever)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance_until(lambda: len(self.server.calls("claim")) == 2, step=0.5)
        self.assertEqual((self.ended, self.writes()), (["lost"], []))

    def test_a_timeout_reaches_the_task_and_fails_the_job(self) -> None:
        self.run_async(self.forever, deadlineIn=10)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance_until(lambda: bool(self.server.calls("fail")))
        self.assertEqual(self.server.wait_for("fail").json["code"], "timeout")
        self.assertEqual(self.ended, ["timeout"])

    def test_a_cancellation_of_its_own_is_a_failure(self) -> None:
        async def handler(job: AsyncRunningJob) -> None:
            raise asyncio.CancelledError

        self.run_async(handler)
        self.assertEqual(self.server.wait_for("fail").json["code"], "cancelled_error")

    def test_a_handler_that_blocks_the_loop_does_not_lose_its_job(self) -> None:
        async def handler(job: AsyncRunningJob) -> None:
            self.begun.set()
            self.go_on.wait(PATIENCE)

        self.run_async(handler)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.clock.advance_until(lambda: len(self.server.calls("heartbeat")) == 8, step=0.5)
        self.go_on.set()
        self.server.wait_for("complete")

    def test_handlers_run_side_by_side(self) -> None:
        all_here = asyncio.Event()
        here: list[int] = []

        async def handler(job: AsyncRunningJob) -> None:
            here.append(job.number)
            if len(here) == 50:
                all_here.set()
            await all_here.wait()

        worker = AsyncWorker(self.server.url, slots=50, clock=self.clock)
        worker.job("work")(handler)
        for _ in range(50):
            self.server.give()
        self.start(worker)
        self.server.wait_for("complete", 50)

    def test_what_runs_may_end_after_a_stop(self) -> None:
        async def handler(job: AsyncRunningJob) -> str:
            self.begun.set()
            await asyncio.to_thread(self.go_on.wait, PATIENCE)
            return "done"

        self.run_async(handler)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.worker_.stop()
        self.server.wait_for("heartbeat")
        self.go_on.set()
        self.join(self.thread)
        self.assertEqual(self.server.wait_for("complete").json, {"result": "done"})
        self.assertEqual(self.server.calls()[-1].name, "end-session")
        self.assertEqual(self.failures, [])

    def test_after_the_grace_tasks_are_cancelled_and_given_back(self) -> None:
        self.run_async(self.forever)
        self.assertTrue(self.begun.wait(PATIENCE))
        self.worker_.stop()
        self.clock.advance_until(lambda: bool(self.server.calls("release")), step=0.2)
        self.join(self.thread)
        self.assertEqual((self.ended, self.writes()), (["shutdown"], ["release"]))

    def test_cancelling_its_run_stops_it_as_a_signal_does(self) -> None:
        async def main() -> None:
            running = asyncio.ensure_future(worker.run())
            await asyncio.to_thread(self.begun.wait, PATIENCE)
            running.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await running

        worker = AsyncWorker(self.server.url, grace=20, clock=self.clock)
        worker.job("work")(self.forever)
        thread = threading.Thread(target=lambda: asyncio.run(main()))
        thread.start()
        self.server.give()
        self.clock.advance_until(lambda: not thread.is_alive(), step=0.2)
        names = [call.name for call in self.server.calls("release", "end-session")]
        self.assertEqual(names, ["release", "end-session"])

    def test_a_worker_can_be_stopped_before_it_runs(self) -> None:
        worker = AsyncWorker(self.server.url, clock=self.clock)
        worker.job("work")(self.forever)
        worker.stop()
        self.join(self.start(worker))
        self.assertEqual(self.server.calls("claim"), [])

    def test_a_server_that_refuses_the_worker_ends_it(self) -> None:
        self.server.script("session", problem("conflict", 409))
        worker = AsyncWorker(self.server.url, clock=self.clock)
        worker.job("work")(self.forever)
        self.join(self.start(worker))
        self.assertEqual([getattr(failure, "type", None) for failure in self.failures], ["conflict"])

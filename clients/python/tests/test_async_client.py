"""The same operations from an event loop."""

from __future__ import annotations

import asyncio
import unittest

from errand import AsyncClient, Problem

from .fake_server import DROP, Answer, FakeServer, problem
from .manual_clock import PATIENCE
from .test_client import JOB, JOBS, job


class AsyncClientTests(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.client = AsyncClient(self.server.url, "key-1", timeout=PATIENCE)

    async def test_a_job_is_submitted_with_a_key_that_stays_the_same(self) -> None:
        self.server.script(JOBS, DROP, Answer(202, job()))
        found = await self.client.submit("resize", {"a": 1}, priority=3, wait=2)
        calls = self.server.calls(JOBS)
        self.assertEqual(found.status, "Queued")
        self.assertEqual(calls[0].json, {"type": "resize", "payload": {"a": 1}, "priority": 3})
        self.assertEqual(calls[0].headers["Idempotency-Key"], calls[1].headers["Idempotency-Key"])
        self.assertEqual(calls[0].headers["Prefer"], "wait=2")

    async def test_it_waits_for_the_end(self) -> None:
        self.server.script(JOB, Answer(200, job(), {"ETag": '"1"'}), Answer(200, job("Completed")))
        self.assertEqual((await self.client.wait(1, 5)).status, "Completed")
        self.assertEqual(self.server.wait_for(JOB, 2).headers["If-None-Match"], '"1"')

    async def test_the_other_operations(self) -> None:
        self.server.script(JOB, Answer(200, job()))
        self.server.script(JOB + "/result", Answer(200, [1]))
        self.server.script("POST /api/jobs/1/cancel", Answer(200, {"status": "Cancelled"}))
        self.server.script("POST /api/jobs/1/retry", Answer(200, {"status": "Queued"}))
        self.assertEqual((await self.client.job(1)).number, 1)
        self.assertEqual(await self.client.result(1), [1])
        self.assertEqual(await self.client.cancel(1), "Cancelled")
        self.assertEqual(await self.client.retry(1), "Queued")

    async def test_a_refusal_is_a_problem(self) -> None:
        self.server.script(JOB, problem("not-found", 404, detail="There is no job #1."))
        with self.assertRaises(Problem) as caught:
            await self.client.job(1)
        self.assertEqual(caught.exception.type, "not-found")

    async def test_many_can_wait_at_once(self) -> None:
        count = 50
        come = asyncio.Event()
        loop = asyncio.get_running_loop()

        def arrive() -> None:
            if len(self.server.calls(JOB)) >= 2 * count:
                loop.call_soon_threadsafe(come.set)
            self.server.wait_for(JOB, 2 * count)

        self.server.script(JOB, *[Answer(200, job(), {"ETag": '"1"'})] * count)
        self.server.always(JOB, Answer(200, job("Completed"), before=arrive))
        found = await asyncio.gather(*[self.client.wait(1, 60) for _ in range(count)])
        self.assertTrue(come.is_set())
        self.assertEqual({job.status for job in found}, {"Completed"})

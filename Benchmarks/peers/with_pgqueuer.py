"""pgqueuer with asyncpg, its fastest driver, and batches of 100, with which it drains fastest."""
import asyncio
import contextlib
import json

import asyncpg
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

STORED_JOBS = 100_000
BATCH = 100
ENTRYPOINT = "noop"


class Pgqueuer:
    name = "pgqueuer"

    def __init__(self, client, pool):
        self.client = Queries(AsyncpgDriver(client))
        self.pool = pool

    async def submit(self, n):
        await self.client.enqueue(ENTRYPOINT, b'{"n":%d}' % n)

    async def submit_all(self, numbers):
        payloads = [b'{"n":%d}' % n for n in numbers]
        await self.client.enqueue([ENTRYPOINT] * len(payloads), payloads, [0] * len(payloads))

    def manager(self, run):
        manager = QueueManager(Queries(AsyncpgPoolDriver(self.pool)))

        @manager.entrypoint(ENTRYPOINT)
        async def noop(job):
            run(json.loads(job.payload)["n"])

        return manager

    async def drain(self):
        """Runs all that is stored; answers with how many jobs ran."""
        ran = 0

        def run(_):
            nonlocal ran
            ran += 1

        await self.manager(run).run(batch_size=BATCH, mode=QueueExecutionMode.drain)
        return ran

    @contextlib.asynccontextmanager
    async def worker(self, run):
        manager = self.manager(run)
        running = asyncio.create_task(manager.run(batch_size=BATCH))
        yield
        manager.shutdown.set()
        await running


@contextlib.asynccontextmanager
async def opened(url):
    client = await asyncpg.connect(url)
    async with asyncpg.create_pool(url, min_size=4, max_size=4) as pool:
        peer = Pgqueuer(client, pool)
        if not await peer.client.schema_is_installed():
            await peer.client.install()
        yield peer
    await client.close()

"""procrastinate with psycopg's C speed-ups, ten jobs at once and a connection for each."""
import asyncio
import contextlib

import procrastinate

# It drains about a thousand a second: more would only take longer.
STORED_JOBS = 5_000
CONCURRENCY = 10


class Procrastinate:
    name = "procrastinate"

    def __init__(self, app):
        self.app = app
        self.run = lambda n: None

        @app.task(name="noop")
        async def noop(n):
            self.run(n)

        self.noop = noop

    async def submit(self, n):
        await self.noop.defer_async(n=n)

    async def submit_all(self, numbers):
        await self.noop.batch_defer_async(*({"n": n} for n in numbers))

    def work(self, wait):
        return self.app.run_worker_async(concurrency=CONCURRENCY, wait=wait, install_signal_handlers=False)

    async def drain(self):
        """Runs all that is stored; answers with how many jobs ran."""
        ran = 0

        def run(_):
            nonlocal ran
            ran += 1

        self.run = run
        await self.work(wait=False)
        return ran

    @contextlib.asynccontextmanager
    async def worker(self, run):
        self.run = run
        running = asyncio.create_task(self.work(wait=True))
        yield
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@contextlib.asynccontextmanager
async def opened(url):
    # One to submit with and one to listen with, beside the worker's.
    size = CONCURRENCY + 2
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=size, max_size=size)
    app = procrastinate.App(connector=connector)
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        yield Procrastinate(app)

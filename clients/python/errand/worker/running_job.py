"""A job as its handler has it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor

from ..clock import Clock
from ..exchange import Request, Response
from ..json_text import JSON, encode
from ..problem import Problem
from .errors import JobCancelled
from .job_calls import JobCalls
from .reporter import Reporter
from .run import Run
from .upload import Upload


class _JobView:
    """What is the same for all handlers: what the job is, and what can be said without waiting."""

    def __init__(self, run: Run, calls: JobCalls, reporter: Reporter, clock: Clock) -> None:
        claim = run.claim
        self.id: str = claim.id
        """Its identifier, the same for every run: give it to services that refuse duplicates."""
        self.number: int = claim.number
        """Its number, for people."""
        self.type: str = claim.type
        """Which handler runs it."""
        self.queue: str = claim.queue
        """Where it waited."""
        self.payload: JSON = claim.payload
        """What to work on."""
        self.attempt: int = claim.attempt
        """Which attempt this is, from 1."""
        self.max_attempts: int = claim.max_attempts
        """After how many failed attempts it fails for good."""
        self.lost_count: int = claim.lost_count
        """How many runs in a row ended without a word from their worker."""
        self.project_id: str | None = claim.project_id
        """The project it belongs to."""
        self.tenant_id: str | None = claim.tenant_id
        """The tenant it belongs to."""
        self.checkpoint: JSON = claim.checkpoint
        """What an earlier run saved last; None where there is nothing."""
        self.fence: int = claim.lease.fence
        """The number of this run, larger than that of every run before: give it to systems that can compare it."""
        self.traceparent: str | None = claim.traceparent
        """The trace it belongs to (W3C Trace Context)."""
        self._run = run
        self._calls = calls
        self._reporter = reporter
        self._clock = clock

    @property
    def is_cancelled(self) -> bool:
        """Whether the handler should end: what it still does counts for nothing, or soon will."""
        return self._run.stop is not None

    @property
    def stop_reason(self) -> str | None:
        """Why the handler should end: "cancelled", "lost", "timeout" or "shutdown"; None while it may go on."""
        stop = self._run.stop
        return stop.word if stop else None

    def raise_if_cancelled(self) -> None:
        """Ends the handler if it should end.

        Raises:
            JobCancelled: It should.
        """
        if stop := self._run.stop:
            raise JobCancelled(f"The run should end: {stop.word}.")

    def progress(self, percent: float | None, message: str | None = None, data: dict[str, JSON] | None = None) -> None:
        """Says how far the job is. It never waits: the latest report is sent, at most four times in a second.

        Parameters:
            percent: From 0 to 100; None to leave it as it is.
            message: What it is doing, for people; cut where it is too long.
            data: What else those who follow the job should see; a dict.

        Raises:
            TypeError: The data is no dict, or has no JSON form.
            ValueError: The data is too large.
        """
        self._run.reports.progress(percent, message, data)
        self._reporter.wake()

    def log(self, message: str, level: str = "info") -> None:
        """Writes a line to the job's log. It never waits: lines are sent together.

        Parameters:
            message: The line; cut where it is too long.
            level: trace, debug, info, notice, warning, error or critical.

        Raises:
            ValueError: There is no such level.
        """
        self._run.reports.log(message, level)
        self._reporter.wake()

    def _save_checkpoint(self, value: JSON) -> None:
        body = encode(value)
        if len(body) > self._run.limits.checkpoint:
            raise ValueError(f"The checkpoint has {len(body)} bytes, and {self._run.limits.checkpoint} are the limit.")
        self._ask(lambda: self._calls.request(self._run, "PUT", "checkpoint", body))

    def _upload_result(self, upload: Upload) -> None:
        answer = self._ask(lambda: upload.request(self._run))
        self._run.upload_id = answer.members()["uploadId"]

    def _ask(self, request: Callable[[], Request]) -> Response:
        # Told to end for its time or the worker's, a handler may still save what it has.
        response = self._calls.until_answered(self._run, request)
        if not response.is_success:
            raise Problem.of(response)
        return response


class RunningJob(_JobView):
    """A job as a handler has it that runs in a thread."""

    def sleep(self, seconds: float) -> None:
        """Waits, but not beyond the moment when the handler should end.

        Parameters:
            seconds: For how long.

        Raises:
            JobCancelled: It should end.
        """
        self._clock.wait(self._run.told, seconds)
        self.raise_if_cancelled()

    def save_checkpoint(self, value: JSON) -> None:
        """Keeps how far the job is: where this run ends badly, the next one finds it in `checkpoint`.

        It waits until the server has it, and tries again while the server is away.

        Parameters:
            value: What the next run should know.

        Raises:
            JobCancelled: The run is over; the checkpoint was not saved.
            TypeError: The value has no JSON form.
            ValueError: The value is too large.
            Problem: The server refused it.
        """
        self._save_checkpoint(value)

    def upload_result(self, source: bytes | str | os.PathLike[str], filename: str | None = None) -> None:
        """Uploads a file that is the job's result; the handler then returns nothing.

        It waits until the server has it, and tries again while the server is away.

        Parameters:
            source: The content, or the path of the file that has it.
            filename: How it should be called; None for the name in the path.

        Raises:
            JobCancelled: The run is over; there is no result.
            OSError: The file cannot be read.
            ValueError: There is no name.
            Problem: The server refused it.
        """
        self._upload_result(Upload(source, filename))


class AsyncRunningJob(_JobView):
    """A job as an `async` handler has it. When it should end, its task is cancelled."""

    def __init__(self, run: Run, calls: JobCalls, reporter: Reporter, clock: Clock, executor: Executor) -> None:
        super().__init__(run, calls, reporter, clock)
        self._executor = executor

    async def save_checkpoint(self, value: JSON) -> None:
        """Keeps how far the job is; see `RunningJob.save_checkpoint`."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._save_checkpoint, value)

    async def upload_result(self, source: bytes | str | os.PathLike[str], filename: str | None = None) -> None:
        """Uploads a file that is the job's result; see `RunningJob.upload_result`."""
        upload = Upload(source, filename)
        await asyncio.get_running_loop().run_in_executor(self._executor, self._upload_result, upload)

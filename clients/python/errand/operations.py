"""What can be asked about jobs, apart from how requests are carried.

An operation is a generator: it yields a request, is sent the answer or thrown `Unreachable`, and returns what was asked
for. `Client` carries the requests with threads, `AsyncClient` with an event loop; what is repeated, and when, is here.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from .address import Address
from .backoff import Backoff
from .clock import Clock
from .exchange import TRANSIENT, Request, Response, Unreachable
from .job import Job
from .json_text import JSON, encode
from .problem import Problem
from .result_file import ResultFile

T = TypeVar("T")
Operation = Generator[Request, Response, T]

LONGEST_HOLD = 30
"""For how many seconds one request may wait for a change: less than what proxies take for silence."""


class Operations:
    """Makes the operations of one client."""

    def __init__(self, address: Address, patience: float, clock: Clock) -> None:
        self._address = address
        self._patience = patience
        self._clock = clock

    def submit(
        self, type: str, payload: JSON, key: str | None, wait: int | None, options: Mapping[str, Any]
    ) -> Operation[Job]:
        """Submits a job; see `Client.submit`."""
        # With a key the request is the same job however often it arrives, so it may be repeated.
        headers = {"Idempotency-Key": _quoted(str(uuid.uuid4()) if key is None else key)}
        if wait is not None:
            headers["Prefer"] = f"wait={wait}"
        members = {_camel(name): value for name, value in options.items() if value is not None}
        if traceparent := members.pop("traceparent", None):
            headers["traceparent"] = traceparent
        body = encode({"type": type} | ({} if payload is None else {"payload": payload}) | members)
        response = yield from self._exchange(Request("POST", "/api/jobs", body, headers, hold=float(wait or 0)))
        return Job.of(response.members())

    def job(self, id: str | int) -> Operation[Job]:
        """Reads a job."""
        response = yield from self._exchange(Request("GET", _path(id)))
        return Job.of(response.members())

    def wait(self, id: str | int, timeout: float | None) -> Operation[Job]:
        """Waits for a job's end; see `Client.wait`."""
        end = math.inf if timeout is None else self._clock.now() + timeout
        response = yield from self._exchange(Request("GET", _path(id)))
        job = Job.of(response.members())
        pause = 0.0
        while not job.has_ended:
            left = end - self._clock.now()
            if left <= 0:
                raise TimeoutError(f"Job #{job.number} is still {job.status} after {timeout} s.")
            hold = max(1, math.floor(min(left, LONGEST_HOLD)))
            headers = {"Prefer": f"wait={hold}", "If-None-Match": response.headers.get("etag", "")}
            asked = self._clock.now() + pause
            found = yield from self._exchange(Request("GET", _path(id), None, headers, hold=hold, after=pause))
            if found.status != 304:
                response, job = found, Job.of(found.members())
            # A server that is about to stop answers at once: asking again at once would only keep it busy.
            early = found.status == 304 and self._clock.now() - asked < hold / 2
            pause = min(found.retry_after or 1.0, left) if early else 0.0
        return job

    def result(self, id: str | int) -> Operation[JSON | ResultFile]:
        """Fetches a result; see `Client.result`."""
        response = yield from self._exchange(Request("GET", f"{_path(id)}/result"))
        if response.status != 303:
            return response.json()
        # A file: asked in words, the server also says how it is called and what it must contain.
        found = yield from self._exchange(Request("GET", f"{_path(id)}/result?redirect=false"))
        return ResultFile.of(found.members(), self._address.url)

    def cancel(self, id: str | int, reason: str | None) -> Operation[str]:
        """Cancels a job; see `Client.cancel`."""
        body = encode({} if reason is None else {"reason": reason})
        tries: list[Request] = []
        try:
            response = yield from self._exchange(Request("POST", f"{_path(id)}/cancel", body), tries)
        except Problem as problem:
            # The answer to a try before this one was lost: the job is cancelled, and that was what was asked for.
            if len(tries) > 1 and problem.current_status == "Cancelled":
                return "Cancelled"
            raise
        return str(response.members()["status"])

    def retry(self, id: str | int, run_at: str | None) -> Operation[str]:
        """Queues a job again; see `Client.retry`."""
        body = encode({} if run_at is None else {"runAt": run_at})
        # Not repeatable: where the answer was lost, the job may have run and failed again meanwhile.
        request = Request("POST", f"{_path(id)}/retry", body, repeatable=False)
        response = yield from self._exchange(request)
        return str(response.members()["status"])

    def _exchange(self, request: Request, tries: list[Request] | None = None) -> Operation[Response]:
        """Sends a request until it has an answer that is worth something, or patience is at its end."""
        backoff = Backoff()
        end = self._clock.now() + self._patience + request.hold
        after = request.after
        while True:
            if tries is not None:
                tries.append(request)
            try:
                response = yield replace(request, after=after)
            except Unreachable as error:
                after = backoff.delay()
                if (error.sent and not request.repeatable) or self._clock.now() + after > end:
                    raise
                continue
            if response.is_success or response.status in (303, 304):
                return response
            problem = Problem.of(response)
            after = backoff.delay(problem.retry_after)
            # 429 refuses before anything was done; the others may come from after it.
            again = response.status == 429 or (response.status in TRANSIENT and request.repeatable)
            if not again or self._clock.now() + after > end:
                raise problem


def _path(id: str | int) -> str:
    return f"/api/jobs/{quote(str(id), safe='')}"


def _quoted(key: str) -> str:
    """A key as a string of structured fields (RFC 8941)."""
    if not 1 <= len(key) <= 255 or not all(" " <= character <= "~" for character in key):
        raise ValueError(f"The idempotency key {key!r} must be 1 to 255 printable characters of ASCII.")
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)

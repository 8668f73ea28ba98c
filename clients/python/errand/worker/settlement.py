"""How a run ends."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from dataclasses import dataclass
from typing import Any

from ..json_text import JSON, cut, encode
from .errors import JobCancelled, JobError, RetryLater
from .run import Run
from .stop import Stop

logger = logging.getLogger("errand")


@dataclass(frozen=True)
class Returned:
    """A handler that returned."""

    value: JSON


@dataclass(frozen=True)
class Raised:
    """A handler that raised."""

    error: BaseException


Outcome = Returned | Raised


@dataclass(frozen=True)
class Settlement:
    """What the server is told about the end of a run, in the very bytes: a repetition has to be the same."""

    call: str
    """complete, fail, release or cancelled."""
    body: bytes | None


CANCELLED = Settlement("cancelled", None)
"""The handler of a cancelled job has stopped."""


def settlement(run: Run, outcome: Outcome) -> Settlement | None:
    """What to tell the server when a handler has ended; None for nothing.

    What a handler says on purpose (a value, `RetryLater`, `JobError`, `Fatal`) counts even after it was told to end:
    it was in time. Any other exception after that is put down to having been told.
    """
    stop = run.stop
    if stop is Stop.LOST:
        return None
    if stop is Stop.CANCELLED:
        return CANCELLED
    if isinstance(outcome, Returned):
        return completed(run, outcome.value)
    error = outcome.error
    if isinstance(error, RetryLater):
        return released(error.reason, error.seconds)
    if stop is not None and not isinstance(error, JobError):
        return timed_out(run) if stop is Stop.TIMEOUT else released("shutdown")
    return failed(run, error)


def completed(run: Run, value: JSON) -> Settlement:
    """Completes with a value, or with the file that was uploaded; fails where the value cannot be a result."""
    if run.upload_id is not None:
        if value is not None:
            logger.warning("%s: what its handler returned is left out, its result is a file.", run.name)
        return Settlement("complete", encode({"resultUploadId": run.upload_id}))
    try:
        result = encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        return bad_result(run, f"The handler returned what JSON cannot say: {error}")
    if len(result) > run.limits.result:
        return bad_result(
            run,
            f"The result has {len(result)} bytes, and {run.limits.result} are the limit: "
            "give large results as a file, with job.upload_result(…).",
        )
    return Settlement("complete", b'{"result":' + result + b"}")


def bad_result(run: Run, message: str) -> Settlement:
    """Fails for good: another attempt would do all the work again, and end in the same way."""
    return _failure(run, {"code": "bad_result", "message": message, "retryable": False})


def timed_out(run: Run) -> Settlement:
    """Fails because the time for the run is over."""
    return _failure(run, {"code": "timeout", "message": f"The run took longer than {run.claim.deadline_in} s."})


def released(reason: str, delay: float = 0.0) -> Settlement:
    """Gives the job back; the attempt is not charged."""
    body: dict[str, Any] = {"reason": cut(reason, 200)}
    if delay > 0:
        body["delaySeconds"] = math.ceil(delay)
    return Settlement("release", encode(body))


def failed(run: Run, error: BaseException) -> Settlement:
    """Fails as an exception says; its traceback is for the worker's own log alone."""
    if not isinstance(error, (JobError, JobCancelled, asyncio.CancelledError)):
        logger.error("%s failed: %r", run.name, error, exc_info=error)
    name = _snake_case(type(error).__name__)
    body: dict[str, Any] = {"code": name, "message": str(error) or type(error).__name__}
    if isinstance(error, JobError):
        body["code"] = _word(error.code) if error.code else name
        body["retryable"] = error.retryable
        if error.retry_after is not None:
            body["retryAfterSeconds"] = math.ceil(max(0.0, error.retry_after))
        body |= _details(run, error.details)
    return _failure(run, body)


def _failure(run: Run, body: dict[str, Any]) -> Settlement:
    return Settlement("fail", encode(body | {"message": cut(body["message"], run.limits.error)}))


def _details(run: Run, details: JSON) -> dict[str, Any]:
    if details is None:
        return {}
    try:
        size = len(encode(details))
    except (TypeError, ValueError, RecursionError) as error:
        logger.warning("%s: the details of its error are left out, JSON cannot say them: %s", run.name, error)
        return {}
    if size > run.limits.details:
        logger.warning("%s: the details of its error are left out, they have %d bytes.", run.name, size)
        return {}
    return {"details": details}


def _snake_case(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return _word(spaced.strip("_").lower())


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:100] or "error"

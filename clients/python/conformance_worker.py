"""The worker that the conformance kit drives: the types it needs, and nothing else.

ERRAND_URL=http://127.0.0.1:8080 ERRAND_KEY= CONFORMANCE_SLOTS=4 python3 conformance_worker.py
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Any

from errand import Fatal, JobCancelled, JobError, RunningJob, Worker

worker = Worker(
    os.environ["ERRAND_URL"],
    os.environ.get("ERRAND_KEY") or None,
    slots=int(os.environ.get("CONFORMANCE_SLOTS", "4")),
    grace=1.0,
)

STEP = 0.05
"""Seconds between two looks at whether a recording job should end."""


@worker.job("kit.echo")
def echo(job: RunningJob) -> Any:
    """Returns the payload."""
    return job.payload


@worker.job("kit.sleep")
def sleep(job: RunningJob) -> dict[str, float]:
    """Sleeps, unless it is cancelled."""
    job.sleep(job.payload["seconds"])
    return {"slept": job.payload["seconds"]}


@worker.job("kit.record")
def record(job: RunningJob) -> dict[str, int]:
    """Writes down when its side effects begin and end: where two runs overlap, the file shows it."""
    _append(job, "start")
    steps = max(1, round(job.payload["seconds"] / STEP))
    try:
        for step in range(steps):
            job.progress(100 * step / steps)
            job.sleep(job.payload["seconds"] / steps)
    except JobCancelled:
        _append(job, "stopped")
        raise
    _append(job, "end")
    return {"fence": job.fence}


@worker.job("kit.fail")
def fail(job: RunningJob) -> None:
    """Fails as the payload says."""
    kind = JobError if job.payload["retryable"] else Fatal
    raise kind(job.payload["message"], code=job.payload["code"])


@worker.job("kit.checkpoint")
def checkpoint(job: RunningJob) -> dict[str, int]:
    """Counts on from its checkpoint, and dies once on the way."""
    done = (job.checkpoint or {"done": 0})["done"]
    for step in range(done + 1, job.payload["steps"] + 1):
        job.save_checkpoint({"done": step})
        # A run that begins with the checkpoint of this step does not come here again.
        if step == job.payload.get("dieAt"):
            os.kill(os.getpid(), signal.SIGKILL)
    return {"done": job.payload["steps"]}


@worker.job("kit.log")
def log(job: RunningJob) -> None:
    """Writes numbered lines to the job's log."""
    for number in range(1, job.payload["lines"] + 1):
        job.log(f"line {number}")


@worker.job("kit.large")
def large(job: RunningJob) -> str:
    """Returns a text of a given length."""
    return "x" * int(job.payload["bytes"])


@worker.job("kit.upload")
def upload(job: RunningJob) -> None:
    """Gives a file as its result."""
    job.upload_result(b"x" * job.payload["bytes"], "kit.bin")


def _append(job: RunningJob, word: str) -> None:
    # One write, so that lines of several processes do not mix.
    file = os.open(job.payload["file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, f"{job.id} {job.fence} {word}\n".encode())
    finally:
        os.close(file)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    worker.run()

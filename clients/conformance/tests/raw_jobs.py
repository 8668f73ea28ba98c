"""The job types of the conformance kit, for the raw worker."""

import json
import os
import signal
import time
from datetime import datetime, timezone

STEP = 0.02


class Failure(Exception):
    """How a handler fails: what is sent to the server."""

    def __init__(self, code, message, retryable=True):
        super().__init__(message)
        self.body = {"code": code, "message": message, "retryable": retryable}


class Stopped(Exception):
    """The handler was told to stop."""


def run(run):
    """Runs a job to its end, and says how that was; nothing at all where the lease is lost."""
    try:
        word, body = "complete", HANDLERS[run.job["type"]](run, run.job["payload"])
        if len(json.dumps(body)) > run.worker.session["limits"]["resultBytes"]:
            raise Failure("result_too_large", "The result is larger than the server takes.", retryable=False)
    except Failure as failure:
        word, body = "fail", failure.body
    except Stopped:
        word, body = None, None
    why = run.stops() if word is None else None
    if why == "timeout":
        word, body = "fail", {"code": "timeout", "message": "The run took too long."}
    elif why == "shutdown":
        word, body = "release", {"reason": "shutdown"}
    elif why == "cancel":
        word, body = "cancelled", {}
    if word:
        run.settle(word, body)


def sleep(run, seconds, each=lambda part: None):
    """Sleeps in steps, and raises `Stopped` when there is a reason."""
    begun = time.monotonic()
    while True:
        if run.stops():
            raise Stopped
        left = begun + seconds - time.monotonic()
        if left <= 0:
            return
        each(1 - left / seconds)
        time.sleep(min(STEP, left))


def do_echo(run, payload):
    return {"result": payload}


def do_sleep(run, payload):
    sleep(run, payload["seconds"])
    return {"result": {"slept": payload["seconds"]}}


def do_record(run, payload):
    def append(event):
        file = os.open(payload["file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{run.id} {run.fence} {event}\n".encode())
        os.close(file)

    append("start")
    said = [0]

    def progress(part):
        if part >= said[0]:
            said[0] = part + 0.25
            run.report("progress", {"progress": int(100 * part)})

    try:
        sleep(run, payload["seconds"], progress)
    except Stopped:
        append("stopped")
        raise
    append("end")
    return {"result": {"fence": run.fence}}


def do_fail(run, payload):
    raise Failure(payload["code"], payload["message"], payload["retryable"])


def do_checkpoint(run, payload):
    before = (run.job.get("checkpoint") or {"done": 0})["done"]
    for done in range(before + 1, payload["steps"] + 1):
        run.report("checkpoint", {"done": done}, "PUT")
        if done == payload["dieAt"]:
            os.kill(os.getpid(), signal.SIGKILL)
    return {"result": {"done": payload["steps"]}}


def do_log(run, payload):
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    lines = [{"ts": now, "level": "info", "msg": f"line {number}"} for number in range(1, payload["lines"] + 1)]
    for begin in range(0, len(lines), 500):
        run.log(lines[begin:begin + 500])
    return {}


def do_large(run, payload):
    return {"result": "x" * payload["bytes"]}


def do_upload(run, payload):
    status, answer = run.call("result-upload?filename=kit.bin", b"x" * payload["bytes"],
                              **{"Content-Type": "application/octet-stream"})
    if status != 201:
        raise Failure("upload_failed", f"The upload was answered {status}.")
    return {"resultUploadId": answer["uploadId"]}


HANDLERS = {
    "kit.echo": do_echo, "kit.sleep": do_sleep, "kit.record": do_record, "kit.fail": do_fail,
    "kit.checkpoint": do_checkpoint, "kit.log": do_log, "kit.large": do_large, "kit.upload": do_upload,
}

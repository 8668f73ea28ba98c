"""How runs end: results, failures and files arrive as the job's record shows them."""

import hashlib

from checks.registry import check
from stage.failure import expect
from stage.patience import patient

ECHO = {
    "text": "Grüße, 世界 🌍 \u2028 \"quoted\" \\ \n\t",
    "numbers": [0, -1, 1.5, 1e-7, 123456789012345],
    "nested": {"list": [{}, [], None, True, False, [[1], {"a": "b"}]]},
    "": "an empty name",
    "with space": "",
}
LIMIT = patient(30)


@check("results.echo")
def echo(stage):
    """A payload comes to the handler as it was submitted, and a result to the record as it was returned."""
    worker = stage.worker()
    id = stage.submit("echo", ECHO)
    job = stage.api.wait_for_end(id, LIMIT)
    call = worker.calls("complete", id)[-1]
    expect(job.get("result") == ECHO, f"the record's result is {job.get('result')}", call)
    expect(call.answered == {"status": "Completed"}, "the answer to complete is wrong", call)


@check("results.nothing")
def nothing(stage):
    """A handler that returns nothing completes its job all the same."""
    stage.worker()
    job = stage.api.wait_for_end(stage.submit("log", {"lines": 1}), LIMIT)
    expect(job.get("result") is None, f"the result of a job that returned nothing is {job.get('result')!r}")


@check("results.large")
def large(stage):
    """A result may be nearly as large as the session's limits say."""
    worker = stage.worker()
    size = worker.ready()["limits"]["resultBytes"] - 1024
    job = stage.api.wait_for_end(stage.submit("large", {"bytes": size}), LIMIT)
    expect(job.get("result") is not None and len(job["result"]) == size, "the record has another result")


@check("results.too-large")
def too_large(stage):
    """A result over the limit is a failure of its job, and not the end of the worker."""
    worker = stage.worker()
    limit = worker.ready()["limits"]["resultBytes"]
    for size in (limit + 1, 2_500_000):
        id = stage.submit("large", {"bytes": size}, maxAttempts=1)
        stage.api.wait_for_end(id, LIMIT, "Failed")
        outcomes = [run["outcome"] for run in stage.api.attempts(id)]
        calls = worker.recording.all(job=id)
        expect(outcomes == ["failed"], f"the runs of a job with a result of {size} bytes ended {outcomes}", *calls[-2:])
    stage.api.wait_for_end(stage.submit("echo", {"still": "there"}), LIMIT)
    expect(worker.is_alive, f"the worker ended; it said: {worker.said()}")


@check("results.failure")
def failure(stage):
    """Code and message of a failure stand in the record; one that is not retryable is final."""
    worker = stage.worker()
    asked = {"code": "out_of_paper", "message": "Kein Papier: ü 🧻", "retryable": False}
    id = stage.submit("fail", asked, maxAttempts=3)
    job = stage.api.wait_for_end(id, LIMIT, "Failed")
    call = worker.calls("fail", id)[-1]
    said = {key: job.get("failure", {}).get(key) for key in ("code", "message")}
    expect(said == {"code": asked["code"], "message": asked["message"]}, f"the record's failure is {said}", call)
    expect(job["attempt"] == 1, f"the job has {job['attempt']} attempts, and its failure was final", call)


@check("results.retry")
def retry(stage):
    """A failure that is retryable uses up an attempt, and the last of them is final."""
    worker = stage.worker()
    id = stage.submit("fail", {"code": "again", "message": "later", "retryable": True}, maxAttempts=2)
    stage.api.wait_for_end(id, LIMIT, "Failed")
    calls = worker.calls("fail", id, count=2)
    statuses = [(call.answered or {}).get("status") for call in calls]
    expect(statuses == ["Queued", "Failed"], f"the failures were answered {statuses}", *calls)
    expect(calls[0].answered.get("runAt"), "the answer to a failure that is tried again must say when", calls[0])
    expect(calls[0].fence < calls[1].fence, "the second run must have a larger fence", *calls)


@check("results.file")
def file(stage):
    """A result may be a file, which is uploaded as it is."""
    worker = stage.worker()
    size = 3 << 20  # More than any body of JSON may have.
    id = stage.submit("upload", {"bytes": size})
    stage.api.wait_for_end(id, LIMIT)
    upload, end = worker.calls("result-upload", id)[-1], worker.calls("complete", id)[-1]
    files = [(file["name"], file["size"], file["sha256"]) for file in stage.api.files(id)]
    right = [("kit.bin", size, hashlib.sha256(b"x" * size).hexdigest())]
    expect(files == right, f"the job's files are {files}", upload, end)
    named = end.json.get("resultUploadId")
    expect(named == upload.answered["uploadId"], "complete does not name the upload", upload, end)
    expect(stage.api.result(id) == b"x" * size, "the job's result is another file", upload, end)

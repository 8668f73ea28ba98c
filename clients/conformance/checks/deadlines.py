"""A run that takes longer than it may."""

from checks.registry import check
from stage.failure import expect
from stage.patience import patient

LIMIT = patient(30)


@check("deadlines.timeout")
def timeout(stage):
    """The worker ends it in time and fails the job with the code `timeout`."""
    worker, ledger = stage.worker(), stage.ledger()
    ids = [stage.submit("sleep", {"seconds": 30}, timeoutSeconds=1, maxAttempts=1),
           stage.record(ledger, 30, timeoutSeconds=1, maxAttempts=1)]
    for id in ids:
        job = stage.api.wait_for_end(id, LIMIT, "Failed")
        claim, given = worker.given(id)
        calls = worker.calls("fail", id)
        expect(0 < given.get("deadlineIn", 0) <= 1, "the claim's deadlineIn is wrong", claim)
        expect(calls, f"the worker did not fail the job; it is {job.get('failure')}", claim)
        expect(calls[0].json.get("code") == "timeout", "the failure's code must be timeout", *calls)
        expect(job["failure"]["code"] == "timeout", f"the record's failure is {job['failure']}", *calls)
        seconds = calls[-1].ended - claim.ended
        expect(0.5 <= seconds <= 1 + patient(0.5), f"the job failed {seconds:.2f} s after it was claimed, and had 1 s", *calls)
    ledger.wait(LIMIT, ids[1], "stopped")


@check("deadlines.retried")
def retried(stage):
    """A timeout uses up an attempt, and the job runs again while there are more."""
    worker, ledger = stage.worker(), stage.ledger()
    id = stage.record(ledger, 30, timeoutSeconds=1, maxAttempts=2)
    stage.api.wait_for_end(id, LIMIT, "Failed")
    outcomes = [run["outcome"] for run in stage.api.attempts(id)]
    expect(outcomes in (["failed", "failed"], ["timeout", "timeout"]), f"the runs ended {outcomes}",
           *worker.recording.all("fail", id))
    events = [entry.event for entry in ledger.entries(id)]
    expect(events == ["start", "stopped"] * 2, f"the runs said {events} in the ledger")

"""F13: the end of a run is said again when nobody answered, and takes effect once."""

from checks.registry import check
from oracle import fence_rules
from stage.failure import expect, expect_none
from stage.patience import patient
from wire.faults import Answer, Cut, Drop, calls

LIMIT = patient(30)
# What a worker may take from a signal to its end: the grace it has by contract, and time to say what is to be said.
STOP_SECONDS = patient(3.5)


def drop(worker, word):
    """The next answer to such a call does not arrive, and no heartbeat tells what became of the job."""
    fault = worker.proxy.add(Drop(calls(word)))
    # The server calls a job lost whose end it knows, and a worker may take that for the answer.
    worker.proxy.add(Answer(lambda exchange: exchange.call == "heartbeat" and fault.met, 503, times=None))
    return fault


def repeated(worker, word, id, status):
    """The call was made twice, with the same body under the same lease, and both were answered by the server alike."""
    found = worker.calls(word, id, count=2)
    expect(len(found) == 2, f"{word} was called {len(found)} times, and had to be called again once", *found)
    first, second = found
    same = (first.request.body, first.fence, first.token) == (second.request.body, second.fence, second.token)
    expect(same, f"{word} was repeated with another body or lease", *found)
    expect(second.status == status, f"the repeated {word} was answered {second.status} and not {status}", *found)
    expect(first.answered == second.answered, f"the repeated {word} was answered otherwise than the first", *found)
    return found


def ran_once(stage, id, outcome):
    outcomes = [run["outcome"] for run in stage.api.attempts(id)]
    expect(outcomes == [outcome], f"the job's runs ended {outcomes}, and had to end [{outcome}]")


@check("settles.complete-dropped")
def complete_dropped(stage):
    """The server completed the job, and the worker never heard of it."""
    worker, ledger = stage.worker(), stage.ledger()
    drop(worker, "complete")
    id = stage.record(ledger, 0.2)
    stage.api.wait_for_end(id, LIMIT)
    repeated(worker, "complete", id, 200)
    ran_once(stage, id, "completed")
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, [id])))


@check("settles.fail-dropped")
def fail_dropped(stage):
    """The same of a failure that is final."""
    worker = stage.worker()
    drop(worker, "fail")
    id = stage.submit("fail", {"code": "broken", "message": "no", "retryable": False})
    stage.api.wait_for_end(id, LIMIT, "Failed")
    repeated(worker, "fail", id, 200)
    ran_once(stage, id, "failed")


@check("settles.retry-dropped")
def retry_dropped(stage):
    """The same of a failure that is tried again: the first run's end is said again, maybe while the second runs."""
    worker = stage.worker()
    first = drop(worker, "fail")
    id = stage.submit("fail", {"code": "broken", "message": "no", "retryable": True}, maxAttempts=2)
    stage.api.wait_for_end(id, LIMIT, "Failed")
    fence = first.met[0].fence
    again = worker.calls("fail", id, count=2, fence=fence)
    expect(len(again) == 2, f"the first failure was said {len(again)} times, and had to be said twice", *again)
    expect(again[1].status == 200, f"the repeated failure was answered {again[1].status}", *again)
    outcomes = [run["outcome"] for run in stage.api.attempts(id)]
    expect(outcomes == ["failed", "failed"], f"the job's runs ended {outcomes}", *again)


@check("settles.release-dropped")
def release_dropped(stage):
    """A worker that stops gives back what runs, and says so again when it was not answered."""
    worker, ledger = stage.worker(), stage.ledger()
    drop(worker, "release")
    id = stage.record(ledger, 60)
    ledger.wait(LIMIT, id, "start")
    worker.terminate()
    code = worker.wait(STOP_SECONDS)
    expect(code == 0, f"the worker's exit code is {code} {STOP_SECONDS} s after SIGTERM",
           *worker.recording.all(job=id)[-2:])
    repeated(worker, "release", id, 200)
    job = stage.api.job(id)
    expect((job["status"], job["attempt"]) == ("Queued", 0), f"the job is {job['status']}, attempt {job['attempt']}")
    ran_once(stage, id, "released")


@check("settles.cancelled-dropped")
def cancelled_dropped(stage):
    """That the handler of a cancelled job has stopped is said again when it was not answered."""
    worker, ledger = stage.worker(), stage.ledger()
    drop(worker, "cancelled")
    id = stage.record(ledger, 60)
    ledger.wait(LIMIT, id, "start")
    stage.api.cancel(id)
    ledger.wait(LIMIT, id, "stopped")
    repeated(worker, "cancelled", id, 204)
    expect(stage.api.job(id).get("cancelAcknowledgedAt"), "the record does not say that the handler has stopped")


@check("settles.unavailable")
def unavailable(stage):
    """503, 429 and a connection that breaks are not the server's last word."""
    worker, ledger = stage.worker(), stage.ledger()
    faults = [Answer(calls("complete"), 503), Answer(calls("complete"), 429, "quota-exceeded"), Cut(calls("complete"))]
    for fault in faults:
        worker.proxy.add(fault)
    id = stage.record(ledger, 0.2)
    stage.api.wait_for_end(id, LIMIT)
    found = worker.calls("complete", id, count=4)
    expect(len(found) == 4, f"complete was called {len(found)} times, and had to be called a fourth time", *found)
    expect(len({each.request.body for each in found}) == 1, "complete was repeated with another body", *found)
    gaps = [later.at - earlier.ended for earlier, later in zip(found, found[1:])]
    expect(min(gaps) > 0.005, f"complete was repeated after {min(gaps) * 1000:.1f} ms, without a delay", *found)
    ran_once(stage, id, "completed")


@check("settles.retry-after")
def retry_after(stage):
    """A server that asks to be left alone for a moment gets the end of the job all the same, as its lease is kept."""
    worker, ledger = stage.worker(), stage.ledger()
    worker.proxy.add(Answer(calls("complete"), 503, Retry_After=1))
    id = stage.record(ledger, 0.2)
    stage.api.wait_for_end(id, LIMIT)
    found = worker.calls("complete", id, count=2)
    expect(len(found) == 2, f"complete was called {len(found)} times, and had to be called twice", *found)
    # Rule 4 asks for a short delay; whether Retry-After is stronger it leaves open.
    stage.note(f"complete was repeated after {found[1].at - found[0].ended:.2f} s, where Retry-After said 1 s")
    ran_once(stage, id, "completed")


@check("settles.refused-connection")
def refused_connection(stage):
    """A job that ends while nobody listens is completed once somebody does."""
    worker, ledger = stage.worker(), stage.ledger()
    id = stage.record(ledger, 0.5)
    ledger.wait(LIMIT, id, "start")
    worker.proxy.shut()
    ledger.wait(LIMIT, id, "end")
    # Long enough for one that gives up after a try or two, and shorter than the lease.
    worker.wait(stage.lease / 4)
    worker.proxy.open()
    stage.api.wait_for_end(id, LIMIT)
    ran_once(stage, id, "completed")
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, [id])))

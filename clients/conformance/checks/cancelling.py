"""Jobs that are taken from under a worker: cancelled, or lost."""

from checks.registry import check
from oracle import fence_rules
from stage.failure import expect, expect_none
from stage.patience import patient
from wire.exchange import SETTLES

LIMIT = patient(30)


def cancels(stage, worker, ledger, id):
    """Cancels a job that runs; the handler stops soon, and the worker says so."""
    stage.api.cancel(id)
    call = worker.recording.wait(LIMIT, "cancelled", id)
    expect(call, "the worker did not say that the handler of a cancelled job has stopped",
           *worker.recording.all("heartbeat")[-2:], *worker.recording.all(job=id)[-2:])
    expect(call.status == 204, f"cancelled was answered {call.status}", call)
    job = stage.api.job(id)
    expect(job["status"] == "Cancelled" and job.get("cancelAcknowledgedAt"),
           f"the job is {job['status']}, and cancelAcknowledgedAt is {job.get('cancelAcknowledgedAt')}", call)
    others = [each for each in worker.recording.all(job=id) if each.call in SETTLES and each is not call]
    expect(not others, f"a cancelled job was settled by {others and others[0].call}", *others)


@check("cancelling.reporting")
def reporting(stage):
    """A handler that reports its progress learns of a cancel, stops, and writes nothing more."""
    worker, ledger = stage.worker(), stage.ledger()
    id = stage.record(ledger, 60)
    ledger.wait(LIMIT, id, "start")
    cancels(stage, worker, ledger, id)
    expect(ledger.entries(id)[-1].event == "stopped", "the handler had not stopped when the worker said so")
    stage.api.wait_for_end(stage.submit("echo", {}), LIMIT)


@check("cancelling.silent")
def silent(stage):
    """A handler that says nothing learns of it by the heartbeat."""
    worker, ledger = stage.worker(slots=1), stage.ledger()
    id = stage.submit("sleep", {"seconds": 60})
    stage.api.wait_for_status(id, LIMIT, "Running")
    cancels(stage, worker, ledger, id)
    # The only slot is free again.
    stage.api.wait_for_end(stage.submit("echo", {}), LIMIT)


@check("cancelling.lost")
def lost(stage):
    """A job that was cancelled and queued again meanwhile is dropped without a word; its next run is a new one."""
    worker, ledger = stage.worker(), stage.ledger()
    id = stage.record(ledger, stage.lease)
    old = ledger.wait(LIMIT, id, "start").fence
    stage.api.cancel(id)
    stage.api.retry(id)
    ledger.wait(LIMIT, id, "stopped")
    stage.api.wait_for_end(id, LIMIT + 3 * stage.lease)
    effects = [each for each in worker.recording.all(job=id, fence=old)
               if each.call in ("complete", "fail", "release") and each.took_effect]
    expect(not effects, "an end of the lost run took effect", *effects)
    events = [entry.event for entry in ledger.entries(id) if entry.fence == old]
    expect(events == ["start", "stopped"], f"the lost run said {events} in the ledger")
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, [id])))

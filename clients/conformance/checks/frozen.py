"""F3: a worker that sleeps beyond its leases wakes up and writes nothing any more."""

from checks.registry import check
from oracle import fence_rules
from stage.failure import expect, expect_none
from stage.patience import patient
from stage.waiting import until
from wire.exchange import SETTLES

LIMIT = patient(40)


@check("frozen.others-completed")
def others_completed(stage):
    """By the time it wakes, another worker has completed its jobs."""
    zombie, ledger, ids = frozen(stage, seconds=lambda: 1)
    stage.worker(slots=2)
    for id in ids:
        stage.api.wait_for_end(id, LIMIT)
    # From the second worker's session to here a lease and a run have passed; three leases are what was asked for.
    zombie.wait(max(0, 3 * stage.lease - stage.lease - 1))
    wakes_as_a_stranger(stage, zombie, ledger, ids)


@check("frozen.others-run")
def others_run(stage):
    """When it wakes, another worker is running its jobs, which it must leave alone."""
    zombie, ledger, ids = frozen(stage, seconds=lambda: 4 * stage.lease)
    stage.worker(slots=2)
    for id in ids:
        ledger.wait(LIMIT, id, "start", count=2)
    zombie.wait(2 * stage.lease)
    wakes_as_a_stranger(stage, zombie, ledger, ids)


def frozen(stage, seconds):
    """A worker that was stopped while it ran two jobs of so many seconds, its ledger, and the jobs."""
    worker, ledger = stage.worker(slots=2), stage.ledger()
    ids = [stage.record(ledger, seconds()) for _ in range(2)]
    ledger.wait_for_starts(LIMIT, ids)
    worker.freeze()
    expect(not ledger.entries(event="end"), "the jobs had ended before the worker could be stopped")
    return worker, ledger, ids


def wakes_as_a_stranger(stage, zombie, ledger, ids):
    old = {entry.job: entry.fence for entry in reversed(ledger.entries(event="start"))}
    zombie.thaw()
    for id in ids:
        until(lambda id=id: any(entry.fence == old[id] and entry.event != "start" for entry in ledger.entries(id)),
              LIMIT, f"the end of the zombie's run of job {id}")
    for id in ids:
        stage.api.wait_for_end(id, LIMIT)
    records = fence_rules.read(stage.api, ids)
    for id in ids:
        events = [entry.event for entry in ledger.entries(id) if entry.fence == old[id]]
        late = [call for call in zombie.recording.all(job=id, fence=old[id])
                if call.call in SETTLES and call.took_effect]
        expect(not late, f"a {late and late[0].call} of the zombie took effect", *late)
        expect(events == ["start", "stopped"], f"the zombie's run said {events} in the ledger",
               *zombie.recording.all(job=id, fence=old[id])[-2:])
        expect(records[id].completed_fence > old[id], "the record shows the zombie's fence")
    expect_none(fence_rules.check(ledger.entries(), records))
    expect_none(list(fence_rules.all_completed(records)))
    wakes_up_fit(stage, zombie)


def wakes_up_fit(stage, zombie):
    """It was asleep, not ill: it claims and runs again, once the others are gone."""
    for worker in stage.workers:
        if worker is not zombie:
            worker.close()
    stage.api.wait_for_end(stage.submit("echo", {"awake": True}), LIMIT + 3 * stage.lease)

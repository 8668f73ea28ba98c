"""Connections that break or fall silent, and sessions that are forgotten."""

import time

from checks.registry import check
from oracle import fence_rules
from stage.failure import expect, expect_none
from stage.patience import patient
from wire.faults import Answer, BlackHole, Cut, Drop, calls

LIMIT = patient(30)
# Beyond the lease: the step of a handler, and a busy machine.
SLACK = patient(0.5)


@check("connections.black-hole")
def black_hole(stage):
    """A worker that can renew nothing stops in time, writes nothing more, and is there again afterwards."""
    worker, ledger = stage.worker(slots=2), stage.ledger()
    ids = [stage.record(ledger, 60) for _ in range(2)]
    ledger.wait_for_starts(LIMIT, ids)
    expect(worker.recording.wait(LIMIT, "heartbeat", where=names_all(ids)), "no heartbeat names both jobs")
    hole = worker.proxy.add(BlackHole())
    for id in ids:
        ledger.wait(2 * stage.lease + LIMIT, id, "stopped")
    renewed = max(beat.at for beat in worker.recording.all("heartbeat") if beat.status == 200)
    held = ledger.changed_at - (time.time() - (time.monotonic() - renewed))
    expect(held <= stage.lease + SLACK,
           f"the handlers stopped {held:.2f} s after the last answered heartbeat, with a lease of {stage.lease} s")
    for id in ids:
        stage.api.wait_for_status(id, LIMIT, "Queued")
        stage.api.cancel(id)
    worker.proxy.heal()
    expect(hole.met, "nothing was black-holed")
    both_slots_work(stage, worker)


def names_all(ids):
    """Matches heartbeats that were answered and name these jobs."""
    return lambda beat: beat.status == 200 and {job["id"] for job in beat.json["jobs"]} >= set(ids)


def both_slots_work(stage, worker):
    """No slot is held by what went wrong: jobs that wait for each other's start all run."""
    ledger = stage.ledger()
    ids = [stage.record(ledger, stage.lease) for _ in range(worker.slots)]
    for id in ids:
        stage.api.wait_for_end(id, LIMIT + patient(40))
    starts = [entry.event for entry in ledger.entries()]
    expect(starts[:worker.slots] == ["start"] * worker.slots, f"{worker.slots} jobs did not run at once: {starts}")
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, ids)))


@check("connections.claims-lost")
def claims_lost(stage):
    """A claim whose answer never arrived costs nothing but time."""
    worker, ledger = stage.worker(), stage.ledger()
    lost = worker.proxy.add(Drop(lambda exchange: exchange.call == "claim", times=2))
    ids = [stage.record(ledger, 0.1) for _ in range(3)]
    for id in ids:
        stage.api.wait_for_end(id, LIMIT + 5 * stage.lease)
    expect(lost.met, "the worker did not claim")
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, ids)))
    both_slots_work(stage, worker)


@check("connections.claims-unavailable")
def claims_unavailable(stage):
    """A server that asks to be left alone for a moment is not asked for jobs meanwhile."""
    worker = stage.worker(waits=False)
    fault = worker.proxy.add(Answer(calls("claim"), 503, times=1, Retry_After=2))
    worker.ready()
    expect(worker.recording.wait(LIMIT, "claim", count=2, where=lambda each: True), "the worker gave up claiming")
    first, second = fault.met[0], worker.recording.all("claim")[1]
    pause = second.at - first.ended
    expect(pause >= 1.8, f"the next claim came after {pause:.2f} s, and Retry-After asked for 2 s", first, second)
    stage.api.wait_for_end(stage.submit("echo", {}), LIMIT)


@check("connections.heartbeats-cut")
def heartbeats_cut(stage):
    """A heartbeat or two that fail are no reason to drop a job: the lease holds for longer."""
    worker, ledger = stage.worker(), stage.ledger()
    id = stage.record(ledger, 1.5 * stage.lease)
    ledger.wait(LIMIT, id, "start")
    worker.proxy.add(Cut(calls("heartbeat")))
    worker.proxy.add(Answer(calls("heartbeat"), 503))
    stage.api.wait_for_end(id, LIMIT)
    outcomes = [run["outcome"] for run in stage.api.attempts(id)]
    expect(outcomes == ["completed"], f"the job's runs ended {outcomes}", *worker.recording.all("heartbeat")[-3:])


@check("connections.session-forgotten")
def forgotten_at_a_heartbeat(stage):
    """A worker whose session was forgotten goes on under its old id, and keeps what it runs."""
    goes_on_after(stage, "heartbeat")


@check("connections.session-forgotten-claiming")
def forgotten_at_a_claim(stage):
    """The same where a claim brings the news."""
    goes_on_after(stage, "claim")


def goes_on_after(stage, word):
    worker, ledger = stage.worker(), stage.ledger()
    identifier = worker.ready()["workerId"]
    id = stage.record(ledger, stage.lease)
    ledger.wait(LIMIT, id, "start")
    fault = worker.proxy.add(Answer(calls(word), 409, "session-expired"))
    made = worker.recording.wait(LIMIT, "session", count=2)
    expect(made, f"no new session was made after a {word} was answered session-expired", *fault.met)
    expect(made.json.get("workerId") == identifier,
           "the new session does not ask for the old workerId", *fault.met, made)
    expect(made.status == 201, "the new session was refused", made)
    stage.api.wait_for_end(id, LIMIT)
    outcomes = [run["outcome"] for run in stage.api.attempts(id)]
    expect(outcomes == ["completed"], f"the job's runs ended {outcomes}", *fault.met, made)
    claim = worker.recording.wait(LIMIT, "claim", where=lambda each: each.at > made.ended)
    expect(claim and claim.json["workerId"] == made.answered["workerId"],
           "claims go on under another workerId", made, claim)

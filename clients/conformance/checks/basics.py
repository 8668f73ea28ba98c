"""Session, claims and heartbeats, as long as nothing goes wrong."""

import time

from checks.registry import check
from oracle import fence_rules, heartbeat_rules
from stage.failure import expect, expect_none
from stage.patience import patient
from stage.server import TYPES
from wire.faults import Alter

LIMIT = patient(30)
SESSION_FIELDS = {"name", "version", "language", "types", "queues", "slots", "labels", "protocol", "workerId"}


@check("basics.session")
def session(stage):
    """The first call makes a session, and says all that it has to say."""
    worker = stage.worker(slots=3)
    first = worker.recording.all()[0]
    expect(first.call == "session", f"the first call was {first.call}, and had to make a session", first)
    said = first.json
    unknown = said.keys() - SESSION_FIELDS
    expect(not unknown, f"the session has the unknown fields {sorted(unknown)}", first)
    expect(said.get("protocol") == 1, "protocol must be 1", first)
    expect(said.get("slots") == 3, "slots must be what CONFORMANCE_SLOTS says: 3", first)
    name = said.get("name")
    expect(isinstance(name, str) and 1 <= len(name.encode()) <= 200, "name must have 1 to 200 bytes", first)
    missing = {f"kit.{name}" for name in TYPES} - set(said.get("types", []))
    expect(not missing, f"types must name {sorted(missing)}, too", first)
    expect("workerId" not in said, "a first session has no workerId", first)


@check("basics.claims")
def claims(stage):
    """Claims name the session's worker and wait for jobs, instead of asking all the time."""
    worker = stage.worker(slots=2)
    identifier = worker.ready()["workerId"]
    heartbeats = worker.recording.wait(LIMIT, "heartbeat", count=10)
    expect(heartbeats, f"ten heartbeats did not come within {LIMIT:.0f} s", *worker.recording.all("heartbeat")[-1:])
    asked = worker.recording.all("claim")
    expect(asked, "the worker claims nothing")
    for claim in asked:
        expect(claim.json.get("workerId") == identifier, "a claim does not name the session's workerId", claim)
        expect(0 <= claim.json.get("waitSeconds", 0) <= 30, "waitSeconds must be 0 to 30", claim)
    # A second each is a lazy worker's way; more is hammering.
    seconds = time.monotonic() - asked[0].at
    expect(len(asked) <= 3 + 2 * seconds,
           f"{len(asked)} claims in {seconds:.1f} s in which there were no jobs", asked[-1])


@check("basics.heartbeats")
def heartbeats(stage):
    """One heartbeat renews all leases, at the promised pace, whether there are any or not."""
    worker, ledger = stage.worker(slots=4), stage.ledger()
    since = worker.recording.all("session")[-1].ended
    expect(worker.recording.wait(LIMIT, "heartbeat", count=4), f"four heartbeats did not come within {LIMIT:.0f} s")
    jobs = [stage.record(ledger, 1.5 * stage.lease) for _ in range(4)]
    for job in jobs:
        stage.api.wait_for_end(job, LIMIT + 3 * stage.lease)
    count = len(worker.recording.all("heartbeat"))
    expect(worker.recording.wait(LIMIT, "heartbeat", count=count + 2), "heartbeats ceased")
    expect_none(heartbeat_rules.check(worker.recording.all(), since, time.monotonic()))
    for beat in worker.recording.all("heartbeat"):
        expect(beat.json.get("state") == "run", "a worker that runs must say so in its heartbeats", beat)
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, jobs)))


@check("basics.slots")
def slots(stage):
    """As many jobs run at once as there are slots, and never one more."""
    worker, ledger = stage.worker(slots=3), stage.ledger()
    jobs = [stage.record(ledger, 0.4) for _ in range(12)]
    for job in jobs:
        stage.api.wait_for_end(job, 2 * LIMIT)
    running = most = 0
    for entry in ledger.entries():
        running += 1 if entry.event == "start" else -1
        most = max(most, running)
    expect(most <= worker.slots, f"{most} jobs ran at once in {worker.slots} slots")
    expect(most == worker.slots, f"only {most} jobs ran at once, in {worker.slots} slots with 12 jobs waiting")


@check("basics.unknown-fields")
def unknown_fields(stage):
    """Fields of answers that the worker does not know are passed over."""
    worker, ledger = stage.worker(slots=2, waits=False), stage.ledger()
    worker.proxy.add(Alter(lambda exchange: True, with_unknown_fields))
    worker.ready()
    job = stage.record(ledger, 2.5 * worker.ready()["heartbeatSeconds"])
    echo, steps = stage.submit("echo", {"a": 1}), stage.submit("checkpoint", {"steps": 2, "dieAt": -1})
    for id in (job, echo, steps):
        stage.api.wait_for_end(id, LIMIT)
    expect(worker.is_alive, f"the worker ended; it said: {worker.said()}")


def with_unknown_fields(answer):
    """The same with fields that a later version of the server may have."""
    if isinstance(answer, list):
        return [with_unknown_fields(item) for item in answer]
    if not isinstance(answer, dict) or "url" in answer:
        return answer
    # A payload is the submitter's; all else is the protocol's.
    inner = {name: value if name in ("payload", "checkpoint") else with_unknown_fields(value)
             for name, value in answer.items()}
    return {**inner, "fromTheFuture": {"list": [1, None, "x"]}, "aFlag": True}

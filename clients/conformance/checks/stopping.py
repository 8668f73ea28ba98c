"""F4: SIGTERM ends a worker in time, in order and without harm; a second one ends it at once."""

import time

from checks.registry import check
from stage.failure import expect
from stage.patience import patient
from stage.waiting import until
from wire.faults import Hold

LIMIT = patient(30)
# The grace that the contract gives, and what it takes to release, to say goodbye and to end an interpreter.
STOP_SECONDS = patient(3.5)
# A claim that was sent just before the signal was heard.
HEARING_SECONDS = patient(0.3)
# Between two signals: well within the grace, however slow the machine is.
BETWEEN_SECONDS = 0.3


def stops(worker, signalled):
    """Waits for the end, which must be in time and good; everything asked after the signal."""
    code = worker.wait(max(0.1, signalled + STOP_SECONDS - time.monotonic()))
    expect(code is not None, f"the worker had not ended {STOP_SECONDS} s after SIGTERM; it said: {worker.said()}",
           *worker.recording.all()[-3:])
    expect(code == 0, f"the worker's exit code is {code}; it said: {worker.said()}")
    late = [each for each in worker.recording.all("claim") if each.at > signalled + HEARING_SECONDS]
    expect(not late, "the worker claimed although it was to stop", *late)
    ended = worker.recording.all("end-session")
    expect(ended and ended[-1].status == 204, "the worker did not delete its session", *ended)


@check("stopping.idle")
def idle(stage):
    """A worker that has nothing to do does not wait for its claim to be answered."""
    worker = stage.worker()
    expect(worker.recording.wait(LIMIT, "claim", where=lambda each: True), "the worker does not claim")
    worker.terminate()
    stops(worker, time.monotonic())


@check("stopping.under-load")
def under_load(stage):
    """What can end within the grace ends; the rest is released, and nothing is charged for it."""
    worker, ledger = stage.worker(slots=4), stage.ledger()
    quick = [stage.record(ledger, 0.5) for _ in range(2)]
    slow = [stage.record(ledger, 60) for _ in range(2)]
    waiting = [stage.record(ledger, 60) for _ in range(4)]
    ledger.wait_for_starts(LIMIT, quick + slow)
    worker.terminate()
    signalled = time.monotonic()
    stops(worker, signalled)
    for id in quick:
        is_so(stage, worker, id, ("Completed", 1, ["completed"]))
    begun = {entry.job for entry in ledger.entries(event="start")}
    for id in slow:
        is_so(stage, worker, id, ("Queued", 0, ["released"]))
        events = [entry.event for entry in ledger.entries(id)]
        expect(events == ["start", "stopped"], f"a released job said {events} in the ledger")
    for id in waiting:
        is_so(stage, worker, id, ("Queued", 0, ["released"] if id in begun else []), ("Queued", 0, ["released"]))
    stopping = [each for each in worker.recording.all("heartbeat") if each.at > signalled + BETWEEN_SECONDS]
    for beat in (each for each in stopping if each.at > signalled + HEARING_SECONDS):
        expect(beat.json.get("state") == "stopping", "a worker that stops must say so in its heartbeats", beat)
    expect(stopping, "a worker that stops must go on with its heartbeats while jobs run")


def is_so(stage, worker, id, *right):
    """Status, charged attempts and the outcomes of its runs are one of these."""
    job = stage.api.job(id)
    state = (job["status"], job["attempt"], [run["outcome"] for run in stage.api.attempts(id)])
    expect(state in right, f"job {id} is {state} after the stop, and had to be {right[0]}",
           *worker.recording.all(job=id)[-2:])


@check("stopping.last-moment")
def last_moment(stage):
    """Jobs that a claim brings when the worker is stopping are given back; or the claim was given up before."""
    worker = stage.worker(waits=False)
    held = worker.proxy.add(Hold(lambda exchange: exchange.call == "claim"))
    id = stage.submit("sleep", {"seconds": 60})
    until(lambda: held.met and held.met[0].answer, LIMIT, "an answer to the first claim")
    expect(held.met[0].status == 200, "the first claim brought nothing", *held.met)
    worker.terminate()
    signalled = time.monotonic()
    # Either it says in a heartbeat that it stops, or it ends at once.
    until(lambda: not worker.is_alive or held.met[0].ended or says_stopping(worker) or time.monotonic() > signalled + 1,
          LIMIT, "the worker's hearing of SIGTERM")
    held.end()
    stops(worker, signalled)
    # A claim that was given up comes back when its lease is over.
    job = stage.api.wait_for_status(id, LIMIT + 3 * stage_lease(worker), "Queued")
    expect(job["attempt"] == 0, f"a job that never ran was charged {job['attempt']} attempts", *held.met)
    if held.met[0].is_delivered:
        outcomes = [run["outcome"] for run in stage.api.attempts(id)]
        expect(outcomes == ["released"], f"the job's runs ended {outcomes}, and it had to be released", *held.met)


def says_stopping(worker):
    return any((beat.json or {}).get("state") == "stopping" for beat in worker.recording.all("heartbeat"))


def stage_lease(worker):
    return worker.ready()["leaseSeconds"]


@check("stopping.second-signal")
def second_signal(stage):
    """Who asks twice does not want to wait for the grace."""
    worker, ledger = stage.worker(), stage.ledger()
    id = stage.record(ledger, 60)
    ledger.wait(LIMIT, id, "start")
    worker.terminate()
    # Two signals that come together are one, and nothing tells for certain that the first one was heard.
    worker.wait(BETWEEN_SECONDS)
    worker.terminate()
    seconds = patient(0.6)
    code = worker.wait(seconds)
    expect(code is not None, f"the worker had not ended {seconds} s after a second SIGTERM")
    stage.api.wait_for_status(id, LIMIT + 3 * stage.lease, "Queued")

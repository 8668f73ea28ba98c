"""What an operator wants of a worker comes with the answers to its heartbeats."""

import time

from checks.registry import check
from checks.stopping import HEARING_SECONDS, stops
from stage.failure import expect
from stage.patience import patient
from wire.faults import Alter, calls

LIMIT = patient(30)


def order(worker, state):
    """From now on every heartbeat is answered so; returns when the worker knows."""
    told = worker.proxy.add(Alter(calls("heartbeat"), lambda answer: {**answer, "state": state}))
    heard = worker.recording.wait(LIMIT, "heartbeat", where=lambda each: each.ended and each in told.met)
    expect(heard, "the worker sends no heartbeats")
    return heard


@check("orders.quiet")
def quiet(stage):
    """A worker that is to be quiet finishes what runs, claims nothing more, and stays."""
    worker, ledger = stage.worker(slots=2), stage.ledger()
    id = stage.record(ledger, stage.lease)
    ledger.wait(LIMIT, id, "start")
    heard = order(worker, "quiet")
    stage.api.wait_for_end(id, LIMIT)
    count = len(worker.recording.all("heartbeat"))
    expect(worker.recording.wait(LIMIT, "heartbeat", count=count + 6), "a quiet worker goes on with its heartbeats")
    late = [each for each in worker.recording.all("claim") if each.at > heard.ended + HEARING_SECONDS]
    expect(not late, "the worker claimed although it was to be quiet", heard, *late)
    expect(worker.is_alive, f"the worker ended, and was to be quiet; it said: {worker.said()}", heard)


@check("orders.stop")
def stop(stage):
    """A worker that is to stop does as after SIGTERM."""
    worker, ledger = stage.worker(slots=2), stage.ledger()
    id = stage.record(ledger, 60)
    ledger.wait(LIMIT, id, "start")
    order(worker, "stop")
    stops(worker, time.monotonic())
    job = stage.api.job(id)
    outcomes = [run["outcome"] for run in stage.api.attempts(id)]
    expect((job["status"], job["attempt"], outcomes) == ("Queued", 0, ["released"]),
           f"the job is {job['status']}, attempt {job['attempt']}, its runs {outcomes}",
           *worker.recording.all(job=id)[-2:])


@check("orders.asked")
def asked(stage):
    """What an operator asks of the server reaches the worker: first to be quiet, then to stop."""
    worker, ledger = stage.worker(slots=2), stage.ledger()
    id = stage.record(ledger, 60)
    ledger.wait(LIMIT, id, "start")
    name = worker.ready()["workerId"]
    for wanted, said in [("quiet", "quiet"), ("stop", "stopping")]:
        stage.api.order(name, wanted)
        beat = worker.recording.wait(LIMIT, "heartbeat", where=lambda each: (each.json or {}).get("state") == said)
        expect(beat, f"a worker that is asked to {wanted} must say {said} in its heartbeats",
               *worker.recording.all("heartbeat")[-2:])
    stops(worker, beat.at)
    stage.api.wait_for_status(id, LIMIT, "Queued")

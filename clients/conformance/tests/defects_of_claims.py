"""Workers that claim, renew or listen in a wrong way."""

import time

import raw_run
import raw_worker
from defect import defect
from raw_worker import Worker


@defect("basics.session")
def claims_more_slots_than_it_has():
    kept = Worker.__init__

    def init(worker):
        kept(worker)
        worker.slots += 1

    Worker.__init__ = init


@defect("basics.heartbeats")
def renews_one_lease_only():
    kept = Worker.ask

    def ask(worker, method, path, body=None, headers=None, timeout=5):
        if path.endswith("/heartbeat"):
            body = {**body, "jobs": body["jobs"][:1]}
        return kept(worker, method, path, body, headers, timeout)

    Worker.ask = ask


@defect("basics.heartbeats")
def beats_too_slowly():
    kept = Worker.begin_session

    def begin(worker):
        kept(worker)
        worker.session["heartbeatSeconds"] *= 4

    Worker.begin_session = begin


@defect("basics.slots")
def claims_without_counting():
    kept = Worker.ask

    def ask(worker, method, path, body=None, headers=None, timeout=5):
        if path.endswith("/claim"):
            body = {**body, "max": worker.slots}
        return kept(worker, method, path, body, headers, timeout)

    Worker.ask = ask


@defect("basics.slots")
def runs_one_at_a_time():
    kept = Worker.begin_session

    def begin(worker):
        kept(worker)
        worker.slots = 1

    Worker.begin_session = begin


@defect("basics.unknown-fields")
def refuses_unknown_fields():
    kept = Worker.ask

    def ask(worker, *arguments, **named):
        status, headers, answer = kept(worker, *arguments, **named)
        if isinstance(answer, dict) and "fromTheFuture" in answer:
            raise OSError("I do not know this field")
        return status, headers, answer

    Worker.ask = ask


@defect("basics.claims")
def asks_all_the_time():
    kept = Worker.ask

    def ask(worker, method, path, body=None, headers=None, timeout=5):
        if path.endswith("/claim"):
            body = {**body, "waitSeconds": 0}
        return kept(worker, method, path, body, headers, timeout)

    Worker.ask = ask


@defect("connections.black-hole")
def trusts_a_lease_for_ever():
    raw_run.SAFE_PART = 1000


@defect("connections.session-forgotten")
def begins_as_somebody_else():
    kept = Worker.begin_session

    def begin(worker):
        worker.session = {}
        kept(worker)

    Worker.begin_session = begin


@defect("connections.claims-unavailable")
def does_not_leave_the_server_alone():
    raw_worker.time.sleep = lambda seconds, kept=time.sleep: kept(min(seconds, 0.2))


@defect("orders.quiet")
def goes_on_claiming():
    Worker.obey = lambda worker, wanted: None


@defect("orders.stop")
def obeys_nobody():
    Worker.obey = lambda worker, wanted: None


@defect("restart.leases-survive")
def drops_its_jobs_with_its_session():
    kept = Worker.begin_session

    def begin(worker):
        for run in list(worker.runs.values()):
            run.why = "lost"
        kept(worker)

    Worker.begin_session = begin


@defect("connections.heartbeats-cut")
def despairs_of_a_lost_heartbeat():
    kept = Worker.beat

    def beat(worker):
        try:
            kept(worker)
        except OSError:
            for run in list(worker.runs.values()):
                run.why = "lost"

    Worker.beat = beat


@defect("connections.claims-lost")
def loses_a_slot_with_a_claim():
    kept = Worker.claim

    def claim(worker):
        try:
            kept(worker)
        except OSError:
            worker.slots -= 1

    Worker.claim = claim


@defect("stopping.last-moment")
def forgets_what_comes_late():
    kept = Worker.start
    Worker.start = lambda worker, run: kept(worker, run) if worker.state == "run" else None

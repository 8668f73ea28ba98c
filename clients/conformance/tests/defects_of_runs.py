"""Workers that run or end jobs in a wrong way, or themselves."""

import itertools
import json
import os
import signal
import time

import raw_jobs
import raw_run
import raw_worker
from defect import defect
from raw_run import Run
from raw_worker import Worker


@defect("results.too-large")
def sends_what_is_too_large():
    kept = Worker.begin_session

    def begin(worker):
        kept(worker)
        worker.session["limits"]["resultBytes"] = 1 << 40

    Worker.begin_session = begin


@defect("results.failure")
def forgets_the_code():
    kept = raw_jobs.Failure.__init__

    def init(failure, code, message, retryable=True):
        kept(failure, "error", message, retryable)

    raw_jobs.Failure.__init__ = init


@defect("reports.logs-repeated")
def numbers_batches_anew():
    kept = Run.call
    numbers = itertools.count(1)

    def call(run, word, body=None, method="POST", **headers):
        if word == "logs":
            body = {**body, "batch": next(numbers)}
        return kept(run, word, body, method, **headers)

    Run.call = call


@defect("reports.checkpoint")
def begins_anew():
    kept = raw_jobs.do_checkpoint

    def begin(run, payload):
        run.job.pop("checkpoint", None)
        return kept(run, payload)

    raw_jobs.HANDLERS["kit.checkpoint"] = begin


@defect("settles.complete-dropped")
def says_an_end_once():
    def settle(run, word, body):
        try:
            return run.call(word, body)
        except OSError:
            return None, None

    Run.settle = settle


@defect("settles.complete-dropped")
def says_an_end_in_other_words():
    kept = Worker.ask

    def ask(worker, method, path, body=None, headers=None, timeout=5):
        if path.endswith("/complete"):
            body = json.dumps({"result": {**json.loads(body)["result"], "at": time.time()}})
        return kept(worker, method, path, body, headers, timeout)

    Worker.ask = ask


@defect("frozen.others-completed")
def does_not_look_at_the_clock():
    def sleep(run, seconds, each=lambda part: None):
        time.sleep(seconds)

    raw_jobs.sleep = sleep
    raw_run.SAFE_PART = 1000


@defect("killed.loop")
def runs_everything_twice():
    kept = raw_jobs.do_record

    def twice(run, payload):
        kept(run, payload)
        return kept(run, payload)

    raw_jobs.HANDLERS["kit.record"] = twice


@defect("storm.seeded")
def writes_everything_down_twice():
    runs_everything_twice()


@defect("settles.unavailable")
def gives_up_when_refused():
    kept = Worker.ask

    def ask(worker, method, path, *arguments, **named):
        status, headers, answer = kept(worker, method, path, *arguments, **named)
        return (400 if path.endswith("/complete") and status in (429, 503) else status), headers, answer

    Worker.ask = ask


@defect("stopping.under-load")
def releases_nothing():
    kept = Run.settle
    Run.settle = lambda run, word, body: None if word == "release" else kept(run, word, body)


@defect("stopping.under-load")
def takes_its_time():
    raw_worker.GRACE = 10


@defect("stopping.idle")
def leaves_without_goodbye():
    Worker.end = lambda worker: None


@defect("stopping.second-signal")
def waits_for_the_grace_anyway():
    Worker.stop = lambda worker, *_: setattr(worker, "state", "stopping")


@defect("stopping.idle")
def dies_of_the_signal():
    kept = signal.signal
    raw_worker.signal.signal = lambda number, handler: kept(number, lambda *_: os._exit(1))


@defect("cancelling.silent")
def says_nothing_of_a_cancel():
    kept = Run.settle
    Run.settle = lambda run, word, body: None if word == "cancelled" else kept(run, word, body)


@defect("cancelling.reporting")
def does_not_hear_of_a_cancel():
    kept = Run.stops

    def stops(run):
        return None if kept(run) == "cancel" else run.why

    Run.stops = stops


@defect("deadlines.timeout")
def knows_no_deadline():
    kept = Run.__init__

    def init(run, worker, job, sent):
        kept(run, worker, job, sent)
        run.deadline = float("inf")

    Run.__init__ = init

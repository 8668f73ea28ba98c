"""What runs say while they last: progress, logs and checkpoints."""

import re
import signal

from checks.registry import check
from stage.failure import Failed, expect, expect_none
from oracle import fence_rules
from stage.patience import patient
from wire.faults import Answer, Drop, calls

LIMIT = patient(30)
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@check("reports.progress")
def progress(stage):
    """Progress stands in the record while the job runs."""
    worker, ledger = stage.worker(), stage.ledger()
    id = stage.record(ledger, 2)
    stage.api.wait(id, LIMIT, lambda job: job["status"] == "Running" and job["progress"] > 0, "having progress")
    stage.api.wait_for_end(id, LIMIT)
    for call in worker.recording.all("progress", id):
        said = call.json.get("progress")
        expect(said is None or isinstance(said, (int, float)) and 0 <= said <= 100, "progress must be 0 to 100", call)
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, [id])))


@check("reports.logs")
def logs(stage):
    """All lines of a run's log arrive, in order."""
    worker = stage.worker()
    id = stage.submit("log", {"lines": 900})
    stage.api.wait_for_end(id, LIMIT)
    has_lines(stage, worker, id, 900)
    batches = [call.json.get("batch") for call in worker.recording.all("logs", id)]
    expect(len(set(batches)) == len(batches), f"the batches have the numbers {batches}")


@check("reports.logs-repeated")
def logs_repeated(stage):
    """A batch of lines whose answer was lost is not stored twice, and what follows is not lost either."""
    worker = stage.worker()
    fault = worker.proxy.add(Drop(calls("logs")))
    id = stage.submit("log", {"lines": 700})
    stage.api.wait_for_end(id, LIMIT)
    expect(fault.met, "the worker sent no logs")
    has_lines(stage, worker, id, 700)


def has_lines(stage, worker, id, count):
    sent = worker.recording.all("logs", id)
    for call in sent:
        lines = call.json.get("lines")
        expect(isinstance(lines, list) and 1 <= len(lines) <= 500, "a call has 1 to 500 lines", call)
        for line in lines:
            expect(TIMESTAMP.fullmatch(str(line.get("ts"))), "ts must be an RFC 3339 time", call)
    messages = [line["message"] for line in stage.api.logs(id)]
    right = [f"line {number}" for number in range(1, count + 1)]
    wrong = next((place for place, pair in enumerate(zip(messages, right)) if pair[0] != pair[1]), None)
    expect(wrong is None, f"line {(wrong or 0) + 1} of the log is {messages[wrong or 0]!r}", *sent[:2])
    expect(len(messages) == count, f"the log has {len(messages)} lines, and {count} were written", *sent[:2])


@check("reports.unavailable")
def unavailable(stage):
    """A job goes on when nobody takes its reports for a moment."""
    worker, ledger = stage.worker(), stage.ledger()
    words = ("progress", "logs", "checkpoint")
    worker.proxy.add(Answer(calls(*words), 503, times=2))
    worker.proxy.add(Answer(calls(*words), 429, times=1, Retry_After=1))
    ids = [stage.record(ledger, 1), stage.submit("log", {"lines": 5})]
    for id in ids:
        stage.api.wait_for_end(id, LIMIT)
        outcomes = [run["outcome"] for run in stage.api.attempts(id)]
        expect(outcomes == ["completed"], f"the job's runs ended {outcomes}", *worker.recording.all(job=id)[-3:])


@check("reports.checkpoint")
def checkpoint(stage):
    """A run that died leaves its checkpoint to the next one, which goes on from there."""
    first = stage.worker(slots=1)  # So that it does not claim while it runs, and dies without a claim.
    id = stage.submit("checkpoint", {"steps": 5, "dieAt": 3})
    code = first.wait(LIMIT)
    if code != -signal.SIGKILL:
        raise Failed(f"the worker had to kill itself at step 3; its exit code is {code}",
                     *first.recording.all(job=id)[-2:])
    saved = [call.json for call in first.recording.all("checkpoint", id)]
    expect(saved == [{"done": 1}, {"done": 2}, {"done": 3}], f"the first run's checkpoints are {saved}")
    second = stage.worker()
    job = stage.api.wait_for_end(id, LIMIT + 3 * stage.lease)
    claim, given = second.given(id)
    expect(given.get("checkpoint") == {"done": 3}, "the second claim does not bring the checkpoint", claim)
    expect(given.get("lostCount") == 1, "the second claim has to count one loss", claim)
    saved = [call.json for call in second.recording.all("checkpoint", id)]
    expect(saved == [{"done": 4}, {"done": 5}], f"the second run's checkpoints are {saved}", claim)
    expect(job.get("result") == {"done": 5}, f"the result is {job.get('result')}", claim)

"""A server that dies and is started again: leases live on."""

import time

from checks.registry import check
from oracle import fence_rules
from stage.failure import Skipped, expect, expect_none
from stage.patience import patient

LIMIT = patient(40)


@check("restart.leases-survive")
def leases_survive(stage):
    """What a worker holds when the server is killed it still holds when another one serves the same data."""
    if not stage.server.can_be_killed:
        raise Skipped("the server is not the kit's own")
    worker, ledger = stage.worker(slots=3), stage.ledger()
    identifier = worker.ready()["workerId"]
    ids = [stage.record(ledger, seconds) for seconds in (0.2, stage.lease, 2 * stage.lease)]
    ledger.wait_for_starts(LIMIT, ids)
    stage.server.kill()
    ledger.wait(LIMIT, ids[0], "end")
    killed = time.monotonic()
    stage.server.start()
    for id in ids:
        stage.api.wait_for_end(id, LIMIT)
        outcomes = [run["outcome"] for run in stage.api.attempts(id)]
        expect(outcomes == ["completed"], f"the runs of a job that was held over a restart ended {outcomes}",
               *worker.recording.all(job=id)[-2:])
    expect_none(fence_rules.check(ledger.entries(), fence_rules.read(stage.api, ids)))
    goes_on(stage, worker, identifier, killed)


def goes_on(stage, worker, identifier, killed):
    """Where the new server does not know the session, the worker makes a new one with the old id; then it runs more."""
    forgot = [each for each in worker.recording.all() if each.at > killed and each.problem == "session-expired"]
    sessions = [each for each in worker.recording.all("session") if each.at > killed]
    if forgot:
        expect(sessions, "no new session was made although the old one was forgotten", *forgot[:1])
        expect(sessions[0].json.get("workerId") == identifier, "the new session does not ask for the old workerId",
               forgot[0], sessions[0])
        stage.note("the server forgot the session, and the worker made a new one with its old id")
    else:
        stage.note("the server still knew the session")
    stage.api.wait_for_end(stage.submit("echo", {"after": "the restart"}), LIMIT)

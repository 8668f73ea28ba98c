"""Shows that the checks of a store with several processes can fail, as falsify.py does for a file."""

import copy

import invariants
from falsify import LINES, Falsified


class ChangedStore:
    """What a store holds, with one job changed."""

    def __init__(self, store, changed, *, without=False):
        self.jobs = {**store.jobs, changed["id"]: changed}
        if without:
            del self.jobs[changed["id"]]

    def integrity(self):
        return "ok"

    def counts(self):
        return [[], []]


def late(job):
    next(run for run in job["errors"] if run["o"] == "lost")["e"] += 600_000


# Which invariant must complain, and what is done to a job.
CHANGES = [
    ("I1", lambda job: job.update(status="Running")),
    ("I1", lambda job: job.update(id="00000000-0000-7000-8000-000000000000")),
    ("I2", lambda job: job.update(fence=job["fence"] + 1)),
    ("I2", lambda job: job.update(result={"fence": 99})),
    ("I3", lambda job: job.update(attempt=job["attempt"] + 1)),
    ("I4", late),
    ("I5", lambda job: job.update(failure_code="poison_pill")),
]


def recognised(ledger, store, wanted, lease, broken):
    """How many falsifications were recognised; what was not is added to `broken`."""
    told = Falsified(ledger, [])  # In memory: the file is read once.
    workers = {entry["worker"] for entry in told.entries("killed")}
    ran = {(entry["id"], entry["fence"]) for entry in told.entries("start") if entry["worker"] in workers}
    victims = [
        job for job in store.jobs.values()
        if job["status"] == "Completed" and any(run["o"] == "lost" and (job["id"], run["f"]) in ran
                                                for run in job["errors"])
        and wanted[job["id"]]["kind"] == "succeed"
    ]
    if not victims:
        broken.append("no job was lost in a kill and completed then: there is nothing to falsify")
        return 0
    cases = [(invariant, told, ChangedStore(store, changed(victims[0], change))) for invariant, change in CHANGES]
    cases.append(("I1", told, ChangedStore(store, victims[0], without=True)))
    for invariant, event, change in LINES:
        line = {**told.entries(event)[-1], **change}
        cases.append((invariant, Falsified(ledger, [line]), store))
    silent = [
        f"{invariant} says nothing about falsification {number}"
        for number, (invariant, lines, jobs) in enumerate(cases)
        if not any(invariant in said for said in invariants.check(lines, jobs, list(wanted.values()), lease))
    ]
    broken += silent
    return len(cases) - len(silent)


def changed(job, change):
    other = copy.deepcopy(job)
    change(other)
    return other

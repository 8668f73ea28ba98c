"""The invariants of a durable job service, checked by ledger and store after the faults have stopped.

Each function adds a sentence to `broken` for everything that is not as it must be.
"""

from collections import Counter, defaultdict

import jobs as planned
import leases

ENDED = {"Completed", "Failed", "Cancelled"}
LOST_RUNS = 3


def check(ledger, store, planned_jobs, lease=None):
    """All of them; what is broken, as sentences. The lease, in seconds, where workers die and the store lives on."""
    broken = []
    wanted = {job["id"]: job for job in planned_jobs if "id" in job}
    nothing_lost(ledger, store, broken)
    store_is_sound(store, broken)
    if wanted.keys() != store.jobs.keys():
        return broken  # The rest compares jobs that are both planned and stored.
    one_settle_per_fence(ledger, store, wanted, broken)
    runs_add_up(ledger, store, wanted, broken)
    if lease is None:
        orphans_come_back(ledger, store, broken)
    else:
        leases.check(ledger, store, lease, broken)
    only_legal_moves(ledger, store, wanted, broken)
    revisions_grow(ledger, store, broken)
    dependents_waited(ledger, store, wanted, broken)
    rows_exactly_once(store, wanted, broken)
    return broken


def nothing_lost(ledger, store, broken):
    """I1: every acknowledged job has reached an end, and there is no job that nobody asked for."""
    for entry in ledger.entries("acked"):
        job = store.jobs.get(entry["id"])
        if job is None:
            broken.append(f"I1 {entry['id']} was acknowledged and is not there")
        elif job["status"] not in ENDED:
            broken.append(f"I1 {entry['id']} was acknowledged and is {job['status']}")
    sent = {entry["id"] for entry in ledger.entries("sent")}
    broken += [f"I1 {unknown} was never submitted" for unknown in store.jobs.keys() - sent]


def one_settle_per_fence(ledger, store, wanted, broken):
    """I2: a run has its fence for itself, and the run that completed the job is the one whose effect is on record."""
    starts = [(entry["id"], entry["fence"]) for entry in ledger.entries("start")]
    broken += [f"I2 {run} was started twice" for run, count in Counter(starts).items() if count > 1]
    effects = {(entry["id"], entry["fence"]) for entry in ledger.entries("effect")}
    for job in store.jobs.values():
        if job["status"] != "Completed" or wanted[job["id"]]["kind"] == "import":
            continue
        if (job["id"], job["fence"]) not in effects:
            broken.append(f"I2 {job['id']} is Completed under fence {job['fence']}, whose run did nothing")
        if job["result"] != {"fence": job["fence"]}:
            broken.append(f"I2 {job['id']} has the result {job['result']} under fence {job['fence']}")


def runs_add_up(ledger, store, wanted, broken):
    """I3: a fence grows with each claim, loss, cancel and retry, so it tells whether every run was accounted for."""
    starts = defaultdict(list)
    for entry in ledger.entries("start"):
        starts[entry["id"]].append(entry["fence"])
    for job in store.jobs.values():
        outcomes = [run["o"] for run in job["errors"]]
        if starts[job["id"]] and max(starts[job["id"]]) > job["fence"]:
            broken.append(f"I3 {job['id']} ran under fence {max(starts[job['id']])}, and its own is {job['fence']}")
        if wanted[job["id"]]["kind"] == "retried" or len(outcomes) >= 10:
            continue  # A person's retry starts a new budget; a record of ten has forgotten some.
        uncharged = sum(outcomes.count(outcome) for outcome in ("lost", "released", "snoozed"))
        ended_by_others = 1 if job["status"] == "Cancelled" else 0
        expected = job["attempt"] + uncharged + outcomes.count("lost") + ended_by_others
        if job["fence"] != expected:
            broken.append(f"I3 {job['id']} has fence {job['fence']} after runs that make {expected}: {outcomes}")
        if len(starts[job["id"]]) > job["attempt"] + uncharged:
            broken.append(f"I3 {job['id']} was started {len(starts[job['id']])} times, more than it was claimed")


def orphans_come_back(ledger, store, broken):
    """I4: what the killed server was running is taken back before the next one answers."""
    listening = [entry["at"] for entry in ledger.entries("listening")]
    for job in store.jobs.values():
        for run in job["errors"]:
            if run["o"] != "lost":
                continue
            ended = run["e"] / 1000
            answered = min((at for at in listening if at >= run["s"] / 1000 and at + 1 >= ended), default=None)
            if answered is None or ended > answered + 1:
                broken.append(f"I4 {job['id']} was lost and taken back only at {ended}, long after a start")


def only_legal_moves(ledger, store, wanted, broken):
    """I5: an end stays, unless a person retried the job; a poison pill has had three losses in a row."""
    last = {}
    for entry in ledger.entries("seen"):
        before = last.get(entry["id"])
        retried = wanted[entry["id"]]["kind"] == "retried"
        if before in ENDED and entry["status"] != before and not (retried and before == "Failed"):
            broken.append(f"I5 {entry['id']} was seen {before} and then {entry['status']}")
        last[entry["id"]] = entry["status"]
    for job in store.jobs.values():
        before, retried = last.get(job["id"]), wanted[job["id"]]["kind"] == "retried"
        if before in ENDED and before != job["status"] and not (retried and before == "Failed"):
            broken.append(f"I5 {job['id']} was seen {before} and ended {job['status']}")
        tail = [run["o"] for run in job["errors"][-LOST_RUNS:]]
        if job["failure_code"] == "poison_pill" and (tail != ["lost"] * LOST_RUNS or job["lost_count"] != LOST_RUNS):
            broken.append(f"I5 {job['id']} is a poison pill after {tail}, lostCount {job['lost_count']}")
        if job["status"] in ("Queued", "Running"):
            broken.append(f"I5 {job['id']} is {job['status']} after the drain")
    for entry in ledger.entries("cancelled"):
        if store.jobs[entry["id"]]["status"] != "Cancelled":
            broken.append(f"I5 {entry['id']} was cancelled and is {store.jobs[entry['id']]['status']}")


def revisions_grow(ledger, store, broken):
    """I6: neither `rev`, as clients see it, nor the fence, as runs see it, ever goes back."""
    # A worker may fall asleep between the start of a run and that of its program, and wake when others run the job:
    # whether such a run began in time is for `leases.stale_starts` to say.
    taken_back = {(job["id"], run["f"]): run["e"] / 1000
                  for job in store.jobs.values() for run in job["errors"] if run["o"] == "lost"}
    for event, member in (("seen", "rev"), ("start", "fence")):
        last = defaultdict(int)
        for entry in ledger.entries(event):
            if event == "start" and entry["at"] > taken_back.get((entry["id"], entry["fence"]), entry["at"]):
                continue
            if entry[member] < last[entry["id"]]:
                broken.append(f"I6 {entry['id']} had {member} {last[entry['id']]} and then {entry[member]}")
            last[entry["id"]] = max(last[entry["id"]], entry[member])


def dependents_waited(ledger, store, wanted, broken):
    """A job ran only after those it names had completed, and is cancelled when one of them did not."""
    first = {}
    for entry in ledger.entries("start"):
        first.setdefault(entry["id"], entry["at"])
    for job in store.jobs.values():
        needed = [store.jobs[id] for id in wanted[job["id"]]["after"]]
        missed = [other for other in needed if other["status"] != "Completed"]
        if missed and job["failure_code"] != "dependency_failed":
            broken.append(f"{job['id']} is {job['status']}, and {missed[0]['id']} is {missed[0]['status']}")
        late = [other for other in needed if other["completed_at"] / 1000 > first.get(job["id"], float("inf")) + 0.002]
        if late:
            broken.append(f"{job['id']} ran before {late[0]['id']} had ended")


def rows_exactly_once(store, wanted, broken):
    """An import that completed has every row once; one that did not has none twice."""
    for job in store.jobs.values():
        if wanted[job["id"]]["kind"] != "import":
            continue
        rows = [int(cells[0]) for cells in store.dataset(wanted[job["id"]]["dataset"]) or []]
        if len(set(rows)) != len(rows):
            broken.append(f"{job['id']} imported {len(rows) - len(set(rows))} rows twice")
        if job["status"] == "Completed" and rows != list(range(planned.IMPORT_ROWS)):
            broken.append(f"{job['id']} imported {len(rows)} rows of {planned.IMPORT_ROWS}, or in another order")


def store_is_sound(store, broken):
    """I11: the file is whole, and the counts are what counting gives."""
    integrity = store.integrity()
    if integrity != "ok":
        broken.append(f"I11 integrity_check says {integrity}")
    counted, kept = store.counts()
    if counted != kept:
        broken.append(f"I11 the jobs count {counted}, and job_counts has {kept}")

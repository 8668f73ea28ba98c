"""I4 where several processes work: what a dead worker ran is taken back soon after its lease."""

import re
from collections import Counter
from datetime import datetime

from patience import PATIENCE

# Beside lease and reap interval: what a busy machine may take to notice.
SLACK = 1.5 * PATIENCE
ENDED = re.compile(r"(\S+) +\S+ +job (?:stopped|ran) .*\bjob_id=(\S+) .*\bms=(\d+)")


def check(ledger, store, lease, broken):
    """Compares lost runs with the ends of workers in the ledger; how many were lost to what."""
    gone = {}
    workers = {entry["worker"] for entry in ledger.entries("launched")}
    for event in ("killed", "stopped"):
        for entry in ledger.entries(event):
            gone.setdefault(entry["worker"], []).append((entry["at"], event))
    sleeps = list(sleeps_in(ledger))
    ran_in = {(entry["id"], entry["fence"]): entry["worker"] for entry in ledger.entries("start")}
    lost = Counter()
    for job in store.jobs.values():
        for run in job["errors"]:
            if run["o"] != "lost":
                continue
            worker = ran_in.get((job["id"], run["f"]))
            if worker not in workers:
                # Never started, or by a worker that had died before its program could ask who it was.
                lost["claimed only"] += 1
                continue
            started, ended = run["s"] / 1000, run["e"] / 1000
            # A worker that was stopped may have been killed later; the first that can have taken the run counts.
            ends = [(at, event) for at, event in gone.get(worker, []) if started - 1 <= at + lease and at <= ended]
            if not ends:
                lost["of a worker that lived"] += 1
                continue
            at, event = min(ends)
            due = max(at, started) + lease + reap_interval(lease)
            # What a process that sleeps has locked in the middle of a transaction waits until it wakes.
            wakes = [wake for asleep, wake in sleeps if asleep <= due <= wake]
            lost[f"{event}, behind a sleeper" if wakes and ended > due + SLACK else event] += 1
            if ended > max([due, *wakes]) + SLACK:
                broken.append(f"I4 {job['id']} was lost at {max(at, started)} and taken back only at {ended}")
    return lost


def sleeps_in(ledger):
    """From when to when a worker was stopped."""
    asleep = {}
    for entry in ledger.entries():
        if entry["event"] == "stopped":
            asleep[entry["worker"]] = entry["at"]
        if entry["event"] == "woken":
            yield asleep.pop(entry["worker"]), entry["at"]


def reap_interval(lease):
    """As `errand worker` sets it."""
    return min(5, lease / 6)


def stale_starts(ledger, store, logs, broken):
    """A run that was taken back is not started any more, but for the moment in which its worker finds out."""
    taken_back = {}
    for job in store.jobs.values():
        for run in job["errors"]:
            if run["o"] == "lost":
                taken_back[job["id"], run["f"]] = run["e"] / 1000
    begun = begun_runs(logs)
    late = 0
    for entry in ledger.entries("start"):
        ended = taken_back.get((entry["id"], entry["fence"]))
        if ended is not None and entry["at"] > ended:
            late += 1
            # The program says when it started. A worker that fell asleep on the way there had started the run before.
            started = min([entry["at"], *(first for first, last in begun.get(entry["id"], []) if entry["at"] <= last)])
            if started > ended + 0.2:
                broken.append(f"I2 {entry['id']} was started {started - ended:.2f} s after it was taken back")
    return late


def begun_runs(logs):
    """From when to when workers dealt with their runs, by job, as their logs say it."""
    begun = {}
    for line in (line for lines in logs.values() for line in lines):
        if ended := ENDED.match(line):
            at, job, milliseconds = ended.groups()
            last = datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
            # The log's times are cut to milliseconds.
            begun.setdefault(job, []).append((last - int(milliseconds) / 1000, last + 0.01))
    return begun

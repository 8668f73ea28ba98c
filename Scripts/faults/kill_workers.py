#!/usr/bin/env python3
"""Kills and stops worker processes on PostgreSQL under mixed jobs, and looks for what was lost, doubled or left behind.

    JOBS=20000 SECONDS=60 WORKERS=4 SEED=4711 python3 Scripts/faults/kill_workers.py

Every 0.3 to 1 s a random worker gets SIGKILL, and another takes its place; some get SIGSTOP instead, sleep for longer
than their lease, and wake as zombies that believe to hold what others run by then. Exits with 1 for every broken
invariant, and keeps the folder with the ledger and the logs.
"""

import collections
import os
import random
import signal
import sys
import time

import falsify_jobs
import invariants
import jobs
import leases
from database import DatabaseStore
from installation import Installation
from load import Load

LEASE = 3
DRAIN_SECONDS = 900
CONCURRENCY = "8"


class Fleet:
    """So many workers, of which some are killed and some sleep."""

    def __init__(self, installation, count):
        self.installation = installation
        self.started = 0
        self.awake = [self.start() for _ in range(count)]
        self.asleep = []  # (when it wakes, worker)
        # Those that just woke are left alone for a while: what they still want to write is what they are woken for.
        self.waking = []
        self.counts = collections.Counter()

    def start(self):
        self.started += 1
        return self.installation.worker(f"worker-{self.started}", "--concurrency", CONCURRENCY)

    def kill(self, worker):
        worker.kill()
        self.installation.ledger.add("killed", worker=worker.pid)
        self.awake[self.awake.index(worker)] = self.start()
        self.counts["killed"] += 1

    def stop(self, worker, seconds):
        worker.process.send_signal(signal.SIGSTOP)
        self.installation.ledger.add("stopped", worker=worker.pid)
        self.awake.remove(worker)
        self.asleep.append((time.monotonic() + seconds, worker))
        self.counts["stopped"] += 1

    def wake(self, *, everybody=False):
        now = time.monotonic()
        for entry in [entry for entry in self.asleep if everybody or entry[0] <= now]:
            self.asleep.remove(entry)
            entry[1].process.send_signal(signal.SIGCONT)
            self.installation.ledger.add("woken", worker=entry[1].pid)
            self.waking.append((now + LEASE, entry[1]))
        for entry in [entry for entry in self.waking if everybody or entry[0] <= now]:
            self.waking.remove(entry)
            self.awake.append(entry[1])

    def end(self, broken):
        """Asks all to stop, as a service manager does."""
        for worker in self.awake:
            worker.terminate()
        for worker in self.awake:
            code = worker.end(60)
            if code != 0:
                broken.append(f"worker {worker.pid} ended with {code} when it was asked to stop")


def harass(fleet, chance, seconds):
    """Kills and stops; two at once may sleep, so that there is always somebody to kill."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.3, 1))
        fleet.wake()
        victim = chance.choice(fleet.awake)
        if len(fleet.asleep) < 2 and len(fleet.awake) > 1 and chance.random() < 0.3:
            fleet.stop(victim, chance.uniform(2 * LEASE, 3 * LEASE))
        else:
            fleet.kill(victim)
    fleet.wake(everybody=True)


def main():
    count, seconds = int(os.environ.get("JOBS", "20000")), float(os.environ.get("SECONDS", "60"))
    workers, seed = int(os.environ.get("WORKERS", "4")), jobs.seed_from_environment()
    chance, broken = random.Random(seed), []
    plan = jobs.plan(chance, count, jobs.MANY)
    installation = Installation(lease=LEASE)
    print(f"seed {seed}: {count} jobs, {workers} workers, {seconds:g} s, in {installation.folder}", flush=True)
    server = installation.server()
    load = Load(server, installation.ledger, plan, random.Random(seed), broken)
    fleet = Fleet(installation, workers)
    load.start()
    began = time.monotonic()
    harass(fleet, chance, seconds)
    print(f"after {time.monotonic() - began:.0f} s: {dict(fleet.counts)}, {len(load.acked)} submitted, "
          f"{installation.database.unfinished()} not ended", flush=True)
    load.finish(DRAIN_SECONDS)
    drain(installation, broken)
    print(f"drained after {time.monotonic() - began:.0f} s", flush=True)
    fleet.end(broken)
    server.terminate()
    if server.end(60) != 0:
        broken.append("the server did not stop as it was asked to")
    if load.statuses[503]:
        broken.append(f"{load.statuses[503]} requests were answered 503 while the database was there")
    return report(installation, plan, load, fleet, seed, broken)


def drain(installation, broken):
    end = time.monotonic() + DRAIN_SECONDS
    while left := installation.database.unfinished():
        if time.monotonic() > end:
            return broken.append(f"I10 {left} jobs have not ended {DRAIN_SECONDS} s after the last kill")
        time.sleep(0.5)


def report(installation, plan, load, fleet, seed, broken):
    ledger, store = installation.ledger, DatabaseStore(installation.database)
    broken += invariants.check(ledger, store, plan, LEASE)
    lost = leases.check(ledger, store, LEASE, [])
    logs = installation.logs()
    late = leases.stale_starts(ledger, store, logs, broken)
    wanted = {job["id"]: job for job in plan if "id" in job}
    falsified = 0 if broken else falsify_jobs.recognised(ledger, store, wanted, LEASE, broken)
    ends = collections.Counter(job["failure_code"] or job["status"] for job in store.jobs.values())
    refused = sum("The end of a run was refused" in line for lines in logs.values() for line in lines)
    print(f"kill_workers: {len(ledger.entries('acked'))} acknowledged, {len(ledger.entries('start'))} runs, "
          f"{fleet.counts['killed']} kills, {fleet.counts['stopped']} zombies, {refused} of their writes refused, "
          f"{late} late starts, lost: {dict(lost)}, ends: {dict(ends)}, "
          f"{falsified} falsifications recognised")
    for sentence in broken[:50]:
        print(f"BROKEN {sentence}")
    if broken:
        print(f"{len(broken)} invariants are broken (seed {seed}); see {installation.folder}")
    installation.close(broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

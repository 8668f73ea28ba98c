#!/usr/bin/env python3
"""Stops PostgreSQL as a crash would, ten times under load, ends all its connections, and looks for what was lost.

    OUTAGES=10 RATE=60 SEED=4711 python3 Scripts/faults/outages.py

Clients submit, look and cancel all the time: they may be answered 503 with Retry-After, and else only what is right.
After each outage work has to go on within 5 s: a submit has to be acknowledged, and every worker has to start a job.
Exits with 1 for what is broken, and keeps the folder with the ledger and the logs.
"""

import collections
import os
import random
import sys
import time

import invariants
import jobs
import logs
from database import DatabaseStore
from installation import Installation
from load import Load
from patience import PATIENCE

LEASE = 10
WORKERS = 4
RESUMES_WITHIN = 5 * PATIENCE
DRAIN_SECONDS = 180


class PacedLoad(Load):
    """Submits at a rate, for as long as the outages go on."""

    def __init__(self, *arguments, rate):
        super().__init__(*arguments)
        self.rate = rate
        self.began = time.monotonic()

    def pace(self, index):
        time.sleep(max(0, self.began + index / self.rate - time.monotonic()))

    def end(self):
        """No more jobs than are begun."""
        self.numbers = iter(lambda: len(self.plan), None)


def main():
    outages, rate = int(os.environ.get("OUTAGES", "10")), float(os.environ.get("RATE", "60"))
    seed, broken = jobs.seed_from_environment(), []
    chance = random.Random(seed)
    installation = Installation(lease=LEASE, durable=True)
    print(f"seed {seed}: {outages} outages, {rate:g} jobs/s, in {installation.folder}", flush=True)
    server = installation.server()
    workers = [installation.worker(f"worker-{n + 1}", "--concurrency", "4") for n in range(WORKERS)]
    plan = jobs.plan(chance, int(outages * rate * 60), jobs.MANY)
    load = PacedLoad(server, installation.ledger, plan, random.Random(seed), broken, rate=rate)
    load.start()
    resumed = []
    for number in range(1, outages + 1):
        # After every third stop the server stays, and its connections go.
        for ends_backends in [False, True] if number % 3 == 0 else [False]:
            time.sleep(chance.uniform(1, 3))
            away, unavailable = outage(installation.database, load, chance, ends_backends)
            seconds = resume(installation.ledger, [worker.pid for worker in workers], broken)
            resumed.append(seconds)
            what = "ended all connections" if ends_backends else f"stopped for {away:.1f} s"
            print(f"{what}: {unavailable} answers of 503, work went on after {seconds:.2f} s", flush=True)
    load.end()
    load.finish(60)
    drain(installation.database, broken)
    for process in [server, *workers]:
        process.terminate()
    for process in [server, *workers]:
        code = process.end(60)
        if code != 0:
            broken.append(f"{process.log.name} ended with {code} when it was asked to stop")
    return report(installation, load, resumed, seed, broken)


def outage(database, load, chance, ends_backends):
    """How long it was, and how many requests were answered 503 meanwhile."""
    before, began = load.statuses[503], time.monotonic()
    if ends_backends:
        database.end_backends()
    else:
        database.halt()
        time.sleep(chance.uniform(0.2, 3))
        database.resume()
    return time.monotonic() - began, load.statuses[503] - before


def resume(ledger, workers, broken):
    """When work went on: the time until every worker has started a job, and a submit was acknowledged."""
    healed = time.time()
    while True:
        entries = [entry for entry in ledger.tail() if entry["at"] > healed]
        acked = sum(entry["event"] == "acked" for entry in entries)
        starts = [entry for entry in entries if entry["event"] == "start"]
        seconds = time.time() - healed
        missing = set(workers) - {entry["worker"] for entry in starts}
        if acked and not missing:
            return seconds
        if seconds > RESUMES_WITHIN:
            broken.append(f"I10 {seconds:.1f} s after an outage at {healed} {acked} jobs were acknowledged, "
                          f"{len(starts)} started, and of the workers {len(missing)} started none")
            return seconds
        time.sleep(0.05)


def drain(database, broken):
    end = time.monotonic() + DRAIN_SECONDS
    while left := database.unfinished():
        if time.monotonic() > end:
            return broken.append(f"I10 {left} jobs have not ended {DRAIN_SECONDS} s after the last outage")
        time.sleep(0.5)


def report(installation, load, resumed, seed, broken):
    ledger, store = installation.ledger, DatabaseStore(installation.database)
    broken += invariants.check(ledger, store, [job for job in load.plan if "id" in job], LEASE)
    lines = logs.check(installation.logs(), broken)
    ends = collections.Counter(job["failure_code"] or job["status"] for job in store.jobs.values())
    outcomes = collections.Counter(run["o"] for job in store.jobs.values() for run in job["errors"])
    print(f"outages: {len(resumed)}, {len(ledger.entries('acked'))} acknowledged, {len(ledger.entries('start'))} runs, "
          f"answers {dict(load.statuses)}, work resumed after at most {max(resumed):.2f} s, "
          f"runs that did not complete: {dict(outcomes)}, ends: {dict(ends)}, lines of log: {dict(lines)}")
    for sentence in broken[:50]:
        print(f"BROKEN {sentence}")
    if broken:
        print(f"{len(broken)} things are broken (seed {seed}); see {installation.folder}")
    installation.close(broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""One tenant floods the store, and another one's jobs have to start as if it did not; a limit holds over processes.

    FLOOD=100000 ROUNDS=5 python3 Scripts/faults/fairness.py

On PostgreSQL, with four workers, and on SQLite: while a tenant has so many jobs queued, another submits ten, which all
have to start within a second, in each of the rounds. Then a queue with `concurrency: 3` over the four workers must
reach three and never run a fourth. Exits with 1 when it is not so.
"""

import os
import sys
import time

import flood
from installation import Installation
from patience import PATIENCE
from server import Server

WITHIN = 1 * PATIENCE
WORKERS = 4
FEW = 10
LIMIT = 3
LIMITED_JOBS = 400
LIMITS = f"queues:\n  limited: {{concurrency: {LIMIT}}}\n"
PAYLOAD = '{"ms": 50, "end": "succeed"}'


def main():
    count, rounds = int(os.environ.get("FLOOD", "100000")), int(os.environ.get("ROUNDS", "5"))
    broken = []
    on_postgres(count, rounds, broken)
    on_sqlite(count, rounds, broken)
    for sentence in broken:
        print(f"BROKEN {sentence}")
    return 1 if broken else 0


def on_postgres(count, rounds, broken):
    installation = Installation(lease=10, more=LIMITS)
    database, ledger = installation.database, installation.ledger
    server = installation.server()  # Which makes the schema.
    began = time.monotonic()
    for first in range(0, count, 5000):
        submit(database, "flood", min(5000, count - first))
    print(f"{count} jobs submitted by SQL in {time.monotonic() - began:.1f} s", flush=True)
    workers = [installation.worker(f"worker-{n + 1}", "--concurrency", "4") for n in range(WORKERS)]
    wait_for_starts(ledger, 20 * WORKERS)
    slowest = [
        time_to_start(ledger, lambda: submit(database, "few", FEW), f"round {n + 1} on PostgreSQL", broken)
        for n in range(rounds)
    ]
    left = database.unfinished()
    print(f"fairness on PostgreSQL: {FEW} jobs of a tenant beside {left} of another: the last of them started after "
          f"{', '.join(f'{seconds:.2f}' for seconds in slowest)} s", flush=True)
    limited(installation, broken)
    for process in [server, *workers]:
        process.kill()
    installation.close(broken)


def submit(database, tenant, count, queue="default"):
    """Submits by the SQL function; the identifiers."""
    return set(database.ask(
        f"SELECT errand.errand_submit('work', '{PAYLOAD}', queue => '{queue}', tenant => '{tenant}') "
        f"FROM generate_series(1, {count})"
    ))


def limited(installation, broken):
    """How many of the limited queue run at once, by what their programs wrote."""
    ids = submit(installation.database, "few", LIMITED_JOBS, queue="limited")
    wait_for_ends(installation.ledger, ids, broken)
    changes = []
    for entry in installation.ledger.entries():
        if entry.get("id") in ids:
            changes.append((entry["at"], 1 if entry["event"] == "start" else -1, entry["worker"]))
    running = most = 0
    for _, change, _ in sorted(changes):
        running += change
        most = max(most, running)
    processes = len({worker for _, _, worker in changes})
    print(f"limit: {LIMITED_JOBS} jobs of a queue with concurrency {LIMIT} in {processes} processes: at most {most} at "
          f"once", flush=True)
    if most != LIMIT or processes < 2:
        broken.append(f"{most} jobs ran at once in {processes} processes, of a queue with concurrency {LIMIT}")


def on_sqlite(count, rounds, broken):
    installation = Installation(lease=10, more="", store="sqlite:errand.db")
    ledger = installation.ledger
    template = installation.server()
    ask(template, PAYLOAD)
    template.terminate()
    template.end(60)
    flood.copy(installation.folder / "errand.db", "flood", count)
    server = Server(installation.folder, None, "--concurrency", "8", environment=installation.environment)
    server.wait_until_listening()
    wait_for_starts(ledger, 80)
    slowest = [
        time_to_start(ledger, lambda: {ask(server, PAYLOAD) for _ in range(FEW)}, f"round {n + 1} on SQLite", broken)
        for n in range(rounds)
    ]
    server.kill()
    left = flood.queued(installation.folder / "errand.db", "flood")
    print(f"fairness on SQLite: {FEW} jobs of a tenant beside {left} of another: the last of them started after "
          f"{', '.join(f'{seconds:.2f}' for seconds in slowest)} s", flush=True)
    if left == 0:
        broken.append("the flood on SQLite had ended before the few were through")
    installation.close(broken)


def ask(server, payload):
    body = f'{{"type": "work", "payload": {payload}}}'.encode()
    status, _, answer = server.ask("POST", "/api/jobs", body)
    if status != 202:
        sys.exit(f"submitting: {status} {answer}")
    return answer["id"]


def time_to_start(ledger, submitting, what, broken):
    """Submits, and tells how long after that the last of the jobs had started."""
    began = time.time()
    ids, submitted = submitting(), time.time()
    while True:
        starts = [entry for entry in ledger.tail() if entry["event"] == "start"]
        started = {entry["id"]: entry["at"] for entry in starts if entry["id"] in ids}
        if len(started) == len(ids):
            seconds = max(started.values()) - submitted
            if seconds > WITHIN:
                broken.append(f"{what}: the last of {len(ids)} jobs started after {seconds:.2f} s")
            return max(seconds, 0)
        if time.time() > began + 60:
            broken.append(f"{what}: {len(ids) - len(started)} of {len(ids)} jobs had not started after 60 s")
            return 60
        time.sleep(0.02)


def wait_for_starts(ledger, count, seconds=60):
    end = time.monotonic() + seconds
    while len(ledger.entries("start")) < count:
        if time.monotonic() > end:
            sys.exit(f"of the flood {len(ledger.entries('start'))} jobs started within {seconds} s")
        time.sleep(0.05)


def wait_for_ends(ledger, ids, broken, seconds=120):
    end = time.monotonic() + seconds
    while len([entry for entry in ledger.entries("effect") if entry["id"] in ids]) < len(ids):
        if time.monotonic() > end:
            return broken.append(f"{len(ids)} jobs of the limited queue had not ended after {seconds} s")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Kills the server at random moments under mixed jobs, and then looks for what was lost, doubled or left behind.

    KILLS=30 JOBS=200 SEED=4711 python3 Scripts/faults/kill_loop.py

The seed decides the jobs and the moments; what the machine makes of them differs from run to run. Prints one line for
each life of the server, the ends the jobs came to, and every broken invariant; exits with 1 if there is one, and keeps
the folder with the store, the ledger and the server's log.
"""

import collections
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import falsify
import invariants
import jobs
from ledger import Ledger
from server import Server, Unanswered
from store import Store

DRAIN_SECONDS = 180


class Client:
    """Submits, cancels, retries and looks, and repeats what got no answer until it gets one."""

    def __init__(self, ledger, random, plan):
        self.ledger, self.random, self.plan = ledger, random, plan
        self.next = 0
        self.acked = []

    @property
    def is_done(self):
        return self.next == len(self.plan) and not any(job.get("wish") for job in self.plan)

    def act(self, server, quota):
        """One request of many kinds; raises `Unanswered` when the server dies during it."""
        wishes = [job for job in self.plan[: self.next] if job.get("wish")]
        if wishes and self.random.random() < 0.4:
            return self.operate(server, self.random.choice(wishes))
        if self.next < min(quota, len(self.plan)):
            return self.submit(server, self.plan[self.next])
        return self.look(server) if self.acked else time.sleep(0.01)

    def submit(self, server, job):
        if "body" not in job:
            job["body"] = jobs.submission(job, self.random, [j["id"] for j in self.acked if j["kind"] == "succeed"])
        if job["kind"] == "import" and "source" not in job["body"]["payload"]:
            status, _, upload = server.ask("POST", "/api/uploads?filename=rows.csv", jobs.csv(), "text/csv")
            expect(status == 201, "uploading", status, upload)
            job["body"]["payload"]["source"] = {"upload": upload["uploadId"]}
        self.ledger.add("sent", id=job["id"], kind=job["kind"])
        status, _, answer = server.ask("POST", "/api/jobs", job["body"])
        expect(status in (200, 202), "submitting", status, answer)
        self.ledger.add("acked", id=job["id"])
        self.acked.append(job)
        self.next += 1
        job["wish"] = {"cancelled": "cancel", "retried": "retry"}.get(job["kind"])

    def operate(self, server, job):
        status, _, answer = server.ask("POST", f"/api/jobs/{job['id']}/{job['wish']}", {})
        if status == 200 and job["wish"] == "cancel":
            self.ledger.add("cancelled", id=job["id"])
        if status == 409 and job["wish"] == "retry" and answer["currentStatus"] in ("Queued", "Running"):
            return  # It has not failed yet.
        expect(status in (200, 409), job["wish"], status, answer)
        job["wish"] = None

    def look(self, server):
        job = self.random.choice(self.acked)
        status, headers, answer = server.ask("GET", f"/api/jobs/{job['id']}")
        expect(status == 200, "reading", status, answer)
        expect(headers["ETag"].startswith(f"\"{answer['rev']}-"), "the ETag", headers["ETag"], answer["rev"])
        self.ledger.add("seen", id=job["id"], status=answer["status"], rev=answer["rev"])


def expect(condition, doing, *answer):
    if not condition:
        sys.exit(f"{doing}: {answer}")


def live(server, client, quota, life):
    """One life: killed after a while, wherever it then is; None is killed before it listens."""
    if life is None:
        time.sleep(client.random.uniform(0, 0.15))
        return server.kill()
    server.wait_until_listening()
    client.ledger.add("listening")
    timer = threading.Timer(life, server.process.kill)
    timer.start()
    try:
        while True:
            client.act(server, quota)
    except Unanswered:
        timer.join()
        code = server.end(10)
        expect(code == -9, "the server ended by itself with", code, server.log.name)


def drain(server, client):
    """The last life: everything is submitted and comes to an end."""
    server.wait_until_listening()
    client.ledger.add("listening")
    end = time.monotonic() + DRAIN_SECONDS
    while not client.is_done or server.unfinished():
        expect(time.monotonic() < end, f"not drained within {DRAIN_SECONDS} s", server.unfinished())
        client.act(server, len(client.plan))
    started = time.monotonic()
    server.terminate()
    code = server.end(60)
    expect(code == 0, "the last stop ended with", code, time.monotonic() - started)


def main():
    kills, count = int(os.environ.get("KILLS", "30")), int(os.environ.get("JOBS", "200"))
    seed = jobs.seed_from_environment()
    chance = random.Random(seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-faults-"))
    ledger = Ledger(str(folder / "ledger"))
    plan = jobs.plan(chance, count)
    client = Client(ledger, chance, plan)
    print(f"seed {seed}: {kills} kills, {count} jobs, in {folder}", flush=True)
    for kill in range(1, kills + 1):
        # The first one falls on a file that is just being made.
        life = None if kill == 1 or chance.random() < 0.15 else chance.uniform(0.02, 1.5)
        live(Server(folder, ledger, "--concurrency", "8"), client, count * kill // kills, life)
        ledger.add("killed")
        told = "before it listened" if life is None else f"after {life:.2f} s"
        print(f"kill {kill:2} {told}: {client.next} submitted", flush=True)
    drain(Server(folder, ledger, "--concurrency", "8"), client)
    store = Store(folder / "errand.db")
    broken = invariants.check(ledger, store, plan)
    falsified = 0 if broken else falsify.recognised(ledger, store, plan, broken)
    print(f"{falsified} falsifications of store and ledger were recognised")
    return report(ledger, store, broken, folder, seed)


def report(ledger, store, broken, folder, seed):
    outcomes = collections.Counter(run["o"] for job in store.jobs.values() for run in job["errors"])
    ends = collections.Counter(job["failure_code"] or job["status"] for job in store.jobs.values())
    print(f"{len(ledger.entries('acked'))} acknowledged, {len(ledger.entries('start'))} programs started, "
          f"{len(ledger.entries('seen'))} looks")
    print("ends: " + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())))
    print("runs that did not complete: " + ", ".join(f"{count} {how}" for how, count in sorted(outcomes.items())))
    imports = [job for job in store.jobs.values() if job["type"] == "Import" and job["status"] == "Completed"]
    interrupted = sum(any(run["o"] == "lost" for run in job["errors"]) for job in imports)
    print(f"imports: {len(imports)} completed, {interrupted} of them after a loss")
    for sentence in broken:
        print(f"BROKEN {sentence}")
    if broken:
        print(f"{len(broken)} invariants are broken (seed {seed}); see {folder}")
        return 1
    print("I1 to I6 hold, the file is whole, the counts are right, every imported row is there once")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
